//! The other side of a comparison: an image, or what was said of one before.

use super::judging::{Bench, Judged};
use super::source::Access;
use crate::Failure;
use plimsoll_policy::{Action, Baseline, Outcome};
use plimsoll_report::Side;
use plimsoll_sbom::Recorded;
use std::collections::BTreeSet;
use std::path::Path;

/// One side of a comparison.
pub(super) enum Other {
    /// Read and judged now.
    Judged(Box<Judged>),
    /// A JSON report of ours, at its word.
    Recorded(Box<Recorded>),
}

impl Other {
    /// Reads `name`: a file with a report of ours is taken at its word,
    /// everything else is read and judged as `scan` does.
    pub(super) fn open(name: &str, access: &Access, bench: &Bench) -> Result<Self, Failure> {
        if let Some(recorded) = recorded(name)? {
            return Ok(Self::Recorded(Box::new(recorded)));
        }
        let judged = bench.judge(access.inventory(name)?, None)?;
        Ok(Self::Judged(Box::new(judged)))
    }

    /// As a side of a difference.
    pub(super) fn side(&self) -> Side<'_> {
        match self {
            Self::Judged(judged) => Side {
                inventory: &judged.inventory,
                findings: judged.data.is_some().then(|| &judged.matched.findings[..]),
                outcome: Some(judged.verdict.outcome),
                stops: stops(judged),
            },
            Self::Recorded(recorded) => Side {
                inventory: &recorded.inventory,
                findings: recorded.findings.as_deref(),
                outcome: recorded.outcome.as_deref().and_then(Outcome::named),
                stops: recorded.stops.iter().map(String::as_str).collect(),
            },
        }
    }

    /// What is known already, under the name by which it was asked for.
    ///
    /// # Errors
    /// Where too little is known of the other side to say what is new.
    pub(super) fn baseline(&self, name: &str) -> Result<Baseline, Failure> {
        let side = self.side();
        let why = match (side.findings, side.outcome) {
            (None, _) => "its vulnerabilities are not known",
            (_, None) => "it was not judged; write it with `plimsoll scan -o json=FILE`",
            (_, Some(Outcome::CannotTell)) => "it could not be judged itself",
            (Some(findings), Some(_)) => return Ok(Baseline::of(name, side.inventory, findings)),
        };
        Err(Failure::unjudged(format!(
            "nothing can be compared with `{name}`: {why}"
        )))
    }

    /// The same for rules to look at, excusing nothing: as much as is known.
    pub(super) fn compared(&self, name: &str) -> Baseline {
        let side = self.side();
        let findings = side.findings.unwrap_or_default();
        Baseline::of(name, side.inventory, findings).only_compared()
    }
}

fn stops(judged: &Judged) -> BTreeSet<&str> {
    let reasons = judged.verdict.reasons.iter();
    reasons
        .filter(|reason| reason.counts() && reason.effect() == Action::Stop)
        .map(|reason| reason.rule.as_str())
        .collect()
}

/// The report in the file of that name, if it is one of ours.
fn recorded(name: &str) -> Result<Option<Recorded>, Failure> {
    if !super::source::is_bill(Path::new(name)) {
        return Ok(None);
    }
    let bytes = super::source::read_bill(name)?;
    plimsoll_sbom::recorded(&bytes).map_err(|error| Failure::unjudged(format!("`{name}`: {error}")))
}
