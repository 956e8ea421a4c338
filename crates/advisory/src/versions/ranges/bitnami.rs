//! Ranges over Bitnami's versions: those of semantic versions, with a revision
//! that counts only where the bound has one too. Pre-releases are not left
//! out. A range whose operators all stand apart takes no notice of revisions.

use super::partial::Partial;
use super::semver::named;
use super::{Term, any, is_spaced};
use crate::versions::bitnami::Version;
use std::cmp::Ordering;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    if let Some(named) = named(version, range) {
        let pattern = Partial::parse(version)?;
        return Some(pattern.place(Version::parse(named)?.numbers()).is_eq());
    }
    let version = Version::parse(version)?;
    let plain = is_spaced(range);
    any(range, |term| holds(&version, term, plain))
}

fn holds(version: &Version, term: Term<'_>, plain: bool) -> Option<bool> {
    let partial = Partial::parse(term.bound)?;
    let wild = !partial.is_whole();
    let bound = if partial.numbers.is_empty() {
        Version::default()
    } else {
        Version::parse(term.bound.trim_end_matches(['.', 'x', 'X', '*']))?
    };
    let place = partial.place(version.numbers());
    let order = if bound.has_revision() && !plain {
        version.cmp(&bound)
    } else {
        version.cmp_release(&bound)
    };
    let equal = if wild && !bound.has_revision() {
        place.is_eq() && !version.has_revision()
    } else {
        order.is_eq()
    };
    Some(match term.operator {
        "" | "=" | "==" => equal,
        "!=" if wild => place.is_ne(),
        "!=" => !equal,
        ">" if wild && !plain => place == Ordering::Greater,
        "<=" if wild && !plain => place.is_le(),
        "~" => order.is_ge() && partial.tilde(version.numbers()),
        "~>" => order.is_ge() && partial.pessimistic(version.numbers()),
        "^" => order.is_ge() && partial.caret(version.numbers()),
        operator => return super::compare(operator, order),
    })
}
