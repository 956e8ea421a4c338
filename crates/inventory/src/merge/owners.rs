//! Language packages whose files an OS package installed.
//!
//! The distribution patches such a package without changing its version, so
//! its own advisories decide, as long as the file is still what it installed.

use super::Visible;
use super::signs::is_sign;
use crate::facts::{Fact, OwnedFile};
use plimsoll_types::{Ecosystem, Inventory, PackageRecord};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The package that a file belongs to.
struct Owner {
    package: String,
    /// Its list has the path itself, not one that leads there.
    direct: bool,
}

/// Writes down who owns what, and answers with the files of signs that are
/// owned. `declaring` are paths that name packages and hold none.
pub(super) fn mark(
    visible: &Visible<'_>,
    declaring: &HashSet<&str>,
    inventory: &mut Inventory,
) -> HashSet<String> {
    let is_asked = |record: &PackageRecord| !record.ecosystem.is_os() || is_sign(record);
    // Only paths that are evidence of such a package are of interest.
    let mut wanted: HashMap<String, Option<Owner>> = HashMap::new();
    let mut signs: HashSet<String> = HashSet::new();
    for package in inventory.packages.iter().filter(|p| is_asked(&p.record)) {
        for location in &package.locations {
            wanted.insert(location.path.clone(), None);
            if is_sign(&package.record) {
                signs.insert(location.path.clone());
            }
        }
    }
    if wanted.is_empty() {
        return HashSet::new();
    }
    let mut owned: HashSet<String> = HashSet::new();
    let distro = inventory.distro.as_ref();
    let mut introduced: BTreeMap<(Ecosystem, &str), (u32, bool)> = BTreeMap::new();
    for package in &inventory.packages {
        let record = &package.record;
        if is_owner(record.ecosystem) && !is_sign(record) {
            // What somebody else than the distribution made, nobody patches
            // for it.
            let patched = record.is_repaired_by(distro);
            let key = (record.ecosystem, record.name.as_str());
            introduced.insert(key, (package.introduced, patched));
        }
    }
    let mut directories: HashMap<String, String> = HashMap::new();
    // Those that belong to one package as a whole.
    let mut folders: HashSet<&str> = HashSet::new();
    for (_, evidence) in visible.evidence() {
        for fact in &evidence.facts {
            let Fact::Owned(owners) = fact else { continue };
            for owner in owners {
                let key = (owner.ecosystem, owner.package.as_str());
                let Some(&(since, patched)) = introduced.get(&key) else {
                    continue;
                };
                for file in owner.files.iter().filter(|file| !file.config) {
                    if let Some(folder) = file.path.strip_suffix('/') {
                        folders.insert(folder);
                        continue;
                    }
                    let path = real(visible, &mut directories, &file.path);
                    if let Some(slot) = wanted.get_mut(&path)
                        && intact(visible, &path, file, since)
                    {
                        // Who lists the path itself wins over who reaches it
                        // through a link; of several the first, as evidence
                        // is sorted.
                        let direct = path == file.path;
                        if patched && slot.as_ref().is_none_or(|known| direct && !known.direct) {
                            *slot = Some(Owner {
                                package: owner.package.clone(),
                                direct,
                            });
                        }
                        if signs.contains(&path) {
                            owned.insert(path);
                        }
                    }
                }
            }
        }
    }
    let inside = |path: &str| {
        let mut ends = path.match_indices('/');
        ends.any(|(end, _)| folders.contains(&path[..end]))
    };
    owned.extend(signs.into_iter().filter(|path| inside(path)));
    for package in inventory
        .packages
        .iter_mut()
        .filter(|p| !p.record.ecosystem.is_os())
    {
        let owners: Vec<_> = package
            .locations
            .iter()
            .filter(|l| !declaring.contains(l.path.as_str()))
            .map(|l| wanted.get(&l.path).and_then(Option::as_ref))
            .collect();
        // A copy that nobody owns must still be matched.
        if !owners.is_empty() && owners.iter().all(Option::is_some) {
            let first = owners.into_iter().flatten().next();
            package.owned_by = first.map(|owner| owner.package.clone());
        }
    }
    owned
}

/// Whether packages of an ecosystem own whole programs: those of the
/// operating system, and those that are installed beside it.
fn is_owner(ecosystem: Ecosystem) -> bool {
    let beside = [
        Ecosystem::Nix,
        Ecosystem::Conda,
        Ecosystem::Brew,
        Ecosystem::Bitnami,
    ];
    ecosystem.is_os() || beside.contains(&ecosystem)
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
    let sums = visible.tree.entry(path).and_then(|entry| entry.sums);
    let agrees = match (&file.digest, &sums) {
        (Some(stated), Some(sums)) => sums.agree(stated),
        _ => None,
    };
    match agrees {
        Some(agrees) => agrees,
        None => visible
            .tree
            .layer_of(path)
            .is_some_and(|layer| layer as u64 <= u64::from(since)),
    }
}
