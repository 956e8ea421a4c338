//! `bun.lock`, the text form (JSON with comments).

use super::{Steps, integrity, jsonc, mark_origin, package, split};
use crate::collector::CollectError;
use crate::collectors::graph::Graph;
use plimsoll_types::PackageRecord;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

const REQUIRED: &[&str] = &["dependencies", "optionalDependencies"];

pub(super) fn read(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock: Value = serde_json::from_str(&jsonc::strict(text)).map_err(CollectError::new)?;
    let (empty, none) = (Map::new(), Map::new());
    let packages = lock
        .get("packages")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let workspaces = lock
        .get("workspaces")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let graph = graph(packages, workspaces);
    let development = graph.only_development();
    let records = packages.iter().filter_map(|(key, entry)| {
        let mut record = record(entry, workspaces)?;
        record.development = development.contains(key.as_str());
        let needed = graph.edges.get(key.as_str()).into_iter().flatten();
        record.requires = needed.map(|key| reference(packages, key)).collect();
        Some(record)
    });
    Ok(records.collect())
}

/// `["name@version", registry, {info}, integrity]`, in varying lengths.
fn record(entry: &Value, workspaces: &Object) -> Option<PackageRecord> {
    let (name, resolved) = split(resolution(entry)?)?;
    let workspace = resolved.strip_prefix("workspace:");
    if matches!(workspace, Some("" | ".")) || resolved.starts_with("root:") {
        return None;
    }
    let of_workspace = workspace.and_then(|path| workspaces.get(path)?.get("version")?.as_str());
    let version = Some(resolved).filter(|text| !text.contains([':', '/']));
    let mut record = package(name, of_workspace.or(version))?;
    mark_origin(&mut record, resolved);
    let last = entry.as_array().and_then(|list| list.last()?.as_str());
    record.digests = integrity(last.unwrap_or_default());
    Some(record)
}

fn resolution(entry: &Value) -> Option<&str> {
    entry.get(0)?.as_str()
}

/// The package of a key as dependants name it.
fn reference(packages: &Object, key: &str) -> String {
    let named = packages.get(key).and_then(resolution).and_then(split);
    match named {
        Some((name, version)) if !version.contains([':', '/']) => format!("{name}@{version}"),
        Some((name, _)) => name.to_owned(),
        None => key.to_owned(),
    }
}

fn graph<'a>(packages: &'a Object, workspaces: &'a Object) -> Graph<'a> {
    let mut graph = Graph::default();
    let steps = Steps::new();
    for (key, entry) in packages {
        let parts = entry.as_array().into_iter().flatten();
        let info = parts.filter(|part| part.is_object());
        let names = info.flat_map(|info| names(info, REQUIRED));
        let next = names.filter_map(|name| nearest(packages, key, name, &steps));
        graph.edges.insert(key, next.collect());
    }
    for workspace in workspaces.values() {
        let own = workspace.get("name").and_then(Value::as_str);
        let target = |name| nearest(packages, own.unwrap_or_default(), name, &steps);
        let runtime = names(
            workspace,
            &["dependencies", "optionalDependencies", "peerDependencies"],
        );
        graph.runtime.extend(runtime.filter_map(target));
        graph.runtime.extend(own.map(str::to_owned));
        let development = names(workspace, &["devDependencies"]);
        graph.development.extend(development.filter_map(target));
    }
    graph
}

fn names<'a>(of: &'a Value, sections: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let objects = sections.iter().filter_map(|key| of.get(*key)?.as_object());
    objects.flat_map(|object| object.keys().map(String::as_str))
}

/// The key under which `from` finds a name: `from/name`, or the same further
/// out.
fn nearest(packages: &Object, from: &str, name: &str, steps: &Steps) -> Option<String> {
    let mut prefix = from;
    while !prefix.is_empty() && steps.take(prefix) {
        let key = format!("{prefix}/{name}");
        if packages.contains_key(&key) {
            return Some(key);
        }
        let outer = prefix
            .rfind('/')
            .and_then(|at| prefix.get(..at))
            .unwrap_or_default();
        // A scope alone is no package.
        let last = outer.rsplit('/').next().unwrap_or_default();
        prefix = if last.starts_with('@') {
            outer
                .get(..outer.len() - last.len())
                .unwrap_or_default()
                .trim_end_matches('/')
        } else {
            outer
        };
    }
    packages.contains_key(name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_version_is_the_one_that_is_meant() {
        let text = r#"{
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "app", "dependencies": { "@s/a": "^7", }, "devDependencies": { "t": "1" }, },
    "lib": { "name": "lib", "version": "0.1.0", "dependencies": { "flag": "2" } },
  },
  "packages": {
    "@s/a": ["@s/a@7.2.0", "", { "dependencies": { "flag": "^4" } }, "sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY="],
    "@s/a/flag": ["flag@4.0.0", "", {}, ""],
    "flag": ["flag@2.0.0", "", {}, ""],
    "lib": ["lib@workspace:lib"],
    "t": ["t@1.0.0", "", { "dependencies": { "u": "*" } }, ""],
    "u": ["u@github:o/u#6609a88", {}, "o-u-6609a88"], // a fork
  }
}"#;
        let records = read(text).unwrap();
        let find = |name: &str, version: &str| {
            let mut records = records.iter();
            records
                .find(|r| r.name == name && r.full_version() == version)
                .unwrap()
        };
        let a = find("@s/a", "7.2.0");
        assert_eq!(a.requires, ["flag@4.0.0"]);
        assert_eq!(a.digests.len(), 1);
        assert!(!find("flag", "4.0.0").development && !find("flag", "2.0.0").development);
        assert!(find("t", "1.0.0").development && find("u", "").development);
        assert!(find("lib", "0.1.0").local);
        assert!(find("u", "").qualifiers.contains_key("vcs_url"));
    }
}
