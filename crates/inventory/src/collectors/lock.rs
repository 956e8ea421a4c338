//! What lock files and manifests have in common: they name packages, once or
//! several times, and what those need. Not a collector itself.

use super::{MOST_PACKAGES, too_many};
use crate::collector::Collected;
use crate::facts::Fact;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use std::collections::HashMap;

/// Longest file of this kind that is read.
pub(super) const LIMIT: u64 = 64 << 20;

/// A package that is only declared.
pub(super) fn declared(
    ecosystem: Ecosystem,
    name: impl Into<String>,
    version: Option<&str>,
) -> PackageRecord {
    let version = version.map(str::to_owned);
    PackageRecord::new(ecosystem, name, version, Confidence::Declared)
}

/// A dependency as records name it.
pub(super) fn edge(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) => format!("{name}@{version}"),
        None => name.to_owned(),
    }
}

/// Names of dependencies as records hold them.
pub(super) fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `sha512-BASE64` or bare base64 of a SHA-512, as a digest of a record.
pub(super) fn sha512(text: &str) -> Option<String> {
    let text = text.strip_prefix("sha512-").unwrap_or(text);
    let hash = BASE64_STANDARD.decode(text).ok()?;
    (hash.len() == 64).then(|| format!("sha512:{}", hex(&hash)))
}

/// Bytes in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the text is a hash of this many bytes in hexadecimal digits.
pub(super) fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == bytes * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The packages of one file. One that is named several times is one package
/// with all that was said of it.
#[derive(Default)]
pub(super) struct Named {
    records: Vec<PackageRecord>,
    places: HashMap<(Ecosystem, String, Option<String>), usize>,
    spilled: bool,
}

impl Named {
    pub fn add(&mut self, record: PackageRecord) {
        if record.name.is_empty() {
            return;
        }
        let key = (
            record.ecosystem,
            record.name.clone(),
            record.version.clone(),
        );
        if let Some(known) = self.places.get(&key) {
            if let Some(known) = self.records.get_mut(*known) {
                unite(known, record);
            }
        } else if self.records.len() < MOST_PACKAGES {
            self.places.insert(key, self.records.len());
            self.records.push(record);
        } else {
            self.spilled = true;
        }
    }

    pub fn collected(self, collector: &str) -> Collected {
        let mut collected = Collected::default();
        if !self.records.is_empty() {
            collected.facts.push(Fact::Packages(self.records));
        }
        if self.spilled {
            collected.gaps.push(too_many(collector));
        }
        collected
    }
}

impl Extend<PackageRecord> for Named {
    fn extend<T: IntoIterator<Item = PackageRecord>>(&mut self, records: T) {
        records.into_iter().for_each(|record| self.add(record));
    }
}

fn unite(known: &mut PackageRecord, other: PackageRecord) {
    known.development &= other.development;
    known.local &= other.local;
    known.qualifiers.extend(other.qualifiers);
    for (list, more) in [
        (&mut known.requires, other.requires),
        (&mut known.digests, other.digests),
    ] {
        if !more.is_empty() {
            *list = sorted(std::mem::take(list).into_iter().chain(more));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_named_twice_is_one_with_all_its_needs() {
        let mut named = Named::default();
        for (development, need) in [(true, "b"), (false, "a"), (true, "b")] {
            let mut record = declared(Ecosystem::Nuget, "x", Some("1"));
            record.development = development;
            record.requires = vec![need.to_owned()];
            named.add(record);
        }
        named.add(declared(Ecosystem::Nuget, "", Some("1")));
        let [record] = named.records.as_slice() else {
            panic!("{:?}", named.records)
        };
        assert!(!record.development);
        assert_eq!(record.requires, ["a", "b"]);
    }

    #[test]
    fn integrity_becomes_hexadecimal() {
        let text = format!("sha512-{}", BASE64_STANDARD.encode([0xab; 64]));
        assert_eq!(
            sha512(&text).unwrap(),
            format!("sha512:{}", "ab".repeat(64))
        );
        assert_eq!(sha512("sha512-AAAA"), None);
    }
}
