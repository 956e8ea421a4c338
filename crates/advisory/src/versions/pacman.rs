//! libalpm: `[epoch:]version[-pkgrel]`, vercmp without tilde or caret.

use super::number::{Number, segment, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    epoch: Number,
    version: Box<str>,
    release: Option<Box<str>>,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        // libalpm has no total order for parts that begin or end with a
        // separator; no package has such a version.
        let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let sound = |part: &str| edge(part.bytes().next()) && edge(part.bytes().next_back());
        let version = Self::read(text);
        let release = version.release.as_deref();
        let regular = text.is_ascii() && !text.starts_with(':');
        (regular && sound(&version.version) && release.is_none_or(sound)).then_some(version)
    }

    fn read(text: &str) -> Self {
        let (digits, rest) = take(text, |c| c.is_ascii_digit());
        let (epoch, rest) = match rest.strip_prefix(':') {
            Some(rest) => (Number::parse(digits).unwrap_or_default(), rest),
            None => (Number::default(), text),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release.into())),
            None => (rest, None),
        };
        Self {
            epoch,
            version: version.into(),
            release,
        }
    }
}

/// Orders any two texts as libalpm does: a release that one of them lacks is
/// not looked at.
pub(super) fn compare_any(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Version::read(a), Version::read(b));
    if a.release.is_none() || b.release.is_none() {
        (a.release, b.release) = (None, None);
    }
    a.cmp(&b)
}

impl Ord for Version {
    /// libalpm ignores a release that one side lacks; to keep the order total
    /// such a version sorts before every release of it.
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| segments(&self.version, &other.version))
            .then_with(|| match (&self.release, &other.release) {
                (Some(a), Some(b)) => segments(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }
}

fn segments(a: &str, b: &str) -> Ordering {
    let (mut one, mut two) = (a, b);
    while !one.is_empty() && !two.is_empty() {
        let separators = |text: &str| {
            text.len()
                - text
                    .trim_start_matches(|c: char| !c.is_ascii_alphanumeric())
                    .len()
        };
        let (skip_one, skip_two) = (separators(one), separators(two));
        one = &one[skip_one..];
        two = &two[skip_two..];
        if one.is_empty() || two.is_empty() {
            break;
        }
        // More separators in front of a segment is newer.
        if skip_one != skip_two {
            return skip_one.cmp(&skip_two);
        }
        match segment(one, two) {
            Ok(rest) => (one, two) = rest,
            Err(order) => return order,
        }
    }
    let alphabetic = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
    match (one.is_empty(), two.is_empty()) {
        (true, true) => Ordering::Equal,
        // A remaining word is older than nothing, a remaining number newer.
        (true, false) if alphabetic(two) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, _) if alphabetic(one) => Ordering::Less,
        (false, _) => Ordering::Greater,
    }
}

super::number::order_by_cmp!(Version);
