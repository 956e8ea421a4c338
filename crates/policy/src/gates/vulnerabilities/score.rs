//! Which severity and which CVSS vector count.

use super::OfPackage;
use crate::document::Score;
use crate::gates::values::choice;
use plimsoll_advisory::cvss::sub_scores;
use plimsoll_types::{Cvss, Finding, Severity, SeverityClaim};

choice! {
    /// A major version of CVSS.
    CvssVersion { Two = "2", Three = "3", Four = "4" }
}
choice! {
    /// Who rates a vulnerability.
    Source { Best = "best", Vendor = "vendor", Nvd = "nvd" }
}
choice! {
    /// What to do about a vulnerability without score.
    Unscored { Skip = "skip", Match = "match" }
}

impl Source {
    fn takes(self, claim: &SeverityClaim) -> bool {
        match self {
            Self::Best => true,
            Self::Vendor => claim.source != NVD,
            Self::Nvd => claim.source == NVD,
        }
    }
}

/// How claims of NVD are marked.
const NVD: &str = "nvd";

impl OfPackage {
    /// The severity that the rule is about.
    pub(super) fn severity_of(&self, finding: &Finding) -> Severity {
        let source = self.severity_source.unwrap_or(Source::Best);
        if source == Source::Best {
            return finding.severity;
        }
        let mut claims = finding.severities.iter();
        let rated = claims.find(|claim| source.takes(claim) && claim.severity != Severity::Unknown);
        rated.map_or(Severity::Unknown, |claim| claim.severity)
    }

    /// The vector that the rule is about: the highest score of the chosen
    /// version, else of the newest that was claimed.
    pub(super) fn score_of<'a>(&self, finding: &'a Finding) -> Option<&'a Cvss> {
        let source = self.cvss_source.unwrap_or(Source::Best);
        let claims = finding.severities.iter();
        let vectors = claims
            .filter(|claim| source.takes(claim))
            .filter_map(|claim| claim.cvss.as_ref());
        let chosen = |cvss: &&Cvss| {
            self.cvss_version
                .is_none_or(|version| cvss.version.starts_with(version.as_str()))
        };
        vectors
            .filter(chosen)
            .max_by(|a, b| match self.cvss_version {
                Some(_) => a.score.total_cmp(&b.score),
                None => a.version.cmp(&b.version).then(a.score.total_cmp(&b.score)),
            })
    }

    /// Whether the scores of one and the same vector are as the rule says.
    pub(super) fn wants_score(&self, finding: &Finding) -> bool {
        let cvss = self.score_of(finding);
        let base = cvss.map(|cvss| cvss.score);
        let parts = || cvss.and_then(|cvss| sub_scores(&cvss.vector));
        self.at_least(self.cvss_at_least, || base)
            && self.compares(self.cvss_below, || base, |score, limit| score < limit)
            && self.at_least(self.exploitability_at_least, || {
                parts().map(|parts| parts.exploitability)
            })
            && self.at_least(self.impact_at_least, || parts().map(|parts| parts.impact))
    }

    fn at_least(&self, least: Option<Score>, score: impl Fn() -> Option<f64>) -> bool {
        self.compares(least, score, |score, least| score >= least)
    }

    fn compares(
        &self,
        limit: Option<Score>,
        score: impl Fn() -> Option<f64>,
        holds: impl Fn(f64, f64) -> bool,
    ) -> bool {
        let Some(Score(limit)) = limit else {
            return true;
        };
        match score() {
            Some(score) => holds(score, limit),
            None => self.unscored == Some(Unscored::Match),
        }
    }
}
