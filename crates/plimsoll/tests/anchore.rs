//! Bundles of Anchore: judged by, and imported.
#![allow(clippy::unwrap_used)]

mod common;

use common::{plimsoll, stderr, stdout};
use std::path::Path;

const BUNDLE: &str = r#"{
  "id": "b", "version": "1_0", "name": "shop",
  "policies": [{"id": "p", "version": "1_0", "name": "p", "rules": [
    {"id": "1", "gate": "vulnerabilities", "trigger": "package", "action": "STOP",
     "params": [{"name": "package_type", "value": "all"},
                {"name": "severity_comparison", "value": ">="},
                {"name": "severity", "value": "critical"}]},
    {"id": "2", "gate": "dockerfile", "trigger": "instruction", "action": "WARN",
     "params": [{"name": "instruction", "value": "healthcheck"},
                {"name": "check", "value": "not_exists"}]},
    {"id": "3", "gate": "secret_scans", "trigger": "content_regex_checks", "action": "GO",
     "params": []}
  ]}],
  "whitelists": [],
  "mappings": [{"id": "m", "name": "all", "registry": "*", "repository": "*",
    "image": {"type": "tag", "value": "*"}, "policy_ids": ["p"], "whitelist_ids": []}]
}"#;

fn judge(home: &Path, policy: &Path, format: &str) -> (Option<i32>, String, String) {
    let output = plimsoll(
        home,
        &[
            "scan",
            "oci-dir:examples/shop",
            "--policy",
            &policy.display().to_string(),
            "--advisories",
            "examples/advisories",
            "--as-of",
            "2026-11-24",
            "-o",
            format,
        ],
    );
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn a_bundle_judges_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("bundle.json");
    std::fs::write(&bundle, BUNDLE).unwrap();
    let (code, check, said) = judge(home.path(), &bundle, "anchore-v1");
    assert_eq!(code, Some(1), "{said}");
    let check: serde_json::Value = serde_json::from_str(&check).unwrap();
    let check = check.to_string();
    assert!(check.contains("+log4j-core"), "{check}");
    assert!(check.contains("this rule cannot be judged: the image is not searched for secrets"));
    assert!(said.contains("(policy shop@"), "{said}");
    let again = judge(home.path(), &bundle, "anchore-v2").1;
    assert_eq!(again, judge(home.path(), &bundle, "anchore-v2").1);
}

#[test]
fn an_imported_bundle_judges_alike_and_says_what_it_lacks() {
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("bundle.json");
    let native = home.path().join("native.yaml");
    std::fs::write(&bundle, BUNDLE).unwrap();
    let paths = [&bundle, &native].map(|path| path.display().to_string());
    let output = plimsoll(
        home.path(),
        &[
            "policy", "import", &paths[0], "--from", "anchore", "-o", &paths[1],
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("left out: there is no such native gate"));
    let (code, _, said) = judge(home.path(), &native, "json");
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn a_wrong_bundle_is_wrong_usage_with_every_problem_in_a_line() {
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("bundle.json");
    let wrong = BUNDLE
        .replace("not_exists", "absent")
        .replace("STOP", "HALT");
    std::fs::write(&bundle, wrong).unwrap();
    let (code, _, said) = judge(home.path(), &bundle, "text");
    assert_eq!(code, Some(2));
    assert_eq!(said.lines().count(), 2, "{said}");
}
