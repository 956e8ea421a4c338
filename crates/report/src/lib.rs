//! One model, one file per output format.
//!
//! A format renders a [`Report`] and decides nothing. The same report on the
//! same day gives the same bytes.

mod difference;
mod explanation;
mod formats;
mod grid;
mod group;
mod plain;
mod plan;
mod remedy;
mod report;

pub use difference::{Difference, Order, PackageChange, Setting, Side};
pub use explanation::{explanation_json, explanation_text};
pub use formats::{Chosen, FORMATS, Format};
pub use plain::plain;
pub use remedy::{Base, Remedy};
pub use report::{Report, closing_line};
