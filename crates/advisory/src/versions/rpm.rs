//! rpm: `[epoch:]version[-release]`, rpmvercmp with tilde and caret.

use super::number::{Number, segment};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    epoch: Number,
    version: Box<str>,
    release: Option<Box<str>>,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(char::is_whitespace) {
            return None;
        }
        let (epoch, rest) = match text.split_once(':') {
            Some(("(none)" | "", rest)) => (Number::default(), rest),
            Some((epoch, rest)) => (Number::parse(epoch)?, rest),
            None => (Number::default(), text),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release.into())),
            None => (rest, None),
        };
        (!version.is_empty()).then(|| Self {
            epoch,
            version: version.into(),
            release,
        })
    }
}

impl Ord for Version {
    /// A version without a release sorts before every release of it.
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

/// rpmvercmp.
fn segments<'a>(mut a: &'a str, mut b: &'a str) -> Ordering {
    let separator = |c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^';
    loop {
        a = a.trim_start_matches(separator);
        b = b.trim_start_matches(separator);
        match (a.strip_prefix('~'), b.strip_prefix('~')) {
            (Some(x), Some(y)) => {
                (a, b) = (x, y);
                continue;
            }
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        match (a.strip_prefix('^'), b.strip_prefix('^')) {
            (Some(x), Some(y)) => {
                (a, b) = (x, y);
                continue;
            }
            // After the end, before the next segment.
            (Some(_), None) => {
                return if b.is_empty() {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
            }
            (None, Some(_)) => {
                return if a.is_empty() {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
            }
            (None, None) => {}
        }
        if a.is_empty() || b.is_empty() {
            return a.len().min(1).cmp(&b.len().min(1));
        }
        match segment(a, b) {
            Ok(rest) => (a, b) = rest,
            Err(order) => return order,
        }
    }
}

super::number::order_by_cmp!(Version);
