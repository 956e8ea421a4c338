use crate::baseline::Baseline;
use crate::verdict::DataPosition;
use jiff::Timestamp;
use jiff::civil::Date;
use plimsoll_types::{Finding, Inventory, Lifecycle, Suppressed};

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
    /// Until when its distribution is looked after; `None` where that is not
    /// known.
    pub lifecycle: Option<&'a Lifecycle>,
    /// The moment; only its day in UTC decides.
    pub now: Timestamp,
    /// What is known already and does not stop; `None` where everything counts.
    pub baseline: Option<&'a Baseline>,
}

impl Subject<'_> {
    /// The day in UTC.
    pub(crate) fn day(&self) -> Date {
        crate::day::of(self.now)
    }
}
