//! Maven's version ranges: `[1.0,2.0)`, several of them, a bare version that
//! only recommends; and comparisons as scanners write them.

use super::any;
use super::windows::{Bound, Interval};
use crate::versions::Scheme;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let parsed = Scheme::Maven.parse(version)?;
    let range = range.trim();
    if range.starts_with(['[', '(']) {
        let mut holds = false;
        for interval in intervals(range)? {
            holds |= interval.contains(Scheme::Maven, version)?;
        }
        return Some(holds);
    }
    if range.is_empty() {
        return Some(false);
    }
    any(range, |term| {
        let bound = Scheme::Maven.parse(term.bound)?;
        if term.operator.is_empty() {
            return Some(true);
        }
        super::compare(term.operator, parsed.cmp(&bound))
    })
}

/// `(,1.0],[1.2,)`, the notation of mathematics; `[1.0]` is one version.
pub(super) fn intervals(range: &str) -> Option<Vec<Interval>> {
    let mut intervals = Vec::new();
    let mut rest = range.trim();
    while !rest.is_empty() {
        let from_inclusive = rest.starts_with('[');
        let inner = rest.strip_prefix(['[', '('])?;
        let end = inner.find([']', ')'])?;
        let to_inclusive = inner[end..].starts_with(']');
        let bound = |text: &str, inclusive| {
            let version = text.trim();
            (!version.is_empty()).then(|| Bound {
                version: version.to_owned(),
                inclusive,
            })
        };
        intervals.push(match inner[..end].split_once(',') {
            Some((from, to)) => Interval {
                from: bound(from, from_inclusive),
                to: bound(to, to_inclusive),
            },
            None => {
                let only = Some(bound(&inner[..end], true)?);
                Interval {
                    from: only.clone(),
                    to: only,
                }
            }
        });
        let tail = inner[end + 1..].trim_start();
        rest = tail.strip_prefix(',').unwrap_or(tail).trim_start();
    }
    Some(intervals)
}
