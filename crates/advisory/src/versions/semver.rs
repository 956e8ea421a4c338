//! Semantic versions 2.0.0, read loosely: a leading `v` or `=`, missing
//! parts, more than three parts, a pre-release without its dash.

use super::number::{Number, compare_padded, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    numbers: Vec<Number>,
    prerelease: Prerelease,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let (version, _) = Self::parse_with_build(text)?;
        Some(version)
    }

    /// Also gives the build metadata, which takes no part in the order.
    pub fn parse_with_build(text: &str) -> Option<(Self, Option<&str>)> {
        let text = text
            .trim_start_matches(['=', ' '])
            .trim_start_matches(['v', 'V'])
            .trim_start();
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        let (numbers, rest) = numbers(text)?;
        let dotted = !rest.is_empty() && text.ends_with(&format!(".{rest}"));
        let prerelease = match rest.strip_prefix('-') {
            Some(prerelease) => Prerelease::parse(prerelease)?,
            None if dotted => Prerelease::parse(&joined(rest))?,
            None => Prerelease::parse(rest)?,
        };
        Some((
            Self {
                numbers,
                prerelease,
            },
            build,
        ))
    }

    /// The release of these numbers.
    pub fn release(numbers: Vec<Number>) -> Self {
        Self {
            numbers,
            prerelease: Prerelease::default(),
        }
    }

    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.0.is_empty()
    }

    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }
}

/// `1.0.0.alpha.beta` is `1.0.0-alpha-beta`: where a dot stands for the dash,
/// it does so before every word.
fn joined(text: &str) -> String {
    let mut words = text.split('.');
    let mut joined = words.next().unwrap_or_default().to_owned();
    for word in words {
        let numeric = word.bytes().all(|b| b.is_ascii_digit());
        joined.push(if numeric { '.' } else { '-' });
        joined.push_str(word);
    }
    joined
}

/// Dotted numbers and what follows them.
pub(super) fn numbers(text: &str) -> Option<(Vec<Number>, &str)> {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let (digits, tail) = take(rest, |c| c.is_ascii_digit());
        numbers.push(Number::parse(digits)?);
        match tail.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            Some(next) => return Some((numbers, next)),
            None => return Some((numbers, tail)),
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.numbers, &other.numbers)
            .then_with(|| self.prerelease.cmp(&other.prerelease))
    }
}

super::number::order_by_cmp!(Version);

/// Dot-separated identifiers; none at all is the release itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prerelease(Vec<Identifier>);

/// Numbers sort below words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identifier {
    Number(Number),
    Word(Box<str>),
}

impl Identifier {
    pub fn parse(text: &str) -> Self {
        Number::parse(text).map_or_else(|| Identifier::Word(text.into()), Identifier::Number)
    }
}

impl Prerelease {
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let parts = text.split('.').filter(|part| !part.is_empty());
        Some(Self(parts.map(Identifier::parse).collect()))
    }
}

impl FromIterator<Identifier> for Prerelease {
    fn from_iter<I: IntoIterator<Item = Identifier>>(identifiers: I) -> Self {
        Self(identifiers.into_iter().collect())
    }
}

impl Ord for Prerelease {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0.is_empty(), other.0.is_empty()) {
            (false, false) => self.0.cmp(&other.0),
            // The release is newer than what comes before it.
            (a, b) => a.cmp(&b),
        }
    }
}

impl PartialOrd for Prerelease {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
