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

fn ids(record: &str) -> Vec<(String, Vec<String>)> {
    let intake = read(record);
    intake.advisories().map(|a| (a.id, a.aliases)).collect()
}

#[test]
fn upstream_is_the_same_vulnerability_where_that_is_one() {
    let all = pypi(r#"{"introduced":"0"}"#);
    let one = r#""upstream":["CVE-2023-1","GHSA-x"],"related":["CVE-2023-9"],"#;
    assert_eq!(
        ids(&record("CGA-1", one, &all)),
        [("CGA-1".into(), vec!["CVE-2023-1".into()])]
    );
    let two = r#""upstream":["CVE-2023-1","CVE-2023-2"],"#;
    assert_eq!(
        ids(&record("CLEANSTART-1", two, &all)),
        [("CVE-2023-1".into(), vec![]), ("CVE-2023-2".into(), vec![])]
    );
    let notice = r#""upstream":["UBUNTU-CVE-2021-3782"],"#;
    assert_eq!(
        ids(&record("USN-5614-1", notice, &all)),
        [("CVE-2021-3782".into(), vec![])]
    );
}

#[test]
fn a_bound_known_to_github_ends_a_window_without_repair() {
    let affected = r#"{"package":{"ecosystem":"npm","name":"x"},"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"}]}],"database_specific":{"last_known_affected_version_range":"<= 1.2.3"}}"#;
    let intake = read(&record("GHSA-1", "", affected));
    let advisory = intake.advisories().next().unwrap();
    assert_eq!(
        advisory.affected[0].windows[0].to,
        Upper::Through("1.2.3".into())
    );
}

#[test]
fn commits_are_counted_and_limits_of_versions_are_not_looked_at() {
    let commits = r#"{"package":{"ecosystem":"PyPI","name":"x"},"ranges":[{"type":"GIT","events":[{"introduced":"0"},{"limit":"abc"}]}]}"#;
    let intake = read(&record("PSF-1", "", commits));
    assert_eq!(intake.advisories().count(), 0);
    assert_eq!(
        intake.tallies["osv/PyPI"].skipped["commits, and no version of a known ecosystem"],
        1
    );
    assert_eq!(
        windows(r#"{"introduced":"0"},{"limit":"3"}"#),
        [(None, Upper::Open)]
    );
}

#[test]
fn subscribers_have_a_repair_that_others_do_not_get() {
    let row = |ecosystem: &str, events: &str| {
        format!(
            r#"{{"package":{{"ecosystem":"{ecosystem}","name":"unzip"}},"ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]}}"#
        )
    };
    let base = row("Ubuntu:18.04:LTS", r#"{"introduced":"0"}"#);
    let paid = row(
        "Ubuntu:Pro:18.04:LTS",
        r#"{"introduced":"0"},{"fixed":"6.0-21ubuntu1.2+esm1"}"#,
    );
    let other = row("Ubuntu:22.04:LTS", r#"{"introduced":"0"}"#);
    let intake = read(&record(
        "UBUNTU-CVE-2022-1",
        "",
        &[base, paid, other].join(","),
    ));
    let advisory = intake.advisories().next().unwrap();
    let states: Vec<_> = advisory.affected.iter().map(|row| row.fix).collect();
    assert_eq!(
        states,
        [FixState::WontFix, FixState::NotFixed, FixState::Unknown]
    );
}

#[test]
fn one_vulnerability_of_two_products_of_docker_is_two_records() {
    let of = |product: &str| {
        format!(
            r#"{{"package":{{"ecosystem":"DHI","name":"{product}"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}}]}}],"database_specific":{{"severity":"low"}}}}"#
        )
    };
    let mut intake = read(&record("CVE-2023-1", "", &of("node")));
    Osv.read(
        record("CVE-2023-1", "", &of("python")).as_bytes(),
        &mut intake,
    )
    .unwrap();
    let told: Vec<_> = intake.advisories().collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].record, "node/CVE-2023-1");
    let severity = told[0].affected[0].severity.as_ref().unwrap();
    assert_eq!(severity.severity, Severity::Low);
}

#[test]
fn a_long_record_is_known_before_its_date() {
    let row = pypi(r#"{"introduced":"0"}"#);
    let rows = vec![row.as_str(); 2000].join(",");
    let document =
        format!(r#"{{"id":"PYSEC-1","affected":[{rows}],"modified":"2024-01-01T00:00:00Z"}}"#);
    assert!(document.len() > 2 * feeds::HEAD);
    assert_eq!(read(&document).advisories().count(), 1);
}

#[test]
fn a_rebuild_tells_the_severity_in_its_summary() {
    let intake = read(
        r#"{"id":"ALSA-2023:5763","modified":"2023-10-18T00:00:00Z","related":["CVE-2023-38545"],"summary":"Important: curl security update",
        "affected":[{"package":{"ecosystem":"AlmaLinux:9","name":"curl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"7.76.1-23.el9_2.4"}]}]}]}"#,
    );
    let advisory = intake.advisories().next().unwrap();
    let claims: Vec<_> = advisory
        .severities
        .iter()
        .map(|claim| (claim.source.as_str(), claim.severity))
        .collect();
    assert_eq!(claims, [("almalinux", Severity::High)]);
}

#[test]
fn products_of_one_maker_are_told_by_their_package_url() {
    use crate::matching::find;
    use crate::testing::{inventory, osv, package, store};
    let record = osv(
        "CVE-2023-2727",
        &[],
        "kubernetes",
        "k8s.io/apiserver",
        r#"{"introduced":"1.27.0"},{"fixed":"1.27.3"}"#,
        "",
    );
    let (_folder, store) = store(&[&record]);
    let found = |ecosystem, version: &str| {
        let mut part = package(ecosystem, "k8s.io/apiserver", version);
        part.record.purl = Some(format!("pkg:k8s/k8s.io/apiserver@{version}"));
        find(&inventory(None, vec![part]), &store).findings.len()
    };
    assert_eq!(found(Ecosystem::Generic, "1.27.2"), 1);
    assert_eq!(found(Ecosystem::Generic, "1.27.3"), 0);
    // The Go module of that name counts otherwise.
    assert_eq!(found(Ecosystem::Golang, "v1.27.2"), 0);
}
