//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::Collector;
pub(crate) mod os_release {
    pub(crate) const PRECEDENCE: &[&str] = &[];
}
/// Every collector, in the order in which they are asked.
pub static ALL: &[&dyn Collector] = &[];
