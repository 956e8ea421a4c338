//! Ranges of semantic versions as scanners and Go libraries read them: `=`,
//! `!=`, `<`, `<=`, `>`, `>=`, `~`, `~>`, `^`, x-ranges, commas, `||`.
//!
//! Missing numbers are wild: `=2.0` holds 2.0.1, `>1.1` begins at 1.2.0. A
//! range whose operators all stand apart (`> 1.1, < 2`) is an advisory's and
//! pads with zeros. `<` and `>` are plain order; the others hold pre-releases
//! only if their bound is one.

use super::partial::Partial;
use super::{Term, any, is_spaced, terms};
use crate::versions::semver::Version;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    if let Some(named) = named(version, range) {
        return equals(&Version::parse(named)?, version);
    }
    let version = Version::parse(version)?;
    let plain = is_spaced(range);
    any(range, |term| holds(&version, term, plain))
}

/// The one whole version that a range names, if what is asked about is itself
/// a pattern: `2.*` and `2.1.0` are alike in either order.
pub(super) fn named<'a>(version: &str, range: &'a str) -> Option<&'a str> {
    let mut terms = terms(range);
    let term = terms.next().filter(|term| term.operator.is_empty())?;
    let whole = |text| Partial::parse(text).is_some_and(|partial| partial.is_whole());
    let pattern = Partial::parse(version)?;
    (terms.next().is_none() && !pattern.is_whole() && whole(term.bound)).then_some(term.bound)
}

fn equals(version: &Version, bound: &str) -> Option<bool> {
    match Partial::parse(bound) {
        Some(wild) if !wild.is_whole() && wild.tail.is_empty() => {
            Some(!version.is_prerelease() && wild.place(version.numbers()).is_eq())
        }
        _ => Some(*version == Version::parse(bound)?),
    }
}

fn holds(version: &Version, term: Term<'_>, plain: bool) -> Option<bool> {
    if matches!(term.operator, "" | "=" | "==") {
        return equals(version, term.bound);
    }
    // Spellings such as `1.21rc2` are whole versions of their own.
    let Some(partial) = Partial::parse(term.bound) else {
        let order = version.cmp(&Version::parse(term.bound)?);
        return super::compare(term.operator, order);
    };
    let whole = partial.is_whole();
    let bound = if whole {
        Version::parse(term.bound)?
    } else {
        Version::release(partial.numbers.clone())
    };
    let (order, place) = (version.cmp(&bound), partial.place(version.numbers()));
    if (plain || whole && term.operator == "!=")
        && let Some(holds) = super::compare(term.operator, order)
    {
        return Some(holds);
    }
    let welcome = !version.is_prerelease() || bound.is_prerelease();
    let wild = !whole;
    Some(match term.operator {
        "!=" => welcome && place.is_ne(),
        // Nothing comes before the beginning.
        "<" => order.is_lt() && !(wild && partial.is_zero()),
        ">" if wild => place.is_gt(),
        ">" => order.is_gt(),
        ">=" | "=>" => welcome && order.is_ge(),
        "<=" | "=<" if wild => welcome && place.is_le(),
        "<=" | "=<" => welcome && order.is_le(),
        "~" => welcome && order.is_ge() && partial.tilde(version.numbers()),
        "~>" => welcome && order.is_ge() && partial.pessimistic(version.numbers()),
        "^" => welcome && order.is_ge() && partial.caret(version.numbers()),
        _ => return None,
    })
}
