//! C and C++ packages of Conan 1 and 2: lock files, recipes, and what is in
//! its cache (<https://docs.conan.io>).

use super::format::Format;
use super::lock::{LIMIT, edge, sorted};
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Conan;

impl Collector for Conan {
    fn name(&self) -> &'static str {
        "conan"
    }

    fn about(&self) -> &'static str {
        "Conan packages: conan.lock, conanfile.txt, conaninfo.txt"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() {
            "conan.lock" | "conanfile.txt" | "conaninfo.txt" => Want::Whole { limit: LIMIT },
            _ => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        let mut named = Vec::new();
        let format = match file.name() {
            "conan.lock" => {
                lock(&text, &mut named)?;
                LOCK
            }
            "conaninfo.txt" => {
                named.extend(info(file.path, &text));
                RECIPE
            }
            _ => {
                named.extend(recipe(&text));
                RECIPE
            }
        };
        format.hold(&text, packages(self.name(), named))
    }
}

const LOCK: Format = Format::of_keys(
    "a lock file of Conan",
    &["version", "graph_lock", "requires"],
);
const RECIPE: Format = Format::of_lines("a recipe of Conan", &["#"], &["["]);

/// `NAME/VERSION[@USER/CHANNEL][#REVISION][:PACKAGE…][%TIME]`.
fn reference(text: &str) -> Option<PackageRecord> {
    let text = text.split([':', '%']).next()?.trim();
    let (reference, revision) = text.split_once('#').unwrap_or((text, ""));
    let (package, owner) = reference.split_once('@').unwrap_or((reference, ""));
    let (name, version) = package.split_once('/')?;
    // A range leaves the version to the next installation.
    let version = Some(version).filter(|version| !version.starts_with('['));
    let mut record = declared(Ecosystem::Conan, name.trim(), version);
    let (user, channel) = owner.split_once('/').unwrap_or((owner, ""));
    for (key, value) in [("user", user), ("channel", channel), ("rrev", revision)] {
        if !value.is_empty() && value != "_" {
            record.qualifiers.insert(key.to_owned(), value.to_owned());
        }
    }
    (!record.name.is_empty()).then_some(record)
}

fn lock(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let json: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let nodes = json.get("graph_lock").and_then(|graph| graph.get("nodes"));
    if let Some(nodes) = nodes.and_then(Value::as_object) {
        graph(nodes, named);
    }
    for (list, development) in [
        ("requires", false),
        ("build_requires", true),
        ("python_requires", true),
    ] {
        for text in strings(json.get(list)) {
            named.extend(reference(text).map(|record| PackageRecord {
                development,
                ..record
            }));
        }
    }
    Ok(())
}

/// The graph of version 1: nodes that need nodes.
fn graph(nodes: &serde_json::Map<String, Value>, named: &mut Vec<PackageRecord>) {
    let package = |node: &Value| {
        let text = node.get("ref").or_else(|| node.get("pref"))?;
        reference(text.as_str()?)
    };
    let edges = |node: &Value, list: &str| -> Vec<String> {
        match node.get(list) {
            // The first version: reference → node.
            Some(Value::Object(map)) => strings_of(map.values()),
            Some(Value::Array(list)) => strings_of(list.iter()),
            _ => Vec::new(),
        }
    };
    let known: BTreeMap<&str, PackageRecord> = nodes
        .iter()
        .filter_map(|(id, node)| Some((id.as_str(), package(node)?)))
        .collect();
    let needed: BTreeSet<String> = nodes
        .values()
        .flat_map(|node| [edges(node, "requires"), edges(node, "build_requires")].concat())
        .collect();
    for (id, node) in nodes {
        let Some(mut record) = known.get(id.as_str()).cloned() else {
            continue;
        };
        // The recipe that was locked, not what it needs.
        record.local = node.get("path").is_some() && !needed.contains(id);
        let targets = edges(node, "requires");
        record.requires = sorted(
            targets
                .iter()
                .filter_map(|id| known.get(id.as_str()))
                .map(|target| edge(&target.name, target.version.as_deref())),
        );
        named.push(record);
    }
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

fn strings_of<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<String> {
    values
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

/// The lines of a section, without comments.
fn section<'a>(text: &'a str, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    let mut inside = false;
    text.lines().filter_map(move |line| {
        // `#` without a space before it begins a revision.
        let line = line.split(" #").next()?.trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            inside = name == wanted;
            return None;
        }
        (inside && !line.is_empty() && !line.starts_with('#')).then_some(line)
    })
}

fn recipe(text: &str) -> Vec<PackageRecord> {
    let sections = [
        ("requires", false),
        ("build_requires", true),
        ("tool_requires", true),
        ("test_requires", true),
    ];
    sections
        .into_iter()
        .flat_map(|(name, development)| section(text, name).map(move |line| (line, development)))
        .filter_map(|(line, development)| {
            let record = reference(line.trim_end_matches(" override"))?;
            Some(PackageRecord {
                development,
                ..record
            })
        })
        .collect()
}

/// The cache of Conan 1 names a package by folders
/// (`data/NAME/VERSION/USER/CHANNEL/package/ID/conaninfo.txt`), and says in it
/// what the package was built with. Short requirements leave out digits.
fn info(path: &str, text: &str) -> Vec<PackageRecord> {
    let mut records: Vec<PackageRecord> = section(text, "full_requires")
        .filter_map(reference)
        .collect();
    let parts: Vec<&str> = path.rsplit('/').take(7).collect();
    if let [_, _, "package", channel, user, version, name] = parts.as_slice()
        && let Some(mut record) = reference(&format!("{name}/{version}@{user}/{channel}"))
    {
        record.confidence = Confidence::Installed;
        let needs = records.iter();
        record.requires = sorted(needs.map(|need| edge(&need.name, need.version.as_deref())));
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn a_comment_does_not_end_the_requirements() {
        let text = "[requires]\n# a comment\ncatch2/2.13.8\nspdlog/1.9.2@user/channel#123%987 # why\nfmt/[>=8.1 <9]\n\n[tool_requires]\ncmake/3.25\n[generators]\ncmake\n";
        let records = records(&Conan, "src/conanfile.txt", text.as_bytes()).unwrap();
        let names: Vec<_> = records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect();
        assert_eq!(
            names,
            ["catch2@2.13.8", "spdlog@1.9.2", "fmt@", "cmake@3.25"]
        );
        assert!(records[3].development);
        assert_eq!(
            records[1].purl(None).unwrap().to_string(),
            "pkg:conan/spdlog@1.9.2?channel=channel&rrev=123&user=user"
        );
    }

    #[test]
    fn locks_of_both_generations_are_read() {
        let old = r#"{"version":"0.4","graph_lock":{"nodes":{
            "0":{"ref":"app/1.0","path":"conanfile.py","requires":["1"]},
            "1":{"ref":"pkga/0.0.1#abc","requires":["2"]},
            "2":{"ref":"pkgb/system"}}}}"#;
        let records = records(&Conan, "conan.lock", old.as_bytes()).unwrap();
        assert!(records[0].local && !records[1].local);
        assert_eq!(records[0].requires, ["pkga@0.0.1"]);
        assert_eq!(records[1].requires, ["pkgb@system"]);
        let oldest = r#"{"version":"0.1","graph_lock":{"nodes":{
            "a":{"pref":"test/1.0:2ce0","path":"x.py","requires":{"zlib/1.2.11#5f":"b"}},
            "b":{"pref":"zlib/1.2.11#5f:197#58"}}}}"#;
        assert_eq!(
            found(&Conan, "conan.lock", oldest.as_bytes()),
            ["test@1.0", "zlib@1.2.11"]
        );
        let new = r#"{"version":"0.5","requires":["sound32/1.0#83d4%1675278904.07"],"build_requires":["cmake/3.25"]}"#;
        assert_eq!(
            found(&Conan, "conan.lock", new.as_bytes()),
            ["sound32@1.0", "cmake@3.25"]
        );
        assert!(
            Conan
                .collect(&File {
                    path: "conan.lock",
                    mode: plimsoll_types::Mode(0),
                    bytes: b"{",
                    companion: None
                })
                .is_err()
        );
    }

    #[test]
    fn the_cache_names_packages_by_folders() {
        let text = "[settings]\n  os=Linux\n[requires]\n  zlib/1.Y.Z\n[full_requires]\n  zlib/1.2.11:197\n";
        let path = "root/.conan/data/libpng/1.6.39/_/_/package/0123/conaninfo.txt";
        let records = records(&Conan, path, text.as_bytes()).unwrap();
        assert_eq!(records[0].full_version(), "1.2.11");
        let record = &records[1];
        assert_eq!(
            (record.name.as_str(), record.full_version().as_str()),
            ("libpng", "1.6.39")
        );
        assert_eq!(record.requires, ["zlib@1.2.11"]);
        assert_eq!(record.confidence, Confidence::Installed);
    }
}
