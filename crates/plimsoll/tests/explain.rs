//! Why a vulnerability of the example image is reported, or why not.
#![allow(clippy::unwrap_used)]

mod common;

use common::{plimsoll, stdout};

fn explained(arguments: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let update = ["data", "update", "--from", "examples/advisories"];
    assert!(plimsoll(home.path(), &update).status.success());
    let output = plimsoll(home.path(), arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    stdout(&output)
}

#[test]
fn a_finding_names_record_window_place_and_rule() {
    let alias = "GHSA-jfh8-c2jp-5v3q";
    let text = explained(&["explain", alias, "--in", "examples/shop"]);
    for part in [
        "also CVE-2021-44228\n",
        "org.apache.logging.log4j:log4j-core 2.14.1 (maven)\n  at /app/shop.jar",
        "from layer 4: COPY",
        "reported: critical, exploited, risk 100.0, fixed in 2.15.0",
        "rule critical-with-fix: stop",
        "affected >= 2.13.0, < 2.15.0, which holds 2.14.1",
        "searched: debian:12, maven, npm, pypi",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn what_is_not_reported_is_explained_as_well() {
    let text = explained(&["explain", "CVE-1999-0001", "--in", "examples/shop"]);
    let why = "Not reported: no record of the data that this image needs has that id";
    assert!(text.contains(why), "{text}");
    let image = "pkg:pypi/jinja2@2.11.3";
    let text = explained(&["explain", "CVE-2019-10906", "--in", image]);
    for part in [
        "not reported\n",
        "affected < 2.10.1, which does not hold 2.11.3",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn machines_get_the_same() {
    let text = explained(&[
        "explain",
        "CVE-2021-44228",
        "--in",
        "examples/shop",
        "-o",
        "json",
    ]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "plimsoll.explanation/1");
    assert_eq!(json["packages"][0]["state"], "reported");
    assert_eq!(json["claims"][0]["windows"][0]["holds"], true);
}
