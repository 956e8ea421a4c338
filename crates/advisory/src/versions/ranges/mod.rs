//! Ranges as package managers and people write them, one grammar a file.
//!
//! Each grammar keeps the meaning its package manager gives it, which is not
//! that of an advisory: Python's `<2.0` and npm's `<2.0.0` leave out the
//! pre-releases of the bound, npm lets a range hold only the pre-releases it
//! names, and a bare Maven version binds nothing. What an advisory calls
//! affected is an interval of the scheme's plain order; `windows` turns
//! a written range into such intervals, and nothing here is asked for one.

mod bitnami;
mod composer;
mod gem;
mod hex;
mod maven;
mod npm;
mod partial;
mod pep440;
mod rpm;
mod semver;
pub(super) mod windows;

use super::{MAX_LENGTH, Scheme, number::take};
use std::cmp::Ordering;

/// Whether `version` lies in `range`, as the scheme's package manager has it.
/// `None` when the version or the range cannot be read.
pub(super) fn satisfies(scheme: Scheme, version: &str, range: &str) -> Option<bool> {
    let version = version.trim();
    if version.len().max(range.len()) > MAX_LENGTH {
        return None;
    }
    // Nothing is asked for; Maven has no such range.
    if range.trim().is_empty() && scheme != Scheme::Maven {
        return Some(true);
    }
    match scheme {
        Scheme::Semver => semver::satisfies(version, range),
        Scheme::Bitnami => bitnami::satisfies(version, range),
        Scheme::Composer => composer::satisfies(version, range),
        Scheme::Hex => hex::satisfies(version, range),
        Scheme::Pep440 => pep440::satisfies(version, range),
        Scheme::Gem => gem::satisfies(version, range),
        Scheme::Maven => maven::satisfies(version, range),
        Scheme::Rpm => rpm::satisfies(version, range),
        _ => plain(scheme, version, range),
    }
}

/// Whether `version` lies in a range of npm.
pub(super) fn satisfies_npm(version: &str, range: &str) -> Option<bool> {
    if version.len().max(range.len()) > MAX_LENGTH {
        return None;
    }
    npm::satisfies(version.trim(), range)
}

/// Bounds in the scheme's own order, nothing more.
fn plain(scheme: Scheme, version: &str, range: &str) -> Option<bool> {
    let parsed = scheme.parse(version)?;
    let compared = any(range, |term| {
        compare(term.operator, parsed.cmp(&scheme.parse(term.bound)?))
    });
    // `^1.2` of Dart, `[1.0,2.0)` of NuGet.
    compared.or_else(|| {
        let windows = windows::windows(scheme, range)?;
        windows.iter().try_fold(false, |any, window| {
            Some(any | window.contains(scheme, version)?)
        })
    })
}

/// One comparison of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Term<'a> {
    operator: &'a str,
    bound: &'a str,
    /// Written with a space between both: `> 1.0`.
    spaced: bool,
}

/// Whether a range holds: alternatives between `||`, in each of which every
/// term must hold. A range of no terms holds everything.
fn any<'a>(range: &'a str, holds: impl Fn(Term<'a>) -> Option<bool>) -> Option<bool> {
    let mut any = false;
    for alternative in range.split("||") {
        let mut all = true;
        for term in terms(alternative) {
            all &= holds(term)?;
        }
        any |= all;
    }
    Some(any)
}

/// The comparisons of one alternative, between commas or spaces.
fn terms(alternative: &str) -> impl Iterator<Item = Term<'_>> {
    let mut rest = alternative;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return None;
        }
        let (operator, tail) = take(rest, |c| matches!(c, '<' | '>' | '=' | '!' | '~' | '^'));
        let start = tail.trim_start();
        let spaced = start.len() < tail.len();
        let (bound, tail) = take(start, |c| {
            !c.is_whitespace() && !matches!(c, ',' | '<' | '>')
        });
        rest = tail;
        Some(Term {
            operator,
            bound: bound.trim_matches(['\'', '"']),
            spaced,
        })
    })
}

/// Whether every operator of a range stands apart from its version, as in
/// `> 1.0, < 2.0`. Advisory databases write so and mean the plain order;
/// `>1.0,<2.0` is written for package managers.
fn is_spaced(range: &str) -> bool {
    range
        .split("||")
        .flat_map(terms)
        .all(|term| term.spaced || term.operator.is_empty())
}

/// What an operator says about the order of the version and its bound.
fn compare(operator: &str, order: Ordering) -> Option<bool> {
    Some(match operator {
        "" | "=" | "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" | "=<" => order.is_le(),
        ">" => order.is_gt(),
        ">=" | "=>" => order.is_ge(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
