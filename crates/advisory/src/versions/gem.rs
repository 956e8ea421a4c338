//! RubyGems: `Gem::Version`.

use super::number::{Number, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version(Vec<Segment>);

/// Words make a pre-release and sort below numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Word(Box<str>),
    Number(Number),
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text, Dash::Separates)
    }

    /// The numbers in front, without zeros at their end.
    pub fn release(&self) -> Vec<Number> {
        let numbers = self.0.iter().map_while(|segment| match segment {
            Segment::Number(number) => Some(number.clone()),
            Segment::Word(_) => None,
        });
        numbers.collect()
    }

    fn read(text: &str, dash: Dash) -> Option<Self> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(legal) {
            return None;
        }
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(tail) = rest.strip_prefix('-') {
                // Before a number it makes a pre-release in any case.
                if dash == Dash::IsPre || tail.starts_with(|c: char| c.is_ascii_digit()) {
                    segments.push(Segment::Word("pre".into()));
                }
                rest = tail;
                continue;
            }
            rest = rest.trim_start_matches('.');
            let (digits, tail) = take(rest, |c| c.is_ascii_digit());
            if let Some(number) = Number::parse(digits) {
                segments.push(Segment::Number(number));
                rest = tail;
                continue;
            }
            let (word, tail) = take(rest, |c| c.is_ascii_alphabetic());
            if !word.is_empty() {
                segments.push(Segment::Word(word.into()));
            }
            rest = tail;
        }
        Some(Self(trimmed(segments)))
    }
}

/// What a dash before a word says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dash {
    /// `1.0.0-beta` is `1.0.0.beta`: RubyGems as of 4.1.
    Separates,
    /// `1.0.0-beta` is `1.0.0.pre.beta`: RubyGems before that.
    IsPre,
}

/// Orders two texts as the RubyGems in use today do, nothing being zero and
/// what is no version being newest.
pub(super) fn compare_any(a: &str, b: &str) -> Ordering {
    let read = |text: &str| Version::read(if text.is_empty() { "0" } else { text }, Dash::IsPre);
    match (read(a), read(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (None, None) => a.cmp(b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// Drops zeros at the end of the numbers in front and of the rest.
fn trimmed(mut segments: Vec<Segment>) -> Vec<Segment> {
    let word = segments
        .iter()
        .position(|s| matches!(s, Segment::Word(_)))
        .unwrap_or(segments.len());
    let mut rest = segments.split_off(word);
    let zero = |segment: &Segment| matches!(segment, Segment::Number(number) if number.is_zero());
    for part in [&mut segments, &mut rest] {
        while part.last().is_some_and(zero) {
            part.pop();
        }
    }
    segments.extend(rest);
    segments
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let zero = Segment::Number(Number::default());
        (0..self.0.len().max(other.0.len()))
            .map(|i| {
                self.0
                    .get(i)
                    .unwrap_or(&zero)
                    .cmp(other.0.get(i).unwrap_or(&zero))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

super::number::order_by_cmp!(Version);
