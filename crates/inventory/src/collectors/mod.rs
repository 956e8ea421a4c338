//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::Collector;

/// Every collector, in the order in which they are asked.
pub const ALL: &[&dyn Collector] = &[];
