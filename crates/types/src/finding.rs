use crate::Severity;
use serde::{Deserialize, Serialize};

/// A vulnerability of a package of the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Canonical id: the CVE if there is exactly one, else the GHSA, else the
    /// feed's own id.
    pub id: String,
    /// The other ids of the same vulnerability, sorted.
    pub aliases: Vec<String>,
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
    /// One line of description; empty where the feed has none.
    pub title: String,
    /// The best page about it.
    pub url: Option<String>,
    /// When the advisory was published, RFC 3339, where known.
    pub published: Option<String>,
    /// How the match came about, one entry for each advisory record.
    pub matches: Vec<Match>,
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
    /// independent of version, tag, layer and path.
    pub fn fingerprint(&self, ecosystem: &str, package: &str) -> String {
        let text = format!("vulnerability\n{}\n{ecosystem}\n{package}\n-", self.id);
        let hash = blake3::hash(text.as_bytes()).to_hex();
        format!("plm1:{}", &hash[..20])
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
