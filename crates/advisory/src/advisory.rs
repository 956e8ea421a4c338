use crate::namespace::Namespace;
use plimsoll_types::{FixState, SeverityClaim};

/// One vulnerability as one feed tells it: the common form that every feed is
/// read into, before it is compiled into shards.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Advisory {
    /// Feed, for example `osv/PyPI`.
    pub feed: String,
    /// Id of the record in that feed.
    pub record: String,
    /// Id of the vulnerability: the record's own, or one of the CVEs that an
    /// umbrella advisory covers.
    pub id: String,
    /// Other ids of the same vulnerability.
    pub aliases: Vec<String>,
    /// One line for people; may be empty.
    pub title: String,
    /// Text for people; may be empty.
    pub details: String,
    /// The best page about it.
    pub url: Option<String>,
    /// RFC 3339, verbatim.
    pub published: Option<String>,
    /// RFC 3339, verbatim; decides between two copies of one record.
    pub modified: String,
    /// What the feed says of its severity as such.
    pub severities: Vec<SeverityClaim>,
    /// What it says of packages.
    pub affected: Vec<Affected>,
}

/// What an advisory says of one package of one namespace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Affected {
    pub namespace: Namespace,
    /// Name in the normal form of the namespace.
    pub package: String,
    /// Versions it speaks of; empty when no bound could be read.
    pub windows: Vec<Window>,
    pub verdict: Verdict,
    /// State where no window names a fixed version.
    pub fix: FixState,
    /// Vendor advisories that ship the fix.
    pub advisories: Vec<String>,
    /// Severity for this package in this namespace.
    pub severity: Option<SeverityClaim>,
    /// `name:stream` of the rpm module it is limited to.
    pub module: Option<String>,
}

/// Whether versions in the windows have the vulnerability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Affected,
    /// The vendor says that they do not; this outweighs other claims.
    NotAffected,
}

/// An interval of the namespace's version order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// First version inside; `None` is before every version.
    pub from: Option<String>,
    pub to: Upper,
}

impl Window {
    /// Every version.
    pub(crate) const ALL: Window = Window {
        from: None,
        to: Upper::Open,
    };
}

/// Where a window ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Upper {
    /// Nowhere yet.
    Open,
    /// Before this version, which repairs it.
    Fixed(String),
    /// With this version.
    Through(String),
}

impl Window {
    /// The version that it ends at.
    pub(crate) fn upper(&self) -> Option<&str> {
        match &self.to {
            Upper::Open => None,
            Upper::Fixed(version) | Upper::Through(version) => Some(version),
        }
    }

    /// Whether it ends with a build of an rpm module.
    pub(crate) fn is_modular(&self) -> bool {
        matches!(&self.to, Upper::Fixed(version) if version.contains(".module"))
    }
}
