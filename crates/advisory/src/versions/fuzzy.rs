//! Last resort for kinds without a scheme: the numbers of a release, then
//! what comes before it or after it. The usual words of pre-releases sort
//! below the release, also single letters that stand apart (`1.1-a`); letters
//! that are attached are later releases (`1.1a`), and so are other words.

use super::number::{Number, compare_padded, take};
use super::semver::{Identifier, Prerelease};
use std::cmp::Ordering;

const BEFORE: &[&str] = &["alpha", "beta", "pre", "preview", "rc", "snapshot"];

/// Letters that count revisions, patches and updates.
const AFTER: &[&str] = &["p", "r", "u"];

#[derive(Clone, Debug)]
pub(super) struct Version {
    numbers: Vec<Number>,
    before: Prerelease,
    after: Vec<Part>,
    build: Vec<Build>,
}

/// Words sort below numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Word(Box<str>),
    Number(Number),
}

/// A part of build metadata: only numbers tell builds apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Build {
    Word,
    Number(Number),
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let text = lower.strip_prefix('v').unwrap_or(&lower);
        let (text, build) = text.split_once('+').unwrap_or((text, ""));
        let mut numbers = Vec::new();
        let mut rest = text;
        loop {
            let (digits, tail) = take(rest, |c| c.is_ascii_digit());
            let Some(number) = Number::parse(digits) else {
                break;
            };
            numbers.push(number);
            rest = tail;
            match tail.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        let attached = rest.starts_with(char::is_alphabetic);
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let (word, tail) = take(rest, char::is_alphabetic);
        let letter = word.chars().nth(1).is_none() && !word.is_empty() && !AFTER.contains(&word);
        let is_before = !numbers.is_empty() && (BEFORE.contains(&word) || letter && !attached);
        let (before, after) = if is_before {
            (before(word, tail), Vec::new())
        } else {
            (Prerelease::default(), parts(rest))
        };
        let build = build.split('.').filter(|part| !part.is_empty());
        let build = build.map(|part| Number::parse(part).map_or(Build::Word, Build::Number));
        (!numbers.is_empty() || !after.is_empty()).then(|| Self {
            numbers,
            before,
            after,
            build: build.collect(),
        })
    }
}

/// `rc1`, `rc-1`, `rc.1.x`: the word, then dot-separated identifiers.
fn before(word: &str, tail: &str) -> Prerelease {
    let tail = tail.strip_prefix(['.', '-', '_', '~']).unwrap_or(tail);
    let tail = tail.split('.').filter(|part| !part.is_empty());
    let word = Identifier::Word(word.into());
    Prerelease::from_iter(std::iter::once(word).chain(tail.map(Identifier::parse)))
}

/// Runs of digits and of letters; what stands between them only separates.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (digits, tail) = take(rest, |c| c.is_ascii_digit());
        let (word, tail) = take(tail, |c| c.is_alphabetic());
        let (_, tail) = take(tail, |c| !c.is_ascii_digit() && !c.is_alphabetic());
        parts.extend(Number::parse(digits).map(Part::Number));
        parts.extend((!word.is_empty()).then(|| Part::Word(word.into())));
        rest = tail;
    }
    parts
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.numbers, &other.numbers)
            .then_with(|| self.before.cmp(&other.before))
            .then_with(|| self.after.cmp(&other.after))
            .then_with(|| self.build.cmp(&other.build))
    }
}

super::number::order_by_cmp!(Version);
