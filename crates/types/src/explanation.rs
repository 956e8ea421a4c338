use serde::{Deserialize, Serialize};

/// What advisory data says of one vulnerability and of the packages of an
/// image, whether or not that makes a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What was asked for.
    pub id: String,
    /// Every other id that records give it, sorted.
    pub aliases: Vec<String>,
    /// What it is, for people; may be empty.
    pub text: String,
    /// The best page about it.
    pub url: Option<String>,
    /// What each record says of each package whose name it uses.
    pub claims: Vec<Claim>,
    /// What records say of names that no package of the image has.
    pub elsewhere: Vec<Elsewhere>,
    /// Packages that were not looked up although a record uses their name, and
    /// why not.
    pub unsearched: Vec<Unsearched>,
    /// Namespaces that were searched, sorted.
    pub searched: Vec<String>,
}

/// What a record says of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// Index into [`crate::Inventory::packages`].
    pub package: usize,
    /// Feed, for example `osv/PyPI`.
    pub feed: String,
    /// Record id in that feed.
    pub record: String,
    /// Namespace that holds it, for example `debian:12`.
    pub namespace: String,
    /// Name that it is filed under: the package's or its source package's.
    pub subject: String,
    /// Version that is compared.
    pub version: String,
    /// `affected`, `not-affected` or `under-investigation`.
    pub verdict: String,
    /// Its windows, and which of them hold the version.
    pub windows: Vec<(String, bool)>,
    /// Why it is not about this package, if it is not.
    pub not_about: Option<String>,
    /// Why it is not affected, in the vendor's words.
    pub because: Option<String>,
    /// State of the fix where no window names a fixed version.
    pub fix: String,
    /// Vendor advisories that ship the fix.
    pub advisories: Vec<String>,
    /// Day on which the fix was shipped, `YYYY-MM-DD`.
    pub fixed_on: Option<String>,
    /// When the record was published, RFC 3339.
    pub published: Option<String>,
}

impl Claim {
    /// Whether a window holds the version, and the record is about the package.
    pub fn holds(&self) -> bool {
        self.not_about.is_none() && self.windows.iter().any(|(_, holds)| *holds)
    }
}

/// A name that a record is about and that no package has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Namespace that holds it.
    pub namespace: String,
    /// The name.
    pub subject: String,
    /// Record id.
    pub record: String,
    /// Its windows.
    pub windows: Vec<String>,
}

/// A package that was not looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unsearched {
    /// Index into [`crate::Inventory::packages`].
    pub package: usize,
    /// Why not.
    pub reason: String,
}
