//! Written ranges as intervals of a scheme's plain order, for advisories.

use super::{Term, maven, terms};
use crate::versions::number::{Number, take};
use crate::versions::{MAX_LENGTH, Scheme};
use std::cmp::Ordering;

/// Intervals of one alternative; `!=` splits them.
const MAX_INTERVALS: usize = 64;

/// One end of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The version that stands there.
    pub version: String,
    /// Whether the interval holds that version itself.
    pub inclusive: bool,
}

/// A stretch of a scheme's order; an end that is `None` is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// The lower end.
    pub from: Option<Bound>,
    /// The upper end.
    pub to: Option<Bound>,
}

impl Interval {
    /// Whether a version lies in it; `None` when that or an end is no version.
    pub fn contains(&self, scheme: Scheme, version: &str) -> Option<bool> {
        let version = scheme.parse(version)?;
        let mut holds = true;
        if let Some(bound) = &self.from {
            let order = version.cmp(&scheme.parse(&bound.version)?);
            holds &= order.is_gt() || bound.inclusive && order.is_eq();
        }
        if let Some(bound) = &self.to {
            let order = version.cmp(&scheme.parse(&bound.version)?);
            holds &= order.is_lt() || bound.inclusive && order.is_eq();
        }
        Some(holds)
    }

    /// What lies in both; `None` for nothing.
    fn and(&self, other: &Self, scheme: Scheme) -> Option<Self> {
        let tighter = |a: &Option<Bound>, b: &Option<Bound>, wanted: Ordering| match (a, b) {
            (Some(a), Some(b)) => Some(match scheme.compare_bounds(a, b) {
                Ordering::Equal if a.inclusive => b.clone(),
                order if order == wanted || order.is_eq() => a.clone(),
                _ => b.clone(),
            }),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let both = Self {
            from: tighter(&self.from, &other.from, Ordering::Greater),
            to: tighter(&self.to, &other.to, Ordering::Less),
        };
        let empty = match (&both.from, &both.to) {
            (Some(from), Some(to)) => match scheme.compare_bounds(from, to) {
                Ordering::Less => false,
                Ordering::Equal => !(from.inclusive && to.inclusive),
                Ordering::Greater => true,
            },
            _ => false,
        };
        (!empty).then_some(both)
    }
}

impl Scheme {
    fn compare_bounds(self, a: &Bound, b: &Bound) -> Ordering {
        self.parse(&a.version).cmp(&self.parse(&b.version))
    }
}

/// The intervals of a range. `None` when it says nothing or cannot be read.
pub(in crate::versions) fn windows(scheme: Scheme, range: &str) -> Option<Vec<Interval>> {
    if range.trim().is_empty() || range.len() > MAX_LENGTH {
        return None;
    }
    if range.trim_start().starts_with(['[', '(']) {
        let intervals = maven::intervals(range)?;
        let bounds = intervals.iter().flat_map(|i| i.from.iter().chain(&i.to));
        let readable = |bound: &Bound| scheme.parse(&bound.version).is_some();
        return bounds.into_iter().all(readable).then_some(intervals);
    }
    let mut windows = Vec::new();
    for alternative in range.split("||") {
        let mut intervals = vec![Interval::default()];
        for term in terms(alternative) {
            let parts = read(scheme, term)?;
            let both = intervals
                .iter()
                .flat_map(|interval| parts.iter().filter_map(|part| interval.and(part, scheme)));
            intervals = both.collect();
            if intervals.len() > MAX_INTERVALS {
                return None;
            }
        }
        windows.extend(intervals);
    }
    Some(windows)
}

/// The intervals of one comparison: two where it leaves one version out.
fn read(scheme: Scheme, term: Term<'_>) -> Option<Vec<Interval>> {
    let bound = |version: &str, inclusive| {
        scheme.parse(version)?;
        Some(Some(Bound {
            version: version.to_owned(),
            inclusive,
        }))
    };
    let between = |from: &str, to: &str| {
        let (from, to) = (bound(from, true)?, bound(to, false)?);
        Some(vec![Interval { from, to }])
    };
    if term.bound == "*" {
        return Some(vec![Interval::default()]);
    }
    if let Some(prefix) = wild(term.bound) {
        let to = next(prefix, usize::MAX)?;
        return matches!(term.operator, "" | "=" | "==")
            .then(|| between(prefix, &to))
            .flatten();
    }
    let text = term.bound;
    let from = |inclusive| {
        // Advisories write 0 for the time before every version.
        let from = if text == "0" {
            None
        } else {
            bound(text, inclusive)?
        };
        Some(Interval { from, to: None })
    };
    let to = |inclusive| {
        let to = bound(text, inclusive)?;
        Some(Interval { from: None, to })
    };
    Some(match term.operator {
        "" | "=" | "==" => vec![Interval {
            from: bound(text, true)?,
            to: bound(text, true)?,
        }],
        "!=" => vec![
            to(false)?,
            Interval {
                from: bound(text, false)?,
                to: None,
            },
        ],
        ">=" | "=>" => vec![from(true)?],
        ">" => vec![from(false)?],
        "<=" | "=<" => vec![to(true)?],
        "<" => vec![to(false)?],
        "~" if scheme != Scheme::Composer => between(text, &next(text, 2)?)?,
        "~" | "~>" | "~=" => {
            let count = numbers(text).1.len();
            between(text, &next(text, count.saturating_sub(1).max(1))?)?
        }
        "^" => {
            let (_, numbers) = numbers(text);
            let nonzero = numbers.iter().position(|number| !number.is_zero());
            between(text, &next(text, nonzero.map_or(usize::MAX, |i| i + 1))?)?
        }
        _ => return None,
    })
}

/// `1.2` of `1.2.*`.
fn wild(bound: &str) -> Option<&str> {
    let prefix = bound.trim_end_matches(['*', 'x', 'X', '.']);
    let rest = &bound[prefix.len()..];
    (rest.starts_with('.') && rest.len() > 1).then_some(prefix)
}

/// What stands before the numbers of a version, and they.
fn numbers(text: &str) -> (&str, Vec<Number>) {
    let start = text.find('!').map_or(0, |i| i + 1);
    let start = start + usize::from(text[start..].starts_with(['v', 'V']));
    let (core, _) = take(&text[start..], |c| c.is_ascii_digit() || c == '.');
    let numbers = core.split('.').map_while(Number::parse).collect();
    (&text[..start], numbers)
}

/// The first release that does not begin with the first `fixed` numbers.
fn next(text: &str, fixed: usize) -> Option<String> {
    let (prefix, mut numbers) = numbers(text);
    let given = numbers.len();
    numbers.truncate(fixed);
    let last = numbers.last_mut()?;
    *last = last.successor();
    // As many numbers as there were: Hex knows no shorter version.
    numbers.resize(given, Number::default());
    let numbers: Vec<_> = numbers.iter().map(Number::to_string).collect();
    Some(format!("{prefix}{}", numbers.join(".")))
}
