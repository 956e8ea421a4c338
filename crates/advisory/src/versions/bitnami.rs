//! Bitnami components: a semantic version, where a number behind a dash is a
//! revision above the bare version and a word is a pre-release below it.

use super::number::{Number, compare_padded};
use super::semver::{Prerelease, numbers};
use std::cmp::Ordering;

#[derive(Clone, Debug, Default)]
pub(super) struct Version {
    numbers: Vec<Number>,
    prerelease: Prerelease,
    revision: Option<Number>,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', 'V']);
        let text = text.split('+').next().unwrap_or_default();
        let (numbers, tail) = numbers(text)?;
        let tail = tail.strip_prefix('-').unwrap_or(tail);
        let revision = Number::parse(tail);
        let prerelease = if revision.is_some() { "" } else { tail };
        Some(Self {
            numbers,
            prerelease: Prerelease::parse(prerelease)?,
            revision,
        })
    }

    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    pub fn has_revision(&self) -> bool {
        self.revision.is_some()
    }

    /// The order without revisions.
    pub fn cmp_release(&self, other: &Self) -> Ordering {
        compare_padded(&self.numbers, &other.numbers)
            .then_with(|| self.prerelease.cmp(&other.prerelease))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_release(other)
            .then_with(|| self.revision.cmp(&other.revision))
    }
}

super::number::order_by_cmp!(Version);
