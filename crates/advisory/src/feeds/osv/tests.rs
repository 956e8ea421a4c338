use super::*;
use crate::advisory::Upper;
use crate::feeds;

fn read(document: &str) -> Intake {
    assert_eq!(
        feeds::of(document.as_bytes()).unwrap().name(),
        "osv",
        "{document}"
    );
    let mut intake = Intake::default();
    Osv.read(document.as_bytes(), &mut intake).unwrap();
    intake
}

fn record(id: &str, more: &str, affected: &str) -> String {
    format!(r#"{{"id":"{id}","modified":"2024-01-01T00:00:00Z",{more}"affected":[{affected}]}}"#)
}

fn pypi(ranges: &str) -> String {
    format!(
        r#"{{"package":{{"ecosystem":"PyPI","name":"Jinja_2"}},"ranges":[{{"type":"ECOSYSTEM","events":[{ranges}]}}]}}"#
    )
}

fn windows(events: &str) -> Vec<(Option<String>, Upper)> {
    let intake = read(&record("PYSEC-1", "", &pypi(events)));
    let advisories: Vec<_> = intake.advisories().collect();
    let windows = advisories.iter().flat_map(|a| &a.affected[0].windows);
    windows.map(|w| (w.from.clone(), w.to.clone())).collect()
}

#[test]
fn events_are_walked_by_version_not_by_place() {
    let fixed = |v: &str| Upper::Fixed(v.to_owned());
    assert_eq!(
        windows(r#"{"fixed":"3.1"},{"introduced":"3.0"},{"introduced":"0"},{"fixed":"2.9"}"#),
        [(None, fixed("2.9")), (Some("3.0".into()), fixed("3.1"))]
    );
    assert_eq!(
        windows(r#"{"introduced":"0"},{"last_affected":"1.0"},{"introduced":"2.0"}"#),
        [
            (None, Upper::Through("1.0".into())),
            (Some("2.0".into()), Upper::Open)
        ]
    );
}

#[test]
fn a_bound_that_is_no_version_costs_its_window_only() {
    let intake = read(&record(
        "PYSEC-1",
        "",
        &pypi(r#"{"introduced":"0"},{"fixed":"nonsense"},{"introduced":"2"},{"fixed":"3"}"#),
    ));
    let advisory = intake.advisories().next().unwrap();
    assert_eq!(advisory.affected[0].windows.len(), 1);
    assert_eq!(advisory.affected[0].package, "jinja-2");
    assert_eq!(
        intake.tallies["osv/PyPI"].skipped["bound that is no version"],
        1
    );
}

#[test]
fn umbrella_advisories_are_told_by_vulnerability() {
    let alma = r#"{"package":{"ecosystem":"AlmaLinux:8","name":"nginx"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1:1.22.1-1.module_el8.7.0+1"}]}]}"#;
    let more = r#""summary":"nginx:1.22 security update","related":["CVE-2023-2","CVE-2023-1"],"#;
    let intake = read(&record("ALSA-2023:1", more, alma));
    let advisories: Vec<_> = intake.advisories().collect();
    let ids: Vec<_> = advisories.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids, ["CVE-2023-1", "CVE-2023-2"]);
    assert_eq!(advisories[0].affected[0].advisories, ["ALSA-2023:1"]);
    assert_eq!(
        advisories[0].affected[0].scope.module,
        Module::Stream("nginx:1.22".into())
    );
    assert_eq!(
        read(&record("ALBA-2023:1", "", alma)).advisories().count(),
        0
    );
}

#[test]
fn a_vendor_word_names_the_severity_and_the_vector_its_score() {
    let more = r#""severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},{"type":"CVSS_V4","score":"nonsense"}],"database_specific":{"severity":"HIGH","cwe_ids":[1]},"#;
    let intake = read(&record("GHSA-x", more, &pypi(r#"{"introduced":"0"}"#)));
    let advisory = intake.advisories().next().unwrap();
    assert_eq!(advisory.severities.len(), 1);
    assert_eq!(advisory.severities[0].severity, Severity::High);
    assert_eq!(advisory.severities[0].source, "ghsa");
    assert_eq!(advisory.severities[0].cvss.as_ref().unwrap().score, 9.8);
}

#[test]
fn what_is_withdrawn_is_counted_and_left_out() {
    let all = pypi(r#"{"introduced":"0"}"#);
    let intake = read(&record(
        "PYSEC-1",
        r#""withdrawn":"2024-01-01T00:00:00Z","#,
        &all,
    ));
    assert_eq!(intake.advisories().count(), 0);
    assert_eq!(intake.tallies["osv/PyPI"].skipped["withdrawn"], 1);
}

#[test]
fn what_is_no_vulnerability_is_told_apart() {
    let unmaintained = r#"{"package":{"ecosystem":"crates.io","name":"x"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0.0.0-0"}]}],"database_specific":{"informational":"unmaintained"}}"#;
    let intake = read(&record("RUSTSEC-1", "", unmaintained));
    let class = intake.advisories().next().unwrap().class;
    assert_eq!(class, FindingClass::Unmaintained);
}

#[test]
fn only_malware_may_name_a_whole_package() {
    let whole = r#"{"package":{"ecosystem":"npm","name":"evil"}}"#;
    assert_eq!(read(&record("MAL-1", "", whole)).advisories().count(), 1);
    assert_eq!(read(&record("GHSA-1", "", whole)).advisories().count(), 0);
}
