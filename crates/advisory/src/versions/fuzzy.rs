//! Last resort for kinds without a scheme: runs of digits and of letters, the
//! usual words for what comes before a release sorting below it.

use super::number::{Number, compare_padded, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    numbers: Vec<Number>,
    rest: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Before(Box<str>),
    End,
    Word(Box<str>),
    Number(Number),
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let text = lower.strip_prefix('v').unwrap_or(&lower);
        let mut numbers = Vec::new();
        let mut rest = Vec::new();
        let mut left = text;
        while !left.is_empty() {
            let (digits, tail) = take(left, |c| c.is_ascii_digit());
            if let Some(number) = Number::parse(digits) {
                if rest.is_empty() {
                    numbers.push(number);
                } else {
                    rest.push(Part::Number(number));
                }
                left = tail;
                continue;
            }
            let (word, tail) = take(left, char::is_alphabetic);
            if word.is_empty() {
                let mut characters = left.chars();
                // A dash ends the numbers of the release.
                if characters.next() == Some('-') && rest.is_empty() && left.len() > 1 {
                    rest.push(Part::Word("".into()));
                }
                left = characters.as_str();
                continue;
            }
            if rest == [Part::Word("".into())] {
                rest.clear();
            }
            rest.push(match word {
                "alpha" | "a" | "beta" | "b" | "rc" | "pre" | "preview" | "snapshot" | "m" => {
                    Part::Before(word.into())
                }
                word => Part::Word(word.into()),
            });
            left = tail;
        }
        (!numbers.is_empty() || !rest.is_empty()).then_some(Self { numbers, rest })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.numbers, &other.numbers).then_with(|| {
            (0..self.rest.len().max(other.rest.len()))
                .map(|i| {
                    let a = self.rest.get(i).unwrap_or(&Part::End);
                    a.cmp(other.rest.get(i).unwrap_or(&Part::End))
                })
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }
}

super::number::order_by_cmp!(Version);
