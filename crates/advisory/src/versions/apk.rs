//! apk-tools: `digits(.digits)*[letter](_suffix[n])*[~hash][-rN]`. A version
//! without a revision equals its `-r0`.

use super::number::{Number, compare, take};
use std::cmp::{Ordering, Reverse};

/// Suffixes before and after the release they qualify, in order.
const BEFORE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const AFTER: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

#[derive(Clone, Debug)]
pub(super) struct Version {
    components: Vec<Box<str>>,
    letter: Option<Letter>,
    suffixes: Vec<Suffix>,
    hash: Option<Box<str>>,
    revision: Number,
    /// Something follows that the grammar does not know.
    rest: bool,
}

/// The letter behind the numbers. No valid version has it behind a dot or a
/// number behind it; apk-tools 2 orders both all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Letter {
    attached: bool,
    letter: u8,
    number: Option<Number>,
}

/// `None` of a number sorts before `0`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Suffix {
    /// Negative before the release, positive after it.
    kind: i8,
    number: Option<Number>,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let version = Self::read(text)?;
        let digits = |c: &str| !c.is_empty();
        let letter = version.letter.as_ref();
        let regular = !version.rest
            && version.components.iter().all(|c| digits(c))
            && letter.is_none_or(|letter| letter.attached && letter.number.is_none())
            && !text.ends_with("-r");
        regular.then_some(version)
    }

    /// Also reads what only begins like a version; `None` is nothing like one.
    fn read(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('v').unwrap_or(text);
        if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let digit = |c: char| c.is_ascii_digit();
        let mut version = Self {
            components: Vec::new(),
            letter: None,
            suffixes: Vec::new(),
            hash: None,
            revision: Number::default(),
            rest: false,
        };
        let mut attached = true;
        loop {
            let (digits, tail) = take(rest, digit);
            version.components.push(digits.into());
            match tail.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_lowercase()) => {
                    (attached, rest) = (false, next);
                    break;
                }
                Some(next) => rest = next,
                None => {
                    rest = tail;
                    break;
                }
            }
        }
        if let Some(letter) = rest.bytes().next().filter(u8::is_ascii_lowercase) {
            let (digits, tail) = take(&rest[1..], digit);
            version.letter = Some(Letter {
                attached,
                letter,
                number: Number::parse(digits),
            });
            rest = tail;
        }
        while let Some((suffix, tail)) = Suffix::parse(rest) {
            version.suffixes.push(suffix);
            rest = tail;
        }
        if let Some(tail) = rest.strip_prefix('~') {
            let (hash, tail) = take(tail, |c| c.is_ascii_hexdigit());
            version.hash = Some(hash.into());
            rest = tail;
        }
        if let Some(tail) = rest.strip_prefix("-r") {
            let (digits, tail) = take(tail, digit);
            version.revision = Number::parse(digits).unwrap_or_default();
            rest = tail;
        } else if rest.starts_with('-') && rest[1..].starts_with(digit) {
            return None;
        }
        version.rest = !rest.is_empty();
        Some(version)
    }
}

impl Suffix {
    /// The suffix that a text begins with, and what follows it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (word, tail) = take(text.strip_prefix('_')?, |c| c.is_ascii_lowercase());
        let position = |words: &[&str]| words.iter().position(|s| *s == word);
        let kind = match (position(&BEFORE), position(&AFTER)) {
            (Some(i), _) => i as i8 - BEFORE.len() as i8,
            (None, i) => i? as i8 + 1,
        };
        let (digits, tail) = take(tail, |c| c.is_ascii_digit());
        let number = Number::parse(digits);
        Some((Self { kind, number }, tail))
    }
}

/// Orders texts of which one is no version, as lists that hold such texts are
/// sorted: what is nothing like a version is newest, what only begins like
/// one is older than the version it begins with.
pub(super) fn compare_any(a: &str, b: &str) -> Ordering {
    match (Version::read(a), Version::read(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (None, None) => a.cmp(b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        components(&self.components, &other.components)
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| suffixes(&self.suffixes, &other.suffixes))
            .then_with(|| self.hash.cmp(&other.hash))
            .then_with(|| self.revision.cmp(&other.revision))
            .then_with(|| other.rest.cmp(&self.rest))
    }
}

fn components(a: &[Box<str>], b: &[Box<str>]) -> Ordering {
    let pairs = a.iter().zip(b).enumerate();
    pairs
        .map(|(i, (a, b))| match i {
            0 => compare(a, b),
            _ if a.starts_with('0') || b.starts_with('0') => fraction(a).cmp(&fraction(b)),
            _ => compare(a, b),
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// A component with leading zeros is a decimal fraction: the more zeros, the
/// lower.
fn fraction(component: &str) -> (Reverse<usize>, &str) {
    let digits = component.trim_start_matches('0');
    (Reverse(component.len() - digits.len()), digits)
}

fn suffixes(a: &[Suffix], b: &[Suffix]) -> Ordering {
    let none = Suffix::default();
    (0..a.len().max(b.len()))
        .map(|i| a.get(i).unwrap_or(&none).cmp(b.get(i).unwrap_or(&none)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

super::number::order_by_cmp!(Version);
