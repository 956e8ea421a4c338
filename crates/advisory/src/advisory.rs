use crate::namespace::Namespace;
use crate::versions::{Interval, Scheme};
use plimsoll_types::{FindingClass, FixState, SeverityClaim};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One vulnerability as one feed tells it: the common form that every feed is
/// read into, before it is compiled into shards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Advisory {
    /// Feed, for example `osv/PyPI`.
    pub feed: String,
    /// Id of the record in that feed.
    pub record: String,
    /// Id of the vulnerability: the record's own, or one of the CVEs that an
    /// umbrella advisory covers.
    pub id: String,
    /// What kind of problem it is.
    pub class: FindingClass,
    /// Somebody who should know says that it is no vulnerability.
    pub disputed: bool,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Affected {
    pub namespace: Namespace,
    /// Name in the normal form of the namespace.
    pub package: String,
    /// To which packages of that name it is limited.
    pub scope: Scope,
    /// Versions it speaks of; empty when no bound could be read.
    pub windows: Vec<Window>,
    pub verdict: Verdict,
    /// State where no window names a fixed version.
    pub fix: FixState,
    /// Vendor advisories that ship the fix.
    pub advisories: Vec<String>,
    /// Day on which the fix was shipped, `YYYY-MM-DD`.
    pub fixed_on: Option<String>,
    /// Severity for this package in this namespace.
    pub severity: Option<SeverityClaim>,
    /// Why it is not affected, in the vendor's or VEX's words.
    pub because: Option<String>,
}

impl Affected {
    /// Versions of a package that are affected, of which nothing else is said.
    pub(crate) fn new(namespace: Namespace, name: &str, windows: Vec<Window>) -> Self {
        Self {
            package: namespace.name(name),
            namespace,
            scope: Scope::default(),
            windows,
            verdict: Verdict::Affected,
            fix: FixState::NotFixed,
            advisories: Vec::new(),
            fixed_on: None,
            severity: None,
            because: None,
        }
    }
}

/// To which packages of a name a row is limited; what is empty limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// Whose name it is.
    pub role: Role,
    /// The rpm module it is about.
    pub module: Module,
    /// Architectures in the words of OCI (`amd64`, `arm64`).
    pub architectures: Vec<String>,
    /// Operating systems in the words of OCI (`linux`, `windows`).
    pub systems: Vec<String>,
    /// Parts of a Go module that have the flaw.
    pub imports: Vec<Import>,
    /// Edition of a product, in the words of its CPE.
    pub edition: Option<String>,
    /// What must be there besides, all of it.
    pub conditions: Vec<Condition>,
}

impl fmt::Display for Scope {
    /// What it limits a row to; nothing where it does not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match self.role {
            Role::Usual => {}
            Role::Source => parts.push("the source package".to_owned()),
            Role::Binary => parts.push("the binary package".to_owned()),
        }
        match &self.module {
            Module::Stream(stream) => parts.push(format!("module {stream}")),
            Module::Outside => parts.push("packages outside of modules".to_owned()),
            Module::Unsaid | Module::Any => {}
        }
        parts.extend(self.architectures.iter().chain(&self.systems).cloned());
        parts.extend(
            self.edition
                .iter()
                .map(|edition| format!("edition {edition}")),
        );
        parts.extend(self.imports.iter().map(|import| import.path.clone()));
        if !self.conditions.is_empty() {
            parts.push("where something else is there".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}

/// What a flaw needs besides the package; one of them is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Condition {
    /// Operating systems in the words of OCI.
    pub systems: Vec<String>,
    /// Distributions by their os-release id.
    pub distributions: Vec<String>,
    pub products: Vec<Product>,
}

/// A product by CPE, `vendor:product`, in the versions of the windows, or in
/// every version where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Product {
    pub name: String,
    pub windows: Vec<Window>,
}

/// Whose name a row is filed under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// What the namespace is keyed on as a rule.
    #[default]
    Usual,
    /// The source package, compared by the source's version.
    Source,
    /// The binary package, compared by its own version.
    Binary,
}

/// What a row says of rpm modules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Module {
    /// The feed does not tell modules apart.
    #[default]
    Unsaid,
    /// It is about packages outside of modules.
    Outside,
    /// It is about packages of this `name:stream`.
    Stream(String),
    /// It is about every build there is, of modules and of whatever flavour.
    Any,
}

/// A Go package that has the flaw, and its functions; none means all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Import {
    pub path: String,
    pub symbols: Vec<String>,
    /// `GOOS` and `GOARCH` in which the flaw exists; empty is all.
    pub systems: Vec<String>,
    pub architectures: Vec<String>,
}

/// Whether versions in the windows have the vulnerability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    Affected,
    /// The vendor says that they do not; this outweighs other claims.
    NotAffected,
    /// Nobody has looked yet.
    UnderInvestigation,
    /// Whether they do, others say; it only tells how bad that is.
    Rated,
}

/// An interval of the namespace's version order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Window {
    /// Where it begins; `None` is before every version.
    pub from: Option<String>,
    /// Whether it begins after that version instead of with it.
    pub past: bool,
    pub to: Upper,
}

impl Window {
    /// Every version.
    pub(crate) const ALL: Window = Window {
        from: None,
        past: false,
        to: Upper::Open,
    };
}

impl From<Interval> for Window {
    /// Versions that a written range calls affected; the one it ends before
    /// repairs them.
    fn from(interval: Interval) -> Self {
        let Interval { from, to } = interval;
        Self {
            past: from.as_ref().is_some_and(|bound| !bound.inclusive),
            from: from.map(|bound| bound.version),
            to: match to {
                None => Upper::Open,
                Some(bound) if bound.inclusive => Upper::Through(bound.version),
                Some(bound) => Upper::Fixed(bound.version),
            },
        }
    }
}

/// Where a window ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Upper {
    /// Nowhere yet.
    Open,
    /// Before this version, which repairs it.
    Fixed(String),
    /// With this version.
    Through(String),
    /// Before this version, which is not to be had.
    Before(String),
}

impl Window {
    /// Every version before the one that repairs it.
    pub(crate) fn before(fixed: &str) -> Self {
        Self {
            to: Upper::Fixed(fixed.to_owned()),
            ..Self::ALL
        }
    }

    /// One version and no other.
    pub(crate) fn only(version: &str) -> Self {
        Self {
            from: Some(version.to_owned()),
            past: false,
            to: Upper::Through(version.to_owned()),
        }
    }

    /// Whether a version lies in it; not where one of them is no version.
    pub(crate) fn holds(&self, scheme: Scheme, version: &str) -> bool {
        let Some(version) = scheme.parse(version) else {
            return false;
        };
        let begun = match self.from.as_deref().map(|from| scheme.parse(from)) {
            None => true,
            Some(Some(from)) if self.past => from < version,
            Some(Some(from)) => from <= version,
            Some(None) => false,
        };
        let goes_on = match &self.to {
            Upper::Open => true,
            Upper::Fixed(to) | Upper::Before(to) => scheme.parse(to).is_some_and(|to| version < to),
            Upper::Through(to) => scheme.parse(to).is_some_and(|to| version <= to),
        };
        begun && goes_on
    }

    /// The version that it ends at.
    pub(crate) fn upper(&self) -> Option<&str> {
        match &self.to {
            Upper::Open => None,
            Upper::Fixed(version) | Upper::Through(version) | Upper::Before(version) => {
                Some(version)
            }
        }
    }

    /// Whether it ends with a build of an rpm module.
    pub(crate) fn is_modular(&self) -> bool {
        matches!(&self.to, Upper::Fixed(version) if version.contains(".module"))
    }
}

/// One word for each architecture, OCI's.
pub(crate) fn architecture(architecture: &str) -> &str {
    match architecture {
        "x86_64" | "x64" | "x86-64" => "amd64",
        "aarch64" | "armv8" => "arm64",
        "i386" | "i486" | "i586" | "i686" | "x86" => "386",
        "armhf" | "armv7" | "armv7l" | "armv7hl" | "armv7hnl" => "arm",
        "ppc64el" => "ppc64le",
        other => other,
    }
}
