//! `plimsoll data`: all of an update or nothing of it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{plimsoll, stderr, stdout};
use std::path::Path;

/// Runs an update from one place.
fn update(home: &Path, from: &str) -> std::process::Output {
    plimsoll(home, &["data", "update", "--from", from])
}

#[test]
fn data_is_loaded_shown_and_used() {
    let home = tempfile::tempdir().unwrap();
    let output = plimsoll(home.path(), &["data", "status"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("plimsoll data update"),
        "{}",
        stderr(&output)
    );

    let output = update(home.path(), "examples/advisories");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let status = stdout(&plimsoll(home.path(), &["data", "status"]));
    for word in [
        "osv/PyPI",
        "osv/Debian",
        "cisa-kev",
        "debian:12",
        "maven",
        "position",
    ] {
        assert!(status.contains(word), "{status}");
    }
    let output = plimsoll(home.path(), &["scan", "pkg:pypi/jinja2@2.10", "-o", "json"]);
    assert!(
        stdout(&output).contains("CVE-2019-10906"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_broken_update_leaves_what_was_there_and_names_the_feed() {
    let home = tempfile::tempdir().unwrap();
    update(home.path(), "examples/advisories");
    let before = stdout(&plimsoll(home.path(), &["data", "status"]));
    let feeds = home.path().join("feeds");
    std::fs::create_dir(&feeds).unwrap();
    std::fs::write(
        feeds.join("kev.json"),
        r#"{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-1""#,
    )
    .unwrap();
    let output = update(home.path(), &feeds.display().to_string());
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(stdout(&output), "");
    let said = stderr(&output);
    assert!(
        said.contains("feed cisa-kev: ") && said.contains("kev.json"),
        "{said}"
    );
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert_eq!(before, stdout(&plimsoll(home.path(), &["data", "status"])));
}

#[test]
fn old_data_cannot_judge() {
    let home = tempfile::tempdir().unwrap();
    update(home.path(), "examples/advisories");
    let output = plimsoll(
        home.path(),
        &["scan", "pkg:pypi/requests@2.32.4", "--as-of", "2099-01-01"],
    );
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(
        stdout(&output).starts_with("CAN'T TELL"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn earlier_data_is_gone_back_to_compared_and_carried_away() {
    let home = tempfile::tempdir().unwrap();
    update(home.path(), "examples/advisories");
    let kev = home.path().join("kev.json");
    std::fs::write(
        &kev,
        r#"{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2019-10906","dateAdded":"2026-01-01"}]}"#,
    )
    .unwrap();
    let record = home.path().join("PYSEC-1.json");
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples/advisories/osv/npm/GHSA-35jh-r3h4-6jhm.json"),
    )
    .unwrap();
    std::fs::write(&record, text.replace("4.17.21", "4.17.99")).unwrap();
    let position = |line: usize| {
        let history = stdout(&plimsoll(home.path(), &["data", "history"]));
        let line = history.lines().nth(line).unwrap_or_default().to_owned();
        line.split_whitespace()
            .last()
            .unwrap_or_default()
            .to_owned()
    };
    let first = position(0);
    update(home.path(), &record.display().to_string());
    let diff = stdout(&plimsoll(home.path(), &["data", "diff", &first]));
    assert!(
        diff.contains("~ npm lodash") && diff.contains("1 claims differ"),
        "{diff}"
    );
    let scan = |more: &[&str]| {
        let arguments = [&["scan", "examples/shop", "-o", "json"], more].concat();
        stdout(&plimsoll(home.path(), &arguments)).contains("4.17.99")
    };
    assert!(scan(&[]));
    assert!(!scan(&["--data-as-of", &first]));
    let found = stdout(&plimsoll(home.path(), &["data", "search", "lodash"]));
    assert!(found.contains("4.17.99"), "{found}");
    let bundle = home.path().join("data.plimsoll").display().to_string();
    assert!(
        plimsoll(home.path(), &["data", "export", &bundle])
            .status
            .success()
    );
    let other = tempfile::tempdir().unwrap();
    let refused = plimsoll(other.path(), &["data", "import", &bundle]);
    assert_eq!(refused.status.code(), Some(3));
    let taken = plimsoll(other.path(), &["data", "import", &bundle, "--unsigned"]);
    assert!(taken.status.success(), "{taken:?}");
    let found = stdout(&plimsoll(
        other.path(),
        &["data", "search", "CVE-2021-23337"],
    ));
    assert!(found.contains("lodash"), "{found}");
    let single = update(other.path(), &kev.display().to_string());
    assert_eq!(single.status.code(), Some(3));
    assert!(
        stderr(&single).contains("--from-scratch"),
        "{}",
        stderr(&single)
    );
}

#[test]
fn an_overlay_is_added_counted_and_taken_out() {
    let home = tempfile::tempdir().unwrap();
    update(home.path(), "examples/advisories");
    let scan = || {
        let output = plimsoll(home.path(), &["scan", "pkg:pypi/jinja2@2.10", "-o", "json"]);
        let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let of = |key: &str| {
            let mut all = report[key].as_array().unwrap().iter();
            all.any(|entry| entry.to_string().contains("CVE-2019-10906"))
        };
        (
            of("findings"),
            of("suppressed"),
            report["verdict"]["id"].to_string(),
        )
    };
    let (found, _, before) = scan();
    assert!(found);
    let file = home.path().join("ours.yaml");
    let text = "corrections:\n- id: CVE-2019-10906\n  namespace: pypi\n  package: jinja2\n  state: not-affected\n  reason: the sandbox is not used\n  by: Jo\n";
    std::fs::write(&file, text).unwrap();
    let path = file.display().to_string();
    let output = plimsoll(home.path(), &["data", "overlay", "add", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("ours "), "{}", stdout(&output));
    let (found, suppressed, after) = scan();
    assert!(!found && suppressed);
    assert_ne!(before, after);
    let explain = ["explain", "CVE-2019-10906", "--in", "pkg:pypi/jinja2@2.10"];
    let told = stdout(&plimsoll(home.path(), &explain));
    assert!(told.contains("the sandbox is not used (Jo)"), "{told}");
    let output = plimsoll(home.path(), &["data", "overlay", "remove", "theirs"]);
    assert_eq!(output.status.code(), Some(2));
    plimsoll(home.path(), &["data", "overlay", "remove", "ours"]);
    assert_eq!(scan().2, before);
}
