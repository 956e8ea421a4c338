//! Which package of a database satisfies what another one needs. Package
//! managers let packages answer to more than their names: virtual packages,
//! libraries, commands, files. Not a collector itself.

use super::MOST_FILES;
use crate::facts::Ownership;
use plimsoll_types::PackageRecord;
use std::collections::HashMap;

/// Bytes of names that are kept of one database: ten times what the largest
/// have. What is beyond has no edges.
const MOST_BYTES: usize = 64 << 20;

/// What the packages of one database give and need, by their positions in it.
#[derive(Default)]
pub(super) struct Needs {
    names: HashMap<Box<str>, u32>,
    bytes: usize,
    /// The first package that gives a name.
    given: HashMap<u32, u32>,
    needed: Vec<Need>,
}

struct Need {
    package: u32,
    name: u32,
    /// The one before does as well.
    or: bool,
}

impl Needs {
    /// `package` answers to `name`.
    pub fn give(&mut self, package: usize, name: &str) {
        if let (Some(name), Ok(package)) = (self.id(name), u32::try_from(package)) {
            self.given.entry(name).or_insert(package);
        }
    }

    /// `package` needs one of `names`; the first that is there is meant.
    pub fn need<'n>(&mut self, package: usize, names: impl IntoIterator<Item = &'n str>) {
        let Ok(package) = u32::try_from(package) else {
            return;
        };
        let mut or = false;
        for name in names {
            if self.needed.len() == 4 * MOST_FILES {
                return;
            }
            if let Some(name) = self.id(name) {
                self.needed.push(Need { package, name, or });
                or = true;
            }
        }
    }

    fn id(&mut self, name: &str) -> Option<u32> {
        if let Some(id) = self.names.get(name) {
            return Some(*id);
        }
        if name.is_empty() || name.len() > MOST_BYTES - self.bytes {
            return None;
        }
        let id = u32::try_from(self.names.len()).ok()?;
        self.bytes += name.len();
        self.names.insert(name.into(), id);
        Some(id)
    }

    /// Files that are needed by path belong to who owns them; `owners` stand
    /// in the order of their packages.
    pub fn give_files(&mut self, owners: &[Ownership]) {
        let wanted: HashMap<&str, u32> = self
            .names
            .iter()
            .filter(|(_, id)| !self.given.contains_key(id))
            .filter_map(|(name, id)| Some((name.strip_prefix('/')?, *id)))
            .collect();
        if wanted.is_empty() {
            return;
        }
        for (package, owner) in (0..).zip(owners) {
            for file in &owner.files {
                if let Some(id) = wanted.get(file.path.as_str()) {
                    self.given.entry(*id).or_insert(package);
                }
            }
        }
    }

    /// Writes the names of the packages that each of `packages` needs. A
    /// package's own name means itself, whoever else gives it.
    pub fn settle(mut self, packages: &mut [PackageRecord]) {
        let mut own = HashMap::with_capacity(packages.len());
        for (at, package) in (0..).zip(packages.iter()) {
            if let Some(id) = self.names.get(package.name.as_str()) {
                own.entry(*id).or_insert(at);
            }
        }
        self.given.extend(own);
        let mut met = false;
        let mut edges: Vec<(u32, u32)> = Vec::new();
        for need in &self.needed {
            if met && need.or {
                continue;
            }
            let giver = self.given.get(&need.name);
            met = giver.is_some();
            edges.extend(
                giver
                    .filter(|giver| **giver != need.package)
                    .map(|giver| (need.package, *giver)),
            );
        }
        edges.sort_unstable();
        edges.dedup();
        for of_one in edges.chunk_by(|a, b| a.0 == b.0) {
            let names = of_one
                .iter()
                .filter_map(|(_, to)| packages.get(*to as usize));
            let mut names: Vec<String> = names.map(|package| package.name.clone()).collect();
            names.sort_unstable();
            names.dedup();
            if let Some(package) = of_one
                .first()
                .and_then(|(from, _)| packages.get_mut(*from as usize))
            {
                names.retain(|name| *name != package.name);
                package.requires = names;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::OwnedFile;
    use plimsoll_types::{Confidence, Ecosystem};

    #[test]
    fn needs_lead_to_packages_by_name_by_what_they_give_and_by_file() {
        let names = ["a", "b", "c", "mail"];
        let mut packages: Vec<_> = names
            .iter()
            .map(|name| PackageRecord::new(Ecosystem::Deb, *name, None, Confidence::Installed))
            .collect();
        let mut needs = Needs::default();
        needs.give(1, "mail");
        needs.give(2, "c-abi");
        needs.need(0, ["gone", "c-abi", "b"]);
        needs.need(0, ["mail"]);
        needs.need(0, ["/bin/b"]);
        needs.need(1, ["b"]);
        needs.need(1, ["gone"]);
        let owner = |package: &str, path: &str| Ownership {
            ecosystem: Ecosystem::Deb,
            package: package.to_owned(),
            arch: None,
            files: vec![OwnedFile::new(path)],
        };
        needs.give_files(&[owner("a", "bin/a"), owner("b", "bin/b")]);
        needs.settle(&mut packages);
        assert_eq!(packages[0].requires, ["b", "c", "mail"]);
        assert!(packages[1].requires.is_empty());
    }
}
