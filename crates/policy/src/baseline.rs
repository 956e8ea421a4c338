//! What another image has already, so that only what is new stops, or so that
//! rules can say what changed.

use plimsoll_types::{Ecosystem, FileEntry, FileKind, Finding, Inventory, PackageRecord, Severity};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The image that is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// What people call it. It decides nothing: the same vulnerabilities are
    /// the same baseline under every name.
    #[serde(skip)]
    name: String,
    /// By fingerprint.
    known: BTreeMap<String, Known>,
    /// Whether rules may look at it, but what it has counts all the same.
    #[serde(default)]
    only_compared: bool,
    /// By ecosystem and canonical name.
    #[serde(default)]
    packages: BTreeMap<String, Versions>,
    /// Files with a setuid or setgid bit; `None` where its files are not known.
    #[serde(default)]
    set_id: Option<BTreeSet<String>>,
    /// What it says of running it; `None` where its configuration is not known.
    #[serde(default)]
    settings: Option<Settings>,
}

/// A package of one name, in all its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Versions {
    pub(crate) ecosystem: Ecosystem,
    /// As it is spelled.
    pub(crate) name: String,
    pub(crate) versions: BTreeSet<String>,
}

/// What a configuration says of running the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) user: String,
    pub(crate) ports: BTreeSet<String>,
}

/// The worst that is known of a fingerprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    severity: Severity,
    exploited: bool,
}

impl Known {
    fn of(finding: &Finding) -> Self {
        Self {
            severity: finding.severity,
            exploited: finding.known_exploited.is_some(),
        }
    }
}

impl Baseline {
    /// An image with its vulnerabilities, called `name`.
    pub fn of(name: &str, inventory: &Inventory, findings: &[Finding]) -> Self {
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        for finding in findings {
            let Some(fingerprint) = fingerprint(inventory, finding) else {
                continue;
            };
            let worst = known.entry(fingerprint).or_default();
            let this = Known::of(finding);
            worst.severity = worst.severity.max(this.severity);
            worst.exploited |= this.exploited;
        }
        let has_files = !inventory.files.is_empty();
        let set_id = inventory.files.iter().filter(|file| is_set_id(file));
        let settings = inventory.config.as_ref().map(|config| Settings {
            user: config.user.clone(),
            ports: config.exposed_ports.iter().cloned().collect(),
        });
        Self {
            name: name.to_owned(),
            known,
            only_compared: false,
            packages: versions(inventory),
            set_id: has_files.then(|| set_id.map(|file| file.path.clone()).collect()),
            settings,
        }
    }

    /// The same for rules to look at: its vulnerabilities excuse nothing.
    pub fn only_compared(self) -> Self {
        Self {
            only_compared: true,
            ..self
        }
    }

    /// Whether a vulnerability that it has does not stop.
    pub(crate) fn excuses(&self) -> bool {
        !self.only_compared
    }

    pub(crate) fn packages(&self) -> &BTreeMap<String, Versions> {
        &self.packages
    }

    pub(crate) fn set_id(&self) -> Option<&BTreeSet<String>> {
        self.set_id.as_ref()
    }

    pub(crate) fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// The same under another name.
    pub fn called(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a finding is known and no worse than it was: neither rated
    /// higher nor exploited since.
    pub fn knows(&self, inventory: &Inventory, finding: &Finding) -> bool {
        let fingerprint = fingerprint(inventory, finding);
        let known = fingerprint.and_then(|fingerprint| self.known.get(&fingerprint));
        let this = Known::of(finding);
        known.is_some_and(|known| {
            this.severity <= known.severity && (known.exploited || !this.exploited)
        })
    }
}

fn fingerprint(inventory: &Inventory, finding: &Finding) -> Option<String> {
    let record = &inventory.packages.get(finding.package)?.record;
    Some(finding.fingerprint(record))
}

/// The packages of an image, by ecosystem and canonical name.
pub(crate) fn versions(inventory: &Inventory) -> BTreeMap<String, Versions> {
    let mut packages: BTreeMap<String, Versions> = BTreeMap::new();
    for package in &inventory.packages {
        let record = &package.record;
        let entry = packages.entry(key(record)).or_insert_with(|| Versions {
            ecosystem: record.ecosystem,
            name: record.name.clone(),
            versions: BTreeSet::new(),
        });
        entry.versions.insert(record.full_version());
    }
    packages
}

pub(crate) fn key(record: &PackageRecord) -> String {
    format!("{} {}", record.ecosystem, record.canonical_name())
}

/// Whether it is a regular file that runs as somebody else.
pub(crate) fn is_set_id(file: &FileEntry) -> bool {
    file.kind == FileKind::File && (file.mode.setuid() || file.mode.setgid())
}
