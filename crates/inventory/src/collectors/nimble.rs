//! Nim packages that a `nimble.lock` names (<https://nim-lang.github.io/nimble>).

use super::lock::{LIMIT, is_hex, sorted};
use super::text::decode;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::Ecosystem;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct Nimble;

impl Collector for Nimble {
    fn name(&self) -> &'static str {
        "nimble"
    }

    fn about(&self) -> &'static str {
        "Nim packages that sources declare: nimble.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "nimble.lock" {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let lock: Lock = serde_json::from_str(&decode(file.bytes)).map_err(CollectError::new)?;
        let mut named = Vec::new();
        for (name, locked) in lock.packages {
            let mut record = declared(Ecosystem::Nimble, name, locked.version.as_deref());
            record.requires = sorted(locked.dependencies);
            let hash = locked.checksums.get("sha1").filter(|hash| is_hex(hash, 20));
            record.digests = hash
                .map(|hash| format!("sha1:{}", hash.to_ascii_lowercase()))
                .into_iter()
                .collect();
            if let (Some(url), Some(commit)) = (locked.url, locked.revision) {
                let url = format!("git+{url}@{commit}");
                record.qualifiers.insert("vcs_url".to_owned(), url);
            }
            named.push(record);
        }
        Ok(packages(self.name(), named))
    }
}

#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Locked>,
}

#[derive(Deserialize)]
struct Locked {
    version: Option<String>,
    url: Option<String>,
    #[serde(rename = "vcsRevision")]
    revision: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    checksums: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    #[test]
    fn packages_come_from_repositories() {
        let text = r#"{"version":2,"packages":{"chronos":{"version":"4.0.3","vcsRevision":"c41599a","url":"https://github.com/status-im/nim-chronos","downloadMethod":"git","dependencies":["stew"],"checksums":{"sha1":"BED4B8F1B12AE92DC1A5E0F3A7D7C9D1A2B3C4D5"}}},"tasks":{}}"#;
        let record = records(&Nimble, "src/nimble.lock", text.as_bytes())
            .unwrap()
            .remove(0);
        assert_eq!(
            (record.name.as_str(), record.full_version().as_str()),
            ("chronos", "4.0.3")
        );
        assert_eq!(record.requires, ["stew"]);
        assert_eq!(
            record.qualifiers["vcs_url"],
            "git+https://github.com/status-im/nim-chronos@c41599a"
        );
    }
}
