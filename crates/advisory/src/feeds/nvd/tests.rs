use super::*;
use crate::feeds;
use crate::matching::{Matched, find};
use crate::testing::{inventory, osv, package, store};
use plimsoll_types::{Ecosystem, GapKind, Package, Severity, Suppression};

fn page(id: &str, more: &str, configurations: &str) -> String {
    format!(
        r#"{{"resultsPerPage":1,"format":"NVD_CVE","version":"2.0","timestamp":"2024-01-02T00:00:00.000","vulnerabilities":[{{"cve":{{"id":"{id}","published":"2024-01-01T10:15:11.747","lastModified":"2024-01-02T10:15:11.747","vulnStatus":"Analyzed",{more}"descriptions":[{{"lang":"es","value":"no"}},{{"lang":"en","value":"A flaw. More."}}],"configurations":[{configurations}]}}}},{{"cve":{{"id":7}}}}]}}"#
    )
}

fn node(matches: &[&str]) -> String {
    format!(
        r#"{{"operator":"OR","negate":false,"cpeMatch":[{}]}}"#,
        matches.join(",")
    )
}

fn any(matches: &[&str]) -> String {
    format!(r#"{{"nodes":[{}]}}"#, node(matches))
}

fn both(first: &[&str], second: &[&str]) -> String {
    format!(
        r#"{{"operator":"AND","nodes":[{},{}]}}"#,
        node(first),
        node(second)
    )
}

fn product(criteria: &str, bounds: &str) -> String {
    format!(r#"{{"vulnerable":true,"criteria":"cpe:2.3:{criteria}"{bounds}}}"#)
}

fn platform(criteria: &str) -> String {
    format!(r#"{{"vulnerable":false,"criteria":"cpe:2.3:{criteria}"}}"#)
}

fn program(name: &str, version: &str, cpe: &str) -> Package {
    let mut program = package(Ecosystem::Binary, name, version);
    program.record.cpes = vec![format!("cpe:2.3:a:{cpe}:{version}:*:*:*:*:*:*:*")];
    program
}

fn matched(documents: &[&str], packages: Vec<Package>) -> Matched {
    let (_folder, store) = store(documents);
    find(&inventory(Some(("debian", "12")), packages), &store)
}

const REDIS: &str = "a:redis:redis:*:*:*:*:*:*:*:*";
const BEFORE_7: &str = r#","versionStartExcluding":"6.0","versionEndExcluding":"7.2.4""#;

#[test]
fn a_program_is_matched_by_its_product_and_version() {
    let document = page("CVE-2024-1", "", &any(&[&product(REDIS, BEFORE_7)]));
    assert_eq!(feeds::of(document.as_bytes()).unwrap().name(), "nvd");
    let is_hit = |version| {
        let matched = matched(&[&document], vec![program("redis", version, "redis:redis")]);
        assert!(matched.coverage.gaps.is_empty());
        matched.findings.len() == 1
    };
    assert!(!is_hit("6.0") && is_hit("6.0.1") && is_hit("7.2.3") && !is_hit("7.2.4"));
    // Names are compared whole (traps 38, 47, 51).
    let other = program("redis-tools", "7.0", "redis:redis-tools");
    assert!(matched(&[&document], vec![other]).findings.is_empty());
}

#[test]
fn a_program_without_a_known_product_is_still_not_matched() {
    let document = page("CVE-2024-1", "", &any(&[&product(REDIS, BEFORE_7)]));
    let nameless = package(Ecosystem::Binary, "thing", "1.0");
    let gaps = matched(&[&document], vec![nameless]).coverage.gaps;
    assert_eq!(gaps.first().unwrap().kind, GapKind::NoAdvisoryData);
}

#[test]
fn a_product_without_any_version_matches_nothing() {
    let unbounded = page(
        "CVE-2013-6647",
        "",
        &any(&[
            &product("a:google:chrome:*:*:*:*:*:*:*:*", ""),
            &product("a:google:chrome:-:*:*:*:*:*:*:*", ""),
        ]),
    );
    let chrome = program("chrome", "134.0.6998.117", "google:chrome");
    assert!(
        matched(
            &[
                &unbounded,
                &page("CVE-2024-9", "", &any(&[&product(REDIS, BEFORE_7)]))
            ],
            vec![chrome]
        )
        .findings
        .is_empty()
    );
}

#[test]
fn a_listed_version_counts_with_its_update() {
    let listed = page(
        "CVE-2021-3156",
        "",
        &any(&[
            &product("a:sudo_project:sudo:1.9.5:p1:*:*:*:*:*:*", ""),
            &product("a:python:python:3.12.0:rc1:*:*:*:*:*:*", ""),
        ]),
    );
    let is_hit = |name, version, cpe| {
        let found = matched(&[&listed], vec![program(name, version, cpe)]).findings;
        found.len() == 1
    };
    assert!(is_hit("sudo", "1.9.5p1", "sudo_project:sudo"));
    assert!(!is_hit("sudo", "1.9.5p2", "sudo_project:sudo"));
    assert!(is_hit("python", "3.12.0rc1", "python:python"));
    assert!(!is_hit("python", "3.12.0", "python:python"));
}

#[test]
fn java_runtimes_have_an_order_of_their_own() {
    let document = page(
        "CVE-2022-21426",
        "",
        &any(&[
            &product("a:oracle:openjdk:8:update322:*:*:*:*:*:*", ""),
            &product(
                "a:oracle:openjdk:*:*:*:*:*:*:*:*",
                r#","versionStartIncluding":"11","versionEndIncluding":"11.0.14""#,
            ),
        ]),
    );
    let is_hit = |version: &str| {
        let mut runtime = package(Ecosystem::Jvm, "openjdk", version);
        runtime.record.cpes = vec!["cpe:2.3:a:oracle:openjdk:1.8.0:update322:*:*:*:*:*:*".into()];
        matched(&[&document], vec![runtime]).findings.len() == 1
    };
    assert!(is_hit("1.8.0_322-b06") && !is_hit("1.8.0_332-b09"));
    assert!(is_hit("11.0.9.1+1") && !is_hit("11.0.15+10"));
}

/// Trap 77.
#[test]
fn a_flaw_on_another_system_is_none_here() {
    let windows = page(
        "CVE-2021-22921",
        "",
        &both(
            &[&product(REDIS, BEFORE_7)],
            &[&platform("o:microsoft:windows:-:*:*:*:*:*:*:*")],
        ),
    );
    let other_distro = page(
        "CVE-2022-0543",
        "",
        &both(
            &[&product(REDIS, BEFORE_7)],
            &[&platform("o:canonical:ubuntu_linux:20.04:*:*:*:*:*:*:*")],
        ),
    );
    let here = page(
        "CVE-2024-3",
        "",
        &both(
            &[&product(REDIS, BEFORE_7)],
            &[
                &platform("o:debian:debian_linux:11.0:*:*:*:*:*:*:*"),
                &platform("o:microsoft:windows:-:*:*:*:*:*:*:*"),
            ],
        ),
    );
    let target = page(
        "CVE-2024-4",
        "",
        &any(&[
            &product("a:redis:redis:*:*:*:*:*:windows:*:*", BEFORE_7),
            &product("a:redis:redis:*:*:*:*:*:wordpress:*:*", BEFORE_7),
        ]),
    );
    let hardware = page(
        "CVE-2024-5",
        "",
        &both(
            &[&product(REDIS, BEFORE_7)],
            &[&platform("h:cisco:router:-:*:*:*:*:*:*:*")],
        ),
    );
    let redis = program("redis", "7.0", "redis:redis");
    let found = matched(
        &[&windows, &other_distro, &here, &target, &hardware],
        vec![redis],
    )
    .findings;
    let ids: Vec<_> = found.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["CVE-2024-3"]);
}

/// Trap 78.
#[test]
fn two_programs_that_are_flawed_together_must_both_be_there() {
    let document = page(
        "CVE-2024-1",
        "",
        &both(
            &[&product(REDIS, BEFORE_7)],
            &[&product(
                "a:lua:lua:*:*:*:*:*:*:*:*",
                r#","versionEndExcluding":"5.4""#,
            )],
        ),
    );
    let redis = || program("redis", "7.0", "redis:redis");
    let lua = |version| program("lua", version, "lua:lua");
    assert!(matched(&[&document], vec![redis()]).findings.is_empty());
    assert!(
        matched(&[&document], vec![redis(), lua("5.4.6")])
            .findings
            .is_empty()
    );
    assert_eq!(
        matched(&[&document], vec![redis(), lua("5.3")])
            .findings
            .len(),
        2
    );
}

#[test]
fn an_edition_must_not_contradict_the_package() {
    let document = page(
        "CVE-2024-1",
        "",
        &any(&[&product(
            "a:hashicorp:vault:*:*:*:*:enterprise:*:*:*",
            r#","versionEndExcluding":"1.15.0""#,
        )]),
    );
    let vault = program("vault", "1.14.0", "hashicorp:vault");
    assert_eq!(matched(&[&document], vec![vault.clone()]).findings.len(), 1);
    let mut community = vault;
    community.record.cpes = vec!["cpe:2.3:a:hashicorp:vault:1.14.0:*:*:*:community:*:*:*".into()];
    assert!(matched(&[&document], vec![community]).findings.is_empty());
}

#[test]
fn primary_scores_come_first_and_the_newest_of_them() {
    let metric = |source: &str, kind: &str, vector: &str| {
        format!(
            r#"{{"source":"{source}","type":"{kind}","cvssData":{{"vectorString":"{vector}"}}}}"#
        )
    };
    let v31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";
    let metrics = format!(
        r#""cveTags":[{{"tags":["disputed"]}}],"metrics":{{"cvssMetricV2":[{}],"cvssMetricV31":[{},{}]}},"#,
        metric("nvd@nist.gov", "Primary", "AV:N/AC:L/Au:N/C:C/I:C/A:C"),
        metric(
            "security@example.org",
            "Secondary",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"
        ),
        metric("nvd@nist.gov", "Primary", v31),
    );
    let document = page("CVE-2024-1", &metrics, &any(&[&product(REDIS, BEFORE_7)]));
    let redis = program("redis", "7.0", "redis:redis");
    let matched = matched(&[&document], vec![redis]);
    let finding = &matched.findings[0];
    let sources: Vec<_> = finding
        .severities
        .iter()
        .map(|s| s.source.as_str())
        .collect();
    assert_eq!(sources, ["nvd", "nvd", "example.org"]);
    assert_eq!(finding.severities[0].cvss.as_ref().unwrap().vector, v31);
    assert_eq!(finding.severity, Severity::High);
    assert!(finding.disputed);
    assert_eq!(finding.title, "A flaw");
}

#[test]
fn whoever_knows_the_package_decides() {
    let ruby = "---\nengine: ruby\ncve: 2024-1\ntitle: x\ndate: 2024-01-02\npatched_versions:\n- \">= 3.2.0\"\n";
    let document = page(
        "CVE-2024-1",
        "",
        &any(&[&product(
            "a:ruby-lang:ruby:*:*:*:*:*:*:*:*",
            r#","versionEndIncluding":"3.3.0""#,
        )]),
    );
    let hits = |documents: &[&str], version| {
        let interpreter = program("ruby", version, "ruby-lang:ruby");
        matched(documents, vec![interpreter]).findings.len()
    };
    assert_eq!(hits(&[&document], "3.2.0"), 1);
    assert_eq!(hits(&[&document, ruby], "3.2.0"), 0);
    assert_eq!(hits(&[&document, ruby], "3.1.0"), 1);
}

/// Trap 32.
#[test]
fn what_was_taken_back_does_not_count() {
    let rejected =
        page("CVE-2024-1", "", &any(&[&product(REDIS, BEFORE_7)])).replace("Analyzed", "Rejected");
    let record = osv(
        "DEBIAN-CVE-2024-1",
        &[],
        "Debian:12",
        "ncurses",
        r#"{"introduced":"0"}"#,
        "",
    );
    let library = crate::testing::deb("libtinfo6", "6.4-4", "ncurses");
    let matched = matched(&[&rejected, &record], vec![library]);
    assert!(matched.findings.is_empty());
    assert_eq!(matched.suppressed[0].reason, Suppression::Rejected);
}

#[test]
fn a_broken_record_costs_itself() {
    let document = page("CVE-2024-1", "", "");
    let mut intake = Intake::default();
    Nvd.read(document.as_bytes(), &mut intake).unwrap();
    assert_eq!(intake.tallies["nvd"].records, 1);
    assert_eq!(intake.tallies["nvd"].skipped["broken"], 1);
}
