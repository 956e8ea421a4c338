//! Decimal numbers of any length, as digit strings.

use std::cmp::Ordering;
use std::fmt;

/// A non-negative number without leading zeros; zero is the empty string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Number(Box<str>);

impl Number {
    /// Reads ASCII digits; anything else is not a number.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| Self(text.trim_start_matches('0').into()))
    }

    /// The next number.
    pub fn successor(&self) -> Self {
        let nines = self.0.len() - self.0.trim_end_matches('9').len();
        let (head, _) = self.0.split_at(self.0.len() - nines);
        let mut digits = match head.as_bytes().split_last() {
            Some((last, _)) => {
                let mut digits = head[..head.len() - 1].to_owned();
                digits.push(char::from(last + 1));
                digits
            }
            None => "1".to_owned(),
        };
        digits.extend(std::iter::repeat_n('0', nines));
        Self(digits.into())
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_zero() { "0" } else { &self.0 })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Orders digit strings by value.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    (a.len(), a).cmp(&(b.len(), b))
}

/// Splits the longest run of characters that satisfy `is` off the front.
pub(super) fn take(text: &str, is: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// One step of rpmvercmp and its relatives: orders the runs of digits or of
/// letters that two texts begin with, a number being newer than a word; what
/// follows both where they are equal.
pub(super) fn segment<'a>(a: &'a str, b: &'a str) -> Result<(&'a str, &'a str), Ordering> {
    let numeric = a.starts_with(|c: char| c.is_ascii_digit());
    let kind = |c: char| {
        if numeric {
            c.is_ascii_digit()
        } else {
            c.is_ascii_alphabetic()
        }
    };
    let (x, rest_a) = take(a, kind);
    let (y, rest_b) = take(b, kind);
    let order = match (y.is_empty(), numeric) {
        (true, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) => compare(x, y),
        (false, false) => x.cmp(y),
    };
    if order.is_ne() {
        return Err(order);
    }
    Ok((rest_a, rest_b))
}

/// Orders number lists; a list that ends early counts as padded with zeros.
pub(super) fn compare_padded(a: &[Number], b: &[Number]) -> Ordering {
    let zero = Number::default();
    (0..a.len().max(b.len()))
        .map(|i| a.get(i).unwrap_or(&zero).cmp(b.get(i).unwrap_or(&zero)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Equality and partial order of a type whose `Ord` is written by hand.
macro_rules! order_by_cmp {
    ($type:ty) => {
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }

        impl Eq for $type {}
    };
}
pub(super) use order_by_cmp;
