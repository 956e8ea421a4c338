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
