//! Rust crates that a `Cargo.lock` of any version names (the Cargo book,
//! `Cargo.lock`). It holds the members of the workspace with their versions
//! too, so `Cargo.toml` has nothing to add.

use super::lock::{LIMIT, edge, is_hex, sorted};
use super::text::decode;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Ecosystem, PackageRecord};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct CargoLock;

impl Collector for CargoLock {
    fn name(&self) -> &'static str {
        "cargo-lock"
    }

    fn about(&self) -> &'static str {
        "Rust crates that sources declare: Cargo.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "Cargo.lock" && !is_foreign(file.path) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let lock: Lock = toml::from_str(&decode(file.bytes))
            .map_err(|error| CollectError::new(error.message()))?;
        let mut named = Vec::new();
        named.extend(
            lock.package
                .iter()
                .chain(&lock.root)
                .map(|package| record(package, &lock.metadata)),
        );
        Ok(packages(self.name(), named))
    }
}

/// The lock files that crates bring along say what their authors built with.
fn is_foreign(path: &str) -> bool {
    let mut folders = path.rsplit('/').skip(2);
    path.contains("registry/src/")
        || path.contains("git/checkouts/")
        || folders.next() == Some("vendor")
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
    /// The project itself, before version 1 had a name.
    root: Option<Package>,
    /// Checksums of version 1, by `checksum NAME VERSION (SOURCE)`.
    #[serde(default)]
    metadata: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

fn record(package: &Package, metadata: &BTreeMap<String, toml::Value>) -> PackageRecord {
    let mut record = declared(Ecosystem::Cargo, &package.name, Some(&package.version));
    let source = package.source.as_deref().unwrap_or_default();
    match source.split_once('+') {
        // A member of the workspace, or a folder.
        None => record.local = true,
        Some(("git", _)) => {
            let url = source.to_owned();
            record.qualifiers.insert("vcs_url".to_owned(), url);
        }
        Some((_, url)) if !is_crates_io(url) => {
            let url = url.to_owned();
            record.qualifiers.insert("repository_url".to_owned(), url);
        }
        Some(_) => {}
    }
    let old = || {
        let key = format!("checksum {} {} ({source})", package.name, package.version);
        metadata.get(&key)?.as_str()
    };
    let checksum = package.checksum.as_deref().or_else(old);
    record.digests = checksum
        .filter(|hash| is_hex(hash, 32))
        .map(|hash| format!("sha256:{hash}"))
        .into_iter()
        .collect();
    // `NAME`, `NAME VERSION`, `NAME VERSION (SOURCE)`.
    record.requires = sorted(package.dependencies.iter().map(|wanted| {
        let mut words = wanted.split(' ');
        edge(words.next().unwrap_or_default(), words.next())
    }));
    record
}

fn is_crates_io(url: &str) -> bool {
    url.contains("//github.com/rust-lang/crates.io-index") || url.contains("//index.crates.io")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};
    use plimsoll_types::Mode;

    const LOCK: &str = r#"
version = 3
[[package]]
name = "app"
version = "1.0.0"
dependencies = ["memchr 1.0.2", "telemetry"]
[[package]]
name = "memchr"
version = "1.0.2"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "148fab2e51b4f1cfc66da2a7c32981d1d3c083a803978268bb11fe4b86925e7a"
[[package]]
name = "memchr"
version = "2.5.0"
source = "sparse+https://index.crates.io/"
[[package]]
name = "telemetry"
version = "0.1.0"
[[package]]
name = "forked"
version = "0.3.0"
source = "git+https://example.org/forked?branch=x#0123456789"
"#;

    #[test]
    fn two_versions_of_a_crate_are_both_there() {
        let found = found(&CargoLock, "src/Cargo.lock", LOCK.as_bytes());
        assert_eq!(
            found,
            [
                "app@1.0.0",
                "memchr@1.0.2",
                "memchr@2.5.0",
                "telemetry@0.1.0",
                "forked@0.3.0"
            ]
        );
    }

    #[test]
    fn crates_of_the_workspace_are_not_those_of_the_registry() {
        let records = records(&CargoLock, "Cargo.lock", LOCK.as_bytes()).unwrap();
        let purl = |at: usize| records[at].purl(None).map(|purl| purl.to_string());
        assert_eq!((purl(0), purl(3)), (None, None));
        assert_eq!(purl(1).unwrap(), "pkg:cargo/memchr@1.0.2");
        assert!(
            purl(4)
                .unwrap()
                .starts_with("pkg:cargo/forked@0.3.0?vcs_url=git%2Bhttps")
        );
        assert_eq!(records[0].requires, ["memchr@1.0.2", "telemetry"]);
        assert!(records[1].digests[0].starts_with("sha256:148fab"));
    }

    #[test]
    fn the_first_versions_keep_checksums_apart() {
        let hash = "ab".repeat(32);
        let text = format!(
            "[root]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"x 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)\"]\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n[metadata]\n\"checksum x 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)\" = \"{hash}\"\n"
        );
        let records = records(&CargoLock, "Cargo.lock", text.as_bytes()).unwrap();
        assert_eq!(records[0].digests, [format!("sha256:{hash}")]);
        assert_eq!(records[1].requires, ["x@1.0.0"]);
    }

    #[test]
    fn lock_files_of_dependencies_do_not_count() {
        let wants = |path| CargoLock.wants(&FileHead::new(path, 1, Mode(0o644), b""));
        assert_eq!(
            wants("root/.cargo/registry/src/index/x-1/Cargo.lock"),
            Want::No
        );
        assert_eq!(wants("src/vendor/x/Cargo.lock"), Want::No);
        assert_ne!(wants("src/Cargo.lock"), Want::No);
        assert!(records(&CargoLock, "Cargo.lock", b"[[package]]\nname =\n").is_err());
    }
}
