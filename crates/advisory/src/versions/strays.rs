//! The order of texts as each ecosystem's own tool and OSV sort them, also of
//! texts that are no version.
//!
//! Matching asks [`Scheme::parse`] and nothing else: there a text that is no
//! version matches nothing. Lists of versions hold such texts all the same.
//! The answers here may contradict each other over three texts, as those of
//! the tools do, so nothing is sorted by them.

use super::{MAX_LENGTH, Scheme, Version};
use std::cmp::Ordering;

/// `None` for texts that are too long to be read.
pub(super) fn compare(scheme: Scheme, a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (a.trim(), b.trim());
    if a.len().max(b.len()) > MAX_LENGTH {
        return None;
    }
    Some(match scheme {
        Scheme::Apk => super::apk::compare_any(a, b),
        Scheme::Gem => super::gem::compare_any(a, b),
        Scheme::Maven => super::maven::compare_any(a, b),
        Scheme::Pacman => super::pacman::compare_any(a, b),
        Scheme::Rpm => super::rpm::compare_any(a, b),
        Scheme::Composer => match (scheme.parse(a), scheme.parse(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => super::composer::compare_any(a, b),
        },
        _ => match (Place::of(scheme, a), Place::of(scheme, b)) {
            (Place::Start(Some(a)), Place::Version(b)) if a == b => Ordering::Equal,
            (Place::Version(a), Place::Start(Some(b))) if a == b => Ordering::Equal,
            (a, b) => a.cmp(&b),
        },
    })
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    /// `0`, which OSV writes for the time before every version but `0.0`.
    Start(Option<Version>),
    /// Python's legacy versions.
    Below(&'a str),
    Version(Version),
    Above(&'a str),
}

impl<'a> Place<'a> {
    fn of(scheme: Scheme, text: &'a str) -> Self {
        if text == "0" && matches!(scheme, Scheme::Semver | Scheme::Pep440) {
            return Place::Start(scheme.parse(text));
        }
        match scheme.parse(text) {
            Some(version) => Place::Version(version),
            None if scheme == Scheme::Pep440 => Place::Below(text),
            None => Place::Above(text),
        }
    }
}
