//! `Gem::Requirement`: comparisons and `~>`. The platform of a gem plays no
//! part, and no version at all is zero.

use super::partial::place;
use super::{Term, any};
use crate::versions::gem::Version;
use crate::versions::number::{Number, take};
use crate::versions::{Scheme, flavour};

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let version = flavour::without(Scheme::Gem, version);
    let version = Version::parse(if version.is_empty() { "0" } else { version })?;
    any(range, |term| holds(&version, term))
}

fn holds(version: &Version, term: Term<'_>) -> Option<bool> {
    let order = version.cmp(&Version::parse(term.bound)?);
    match term.operator {
        "~>" => Some(order.is_ge() && place(&version.release(), &fixed(term.bound)).is_eq()),
        operator => super::compare(operator, order),
    }
}

/// The numbers that `~>` lets nothing change: all before the last, where a
/// pre-release counts for nothing.
fn fixed(bound: &str) -> Vec<Number> {
    let (release, _) = take(bound, |c| c.is_ascii_digit() || c == '.');
    let mut numbers: Vec<_> = release.split('.').map_while(Number::parse).collect();
    if numbers.len() > 1 {
        numbers.pop();
    }
    numbers
}
