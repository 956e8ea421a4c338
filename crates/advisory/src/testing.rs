//! Stores made of documents, for tests.

use crate::{Store, UpdateError, UpdateReport, update};
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
    update(folder, &[feeds.path().display().to_string()])
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

/// A row of a CSAF document: status, CPE of the platform, purl of the
/// component, category and details of the remediation.
pub(crate) type CsafRow<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// One of Red Hat's VEX documents. Its product ids tell nothing, as they need
/// not.
pub(crate) fn vex(cve: &str, rows: &[CsafRow<'_>]) -> String {
    let mut branches = Vec::new();
    let mut relations = Vec::new();
    let mut statuses: std::collections::BTreeMap<&str, Vec<String>> = Default::default();
    let mut remediations = Vec::new();
    let mut flags = Vec::new();
    for (index, (status, cpe, purl, category, details)) in rows.iter().enumerate() {
        branches.push(format!(
            r#"{{"category":"product_name","name":"p","product":{{"product_id":"p{index}","product_identification_helper":{{"cpe":"{cpe}"}}}}}},
            {{"category":"architecture","name":"a","branches":[{{"category":"product_version","name":"c","product":{{"product_id":"c:{index}","product_identification_helper":{{"purl":"{purl}"}}}}}}]}}"#
        ));
        relations.push(format!(
            r#"{{"category":"default_component_of","full_product_name":{{"product_id":"full-{index}"}},"product_reference":"c:{index}","relates_to_product_reference":"p{index}"}}"#
        ));
        statuses
            .entry(status)
            .or_default()
            .push(format!("\"full-{index}\""));
        let ids = format!(r#""product_ids":["full-{index}"]"#);
        match *category {
            "" => {}
            "flag" => flags.push(format!(r#"{{"label":"{details}",{ids}}}"#)),
            category => remediations.push(format!(
                r#"{{"category":"{category}","details":"{details}","date":"2024-05-06T00:00:00+00:00","url":"https://access.redhat.com/errata/{details}",{ids}}}"#
            )),
        }
    }
    let statuses: Vec<_> = statuses
        .iter()
        .map(|(status, ids)| format!(r#""{status}":[{}]"#, ids.join(",")))
        .collect();
    format!(
        r#"{{"document":{{"aggregate_severity":{{"namespace":"https://access.redhat.com/security/updates/classification/","text":"Moderate"}},
        "category":"csaf_vex","publisher":{{"namespace":"https://www.redhat.com"}},
        "tracking":{{"id":"{cve}","status":"final","current_release_date":"2024-06-01T00:00:00+00:00"}}}},
        "product_tree":{{"branches":[{}],"relationships":[{}]}},
        "vulnerabilities":[{{"cve":"{cve}","title":"about {cve}","product_status":{{{}}},"remediations":[{}],"flags":[{}]}}]}}"#,
        branches.join(","),
        relations.join(","),
        statuses.join(","),
        remediations.join(","),
        flags.join(","),
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

/// A binary package with the epoch of its version, and the name and version of
/// its source rpm.
pub(crate) fn rpm(name: &str, version: &str, source: (&str, &str)) -> Package {
    let (epoch, version) = match version.split_once(':') {
        Some((epoch, version)) => (epoch.parse().ok(), version),
        None => (None, version),
    };
    let mut package = package(Ecosystem::Rpm, name, version);
    package.record.epoch = epoch;
    package.record.arch = Some("x86_64".into());
    package.record.source = Some(SourcePackage {
        name: source.0.into(),
        version: Some(source.1.into()),
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
