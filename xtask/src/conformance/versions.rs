//! `<scheme>.tsv`: `a op b`; `ranges-<scheme>.tsv`: `version constraint
//! expected`; `contested.tsv`: pairs that tools disagree about, with the rule.

use super::{Score, table};
use anyhow::{Context, Result};
use plimsoll_advisory::versions::{Scheme, satisfies_npm};
use std::cmp::Ordering;
use std::path::Path;

pub(crate) fn run(folder: &Path) -> Result<Score> {
    let mut score = Score::default();
    for file in super::images::sorted(folder)? {
        let stem = file
            .file_stem()
            .and_then(|s| s.to_str())
            .unwrap_or_default()
            .to_owned();
        if file.extension().is_none_or(|e| e != "tsv") {
            continue;
        }
        for (number, row) in table::read(&file)?.iter().enumerate() {
            let row: Vec<_> = row.iter().map(|cell| unescaped(cell)).collect();
            let problem = if stem == "contested" {
                contested(&row)?
            } else if let Some(name) = stem.strip_prefix("ranges-") {
                range(name, &row)?
            } else {
                order(scheme(&stem)?, &row)
            };
            score.case(&format!("{stem}:{}", number + 2), problem);
        }
    }
    Ok(score)
}

fn scheme(name: &str) -> Result<Scheme> {
    let name = if name == "npm" { "semver" } else { name };
    Scheme::from_name(name).with_context(|| format!("no scheme for {name}"))
}

/// White space that a table cannot hold is written as an escape.
fn unescaped(cell: &str) -> String {
    cell.replace("\\t", "\t").replace("\\n", "\n")
}

fn ordering(sign: &str) -> Option<Ordering> {
    match sign {
        "<" => Some(Ordering::Less),
        ">" => Some(Ordering::Greater),
        "=" => Some(Ordering::Equal),
        _ => None,
    }
}

fn order(scheme: Scheme, row: &[String]) -> Option<String> {
    let [a, sign, b, ..] = row else {
        return Some("the row is too short".into());
    };
    let found = scheme.compare(a, b);
    (found.is_none() || found != ordering(sign))
        .then(|| format!("`{a}` {sign} `{b}`, is {found:?}"))
}

/// What cannot be read lies in no range.
fn range(name: &str, row: &[String]) -> Result<Option<String>> {
    let [version, range, expected, ..] = row else {
        return Ok(Some("the row is too short".into()));
    };
    let found = match name {
        "npm" => satisfies_npm(version, range),
        name => scheme(name)?.satisfies(version, range),
    };
    let expected = expected == "true";
    let problem = format!("`{version}` in `{range}` should be {expected}, is {found:?}");
    Ok((found.unwrap_or(false) != expected).then_some(problem))
}

/// Judged by the order that matching uses. `scheme a claim b reference why
/// rule`: the rule says whether the claim or the reference holds, or that the
/// pair is about the bounds of an advisory.
fn contested(row: &[String]) -> Result<Option<String>> {
    let [name, a, claim, b, reference, _, rule, ..] = row else {
        return Ok(Some("the row is too short".into()));
    };
    let scheme = scheme(name)?;
    let contains = |range: &str, version: &str| {
        let windows = scheme.windows(range)?;
        windows.iter().try_fold(false, |any, window| {
            Some(any | window.contains(scheme, version)?)
        })
    };
    if rule.contains("sentinel") {
        let found = contains(&format!(">= {a}"), b);
        return Ok(
            (found != Some(true)).then(|| format!("`{b}` is not after the start: {found:?}"))
        );
    }
    if let Some(range) = claim.strip_prefix("in ") {
        let expected = rule.ends_with("affected") || rule.contains("affected (");
        let found = contains(range, a);
        return Ok((found != Some(expected))
            .then(|| format!("`{a}` in the window `{range}` should be {expected}, is {found:?}")));
    }
    let claimed = rule.contains("newer rule") || rule.contains("strip");
    let sign = if claimed { claim } else { reference };
    let found = match (scheme.parse_unflavoured(a), scheme.parse_unflavoured(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => None,
    };
    let problem = format!("`{a}` {sign} `{b}` ({rule}), is {found:?}");
    Ok((found.is_none() || found != ordering(sign)).then_some(problem))
}
