//! `--vex`, and VEX documents as output.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{plimsoll, stderr, stdout};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// Scans a package of which the example advisories know several
/// vulnerabilities.
fn scan(home: &Path, more: &[&str]) -> Output {
    let arguments = [
        "scan",
        "pkg:pypi/jinja2@2.10",
        "--advisories",
        "examples/advisories",
        "--as-of",
        "2026-11-24",
        "-o",
        "json",
    ];
    plimsoll(home, &[&arguments, more].concat())
}

fn report(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

fn ids(list: &Value) -> Vec<&str> {
    let all = list.as_array().unwrap().iter();
    all.map(|finding| finding["id"].as_str().unwrap()).collect()
}

const VEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/vex",
    "author":"shop team","timestamp":"2026-11-01T00:00:00Z","version":1,"statements":[
    {"vulnerability":{"name":"GHSA-462w-v97r-4m45"},"products":[{"@id":"pkg:pypi/jinja2"}],
     "status":"not_affected","justification":"vulnerable_code_not_in_execute_path"},
    {"vulnerability":{"name":"CVE-1999-1"},"products":[{"@id":"pkg:pypi/jinja2"}],
     "status":"under_investigation"}]}"#;

#[test]
fn a_statement_takes_a_finding_out_of_the_count_and_into_the_verdict() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("shop.json");
    std::fs::write(&file, VEX).unwrap();
    let file = file.display().to_string();
    let before = report(&scan(home.path(), &[]));
    let found = ids(&before["findings"]);
    assert!(found.contains(&"CVE-2019-10906"), "{found:?}");

    let output = scan(home.path(), &["--vex", &file]);
    let after = report(&output);
    assert!(!ids(&after["findings"]).contains(&"CVE-2019-10906"));
    assert_eq!(ids(&after["findings"]).len() + 1, found.len());
    assert_eq!(ids(&after["suppressed"]), ["CVE-2019-10906"]);
    let suppressed = &after["suppressed"][0];
    assert_eq!(suppressed["suppressed"]["reason"], "vex");
    assert_eq!(suppressed["vex"]["author"], "shop team");
    assert_ne!(before["verdict"]["id"], after["verdict"]["id"]);
    let said = stderr(&output);
    assert!(
        said.contains("plimsoll: VEX: 1 of 2 statements match nothing that was found\n"),
        "{said}"
    );

    // Whoever says it is part of the verdict.
    std::fs::write(&file, VEX.replace("shop team", "somebody else")).unwrap();
    let other = report(&scan(home.path(), &["--vex", &file]));
    assert_ne!(after["verdict"]["id"], other["verdict"]["id"]);
}

#[test]
fn what_is_written_is_read_again_to_the_same_effect() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    std::fs::write(path("shop.json"), VEX).unwrap();
    let (openvex, cyclonedx) = (path("openvex.json"), path("cyclonedx.json"));
    let outputs = [
        "--vex",
        &path("shop.json"),
        "-o",
        &format!("openvex={openvex}"),
        "-o",
        &format!("cyclonedx-vex={cyclonedx}"),
    ];
    let first = report(&scan(home.path(), &outputs));
    for written in [openvex, cyclonedx] {
        let again = scan(home.path(), &["--vex", &written]);
        let report = report(&again);
        assert_eq!(ids(&first["suppressed"]), ids(&report["suppressed"]));
        assert_eq!(ids(&first["findings"]), ids(&report["findings"]));
        assert_eq!(report["findings"][0]["vex"]["status"], "affected");
        assert!(!stderr(&again).contains("VEX"), "{}", stderr(&again));
    }
}

#[test]
fn a_broken_document_is_named_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("vex");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("broken.json"), "{\"statements\":[").unwrap();
    for place in ["vex", "vex/broken.json", "absent.json"] {
        let place = home.path().join(place).display().to_string();
        let output = scan(home.path(), &["--vex", &place]);
        assert_eq!(output.status.code(), Some(2), "{place}");
        let said = stderr(&output);
        assert!(
            said.contains(".json`") && said.lines().count() == 1,
            "{said}"
        );
    }
}
