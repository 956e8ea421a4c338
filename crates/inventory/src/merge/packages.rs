//! Which packages there are, where, and which layer brought them.
//!
//! Databases are rewritten whole by every layer that installs anything, so
//! the last writer says nothing. What counts is the run of layers, unbroken
//! up to the top, in which the database at a path names the package.

use super::files::Tree;
use crate::collectors::{self, sbom};
use crate::facts::{Evidence, Fact, LayerFacts};
use plimsoll_types::{
    Confidence, Ecosystem, Gap, GapKind, Inventory, Location, Package, PackageRecord,
};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

type Identity = (
    Ecosystem,
    String,
    Option<u32>,
    Option<String>,
    Option<String>,
);

fn identity(record: &PackageRecord) -> Identity {
    let (ecosystem, _, epoch, version, arch) = record.identity();
    (
        ecosystem,
        record.canonical_name().into_owned(),
        epoch,
        version.map(str::to_owned),
        arch.map(str::to_owned),
    )
}

/// One package at one path, from the layer where its run began.
struct Run<'a> {
    since: usize,
    /// First layer that no longer has it.
    until: Option<usize>,
    /// Layer that last wrote the evidence.
    written: usize,
    /// The collector that read it.
    by: &'a str,
    record: &'a PackageRecord,
}

/// What each layer's top state shows, path by path.
pub(super) struct Timeline<'a> {
    layers: &'a [LayerFacts],
    /// Evidence with packages, by path and collector, then by layer.
    evidence: BTreeMap<(&'a str, &'a str), BTreeMap<usize, &'a Evidence>>,
    /// By path, collector, place inside the file, and package.
    runs: BTreeMap<(&'a str, &'a str, &'a [String], Identity), Vec<Run<'a>>>,
    /// Layer whose evidence a path showed in the previous state.
    shown: BTreeMap<(&'a str, &'a str), usize>,
    gaps: BTreeSet<Gap>,
}

impl<'a> Timeline<'a> {
    pub fn new(layers: &'a [LayerFacts]) -> Self {
        let mut evidence: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (index, layer) in layers.iter().enumerate() {
            for item in &layer.evidence {
                if item
                    .facts
                    .iter()
                    .any(|fact| matches!(fact, Fact::Packages(_)))
                {
                    let key = (item.path.as_str(), item.collector.as_str());
                    evidence.entry(key).or_default().insert(index, item);
                }
            }
        }
        Self {
            layers,
            evidence,
            runs: BTreeMap::new(),
            shown: BTreeMap::new(),
            gaps: BTreeSet::new(),
        }
    }

    /// Notes what is visible after layer `index` was applied.
    pub fn observe(&mut self, index: usize, tree: &Tree<'_>) {
        for (&(path, collector), by_layer) in &self.evidence {
            let now = tree
                .layer_of(path)
                .filter(|layer| by_layer.contains_key(layer))
                .filter(|_| collector != "rpm" || !superseded(path, tree));
            let before = self.shown.get(&(path, collector)).copied();
            if now == before {
                continue;
            }
            let present = now
                .and_then(|layer| by_layer.get(&layer))
                .map_or_else(Vec::new, |e| records(e));
            let keep: BTreeSet<(&[String], Identity)> = present
                .iter()
                .map(|record| (record.nested.as_slice(), identity(record)))
                .collect();
            for record in before
                .and_then(|layer| by_layer.get(&layer))
                .map_or_else(Vec::new, |e| records(e))
            {
                let key = (record.nested.as_slice(), identity(record));
                if !keep.contains(&key)
                    && let Some(runs) = self.runs.get_mut(&(path, collector, key.0, key.1))
                    && let Some(run) = runs.last_mut()
                {
                    run.until.get_or_insert(index);
                }
            }
            for record in present {
                let Some(written) = now else { continue };
                let runs = self
                    .runs
                    .entry((path, collector, record.nested.as_slice(), identity(record)))
                    .or_default();
                match runs.last_mut() {
                    Some(run) if run.until.is_none() => {
                        // One file may name a package twice.
                        let again = run.written == written;
                        if !again || rank(record) < rank(run.record) {
                            run.record = record;
                        }
                        run.written = written;
                    }
                    _ => runs.push(Run {
                        since: index,
                        until: None,
                        written,
                        by: collector,
                        record,
                    }),
                }
            }
            match now {
                Some(layer) => self.shown.insert((path, collector), layer),
                None => self.shown.remove(&(path, collector)),
            };
        }
        if index + 1 == self.layers.len() {
            self.write_ahead_logs(tree);
        }
    }

    /// A database and its write-ahead log are read together only where one
    /// layer has both.
    fn write_ahead_logs(&mut self, tree: &Tree<'_>) {
        for &(path, _) in self.shown.keys() {
            let log = format!("{path}-wal");
            if let Some(entry) = tree.entry(&log)
                && entry.size > 0
                && tree.layer_of(&log) != tree.layer_of(path)
            {
                self.gaps.insert(Gap {
                    kind: GapKind::DatabaseUnreadable,
                    subject: path.to_owned(),
                    layer: tree.layer_of(&log).and_then(|layer| u32::try_from(layer).ok()),
                    detail: "its write-ahead log was written by another layer, so the newest entries were not read".into(),
                });
            }
        }
    }

    /// Writes packages, removed packages and what went missing.
    pub fn finish(mut self, inventory: &mut Inventory) {
        self.removed_databases();
        let mut present: BTreeMap<Identity, Package> = BTreeMap::new();
        let mut removed: BTreeMap<Identity, Package> = BTreeMap::new();
        // Whether packages are only given, in bills, rather than found.
        let mut given: BTreeMap<Identity, bool> = BTreeMap::new();
        for ((path, collector, nested, identity), runs) in &self.runs {
            let only = given.entry(identity.clone()).or_insert(true);
            *only &= *collector == sbom::NAME;
            for run in runs {
                let location = Location {
                    path: (*path).to_owned(),
                    nested: nested.to_vec(),
                    layer: u32::try_from(run.written).unwrap_or(u32::MAX),
                    evidence: run.by.to_owned(),
                };
                let into = if run.until.is_none() {
                    &mut present
                } else {
                    &mut removed
                };
                let since = u32::try_from(run.since).unwrap_or(u32::MAX);
                let until = run.until.and_then(|layer| u32::try_from(layer).ok());
                match into.get_mut(identity) {
                    Some(package) => {
                        package.locations.push(location);
                        package.removed = package.removed.max(until);
                        // A lock file that came before does not install.
                        match run.record.confidence.cmp(&package.record.confidence) {
                            Ordering::Less => package.introduced = since,
                            Ordering::Equal => {
                                package.introduced = package.introduced.min(since);
                            }
                            Ordering::Greater => {}
                        }
                        if rank(run.record) < rank(&package.record) {
                            let better = run.record.clone();
                            let less = std::mem::replace(&mut package.record, better);
                            package.record.fill(&less);
                        } else {
                            package.record.fill(run.record);
                        }
                    }
                    None => {
                        into.insert(
                            identity.clone(),
                            Package {
                                record: run.record.clone(),
                                locations: vec![location],
                                introduced: since,
                                removed: until,
                                owned_by: None,
                                license: None,
                                depends_on: Vec::new(),
                            },
                        );
                    }
                }
            }
        }
        fold(&mut present, &given);
        removed.retain(|identity, _| !present.contains_key(identity));
        for package in present.values_mut().chain(removed.values_mut()) {
            package.locations.sort();
            package.locations.dedup();
        }
        inventory.packages = present.into_values().collect();
        inventory.removed_packages = removed.into_values().collect();
        inventory.coverage.gaps.extend(self.gaps);
    }

    /// A kind of package database that was there and is gone altogether.
    fn removed_databases(&mut self) {
        for collector in collectors::ALL
            .iter()
            .filter(|collector| collector.is_database())
        {
            let of = |key: &&(&str, &str)| key.1 == collector.name();
            if self.shown.keys().any(|key| of(&key)) {
                continue;
            }
            let Some(((path, _), by_layer)) = self.evidence.iter().find(|(key, _)| of(key)) else {
                continue;
            };
            let lost: usize = by_layer
                .values()
                .map(|evidence| records(evidence).len())
                .max()
                .unwrap_or(0);
            self.gaps.insert(Gap {
                kind: GapKind::DatabaseRemoved,
                subject: (*path).to_owned(),
                layer: by_layer.keys().next_back().and_then(|layer| u32::try_from(*layer).ok()),
                detail: format!(
                    "an upper layer deletes the package database that named {lost} packages; their files may still be there"
                ),
            });
        }
    }
}

/// Which of two records of a package counts, the lower one: what is the
/// project's own in one place may come from a registry in another.
fn rank(record: &PackageRecord) -> (bool, Confidence, bool) {
    (record.local, record.confidence, record.development)
}

fn records(evidence: &Evidence) -> Vec<&PackageRecord> {
    let packages = evidence.facts.iter().filter_map(|fact| match fact {
        Fact::Packages(packages) => Some(packages),
        _ => None,
    });
    packages.flatten().collect()
}

/// A package that only bills of materials name is one that was found, where
/// both agree in all that the bill says: the package URL without qualifiers.
fn fold(present: &mut BTreeMap<Identity, Package>, given: &BTreeMap<Identity, bool>) {
    let is_given = |identity: &Identity| given.get(identity) == Some(&true);
    if !given.values().any(|only| *only) {
        return;
    }
    // Without what bills leave out; the first of several architectures.
    let loose = |(ecosystem, name, epoch, version, _): &Identity| {
        let name = match ecosystem {
            Ecosystem::Pypi => plimsoll_types::pep503(name),
            _ => name.clone(),
        };
        (*ecosystem, name, epoch.unwrap_or(0), version.clone())
    };
    let mut found: BTreeMap<_, Vec<Identity>> = BTreeMap::new();
    for identity in present.keys().filter(|identity| !is_given(identity)) {
        found
            .entry(loose(identity))
            .or_default()
            .push(identity.clone());
    }
    let bills: Vec<Identity> = present.keys().filter(|i| is_given(i)).cloned().collect();
    for bill in bills {
        let same = found.get(&loose(&bill)).into_iter().flatten();
        let mut same = same.filter(|found| bill.4.is_none() || found.4 == bill.4);
        let Some(target) = same.next() else {
            continue;
        };
        if let Some(named) = present.remove(&bill)
            && let Some(package) = present.get_mut(target)
        {
            package.locations.extend(named.locations);
            package.introduced = package.introduced.min(named.introduced);
        }
    }
}

/// Whether a newer database format stands beside this rpm database: the
/// installed rpm reads only that one.
fn superseded(path: &str, tree: &Tree<'_>) -> bool {
    let directory = crate::path::parent(path);
    let newer: &[&str] = match crate::path::name(path) {
        "Packages" => &["rpmdb.sqlite", "Packages.db"],
        "Packages.db" => &["rpmdb.sqlite"],
        // The older of two manifests leaves out epochs.
        "container-manifest-1" => &["container-manifest-2"],
        _ => &[],
    };
    newer.iter().any(|name| {
        tree.entry(&format!("{directory}/{name}"))
            .is_some_and(|e| e.size > 0)
    })
}
