//! What is said of each finding, for the formats that say it as VEX.

use super::cyclonedx::oci_purl;
use crate::Report;
use crate::group::label;
use plimsoll_policy::{Allowance, Evidence};
use plimsoll_types::{
    Finding, FixState, Justification, PackageUrl, Suppressed, Suppression, VexStatus,
};
use std::collections::BTreeMap;

/// An answer to one finding.
pub(super) struct Assessment<'a> {
    pub(super) finding: &'a Finding,
    pub(super) answer: Answer,
}

/// Whether a package is affected, and why or what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Answer {
    pub(super) status: VexStatus,
    pub(super) justification: Option<Justification>,
    /// Why it matters or not, or what to do: in words, on one line.
    pub(super) words: String,
}

impl Answer {
    fn new(status: VexStatus, justification: Option<Justification>, words: &str) -> Self {
        Self {
            status,
            justification,
            words: words.to_owned(),
        }
    }
}

/// Answers to all findings that have a package with a name, in their order. A
/// language package that is judged by the distribution's word has none: nobody
/// has said that it is not affected.
pub(super) fn assess<'a>(report: &Report<'a>) -> Vec<Assessment<'a>> {
    let accepted = accepted(report);
    let counting = report.findings.iter().enumerate();
    let counting = counting.map(|(index, finding)| Assessment {
        finding,
        answer: match accepted.get(&index) {
            Some(allowance) => of_allowance(allowance),
            None => Answer::new(VexStatus::Affected, None, &action(report, finding)),
        },
    });
    let suppressed = report.suppressed.iter().filter_map(|suppressed| {
        Some(Assessment {
            finding: &suppressed.finding,
            answer: of_suppression(suppressed)?,
        })
    });
    counting
        .chain(suppressed)
        .filter(|assessment| purl(report, assessment.finding).is_some())
        .collect()
}

/// The package URL of a finding's package.
pub(super) fn purl(report: &Report<'_>, finding: &Finding) -> Option<String> {
    let record = &report.package_of(finding)?.record;
    let purl = record.purl(report.inventory.distro.as_ref())?;
    Some(purl.to_string())
}

/// The image by its digest; `None` where it has none.
pub(super) fn product(report: &Report<'_>) -> Option<String> {
    let image = &report.inventory.image;
    oci_purl(image).or_else(|| {
        let digest = image.manifest.as_ref().or(image.config.as_ref())?;
        let reference = image.reference.as_deref().unwrap_or("image");
        let reference = reference.split('@').next().unwrap_or_default();
        let name = reference.rsplit('/').next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        let purl = PackageUrl {
            kind: "oci".to_owned(),
            name: name.to_ascii_lowercase(),
            version: Some(digest.to_string()),
            ..PackageUrl::default()
        };
        Some(purl.to_string())
    })
}

/// When the answers were given: `SOURCE_DATE_EPOCH`, else the day of the
/// verdict, else as other documents.
pub(super) fn given(report: &Report<'_>) -> String {
    match (report.source_date, report.verdict) {
        (None, Some(verdict)) => format!("{}T00:00:00Z", verdict.day),
        (Some(date), _) => date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        (None, None) => super::created(report),
    }
}

/// Findings that the allowlist takes all effect of.
fn accepted<'a>(report: &Report<'a>) -> BTreeMap<usize, &'a Allowance> {
    let reasons = report.verdict.map_or(&[][..], |verdict| &verdict.reasons);
    let mut accepted: BTreeMap<usize, Option<&Allowance>> = BTreeMap::new();
    for reason in reasons {
        if let Evidence::Finding(index) = reason.evidence {
            let allowance = reason.allowed.as_ref();
            let known = accepted.entry(index).or_insert(allowance);
            *known = known.and(allowance).and(*known);
        }
    }
    let accepted = accepted.into_iter();
    accepted
        .filter_map(|(index, allowance)| Some((index, allowance?)))
        .collect()
}

/// Accepting a risk is not saying that there is none; that is only said where
/// the entry does.
fn of_allowance(allowance: &Allowance) -> Answer {
    let by = allowance.by.as_ref().map(|by| format!(" by {by}"));
    let until = allowance.until.as_ref().map(|day| format!(" until {day}"));
    let words = format!(
        "accepted{}{}: {}",
        by.unwrap_or_default(),
        until.unwrap_or_default(),
        allowance.reason
    );
    let (status, justification) = match allowance.vex {
        Some(vex) => (vex.status, vex.justification),
        None => (VexStatus::UnderInvestigation, None),
    };
    Answer::new(status, justification, &words)
}

fn of_suppression(suppressed: &Suppressed) -> Option<Answer> {
    use VexStatus::{NotAffected, UnderInvestigation};
    let detail = &suppressed.detail;
    let absent = Some(Justification::VulnerableCodeNotPresent);
    Some(match (suppressed.reason, &suppressed.finding.vex) {
        (Suppression::OwnedByDistribution | Suppression::OtherSource, _) => return None,
        (Suppression::Vex, Some(said)) => Answer::new(said.status, said.justification, detail),
        (
            Suppression::Vex
            | Suppression::NotAffected
            | Suppression::Rejected
            | Suppression::Overlay,
            _,
        ) => Answer::new(NotAffected, None, detail),
        (Suppression::UnderInvestigation, _) => Answer::new(UnderInvestigation, None, detail),
        (Suppression::KernelHeaders | Suppression::OtherPart, _) => {
            Answer::new(NotAffected, absent, detail)
        }
    })
}

/// What to do about a finding that counts.
fn action(report: &Report<'_>, finding: &Finding) -> String {
    let told = match (finding.fix.versions.first(), report.package_of(finding)) {
        (Some(version), Some(package)) => {
            return format!("Upgrade {} to {version}.", label(package));
        }
        _ => match finding.fix.state {
            FixState::WontFix => "The vendor has decided not to repair it.",
            FixState::Deferred => "The vendor has postponed the repair.",
            FixState::EndOfLife => "It is out of support; upgrade to a supported release.",
            FixState::UnderInvestigation => "The vendor is looking into it.",
            FixState::Unknown | FixState::Fixed | FixState::NotFixed => {
                "No repaired version is known."
            }
        },
    };
    told.to_owned()
}
