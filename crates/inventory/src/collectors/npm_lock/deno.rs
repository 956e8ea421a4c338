//! `deno.lock`, versions 2 to 5: packages of npm and JSR, and remote modules.

use super::{integrity, package, split};
use crate::collector::CollectError;
use crate::collectors::declared;
use plimsoll_types::{Ecosystem, PackageRecord};
use serde_json::{Map, Value};

pub(super) fn read(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    // Versions 2 and 3 keep them one level down.
    let inner = lock.get("packages");
    let of = |key: &str| {
        let object = inner
            .and_then(|inner| inner.get(key))
            .or_else(|| lock.get(key));
        // Version 2 and 3: `npm` may hold `specifiers` and `packages`.
        let object = object.and_then(|o| o.get("packages").or(Some(o)));
        object.and_then(Value::as_object)
    };
    let mut records = Vec::new();
    for (key, entry) in of("npm").into_iter().flatten() {
        if let Some((name, version)) = identity(key)
            && let Some(mut record) = package(name, Some(version))
        {
            record.digests = integrity(
                entry
                    .get("integrity")
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
            );
            record.requires = requires(entry);
            records.push(record);
        }
    }
    for key in of("jsr").into_iter().flat_map(Map::keys) {
        if let Some((name, version)) = identity(key) {
            records.extend(package(name, Some(version)).map(elsewhere));
        }
    }
    let remote = lock.get("remote").and_then(Value::as_object);
    for url in remote.into_iter().flat_map(Map::keys) {
        if let Some((name, version)) = module(url) {
            records.push(elsewhere(declared(Ecosystem::Npm, name, Some(version))));
        }
    }
    Ok(records)
}

/// What npm does not host must not be taken for what has its name there.
fn elsewhere(mut record: PackageRecord) -> PackageRecord {
    record.local = true;
    record
}

/// `name@version_peer@version`: the version ends where the peers begin.
fn identity(key: &str) -> Option<(&str, &str)> {
    let (name, version) = split(key)?;
    Some((name, version.split('_').next()?))
}

/// `https://host/name@version/…`
fn module(url: &str) -> Option<(&str, &str)> {
    let (_, path) = url.split_once("://")?;
    let (name, rest) = path.split_once('@')?;
    let version = rest.split('/').next()?.trim_start_matches('v');
    let sound = !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit());
    sound.then_some((name, version))
}

/// A list of keys, or in older versions a map from names to keys.
fn requires(entry: &Value) -> Vec<String> {
    let keys: Vec<&str> = match entry.get("dependencies") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::Object(map)) => map.values().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let reference = |key: &str| match identity(key) {
        Some((name, version)) => format!("{name}@{version}"),
        None => key.to_owned(),
    };
    keys.into_iter().map(reference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_no_part_of_the_version() {
        let text = r#"{"version":"4","specifiers":{},
        "jsr":{"@std/bytes@1.0.2":{"integrity":"fbde"}},
        "npm":{"typedoc@0.28.19_typescript@6.0.3":{"dependencies":["lunr@2.3.9","@s/x@1.0.0_y@2.0.0"]}},
        "remote":{"https://deno.land/std@0.140.0/path/mod.ts":"d3e6","https://deno.land/x/y/mod.ts":"0"}}"#;
        let records = read(text).unwrap();
        let names: Vec<_> = records
            .iter()
            .map(|r| (r.name.as_str(), r.full_version(), r.local))
            .collect();
        assert_eq!(
            names,
            [
                ("typedoc", "0.28.19".into(), false),
                ("@std/bytes", "1.0.2".into(), true),
                ("deno.land/std", "0.140.0".into(), true),
            ]
        );
        assert_eq!(records[0].requires, ["lunr@2.3.9", "@s/x@1.0.0"]);
    }

    #[test]
    fn older_versions_nest() {
        let three = r#"{"version":"3","packages":{"specifiers":{},"npm":{"chalk@5.3.0":{"dependencies":{"a":"a@1.0.0"}}}}}"#;
        let two = r#"{"version":"2","npm":{"specifiers":{"chalk":"chalk@5.3.0"},"packages":{"chalk@5.3.0":{}}}}"#;
        for text in [three, two] {
            assert_eq!(read(text).unwrap()[0].full_version(), "5.3.0");
        }
    }
}
