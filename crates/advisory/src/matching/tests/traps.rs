//! Mistakes of earlier scanners that no other test is about; `traps.md` lists
//! all of them.

use super::{gaps, ids};
use crate::matching::find;
use crate::testing::{deb, inventory, osv, package, store};
use plimsoll_types::{Ecosystem, Package, SourcePackage, Suppression};

const ALL: &str = r#"{"introduced":"0"}"#;

fn fixed(version: &str) -> String {
    format!(r#"{{"introduced":"0"}},{{"fixed":"{version}"}}"#)
}

/// What records of `ecosystem` about `name` make of a package.
fn found(ecosystem: &str, name: &str, events: &str, package: Package) -> bool {
    let (_folder, store) = store(&[&osv("GHSA-1", &["CVE-2024-1"], ecosystem, name, events, "")]);
    !find(&inventory(None, vec![package]), &store)
        .findings
        .is_empty()
}

fn apk(name: &str, version: &str, origin: &str) -> Package {
    let mut package = package(Ecosystem::Apk, name, version);
    package.record.source = Some(SourcePackage {
        name: origin.into(),
        version: None,
    });
    package
}

#[test]
fn a_name_means_nothing_in_another_world() {
    for (theirs, ours, name, version) in [
        ("crates.io", Ecosystem::Npm, "cookie", "0.5.0"),
        ("PyPI", Ecosystem::Gem, "matrix", "0.4.2"),
        ("Packagist", Ecosystem::Gem, "delegate", "0.2.0"),
        ("RubyGems", Ecosystem::Pypi, "netaddr", "0.8.0"),
        ("Maven", Ecosystem::Nuget, "akka", "1.4.45"),
        ("npm", Ecosystem::Apk, "py3-jmespath", "1.0-r0"),
    ] {
        let package = package(ours, name, version);
        assert!(!found(theirs, name, ALL, package), "{theirs} {name}");
    }
}

#[test]
fn only_the_named_artifact_of_a_project_is_meant() {
    let jar = |name: &str| package(Ecosystem::Maven, name, "5.1.0");
    let theirs = "org.apache.poi:poi-scratchpad";
    assert!(found("Maven", theirs, ALL, jar(theirs)));
    for name in [
        "org.apache.poi:poi",
        "org.apache.poi:poi-scratchpad-extra",
        "org.other:poi-scratchpad",
        "poi-scratchpad",
    ] {
        assert!(!found("Maven", theirs, ALL, jar(name)), "{name}");
    }
}

#[test]
fn a_plugin_is_not_the_tool_that_it_is_named_after() {
    let plugin = package(Ecosystem::Maven, "org.jenkins-ci.plugins:gradle", "1.36");
    assert!(!found("Maven", "org.gradle:gradle", ALL, plugin));
}

#[test]
fn bridges_to_log4j_do_not_have_its_flaw() {
    let core = "org.apache.logging.log4j:log4j-core";
    let api = "org.apache.logging.log4j:log4j-api";
    let records = [core, api].map(|name| {
        let id = format!("GHSA-{}", name.len());
        osv(
            &id,
            &["CVE-2021-44228"],
            "Maven",
            name,
            &fixed("2.15.0"),
            "",
        )
    });
    let (_folder, store) = store(&[&records[0], &records[1]]);
    let packages = [core, api].map(|name| package(Ecosystem::Maven, name, "2.14.1"));
    let matched = find(&inventory(None, packages.to_vec()), &store);
    assert_eq!(matched.findings[0].package, 0);
    assert_eq!(matched.findings.len(), 1);
    assert_eq!(matched.suppressed[0].reason, Suppression::OtherPart);
}

#[test]
fn minizip_is_not_in_zlib1g() {
    let tracker = r#"{"zlib": {"CVE-2023-45853": {"releases": {"bookworm": {"status": "open", "urgency": "high"}}}}}"#;
    let (_folder, store) = store(&[tracker]);
    let packages = ["zlib1g", "minizip"].map(|name| deb(name, "1:1.2.13.dfsg-1", "zlib"));
    let matched = find(
        &inventory(Some(("debian", "12")), packages.to_vec()),
        &store,
    );
    assert_eq!(matched.findings.len(), 1);
    assert_eq!(matched.findings[0].package, 1);
    assert_eq!(matched.suppressed[0].reason, Suppression::OtherPart);
}

#[test]
fn parallel_lines_of_a_source_are_told_apart_by_origin() {
    let secdb = r#"{"distroversion":"v3.19","reponame":"main","packages":[
        {"pkg":{"name":"openjdk17","secfixes":{"17.0.10_p7-r0":["CVE-2024-20932"]}}},
        {"pkg":{"name":"openssl","secfixes":{"3.1.0-r1":["CVE-2023-1"]}}},
        {"pkg":{"name":"libksba","secfixes":{"1.6.3-r0":["CVE-2022-3515"]}}}]}"#;
    let (_folder, store) = store(&[secdb]);
    let packages = vec![
        apk("openjdk8-jre-lib", "8.402.06-r0", "openjdk8"),
        apk("libcrypto1.1", "1.1.1u-r2", "openssl1.1-compat"),
        apk("gpg", "2.2.41-r0", "gnupg"),
        apk("flock", "2.41-r9", "util-linux"),
        apk("libksba", "1.6.2-r0", "libksba"),
    ];
    let matched = find(&inventory(Some(("alpine", "3.19.1")), packages), &store);
    let hit: Vec<_> = matched.findings.iter().map(|f| f.package).collect();
    assert_eq!(hit, [4]);
}

#[test]
fn rows_of_another_release_do_not_count() {
    let old = osv(
        "ALPINE-CVE-2022-1292",
        &[],
        "Alpine:v3.15",
        "openssl",
        &fixed("1.1.1o-r0"),
        "",
    );
    let new = osv("DEBIAN-CVE-2007-1", &[], "Debian:4", "openssl", ALL, "");
    let (_folder, store) = store(&[&old, &new]);
    let alpine = vec![apk("libssl3", "3.5.7-r0", "openssl")];
    assert!(ids(&find(&inventory(Some(("alpine", "3.22")), alpine), &store)).is_empty());
    let debian = vec![deb("libssl3", "3.0.15-1~deb12u1", "openssl")];
    let matched = find(&inventory(Some(("debian", "12")), debian), &store);
    assert!(ids(&matched).is_empty() && !gaps(&matched).is_empty());
}

#[test]
fn debian_suffixes_and_epochs_have_dpkgs_order() {
    for (installed, fix, affected) in [
        ("8.14.1-2+deb13u2", "8.14.1-2", false),
        ("2:9.0.0-1", "8.4.0-1", false),
        ("1:2.1.0-1", "2:1.0-1", true),
        (
            "1.1.1-1ubuntu2.1~18.04.23",
            "1.1.1-1ubuntu2.1~18.04.20",
            false,
        ),
    ] {
        let tracker = format!(
            r#"{{"x": {{"CVE-2024-1": {{"releases": {{"bookworm": {{"status": "resolved", "fixed_version": "{fix}"}}}}}}}}}}"#
        );
        let (_folder, store) = store(&[&tracker]);
        let image = inventory(Some(("debian", "12")), vec![deb("x", installed, "x")]);
        let found = !find(&image, &store).findings.is_empty();
        assert_eq!(found, affected, "{installed} and {fix}");
    }
}

#[test]
fn what_raspberry_pi_os_puts_around_a_version_hides_no_repair() {
    let installed = "1:149.0.7827.114-1~deb13u1+rpt1";
    for (fix, affected) in [
        ("149.0.7827.200-1~deb13u1", true),
        ("149.0.7827.114-1~deb13u1", false),
    ] {
        let tracker = format!(
            r#"{{"chromium": {{"CVE-2024-1": {{"releases": {{"trixie": {{"status": "resolved", "fixed_version": "{fix}"}}}}}}}}}}"#
        );
        let (_folder, store) = store(&[&tracker]);
        let package = deb("chromium", installed, "chromium");
        let image = inventory(Some(("raspbian", "13")), vec![package]);
        assert_eq!(!find(&image, &store).findings.is_empty(), affected, "{fix}");
    }
}

#[test]
fn a_window_ends_before_the_version_that_repairs() {
    let events = r#"{"introduced":"16.0.0-beta.0"},{"fixed":"16.1.5"}"#;
    for (installed, affected) in [("16.2.2", false), ("16.1.5", false), ("16.1.4", true)] {
        let package = package(Ecosystem::Npm, "next", installed);
        assert_eq!(
            found("npm", "next", events, package),
            affected,
            "{installed}"
        );
    }
    let kill = package(Ecosystem::Npm, "tree-kill", "1.2.2");
    assert!(!found("npm", "tree-kill", &fixed("1.2.2"), kill));
}

#[test]
fn spellings_of_a_name_are_one_name() {
    for (ecosystem, ours, theirs, name) in [
        (
            "NuGet",
            Ecosystem::Nuget,
            "System.Text.Json",
            "system.text.json",
        ),
        (
            "PyPI",
            Ecosystem::Pypi,
            "oslo-middleware",
            "oslo.middleware",
        ),
        ("PyPI", Ecosystem::Pypi, "py-yaml-style", "Py_YAML.style"),
    ] {
        let package = package(ours, name, "1.0.0");
        assert!(found(ecosystem, theirs, ALL, package), "{name}");
    }
}

#[test]
fn one_advisory_for_two_cves_is_one_finding_with_both() {
    let aliases = ["CVE-2024-2", "CVE-2024-1"];
    let record = osv("GHSA-aaaa", &aliases, "PyPI", "x", ALL, "");
    let (_folder, store) = store(&[&record]);
    let image = inventory(None, vec![package(Ecosystem::Pypi, "x", "1.0")]);
    let matched = find(&image, &store);
    assert_eq!(ids(&matched), ["GHSA-aaaa"]);
    assert_eq!(matched.findings[0].aliases, ["CVE-2024-1", "CVE-2024-2"]);
}

#[test]
fn what_was_built_from_a_repository_is_not_the_registrys() {
    let mut closure = package(Ecosystem::Npm, "closure-net", "0.0.0");
    let record = r#"{"id":"MAL-2026-276","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"closure-net"}}]}"#;
    let (_folder, store) = store(&[record]);
    let of = |package: &Package| find(&inventory(None, vec![package.clone()]), &store);
    assert_eq!(of(&closure).findings.len(), 1);
    let url = "git+https://github.com/google/closure-net.git";
    closure
        .record
        .qualifiers
        .insert("vcs_url".into(), url.into());
    let matched = of(&closure);
    assert!(matched.findings.is_empty());
    assert_eq!(matched.suppressed[0].reason, Suppression::OtherSource);
}

#[test]
fn a_module_without_a_version_of_its_own_is_a_gap() {
    let gitea = package(Ecosystem::Golang, "code.gitea.io/gitea", "(devel)");
    let record = osv(
        "GO-1",
        &[],
        "Go",
        "code.gitea.io/gitea",
        &fixed("1.11.2"),
        "",
    );
    let (_folder, store) = store(&[&record]);
    let matched = find(&inventory(None, vec![gitea]), &store);
    assert!(ids(&matched).is_empty() && !gaps(&matched).is_empty());
}
