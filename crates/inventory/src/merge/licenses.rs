//! Licences of packages: what they declare, else what the licence file beside
//! their evidence says, as one SPDX expression.

use super::Visible;
use crate::facts::Fact;
use crate::path::parent;
use plimsoll_types::{Confidence, Ecosystem, Package};
use std::collections::{BTreeMap, HashMap};

pub(super) fn state(visible: &Visible<'_>, packages: &mut [Package]) {
    let texts = texts(visible);
    let copyrights = copyrights(visible);
    for package in packages {
        if package.record.licenses.is_empty() && package.record.ecosystem == Ecosystem::Deb {
            // Packages of one source share a folder, by a link.
            let path = format!("usr/share/doc/{}/copyright", package.record.name);
            let stated = visible
                .tree
                .real(&path)
                .and_then(|real| copyrights.get(real.as_str()));
            package.record.licenses = stated.map_or_else(Vec::new, |licenses| licenses.to_vec());
        }
        package.license = plimsoll_license::expression(&package.record.licenses);
        // What only a lock file names has no files of its own.
        if package.license.is_none() && package.record.confidence == Confidence::Installed {
            package.license = beside(&texts, package);
        }
    }
}

/// What copyright files of Debian packages state, by path.
fn copyrights<'a>(visible: &Visible<'a>) -> HashMap<&'a str, &'a [String]> {
    let mut copyrights = HashMap::new();
    for (_, evidence) in visible.evidence() {
        for fact in &evidence.facts {
            if let Fact::Licenses(licenses) = fact {
                copyrights.insert(evidence.path.as_str(), licenses.as_slice());
            }
        }
    }
    copyrights
}

/// Licence files by the folder they are about.
fn texts<'a>(visible: &Visible<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut texts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, evidence) in visible.evidence() {
        for fact in &evidence.facts {
            if let Fact::LicenseText(id) = fact {
                let folder = parent(&evidence.path);
                // Core metadata 2.4 keeps them apart.
                let folder = folder.strip_suffix("/licenses").unwrap_or(folder);
                texts.entry(folder).or_default().push(id);
            }
        }
    }
    texts
}

fn beside(texts: &BTreeMap<&str, Vec<&str>>, package: &Package) -> Option<String> {
    let mut places = package.locations.iter();
    // Nested packages have nothing beside them but their archive.
    let found = places.find_map(|place| {
        let outer = place.nested.is_empty().then_some(&place.path)?;
        texts.get(parent(outer))
    })?;
    // Several files offer a choice (LICENSE-MIT, LICENSE-APACHE).
    plimsoll_license::expression(&[found.join(" OR ")])
}
