//! Which packages came, went and changed their version.

use plimsoll_types::{Ecosystem, Inventory, Package};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Compares two versions of an ecosystem; `None` where they cannot be.
pub type Order<'a> = &'a dyn Fn(Ecosystem, &str, &str) -> Option<Ordering>;

/// A package that is not the same on both sides.
#[derive(Clone, Copy, Debug)]
pub enum PackageChange<'a> {
    /// Only after.
    Added(&'a Package),
    /// Only before.
    Removed(&'a Package),
    /// On both sides, in another version.
    Changed {
        /// As it was.
        from: &'a Package,
        /// As it is.
        to: &'a Package,
        /// How the new version stands to the old one, where that can be said.
        direction: Option<Ordering>,
    },
}

impl PackageChange<'_> {
    /// The name used in output.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Added(_) => "added",
            Self::Removed(_) => "removed",
            Self::Changed { direction, .. } => match direction {
                Some(Ordering::Greater) => "up",
                Some(Ordering::Less) => "down",
                _ => "changed",
            },
        }
    }
}

type Versions<'a> = BTreeMap<String, &'a Package>;

/// Every change, by ecosystem and name.
pub(super) fn changes<'a>(
    before: &'a Inventory,
    after: &'a Inventory,
    order: Order<'_>,
) -> Vec<PackageChange<'a>> {
    let mut names: BTreeMap<(Ecosystem, String), [Versions<'a>; 2]> = BTreeMap::new();
    for (side, inventory) in [before, after].into_iter().enumerate() {
        for package in &inventory.packages {
            let record = &package.record;
            let name = record.canonical_name().into_owned();
            let sides = names.entry((record.ecosystem, name)).or_default();
            sides[side].insert(record.full_version(), package);
        }
    }
    let mut changes = Vec::new();
    for ((ecosystem, _), [old, new]) in names {
        let only = |one: &Versions<'a>, other: &Versions<'a>| -> Vec<(String, &'a Package)> {
            let missing = one
                .iter()
                .filter(|(version, _)| !other.contains_key(*version));
            missing.map(|(v, package)| (v.clone(), *package)).collect()
        };
        let (gone, come) = (only(&old, &new), only(&new, &old));
        // Of several versions nobody can say which became which.
        if let ([(old, from)], [(new, to)]) = (&gone[..], &come[..]) {
            changes.push(PackageChange::Changed {
                from,
                to,
                direction: order(ecosystem, new, old),
            });
            continue;
        }
        let removed = gone.into_iter().map(|(_, p)| PackageChange::Removed(p));
        let added = come.into_iter().map(|(_, p)| PackageChange::Added(p));
        changes.extend(removed.chain(added));
    }
    changes
}
