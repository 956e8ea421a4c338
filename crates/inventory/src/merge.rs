//! Layers on top of each other: the only place that knows about them.
//!
//! Takes the facts of every layer, bottom first, and gives the image as a
//! container would see it, with the layer that brought each thing.

mod assemblies;
mod databases;
mod declared;
mod distro;
mod files;
mod go_sums;
mod ledger;
mod licenses;
mod owners;
mod packages;
mod relations;
mod signs;

use crate::collectors;
use crate::facts::{Evidence, Fact, LayerFacts};
use files::Tree;
use ledger::Ledger;
use plimsoll_types::{Gap, GapKind, Group, Inventory, Password, User};
use std::collections::BTreeMap;

/// Bytes of names that are looked up to follow the links of an image.
const LOOKUPS: u64 = 1 << 30;

/// Pairs of places that are compared to find which of several packages of one
/// name another needs. Real images stay far below a million.
const COMPARISONS: usize = 20_000_000;

/// Merges layers into the parts of an inventory that come from them. Image
/// identity, configuration and instructions are the caller's.
pub(crate) fn merge(layers: &[LayerFacts]) -> Inventory {
    let mut inventory = Inventory::default();
    let mut tree = Tree::new(LOOKUPS);
    let mut timeline = packages::Timeline::new(layers);
    for (index, layer) in layers.iter().enumerate() {
        tree.apply(index, layer);
        timeline.observe(index, &tree);
        for gap in &layer.gaps {
            inventory.coverage.gaps.insert(Gap {
                kind: gap.kind,
                subject: gap.subject.clone(),
                layer: u32::try_from(index).ok(),
                detail: gap.detail.clone(),
            });
        }
    }
    let visible = Visible {
        layers,
        tree: &tree,
    };
    timeline.finish(&mut inventory);
    inventory.distro = distro::of(&visible, &inventory.packages);
    (inventory.users, inventory.groups) = accounts(&visible);
    assemblies::claim(&visible, &mut inventory.packages);
    go_sums::settle(&mut inventory);
    let declaring = declared::paths(&visible);
    declared::settle(&declaring, &mut inventory.packages);
    let owned = owners::mark(&visible, &declaring, &mut inventory);
    signs::fold(&mut inventory, &owned);
    licenses::state(&visible, &mut inventory.packages);
    let provided = relations::provided(&visible);
    if !relations::link(&mut inventory.packages, &provided, COMPARISONS) {
        inventory.coverage.gaps.insert(Gap {
            kind: GapKind::LimitExceeded,
            subject: String::new(),
            layer: None,
            detail: "so many packages have one name that not all dependencies were followed".into(),
        });
    }
    inventory.coverage.gaps.extend(databases::unseen(&tree));
    if tree.is_spent() {
        inventory.coverage.gaps.insert(Gap {
            kind: GapKind::LimitExceeded,
            subject: String::new(),
            layer: None,
            detail: "following its symbolic links takes more steps than are taken".into(),
        });
    }
    let unknown = inventory
        .distro
        .as_ref()
        .is_none_or(|distro| distro.id.is_empty());
    if unknown
        && inventory
            .packages
            .iter()
            .any(|p| p.record.ecosystem.is_os())
    {
        inventory.coverage.gaps.insert(Gap {
            kind: GapKind::DistroUnknown,
            subject: String::new(),
            layer: None,
            detail: "there are OS packages but no file names the distribution".into(),
        });
    }
    let ledger = Ledger::new(&visible, &declaring, &inventory.packages);
    let mut files = tree.into_files(layers);
    ledger.enter(&mut files);
    inventory.alterations = ledger.alterations;
    inventory.files = files;
    inventory
        .coverage
        .looked
        .extend(collectors::ALL.iter().map(|c| c.name().to_owned()));
    inventory
}

/// What the top of the image shows.
struct Visible<'a> {
    layers: &'a [LayerFacts],
    tree: &'a Tree<'a>,
}

impl<'a> Visible<'a> {
    /// Evidence whose file is what a container sees, with its layer.
    fn evidence(&self) -> impl Iterator<Item = (usize, &'a Evidence)> + use<'a> {
        let tree = self.tree;
        self.layers
            .iter()
            .enumerate()
            .flat_map(move |(index, layer)| {
                layer
                    .evidence
                    .iter()
                    .filter(move |evidence| tree.layer_of(&evidence.path) == Some(index))
                    .map(move |evidence| (index, evidence))
            })
    }
}

fn accounts(visible: &Visible<'_>) -> (Vec<User>, Vec<Group>) {
    let (mut users, mut groups): (Vec<User>, _) = (Vec::new(), Vec::new());
    let mut passwords = BTreeMap::new();
    for (_, evidence) in visible.evidence() {
        for fact in &evidence.facts {
            match fact {
                Fact::Users(list) => users.extend(list.iter().cloned()),
                Fact::Groups(list) => groups.extend(list.iter().cloned()),
                Fact::Passwords(list) => passwords.extend(list.iter().cloned()),
                _ => {}
            }
        }
    }
    for user in &mut users {
        if user.password == Password::Shadowed
            && let Some(password) = passwords.get(&user.name)
        {
            user.password = *password;
        }
    }
    (users, groups)
}

#[cfg(test)]
mod tests;
