use crate::{PackageRecord, Severity, VexStatement};
use serde::{Deserialize, Serialize};

/// A vulnerability of a package of the image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Canonical id: the CVE if there is exactly one, else the GHSA, else the
    /// feed's own id.
    pub id: String,
    /// The other ids of the same vulnerability, sorted.
    pub aliases: Vec<String>,
    /// What kind of problem it is.
    pub class: FindingClass,
    /// Index into [`crate::Inventory::packages`].
    pub package: usize,
    /// The severity that counts, by the stated order of sources.
    pub severity: Severity,
    /// Every severity that was claimed, the one that counts first.
    pub severities: Vec<SeverityClaim>,
    /// What can be done.
    pub fix: Fix,
    /// Set when the vulnerability is in CISA's catalogue.
    pub known_exploited: Option<KnownExploited>,
    /// How likely it is to be exploited; of several CVEs the highest.
    pub epss: Option<Epss>,
    /// Exploitation, severity and catalogue in one number, 0.0 to 100.0; see
    /// the advisory crate's `risk`.
    pub risk: f64,
    /// Somebody who should know says that it is no vulnerability.
    pub disputed: bool,
    /// One line of description; empty where the feed has none.
    pub title: String,
    /// The best page about it.
    pub url: Option<String>,
    /// When the advisory was published, RFC 3339, where known.
    pub published: Option<String>,
    /// How the match came about, one entry for each advisory record.
    pub matches: Vec<Match>,
    /// The VEX statement about it that counts, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vex: Option<VexStatement>,
}

impl Finding {
    /// The highest base score of the newest CVSS version that was claimed.
    pub fn cvss(&self) -> Option<&Cvss> {
        let scores = self
            .severities
            .iter()
            .filter_map(|claim| claim.cvss.as_ref());
        scores.max_by(|a, b| {
            (a.version.as_str(), a.score)
                .partial_cmp(&(b.version.as_str(), b.score))
                .unwrap_or(std::cmp::Ordering::Equal)
        })
    }

    /// Stable fingerprint `plm1:<20 hex>` of vulnerability and package name,
    /// independent of version, tag, layer, path and spelling.
    pub fn fingerprint(&self, package: &PackageRecord) -> String {
        let (ecosystem, name) = (package.ecosystem.as_str(), package.canonical_name());
        let text = format!("vulnerability\n{}\n{ecosystem}\n{name}\n-", self.id);
        let hash = blake3::hash(text.as_bytes()).to_hex();
        format!("plm1:{}", &hash[..20])
    }
}

/// What kind of problem a finding is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum FindingClass {
    /// A flaw that can be abused.
    #[default]
    Vulnerability,
    /// The package was published to do harm.
    Malware,
    /// Nobody looks after the package any more.
    Unmaintained,
    /// A flaw that is no vulnerability by itself, such as an unsound function.
    Notice,
}

impl FindingClass {
    /// Every class, the worst first.
    pub const ALL: &'static [FindingClass] = &[
        FindingClass::Malware,
        FindingClass::Vulnerability,
        FindingClass::Unmaintained,
        FindingClass::Notice,
    ];

    /// The name used in output and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingClass::Vulnerability => "vulnerability",
            FindingClass::Malware => "malware",
            FindingClass::Unmaintained => "unmaintained",
            FindingClass::Notice => "notice",
        }
    }
}

/// FIRST's estimate of how likely a vulnerability is to be exploited within
/// 30 days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epss {
    /// Probability, 0.0 to 1.0.
    pub score: f64,
    /// Share of all scored vulnerabilities that are at most as likely.
    pub percentile: f64,
    /// Day that the estimate is of, `YYYY-MM-DD`.
    pub day: String,
}

/// A finding that does not count, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suppressed {
    /// What was found.
    pub finding: Finding,
    /// Why it does not count.
    pub reason: Suppression,
    /// One line for people: who says so, in which words.
    pub detail: String,
}

/// Why a finding does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suppression {
    /// The distribution installed the language package: its own word on its
    /// package decides.
    OwnedByDistribution,
    /// The vendor says that this package is not affected.
    NotAffected,
    /// The vendor has not looked yet.
    UnderInvestigation,
    /// The flaw is in the kernel, of which the package only holds headers.
    KernelHeaders,
    /// The id was taken back.
    Rejected,
    /// The flaw is in another part of the source than this package.
    OtherPart,
    /// The package was built from a repository, and the advisory is about what
    /// the registry has under its name.
    OtherSource,
    /// A VEX statement says so.
    Vex,
    /// An overlay of the user says so.
    Overlay,
}

impl Suppression {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Suppression::OwnedByDistribution => "owned-by-distribution",
            Suppression::NotAffected => "not-affected",
            Suppression::UnderInvestigation => "under-investigation",
            Suppression::KernelHeaders => "kernel-headers",
            Suppression::Rejected => "rejected",
            Suppression::OtherPart => "other-part",
            Suppression::OtherSource => "other-source",
            Suppression::Vex => "vex",
            Suppression::Overlay => "overlay",
        }
    }
}

/// One source's word on how bad a vulnerability is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeverityClaim {
    /// Feed or publisher, for example `debian` or `ghsa`.
    pub source: String,
    /// Severity as mapped to our scale.
    pub severity: Severity,
    /// The CVSS vector it rests on, if any.
    pub cvss: Option<Cvss>,
}

impl SeverityClaim {
    /// A severity that `source` gives without a vector.
    pub fn in_word(source: &str, severity: Severity) -> Self {
        Self {
            source: source.to_owned(),
            severity,
            cvss: None,
        }
    }
}

/// A CVSS vector with the score computed from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cvss {
    /// `2.0`, `3.0`, `3.1` or `4.0`.
    pub version: String,
    /// The vector as published.
    pub vector: String,
    /// Base score (v4: with threat metrics), 0.0 to 10.0.
    pub score: f64,
}

/// Whether and how a vulnerability is repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// State.
    pub state: FixState,
    /// Versions that repair it, the nearest to the installed one first.
    pub versions: Vec<String>,
    /// Vendor advisories that ship the fix, for example `DSA-5500-1`.
    pub advisories: Vec<String>,
    /// Day since which the fix is known to exist, `YYYY-MM-DD`.
    pub since: Option<String>,
}

/// State of a fix.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum FixState {
    /// Nothing is known.
    #[default]
    Unknown,
    /// A fixed version exists.
    Fixed,
    /// Affected, no fix yet.
    NotFixed,
    /// The vendor decided against a fix.
    WontFix,
    /// The vendor postponed it.
    Deferred,
    /// The release or package is out of support.
    EndOfLife,
    /// Not triaged yet.
    UnderInvestigation,
}

impl FixState {
    /// The name used in output and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            FixState::Unknown => "unknown",
            FixState::Fixed => "fixed",
            FixState::NotFixed => "not-fixed",
            FixState::WontFix => "wont-fix",
            FixState::Deferred => "deferred",
            FixState::EndOfLife => "end-of-life",
            FixState::UnderInvestigation => "under-investigation",
        }
    }
}

/// Entry of CISA's known exploited vulnerabilities catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownExploited {
    /// Day it was added, `YYYY-MM-DD`.
    pub added: String,
    /// Day by which US agencies must act, `YYYY-MM-DD`.
    pub due: String,
    /// Known to be used by ransomware.
    pub ransomware: bool,
}

/// How one advisory record came to match one package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Match {
    /// Feed, for example `osv/PyPI`.
    pub feed: String,
    /// Record id in that feed.
    pub record: String,
    /// Namespace searched, for example `debian:12` or `pypi`.
    pub namespace: String,
    /// Name searched: the package's or its source package's.
    pub subject: String,
    /// Version compared.
    pub version: String,
    /// The window it lies in, for people: `< 3.0.16-1~deb12u1`.
    pub range: String,
}
