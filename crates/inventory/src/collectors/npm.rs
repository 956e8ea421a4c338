//! Node packages as installed: `package.json` files.

use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;

const LIMIT: u64 = 64 << 20;

pub(crate) struct Npm;

impl Collector for Npm {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn about(&self) -> &'static str {
        "Node packages: node_modules/**/package.json"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "package.json" && is_package_root(file.path) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let json: Value = serde_json::from_str(&decode(file.bytes)).map_err(CollectError::new)?;
        let (Some(name), Some(version)) = (text(&json, "name"), text(&json, "version")) else {
            // Application manifests and type markers have neither.
            return Ok(Collected::default());
        };
        if !is_name(name) || is_editor_extension(&json) {
            return Ok(Collected::default());
        }
        let mut record = PackageRecord::new(
            Ecosystem::Npm,
            name,
            Some(version.to_owned()),
            Confidence::Installed,
        );
        record.licenses = licenses(&json);
        record.vendor = person(json.get("author"));
        Ok(vec![Fact::Packages(vec![record])].into())
    }
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
        _ => !directory.split('/').any(|part| part == "node_modules"),
    }
}

fn text<'a>(json: &'a Value, key: &str) -> Option<&'a str> {
    json.get(key)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn is_name(name: &str) -> bool {
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

/// Extensions of editors use the same file for another registry.
fn is_editor_extension(json: &Value) -> bool {
    json.get("engines")
        .and_then(|engines| engines.get("vscode"))
        .is_some()
}

/// A string, an object with `type`, or a list of either.
fn licenses(json: &Value) -> Vec<String> {
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
    fn what_has_no_name_or_version_is_no_package() {
        assert_eq!(collect(r#"{"type":"module"}"#).unwrap(), None);
        assert_eq!(collect(r#"{"name":"x"}"#).unwrap(), None);
        assert_eq!(
            collect(r#"{"name":"x","version":"1","engines":{"vscode":"^1"}}"#).unwrap(),
            None
        );
        assert!(collect("{").is_err());
    }
}
