//! Constraints of Composer: comparisons, `~`, `^`, wildcards, hyphen ranges,
//! spaces or commas for and, `|` or `||` for or. Bounds that name no stability
//! begin and end with the development state of theirs.

use super::partial::Partial;
use super::terms;
use crate::versions::Scheme;
use crate::versions::composer::Version;
use crate::versions::number::{Number, take};
use std::cmp::Ordering;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let mut any = false;
    for alternative in range.split('|').filter(|part| !part.is_empty()) {
        let mut all = true;
        for (operator, bound) in comparisons(alternative)? {
            all &= match order(version, &bound) {
                Some(order) => super::compare(&operator, order)?,
                // A branch is equal to itself and to nothing else.
                None => (operator == "=") == (version == bound),
            };
        }
        any |= all;
    }
    Some(any || range.is_empty())
}

fn order(version: &str, bound: &str) -> Option<Ordering> {
    let scheme = Scheme::Composer;
    Some(scheme.parse(version)?.cmp(&scheme.parse(bound)?))
}

/// One alternative as comparisons of whole versions.
fn comparisons(alternative: &str) -> Option<Vec<(String, String)>> {
    if let Some((from, to)) = alternative.trim().split_once(" - ") {
        let (from, to) = (from.trim(), to.trim());
        let partial = Partial::parse(to);
        let upper = match partial {
            Some(p) if !p.is_whole() && p.tail.is_empty() => {
                ("<".to_owned(), dev(&next(&p.numbers, p.numbers.len())?))
            }
            _ => ("<=".to_owned(), to.to_owned()),
        };
        return Some(vec![(">=".to_owned(), dev(from)), upper]);
    }
    let mut comparisons = Vec::new();
    for term in terms(alternative) {
        let bound = term.bound.split('@').next().unwrap_or_default();
        let (numbers, wild) = numbers(bound);
        let between = |fixed: usize| {
            let upper = next(&numbers, fixed)?;
            Some([
                (">=".to_owned(), start(bound)),
                ("<".to_owned(), dev(&upper)),
            ])
        };
        match term.operator {
            "" | "=" | "==" if wild && numbers.is_empty() => {}
            "" | "=" | "==" | "~" | "^" if wild => {
                let lower = (">=".to_owned(), dev(&joined(&numbers)));
                comparisons.extend([
                    lower,
                    ("<".to_owned(), dev(&next(&numbers, numbers.len())?)),
                ]);
            }
            "~" | "~>" => comparisons.extend(between(numbers.len().saturating_sub(1).max(1))?),
            "^" => {
                let nonzero = numbers.iter().position(|n| !n.is_zero());
                let fixed = nonzero.map_or(numbers.len(), |i| i + 1);
                comparisons.extend(between(fixed)?);
            }
            "" | "=" | "==" => comparisons.push(("=".to_owned(), bound.to_owned())),
            "<>" | "!=" => comparisons.push(("!=".to_owned(), bound.to_owned())),
            operator @ ("<" | ">=") => comparisons.push((operator.to_owned(), dev(bound))),
            operator @ (">" | "<=") => comparisons.push((operator.to_owned(), bound.to_owned())),
            _ => return None,
        }
    }
    Some(comparisons)
}

/// The numbers a bound begins with, and whether the next one is wild.
fn numbers(bound: &str) -> (Vec<Number>, bool) {
    let core = bound.strip_prefix(['v', 'V']).unwrap_or(bound);
    let (core, rest) = take(core, |c| {
        c.is_ascii_digit() || matches!(c, '.' | '*' | 'x' | 'X')
    });
    let numbers = core.split('.').map_while(Number::parse).collect();
    // `1.x-dev` is a branch.
    (numbers, rest.is_empty() && core.contains(['*', 'x', 'X']))
}

fn joined(numbers: &[Number]) -> String {
    let numbers: Vec<_> = numbers.iter().map(Number::to_string).collect();
    numbers.join(".")
}

/// The first release that does not begin with the first numbers.
fn next(numbers: &[Number], fixed: usize) -> Option<String> {
    let mut numbers = numbers.get(..fixed)?.to_vec();
    let last = numbers.last_mut()?;
    *last = last.successor();
    Some(joined(&numbers))
}

/// Where a bound begins: at the development state of a release that is named
/// without a stability.
fn dev(bound: &str) -> String {
    let core = bound.split('+').next().unwrap_or_default();
    let named = core.to_ascii_lowercase().ends_with("stable");
    match Version::parse(core) {
        Some(version) if version.is_stable() && !named => format!("{core}-dev"),
        _ => core.to_owned(),
    }
}

/// As [`dev`], but a build is as good as a stability.
fn start(bound: &str) -> String {
    if bound.contains('+') {
        bound.to_owned()
    } else {
        dev(bound)
    }
}
