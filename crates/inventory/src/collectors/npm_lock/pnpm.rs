//! `pnpm-lock.yaml`, lock file versions 5 to 9. Newer files hold two
//! documents: one for pnpm itself, one for the project.

use super::{integrity, mark_origin, package, split};
use crate::collector::CollectError;
use crate::collectors::graph::Graph;
use crate::collectors::npm::is_name;
use crate::collectors::yaml::{documents, scalar};
use plimsoll_types::PackageRecord;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Object = Map<String, Value>;

const REQUIRED: &[&str] = &["dependencies", "optionalDependencies"];
/// Only there to build, or to run pnpm itself.
const DEVELOPMENT: &[&str] = &[
    "devDependencies",
    "configDependencies",
    "packageManagerDependencies",
];

pub(super) fn read(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let documents = documents(text)?;
    Ok(documents.iter().flat_map(document).collect())
}

fn document(lock: &Value) -> Vec<PackageRecord> {
    let Some(packages) = lock.get("packages").and_then(Value::as_object) else {
        return Vec::new();
    };
    // Since version 9 an entry is a version, and its copies, which differ in
    // their peers, stand apart.
    let snapshots = lock.get("snapshots").and_then(Value::as_object);
    let mut copies: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for (key, snapshot) in snapshots.into_iter().flatten() {
        copies
            .entry(without_peers(key))
            .or_default()
            .push((key, snapshot));
    }
    let graph = snapshots.map(|snapshots| graph(lock, snapshots));
    let development = graph.as_ref().map(Graph::only_development);
    let records = packages.iter().filter_map(|(key, entry)| {
        let mut record = record(key, entry)?;
        record.requires = requires(entry);
        if let (Some(development), Some(copies)) = (&development, copies.get(key.as_str())) {
            let mut keys = copies.iter().map(|(key, _)| key);
            record.development = keys.all(|key| development.contains(key));
            let needed = copies.iter().flat_map(|(_, snapshot)| requires(snapshot));
            record.requires.extend(needed);
        }
        Some(record)
    });
    records.collect()
}

fn record(key: &str, entry: &Value) -> Option<PackageRecord> {
    let stated = entry.get("version").and_then(scalar);
    let named = identity(key);
    let name = match entry.get("name").and_then(Value::as_str) {
        Some(name) => name,
        None => named?.0,
    };
    let version = match &stated {
        Some(version) => Some(version.as_str()),
        None => named.and_then(|(_, version)| version),
    };
    let mut record = package(name, version)?;
    let resolution = entry.get("resolution");
    let of = |key: &str| resolution.and_then(|r| r.get(key)?.as_str());
    record.development = entry.get("dev").and_then(Value::as_bool).unwrap_or(false);
    record.digests = integrity(of("integrity").unwrap_or_default());
    let reference = split(key).map_or(key, |(_, reference)| reference);
    mark_origin(
        &mut record,
        if key.starts_with("file:") {
            key
        } else {
            reference_of(key, reference)
        },
    );
    if of("type") == Some("directory") || of("directory").is_some() {
        record.local = true;
    }
    if let (Some(repository), commit) = (of("repo"), of("commit")) {
        let commit = commit.map(|commit| format!("#{commit}"));
        let url = format!(
            "git+{}{}",
            repository.trim_start_matches("git+"),
            commit.unwrap_or_default()
        );
        mark_origin(&mut record, &url);
    }
    Some(record)
}

/// A key of version 5 begins with a slash, which says nothing of a folder.
fn reference_of<'a>(key: &str, reference: &'a str) -> &'a str {
    if key.starts_with('/') { "" } else { reference }
}

/// Name and version of a key: `/name/1.0.0_peer@2` (version 5), `/name@1.0.0(peer@2)`
/// (6), `name@1.0.0` (9); also behind the host of another registry.
fn identity(key: &str) -> Option<(&str, Option<&str>)> {
    let key = without_peers(key);
    let bare = key.trim_start_matches('/');
    if let Some((name, version)) = split(bare).filter(|(name, _)| is_name(name)) {
        let version = without_underscore(version);
        return Some((name, Some(version).filter(|version| is_version(version))));
    }
    let (front, version) = bare.rsplit_once('/')?;
    let version = Some(without_underscore(version)).filter(|version| is_version(version))?;
    let at = front.rfind('/').map_or(0, |at| at + 1);
    let scope = front
        .get(..at.saturating_sub(1))?
        .rfind('/')
        .map_or(0, |at| at + 1);
    let scoped = front.get(scope..)?;
    let name = if scoped.starts_with('@') {
        scoped
    } else {
        front.get(at..)?
    };
    Some((name, Some(version)))
}

fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

fn without_underscore(version: &str) -> &str {
    version.split('_').next().unwrap_or(version)
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains([':', '/'])
}

fn requires(entry: &Value) -> Vec<String> {
    let objects = REQUIRED
        .iter()
        .filter_map(|key| entry.get(*key)?.as_object());
    let needed = objects.flatten().map(|(name, version)| {
        let version = scalar(version).unwrap_or_default();
        let version = without_peers(&version);
        match identity(version) {
            // An alias, or a version of the file's format 5 or 6 with its name.
            Some((name, Some(version))) => format!("{name}@{version}"),
            _ if is_version(version) => format!("{name}@{}", without_underscore(version)),
            _ => name.clone(),
        }
    });
    needed.collect()
}

fn graph<'a>(lock: &'a Value, snapshots: &'a Object) -> Graph<'a> {
    let mut graph = Graph::default();
    for (key, snapshot) in snapshots {
        let next = targets(snapshot, REQUIRED, snapshots);
        graph.edges.insert(key, next);
    }
    let importers = lock.get("importers").and_then(Value::as_object);
    for importer in importers.into_iter().flat_map(Map::values) {
        graph.runtime.extend(targets(importer, REQUIRED, snapshots));
        let development = targets(importer, DEVELOPMENT, snapshots);
        graph.development.extend(development);
    }
    graph
}

/// Keys of the snapshots that an importer or snapshot names.
fn targets(of: &Value, sections: &[&str], snapshots: &Object) -> Vec<String> {
    let objects = sections.iter().filter_map(|key| of.get(*key)?.as_object());
    let keys = objects.flatten().filter_map(|(name, version)| {
        let version = scalar(version.get("version").unwrap_or(version))?;
        let key = format!("{name}@{version}");
        // An alias is stated with its real name.
        let known = [key, version].into_iter();
        known.into_iter().find(|key| snapshots.contains_key(key))
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_version_name_a_package() {
        for (key, expected) in [
            ("/foo/1.0.0", Some(("foo", Some("1.0.0")))),
            ("/@s/bar/1.0.0", Some(("@s/bar", Some("1.0.0")))),
            (
                "/acorn-jsx/5.3.2_acorn@8.8.0",
                Some(("acorn-jsx", Some("5.3.2"))),
            ),
            ("/@s/a/1.4.0_@types+b@7.1.14", Some(("@s/a", Some("1.4.0")))),
            (
                "registry.npmjs.org/@s/bar/1.1.0",
                Some(("@s/bar", Some("1.1.0"))),
            ),
            (
                "example.com/foo/1.3.0_bar@2.0.0",
                Some(("foo", Some("1.3.0"))),
            ),
            (
                "/@s/react@13.4.0(react-dom@18.2.0)(react@18.2.0)",
                Some(("@s/react", Some("13.4.0"))),
            ),
            (
                "jest-resolve@30.0.2",
                Some(("jest-resolve", Some("30.0.2"))),
            ),
            (
                "is@https://codeload.github.com/a/is/tar.gz/98e8",
                Some(("is", None)),
            ),
            ("github.com/kevva/is-positive", None),
            ("/foo/bar", None),
            ("/", None),
            ("@", None),
        ] {
            assert_eq!(identity(key), expected, "{key}");
        }
    }

    #[test]
    fn every_document_and_every_copy_counts() {
        let text = "---
lockfileVersion: '9.0'
importers:
  .:
    packageManagerDependencies:
      pnpm: {specifier: 12.0.0, version: 12.0.0}
packages:
  pnpm@12.0.0: {resolution: {integrity: sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY=}}
snapshots:
  pnpm@12.0.0: {}
---
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a: {specifier: 1.0.0, version: 1.0.0(b@1.0.0)}
    devDependencies:
      a2: {specifier: 'npm:a@1', version: a@1.0.0(b@2.0.0)}
packages:
  a@1.0.0: {}
  b@1.0.0: {}
  b@2.0.0: {}
snapshots:
  a@1.0.0(b@1.0.0): {dependencies: {b: 1.0.0}}
  a@1.0.0(b@2.0.0): {dependencies: {b: 2.0.0}}
  b@1.0.0: {dependencies: {a: 1.0.0(b@1.0.0)}}
  b@2.0.0: {}
";
        let found = read(text).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|r| {
                (
                    r.name.as_str(),
                    r.full_version(),
                    r.development,
                    r.requires.join(" "),
                )
            })
            .collect();
        let expected = [
            ("pnpm", "12.0.0", true, ""),
            ("a", "1.0.0", false, "b@1.0.0 b@2.0.0"),
            ("b", "1.0.0", false, "a@1.0.0"),
            ("b", "2.0.0", true, ""),
        ];
        let expected = expected.map(|(n, v, d, r)| (n, v.to_owned(), d, r.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn folders_are_local_and_repositories_named() {
        let text = "lockfileVersion: 5.3
packages:
  file:../lib: {resolution: {directory: ../lib, type: directory}, name: lib, version: 1.0.0}
  github.com/o/p/2670: {resolution: {commit: '2670', repo: git+ssh://git@github.com/o/p.git, type: git}, name: '@o/p', version: 1.0.0, dev: true}
  file:../nameless: {version: 1.0.0}
";
        let records = read(text).unwrap();
        let [lib, p] = records.as_slice() else {
            panic!("{records:?}")
        };
        assert!(lib.local && !p.local && p.development);
        assert_eq!(p.qualifiers["vcs_url"], "git+ssh://github.com/o/p.git#2670");
    }
}
