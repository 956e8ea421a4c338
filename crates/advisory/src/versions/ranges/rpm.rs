//! Comparisons of rpm packages as dependencies are compared: an epoch or a
//! release counts only where both sides have one, and zeros at the end of
//! either add nothing. The order of rpm versions knows no such leniency.

use super::any;
use crate::versions::rpm::Version;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let version = Version::parse(version)?;
    any(range, |term| {
        let order = version.cmp_dependency(&Version::parse(term.bound)?);
        super::compare(term.operator, order)
    })
}
