//! The documented form.
#![allow(clippy::unwrap_used, clippy::panic)]

mod documented;
mod fixture;

use fixture::Case;
use serde_json::Value;
use std::collections::BTreeSet;

fn everything() -> Case {
    Case {
        all_layers: true,
        ..fixture::fail()
    }
}

fn parsed(case: &Case) -> Value {
    serde_json::from_str(&case.render("json")).unwrap()
}

#[test]
fn the_whole_document() {
    insta::assert_snapshot!(everything().render("json"));
}

#[test]
fn packages_say_where_they_lie_and_who_removed_them() {
    let report = parsed(&everything());
    let packages = report["packages"].as_array().unwrap();
    let named = |name: &str| packages.iter().find(|p| p["name"] == name).unwrap();
    let log4j = named("org.apache.logging.log4j:log4j-core");
    assert_eq!(log4j["locations"][0]["path"], "app/shop.jar");
    assert_eq!(
        log4j["locations"][0]["nested"][0],
        "BOOT-INF/lib/log4j-core-2.14.1.jar"
    );
    assert_eq!(log4j["layer"], 3);
    assert!(log4j.get("removed").is_none());
    let left_pad = packages
        .iter()
        .find(|p| p["purl"] == "pkg:npm/left-pad@1.3.0");
    assert_eq!(left_pad.unwrap()["removed"], 4);
    let finding = &report["findings"][13];
    assert_eq!(finding["id"], "CVE-2021-44228");
    assert_eq!(finding["package"], "org.apache.logging.log4j:log4j-core");
    assert_eq!(finding["instruction"], "COPY target/shop.jar /app/shop.jar");
    assert_eq!(finding["fix"]["versions"][0], "2.15.0");
}

#[test]
fn removed_packages_come_only_when_asked_for() {
    let report = parsed(&fixture::fail());
    let packages = report["packages"].as_array().unwrap();
    assert!(
        packages
            .iter()
            .all(|package| package.get("removed").is_none())
    );
    assert_eq!(report["counts"]["removed_packages"], 1);
}

#[test]
fn no_zero_stands_where_nothing_was_matched() {
    let report = parsed(&fixture::cannot_tell());
    assert_eq!(report["counts"]["findings"], Value::Null);
    assert_eq!(report["verdict"]["outcome"], "cannot-tell");
    assert_eq!(report["verdict"]["exit_code"], 3);
    assert_eq!(
        report["verdict"]["reasons"][0]["about"]["gap"]["subject"],
        "debian:12"
    );
}

#[test]
fn environment_values_stay_out() {
    let text = everything().render("json");
    assert!(text.contains("\"TOKEN\"") && !text.contains("hunter2"));
}

#[test]
fn every_field_is_documented() {
    let docs = include_str!("../../../docs/json.md");
    let mut found = BTreeSet::new();
    for case in [
        everything(),
        fixture::warn(),
        fixture::cannot_tell(),
        fixture::compared(),
    ] {
        documented::keys(&parsed(&case), "", &mut found);
    }
    // Both lists hold findings of one form.
    let form = |path: String| path.replacen("suppressed[]", "findings[]", 1);
    let found: BTreeSet<_> = found.into_iter().map(form).collect();
    documented::check(&found, docs, "docs/json.md");
}
