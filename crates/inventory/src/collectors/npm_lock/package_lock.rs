//! `package-lock.json`, `npm-shrinkwrap.json` and `node_modules/.package-lock.json`,
//! versions 1 to 3 (npm's `package-lock.json(5)`).

use super::{Steps, integrity, mark_origin, package, split};
use crate::collector::CollectError;
use plimsoll_types::PackageRecord;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

pub(super) fn read(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let json: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let mut records = Vec::new();
    let steps = Steps::new();
    if let Some(packages) = json.get("packages").and_then(Value::as_object) {
        let entries = packages.iter();
        records.extend(entries.filter_map(|(path, entry)| located(packages, path, entry, &steps)));
    } else if let Some(dependencies) = json.get("dependencies").and_then(Value::as_object) {
        let scopes = &mut vec![dependencies];
        nested(dependencies, scopes, false, &mut records, &steps);
    }
    Ok(records)
}

/// Since version 2: an entry for each folder.
fn located(packages: &Object, path: &str, entry: &Value, steps: &Steps) -> Option<PackageRecord> {
    const FOLDER: &str = "node_modules/";
    if path.is_empty() || is(entry, "link") {
        return None;
    }
    let folder = path
        .rfind(FOLDER)
        .and_then(|at| path.get(at + FOLDER.len()..));
    let name = text(entry, "name")
        .or(folder)
        .or_else(|| path.rsplit('/').next())?;
    let mut record = package(name, text(entry, "version"))?;
    record.local = folder.is_none();
    describe(&mut record, entry);
    record.licenses = crate::collectors::npm::licenses(entry);
    record.requires = requirements(entry, &["dependencies", "optionalDependencies"])
        .map(|name| match nearest(packages, path, name, steps) {
            Some((real, version)) => format!("{real}@{version}"),
            None => name.to_owned(),
        })
        .collect();
    Some(record)
}

/// Name and version of the package that a folder finds under a name, looking
/// from the inside out as Node does.
fn nearest<'a>(
    packages: &'a Object,
    from: &str,
    name: &'a str,
    steps: &Steps,
) -> Option<(&'a str, &'a str)> {
    let mut folder = from;
    while steps.take(folder) {
        let inner = match folder {
            "" => format!("node_modules/{name}"),
            folder => format!("{folder}/node_modules/{name}"),
        };
        if let Some(mut entry) = packages.get(&inner) {
            if is(entry, "link") {
                entry = packages.get(text(entry, "resolved")?)?;
            }
            return Some((text(entry, "name").unwrap_or(name), text(entry, "version")?));
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rfind("node_modules/").map_or("", |at| {
            folder.get(..at).unwrap_or_default().trim_end_matches('/')
        });
    }
    None
}

/// Version 1: dependencies inside each other, for development where what they
/// are in is. Scopes are the enclosing ones, the innermost last.
fn nested<'a>(
    dependencies: &'a Object,
    scopes: &mut Vec<&'a Object>,
    development: bool,
    records: &mut Vec<PackageRecord>,
    steps: &Steps,
) {
    for (name, entry) in dependencies {
        let development = development || is_development(entry);
        let (name, version) = aliased(name, entry);
        if let Some(mut record) = package(name, version.filter(|version| is_version(version))) {
            mark_origin(&mut record, version.unwrap_or_default());
            describe(&mut record, entry);
            record.development = development;
            let own = entry.get("dependencies").and_then(Value::as_object);
            record.requires = requirements(entry, &["requires"])
                .map(|wanted| {
                    let scopes = own.iter().chain(scopes.iter().rev());
                    let mut scopes = scopes.take_while(|_| steps.take(""));
                    match scopes.find_map(|scope| scope.get(wanted)) {
                        Some(entry) => match aliased(wanted, entry) {
                            (name, Some(version)) => format!("{name}@{version}"),
                            (name, None) => name.to_owned(),
                        },
                        None => wanted.to_owned(),
                    }
                })
                .collect();
            records.push(record);
        }
        if let Some(inner) = entry.get("dependencies").and_then(Value::as_object) {
            scopes.push(inner);
            nested(inner, scopes, development, records, steps);
            scopes.pop();
        }
    }
}

/// `npm:real@1.0` in the place of a version names the real package.
fn aliased<'a>(name: &'a str, entry: &'a Value) -> (&'a str, Option<&'a str>) {
    let version = text(entry, "version");
    match version.and_then(|v| v.strip_prefix("npm:")).and_then(split) {
        Some((real, version)) => (real, Some(version)),
        None => (name, version),
    }
}

fn is_version(text: &str) -> bool {
    !text.contains([':', '/'])
}

fn describe(record: &mut PackageRecord, entry: &Value) {
    record.development = is_development(entry);
    record.digests = integrity(text(entry, "integrity").unwrap_or_default());
    if let Some(resolved) = text(entry, "resolved") {
        mark_origin(record, resolved);
    }
}

fn is_development(entry: &Value) -> bool {
    is(entry, "dev") || is(entry, "devOptional")
}

fn requirements<'a>(entry: &'a Value, keys: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let objects = keys.iter().filter_map(|key| entry.get(*key)?.as_object());
    objects.flat_map(|object| object.keys().map(String::as_str))
}

fn text<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn is(entry: &Value, key: &str) -> bool {
    entry.get(key).and_then(Value::as_bool).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_name(records: &[PackageRecord], wanted: &str) -> PackageRecord {
        let mut records = records.iter();
        records.find(|r| r.name == wanted).cloned().unwrap()
    }

    #[test]
    fn folders_tell_which_version_is_needed() {
        let records = read(
            r#"{"lockfileVersion":3,"packages":{
            "":{"name":"app","version":"1.0.0","workspaces":{"packages":["w"]}},
            "w":{"version":"2.0.0","dependencies":{"debug":"^2"}},
            "node_modules/w":{"resolved":"w","link":true},
            "node_modules/debug":{"version":"2.5.2","dev":true,"license":"MIT","integrity":"sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY=","dependencies":{"ms":"0.7.2"}},
            "node_modules/debug/node_modules/ms":{"version":"0.7.2"},
            "node_modules/ms":{"version":"2.0.0"},
            "node_modules/width-cjs":{"name":"string-width","version":"4.2.0","optionalDependencies":{"ms":"*","gone":"*"}}}}"#,
        )
        .unwrap();
        assert_eq!(records.len(), 5, "{records:?}");
        let debug = by_name(&records, "debug");
        assert_eq!(debug.requires, ["ms@0.7.2"]);
        assert!(debug.development && debug.licenses == ["MIT"] && debug.digests.len() == 1);
        assert!(by_name(&records, "w").local);
        let width = by_name(&records, "string-width");
        assert_eq!(width.requires, ["gone", "ms@2.0.0"]);
    }

    #[test]
    fn the_first_version_nests_dependencies() {
        let records = read(
            r#"{"lockfileVersion":1,"dependencies":{
            "a":{"version":"1.0.0","requires":{"b":"^1","c":"*"},"dependencies":{"b":{"version":"1.1.0"}}},
            "b":{"version":"2.0.0","dev":true,"dependencies":{"inner":{"version":"1.0.0"}}},
            "c":{"version":"npm:@s/real@3.0.0"},
            "d":{"version":"file:../d"},
            "e":{"version":"git+ssh://git@github.com/a/e.git#1"}}}"#,
        )
        .unwrap();
        assert_eq!(
            by_name(&records, "a").requires,
            ["b@1.1.0", "@s/real@3.0.0"]
        );
        assert_eq!(records.iter().filter(|r| r.name == "b").count(), 2);
        assert!(by_name(&records, "inner").development);
        assert!(by_name(&records, "d").local);
        let e = by_name(&records, "e");
        assert_eq!(e.version, None);
        assert!(e.qualifiers.contains_key("vcs_url"));
    }

    #[test]
    fn links_in_a_circle_do_no_harm() {
        let records = read(
            r#"{"lockfileVersion":3,"packages":{"node_modules/a":{"link":true,"resolved":"node_modules/a"},
            "node_modules/b":{"version":"1.0.0","dependencies":{"a":"*","b":"*"}}}}"#,
        )
        .unwrap();
        assert_eq!(by_name(&records, "b").requires, ["a", "b@1.0.0"]);
    }
}
