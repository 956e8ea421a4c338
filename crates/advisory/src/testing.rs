//! Stores made of documents, for tests.

use crate::{Store, UpdateError, UpdateOptions, UpdateReport, update};
use plimsoll_types::{
    Confidence, Distro, Ecosystem, Inventory, Location, Package, PackageRecord, SourcePackage,
};
use std::path::Path;

/// Updates the data in `folder` from documents, each in a file of its own.
pub(crate) fn load(folder: &Path, documents: &[&str]) -> Result<UpdateReport, UpdateError> {
    let feeds = tempfile::tempdir().unwrap();
    for (index, document) in documents.iter().enumerate() {
        std::fs::write(feeds.path().join(format!("{index}.json")), document).unwrap();
    }
    let from = [feeds.path().display().to_string()];
    update(folder, &from, UpdateOptions::default())
}

/// A store of documents.
pub(crate) fn store(documents: &[&str]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), documents).unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// An OSV record about one package.
pub(crate) fn osv(
    id: &str,
    aliases: &[&str],
    ecosystem: &str,
    name: &str,
    events: &str,
    more: &str,
) -> String {
    let aliases: Vec<_> = aliases.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        r#"{{"id":"{id}","modified":"2024-01-01T00:00:00Z","aliases":[{}],"summary":"about {id}"{more},
        "affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},
        "ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]}}]}}"#,
        aliases.join(",")
    )
}

/// A package that a test may change.
pub(crate) fn package(ecosystem: Ecosystem, name: &str, version: &str) -> Package {
    let record = PackageRecord::new(ecosystem, name, Some(version.into()), Confidence::Installed);
    Package {
        record,
        locations: vec![Location {
            path: "somewhere".into(),
            nested: Vec::new(),
            layer: 1,
            evidence: "test".into(),
        }],
        introduced: 1,
        removed: None,
        owned_by: None,
        license: None,
        depends_on: Vec::new(),
    }
}

/// A binary package of a Debian source package.
pub(crate) fn deb(name: &str, version: &str, source: &str) -> Package {
    let mut package = package(Ecosystem::Deb, name, version);
    package.record.source = Some(SourcePackage {
        name: source.into(),
        version: None,
    });
    package
}

/// An inventory of packages on a distribution.
pub(crate) fn inventory(distro: Option<(&str, &str)>, packages: Vec<Package>) -> Inventory {
    Inventory {
        distro: distro.map(|(id, version)| Distro {
            id: id.into(),
            version: Some(version.into()),
            ..Distro::default()
        }),
        packages,
        ..Inventory::default()
    }
}
