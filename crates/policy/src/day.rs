//! Judging counts in whole days of UTC, so that one day has one verdict.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// The day of a moment.
pub(crate) fn of(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// The day that a text begins with, an RFC 3339 time or a date.
pub(crate) fn parse(text: &str) -> Option<Date> {
    match text.parse::<Timestamp>() {
        Ok(moment) => Some(of(moment)),
        Err(_) => Date::strptime("%Y-%m-%d", text).ok(),
    }
}

/// Whole days from `earlier` to `later`; negative the other way round.
pub(crate) fn days(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}
