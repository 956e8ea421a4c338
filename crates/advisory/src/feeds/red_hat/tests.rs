use super::*;
use crate::advisory::{Affected, Module, Role, Upper, Verdict, Window};
use crate::feeds::{self, Feed};
use crate::intake::Intake;
use crate::testing::vex;
use plimsoll_types::{FixState, Severity};

const RHEL9: &str = "cpe:/o:redhat:enterprise_linux:9::baseos";

fn rows(document: &str) -> Vec<Affected> {
    let mut intake = Intake::default();
    let feed = feeds::of(document.as_bytes()).unwrap();
    assert_eq!(feed.name(), "rhel-vex");
    feed.read(document.as_bytes(), &mut intake).unwrap();
    let advisories = intake.advisories().flat_map(|a| a.affected.clone());
    advisories.collect()
}

#[test]
fn a_fix_names_its_build_its_advisory_and_its_day() {
    let purl = "pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&epoch=1";
    let told = rows(&vex(
        "CVE-2024-1",
        &[("fixed", RHEL9, purl, "vendor_fix", "RHSA-2024:2447")],
    ));
    let [row] = told.as_slice() else { panic!() };
    assert_eq!(row.namespace.to_string(), "rhel:9");
    assert_eq!(row.package, "openssl-libs");
    assert_eq!(row.windows, [Window::before("1:3.0.7-27.el9")]);
    assert_eq!(row.advisories, ["RHSA-2024:2447"]);
    assert_eq!(row.fixed_on.as_deref(), Some("2024-05-06"));
    assert_eq!(row.scope.role, Role::Binary);
    assert_eq!(row.scope.module, Module::Outside);
    // Whatever is said of one architecture only, the build is one.
    assert!(row.scope.architectures.is_empty());
}

#[test]
fn every_state_of_red_hat_is_told_apart() {
    let purl = |name: &str| format!("pkg:rpm/redhat/{name}");
    let named: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(purl).to_vec();
    let told = rows(&vex(
        "CVE-2024-1",
        &[
            (
                "known_affected",
                RHEL9,
                &named[0],
                "none_available",
                "Affected",
            ),
            (
                "known_affected",
                RHEL9,
                &named[1],
                "none_available",
                "Fix deferred",
            ),
            (
                "known_affected",
                RHEL9,
                &named[2],
                "no_fix_planned",
                "Will not fix",
            ),
            (
                "known_affected",
                RHEL9,
                &named[3],
                "no_fix_planned",
                "Out of support scope",
            ),
            ("under_investigation", RHEL9, &named[4], "", ""),
            (
                "known_not_affected",
                RHEL9,
                &named[5],
                "flag",
                "vulnerable_code_not_present",
            ),
        ],
    ));
    let states: Vec<_> = told.iter().map(|row| (row.verdict, row.fix)).collect();
    assert_eq!(
        states,
        [
            (Verdict::Affected, FixState::NotFixed),
            (Verdict::Affected, FixState::Deferred),
            (Verdict::Affected, FixState::WontFix),
            (Verdict::Affected, FixState::EndOfLife),
            (Verdict::UnderInvestigation, FixState::UnderInvestigation),
            (Verdict::NotAffected, FixState::NotFixed),
        ]
    );
    assert!(told.iter().all(|row| row.windows == [Window::ALL]));
    let because = told.last().and_then(|row| row.because.as_deref());
    assert_eq!(because, Some("vulnerable code not present"));
}

#[test]
fn sources_modules_and_channels_are_kept_apart() {
    let told = rows(&vex(
        "CVE-2024-1",
        &[
            (
                "fixed",
                "cpe:/a:redhat:rhel_eus:9.2::appstream",
                "pkg:rpm/redhat/perl@5.32-1.el9_2?arch=src&epoch=4",
                "vendor_fix",
                "RHSA-2024:1",
            ),
            (
                "fixed",
                "cpe:/a:redhat:enterprise_linux:8::appstream",
                "pkg:rpm/redhat/perl-FCGI@0.78-11.module%2Bel8.8.0%2B23188%2B11a20ed6.1?arch=x86_64&epoch=1&rpmmod=perl-FCGI:0.78:8080020250603232512:bef19048",
                "vendor_fix",
                "RHSA-2024:2",
            ),
            (
                "known_affected",
                "cpe:/o:redhat:enterprise_linux:10.0",
                "pkg:rpm/redhat/perl",
                "none_available",
                "Affected",
            ),
        ],
    ));
    let facts: Vec<_> = told
        .iter()
        .map(|row| {
            let name = row.namespace.to_string();
            (name, row.scope.role, row.scope.module.clone())
        })
        .collect();
    assert_eq!(
        facts,
        [
            ("rhel:10".into(), Role::Binary, Module::Outside),
            (
                "rhel:8".into(),
                Role::Binary,
                Module::Stream("perl-FCGI:0.78".into())
            ),
            ("rhel:9.2:eus".into(), Role::Source, Module::Outside),
        ]
    );
}

#[test]
fn a_module_that_is_a_product_of_its_own_is_found_through_the_tree() {
    let document = r#"{"document":{"category":"csaf_vex","publisher":{"namespace":"https://www.redhat.com"},
        "tracking":{"id":"CVE-2024-1","current_release_date":"2024-06-01T00:00:00Z"}},
        "product_tree":{"branches":[
            {"product":{"product_id":"P","product_identification_helper":{"cpe":"cpe:/a:redhat:enterprise_linux:8::appstream"}}},
            {"product":{"product_id":"M","product_identification_helper":{"purl":"pkg:rpmmod/redhat/nodejs@14:8050020220210164521:c5368500"}}},
            {"product":{"product_id":"C","product_identification_helper":{"purl":"pkg:rpm/redhat/nodejs@14.18-1.module%2Bel8.5.0%2B1?arch=x86_64&epoch=1"}}}],
          "relationships":[
            {"full_product_name":{"product_id":"P:M"},"product_reference":"M","relates_to_product_reference":"P"},
            {"full_product_name":{"product_id":"P:M:C"},"product_reference":"C","relates_to_product_reference":"P:M"},
            {"full_product_name":{"product_id":"loop"},"product_reference":"loop","relates_to_product_reference":"loop"}]},
        "vulnerabilities":[{"cve":"CVE-2024-1","product_status":{"fixed":["P:M:C","loop","unknown"]}}]}"#;
    let told = rows(document);
    let [row] = told.as_slice() else { panic!() };
    assert_eq!(row.scope.module, Module::Stream("nodejs:14".into()));
}

#[test]
fn architectures_tell_rows_apart_where_builds_differ() {
    let purl = |version: &str, arch: &str| format!("pkg:rpm/redhat/kernel@{version}?arch={arch}");
    let (one, two) = (purl("5-1.el9", "x86_64"), purl("5-2.el9", "aarch64"));
    let told = rows(&vex(
        "CVE-2024-1",
        &[
            ("fixed", RHEL9, &one, "vendor_fix", "RHSA-2024:1"),
            ("fixed", RHEL9, &two, "vendor_fix", "RHSA-2024:2"),
        ],
    ));
    let limits: Vec<_> = told.iter().map(|row| &row.scope.architectures).collect();
    assert_eq!(limits, [&["amd64".to_owned()], &["arm64".to_owned()]]);
}

#[test]
fn a_build_without_the_flaw_does_not_acquit_others() {
    let document = vex(
        "CVE-2024-1",
        &[
            (
                "fixed",
                RHEL9,
                "pkg:rpm/redhat/x@2-1.el9?arch=x86_64",
                "vendor_fix",
                "RHSA-2024:1",
            ),
            (
                "known_not_affected",
                RHEL9,
                "pkg:rpm/redhat/x@1-1.el9?arch=x86_64",
                "",
                "",
            ),
            (
                "known_not_affected",
                RHEL9,
                "pkg:rpm/redhat/y@1-1.el9?arch=x86_64",
                "",
                "",
            ),
        ],
    );
    let told = rows(&document);
    let denials: Vec<_> = told
        .iter()
        .filter(|row| row.verdict == Verdict::NotAffected)
        .map(|row| (row.package.as_str(), row.windows.as_slice()))
        .collect();
    let only = Window {
        from: Some("1-1.el9".into()),
        to: Upper::Through("1-1.el9".into()),
        ..Window::ALL
    };
    assert_eq!(denials, [("x", [only].as_slice()), ("y", &[Window::ALL])]);
}

#[test]
fn other_products_are_left_out_and_counted() {
    let document = vex(
        "CVE-2024-1",
        &[
            (
                "fixed",
                "cpe:/a:redhat:openshift:4.16::el9",
                "pkg:rpm/redhat/cri-tools@1.29.0-3.1.el9?arch=aarch64",
                "",
                "",
            ),
            (
                "known_affected",
                RHEL9,
                "pkg:oci/ubi9?repository_url=registry.redhat.io/ubi9",
                "",
                "",
            ),
        ],
    );
    let mut intake = Intake::default();
    VEX.read(document.as_bytes(), &mut intake).unwrap();
    assert!(intake.is_empty());
    let skipped: Vec<_> = intake.tallies["rhel-vex"].skipped.keys().collect();
    assert_eq!(
        skipped,
        [
            "a Red Hat product other than RHEL",
            "a container image or another thing that is no rpm",
            "nothing about an rpm of a known release"
        ]
    );
}

#[test]
fn the_copy_that_was_changed_last_stays_and_withdrawn_ones_go() {
    let purl = "pkg:rpm/redhat/x";
    let row = |details| [("known_affected", RHEL9, purl, "none_available", details)];
    let new = vex("CVE-2024-1", &row("Fix deferred")).replace("2024-06-01", "2024-07-01");
    let old = vex("CVE-2024-1", &row("Affected"));
    let gone = vex("CVE-2024-2", &row("Affected")).replace("final", "withdrawn");
    let mut intake = Intake::default();
    for document in [&new, &old, &gone] {
        VEX.read(document.as_bytes(), &mut intake).unwrap();
    }
    let states: Vec<_> = intake
        .advisories()
        .flat_map(|advisory| advisory.affected)
        .map(|row| row.fix)
        .collect();
    assert_eq!(states, [FixState::Deferred]);
}

#[test]
fn an_advisory_speaks_of_each_of_its_vulnerabilities() {
    let purl = "pkg:rpm/redhat/x@2-1.el9?arch=x86_64";
    let document = vex(
        "CVE-2024-1",
        &[("fixed", RHEL9, purl, "vendor_fix", "RHSA-2024:1")],
    );
    let document = document
        .replace("csaf_vex", "csaf_security_advisory")
        .replace(r#""id":"CVE-2024-1""#, r#""id":"RHSA-2024:1""#);
    let mut intake = Intake::default();
    let feed = feeds::of(document.as_bytes()).unwrap();
    assert_eq!(feed.name(), "rhel-advisories");
    feed.read(document.as_bytes(), &mut intake).unwrap();
    let [advisory] = &intake.advisories().collect::<Vec<_>>()[..] else {
        panic!()
    };
    assert_eq!(
        (advisory.record.as_str(), advisory.id.as_str()),
        ("RHSA-2024:1", "CVE-2024-1")
    );
    assert_eq!(advisory.severities[0].severity, Severity::Medium);
}

#[test]
fn a_severity_of_one_product_stays_with_it() {
    let purl = "pkg:rpm/redhat/x@2-1.el9?arch=x86_64";
    let document = vex(
        "CVE-2024-1",
        &[("fixed", RHEL9, purl, "vendor_fix", "RHSA-2024:1")],
    );
    let document = document.replace(
        r#""flags":[]"#,
        r#""threats":[{"category":"impact","details":"Important","product_ids":["full-0"]}],
        "scores":[{"cvss_v3":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},"products":["full-0"]}]"#,
    );
    let told = rows(&document);
    let claim = told[0].severity.as_ref().unwrap();
    assert_eq!(
        (claim.source.as_str(), claim.severity),
        ("redhat", Severity::High)
    );
    assert_eq!(claim.cvss.as_ref().map(|cvss| cvss.score), Some(9.8));
}

#[test]
fn a_vector_does_not_outweigh_red_hats_own_word() {
    let purl = "pkg:rpm/redhat/x@2-1.el9?arch=x86_64";
    let document = vex(
        "CVE-2024-1",
        &[("fixed", RHEL9, purl, "vendor_fix", "RHSA-2024:1")],
    );
    let document = document.replace(
        r#""flags":[]"#,
        r#""threats":[{"category":"impact","details":"Low"}],
        "scores":[{"cvss_v3":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},"products":["full-0"]}]"#,
    );
    let mut intake = Intake::default();
    VEX.read(document.as_bytes(), &mut intake).unwrap();
    let advisory = intake.advisories().next().unwrap();
    let [claim] = advisory.severities.as_slice() else {
        panic!()
    };
    assert_eq!(claim.severity, Severity::Low);
    assert!(claim.cvss.is_some() && advisory.affected[0].severity.is_none());
}
