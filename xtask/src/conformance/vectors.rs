//! `vectors.tsv`: `vector version base_score severity`.

use super::{Score, table};
use anyhow::Result;
use plimsoll_advisory::cvss;
use std::path::Path;

pub(crate) fn run(folder: &Path) -> Result<Score> {
    let mut score = Score::default();
    for row in table::read(&folder.join("vectors.tsv"))? {
        let [vector, _, expected, ..] = row.as_slice() else {
            continue;
        };
        let found = cvss::score(vector).map(|found| format!("{:.1}", found.score));
        let expected = expected
            .parse::<f64>()
            .map(|e| format!("{e:.1}"))
            .unwrap_or_default();
        let problem = (found.as_deref() != Some(expected.as_str()))
            .then(|| format!("should be {expected}, is {found:?}"));
        score.case(vector, problem);
    }
    Ok(score)
}
