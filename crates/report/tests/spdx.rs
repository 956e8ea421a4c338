//! SPDX 2.3 and 3.0 as their official schemas want them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;
mod schema;

use fixture::Case;
use std::collections::BTreeSet;

fn small() -> Case {
    let mut case = fixture::everything();
    case.inventory.packages.truncate(2);
    case.inventory.packages[0].depends_on = vec![1];
    case
}

#[test]
fn version_2_in_json() {
    let validator = schema::validator("spdx-2.3.schema.json");
    for case in [fixture::everything(), fixture::fail(), fixture::pass()] {
        let document = schema::check(&validator, &case.render("spdx-json"));
        let packages = document["packages"].as_array().unwrap();
        let ids: BTreeSet<_> = packages
            .iter()
            .map(|p| p["SPDXID"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), packages.len());
        // The image was made then, and no clock is asked.
        assert_eq!(document["creationInfo"]["created"], "2026-11-20T08:00:00Z");
        for relationship in document["relationships"].as_array().unwrap() {
            let to = relationship["relatedSpdxElement"].as_str().unwrap();
            assert!(ids.contains(to), "{to}");
        }
    }
    insta::assert_snapshot!(small().render("spdx-json"));
}

#[test]
fn version_2_as_tags_and_values() {
    insta::assert_snapshot!(small().render("spdx-tag-value"));
}

#[test]
fn version_3() {
    let validator = schema::validator("spdx-3.0.1.schema.json");
    for case in [fixture::everything(), fixture::fail(), fixture::pass()] {
        let document = schema::check(&validator, &case.render("spdx-json@3.0"));
        let graph = document["@graph"].as_array().unwrap();
        let ids: Vec<_> = graph.iter().filter_map(|e| e["spdxId"].as_str()).collect();
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
    }
    insta::assert_snapshot!(small().render("spdx-json@3.0"));
}

#[test]
fn odd_licences_are_references() {
    let document = fixture::everything().render("spdx-tag-value");
    for line in [
        "PackageLicenseDeclared: curl AND GPL-2.0-only",
        "PackageLicenseDeclared: LicenseRef-BSD",
        "PackageLicenseConcluded: OpenSSL",
        "LicenseID: LicenseRef-BSD",
    ] {
        assert!(document.lines().any(|known| known == line), "{line}");
    }
}
