//! VEX as it is written, and read back by our own reader.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;
mod schema;

use fixture::Case;
use plimsoll_advisory::{Matched, Vex};
use plimsoll_policy::Assessment;
use plimsoll_types::{Justification, Severity, Suppressed, Suppression, VexStatement, VexStatus};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const FORMATS: [&str; 2] = ["openvex", "cyclonedx-vex"];

/// Findings that count, one that is accepted, one that is accepted as no
/// danger, and suppressed ones of every kind.
fn case() -> Case {
    let mut case = fixture::fail();
    let reasons = &mut case.verdict.as_mut().unwrap().reasons;
    let accepted = reasons.iter().find(|r| r.allowed.is_some()).unwrap();
    let mut harmless = accepted.clone();
    harmless.evidence = plimsoll_policy::Evidence::Finding(9);
    harmless.allowed.as_mut().unwrap().vex = Some(Assessment {
        status: VexStatus::NotAffected,
        justification: Some(Justification::VulnerableCodeNotInExecutePath),
    });
    reasons.push(harmless);
    let mut suppress = |package, id: &str, reason, detail: &str, vex| {
        let mut finding = fixture::finding(package, id, Severity::High, &[]);
        finding.aliases = vec![format!("GHSA-{id}")];
        finding.vex = vex;
        case.suppressed.push(Suppressed {
            finding,
            reason,
            detail: detail.to_owned(),
        });
    };
    let said = |status, justification| {
        Some(VexStatement {
            status,
            justification,
            words: String::new(),
            author: "vendor".to_owned(),
            document: "https://example.org/vex".to_owned(),
            time: Some("2026-01-01T00:00:00Z".to_owned()),
        })
    };
    suppress(
        0,
        "CVE-2026-1",
        Suppression::NotAffected,
        "debian: not built",
        None,
    );
    suppress(
        0,
        "CVE-2026-2",
        Suppression::UnderInvestigation,
        "debian looks",
        None,
    );
    suppress(1, "CVE-2026-3", Suppression::KernelHeaders, "headers", None);
    suppress(1, "CVE-2026-4", Suppression::Rejected, "taken back", None);
    suppress(
        1,
        "CVE-2026-5",
        Suppression::OtherPart,
        "another part",
        None,
    );
    let reason = Some(Justification::ProtectedAtPerimeter);
    let vex = said(VexStatus::NotAffected, reason);
    suppress(
        5,
        "CVE-2026-6",
        Suppression::Vex,
        "vendor: not_affected",
        vex,
    );
    let vex = said(VexStatus::NotAffected, None);
    suppress(
        6,
        "CVE-2026-7",
        Suppression::Vex,
        "vendor: not_affected",
        vex,
    );
    let vex = said(VexStatus::Fixed, None);
    suppress(7, "CVE-2026-8", Suppression::Vex, "vendor: fixed", vex);
    case
}

#[test]
fn what_openvex_wants_is_there() {
    let document: Value = serde_json::from_str(&case().render("openvex")).unwrap();
    assert_eq!(document["timestamp"], "2026-11-24T00:00:00Z");
    assert!(document["@id"].as_str().unwrap().starts_with("urn:uuid:"));
    let mut statuses = BTreeMap::<_, usize>::new();
    for statement in document["statements"].as_array().unwrap() {
        let has = |key: &str| statement.get(key).is_some();
        let status = statement["status"].as_str().unwrap();
        *statuses.entry(status).or_default() += 1;
        assert!(has("vulnerability") && has("products"));
        // One of both and not both; an action for what is affected alone.
        assert_eq!(
            status == "not_affected",
            has("justification") ^ has("impact_statement")
        );
        assert_eq!(status == "affected", has("action_statement"));
        if let Some(word) = statement["justification"].as_str() {
            let reason = Justification::of(word).unwrap();
            assert_eq!(reason, reason.in_openvex());
        }
        for product in statement["products"].as_array().unwrap() {
            let id = product["@id"].as_str().unwrap();
            assert!(id.starts_with("pkg:oci/api@sha256%3A9c1e"), "{id}");
            assert!(!product["subcomponents"].as_array().unwrap().is_empty());
        }
    }
    let expected = [
        ("affected", 14),
        ("fixed", 1),
        ("not_affected", 7),
        ("under_investigation", 2),
    ];
    assert_eq!(statuses, expected.into());
}

#[test]
fn accepting_is_not_denying_unless_the_entry_says_so() {
    let document: Value = serde_json::from_str(&case().render("openvex")).unwrap();
    let of = |id: &str| {
        let mut all = document["statements"].as_array().unwrap().iter();
        all.find(|statement| statement["vulnerability"]["name"] == id)
            .unwrap()
            .clone()
    };
    let accepted = of("CVE-2019-10906");
    assert_eq!(accepted["status"], "under_investigation");
    assert_eq!(
        accepted["status_notes"],
        "accepted by team-shop until 2026-12-01: templates are our own"
    );
    let harmless = of("CVE-2024-22195");
    assert_eq!(harmless["status"], "not_affected");
    assert_eq!(
        harmless["justification"],
        "vulnerable_code_not_in_execute_path"
    );
    let fixable = of("CVE-2021-44228");
    assert_eq!(
        fixable["vulnerability"]["aliases"][0],
        "GHSA-jfh8-c2jp-5v3q"
    );
    let action = fixable["action_statement"].as_str().unwrap();
    assert!(
        action.starts_with("Upgrade ") && action.ends_with(" to 2.15.0."),
        "{action}"
    );
    // The distribution's word on a package is none on what it carries.
    assert!(!document.to_string().contains("CVE-2024-3651"));
}

#[test]
fn cyclonedx_is_valid_and_refers_to_its_components() {
    let mut registry = jsonschema::Registry::new();
    for name in ["spdx", "jsf-0.82", "cryptography-defs"] {
        let file = format!("{name}.SNAPSHOT.schema.json");
        let uri = format!("http://cyclonedx.org/schema/{file}");
        registry = registry.add(uri, schema::json(&file)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        let validator = jsonschema::options()
            .with_registry(&registry)
            .should_validate_formats(true)
            .build(&schema::json(&format!(
                "bom-{version}.SNAPSHOT.schema.json"
            )))
            .unwrap();
        let text = case().render(&format!("cyclonedx-vex@{version}"));
        let bom = schema::check(&validator, &text);
        let components = bom["components"].as_array().unwrap();
        let known: BTreeSet<_> = components.iter().map(|c| c["bom-ref"].as_str()).collect();
        for entry in bom["vulnerabilities"].as_array().unwrap() {
            let affects = entry["affects"].as_array().unwrap();
            assert!(
                affects
                    .iter()
                    .all(|part| known.contains(&part["ref"].as_str()))
            );
        }
    }
}

/// What does not count after a document was applied to everything that was
/// found, by id and package.
fn suppressed(case: &Case, document: &str) -> BTreeSet<(String, usize, VexStatus)> {
    let of_vex = |s: &&Suppressed| s.reason == Suppression::Vex;
    let raw = case.suppressed.iter().filter(of_vex).map(|s| {
        let mut finding = s.finding.clone();
        finding.vex = None;
        finding
    });
    let mut matched = Matched {
        findings: case.findings.iter().cloned().chain(raw).collect(),
        suppressed: case
            .suppressed
            .iter()
            .filter(|s| !of_vex(s))
            .cloned()
            .collect(),
        ..Matched::default()
    };
    let vex = Vex::read("ours", document.as_bytes()).unwrap();
    let applied = vex.apply(&case.inventory, &mut matched).unwrap();
    assert_eq!(applied.warning(), None);
    let of_vex = matched.suppressed.iter().filter(of_vex);
    of_vex
        .map(|s| {
            let status = s.finding.vex.as_ref().unwrap().status;
            (s.finding.id.clone(), s.finding.package, status)
        })
        .collect()
}

#[test]
fn our_own_reader_suppresses_what_was_suppressed() {
    use VexStatus::{Fixed, NotAffected};
    let expected: BTreeSet<_> = [
        ("CVE-2024-22195", 5, NotAffected),
        ("CVE-2026-6", 5, NotAffected),
        ("CVE-2026-7", 6, NotAffected),
        ("CVE-2026-8", 7, Fixed),
    ]
    .map(|(id, package, status)| (id.to_owned(), package, status))
    .into();
    for format in FORMATS {
        let case = case();
        assert_eq!(
            suppressed(&case, &case.render(format)),
            expected,
            "{format}"
        );
        // An archive proves no repository, a folder has no digest.
        let mut archive = self::case();
        archive.inventory.image.source = "docker-archive".to_owned();
        archive.inventory.image.manifest = None;
        assert_eq!(
            suppressed(&archive, &archive.render(format)),
            expected,
            "{format}"
        );
        let mut folder = self::case();
        folder.inventory.image = Default::default();
        folder.inventory.image.name = "rootfs".to_owned();
        assert_eq!(
            suppressed(&folder, &folder.render(format)),
            expected,
            "{format}"
        );
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in FORMATS {
        assert_eq!(case().render(format), case().render(format));
    }
}
