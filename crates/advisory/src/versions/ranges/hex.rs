//! Requirements of Elixir's `Version`: comparisons joined by `and` and `or`,
//! and `~>`, which ends before the pre-releases of the next release.

use super::partial::Partial;
use super::{Term, terms};
use crate::versions::semver::Version;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let version = Version::parse(version)?;
    if version.numbers().len() != 3 {
        return None;
    }
    let mut any = false;
    for alternative in range.split(" or ").flat_map(|part| part.split("||")) {
        let mut all = true;
        for part in alternative.split(" and ") {
            for term in terms(part) {
                all &= holds(&version, term)?;
            }
        }
        any |= all;
    }
    Some(any)
}

fn holds(version: &Version, term: Term<'_>) -> Option<bool> {
    let order = version.cmp(&Version::parse(term.bound)?);
    match term.operator {
        "~>" => {
            let bound = Partial::parse(term.bound)?;
            Some(order.is_ge() && bound.pessimistic(version.numbers()))
        }
        operator => super::compare(operator, order),
    }
}
