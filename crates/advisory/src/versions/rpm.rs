//! rpm: `[epoch:]version[-release]`, rpmvercmp with tilde and caret.

use super::number::{Number, segment, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    /// `None` where none is written, which counts as zero.
    epoch: Option<Number>,
    version: Box<str>,
    release: Option<Box<str>>,
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let version = Self::read(text);
        (!version.version.is_empty() && !text.contains(char::is_whitespace)).then_some(version)
    }

    /// Also reads texts without a version. Only digits make an epoch; before
    /// any other colon stands the version.
    fn read(text: &str) -> Self {
        let text = text.strip_prefix("(none):").unwrap_or(text);
        let (digits, rest) = take(text, |c| c.is_ascii_digit());
        let (epoch, rest) = match rest.strip_prefix(':') {
            Some(rest) => (Number::parse(digits), rest),
            None => (None, text),
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

impl Version {
    /// The order of dependencies: see `ranges/rpm.rs`.
    pub fn cmp_dependency(&self, other: &Self) -> Ordering {
        let epochs = match (&self.epoch, &other.epoch) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        let short = |text: &str| -> usize { text.trim_end_matches(".0").len() };
        let parts = |a: &str, b: &str| segments(&a[..short(a)], &b[..short(b)]);
        epochs
            .then_with(|| parts(&self.version, &other.version))
            .then_with(|| match (&self.release, &other.release) {
                (Some(a), Some(b)) => parts(a, b),
                _ => Ordering::Equal,
            })
    }
}

/// Orders texts of which one may be no version, as rpm does.
pub(super) fn compare_any(a: &str, b: &str) -> Ordering {
    Version::read(a).cmp(&Version::read(b))
}

impl Ord for Version {
    /// A version without a release sorts before every release of it.
    fn cmp(&self, other: &Self) -> Ordering {
        let zero = Number::default();
        let epoch = self.epoch.as_ref().unwrap_or(&zero);
        epoch
            .cmp(other.epoch.as_ref().unwrap_or(&zero))
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
