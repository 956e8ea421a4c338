//! Spack packages as installed: `.spack/spec.json` in the folder of each
//! (<https://spack.readthedocs.io>).

use super::lock::{LIMIT, edge, sorted};
use super::packages;
use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) struct Spack;

impl Collector for Spack {
    fn name(&self) -> &'static str {
        "spack"
    }

    fn about(&self) -> &'static str {
        "Spack packages: .spack/spec.json"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "spec.json" && file.path_ends_with(".spack/spec.json") {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let document: Document =
            serde_json::from_str(&decode(file.bytes)).map_err(CollectError::new)?;
        let mut named = Vec::new();
        named.extend(records(&document.spec.nodes));
        Ok(packages(self.name(), named))
    }
}

#[derive(Deserialize)]
struct Document {
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    name: String,
    version: Option<String>,
    #[serde(default)]
    arch: Value,
    /// What the system provides.
    external: Option<Value>,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    #[serde(default)]
    hash: String,
}

/// The first is the package of the folder, the others are what it was built
/// and runs with, each in a folder of its own if it is still there.
fn records(nodes: &[Node]) -> Vec<PackageRecord> {
    let versions: BTreeMap<&str, Option<&str>> = nodes
        .iter()
        .map(|node| (node.hash.as_str(), node.version.as_deref()))
        .collect();
    let mut records = Vec::new();
    for (at, node) in nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.external.is_none())
    {
        let confidence = match at {
            0 => Confidence::Installed,
            _ => Confidence::Declared,
        };
        let version = node.version.clone();
        let mut record = PackageRecord::new(Ecosystem::Spack, &node.name, version, confidence);
        let target = node.arch.get("target");
        let target =
            target.and_then(|target| target.as_str().or_else(|| target.get("name")?.as_str()));
        record.arch = target.map(str::to_owned);
        record.requires = sorted(node.dependencies.iter().map(|need| {
            let version = versions.get(need.hash.as_str()).copied().flatten();
            edge(&need.name, version)
        }));
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn what_the_system_provides_is_no_package() {
        let text = r#"{"spec":{"_meta":{"version":5},"nodes":[
            {"name":"libelf","version":"0.8.13","arch":{"target":{"name":"skylake"}},"hash":"a","dependencies":[{"name":"gmake","hash":"b"},{"name":"gcc","hash":"c"}]},
            {"name":"gmake","version":"4.4.1","arch":{"target":"x86_64"},"hash":"b"},
            {"name":"gcc","version":"13.3.0","external":{"path":"/usr"},"hash":"c"}]}}"#;
        let path = "opt/spack/x/libelf-0.8.13-a/.spack/spec.json";
        let records = fixture::records(&Spack, path, text.as_bytes()).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].requires, ["gcc@13.3.0", "gmake@4.4.1"]);
        assert_eq!(records[0].arch.as_deref(), Some("skylake"));
        assert_eq!(records[1].confidence, Confidence::Declared);
    }
}
