//! The image of the README: what its first command prints, and that the other
//! formats tell the same story.
#![allow(clippy::unwrap_used)]

mod common;

use common::{plimsoll, stderr, stdout};

const SCAN: [&str; 7] = [
    "scan",
    "oci-dir:examples/shop",
    "--advisories",
    "examples/advisories",
    "--as-of",
    "2026-11-24",
    "--all",
];

#[test]
fn the_first_command_fails_the_image_and_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let output = plimsoll(home.path(), &SCAN);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    insta::assert_snapshot!("shop", stdout(&output));
    assert!(stderr(&output).starts_with("plimsoll: fail: "));
}

#[test]
fn the_same_scan_gives_the_same_bytes_cached_or_not() {
    let home = tempfile::tempdir().unwrap();
    let json = [&SCAN[..], &["-o", "json"]].concat();
    let first = plimsoll(home.path(), &json);
    let cached = plimsoll(home.path(), &json);
    let fresh = plimsoll(home.path(), &[&json[..], &["--no-cache"]].concat());
    assert_eq!(stdout(&first), stdout(&cached));
    assert_eq!(stdout(&first), stdout(&fresh));
}

#[test]
fn json_names_layer_instruction_and_path() {
    let home = tempfile::tempdir().unwrap();
    let output = plimsoll(
        home.path(),
        &[&SCAN[..], &["-o", "json", "--all-layers"]].concat(),
    );
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let packages = json["packages"].as_array().unwrap();
    let package = |name: &str| packages.iter().find(|package| package["name"] == name);
    let log4j = package("org.apache.logging.log4j:log4j-core").unwrap();
    assert_eq!(log4j["locations"][0]["path"], "app/shop.jar");
    assert_eq!(
        log4j["locations"][0]["nested"][0],
        "BOOT-INF/lib/log4j-core-2.14.1.jar"
    );
    assert_eq!(log4j["layer"], 3);
    let flask = packages
        .iter()
        .find(|package| package["purl"] == "pkg:pypi/flask@0.12.2")
        .unwrap();
    assert_eq!(flask["removed"], 4);
    let findings = json["findings"].as_array().unwrap();
    let shell = findings
        .iter()
        .find(|finding| finding["id"] == "CVE-2021-44228")
        .unwrap();
    assert_eq!(shell["instruction"], "COPY target/shop.jar /app/shop.jar");
    assert_eq!(shell["fix"]["versions"][0], "2.15.0");
    assert!(findings.iter().all(|finding| finding["package"] != "Flask"));
}

#[test]
fn several_outputs_in_one_run() {
    let home = tempfile::tempdir().unwrap();
    let bom = home.path().join("bom.json");
    let report = home.path().join("report.json");
    let (bom_flag, report_flag) = (
        format!("cyclonedx={}", bom.display()),
        format!("json={}", report.display()),
    );
    let output = plimsoll(
        home.path(),
        &[
            &SCAN[..],
            &["-o", "text", "-o", &bom_flag, "-o", &report_flag],
        ]
        .concat(),
    );
    assert!(stdout(&output).starts_with("FAIL"));
    for file in [bom, report] {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}

#[test]
fn without_data_the_answer_is_that_it_cannot_tell() {
    let home = tempfile::tempdir().unwrap();
    let output = plimsoll(home.path(), &["scan", "oci-dir:examples/shop", "--offline"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(
        stdout(&output).starts_with("CAN'T TELL"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_package_url_is_judged_like_an_image() {
    let home = tempfile::tempdir().unwrap();
    let output = plimsoll(
        home.path(),
        &[
            "scan",
            "pkg:pypi/jinja2@2.10",
            "--advisories",
            "examples/advisories",
            "--all",
        ],
    );
    assert!(stdout(&output).contains("jinja2"), "{}", stdout(&output));
    assert!(stdout(&output).contains("2.10.1"), "{}", stdout(&output));
}

#[test]
fn nobody_has_to_listen_for_the_exit_code_to_be_right() {
    use std::process::{Command, Stdio};
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(SCAN)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .env("HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
