//! Node packages as installed: `package.json` files. Editors keep their
//! extensions in the same form.

use super::npm_lock::{integrity, mark_repository};
use super::purl;
use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::{Map, Value};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Npm;

impl Collector for Npm {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn about(&self) -> &'static str {
        "Node packages and editor extensions: package.json of packages"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "package.json" && is_package_root(file.path) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let json = parse(&decode(file.bytes))?;
        let installed = is_in_modules(file.path);
        let record = if is_editor_extension(&json, installed) {
            extension(&json)
        } else {
            match package(&json) {
                Some(record) if installed => Some(record),
                // Nothing was ever published without a version.
                Some(record) if record.version.is_none() => None,
                Some(record) if is_published(&json) => Some(record),
                Some(record) => Some(project(record)),
                None if installed => no_package(&json)?,
                None => None,
            }
        };
        let record = record.map(|record| Fact::Packages(vec![record]));
        Ok(Collected::from(Vec::from_iter(record)))
    }
}

/// A folder of packages may hold what is none: type markers have no name, and
/// Unity has a registry of its own. A name that no package can have is neither.
fn no_package(json: &Value) -> Result<Option<PackageRecord>, CollectError> {
    match text(json, "name") {
        Some(name) if !is_name(name) => Err(CollectError::new(
            "it has a name that no npm package can have",
        )),
        _ => Ok(None),
    }
}

fn parse(text: &str) -> Result<Value, CollectError> {
    serde_json::from_str(text).map_err(CollectError::new)
}

/// The package that a manifest describes; type markers have no name. One that
/// lacks a version is without it, and so can be matched with nothing: where it
/// is installed, matching makes that a gap.
pub(super) fn manifest(text: &str) -> Result<Option<PackageRecord>, CollectError> {
    Ok(package(&parse(text)?))
}

fn package(json: &Value) -> Option<PackageRecord> {
    let (name, version) = (text(json, "name")?, text(json, "version"));
    // Unity has a registry of its own.
    if !is_name(name) || text(json, "unity").is_some() {
        return None;
    }
    let mut record = record(json, Ecosystem::Npm, name, version);
    let needed = ["dependencies", "optionalDependencies"];
    let needed = needed.iter().filter_map(|key| json.get(*key)?.as_object());
    record.requires = needed.flat_map(Map::keys).cloned().collect();
    record.requires.sort();
    record.requires.dedup();
    // npm wrote these until its version 7.
    record.digests = integrity(text(json, "_integrity").unwrap_or_default());
    mark_repository(&mut record, text(json, "_resolved").unwrap_or_default());
    Some(record)
}

/// An application: nobody installed it, and no registry knows it.
fn project(mut record: PackageRecord) -> PackageRecord {
    record.local = true;
    record.confidence = Confidence::Declared;
    record
}

fn extension(json: &Value) -> Option<PackageRecord> {
    let (name, version) = (text(json, "name")?, text(json, "version")?);
    let publisher = text(json, "publisher").map(|publisher| format!("{publisher}."));
    let id = format!("{}{name}", publisher.as_deref().unwrap_or_default());
    let mut record = record(json, Ecosystem::EditorExtension, &id, Some(version));
    record.purl = publisher.map(|_| {
        let (publisher, name) = id.split_once('.').unwrap_or(("", &id));
        purl("vscode-extension", publisher, name, Some(version))
    });
    record.vendor = text(json, "publisher").map(str::to_owned);
    Some(record)
}

fn record(json: &Value, ecosystem: Ecosystem, name: &str, version: Option<&str>) -> PackageRecord {
    let version = version.map(str::to_owned);
    let mut record = PackageRecord::new(ecosystem, name, version, Confidence::Installed);
    record.licenses = licenses(json);
    record.vendor = person(json.get("author"));
    record
}

/// Whether the manifest of a folder outside `node_modules` is that of a
/// package which was published, not of an application that happens to have the
/// name of one: it may be, and says where it comes from or what it offers.
fn is_published(json: &Value) -> bool {
    const SIGNS: &[&str] = &[
        "repository",
        "homepage",
        "bugs",
        "bin",
        "files",
        "publishConfig",
        "_id",
        "_resolved",
    ];
    let private = json.get("private").and_then(Value::as_bool) == Some(true);
    !private && SIGNS.iter().any(|key| json.get(*key).is_some())
}

fn is_in_modules(path: &str) -> bool {
    path.split('/').any(|part| part == "node_modules")
}

/// Inside a package only its own manifest counts, not those of its fixtures
/// and templates: the directory must sit directly in `node_modules`, or in a
/// scope there. Outside `node_modules` any manifest may be an application's.
fn is_package_root(path: &str) -> bool {
    let Some((directory, _)) = path.rsplit_once('/') else {
        return true;
    };
    let mut parts = directory.rsplit('/');
    let (own, parent) = (parts.next().unwrap_or_default(), parts.next());
    let grandparent = parts.next();
    let own = own.starts_with('.');
    match (parent, grandparent) {
        (Some("node_modules"), _) => !own,
        (Some(scope), Some("node_modules")) if scope.starts_with('@') => !own,
        _ => !is_in_modules(directory),
    }
}

fn text<'a>(json: &'a Value, key: &str) -> Option<&'a str> {
    json.get(key)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

pub(super) fn is_name(name: &str) -> bool {
    let bare = match name.strip_prefix('@') {
        Some(scoped) => match scoped.split_once('/') {
            Some((scope, bare)) if !scope.is_empty() => bare,
            _ => return false,
        },
        None => name,
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.~!'()*".contains(c);
    name.len() <= 214 && !bare.is_empty() && bare.chars().all(legal)
}

/// Extensions of editors use the same file for another registry; libraries
/// for them name the editor, too.
fn is_editor_extension(json: &Value, installed: bool) -> bool {
    let engines = json.get("engines");
    let editor = engines.and_then(|engines| engines.get("vscode")).is_some();
    editor && (!installed || text(json, "publisher").is_some())
}

/// A string, an object with `type`, or a list of either.
pub(super) fn licenses(json: &Value) -> Vec<String> {
    fn one(value: &Value) -> Option<String> {
        let text = value
            .as_str()
            .or_else(|| value.get("type")?.as_str())
            .or_else(|| value.get("name")?.as_str())?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
    let values = [json.get("license"), json.get("licenses")];
    values
        .into_iter()
        .flatten()
        .flat_map(|value| match value.as_array() {
            Some(list) => list.iter().filter_map(one).collect(),
            None => one(value).into_iter().collect::<Vec<_>>(),
        })
        .collect()
}

fn person(value: Option<&Value>) -> Option<String> {
    let value = value?;
    value
        .as_str()
        .or_else(|| value.get("name")?.as_str())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    fn collect(json: &str) -> Result<Option<PackageRecord>, CollectError> {
        let found = records(&Npm, "app/node_modules/x/package.json", json.as_bytes());
        Ok(found?.into_iter().next())
    }

    #[test]
    fn manifests_of_fixtures_inside_packages_do_not_count() {
        for (path, expected) in [
            ("node_modules/a/package.json", true),
            ("app/node_modules/@s/a/package.json", true),
            ("app/node_modules/a/node_modules/b/package.json", true),
            ("app/package.json", true),
            ("node_modules/a/test/fixture/package.json", false),
            ("node_modules/a/dist/esm/package.json", false),
            ("node_modules/.cache/package.json", false),
        ] {
            assert_eq!(is_package_root(path), expected, "{path}");
        }
    }

    #[test]
    fn odd_fields_cost_nothing() {
        let record = collect(
            r#"{"name":"@s/x","version":"1.0.0","author":["a"],"maintainers":"b","licenses":[{"type":"MIT"},"ISC"]}"#,
        );
        let record = record.unwrap().unwrap();
        assert_eq!(record.licenses, ["MIT", "ISC"]);
        assert_eq!(record.vendor, None);
    }

    #[test]
    fn what_has_no_name_is_no_package() {
        assert_eq!(collect(r#"{"type":"module"}"#).unwrap(), None);
        assert_eq!(
            collect(r#"{"name":"com.x","version":"1.0.0","unity":"2021.3"}"#).unwrap(),
            None
        );
        assert!(collect("{").is_err());
    }

    #[test]
    fn what_is_installed_without_a_version_is_still_there() {
        for text in [
            r#"{"name":"x"}"#,
            r#"{"name":"x","version":""}"#,
            r#"{"name":"x","version":1}"#,
        ] {
            let record = collect(text).unwrap().unwrap();
            assert_eq!((record.name.as_str(), &record.version), ("x", &None));
            assert_eq!(record.confidence, Confidence::Installed);
            assert_eq!(
                records(&Npm, "app/package.json", text.as_bytes()).unwrap(),
                []
            );
        }
        assert!(collect(r#"{"name":"a b","version":"1.0.0"}"#).is_err());
    }

    #[test]
    fn extensions_of_editors_are_not_npm_packages() {
        let handlebars = r#"{"name":"handlebars","version":"1.0.0","publisher":"andrejunges","engines":{"vscode":"^1.0"}}"#;
        let path = "root/.vscode/extensions/andrejunges.handlebars-1.0.0/package.json";
        let records = records(&Npm, path, handlebars.as_bytes()).unwrap();
        assert_eq!(records[0].ecosystem, Ecosystem::EditorExtension);
        assert_eq!(records[0].name, "andrejunges.handlebars");
        assert_eq!(
            records[0].purl(None).unwrap().to_string(),
            "pkg:vscode-extension/andrejunges/handlebars@1.0.0"
        );
        let library =
            r#"{"name":"vscode-languageclient","version":"9.0.1","engines":{"vscode":"^1.82.0"}}"#;
        assert_eq!(collect(library).unwrap().unwrap().ecosystem, Ecosystem::Npm);
    }

    #[test]
    fn an_application_is_not_the_package_of_its_name() {
        let local = |path: &str, json: &str| records(&Npm, path, json.as_bytes()).unwrap()[0].local;
        let app = r#"{"name":"backend","version":"1.0.0","main":"index.js"}"#;
        let private = r#"{"name":"yarn","version":"1.22.19","bin":{},"private":true}"#;
        let yarn = r#"{"name":"yarn","version":"1.22.19","bin":{"yarn":"bin/yarn.js"}}"#;
        assert!(local("app/package.json", app));
        assert!(local("app/package.json", private));
        assert!(!local("opt/yarn-v1.22.19/package.json", yarn));
        assert!(!local("app/node_modules/backend/package.json", app));
    }

    #[test]
    fn what_it_needs_and_where_it_came_from_are_kept() {
        let record = collect(
            r#"{"name":"x","version":"1.0.0","dependencies":{"b":"1","a":"1"},"optionalDependencies":{"b":"1"},
            "_integrity":"sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY=","_resolved":"git+ssh://git@github.com/o/x.git#1"}"#,
        );
        let record = record.unwrap().unwrap();
        assert_eq!(record.requires, ["a", "b"]);
        assert_eq!(record.digests.len(), 1);
        assert_eq!(
            record.qualifiers["vcs_url"],
            "git+ssh://github.com/o/x.git#1"
        );
    }
}
