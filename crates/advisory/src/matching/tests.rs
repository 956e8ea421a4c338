use super::*;
use crate::testing::{deb, inventory, load, osv, package, store};
use plimsoll_types::{Ecosystem, FixState, Severity, Suppression};

const HIGH: &str = r#","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"database_specific":{"severity":"HIGH"}"#;
const TRACKER: &str = r#"{"openssl": {
    "CVE-2024-1": {"description": "An open issue. More.", "releases": {"bookworm": {"status": "open", "urgency": "low", "nodsa": "x", "nodsa_reason": "postponed"}}},
    "CVE-2024-2": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.13-1~deb12u1", "urgency": "high"}}},
    "CVE-2024-3": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0", "urgency": "high"}}},
    "CVE-2024-4": {"releases": {"bullseye": {"status": "open", "urgency": "high"}}}}}"#;
const KEV: &str = r#"{"catalogVersion":"1","dateReleased":"2024-01-01T00:00:00Z","vulnerabilities":[{"cveID":"CVE-2024-2","dateAdded":"2024-02-01","dueDate":"2024-03-01","knownRansomwareCampaignUse":"Known"}]}"#;

pub(super) fn ids(matched: &Matched) -> Vec<&str> {
    matched
        .findings
        .iter()
        .map(|finding| finding.id.as_str())
        .collect()
}

fn gaps(matched: &Matched) -> Vec<(GapKind, &str)> {
    matched
        .coverage
        .gaps
        .iter()
        .map(|gap| (gap.kind, gap.subject.as_str()))
        .collect()
}

#[test]
fn two_feeds_on_one_vulnerability_make_one_finding() {
    let (_folder, store) = store(&[
        &osv(
            "GHSA-aaaa",
            &["CVE-2020-1"],
            "PyPI",
            "jinja2",
            r#"{"introduced":"0"},{"fixed":"2.11.3"}"#,
            HIGH,
        ),
        &osv(
            "PYSEC-1",
            &["CVE-2020-1", "GHSA-aaaa"],
            "PyPI",
            "Jinja2",
            r#"{"introduced":"0"},{"fixed":"2.11.4"},{"introduced":"3.0"},{"fixed":"3.0.1"}"#,
            "",
        ),
        &osv(
            "GHSA-bbbb",
            &["CVE-2016-1"],
            "PyPI",
            "jinja2",
            r#"{"introduced":"0"},{"fixed":"2.8.1"}"#,
            "",
        ),
    ]);
    let matched = find(
        &inventory(None, vec![package(Ecosystem::Pypi, "Jinja2", "2.10")]),
        &store,
    );
    assert_eq!(ids(&matched), ["CVE-2020-1"]);
    let finding = &matched.findings[0];
    assert_eq!(finding.aliases, ["GHSA-aaaa", "PYSEC-1"]);
    assert_eq!(finding.severity, Severity::High);
    // What no source calls affected: 2.11.3 is no repair for the second one.
    assert_eq!(finding.fix.versions, ["2.11.4", "3.0.1"]);
    assert_eq!(matched.upgrades[&0], "2.11.4");
    assert_eq!(finding.matches.len(), 2);
    assert_eq!(finding.matches[0].range, "< 2.11.3");
    assert_eq!(finding.title, "about GHSA-aaaa");
    assert!(gaps(&matched).is_empty());
}

#[test]
fn no_version_that_is_affected_is_called_a_fix() {
    let fix = |documents: [(&str, &str); 2], installed: &str| {
        let records =
            documents.map(|(id, events)| osv(id, &["CVE-2020-1"], "PyPI", "x", events, ""));
        let (_folder, store) = store(&[&records[0], &records[1]]);
        let image = inventory(None, vec![package(Ecosystem::Pypi, "x", installed)]);
        let matched = find(&image, &store);
        (
            matched.findings[0].fix.clone(),
            matched.upgrades.get(&0).cloned(),
        )
    };
    let (fixed, upgrade) = fix(
        [
            (
                "GHSA-a",
                r#"{"introduced":"0"},{"fixed":"1.2.3"},{"introduced":"1.3.0"},{"fixed":"1.3.5"}"#,
            ),
            ("PYSEC-a", r#"{"introduced":"0"},{"fixed":"1.3.1"}"#),
        ],
        "1.0",
    );
    assert_eq!(fixed.versions, ["1.3.5"]);
    assert_eq!(upgrade.as_deref(), Some("1.3.5"));
    let (none, upgrade) = fix(
        [
            ("GHSA-a", r#"{"introduced":"0"}"#),
            ("PYSEC-a", r#"{"introduced":"0"},{"fixed":"1.2"}"#),
        ],
        "1.0",
    );
    assert_eq!((none.state, upgrade), (FixState::NotFixed, None));
    let (last, _) = fix(
        [
            ("GHSA-a", r#"{"introduced":"0"},{"last_affected":"1.4"}"#),
            ("PYSEC-a", r#"{"introduced":"0"},{"fixed":"1.4.1"}"#),
        ],
        "1.0",
    );
    assert_eq!(last.versions, ["1.4.1"]);
}

#[test]
fn distributions_are_matched_by_source_and_release() {
    let osv_says_affected = osv(
        "DEBIAN-CVE-2024-3",
        &[],
        "Debian:12",
        "openssl",
        r#"{"introduced":"0"}"#,
        "",
    );
    let (_folder, store) = store(&[TRACKER, KEV, &osv_says_affected]);
    let image = inventory(
        Some(("debian", "12")),
        vec![deb("libssl3", "3.0.11-1~deb12u2", "openssl")],
    );
    let matched = find(&image, &store);
    assert_eq!(ids(&matched), ["CVE-2024-1", "CVE-2024-2"]);
    let [open, fixed] = matched.findings.as_slice() else {
        panic!()
    };
    assert_eq!(
        (open.fix.state, open.severity),
        (FixState::Deferred, Severity::Low)
    );
    assert_eq!(open.title, "An open issue");
    assert_eq!(fixed.fix.versions, ["3.0.13-1~deb12u1"]);
    assert!(fixed.known_exploited.as_ref().unwrap().ransomware);
    let repaired = inventory(
        Some(("debian", "12")),
        vec![deb("libssl3", "3.0.13-1~deb12u1", "openssl")],
    );
    assert_eq!(ids(&find(&repaired, &store)), ["CVE-2024-1"]);
}

#[test]
fn a_package_of_the_distribution_is_judged_by_its_word() {
    let advisory = osv(
        "GHSA-a",
        &[],
        "PyPI",
        "urllib3",
        r#"{"introduced":"0"}"#,
        "",
    );
    let (_folder, store) = store(&[TRACKER, &advisory]);
    let mut owned = package(Ecosystem::Pypi, "urllib3", "1.26");
    owned.owned_by = Some("python3-urllib3".into());
    let on = |distro| find(&inventory(Some(distro), vec![owned.clone()]), &store);
    let covered = on(("debian", "12"));
    assert!(ids(&covered).is_empty());
    assert_eq!(covered.suppressed.len(), 1);
    // Nobody else watches over it on a release without data.
    assert_eq!(ids(&on(("debian", "13"))), ["GHSA-a"]);
}

#[test]
fn nothing_that_was_not_matched_passes_in_silence() {
    let (_folder, store) = store(&[TRACKER]);
    let image = |distro, packages| find(&inventory(distro, packages), &store);
    let openssl = || deb("openssl", "1", "openssl");
    assert_eq!(
        gaps(&image(None, vec![openssl()])),
        [(GapKind::DistroUnknown, "")]
    );
    assert_eq!(
        gaps(&image(Some(("kali", "2024")), vec![openssl()])),
        [(GapKind::NoAdvisoryData, "kali-2024")]
    );
    assert_eq!(
        gaps(&image(Some(("debian", "13")), vec![openssl()])),
        [(GapKind::NoAdvisoryData, "debian:13")]
    );
    let npm = package(Ecosystem::Npm, "x", "1");
    assert_eq!(
        gaps(&image(Some(("debian", "12")), vec![npm])),
        [(GapKind::NoAdvisoryData, "npm")]
    );
    // Nobody is sent to look for data that no feed has.
    let program = package(Ecosystem::Binary, "x", "1");
    let matched = image(Some(("debian", "12")), vec![program]);
    let gap = matched.coverage.gaps.first().unwrap();
    assert!(gap.detail.contains("no feed that is known"), "{gap}");
    let odd = deb("openssl", "no version", "openssl");
    assert_eq!(
        gaps(&image(Some(("debian", "12")), vec![odd])),
        [(GapKind::VersionUnparsable, "openssl")]
    );
    let mut bare = openssl();
    bare.record.version = None;
    assert_eq!(
        gaps(&image(Some(("debian", "12")), vec![bare])),
        [(GapKind::VersionUnknown, "openssl")]
    );
}

#[test]
fn what_is_part_of_the_project_is_not_taken_for_a_package_of_its_name() {
    let (_folder, store) = store(&[&osv(
        "GHSA-a",
        &[],
        "npm",
        "app",
        r#"{"introduced":"0"}"#,
        "",
    )]);
    let mut own = package(Ecosystem::Npm, "app", "1.0.0");
    let found = |package| find(&inventory(None, vec![package]), &store);
    assert_eq!(ids(&found(own.clone())), ["GHSA-a"]);
    own.record.local = true;
    assert_eq!(found(own).findings, []);
}

#[test]
fn an_unreleased_commit_is_not_compared_with_releases() {
    let (_folder, store) = store(&[
        &osv(
            "GO-1",
            &[],
            "Go",
            "istio.io/istio",
            r#"{"introduced":"0"},{"fixed":"1.11.7"}"#,
            "",
        ),
        &osv(
            "GO-2",
            &[],
            "Go",
            "istio.io/istio",
            r#"{"introduced":"0"},{"fixed":"0.0.0-20230101000000-aaaaaaaaaaaa"}"#,
            "",
        ),
        &osv(
            "GO-3",
            &[],
            "Go",
            "istio.io/istio",
            r#"{"introduced":"0"}"#,
            "",
        ),
    ]);
    let commit = package(
        Ecosystem::Golang,
        "istio.io/istio",
        "v0.0.0-20220308185742-91533d04e894",
    );
    let matched = find(&inventory(None, vec![commit]), &store);
    assert_eq!(ids(&matched), ["GO-2", "GO-3"]);
    assert_eq!(
        gaps(&matched),
        [(GapKind::VersionUnparsable, "istio.io/istio")]
    );
}

#[test]
fn module_advisories_apply_to_their_stream_only() {
    let advisory = osv(
        "ALSA-1",
        &[],
        "AlmaLinux:8",
        "nginx",
        r#"{"introduced":"0"},{"fixed":"1:1.22.1-2.module_el8.7.0+1"}"#,
        r#","related":["CVE-2023-1"],"summary":"nginx:1.22 security update""#,
    );
    // The summary appears twice; the later one counts.
    let advisory = advisory.replacen(r#""summary":"about ALSA-1","#, "", 1);
    let (_folder, store) = store(&[&advisory]);
    let with = |label: Option<&str>| {
        let mut nginx = package(Ecosystem::Rpm, "nginx", "1.22.1-1.module_el8.7.0+1");
        nginx.record.epoch = Some(1);
        nginx.record.modularity = label.map(str::to_owned);
        find(&inventory(Some(("almalinux", "8.9")), vec![nginx]), &store)
    };
    let matched = with(Some("nginx:1.22:8070020221212:abc"));
    assert_eq!(ids(&matched), ["CVE-2023-1"]);
    assert_eq!(matched.findings[0].fix.advisories, ["ALSA-1"]);
    assert!(ids(&with(Some("nginx:1.20:8070020221212:abc"))).is_empty());
    let unlabelled = with(None);
    assert!(ids(&unlabelled).is_empty());
    assert_eq!(gaps(&unlabelled), [(GapKind::VersionUnparsable, "nginx")]);
}

#[test]
fn an_altered_shard_is_a_gap_and_never_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), &[TRACKER]).unwrap();
    let image = inventory(Some(("debian", "12")), vec![deb("libssl3", "1", "openssl")]);
    let shards = folder.path().join("advisories/shards");
    let shard = std::fs::read_dir(&shards)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let whole: Vec<_> = std::fs::read_dir(&shards)
        .unwrap()
        .flatten()
        .map(|e| (e.path(), std::fs::read(e.path()).unwrap()))
        .collect();
    let bytes = whole.iter().map(|(_, bytes)| bytes.len()).max().unwrap();
    let judge = || find(&image, &Store::open(folder.path()).unwrap());
    assert_eq!(ids(&judge()).len(), 2);
    let expected = (GapKind::NoAdvisoryData, "debian:12");
    for at in (0..bytes).step_by(7) {
        for altered in [
            |b: &mut Vec<u8>, at: usize| b.truncate(at),
            |b: &mut Vec<u8>, at: usize| b[at] ^= 1,
        ] {
            for (path, content) in &whole {
                let mut content = content.clone();
                if at < content.len() {
                    altered(&mut content, at);
                }
                std::fs::write(path, content).unwrap();
            }
            let matched = judge();
            assert!(
                gaps(&matched).contains(&expected) || ids(&matched).len() == 2,
                "at {at}"
            );
        }
    }
    std::fs::remove_file(shard).unwrap();
}

#[test]
fn what_the_distribution_did_not_make_is_not_matched_as_if_it_had() {
    let (_folder, store) = store(&[TRACKER]);
    let mut docker = deb("docker-ce", "5:20.10.7-1", "openssl");
    docker.record.vendor = Some("Docker <support@docker.com>".into());
    let mut local = deb("openssl", "3.0.11-1", "openssl");
    local.record.local = true;
    let copied = package(Ecosystem::Apk, "openssl", "3.0.11-r0");
    let own = deb("libssl3", "3.0.11-1", "openssl");
    let image = inventory(Some(("debian", "12")), vec![docker, local, copied, own]);
    let matched = find(&image, &store);
    assert!(!matched.findings.is_empty());
    assert!(matched.findings.iter().all(|finding| finding.package == 3));
    assert_eq!(
        gaps(&matched),
        [
            (GapKind::NoAdvisoryData, "apk"),
            (GapKind::ThirdParty, "Docker <support@docker.com>")
        ]
    );
}

#[test]
fn an_attached_channel_has_the_last_word() {
    let row = |ecosystem: &str, events: &str| {
        format!(
            r#"{{"package":{{"ecosystem":"{ecosystem}","name":"x"}},"ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]}}"#
        )
    };
    let record = format!(
        r#"{{"id":"UBUNTU-CVE-2024-1","modified":"2024-01-01T00:00:00Z","affected":[{},{}]}}"#,
        row("Ubuntu:18.04:LTS", r#"{"introduced":"0"}"#),
        row(
            "Ubuntu:Pro:18.04:LTS",
            r#"{"introduced":"0"},{"fixed":"1.0+esm1"}"#
        ),
    );
    let (_folder, store) = store(&[&record]);
    let found = |channel: Option<&str>, version: &str| {
        let mut image = inventory(Some(("ubuntu", "18.04")), vec![deb("x", version, "x")]);
        image.distro.as_mut().unwrap().channel = channel.map(str::to_owned);
        let matched = find(&image, &store);
        let fixes = matched.findings.iter().map(|f| f.fix.versions.join(","));
        fixes.collect::<Vec<_>>()
    };
    assert_eq!(found(None, "1.0"), [""]);
    assert_eq!(found(Some("esm"), "1.0"), ["1.0+esm1"]);
    assert!(found(Some("esm"), "1.0+esm1").is_empty());
}

#[test]
fn headers_of_the_kernel_are_set_apart_and_its_tools_are_not() {
    let tracker = r#"{"linux": {"CVE-2024-9": {"releases": {"bookworm": {"status": "open", "urgency": "high"}}}}}"#;
    let (_folder, store) = store(&[tracker]);
    let packages = [
        "linux-libc-dev",
        "linux-headers-6.1.0-13-amd64",
        "linux-perf",
    ];
    let packages = packages.map(|name| deb(name, "6.1.1-1", "linux")).to_vec();
    let matched = find(&inventory(Some(("debian", "12")), packages), &store);
    let counted: Vec<_> = matched.findings.iter().map(|f| f.package).collect();
    assert_eq!(counted, [2]);
    let reasons: Vec<_> = matched.suppressed.iter().map(|s| s.reason).collect();
    assert_eq!(reasons, [Suppression::KernelHeaders; 2]);
}

mod rpm;
mod traps;

/// Trap 43.
#[test]
fn packages_of_alpine_are_looked_up_in_the_branch_they_come_from() {
    let secdb = |branch: &str, fixed: &str| {
        format!(
            r#"{{"apkurl":"{{{{urlprefix}}}}/{{{{distroversion}}}}","archs":["x86_64"],"reponame":"main","urlprefix":"https://dl-cdn.alpinelinux.org/alpine","distroversion":"{branch}","packages":[{{"pkg":{{"name":"curl","secfixes":{{"{fixed}":["CVE-2024-1"]}}}}}}]}}"#
        )
    };
    let (_folder, store) = store(&[&secdb("v3.18", "8.5.0-r0"), &secdb("edge", "8.7.0-r0")]);
    let mut image = inventory(
        Some(("alpine", "3.18.4")),
        vec![package(Ecosystem::Apk, "curl", "8.6.0-r0")],
    );
    assert!(ids(&find(&image, &store)).is_empty());
    image.distro.as_mut().unwrap().channel = Some("edge".into());
    assert_eq!(ids(&find(&image, &store)), ["CVE-2024-1"]);
    let distro = image.distro.as_mut().unwrap();
    distro.channel = None;
    distro.extras = vec!["edge".into()];
    let matched = find(&image, &store);
    assert_eq!(gaps(&matched), [(GapKind::ThirdParty, "alpine:edge")]);
}

/// Trap 31.
#[test]
fn a_package_of_folders_is_set_apart() {
    let cve = osv(
        "RLSA-2024:1",
        &["CVE-2024-1"],
        "Rocky Linux:9",
        "emacs-filesystem",
        r#"{"introduced":"0"},{"fixed":"1:27.2-9.el9"}"#,
        "",
    );
    let (_folder, store) = store(&[&cve]);
    let folders = crate::testing::rpm("emacs-filesystem", "1:27.2-8.el9", ("emacs", "27.2-8.el9"));
    let matched = find(&inventory(Some(("rocky", "9.3")), vec![folders]), &store);
    assert!(matched.findings.is_empty());
    assert_eq!(matched.suppressed[0].reason, Suppression::OtherPart);
}
