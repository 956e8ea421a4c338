//! dpkg (deb-version(7)): `[epoch:]upstream[-revision]`.

use super::number::{Number, compare, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    epoch: Number,
    upstream: Box<str>,
    revision: Box<str>,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (Number::parse(epoch)?, rest),
            None => (Number::default(), text),
        };
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        (!upstream.is_empty()).then(|| Self {
            epoch,
            upstream: upstream.into(),
            revision: revision.into(),
        })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| part(&self.upstream, &other.upstream))
            .then_with(|| part(&self.revision, &other.revision))
    }
}

/// Alternates between non-digits and digits. Tildes sort before the end,
/// letters before everything else.
fn part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (words_a, rest_a) = take(a, |c| !c.is_ascii_digit());
        let (words_b, rest_b) = take(b, |c| !c.is_ascii_digit());
        let (digits_a, rest_a) = take(rest_a, |c| c.is_ascii_digit());
        let (digits_b, rest_b) = take(rest_b, |c| c.is_ascii_digit());
        let order = words(words_a, words_b).then_with(|| compare(digits_a, digits_b));
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}

fn words(a: &str, b: &str) -> Ordering {
    let rank = |byte: Option<u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i32::from(letter),
        Some(other) => i32::from(other) + 256,
    };
    // One step past the longer: the end has a rank too.
    let end = std::iter::once(None);
    let a = a.bytes().map(Some).chain(end.clone().cycle());
    let mut b = b.bytes().map(Some).chain(end.cycle());
    for x in a {
        let y = b.next().flatten();
        let order = rank(x).cmp(&rank(y));
        if order.is_ne() || (x.is_none() && y.is_none()) {
            return order;
        }
    }
    Ordering::Equal
}

super::number::order_by_cmp!(Version);
