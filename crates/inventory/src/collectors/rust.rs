//! Crates in Rust programs: the list that `cargo auditable` embeds (section
//! `.dep-v0`), else the source paths in messages of panics.

use super::executable::{objects, section, wanted};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use memchr::memmem;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::Read;

/// Bytes of the list when it is inflated.
const LIST_LIMIT: u64 = 8 << 20;
/// Paths of sources that are looked at.
const MOST_PATHS: usize = 1_000_000;

pub(crate) struct Rust;

impl Collector for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn about(&self) -> &'static str {
        "Rust crates in executables: cargo-auditable lists, source paths"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        wanted(file)
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let mut records = BTreeSet::new();
        // Whoever reads build information of Go says what is broken.
        for object in objects(file.bytes).unwrap_or_default() {
            if let Some((list, _)) = section(&object, &[".dep-v0"]) {
                records.extend(listed(list)?);
            }
        }
        if records.is_empty() {
            records = named_by_paths(file.bytes);
        }
        if records.is_empty() {
            return Ok(Collected::default());
        }
        Ok(vec![Fact::Packages(records.into_iter().collect())].into())
    }
}

#[derive(Deserialize)]
struct List {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    dependencies: Vec<usize>,
    #[serde(default)]
    root: bool,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Runtime,
    #[serde(other)]
    Build,
}

/// The crates of a list that are in the program, not those that built it.
fn listed(compressed: &[u8]) -> Result<Vec<PackageRecord>, CollectError> {
    let mut json = Vec::new();
    let inflated = flate2::read::ZlibDecoder::new(compressed)
        .take(LIST_LIMIT)
        .read_to_end(&mut json);
    inflated.map_err(|error| CollectError(format!("its list of crates: {error}")))?;
    let list: List = serde_json::from_slice(&json)
        .map_err(|error| CollectError(format!("its list of crates: {error}")))?;
    let kept = list.packages.iter();
    let kept = kept.filter(|package| package.root || package.kind == Kind::Runtime);
    let records = kept.map(|package| {
        let mut record = record(&package.name, &package.version, Confidence::Embedded);
        // Only the public registry's crates are what advisories speak of.
        record.local = package.source != "crates.io";
        let needed = package.dependencies.iter();
        let needed = needed.filter_map(|index| list.packages.get(*index));
        record.requires = needed
            .map(|needed| format!("{}@{}", needed.name, needed.version))
            .collect();
        record.requires.sort();
        record.requires.dedup();
        record
    });
    Ok(records.collect())
}

/// Panics tell where in the sources they happened, below the folder in which
/// cargo keeps those of a registry.
fn named_by_paths(bytes: &[u8]) -> BTreeSet<PackageRecord> {
    let mut found = BTreeSet::new();
    for at in memmem::find_iter(bytes, b"registry").take(MOST_PATHS) {
        let path = bytes.get(at..bytes.len().min(at + 256)).and_then(crate_of);
        found.extend(path);
    }
    let records = found.into_iter();
    records
        .map(|(name, version)| record(name, version, Confidence::Guessed))
        .collect()
}

/// `memchr` and `2.7.4` of `registry/src/INDEX/memchr-2.7.4/src/lib.rs`.
fn crate_of(path: &[u8]) -> Option<(&str, &str)> {
    let mut parts = path.split(|byte| matches!(byte, b'/' | b'\\'));
    if (parts.next(), parts.next()) != (Some(b"registry"), Some(b"src")) {
        return None;
    }
    let index = std::str::from_utf8(parts.next()?).ok()?;
    if !index.starts_with("index.crates.io-") && !index.starts_with("github.com-") {
        return None;
    }
    let name = std::str::from_utf8(parts.next()?).ok()?;
    parts.next()?;
    let split = name.match_indices('-').find(|(at, _)| {
        let version = name.get(at + 1..).unwrap_or_default();
        let numbers = version.split(['-', '+']).next().unwrap_or_default();
        let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        numbers.split('.').count() == 3 && numbers.split('.').all(number)
    });
    let (name, version) = (name.get(..split?.0)?, name.get(split?.0 + 1..)?);
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let legal_in_version = |c: char| legal(c) || matches!(c, '.' | '+');
    let sane = !name.is_empty() && name.chars().all(legal) && version.chars().all(legal_in_version);
    sane.then_some((name, version))
}

fn record(name: &str, version: &str, confidence: Confidence) -> PackageRecord {
    PackageRecord::new(Ecosystem::Cargo, name, Some(version.to_owned()), confidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{elf_with, found, records};
    use std::io::Write;

    fn program(json: &str) -> Vec<u8> {
        let mut list = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        list.write_all(json.as_bytes()).unwrap();
        elf_with(".dep-v0", &list.finish().unwrap())
    }

    const LIST: &str = r#"{"packages":[
        {"name":"app","version":"0.1.0","source":"local","root":true,"dependencies":[1,2]},
        {"name":"memchr","version":"2.7.4","source":"crates.io","unknown":1},
        {"name":"fork","version":"1.0.0","source":"git"},
        {"name":"cc","version":"1.0.0","source":"crates.io","kind":"build"}]}"#;

    #[test]
    fn the_embedded_list_says_what_is_in_the_program() {
        let records = records(&Rust, "usr/bin/app", &program(LIST)).unwrap();
        let of = |name| records.iter().find(|record| record.name == name);
        assert_eq!(of("app").unwrap().requires, ["fork@1.0.0", "memchr@2.7.4"]);
        assert_eq!(
            of("memchr").unwrap().purl(None).unwrap().to_string(),
            "pkg:cargo/memchr@2.7.4"
        );
        assert!(of("app").unwrap().local && of("fork").unwrap().local);
        assert_eq!(of("cc"), None);
    }

    #[test]
    fn a_broken_list_is_said() {
        assert!(records(&Rust, "usr/bin/app", &program("{")).is_err());
        let index = r#"{"packages":[{"name":"a","version":"1.0.0","dependencies":[7]}]}"#;
        assert_eq!(found(&Rust, "usr/bin/app", &program(index)), ["a@1.0.0"]);
    }

    #[test]
    fn without_a_list_panics_tell_crates() {
        let text = b"\0/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/sha-1-0.10.1/src/lib.rs/root/.cargo/registry/src/github.com-1ecc6299db9ec823/a-2.0.0-rc.1+x/src/a.rs C:\\cargo\\registry\\src\\index.crates.io-6f17d22bba15001f\\b-1.2.3\\src\\b.rs /registry/src/example.org-1/c-1.0.0/src/c.rs";
        let expected = ["a@2.0.0-rc.1+x", "b@1.2.3", "sha-1@0.10.1"];
        assert_eq!(
            found(&Rust, "usr/bin/app", &elf_with(".rodata", text)),
            expected
        );
    }
}
