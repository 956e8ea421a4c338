//! Which layers an image inherited from its base image.
//!
//! No image states it. Its build history shows it well enough: base images end
//! with the command that they run, and the layers of whoever builds on them
//! come after.

use plimsoll_types::{FileEntry, HistoryEntry, Inventory};
use std::collections::{BTreeMap, BTreeSet};

/// How many layers from the bottom the build history shows to be inherited;
/// `None` where it shows nothing.
pub fn inherited(inventory: &Inventory) -> Option<usize> {
    let history = &inventory.config.as_ref()?.history;
    let layers = |steps: &[HistoryEntry]| steps.iter().filter(|step| !step.empty_layer).count();
    let all = layers(history);
    // A history that does not tell of every layer tells nothing.
    if all != inventory.layers.len() || all == 0 {
        return None;
    }
    let end = (0..history.len()).rev().find(|&at| {
        let (below, above) = history.split_at(at);
        let is_command = history[at].empty_layer && step(&history[at]).starts_with("CMD ");
        is_command && layers(below) > 0 && layers(above) > 0
    });
    if let Some(end) = end {
        return Some(layers(&history[..end]));
    }
    // `ADD file:… in /`: the root file system that a distribution was made of.
    let first = history.iter().find(|step| !step.empty_layer).map(step);
    let is_root = first.is_some_and(|step| step.starts_with("ADD ") && step.ends_with(" in /"));
    (is_root && all > 1).then_some(1)
}

/// How many layers from the bottom an image shares with another, if those are
/// all that the other has.
pub fn built_on(inventory: &Inventory, base: &Inventory) -> Option<usize> {
    let shared = inventory.layers.iter().zip(&base.layers);
    let shared = shared
        .take_while(|(one, other)| one.diff_id == other.diff_id)
        .count();
    (shared > 0 && shared == base.layers.len()).then_some(shared)
}

/// The image with other layers in place of the first `layers`, as far as that
/// can be said without building it: what its own layers brought, on top of the
/// other image.
pub fn rebased(inventory: &Inventory, layers: usize, base: &Inventory) -> Inventory {
    let up = |layer: u32| {
        let own = usize::try_from(layer).ok()?.checked_sub(layers)?;
        u32::try_from(own + base.layers.len()).ok()
    };
    let mut new = base.clone();
    new.image = inventory.image.clone();
    new.config.clone_from(&inventory.config);
    let own = inventory.layers.iter().skip(layers);
    new.layers.extend(own.cloned());
    for package in &mut new.packages {
        package.depends_on.clear();
    }
    new.packages
        .extend(inventory.packages.iter().filter_map(|package| {
            let mut package = package.clone();
            package.introduced = up(package.introduced)?;
            for place in &mut package.locations {
                place.layer = up(place.layer).unwrap_or(0);
            }
            package.depends_on.clear();
            Some(package)
        }));
    new.packages
        .sort_by(|one, other| one.record.identity().cmp(&other.record.identity()));
    // Of one package in one version the lower one is shown.
    new.packages
        .dedup_by(|one, other| one.record.identity() == other.record.identity());
    new.removed_packages.clear();
    new.alterations.clear();
    let mut files: BTreeMap<String, FileEntry> = BTreeMap::new();
    for mut file in std::mem::take(&mut new.files) {
        file.owner = None;
        files.insert(file.path.clone(), file);
    }
    for file in &inventory.files {
        if let Some(layer) = up(file.layer) {
            let (owner, file) = (None, file.clone());
            files.insert(
                file.path.clone(),
                FileEntry {
                    layer,
                    owner,
                    ..file
                },
            );
        }
    }
    new.files = files.into_values().collect();
    let names: BTreeSet<String> = new.users.iter().map(|user| user.name.clone()).collect();
    let more = inventory
        .users
        .iter()
        .filter(|user| !names.contains(&user.name));
    new.users.extend(more.cloned());
    new.coverage.extend(inventory.coverage.clone());
    new
}

/// The step without what builders put around it.
fn step(entry: &HistoryEntry) -> &str {
    let line = entry.created_by.trim();
    let line = line.split_once("#(nop)").map_or(line, |(_, rest)| rest);
    line.trim().trim_end_matches("# buildkit").trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::{
        Confidence, Digest, Ecosystem, ImageConfig, Layer, Package, PackageRecord,
    };

    /// An image of these steps; those that begin with `-` make no layer.
    fn image(steps: &[&str]) -> Inventory {
        let history: Vec<_> = steps
            .iter()
            .map(|step| HistoryEntry {
                created_by: step.trim_start_matches('-').to_owned(),
                empty_layer: step.starts_with('-'),
                ..HistoryEntry::default()
            })
            .collect();
        let layers = (0..).zip(steps.iter().filter(|step| !step.starts_with('-')));
        Inventory {
            layers: layers
                .map(|(byte, step)| Layer {
                    diff_id: Digest::sha256([byte; 32]),
                    blob: Digest::sha256([byte; 32]),
                    size: 0,
                    instruction: Some((*step).to_owned()),
                })
                .collect(),
            config: Some(ImageConfig {
                history,
                ..ImageConfig::default()
            }),
            ..Inventory::default()
        }
    }

    #[test]
    fn a_base_image_ends_with_its_command() {
        for (steps, layers) in [
            (
                &[
                    "ADD rootfs /",
                    "-CMD [\"bash\"]",
                    "RUN pip install",
                    "COPY . .",
                    "-CMD [\"a\"]",
                ][..],
                Some(1),
            ),
            (
                &[
                    "ADD rootfs /",
                    "-CMD [\"bash\"]",
                    "RUN node",
                    "-CMD [\"node\"]",
                    "COPY . .",
                ],
                Some(2),
            ),
            (
                &[
                    "ADD file:ab in / ",
                    "-/bin/sh -c #(nop)  CMD [\"sh\"]",
                    "COPY . . # buildkit",
                ],
                Some(1),
            ),
            (&["/bin/sh -c #(nop) ADD file:ab in / ", "RUN a"], Some(1)),
            (&["ADD rootfs /", "-CMD [\"bash\"]"], None),
            (&["COPY a /", "-CMD [\"/a\"]"], None),
            (&["COPY a /", "COPY b /"], None),
            (&[], None),
        ] {
            assert_eq!(inherited(&image(steps)), layers, "{steps:?}");
        }
    }

    #[test]
    fn a_history_that_misses_layers_tells_nothing() {
        let mut image = image(&["ADD rootfs /", "-CMD [\"bash\"]", "RUN a"]);
        image.layers.pop();
        assert_eq!(inherited(&image), None);
    }

    #[test]
    fn own_layers_keep_what_they_brought_on_another_base() {
        let package = |name: &str, version: &str, layer| Package {
            record: PackageRecord::new(
                Ecosystem::Deb,
                name,
                Some(version.to_owned()),
                Confidence::Installed,
            ),
            locations: Vec::new(),
            introduced: layer,
            removed: None,
            owned_by: None,
            license: None,
            depends_on: vec![0],
        };
        let mut old = image(&["a", "b"]);
        old.packages = vec![package("curl", "1", 1), package("libc", "1", 0)];
        let mut base = image(&["c", "d"]);
        base.packages = vec![package("libc", "2", 0)];
        let new = rebased(&old, 1, &base);
        assert_eq!(new.layers.len(), 3);
        let packages: Vec<_> = new
            .packages
            .iter()
            .map(|p| (&*p.record.name, p.record.full_version(), p.introduced))
            .collect();
        assert_eq!(
            packages,
            [("curl", "1".to_owned(), 2), ("libc", "2".to_owned(), 0)]
        );
    }

    #[test]
    fn an_image_is_built_on_another_that_it_has_all_layers_of() {
        let (base, image) = (image(&["a"]), image(&["a", "b"]));
        assert_eq!(built_on(&image, &base), Some(1));
        assert_eq!(built_on(&base, &image), None);
        assert_eq!(built_on(&image, &Inventory::default()), None);
    }
}
