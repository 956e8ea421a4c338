//! The smallest repair of the example image.
#![allow(clippy::unwrap_used)]

mod common;

use common::{docker_archive, plimsoll, stderr, stdout, tar};
use std::path::Path;
use std::process::Output;

const DOCKERFILE: &str = "\
# syntax=docker/dockerfile:1
FROM maven:3 AS build
RUN mvn package

FROM debian:12
RUN pip install \\
      # pinned: Jinja2==2.10
      Jinja2==2.10 \\
      requests Flask==0.12.2
RUN npm ci
COPY --from=build target/shop.jar /app/shop.jar
RUN pip uninstall -y Flask
EXPOSE 22 8080
CMD [\"java\", \"-jar\", \"/app/shop.jar\"]
";

const STRICT: &str = "
version: 1
name: strict
rules:
  - {name: rated, gate: vulnerabilities, trigger: package, when: {severity_at_least: low}}
";

fn fix(home: &Path, arguments: &[&str]) -> Output {
    let judging = [
        "--advisories",
        "examples/advisories",
        "--as-of",
        "2026-11-24",
    ];
    plimsoll(home, &[&["fix"], arguments, &judging].concat())
}

/// A file of the folder, by its path.
fn file(home: &Path, name: &str, content: &[u8]) -> String {
    let path = home.join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[test]
fn the_starter_policy_asks_for_one_upgrade() {
    let home = tempfile::tempdir().unwrap();
    let output = fix(home.path(), &["examples/shop"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("starter", stdout(&output));
    assert!(stderr(&output).starts_with("plimsoll: warn: "));
}

#[test]
fn a_stricter_policy_asks_for_more_in_the_base_image_too() {
    let home = tempfile::tempdir().unwrap();
    let policy = file(home.path(), "strict.yaml", STRICT.as_bytes());
    let output = fix(home.path(), &["examples/shop", "--policy", &policy]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("strict", stdout(&output));
}

#[test]
fn a_dockerfile_is_edited_where_it_is_understood() {
    let home = tempfile::tempdir().unwrap();
    let policy = file(home.path(), "strict.yaml", STRICT.as_bytes());
    let dockerfile = file(home.path(), "Dockerfile", DOCKERFILE.as_bytes());
    let patch = ["examples/shop", "--policy", &policy, "--patch", &dockerfile];
    let output = fix(home.path(), &patch);
    let name = dockerfile.trim_start_matches('/');
    insta::assert_snapshot!("patch", stdout(&output).replace(name, "Dockerfile"));
    insta::assert_snapshot!("left_out", stderr(&output));
}

#[test]
fn another_base_image_is_judged_before_anything_is_built() {
    let home = tempfile::tempdir().unwrap();
    let policy = file(home.path(), "strict.yaml", STRICT.as_bytes());
    let dockerfile = file(home.path(), "Dockerfile", DOCKERFILE.as_bytes());
    let layer = tar(&[
        ("etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n"),
        (
            "var/lib/dpkg/status",
            b"Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.13-1~deb12u1\n\n",
        ),
    ]);
    let base = file(home.path(), "base.tar", &docker_archive(&[layer], None));
    let new = ["examples/shop", "--policy", &policy, "--new-base", &base];
    let output = fix(home.path(), &[&new[..], &["-o", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["after"]["outcome"], "pass", "{json:#}");
    let upgrades = json["upgrades"].as_array().unwrap();
    assert!(upgrades.iter().all(|upgrade| upgrade["type"] != "deb"));
    let output = fix(home.path(), &[&new[..], &["--patch", &dockerfile]].concat());
    let line = format!("\n-FROM debian:12\n+FROM {base}\n");
    assert!(stdout(&output).contains(&line), "{}", stdout(&output));
}

#[test]
fn an_image_that_is_green_needs_nothing_and_an_unknown_one_is_not_called_so() {
    let home = tempfile::tempdir().unwrap();
    let output = fix(home.path(), &["pkg:pypi/jinja2@2.11.3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("nothing stops this image"));
    let output = plimsoll(home.path(), &["fix", "examples/shop"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    let wrong = ["examples/shop", "--base", "pkg:npm/a@1"];
    assert_eq!(fix(home.path(), &wrong).status.code(), Some(2));
}
