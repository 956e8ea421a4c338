use crate::verdict::DataPosition;
use jiff::Timestamp;
use jiff::civil::Date;
use plimsoll_types::{Finding, Inventory, Suppressed};

/// What is judged: everything that is known, and the moment.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The image.
    pub inventory: &'a Inventory,
    /// Its vulnerabilities.
    pub findings: &'a [Finding],
    /// Those that do not count. No rule sees them; the verdict's id does, so
    /// that it names the statements it rests on.
    pub suppressed: &'a [Suppressed],
    /// Which advisory data they come from; `None` where there is none.
    pub data: Option<DataPosition>,
    /// The moment; only its day in UTC decides.
    pub now: Timestamp,
}

impl Subject<'_> {
    /// The day in UTC.
    pub(crate) fn day(&self) -> Date {
        crate::day::of(self.now)
    }
}
