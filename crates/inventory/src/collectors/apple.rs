//! Swift packages and CocoaPods that sources declare: `Package.resolved`
//! (versions 1 to 3) and `Podfile.lock`.

use super::format::Format;
use super::lock::{LIMIT, is_hex, sorted};
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Ecosystem, PackageRecord, PackageUrl};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Apple;

impl Collector for Apple {
    fn name(&self) -> &'static str {
        "apple"
    }

    fn about(&self) -> &'static str {
        "Swift packages and CocoaPods that sources declare: Package.resolved, Podfile.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() {
            "Package.resolved" | ".package.resolved" | "Podfile.lock" => {
                Want::Whole { limit: LIMIT }
            }
            _ => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        let mut named = Vec::new();
        let format = if file.name() == "Podfile.lock" {
            named.extend(pods(&text));
            PODFILE
        } else {
            let json: Value = serde_json::from_str(&text).map_err(CollectError::new)?;
            let pins = json.get("pins").or_else(|| json.get("object")?.get("pins"));
            let pins = pins.and_then(Value::as_array).into_iter().flatten();
            named.extend(pins.filter_map(swift));
            RESOLVED
        };
        format.hold(&text, packages(self.name(), named))
    }
}

const RESOLVED: Format = Format::of_keys("a list of resolved Swift packages", &["pins"]);
const PODFILE: Format = Format::of_lines(
    "a lock file of CocoaPods",
    &["#"],
    &["PODS:", "DEPENDENCIES:", "PODFILE CHECKSUM:", "COCOAPODS:"],
);

/// Swift packages have no names of their own but their repositories.
fn swift(pin: &Value) -> Option<PackageRecord> {
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    let place = text(pin, "location").or_else(|| text(pin, "repositoryURL"))?;
    let local = text(pin, "kind").is_some_and(|kind| kind.starts_with("local"));
    let state = pin.get("state")?;
    let version = ["version", "branch", "revision"]
        .iter()
        .find_map(|key| text(state, key));
    let mut record = declared(Ecosystem::Swift, repository(&place), version.as_deref());
    record.local = local || place.starts_with(['/', '.']);
    Some(record)
}

/// `host/owner/name`, from any way to write the address of a repository.
fn repository(url: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.split_once('@').map_or(url, |(_, rest)| rest);
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    // `git@host:owner/name`; a port stays.
    match url.split_once(':') {
        Some((host, path)) if !path.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{host}/{path}")
        }
        _ => url.to_owned(),
    }
}

/// Names stand at two spaces, what they need at four.
fn pods(text: &str) -> Vec<PackageRecord> {
    let mut section = "";
    let mut records: Vec<PackageRecord> = Vec::new();
    let mut checksums: BTreeMap<&str, &str> = BTreeMap::new();
    let mut local: BTreeSet<&str> = BTreeSet::new();
    let mut external = "";
    for line in text.lines() {
        let words = line.trim();
        let indent = line.len() - line.trim_start().len();
        match (section, indent) {
            (_, 0) if !words.is_empty() => section = words.trim_end_matches(':'),
            ("PODS", 2) => records.extend(pod(words)),
            ("PODS", 4) => {
                let need = item(words).split(" (").next().unwrap_or_default();
                if let Some(record) = records.last_mut() {
                    record.requires.push(need.to_owned());
                }
            }
            ("SPEC CHECKSUMS", 2) => {
                checksums.extend(
                    words
                        .split_once(": ")
                        .map(|(name, hash)| (unquoted(name), hash)),
                );
            }
            ("EXTERNAL SOURCES", 2) => external = unquoted(words.trim_end_matches(':')),
            ("EXTERNAL SOURCES", 4) if words.starts_with(":path:") => {
                local.insert(external);
            }
            _ => {}
        }
    }
    for record in &mut records {
        let root = record.name.split('/').next().unwrap_or_default().to_owned();
        record.local = local.contains(root.as_str());
        // Pods are known by the checksum of their description.
        let hash = checksums.get(root.as_str()).filter(|hash| is_hex(hash, 20));
        record.digests = hash
            .map(|hash| format!("sha1:{hash}"))
            .into_iter()
            .collect();
        record.requires = sorted(std::mem::take(&mut record.requires));
    }
    records
}

/// `- NAME (VERSION)`, perhaps in quotes and with a colon.
fn pod(line: &str) -> Option<PackageRecord> {
    let (name, rest) = item(line).split_once(" (")?;
    let version = rest.split(')').next();
    let mut record = declared(Ecosystem::Cocoapods, name, version);
    if let Some((pod, part)) = name.split_once('/') {
        let purl = PackageUrl {
            kind: "cocoapods".to_owned(),
            name: pod.to_owned(),
            version: record.version.clone(),
            subpath: part.to_owned(),
            ..PackageUrl::default()
        };
        record.purl = Some(purl.to_string());
    }
    Some(record)
}

fn item(line: &str) -> &str {
    let line = line
        .strip_prefix("- ")
        .unwrap_or(line)
        .trim_end_matches(':');
    unquoted(line)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn a_swift_package_is_its_repository() {
        let new = r#"{"pins":[
            {"identity":"nimble","kind":"remoteSourceControl","location":"https://github.com/Quick/Nimble.git","state":{"revision":"c9","version":"9.2.1"}},
            {"identity":"x","kind":"remoteSourceControl","location":"git@example.org:o/x.git","state":{"branch":"main","revision":"ab"}},
            {"identity":"y","kind":"localSourceControl","location":"/src/y","state":{"revision":"cd"}}],"version":2}"#;
        let records = records(&Apple, "Package.resolved", new.as_bytes()).unwrap();
        let purl = records[0].purl(None).unwrap().to_string();
        assert_eq!(purl, "pkg:swift/github.com/Quick/Nimble@9.2.1");
        assert_eq!(records[1].name, "example.org/o/x");
        assert_eq!(records[1].full_version(), "main");
        assert!(records[2].local);
        let old = r#"{"object":{"pins":[{"package":"Nimble","repositoryURL":"https://github.com/Quick/Nimble","state":{"branch":null,"revision":"c9","version":null}}]},"version":1}"#;
        assert_eq!(
            found(&Apple, ".package.resolved", old.as_bytes()),
            ["github.com/Quick/Nimble@c9"]
        );
    }

    #[test]
    fn parts_of_a_pod_are_the_pod() {
        let text = "PODS:\n  - AppCenter (4.2.0):\n    - AppCenter/Core (= 4.2.0)\n  - AppCenter/Core (4.2.0)\n  - \"Mine+X (1.0)\":\n    - AppCenter\n\nDEPENDENCIES:\n  - AppCenter\n\nEXTERNAL SOURCES:\n  \"Mine+X\":\n    :path: \"../mine\"\n\nSPEC CHECKSUMS:\n  AppCenter: 4ea1197a744f2fb5fb875fe31caf17ded4762e8f\n\nCOCOAPODS: 1.11.2\n";
        let records = records(&Apple, "Podfile.lock", text.as_bytes()).unwrap();
        let names: Vec<_> = records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect();
        assert_eq!(
            names,
            ["AppCenter@4.2.0", "AppCenter/Core@4.2.0", "Mine+X@1.0"]
        );
        assert_eq!(
            records[1].purl(None).unwrap().to_string(),
            "pkg:cocoapods/AppCenter@4.2.0#Core"
        );
        assert_eq!(records[0].requires, ["AppCenter/Core"]);
        assert_eq!(
            records[1].digests,
            ["sha1:4ea1197a744f2fb5fb875fe31caf17ded4762e8f"]
        );
        assert!(records[2].local);
    }
}
