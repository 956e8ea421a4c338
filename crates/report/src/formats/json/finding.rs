use super::package::{LocationEntry, locations, purl, version};
use crate::Report;
use plimsoll_types::{
    Cvss, Epss, Finding, Fix, KnownExploited, Match, SeverityClaim, Suppressed, VexStatement,
};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct FindingEntry<'a> {
    id: &'a str,
    class: &'static str,
    aliases: &'a [String],
    severity: &'static str,
    severities: Vec<ClaimEntry<'a>>,
    cvss: Option<CvssEntry<'a>>,
    fix: FixEntry<'a>,
    exploited: Option<ExploitedEntry<'a>>,
    epss: Option<EpssEntry<'a>>,
    risk: f64,
    disputed: bool,
    title: &'a str,
    url: Option<&'a str>,
    published: Option<&'a str>,
    package: &'a str,
    version: Option<String>,
    #[serde(rename = "type")]
    ecosystem: &'static str,
    purl: Option<String>,
    layer: u32,
    instruction: Option<&'a str>,
    locations: Vec<LocationEntry<'a>>,
    matches: Vec<MatchEntry<'a>>,
    fingerprint: String,
    vex: Option<VexEntry<'a>>,
    suppressed: Option<SuppressionEntry<'a>>,
    pub(super) new: Option<bool>,
}

impl<'a> FindingEntry<'a> {
    /// `None` for a finding about no package of the inventory.
    pub(super) fn of(
        report: &Report<'a>,
        finding: &'a Finding,
        suppressed: Option<&'a Suppressed>,
    ) -> Option<Self> {
        let package = report.package_of(finding)?;
        let record = &package.record;
        let ecosystem = record.ecosystem.as_str();
        Some(Self {
            id: &finding.id,
            class: finding.class.as_str(),
            aliases: &finding.aliases,
            severity: finding.severity.as_str(),
            severities: finding.severities.iter().map(ClaimEntry::of).collect(),
            cvss: finding.cvss().map(CvssEntry::of),
            fix: FixEntry::of(&finding.fix),
            exploited: finding.known_exploited.as_ref().map(ExploitedEntry::of),
            epss: finding.epss.as_ref().map(EpssEntry::of),
            risk: finding.risk,
            disputed: finding.disputed,
            title: &finding.title,
            url: finding.url.as_deref(),
            published: finding.published.as_deref(),
            package: &record.name,
            version: version(record),
            ecosystem,
            purl: purl(report, record),
            layer: package.introduced,
            instruction: report.instruction(package.introduced),
            locations: locations(package),
            matches: finding.matches.iter().map(MatchEntry::of).collect(),
            fingerprint: finding.fingerprint(record),
            vex: finding.vex.as_ref().map(VexEntry::of),
            suppressed: suppressed.map(SuppressionEntry::of),
            new: None,
        })
    }
}

#[derive(Serialize)]
struct ClaimEntry<'a> {
    source: &'a str,
    severity: &'static str,
    cvss: Option<CvssEntry<'a>>,
}

impl<'a> ClaimEntry<'a> {
    fn of(claim: &'a SeverityClaim) -> Self {
        Self {
            source: &claim.source,
            severity: claim.severity.as_str(),
            cvss: claim.cvss.as_ref().map(CvssEntry::of),
        }
    }
}

#[derive(Serialize)]
struct CvssEntry<'a> {
    version: &'a str,
    vector: &'a str,
    score: f64,
}

impl<'a> CvssEntry<'a> {
    fn of(cvss: &'a Cvss) -> Self {
        Self {
            version: &cvss.version,
            vector: &cvss.vector,
            score: cvss.score,
        }
    }
}

#[derive(Serialize)]
struct FixEntry<'a> {
    state: &'static str,
    versions: &'a [String],
    advisories: &'a [String],
    since: Option<&'a str>,
}

impl<'a> FixEntry<'a> {
    fn of(fix: &'a Fix) -> Self {
        Self {
            state: fix.state.as_str(),
            versions: &fix.versions,
            advisories: &fix.advisories,
            since: fix.since.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct ExploitedEntry<'a> {
    added: &'a str,
    due: &'a str,
    ransomware: bool,
}

impl<'a> ExploitedEntry<'a> {
    fn of(known: &'a KnownExploited) -> Self {
        Self {
            added: &known.added,
            due: &known.due,
            ransomware: known.ransomware,
        }
    }
}

#[derive(Serialize)]
struct EpssEntry<'a> {
    score: f64,
    percentile: f64,
    day: &'a str,
}

impl<'a> EpssEntry<'a> {
    fn of(epss: &'a Epss) -> Self {
        Self {
            score: epss.score,
            percentile: epss.percentile,
            day: &epss.day,
        }
    }
}

#[derive(Serialize)]
struct VexEntry<'a> {
    status: &'static str,
    justification: Option<&'static str>,
    words: &'a str,
    author: &'a str,
    document: &'a str,
    time: Option<&'a str>,
}

impl<'a> VexEntry<'a> {
    fn of(said: &'a VexStatement) -> Self {
        Self {
            status: said.status.as_str(),
            justification: said.justification.map(|reason| reason.as_str()),
            words: &said.words,
            author: &said.author,
            document: &said.document,
            time: said.time.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct SuppressionEntry<'a> {
    reason: &'static str,
    detail: &'a str,
}

impl<'a> SuppressionEntry<'a> {
    fn of(suppressed: &'a Suppressed) -> Self {
        Self {
            reason: suppressed.reason.as_str(),
            detail: &suppressed.detail,
        }
    }
}

#[derive(Serialize)]
struct MatchEntry<'a> {
    feed: &'a str,
    record: &'a str,
    namespace: &'a str,
    subject: &'a str,
    version: &'a str,
    range: &'a str,
}

impl<'a> MatchEntry<'a> {
    fn of(found: &'a Match) -> Self {
        Self {
            feed: &found.feed,
            record: &found.record,
            namespace: &found.namespace,
            subject: &found.subject,
            version: &found.version,
            range: &found.range,
        }
    }
}
