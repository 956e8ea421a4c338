//! `expected-layers.tsv`: for each package whether a container sees it, the
//! layer that brought it, the layer that last wrote its evidence, and where.

use super::{Score, table};
use anyhow::{Context, Result};
use plimsoll_image::Image;
use plimsoll_inventory::{Options, Silent, take};
use plimsoll_types::{Inventory, Package};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) fn run(folder: &Path) -> Result<Score> {
    let mut score = Score::default();
    let mut images: BTreeMap<String, Inventory> = BTreeMap::new();
    for row in table::read(&folder.join("expected-layers.tsv"))? {
        let [
            image,
            ecosystem,
            name,
            version,
            visible,
            introduced,
            last,
            path,
        ] = row.as_slice()
        else {
            continue;
        };
        if !images.contains_key(image) {
            images.insert(image.clone(), inventory(&folder.join(image))?);
        }
        let inventory = &images[image];
        let id = format!("{image} {ecosystem} {name} {version}");
        let seen = find(&inventory.packages, ecosystem, name, version);
        let problem = if visible == "yes" {
            match seen {
                None => Some("not found".to_owned()),
                Some(package) => place(package, introduced, last, path),
            }
        } else if seen.is_some() {
            Some("reported although a later layer removed it".to_owned())
        } else {
            match find(&inventory.removed_packages, ecosystem, name, version) {
                None => Some("not among the removed packages".to_owned()),
                Some(package) => place(package, introduced, last, path),
            }
        };
        score.case(&id, problem);
    }
    Ok(score)
}

/// The inventory of the archive at `path`.
pub(crate) fn inventory(path: &Path) -> Result<Inventory> {
    let request = path.display().to_string();
    let image = Image::open(&request, &plimsoll_image::Options::default())?;
    Ok(take(&image, &Options::default(), &Silent)?)
}

/// The files of a folder, sorted by name.
pub(crate) fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn find<'a>(
    list: &'a [Package],
    ecosystem: &str,
    name: &str,
    version: &str,
) -> Option<&'a Package> {
    list.iter().find(|package| {
        let record = &package.record;
        record.ecosystem.as_str() == ecosystem
            && record.name == name
            && record.full_version() == version
    })
}

fn place(package: &Package, introduced: &str, last: &str, path: &str) -> Option<String> {
    if package.introduced.to_string() != introduced {
        return Some(format!(
            "introduced by layer {}, should be {introduced}",
            package.introduced
        ));
    }
    let Some(location) = package
        .locations
        .iter()
        .find(|location| location.path == path)
    else {
        return Some(format!(
            "found at {:?}, should be {path}",
            package.locations
        ));
    };
    (location.layer.to_string() != last)
        .then(|| format!("last written by layer {}, should be {last}", location.layer))
}
