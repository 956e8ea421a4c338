use super::*;
use crate::testing::{Scene, finding, fired, when};
use plimsoll_types::{Cvss, Epss, Fix, KnownExploited, SeverityClaim};

fn rule() -> OfPackage {
    when("{}")
}

fn log4shell() -> Finding {
    Finding {
        aliases: vec!["GHSA-jfh8-c2jp-5v3q".into()],
        severities: vec![
            SeverityClaim {
                source: "ghsa".into(),
                severity: Severity::Critical,
                cvss: Some(Cvss {
                    version: "3.1".into(),
                    vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H".into(),
                    score: 10.0,
                }),
            },
            SeverityClaim {
                source: "nvd".into(),
                severity: Severity::High,
                cvss: Some(Cvss {
                    version: "2.0".into(),
                    vector: "AV:N/AC:M/Au:N/C:C/I:C/A:C".into(),
                    score: 9.3,
                }),
            },
        ],
        fix: Fix {
            state: FixState::Fixed,
            versions: vec!["2.15.0".into()],
            advisories: Vec::new(),
            ..Fix::default()
        },
        known_exploited: Some(KnownExploited {
            added: "2021-12-10".into(),
            due: "2021-12-24".into(),
            ransomware: true,
        }),
        published: Some("2021-12-10T00:40:56Z".into()),
        epss: Some(Epss {
            score: 0.94,
            percentile: 0.99,
            day: "2026-10-01".into(),
        }),
        risk: 100.0,
        ..finding("CVE-2021-44228", 0, Severity::Critical)
    }
}

/// Log4Shell in an archive and an OS package with an open vulnerability
/// that nobody has scored.
fn scene() -> Scene {
    Scene::default()
        .with_package(Ecosystem::Maven, "org.apache:log4j-core", "2.14.1")
        .with_package(Ecosystem::Deb, "zlib1g", "1:1.2.13")
        .with_finding(log4shell())
        .with_finding(Finding {
            fix: Fix {
                state: FixState::WontFix,
                ..Fix::default()
            },
            ..finding("CVE-2023-45853", 1, Severity::Low)
        })
}

fn ids(rule: &OfPackage) -> Vec<usize> {
    let fires = fired(rule, &scene());
    let index = |fire: Fire| match fire.evidence {
        Evidence::Finding(index) => index,
        other => panic!("{other:?}"),
    };
    fires.into_iter().map(index).collect()
}

#[test]
fn messages_name_the_values_that_decided() {
    let fires = fired(&rule(), &scene());
    assert_eq!(
        fires[0].message,
        "org.apache:log4j-core 2.14.1: CVE-2021-44228 critical (CVSS 10.0), exploited, fixed in 2.15.0"
    );
    assert_eq!(
        fires[0].advice.as_deref(),
        Some("upgrade org.apache:log4j-core to 2.15.0")
    );
    assert_eq!(
        fires[1].message,
        "zlib1g 1:1.2.13: CVE-2023-45853 low, will not be fixed"
    );
}

#[test]
fn every_condition_narrows() {
    let none: &[usize] = &[];
    for (conditions, expected) in [
        ("{}", &[0, 1][..]),
        ("severity_at_least: high", &[0]),
        ("severity: low", &[1]),
        ("{ severity: high, severity_source: nvd }", &[0]),
        ("{ severity: critical, severity_source: vendor }", &[0]),
        ("{ severity: unknown, severity_source: nvd }", &[1]),
        ("cvss_at_least: 9.5", &[0]),
        ("{ cvss_at_least: 9.5, cvss_version: 2 }", none),
        ("{ cvss_at_least: 9.5, cvss_source: nvd }", none),
        ("{ cvss_at_least: 9.5, unscored: match }", &[0, 1]),
        ("cvss_below: 10.0", none),
        ("{ cvss_below: 10.0, cvss_source: nvd }", &[0]),
        ("{ cvss_below: 10.0, unscored: match }", &[1]),
        ("exploitability_at_least: 3.9", &[0]),
        ("exploitability_at_least: 4.0", none),
        ("{ exploitability_at_least: 8.6, cvss_source: nvd }", &[0]),
        ("impact_at_least: 6.0", &[0]),
        ("impact_at_least: 6.1", none),
        ("{ impact_at_least: 6.1, unscored: match }", &[1]),
        ("fix_available: true", &[0]),
        ("fix_available: false", &[1]),
        ("fix: wont-fix", &[1]),
        ("exploited: true", &[0]),
        ("exploited_due_within: 0d", &[0]),
        ("epss_at_least: 0.9", &[0]),
        ("epss_percentile_at_least: 0.99", &[0]),
        ("epss_percentile_at_least: 1.0", none),
        ("risk_at_least: 50", &[0]),
        ("disputed: true", none),
        ("kinds: malware", none),
        ("fixed_for: 30d", &[0]),
        ("ids: GHSA-jfh8-*", &[0]),
        ("class: os", &[1]),
        ("ecosystems: maven", &[0]),
        ("packages: zlib*", &[1]),
        ("except_packages: zlib*", &[0]),
        ("{ package_versions: '>= 2, < 2.15' }", &[0]),
        ("{ package_versions: '< 1.2' }", none),
        ("{ purls: 'pkg:deb/**' }", &[1]),
        ("paths: /place/of/zlib*", &[1]),
        ("except_paths: /place/of/org.apache*", &[1]),
    ] {
        assert_eq!(ids(&when(conditions)), expected, "{conditions}");
    }
}

#[test]
fn a_finding_without_fix_is_not_fixed_for_any_time() {
    let mut open = finding("CVE-1", 0, Severity::High);
    let scene = |finding: &Finding| {
        let scene = Scene::default().with_package(Ecosystem::Deb, "a", "1");
        scene.with_finding(finding.clone())
    };
    let fixed: OfPackage = when("fixed_for: 14d");
    assert!(fired(&fixed, &scene(&open)).is_empty());
    open.fix.state = FixState::Fixed;
    assert_eq!(
        fired(&fixed, &scene(&open)).len(),
        1,
        "no day counts as long ago"
    );
    open.fix.since = Some("2026-10-02".into());
    assert!(fired(&fixed, &scene(&open)).is_empty());
}

#[test]
fn a_due_day_counts_from_before_it_and_when_it_cannot_be_read() {
    let today: Date = "2026-10-15".parse().unwrap();
    assert!(is_due("2026-10-29", Days(14), today));
    assert!(!is_due("2026-10-30", Days(14), today));
    assert!(is_due("2021-12-24", Days(0), today));
    assert!(is_due("", Days(0), today));
}

#[test]
fn what_is_no_vulnerability_is_left_to_rules_that_name_it() {
    let scene = Scene::default()
        .with_package(Ecosystem::Cargo, "ansi_term", "0.12.1")
        .with_finding(Finding {
            class: FindingClass::Unmaintained,
            ..finding("RUSTSEC-2021-0139", 0, Severity::Unknown)
        });
    assert!(fired(&rule(), &scene).is_empty());
    let named: OfPackage = when("kinds: unmaintained");
    let fires = fired(&named, &scene);
    assert_eq!(
        fires[0].message,
        "ansi_term 0.12.1: RUSTSEC-2021-0139 unknown, unmaintained, fix unknown"
    );
}

#[test]
fn an_unknown_day_of_publication_counts_as_long_ago() {
    let today: Date = "2026-10-15".parse().unwrap();
    let old = |published| is_old(published, Days(14), today);
    assert!(old(Some("2026-10-01T23:59:59Z")));
    assert!(!old(Some("2026-10-02T00:00:00Z")));
    assert!(old(Some("2026-10-01")));
    assert!(old(None));
    assert!(old(Some("yesterday")));
}
