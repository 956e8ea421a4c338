//! Gentoo (PMS 3.2): `digits(.digits)*[letter](_suffix[n])*[-rN]`.

use super::number::{Number, compare, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    first: Number,
    rest: Vec<Box<str>>,
    letter: Option<u8>,
    suffixes: Vec<(Suffix, Number)>,
    revision: Number,
}

/// `None` stands for the end of the list of suffixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Suffix {
    Alpha,
    Beta,
    Pre,
    Rc,
    None,
    P,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |c: char| c.is_ascii_digit();
        let (first, mut text) = take(text, digit);
        let first = Number::parse(first)?;
        let mut rest = Vec::new();
        while let Some(tail) = text.strip_prefix('.') {
            let (digits, tail) = take(tail, digit);
            if digits.is_empty() {
                return None;
            }
            rest.push(digits.into());
            text = tail;
        }
        let letter = text.bytes().next().filter(u8::is_ascii_lowercase);
        if letter.is_some() {
            text = &text[1..];
        }
        let mut suffixes = Vec::new();
        while let Some(tail) = text.strip_prefix('_') {
            let (word, tail) = take(tail, |c| c.is_ascii_lowercase());
            let suffix = match word {
                "alpha" => Suffix::Alpha,
                "beta" => Suffix::Beta,
                "pre" => Suffix::Pre,
                "rc" => Suffix::Rc,
                "p" => Suffix::P,
                _ => return None,
            };
            let (digits, tail) = take(tail, digit);
            suffixes.push((suffix, Number::parse(digits).unwrap_or_default()));
            text = tail;
        }
        let revision = match text.strip_prefix("-r") {
            Some(digits) => Number::parse(digits)?,
            None if text.is_empty() => Number::default(),
            None => return None,
        };
        Some(Self {
            first,
            rest,
            letter,
            suffixes,
            revision,
        })
    }
}

/// A component with a leading zero is a decimal fraction.
fn component(a: &str, b: &str) -> Ordering {
    if a.starts_with('0') || b.starts_with('0') {
        a.trim_end_matches('0').cmp(b.trim_end_matches('0'))
    } else {
        compare(a, b)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = self.rest.iter().zip(&other.rest);
        let components = rest
            .map(|(a, b)| component(a, b))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal);
        let none = (Suffix::None, Number::default());
        let suffixes = (0..self.suffixes.len().max(other.suffixes.len()))
            .map(|i| {
                let a = self.suffixes.get(i).unwrap_or(&none);
                a.cmp(other.suffixes.get(i).unwrap_or(&none))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal);
        self.first
            .cmp(&other.first)
            .then(components)
            .then_with(|| self.rest.len().cmp(&other.rest.len()))
            .then_with(|| self.letter.cmp(&other.letter))
            .then(suffixes)
            .then_with(|| self.revision.cmp(&other.revision))
    }
}

super::number::order_by_cmp!(Version);
