//! `diff` and `scan --fail-on-new`, over the example image and changes of it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{docker_archive, plimsoll, stderr, stdout, tar};
use std::path::Path;
use std::process::Output;

const JUDGING: [&str; 4] = [
    "--advisories",
    "examples/advisories",
    "--as-of",
    "2026-11-24",
];

fn run(home: &Path, arguments: &[&str]) -> Output {
    plimsoll(home, &[arguments, &JUDGING[..]].concat())
}

/// A report of the example image.
fn report(home: &Path) -> String {
    let file = home.join("base.json");
    let output = format!("json={}", file.display());
    run(home, &["scan", "examples/shop", "-o", &output]);
    file.display().to_string()
}

/// An image of one layer with these Python packages.
fn python(folder: &Path, name: &str, packages: &[(&str, &str)]) -> String {
    let mut files = vec![(
        "etc/os-release".to_owned(),
        "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n".to_owned(),
    )];
    files.extend(packages.iter().map(|(name, version)| {
        (
            format!("usr/lib/python3/{name}-{version}.dist-info/METADATA"),
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n"),
        )
    }));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_bytes()))
        .collect();
    let archive = folder.join(name);
    std::fs::write(&archive, docker_archive(&[tar(&files)], None)).unwrap();
    archive.display().to_string()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_str(&stdout(output)).unwrap()
}

/// The text with the folder of this run named `HOME`.
fn told(output: &Output, home: &Path) -> String {
    stdout(output).replace(&home.display().to_string(), "HOME")
}

#[test]
fn what_the_other_side_has_too_does_not_stop() {
    let home = tempfile::tempdir().unwrap();
    let base = report(home.path());
    for other in ["examples/shop", &base] {
        let known = ["--fail-on-new", "--against", other];
        let scan = [&["scan", "examples/shop"][..], &known].concat();
        let output = run(home.path(), &scan);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).starts_with("WARN"), "{}", stdout(&output));
        assert!(stdout(&output).contains(": 0 new findings, 7 known\n"));
        let closing = format!("; 0 findings new, 7 known in {other} (policy");
        assert!(stderr(&output).contains(&closing), "{}", stderr(&output));

        let output = run(home.path(), &[&scan[..], &["-o", "json"]].concat());
        let json = json(&output);
        assert_eq!(json["verdict"]["against"]["known"], 7);
        assert_eq!(json["findings"][0]["new"], false);
    }
}

#[test]
fn what_is_new_stops() {
    let home = tempfile::tempdir().unwrap();
    let empty = python(home.path(), "empty.tar", &[]);
    let scan = [
        "scan",
        "examples/shop",
        "--fail-on-new",
        "--against",
        &empty,
    ];
    let output = run(home.path(), &[&scan[..], &["-o", "json"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let new = json(&output);
    assert_eq!(new["verdict"]["against"]["new"], 7);
    assert_eq!(new["findings"][0]["new"], true);
    // The verdict is another one than without the comparison.
    let plain = json(&run(home.path(), &["scan", "examples/shop", "-o", "json"]));
    assert_ne!(new["verdict"]["id"], plain["verdict"]["id"]);
    assert!(plain["findings"][0]["new"].is_null());
}

#[test]
fn a_side_that_says_too_little_is_never_a_pass() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).display().to_string();
    let bill = at("bill.json");
    let sbom = ["sbom", "examples/shop", "-o", &format!("json={bill}")];
    plimsoll(home.path(), &sbom);
    let blind = at("blind.json");
    let scan = ["scan", "examples/shop", "-o", &format!("json={blind}")];
    plimsoll(home.path(), &scan);
    let broken = at("broken.json");
    std::fs::write(
        &broken,
        r#"{"schema":"plimsoll.report/1","packages":1,"coverage":{}}"#,
    )
    .unwrap();
    for other in [&bill, &blind, &broken, &at("missing.tar")] {
        let scan = [
            "scan",
            "examples/shop",
            "--fail-on-new",
            "--against",
            other,
            "--offline",
        ];
        let output = run(home.path(), &scan);
        assert_eq!(
            output.status.code(),
            Some(3),
            "{other}: {}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "");
        let diff = ["diff", other, "examples/shop", "--fail-on-new", "--offline"];
        let output = run(home.path(), &diff);
        assert_eq!(
            output.status.code(),
            Some(3),
            "{other}: {}",
            stderr(&output)
        );
    }
    let alone = run(home.path(), &["scan", "examples/shop", "--fail-on-new"]);
    assert_eq!(alone.status.code(), Some(2));
}

#[test]
fn rules_say_what_changed_since_another_image() {
    let home = tempfile::tempdir().unwrap();
    let old = python(home.path(), "old.tar", &[("idna", "3.7")]);
    let new = python(home.path(), "new.tar", &[("idna", "3.8"), ("six", "1")]);
    let policy = home.path().join("policy.yaml");
    let rule = |trigger| format!("  - {{ name: {trigger}, gate: drift, trigger: {trigger} }}\n");
    let rules = ["packages-added", "packages-changed", "setuid-added"].map(rule);
    let text = format!("version: 1\nname: p\nrules:\n{}", rules.concat());
    std::fs::write(&policy, text).unwrap();
    let policy = policy.display().to_string();
    let scan = ["scan", &new, "--policy", &policy, "-o", "json"];
    let compared = run(home.path(), &[&scan[..], &["--against", &old]].concat());
    let reasons = json(&compared)["verdict"]["reasons"].clone();
    let messages: Vec<String> = reasons
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["message"].as_str().unwrap().replace(&old, "OLD"))
        .collect();
    assert_eq!(
        messages,
        [
            "six 1 (pypi) was added since `OLD`",
            "idna (pypi) changed from 3.7 to 3.8 since `OLD`"
        ]
    );
    assert_eq!(compared.status.code(), Some(1));
    let same = run(home.path(), &[&scan[..], &["--against", &new]].concat());
    assert_eq!(same.status.code(), Some(0), "{}", stderr(&same));
    let alone = run(home.path(), &scan);
    assert_eq!(alone.status.code(), Some(3));
}

#[test]
fn a_difference_names_packages_findings_layers_and_settings() {
    let home = tempfile::tempdir().unwrap();
    let old = python(
        home.path(),
        "old.tar",
        &[("Jinja2", "2.10"), ("idna", "3.7")],
    );
    let new = python(
        home.path(),
        "new.tar",
        &[("Jinja2", "2.10.1"), ("flask", "3.0.3")],
    );
    let output = run(home.path(), &["diff", &old, &new]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("upgrade", told(&output, home.path()));
    let back = run(home.path(), &["diff", &new, &old, "--fail-on-new"]);
    assert_eq!(back.status.code(), Some(1));
    assert_eq!(stderr(&back), "plimsoll: 1 finding is new or worse\n");
    let forth = run(home.path(), &["diff", &old, &new, "--fail-on-new"]);
    assert_eq!(forth.status.code(), Some(0));
    let output = run(home.path(), &["diff", &old, "examples/shop"]);
    insta::assert_snapshot!("other_image", told(&output, home.path()));
}

#[test]
fn an_image_and_its_report_are_the_same() {
    let home = tempfile::tempdir().unwrap();
    let base = report(home.path());
    let diff = ["diff", &base, "examples/shop", "-o", "json"];
    let json = json(&run(home.path(), &diff));
    assert_eq!(json["schema"], "plimsoll.difference/1");
    for empty in ["packages", "settings"] {
        assert_eq!(json[empty].as_array().unwrap().len(), 0, "{}", json[empty]);
    }
    for empty in ["new", "worse", "gone"] {
        assert_eq!(json["findings"][empty].as_array().unwrap().len(), 0);
    }
    assert_eq!(json["layers"]["shared"], 5);
    assert_eq!(json["before"]["outcome"], "fail");
    assert_eq!(json["before"]["stops"], json["after"]["stops"]);
}

#[test]
fn a_difference_needs_no_advisory_data() {
    let home = tempfile::tempdir().unwrap();
    let output = plimsoll(home.path(), &["diff", "examples/shop", "pkg:npm/a@1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("not compared"));
}
