use super::GapEntry;
use super::package::{purl, version};
use crate::Report;
use plimsoll_policy::{Action, Against, Allowance, Evidence, Hold, Outcome, Reason, Verdict};
use plimsoll_types::Package;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct VerdictEntry<'a> {
    id: &'a str,
    outcome: Outcome,
    exit_code: u8,
    policy: PolicyEntry<'a>,
    mapping: Option<&'a str>,
    day: &'a str,
    data: Option<DataEntry<'a>>,
    against: Option<AgainstEntry<'a>>,
    reasons: Vec<ReasonEntry<'a>>,
}

#[derive(Serialize)]
struct PolicyEntry<'a> {
    name: &'a str,
    digest: &'a str,
}

#[derive(Serialize)]
struct DataEntry<'a> {
    position: &'a str,
    built: &'a str,
}

#[derive(Serialize)]
struct AgainstEntry<'a> {
    name: &'a str,
    new: usize,
    known: usize,
}

impl<'a> AgainstEntry<'a> {
    fn of(against: &'a Against) -> Self {
        Self {
            name: &against.name,
            new: against.new.len(),
            known: against.known,
        }
    }
}

impl<'a> VerdictEntry<'a> {
    pub(super) fn of(report: &Report<'a>, verdict: &'a Verdict) -> Self {
        let reasons = verdict.reasons.iter();
        let data = verdict.data.as_ref();
        Self {
            id: &verdict.id,
            outcome: verdict.outcome,
            exit_code: verdict.outcome.exit_code(),
            policy: PolicyEntry {
                name: &verdict.policy.name,
                digest: &verdict.policy.digest,
            },
            mapping: verdict.mapping.as_deref(),
            day: &verdict.day,
            data: data.map(|data| DataEntry {
                position: &data.position,
                built: &data.built,
            }),
            against: verdict.against.as_ref().map(AgainstEntry::of),
            reasons: reasons.map(|r| ReasonEntry::of(report, r)).collect(),
        }
    }
}

#[derive(Serialize)]
struct ReasonEntry<'a> {
    rule: &'a str,
    gate: &'a str,
    trigger: &'a str,
    action: Action,
    about: About<'a>,
    message: &'a str,
    advice: Option<&'a str>,
    fingerprint: &'a str,
    allowed: Option<AllowedEntry<'a>>,
    known: bool,
    effect: Action,
    hold: Option<&'a Hold>,
    legacy_id: Option<&'a str>,
}

impl<'a> ReasonEntry<'a> {
    fn of(report: &Report<'a>, reason: &'a Reason) -> Self {
        Self {
            rule: &reason.rule,
            gate: &reason.gate,
            trigger: &reason.trigger,
            action: reason.action,
            about: About::of(report, &reason.evidence),
            message: &reason.message,
            advice: reason.advice.as_deref(),
            fingerprint: &reason.fingerprint,
            allowed: reason.allowed.as_ref().map(AllowedEntry::of),
            known: reason.known,
            effect: reason.effect(),
            hold: reason.hold.as_ref(),
            legacy_id: reason.legacy_id.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct AllowedEntry<'a> {
    reason: &'a str,
    by: Option<&'a str>,
    until: Option<&'a str>,
}

impl<'a> AllowedEntry<'a> {
    fn of(allowance: &'a Allowance) -> Self {
        Self {
            reason: &allowance.reason,
            by: allowance.by.as_deref(),
            until: allowance.until.as_deref(),
        }
    }
}

/// Evidence with names in place of indices, so that it can be read alone.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum About<'a> {
    Image,
    Config {
        instruction: Option<&'a str>,
    },
    Finding {
        id: &'a str,
        #[serde(flatten)]
        package: PackageName<'a>,
    },
    Package(PackageName<'a>),
    File {
        path: &'a str,
        mode: String,
        uid: u32,
        gid: u32,
        size: u64,
        digest: Option<&'a str>,
        layer: u32,
    },
    Gap {
        gap: GapEntry<'a>,
    },
    Data,
    Unknown,
}

#[derive(Serialize)]
struct PackageName<'a> {
    package: &'a str,
    version: Option<String>,
    purl: Option<String>,
}

impl<'a> PackageName<'a> {
    fn of(report: &Report<'a>, package: &'a Package) -> Self {
        Self {
            package: &package.record.name,
            version: version(&package.record),
            purl: purl(report, &package.record),
        }
    }
}

impl<'a> About<'a> {
    /// An index that points nowhere speaks of the image.
    fn of(report: &Report<'a>, evidence: &'a Evidence) -> Self {
        let found = match evidence {
            Evidence::Image => None,
            Evidence::Config(instruction) => Some(About::Config {
                instruction: instruction.as_deref(),
            }),
            Evidence::Finding(index) => Self::finding(report, *index),
            Evidence::Package(index) => {
                let package = report.inventory.packages.get(*index);
                package.map(|package| About::Package(PackageName::of(report, package)))
            }
            Evidence::File(index) => Self::file(report, *index),
            Evidence::Gap(gap) => Some(About::Gap {
                gap: GapEntry::of(gap),
            }),
            Evidence::Data => Some(About::Data),
            Evidence::Unknown => Some(About::Unknown),
        };
        found.unwrap_or(About::Image)
    }

    fn finding(report: &Report<'a>, index: usize) -> Option<Self> {
        let finding = report.findings.get(index)?;
        Some(About::Finding {
            id: &finding.id,
            package: PackageName::of(report, report.package_of(finding)?),
        })
    }

    fn file(report: &Report<'a>, index: usize) -> Option<Self> {
        let file = report.inventory.files.get(index)?;
        Some(About::File {
            path: &file.path,
            mode: file.mode.to_string(),
            uid: file.uid,
            gid: file.gid,
            size: file.size,
            digest: file.digest.as_ref().map(|digest| digest.as_str()),
            layer: file.layer,
        })
    }
}
