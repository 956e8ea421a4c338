//! Version specifiers of Python (PEP 440): `==`, `!=`, both with `.*`, `<=`,
//! `>=`, `<`, `>`, `~=`, `===`; pre-releases are candidates. `=`, a bare
//! version and `||` are what scanners add.

use super::partial::place;
use super::{Term, any};
use crate::versions::number::compare_padded;
use crate::versions::pep440::Version;

pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let text = version;
    let version = Version::parse(version)?;
    any(range, |term| holds(text, &version, term))
}

fn holds(text: &str, version: &Version, term: Term<'_>) -> Option<bool> {
    if term.operator == "===" {
        return Some(text.eq_ignore_ascii_case(term.bound));
    }
    let equality = matches!(term.operator, "" | "=" | "==");
    if term.bound == "*" && equality {
        return Some(true);
    }
    if let Some(prefix) = term.bound.strip_suffix(".*") {
        let begins = begins_with(version, &Version::parse(prefix)?);
        return match term.operator {
            "!=" => Some(!begins),
            _ => equality.then_some(begins),
        };
    }
    let bound = Version::parse(term.bound)?;
    // A local version is asked for only by a bound that has one.
    let public = bound.local.is_empty().then(|| version.public());
    let order = public.as_ref().unwrap_or(version).cmp(&bound);
    let same_release =
        version.epoch == bound.epoch && compare_padded(&version.release, &bound.release).is_eq();
    Some(match term.operator {
        "~=" => {
            let (_, fixed) = bound.release.split_last().filter(|(_, f)| !f.is_empty())?;
            let begins = version.epoch == bound.epoch && place(&version.release, fixed).is_eq();
            order.is_ge() && begins
        }
        // Neither a pre-release nor a post-release of the bound itself.
        "<" => {
            let of_bound = !bound.is_post()
                || (&version.rank.pre, &version.rank.post) == (&bound.rank.pre, &bound.rank.post);
            order.is_lt() && !(same_release && version.is_pre() && !bound.is_pre() && of_bound)
        }
        ">" => {
            let of_bound = !bound.is_dev() && version.rank.pre == bound.rank.pre;
            order.is_gt() && !(same_release && version.is_post() && !bound.is_post() && of_bound)
        }
        operator => return super::compare(operator, order),
    })
}

/// `==2.0.*` and `==2.0.post1.*`.
fn begins_with(version: &Version, prefix: &Version) -> bool {
    if version.epoch != prefix.epoch {
        return false;
    }
    if !prefix.is_pre() && !prefix.is_post() {
        return place(&version.release, &prefix.release).is_eq();
    }
    let (a, b) = (&version.rank, &prefix.rank);
    compare_padded(&version.release, &prefix.release).is_eq()
        && a.pre == b.pre
        && (b.post.is_none() || a.post == b.post)
}
