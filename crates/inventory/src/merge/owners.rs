//! Language packages whose files an OS package installed.
//!
//! The distribution patches such a package without changing its version, so
//! its own advisories decide, as long as the file is still what it installed.

use super::Visible;
use crate::facts::{Algorithm, Fact, OwnedFile};
use plimsoll_types::Inventory;
use std::collections::{BTreeMap, HashMap, HashSet};

/// `declaring` are paths that name packages and hold none.
pub(super) fn mark(visible: &Visible<'_>, declaring: &HashSet<&str>, inventory: &mut Inventory) {
    // Only paths that are evidence of a language package are of interest.
    let mut wanted: HashMap<String, Option<String>> = HashMap::new();
    for package in inventory
        .packages
        .iter()
        .filter(|p| !p.record.ecosystem.is_os())
    {
        for location in &package.locations {
            wanted.insert(location.path.clone(), None);
        }
    }
    if wanted.is_empty() {
        return;
    }
    let mut introduced: BTreeMap<&str, u32> = BTreeMap::new();
    for package in inventory
        .packages
        .iter()
        .filter(|p| p.record.ecosystem.is_os())
    {
        introduced.insert(&package.record.name, package.introduced);
    }
    let mut directories: HashMap<String, String> = HashMap::new();
    for (_, evidence) in visible.evidence() {
        for fact in &evidence.facts {
            let Fact::Owned(owners) = fact else { continue };
            for owner in owners.iter().filter(|owner| owner.ecosystem.is_os()) {
                let Some(&since) = introduced.get(owner.package.as_str()) else {
                    continue;
                };
                for file in owner.files.iter().filter(|file| !file.config) {
                    let path = real(visible, &mut directories, &file.path);
                    if let Some(slot) = wanted.get_mut(&path)
                        && intact(visible, &path, file, since)
                    {
                        // Sorted evidence: the first direct owner stays.
                        slot.get_or_insert_with(|| owner.package.clone());
                    }
                }
            }
        }
    }
    for package in inventory
        .packages
        .iter_mut()
        .filter(|p| !p.record.ecosystem.is_os())
    {
        let owners: Vec<_> = package
            .locations
            .iter()
            .filter(|l| !declaring.contains(l.path.as_str()))
            .map(|l| wanted.get(&l.path).cloned().flatten())
            .collect();
        // A copy that nobody owns must still be matched.
        if !owners.is_empty() && owners.iter().all(Option::is_some) {
            package.owned_by = owners.into_iter().flatten().next();
        }
    }
}

/// The path with the links of its directory followed, as after usr-merge.
fn real(visible: &Visible<'_>, directories: &mut HashMap<String, String>, path: &str) -> String {
    let Some((directory, name)) = path.rsplit_once('/') else {
        return path.to_owned();
    };
    let directory = directories.entry(directory.to_owned()).or_insert_with(|| {
        visible
            .tree
            .real(directory)
            .unwrap_or_else(|| directory.to_owned())
    });
    format!("{directory}/{name}")
}

/// Whether the file is what its owner installed: by digest where both sides
/// have one, else by not having been written after its owner came.
fn intact(visible: &Visible<'_>, path: &str, file: &OwnedFile, since: u32) -> bool {
    let stated = file
        .digest
        .as_ref()
        .filter(|digest| digest.algorithm == Algorithm::Sha256);
    let computed = visible.tree.entry(path).and_then(|entry| entry.digest);
    match (stated, computed) {
        (Some(stated), Some(computed)) => stated.hash == computed,
        _ => visible
            .tree
            .layer_of(path)
            .is_some_and(|layer| layer as u64 <= u64::from(since)),
    }
}
