//! `<scheme>.tsv`: `a op b`; `ranges-<scheme>.tsv`: `version constraint expected`.

use super::{Score, table};
use anyhow::{Context, Result};
use plimsoll_advisory::versions::Scheme;
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
        if file.extension().is_none_or(|e| e != "tsv") || stem == "contested" {
            continue;
        }
        let (ranges, name) = match stem.strip_prefix("ranges-") {
            Some(name) => (true, name),
            None => (false, stem.as_str()),
        };
        let scheme = match name {
            "npm" => Scheme::Semver,
            name => Scheme::from_name(name).with_context(|| format!("no scheme for {name}"))?,
        };
        for (number, row) in table::read(&file)?.iter().enumerate() {
            let [a, b, c, ..] = row.as_slice() else {
                continue;
            };
            let id = format!("{stem}:{}", number + 2);
            if ranges {
                let found = scheme.satisfies(a, b);
                let expected = c == "true" || c == "yes" || c == "1";
                let problem = (found != Some(expected))
                    .then(|| format!("`{a}` in `{b}` should be {expected}, is {found:?}"));
                score.case(&id, problem);
            } else {
                let expected = match b.as_str() {
                    "<" => Ordering::Less,
                    ">" => Ordering::Greater,
                    _ => Ordering::Equal,
                };
                let found = scheme.compare(a, c);
                let problem =
                    (found != Some(expected)).then(|| format!("`{a}` {b} `{c}`, is {found:?}"));
                score.case(&id, problem);
            }
        }
    }
    Ok(score)
}
