//! CycloneDX as its official schemas want it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;
mod schema;

use fixture::{Case, finding, package};
use plimsoll_types::{Ecosystem, Gap, GapKind, Inventory, Severity};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const VERSIONS: [&str; 4] = ["1.4", "1.5", "1.6", "1.7"];

static SCHEMAS: LazyLock<Vec<jsonschema::Validator>> = LazyLock::new(|| {
    let mut registry = jsonschema::Registry::new();
    for name in ["spdx", "jsf-0.82", "cryptography-defs"] {
        let file = format!("{name}.SNAPSHOT.schema.json");
        let uri = format!("http://cyclonedx.org/schema/{file}");
        registry = registry.add(uri, schema::json(&file)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let validator = |version: &str| {
        jsonschema::options()
            .with_registry(&registry)
            .should_validate_formats(true)
            .build(&schema::json(&format!(
                "bom-{version}.SNAPSHOT.schema.json"
            )))
            .unwrap()
    };
    VERSIONS.map(validator).into()
});

/// The document in 1.6; every version is valid.
fn valid(case: &Case) -> Value {
    for (version, validator) in VERSIONS.iter().zip(&*SCHEMAS) {
        let text = case.render(&format!("cyclonedx-json@{version}"));
        let bom: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&bom)
            .map(|error| format!("{version} {}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let bom: Value = serde_json::from_str(&case.render("cyclonedx")).unwrap();
    let mut taken = BTreeSet::new();
    references(&bom, &mut taken);
    for affected in bom["vulnerabilities"].as_array().into_iter().flatten() {
        for component in affected["affects"].as_array().unwrap() {
            assert!(taken.contains(component["ref"].as_str().unwrap()));
        }
    }
    bom
}

/// Whether `xmllint` takes every version in XML; it says so when it is not
/// installed.
fn valid_xml(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    let unpack = |name: &str| {
        std::fs::write(folder.path().join(name), schema::text(name)).unwrap();
    };
    unpack("spdx.SNAPSHOT.xsd");
    for version in VERSIONS {
        let schema = format!("bom-{version}.SNAPSHOT.xsd");
        unpack(&schema);
        let document = folder.path().join("bom.xml");
        std::fs::write(&document, case.render(&format!("cyclonedx-xml@{version}"))).unwrap();
        let lint = std::process::Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(folder.path().join(schema))
            .arg(&document)
            .output();
        match lint {
            Ok(lint) => {
                let told = String::from_utf8_lossy(&lint.stderr).into_owned();
                assert!(lint.status.success(), "{version}: {told}");
            }
            Err(_) => {
                eprintln!("skipped: xmllint is not installed, so XML is not validated");
                return;
            }
        }
    }
}

/// Collects every `bom-ref` and sees that it is unique.
fn references(value: &Value, taken: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("bom-ref").and_then(Value::as_str) {
                assert!(taken.insert(reference.to_owned()), "{reference} twice");
            }
            map.values().for_each(|value| references(value, taken));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, taken)),
        _ => {}
    }
}

#[test]
fn an_image_with_findings() {
    let case = Case {
        all_layers: true,
        ..fixture::fail()
    };
    let bom = valid(&case);
    assert_eq!(bom["components"].as_array().unwrap().len(), 10);
    let openssl = &bom["vulnerabilities"].as_array().unwrap().iter();
    let openssl = openssl
        .clone()
        .find(|v| v["id"] == "CVE-2025-1111")
        .unwrap();
    assert_eq!(openssl["affects"].as_array().unwrap().len(), 2);
    insta::assert_snapshot!(case.render("cyclonedx"));
    valid_xml(&case);
}

#[test]
fn the_same_in_xml() {
    let mut case = fixture::everything();
    case.inventory.packages.truncate(2);
    case.inventory.packages[0].depends_on = vec![1];
    case.findings.clear();
    valid_xml(&case);
    insta::assert_snapshot!(case.render("cyclonedx-xml"));
}

#[test]
fn every_field_finds_its_place() {
    let case = fixture::everything();
    let bom = valid(&case);
    valid_xml(&case);
    let curl = &bom["components"][1];
    assert_eq!(curl["hashes"][0]["alg"], "SHA-256");
    assert_eq!(curl["cpe"], "cpe:2.3:a:haxx:curl:7.88.1:*:*:*:*:*:*:*");
    assert_eq!(
        curl["supplier"]["name"],
        "A Maintainer <maintainer@example.org>"
    );
    let dependencies = bom["dependencies"].as_array().unwrap();
    let of_curl = dependencies
        .iter()
        .find(|d| d["ref"] == curl["bom-ref"])
        .unwrap();
    assert_eq!(of_curl["dependsOn"].as_array().unwrap().len(), 2);
}

#[test]
fn a_bill_of_materials_alone() {
    let case = Case {
        verdict: None,
        ..fixture::pass()
    };
    let bom = valid(&case);
    assert!(bom.get("vulnerabilities").is_none());
    assert!(bom.get("compositions").is_none());
}

#[test]
fn gaps_make_it_incomplete() {
    let mut case = fixture::pass();
    case.inventory.coverage.gaps.insert(Gap {
        kind: GapKind::LayerUnreadable,
        subject: String::new(),
        layer: Some(1),
        detail: "encrypted".to_owned(),
    });
    assert_eq!(valid(&case)["compositions"][0]["aggregate"], "incomplete");
}

#[test]
fn odd_packages() {
    let mut case = fixture::pass();
    case.inventory = Inventory::default();
    case.inventory.image.name = "odd".to_owned();
    let mut unversioned = package(Ecosystem::Npm, "@scope/none", "", 0, "a");
    unversioned.record.version = None;
    let mut hostile = package(
        Ecosystem::Gem,
        "evil\u{1b}[0m\n",
        &"9".repeat(3000),
        7,
        "b\u{10ffff}",
    );
    hostile.record.licenses = vec![
        "MIT".into(),
        "<script>".into(),
        "MIT OR".into(),
        "MIT".into(),
    ];
    let mut nameless = package(Ecosystem::Maven, "", "1", 0, "");
    nameless.locations.clear();
    let mut expression = package(Ecosystem::Cargo, "e", "1", 0, "e");
    expression.record.licenses = vec!["(MIT OR Apache-2.0) AND Unicode-3.0".into()];
    case.inventory.packages = vec![
        unversioned.clone(),
        unversioned,
        hostile,
        nameless.clone(),
        nameless,
        expression,
        // One package URL for two spellings.
        package(Ecosystem::Pypi, "Foo_Bar", "1", 0, "c"),
        package(Ecosystem::Pypi, "foo-bar", "1", 0, "d"),
    ];
    for url in [
        "not a url",
        "https://[",
        "https://x/%zz",
        "https://x/a b",
        "javascript:alert(1)",
    ] {
        let mut odd = finding(6, "", Severity::Negligible, &[]);
        odd.id = format!("ODD-{url}");
        odd.url = Some(url.to_owned());
        odd.published = Some("yesterday".to_owned());
        odd.severities.clear();
        case.findings.push(odd);
    }
    let bom = valid(&case);
    valid_xml(&case);
    let text = bom.to_string();
    assert!(text.contains("\"pkg:pypi/foo-bar@1#2\""), "{text}");
}

#[test]
fn the_serial_number_names_the_content() {
    let serial = |case: &Case| valid(case)["serialNumber"].clone();
    let case = fixture::pass();
    assert_eq!(serial(&case), serial(&fixture::pass()));
    let mut other = fixture::pass();
    other.inventory.packages.pop();
    assert_ne!(serial(&case), serial(&other));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_gives_a_valid_document(
        name in any::<String>(),
        version in any::<String>(),
        license in any::<String>(),
        id in "\\PC{1,20}",
        url in "https?://\\PC{0,20}",
    ) {
        let mut case = fixture::pass();
        for ecosystem in Ecosystem::ALL {
            let mut odd = package(*ecosystem, &name, &version, 2, &name);
            odd.record.licenses = vec![license.clone()];
            case.inventory.packages.push(odd);
        }
        let mut odd = finding(9, &id, Severity::High, &["1"]);
        odd.aliases = vec![name];
        odd.url = Some(url);
        case.findings = vec![odd];
        valid(&case);
    }
}
