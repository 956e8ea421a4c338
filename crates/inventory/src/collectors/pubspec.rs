//! Dart packages that a `pubspec.lock` names
//! (<https://dart.dev/tools/pub/glossary#lockfile>).

use super::format::Format;
use super::lock::{LIMIT, is_hex};
use super::text::decode;
use super::yaml::document;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Ecosystem, PackageRecord};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) struct Pubspec;

impl Collector for Pubspec {
    fn name(&self) -> &'static str {
        "pubspec-lock"
    }

    fn about(&self) -> &'static str {
        "Dart packages that sources declare: pubspec.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "pubspec.lock" {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let lock: Lock = document(&text)?;
        let mut named = Vec::new();
        let locked = lock.packages.iter();
        named.extend(locked.map(|(name, locked)| record(name, locked, &lock.sdks)));
        FORMAT.hold(&text, packages(self.name(), named))
    }
}

const FORMAT: Format = Format::of_keys("a lock file of pub", &["packages", "sdks"]);

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    packages: BTreeMap<String, Locked>,
    #[serde(default)]
    sdks: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    dependency: String,
    #[serde(default)]
    description: Value,
    #[serde(default)]
    source: String,
    version: Option<String>,
}

fn record(name: &str, locked: &Locked, sdks: &BTreeMap<String, String>) -> PackageRecord {
    let about = |key: &str| locked.description.get(key).and_then(Value::as_str);
    let mut version = locked.version.as_deref();
    if locked.source == "sdk" {
        // What comes with a kit has no version of its own; the kit does.
        let kit = locked.description.as_str().unwrap_or("flutter");
        version = sdks.get(kit).and_then(|range| lowest(range));
    }
    let mut record = declared(Ecosystem::Pub, about("name").unwrap_or(name), version);
    record.development = locked.dependency == "direct dev";
    record.local = matches!(locked.source.as_str(), "path" | "sdk");
    match (locked.source.as_str(), about("url")) {
        ("git", Some(url)) => {
            let commit = about("resolved-ref").unwrap_or_default();
            let url = format!("git+{url}@{commit}");
            record.qualifiers.insert("vcs_url".to_owned(), url);
        }
        ("hosted", Some(url)) if !is_usual(url) => {
            record
                .qualifiers
                .insert("hosted_url".to_owned(), url.to_owned());
        }
        _ => {}
    }
    let hash = about("sha256").filter(|hash| is_hex(hash, 32));
    record.digests = hash
        .map(|hash| format!("sha256:{hash}"))
        .into_iter()
        .collect();
    record
}

fn is_usual(url: &str) -> bool {
    let host = url.trim_start_matches("https://").trim_end_matches('/');
    matches!(host, "pub.dev" | "pub.dartlang.org")
}

/// `>=2.17.1 <3.0.0`.
fn lowest(range: &str) -> Option<&str> {
    let first = range.split_whitespace().next()?;
    let version = first.trim_start_matches(['>', '=', '^']);
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    const LOCK: &str = "packages:\n  flutter_web_plugins:\n    dependency: transitive\n    description: flutter\n    source: sdk\n    version: \"0.0.0\"\n  build_runner:\n    dependency: \"direct dev\"\n    description:\n      name: build_runner\n      sha256: \"XX\"\n      url: \"https://pub.dev\"\n    source: hosted\n    version: \"2.10\"\n  tray:\n    dependency: \"direct main\"\n    description:\n      path: \".\"\n      ref: main\n      resolved-ref: abc\n      url: \"https://example.org/tray\"\n    source: git\n    version: \"0.1.8\"\n  mine:\n    dependency: \"direct main\"\n    description:\n      path: \"../mine\"\n      relative: true\n    source: path\n    version: \"1.0.0\"\nsdks:\n  dart: \">=2.17.1 <3.0.0\"\n  flutter: \">=3.0.0\"\n";

    #[test]
    fn what_comes_with_a_kit_has_the_version_of_the_kit() {
        let records = records(&Pubspec, "app/pubspec.lock", LOCK.as_bytes()).unwrap();
        let of = |name: &str| records.iter().find(|r| r.name == name).unwrap();
        assert_eq!(of("flutter_web_plugins").full_version(), "3.0.0");
        assert!(of("build_runner").development && of("mine").local);
        assert_eq!(of("build_runner").full_version(), "2.10");
        assert_eq!(
            of("tray").purl(None).unwrap().to_string(),
            "pkg:pub/tray@0.1.8?vcs_url=git%2Bhttps%3A%2F%2Fexample.org%2Ftray%40abc"
        );
    }
}
