//! Ranges of npm (node-semver, range grammar): comparators, `~`, `^`,
//! x-ranges, hyphen ranges, `||`. A pre-release lies only in a range that
//! names a pre-release of the same three numbers.

use super::partial::{Partial, place};
use crate::versions::semver::Version;
use std::cmp::Ordering;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let version = whole(version)?;
    let mut any = false;
    for alternative in range.split("||") {
        let comparators = comparators(alternative)?;
        let all = comparators.iter().all(|c| c.holds(&version));
        let welcome = !version.is_prerelease()
            || comparators
                .iter()
                .any(|c| c.is_prerelease && place(version.numbers(), c.bound.numbers()).is_eq());
        any |= all && welcome;
    }
    Some(any)
}

/// Three numbers, as the registry accepts them.
fn whole(text: &str) -> Option<Version> {
    let text = text.strip_prefix(['v', '=']).unwrap_or(text);
    let partial = partial(text).filter(Partial::is_whole)?;
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || c == 'v');
    (plain && partial.numbers.len() == 3).then(|| Version::parse(text))?
}

/// Refuses what is no version however much is missing: numbers with leading
/// zeros, a pre-release that does not follow three parts.
fn partial(text: &str) -> Option<Partial<'_>> {
    let partial = Partial::parse(text)?;
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let core = core.trim_start_matches(['v', 'V']);
    let parts = core.split('.').count();
    let zeros = core.split('.').any(|p| p.len() > 1 && p.starts_with('0'));
    let dangling = (text.contains(['-', '+'])) && parts != 3;
    (parts <= 3 && !zeros && !dangling && is_identifiers(partial.tail)).then_some(partial)
}

fn is_identifiers(text: &str) -> bool {
    let identifier = |part: &str| {
        let number = part.bytes().all(|b| b.is_ascii_digit());
        let legal = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !part.is_empty() && legal && !(number && part.len() > 1 && part.starts_with('0'))
    };
    text.is_empty() || text.split('.').all(identifier)
}

/// A comparison after x-ranges and the like are spelled out.
struct Comparator {
    test: Test,
    bound: Version,
    is_prerelease: bool,
}

enum Test {
    Order(fn(Ordering) -> bool),
    /// What begins with these numbers, from the bound on.
    Within(usize),
    /// What comes before or after all that begin with the bound's numbers.
    Place(fn(Ordering) -> bool, usize),
    Nothing,
}

impl Comparator {
    fn holds(&self, version: &Version) -> bool {
        let place = |fixed: usize| {
            let numbers = self.bound.numbers();
            place(version.numbers(), &numbers[..fixed.min(numbers.len())])
        };
        match self.test {
            Test::Order(test) => test(version.cmp(&self.bound)),
            Test::Within(fixed) => *version >= self.bound && place(fixed).is_eq(),
            Test::Place(test, fixed) => test(place(fixed)),
            Test::Nothing => false,
        }
    }

    fn parse(operator: &str, text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['=', 'v', ' ']);
        let partial = partial(text)?;
        let given = partial.numbers.len();
        let whole = given == 3;
        let nonzero = partial.numbers.iter().position(|n| !n.is_zero());
        let test = match operator {
            "<" | ">" if given == 0 => Test::Nothing,
            "<=" | ">=" if given == 0 => Test::Within(0),
            "" | "=" if whole => Test::Order(Ordering::is_eq),
            "" | "=" => Test::Within(given),
            "~" | "~>" => Test::Within(given.min(2)),
            "^" => Test::Within(nonzero.map_or(given, |i| i + 1)),
            ">" if !whole => Test::Place(Ordering::is_gt, given),
            "<=" if !whole => Test::Place(Ordering::is_le, given),
            "<" if !whole => Test::Place(Ordering::is_lt, given),
            "<" => Test::Order(Ordering::is_lt),
            "<=" => Test::Order(Ordering::is_le),
            ">" => Test::Order(Ordering::is_gt),
            ">=" => Test::Order(Ordering::is_ge),
            _ => return None,
        };
        let bound = if whole {
            Version::parse(text)?
        } else {
            Version::release(partial.numbers.clone())
        };
        Some(Self {
            test,
            is_prerelease: bound.is_prerelease(),
            bound,
        })
    }
}

/// The comparators of one alternative; `None` if one of them is none.
fn comparators(alternative: &str) -> Option<Vec<Comparator>> {
    if let Some((from, to)) = alternative.trim().split_once(" - ") {
        let from = Comparator::parse(">=", from.trim())?;
        return Some(vec![from, Comparator::parse("<=", to.trim())?]);
    }
    let terms = super::terms(alternative);
    terms
        .map(|term| {
            // `~ 1.2`, `>= v1.2` and `^=1.2` are spelled in many ways.
            let operator = match term.operator {
                "==" => return None,
                ">" | "<" | ">=" | "<=" | "~" | "~>" | "^" | "" | "=" => term.operator,
                other => other.strip_suffix('=').filter(|o| *o != "!")?,
            };
            Comparator::parse(operator, term.bound)
        })
        .collect()
}
