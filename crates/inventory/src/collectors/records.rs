//! Records of one file: made, and joined where the file names a package twice.

use super::{MOST_PACKAGES, too_many};
use crate::collector::Collected;
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, PackageUrl};
use std::collections::HashMap;

/// What a file says that names these packages, in the order found. One that it
/// names several times is one: for development only where it always is.
pub(super) fn packages(
    collector: &str,
    records: impl IntoIterator<Item = PackageRecord>,
) -> Collected {
    let mut collected = Collected::default();
    let mut kept: Vec<PackageRecord> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for record in records.into_iter().filter(|record| !record.name.is_empty()) {
        let key = (
            record.ecosystem,
            record.name.clone(),
            record.version.clone(),
        );
        if let Some(known) = places.get(&key).and_then(|&place| kept.get_mut(place)) {
            unite(known, record);
        } else if kept.len() < MOST_PACKAGES {
            places.insert(key, kept.len());
            kept.push(record);
        } else {
            collected.gaps.push(too_many(collector));
            break;
        }
    }
    for record in &mut kept {
        for list in [&mut record.requires, &mut record.digests] {
            list.sort();
            list.dedup();
        }
    }
    if !kept.is_empty() {
        collected.facts.push(Fact::Packages(kept));
    }
    collected
}

fn unite(known: &mut PackageRecord, record: PackageRecord) {
    known.development &= record.development;
    known.local &= record.local;
    known.requires.extend(record.requires);
    if known.licenses.is_empty() {
        known.licenses = record.licenses;
    }
    // Put in order when all is known.
    known.digests.extend(record.digests);
    for (key, value) in record.qualifiers {
        known.qualifiers.entry(key).or_insert(value);
    }
}

/// A record of a lock file or manifest.
pub(super) fn declared(
    ecosystem: Ecosystem,
    name: impl Into<String>,
    version: Option<&str>,
) -> PackageRecord {
    let version = version.map(str::to_owned);
    PackageRecord::new(ecosystem, name, version, Confidence::Declared)
}

/// A package URL that does not follow from a record's other fields.
pub(super) fn purl(kind: &str, namespace: &str, name: &str, version: Option<&str>) -> String {
    let purl = PackageUrl {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        ..PackageUrl::default()
    };
    purl.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_named_twice_is_one_with_all_its_needs() {
        let record = |development, need: &str| {
            let mut record = declared(Ecosystem::Nuget, "x", Some("1"));
            record.development = development;
            record.requires = vec![need.to_owned()];
            record
        };
        let nameless = declared(Ecosystem::Nuget, "", Some("1"));
        let named = [
            record(true, "b"),
            nameless,
            record(false, "a"),
            record(true, "b"),
        ];
        let facts = packages("x", named).facts;
        let [Fact::Packages(records)] = facts.as_slice() else {
            panic!("{facts:?}")
        };
        assert_eq!(records.len(), 1);
        assert!(!records[0].development);
        assert_eq!(records[0].requires, ["a", "b"]);
    }
}
