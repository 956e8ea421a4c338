//! What another image has already, so that only what is new stops.

use plimsoll_types::{Finding, Inventory, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The vulnerabilities of the image that is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// What people call it. It decides nothing: the same vulnerabilities are
    /// the same baseline under every name.
    #[serde(skip)]
    name: String,
    /// By fingerprint.
    known: BTreeMap<String, Known>,
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
    /// The vulnerabilities of an image, called `name`.
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
        Self {
            name: name.to_owned(),
            known,
        }
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
