//! NuGet: up to four numbers, pre-release words without case, metadata
//! ignored.

use super::number::{Number, compare_padded};
use super::semver::{Prerelease, numbers};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    numbers: Vec<Number>,
    prerelease: Prerelease,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', 'V']);
        let text = text
            .split('+')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let (numbers, rest) = numbers(&text)?;
        let prerelease = match rest.strip_prefix('-') {
            Some(prerelease) => prerelease,
            None if rest.is_empty() => "",
            None => return None,
        };
        Some(Self {
            prerelease: Prerelease::parse(prerelease)?,
            numbers,
        })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.numbers, &other.numbers)
            .then_with(|| self.prerelease.cmp(&other.prerelease))
    }
}

super::number::order_by_cmp!(Version);
