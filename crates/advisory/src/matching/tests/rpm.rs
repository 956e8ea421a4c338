//! Distributions that are made of rpms, RHEL and its rebuilds first.

use super::{gaps, ids};
use crate::matching::{Matched, find};
use crate::testing::{CsafRow, inventory, osv, rpm, store, vex};
use plimsoll_types::{FixState, GapKind, Package, Suppression};

const RHEL7: &str = "cpe:/o:redhat:enterprise_linux:7::server";
const RHEL8: &str = "cpe:/o:redhat:enterprise_linux:8::baseos";
const RHEL9: &str = "cpe:/o:redhat:enterprise_linux:9::baseos";

fn on(distro: (&str, &str), documents: &[&str], package: Package) -> Matched {
    let (_folder, store) = store(documents);
    find(&inventory(Some(distro), vec![package]), &store)
}

fn fixed<'a>(cpe: &'a str, purl: &'a str) -> CsafRow<'a> {
    ("fixed", cpe, purl, "vendor_fix", "RHSA-2024:1")
}

fn cve(rows: &[CsafRow<'_>]) -> String {
    vex("CVE-2024-1", rows)
}

fn fixes(matched: &Matched) -> Vec<&str> {
    let fixes = matched.findings.iter().flat_map(|f| &f.fix.versions);
    fixes.map(String::as_str).collect()
}

/// Traps 1 and 2: a binary's version is not the source's, and the name of a
/// source rpm has no epoch.
#[test]
fn source_rows_are_compared_with_the_source_rpm_whatever_its_epoch() {
    let row = cve(&[fixed(
        RHEL7,
        "pkg:rpm/redhat/perl@5.16.3-299.el7_9?arch=src&epoch=4",
    )]);
    let with = |source: &str| {
        let pod = rpm("perl-Pod-Escapes", "1:1.04-299.el7_9", ("perl", source));
        on(("rhel", "7.9"), &[&row], pod)
    };
    assert!(ids(&with("5.16.3-299.el7_9")).is_empty());
    let old = with("5.16.3-297.el7");
    assert_eq!(ids(&old), ["CVE-2024-1"]);
    assert_eq!(old.findings[0].matches[0].version, "4:5.16.3-297.el7");
    let row = cve(&[fixed(
        RHEL8,
        "pkg:rpm/redhat/perl@5.26.3-419.el8?arch=src&epoch=4",
    )]);
    let errno = rpm(
        "perl-Errno",
        "0:1.28-419.el8_4.1",
        ("perl", "5.26.3-419.el8_4.1"),
    );
    assert!(ids(&on(("rhel", "8.4"), &[&row], errno)).is_empty());
}

/// Traps 3, 4 and 5.
#[test]
fn binaries_are_compared_by_epoch_version_and_release() {
    let affected = |distro: (&str, &str), cpe: &str, fix: &str, installed: &str| {
        let purl = format!("pkg:rpm/redhat/x@{fix}");
        let package = rpm("x", installed, ("x", "0-0"));
        !ids(&on(distro, &[&cve(&[fixed(cpe, &purl)])], package)).is_empty()
    };
    let seven = |fix: &str, installed: &str| affected(("rhel", "7.9"), RHEL7, fix, installed);
    assert!(!seven("1.5.4-2.el7_9?epoch=0", "1.5.4-2.el7_9"));
    assert!(seven("1.5.4-2.el7_9?epoch=0", "1.5.4-2.el7"));
    let jdk = "1:1.8.0.302.b08-0.el7_9";
    assert!(!seven("1.8.0.51-1.b16.el7_1?epoch=1", jdk));
    assert!(!seven("1.8.0.302.b08-0.el7_9?epoch=1", jdk));
    let installed = "8.3.1-5.el8.4";
    assert!(affected(
        ("rhel", "8.4"),
        RHEL8,
        "8.3.1-5.el8.5?epoch=0",
        installed
    ));
}

/// Trap 13.
#[test]
fn a_build_with_the_fix_of_its_own_minor_release_is_repaired() {
    let libs = |version| rpm("bind-export-libs", version, ("bind", "9.11.26-4.el8_4.1"));
    let document = cve(&[
        fixed(
            RHEL8,
            "pkg:rpm/redhat/bind-export-libs@9.11.36-3.el8_6.1?arch=x86_64&epoch=32",
        ),
        fixed(
            "cpe:/o:redhat:rhel_eus:8.4::baseos",
            "pkg:rpm/redhat/bind-export-libs@9.11.26-4.el8_4.1?arch=x86_64&epoch=32",
        ),
    ]);
    let on = |version| on(("rhel", "8.4"), &[&document], libs(version));
    assert!(ids(&on("32:9.11.26-4.el8_4.1")).is_empty());
    assert!(ids(&on("32:9.11.26-4.el8_4.2")).is_empty());
    let older = on("32:9.11.26-4.el8_4");
    assert_eq!(fixes(&older), ["32:9.11.36-3.el8_6.1"]);
    // What another minor release has tells nothing.
    assert_eq!(ids(&on("32:9.11.26-6.el8_5")), ["CVE-2024-1"]);
}

#[test]
fn of_several_fixes_of_a_release_that_of_the_hosts_minor_counts() {
    let document = cve(&[
        fixed(RHEL9, "pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=x86_64"),
        fixed(RHEL9, "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?arch=x86_64"),
    ]);
    let with = |minor, version| {
        let curl = rpm("curl", version, ("curl", version));
        on(("rhel", minor), &[&document], curl)
    };
    assert_eq!(fixes(&with("9.2", "7.76.1-23.el9")), ["7.76.1-23.el9_2.4"]);
    assert_eq!(fixes(&with("9.3", "7.76.1-23.el9")), ["7.76.1-26.el9_3.2"]);
    assert_eq!(
        fixes(&with("9.3", "7.76.1-26.el9_3.1")),
        ["7.76.1-26.el9_3.2"]
    );
    // Whatever the host says, these builds have it.
    assert!(ids(&with("9.3", "7.76.1-23.el9_2.4")).is_empty());
    assert!(ids(&with("9.3", "7.76.1-26.el9_3.2")).is_empty());
    // The first build of the next minor release is not the host's.
    let document = cve(&[
        fixed(RHEL9, "pkg:rpm/redhat/python3@3.9.18-3.el9_4.5?arch=x86_64"),
        fixed(RHEL9, "pkg:rpm/redhat/python3@3.9.19-8.el9?arch=x86_64"),
    ]);
    let python = rpm("python3", "3.9.18-3.el9", ("python3.9", "3.9.18-3.el9"));
    let matched = on(("rhel", "9.4"), &[&document], python);
    assert_eq!(fixes(&matched), ["3.9.18-3.el9_4.5"]);
}

#[test]
fn on_an_extended_minor_release_later_fixes_are_out_of_reach() {
    let found = |rows: &[CsafRow<'_>], version| {
        let (_folder, store) = store(&[&cve(rows)]);
        let mut image = inventory(
            Some(("rhel", "8.4")),
            vec![rpm("x", version, ("x", version))],
        );
        image.distro.as_mut().unwrap().channel = Some("eus".into());
        find(&image, &store)
    };
    let later = fixed(RHEL8, "pkg:rpm/redhat/x@3-1.el8_6?arch=x86_64");
    let unreached = found(&[later], "1-1.el8_4");
    let fix = &unreached.findings[0].fix;
    assert_eq!((fix.state, fix.versions.len()), (FixState::NotFixed, 0));
    assert_eq!(unreached.findings[0].matches[0].range, "< 3-1.el8_6");
    // An earlier minor release's is within reach, and the channel's comes first.
    let earlier = fixed(RHEL8, "pkg:rpm/redhat/x@2-1.el8_3?arch=x86_64");
    assert_eq!(fixes(&found(&[later, earlier], "1-1.el8")), ["2-1.el8_3"]);
    let own = fixed(
        "cpe:/o:redhat:rhel_eus:8.4::baseos",
        "pkg:rpm/redhat/x@1-2.el8_4?arch=x86_64",
    );
    assert_eq!(fixes(&found(&[later, own], "1-1.el8_4")), ["1-2.el8_4"]);
}

/// Trap 14.
#[test]
fn rows_of_a_module_are_about_its_stream() {
    let module = "cpe:/a:redhat:enterprise_linux:8::appstream";
    let document = cve(&[
        fixed(
            module,
            "pkg:rpm/redhat/nodejs@14.18-1.module%2Bel8.5.0%2B13%2Baa?arch=x86_64&epoch=1&rpmmod=nodejs:14:8050:aa",
        ),
        (
            "known_affected",
            RHEL8,
            "pkg:rpm/redhat/nodejs?rpmmod=nodejs:16",
            "no_fix_planned",
            "Will not fix",
        ),
    ]);
    let with = |label: &str| {
        let version = "1:12.22-1.module+el8.5.0+12+bb";
        let mut nodejs = rpm(
            "nodejs",
            version,
            ("nodejs", "12.22-1.module+el8.5.0+12+bb"),
        );
        nodejs.record.modularity = Some(label.into());
        let matched = on(("rhel", "8.5"), &[&document], nodejs);
        matched
            .findings
            .iter()
            .map(|f| f.fix.state)
            .collect::<Vec<_>>()
    };
    assert_eq!(with("nodejs:14:8050:bb"), [FixState::Fixed]);
    assert_eq!(with("nodejs:16:8050:bb"), [FixState::WontFix]);
    assert!(with("nodejs:12:8050:bb").is_empty());
}

/// Trap 15.
#[test]
fn counters_of_two_build_systems_are_not_compared() {
    let module = "cpe:/a:redhat:enterprise_linux:8::appstream";
    let purl = "pkg:rpm/redhat/php-fpm@7.4.30-1.module%2Bel8.7.0%2B3286%2B227f3cf0?arch=x86_64&rpmmod=php:7.4:87:aa";
    let document = cve(&[fixed(module, purl)]);
    let with = |version: &str| {
        let mut php = rpm("php-fpm", version, ("php", version));
        php.record.modularity = Some("php:7.4:8070020230101000000:bb".into());
        on(("centos", "8"), &[&document], php)
    };
    assert!(ids(&with("7.4.30-1.module_el8.7.0+1190+d11b935a")).is_empty());
    assert_eq!(
        ids(&with("7.4.29-1.module_el8.7.0+9999+d11b935a")),
        ["CVE-2024-1"]
    );
    // Red Hat's own counters do compare.
    assert_eq!(
        ids(&with("7.4.30-1.module+el8.7.0+1190+d11b935a")),
        ["CVE-2024-1"]
    );
}

#[test]
fn what_red_hat_denies_of_a_binary_outweighs_its_source() {
    let document = cve(&[
        fixed(
            RHEL9,
            "pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=src&epoch=1",
        ),
        (
            "known_not_affected",
            RHEL9,
            "pkg:rpm/redhat/openssl-perl",
            "flag",
            "component_not_present",
        ),
    ]);
    let package = rpm("openssl-perl", "1:3.0.1-1.el9", ("openssl", "3.0.1-1.el9"));
    let matched = on(("rhel", "9.4"), &[&document], package);
    assert!(ids(&matched).is_empty());
    let [suppressed] = matched.suppressed.as_slice() else {
        panic!()
    };
    assert_eq!(suppressed.reason, Suppression::NotAffected);
    assert_eq!(
        suppressed.detail,
        "rhel-vex CVE-2024-1: component not present"
    );
}

#[test]
fn a_denial_for_some_architectures_does_not_acquit_an_unknown_one() {
    let denial = |arch: &str, version: &str| format!("pkg:rpm/redhat/x@{version}?arch={arch}");
    let rows = [denial("x86_64", "1-1.el9"), denial("aarch64", "1-1.el9")];
    let fix = [denial("x86_64", "2-1.el9"), denial("s390x", "2-2.el9")];
    let document = cve(&[
        ("known_not_affected", RHEL9, &rows[0], "", ""),
        ("known_not_affected", RHEL9, &rows[1], "", ""),
        fixed(RHEL9, &fix[0]),
        fixed(RHEL9, &fix[1]),
    ]);
    let with = |arch: Option<&str>| {
        let mut package = rpm("x", "1-1.el9", ("x", "1-1.el9"));
        package.record.arch = arch.map(str::to_owned);
        on(("rhel", "9.4"), &[&document], package).findings.len()
    };
    assert_eq!(with(Some("x86_64")), 0);
    assert_eq!(with(None), 1);
}

#[test]
fn a_rebuild_is_told_of_what_is_open_and_ships_its_own_fixes() {
    let own = osv(
        "ALSA-2024:2",
        &[],
        "AlmaLinux:9",
        "curl",
        r#"{"introduced":"0"},{"fixed":"7.76.1-26.el9_3.2.alma.1"}"#,
        r#","related":["CVE-2024-2"]"#,
    );
    let open = vex(
        "CVE-2024-1",
        &[(
            "known_affected",
            RHEL9,
            "pkg:rpm/redhat/libcurl",
            "none_available",
            "Fix deferred",
        )],
    );
    let repaired = vex(
        "CVE-2024-2",
        &[fixed(
            RHEL9,
            "pkg:rpm/redhat/libcurl@7.76.1-26.el9_3.2?arch=x86_64",
        )],
    );
    let unshipped = vex(
        "CVE-2024-3",
        &[fixed(
            RHEL9,
            "pkg:rpm/redhat/libcurl@7.76.1-29.el9_4?arch=x86_64",
        )],
    );
    let documents: [&str; 4] = [&own, &open, &repaired, &unshipped];
    let with = |name: &str, version: &str| {
        on(
            ("almalinux", "9.3"),
            &documents,
            rpm(name, version, ("curl", version)),
        )
    };
    let old = with("libcurl", "7.76.1-26.el9");
    let states: Vec<_> = old
        .findings
        .iter()
        .map(|f| (f.id.as_str(), f.fix.state, f.fix.versions.join(" ")))
        .collect();
    assert_eq!(
        states,
        [
            ("CVE-2024-1", FixState::Deferred, String::new()),
            // The advisory names a sibling from the same source.
            (
                "CVE-2024-2",
                FixState::Fixed,
                "7.76.1-26.el9_3.2.alma.1".into()
            ),
            ("CVE-2024-3", FixState::NotFixed, String::new()),
        ]
    );
    let new = with("libcurl", "7.76.1-26.el9_3.2.alma.1");
    assert_eq!(ids(&new), ["CVE-2024-1", "CVE-2024-3"]);
    assert!(ids(&with("libcurl-debuginfo", "7.76.1-26.el9")).is_empty());
    assert!(gaps(&old).is_empty());
}

/// Traps 16 and 17.
#[test]
fn modules_of_rebuilds_are_matched_by_stream_and_missed_out_loud() {
    let own = osv(
        "RLSA-2021:3",
        &[],
        "Rocky Linux:8",
        "libecap",
        r#"{"introduced":"0"},{"fixed":"0:1.0.1-2.module+el8.4.0+404+316a0dc5"}"#,
        r#","related":["CVE-2024-1"],"summary":"squid:4 security update""#,
    );
    let own = own.replacen(r#""summary":"about RLSA-2021:3","#, "", 1);
    let with = |label: Option<&str>| {
        let version = "1.0.1-2.module+el8.3.0+180+86811c21";
        let mut libecap = rpm("libecap", version, ("libecap", version));
        libecap.record.modularity = label.map(str::to_owned);
        on(("rocky", "8.4"), &[&own], libecap)
    };
    assert_eq!(ids(&with(Some("squid:4:8030:aa"))), ["CVE-2024-1"]);
    let unlabelled = with(None);
    assert!(ids(&unlabelled).is_empty());
    assert_eq!(gaps(&unlabelled), [(GapKind::VersionUnparsable, "libecap")]);
}

#[test]
fn a_rebuild_repairs_each_minor_release_as_well() {
    let alsa = |id: &str, fixed: &str| {
        osv(
            id,
            &[],
            "AlmaLinux:9",
            "curl",
            &format!(r#"{{"introduced":"0"}},{{"fixed":"{fixed}"}}"#),
            r#","related":["CVE-2024-1"]"#,
        )
    };
    let (two, three) = (
        alsa("ALSA-2023:5763", "7.76.1-23.el9_2.4"),
        alsa("ALSA-2023:6745", "7.76.1-26.el9_3.2"),
    );
    let with = |version| {
        let curl = rpm("curl", version, ("curl", version));
        on(("almalinux", "9.3"), &[&two, &three], curl)
    };
    assert!(ids(&with("7.76.1-23.el9_2.4")).is_empty());
    assert_eq!(fixes(&with("7.76.1-26.el9_3.1")), ["7.76.1-26.el9_3.2"]);
}

/// Trap 18.
#[test]
fn what_remi_builds_is_not_matched_against_red_hats_rows() {
    let document = cve(&[(
        "known_affected",
        RHEL7,
        "pkg:rpm/redhat/php",
        "no_fix_planned",
        "Will not fix",
    )]);
    let php = |vendor: &str, version| {
        let mut php = rpm("php", version, ("php", version));
        php.record.vendor = Some(vendor.into());
        on(("centos", "7"), &[&document], php)
    };
    let foreign = php(
        "Remi's RPM repository <https://rpms.remirepo.net/>",
        "7.3.22-1.el7.remi",
    );
    assert!(ids(&foreign).is_empty());
    let [(kind, _)] = gaps(&foreign)[..] else {
        panic!()
    };
    assert_eq!(kind, GapKind::ThirdParty);
    assert_eq!(ids(&php("CentOS", "5.4.16-48.el7")), ["CVE-2024-1"]);
}

/// Trap 9: a stack beside the distribution's own is another source.
#[test]
fn a_parallel_stack_is_another_package() {
    let document = osv(
        "SUSE-SU-2024:1",
        &[],
        "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
        "python311-zipp",
        r#"{"introduced":"0"},{"fixed":"3.15.0-150400.10.7.1"}"#,
        r#","related":["CVE-2024-1"]"#,
    );
    let with = |name: &str, version: &str| {
        let source = name.replace("python3-", "python-");
        on(
            ("sles", "15.5"),
            &[&document],
            rpm(name, version, (&source, version)),
        )
    };
    assert!(ids(&with("python3-zipp", "0.6.0-150100.3.5.1")).is_empty());
    assert_eq!(
        ids(&with("python311-zipp", "3.15.0-150400.10.1.1")),
        ["CVE-2024-1"]
    );
}

#[test]
fn a_channel_of_whose_kind_nothing_is_loaded_is_a_gap() {
    let with = |document: &str| {
        let (_folder, store) = store(&[document]);
        let mut image = inventory(Some(("rhel", "8.4")), vec![]);
        image.distro.as_mut().unwrap().channel = Some("eus".into());
        find(&image, &store)
    };
    let usual = fixed(RHEL8, "pkg:rpm/redhat/curl@7.61.1-18.el8?arch=x86_64");
    let without = with(&cve(&[usual]));
    assert_eq!(gaps(&without), [(GapKind::NoAdvisoryData, "rhel:8.4:eus")]);
    let eus = fixed(
        "cpe:/o:redhat:rhel_eus:8.6::baseos",
        "pkg:rpm/redhat/curl@7.61.1-22.el8_6.1?arch=x86_64",
    );
    assert!(gaps(&with(&cve(&[usual, eus]))).is_empty());
}
