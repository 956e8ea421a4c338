//! Inventory and advisory data in, findings out.

mod class;
mod curated;
mod explain;
mod extras;
mod finding;
mod home;
mod lookup;
mod repairs;
mod risk;
mod scope;
mod search;
mod streams;

use crate::namespace::Namespace;
use crate::store::Store;
pub use explain::explain;
use finding::Outcome;
use home::{Home, Origin};
use lookup::Lookup;
use plimsoll_types::{
    Coverage, Ecosystem, Finding, Gap, GapKind, Inventory, Lifecycle, Package, Suppressed,
};
pub use repairs::Repairs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the advisory data says about an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Matched {
    /// One finding for each package and vulnerability, sorted by both.
    pub findings: Vec<Finding>,
    /// Likewise, those that do not count, each with its reason.
    pub suppressed: Vec<Suppressed>,
    /// For each package with a finding that has a fix, by its index: the lowest
    /// version that repairs all such findings.
    pub upgrades: BTreeMap<usize, String>,
    /// What they are chosen from, as long as statements may take findings away.
    #[serde(skip)]
    pub repairs: Repairs,
    /// Until when the image's distribution is looked after; `None` where
    /// nobody says so.
    pub lifecycle: Option<Lifecycle>,
    /// Namespaces that were searched, and what could not be.
    pub coverage: Coverage,
}

/// Looks up every visible package.
pub fn find(inventory: &Inventory, store: &Store) -> Matched {
    let mut matched = Matched::default();
    let origin = Origin::of(inventory);
    let mut lookup = Lookup::new(store, inventory, origin.host());
    let stated = inventory.distro.as_ref();
    matched.lifecycle = stated.and_then(|distro| lookup.lifecycle(distro));
    let covered = origin
        .distro
        .as_ref()
        .is_some_and(|namespace| lookup.has(namespace));
    if let Some(home) = origin.distro.as_ref().filter(|_| covered) {
        let channel = origin.channel.as_ref();
        lookup.missing_channels(home, channel, &mut matched.coverage);
    }
    let (mut homeless, mut foreign) = (0, BTreeMap::new());
    let mut strangers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unserved: BTreeMap<Namespace, usize> = BTreeMap::new();
    for (index, package) in inventory.packages.iter().enumerate() {
        let namespace = match origin.home(package) {
            Home::Namespace(namespace) => namespace,
            Home::Local | Home::Requested => continue,
            Home::Foreign => {
                *foreign.entry(package.record.ecosystem).or_default() += 1;
                continue;
            }
            Home::ThirdParty => {
                let vendor = package.record.vendor.as_deref().unwrap_or_default();
                *strangers.entry(vendor).or_default() += 1;
                continue;
            }
            Home::Nowhere => {
                homeless += 1;
                continue;
            }
        };
        if !lookup.has(&namespace) {
            *unserved.entry(namespace).or_default() += 1;
            continue;
        }
        if package.record.version.is_none() {
            let detail = "no version is stated, so nothing can be compared".to_owned();
            matched
                .coverage
                .gaps
                .insert(gap(GapKind::VersionUnknown, package, detail));
            continue;
        }
        let hits = {
            let channel = origin.channel.as_ref();
            let channel = channel.filter(|_| package.record.ecosystem.is_os());
            lookup.package(&namespace, channel, package, &mut matched.coverage)
        };
        let owned = covered && package.owned_by.is_some();
        for mut hits in class::group(hits) {
            match finding::of((index, package), &mut hits, owned, &mut lookup) {
                Outcome::Nothing => {}
                Outcome::Counts(finding) => {
                    matched.repairs.note(&finding, hits);
                    matched.findings.push(finding);
                }
                Outcome::Suppressed(suppressed) => matched.suppressed.push(suppressed),
            }
        }
    }
    matched.upgrades = matched.repairs.upgrades(&matched.findings);
    let key = |finding: &Finding| (finding.package, finding.id.clone());
    matched.findings.sort_by_cached_key(key);
    let key = |suppressed: &Suppressed| key(&suppressed.finding);
    matched.suppressed.sort_by_cached_key(key);
    // Whoever read the image has said so already.
    let said = {
        let mut gaps = inventory.coverage.gaps.iter();
        gaps.any(|gap| gap.kind == GapKind::DistroUnknown)
    };
    if homeless > 0 && !said {
        matched.coverage.gaps.insert(nowhere(inventory, homeless));
    }
    let gaps = &mut matched.coverage.gaps;
    gaps.extend(
        foreign
            .into_iter()
            .map(|(ecosystem, count)| strange(ecosystem, count)),
    );
    gaps.extend(
        strangers
            .into_iter()
            .map(|(vendor, count)| third_party(vendor, count)),
    );
    unserved.retain(|namespace, _| !lookup.is_damaged(namespace));
    for (namespace, count) in unserved {
        let why = match namespace.is_served() {
            true => "; load a feed that covers them with `plimsoll data update`",
            false => ": no feed that is known here covers their kind",
        };
        matched.coverage.gaps.insert(Gap {
            kind: GapKind::NoAdvisoryData,
            subject: namespace.to_string(),
            layer: None,
            detail: format!("{} not matched{why}", were(count, "package")),
        });
    }
    lookup.finish(&mut matched.coverage);
    matched
}

/// OS packages without advisories to match them against.
fn nowhere(inventory: &Inventory, count: usize) -> Gap {
    let (kind, subject, reason) = match inventory.distro.as_ref().filter(|d| !d.id.is_empty()) {
        None => (
            GapKind::DistroUnknown,
            String::new(),
            "no file names the distribution",
        ),
        Some(distro) => (
            GapKind::NoAdvisoryData,
            distro.qualifier(),
            "no feed that is known here covers the distribution",
        ),
    };
    Gap {
        kind,
        subject,
        layer: None,
        detail: format!("{} not matched: {reason}", were(count, "OS package")),
    }
}

/// Packages of a database that another distribution wrote.
fn strange(ecosystem: Ecosystem, count: usize) -> Gap {
    Gap {
        kind: GapKind::NoAdvisoryData,
        subject: ecosystem.to_string(),
        layer: None,
        detail: format!(
            "{} not matched: the database is not one of the image's distribution",
            were(count, "package")
        ),
    }
}

/// Packages that somebody else than the distribution made.
fn third_party(vendor: &str, count: usize) -> Gap {
    Gap {
        kind: GapKind::ThirdParty,
        subject: vendor.to_owned(),
        layer: None,
        detail: format!(
            "{} not matched: the distribution's advisories are about its own",
            were(count, "package")
        ),
    }
}

/// `1 package was`, `2 packages were`.
fn were(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what} was"),
        count => format!("{count} {what}s were"),
    }
}

/// A gap about one package, where its evidence lies.
fn gap(kind: GapKind, package: &Package, detail: String) -> Gap {
    Gap {
        kind,
        subject: package.record.name.clone(),
        layer: package.locations.first().map(|location| location.layer),
        detail,
    }
}

#[cfg(test)]
mod tests;
