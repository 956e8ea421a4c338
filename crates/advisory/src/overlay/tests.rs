use super::*;
use crate::matching::{explain, find};
use crate::testing::{inventory, load, osv, package, rpm, vex};
use crate::{UpdateOptions, import, update};
use plimsoll_types::{Ecosystem, FixState, Inventory, Severity, Suppression};

/// What GitHub says of the server, filed under the name of the SDK.
fn feed() -> String {
    osv(
        "GHSA-aaaa",
        &["CVE-2024-1"],
        "npm",
        "lunary",
        r#"{"introduced":"0"},{"fixed":"1.4.26"}"#,
        r#","database_specific":{"severity":"HIGH"}"#,
    )
}

fn sdk() -> Inventory {
    inventory(None, vec![package(Ecosystem::Npm, "lunary", "1.0.0")])
}

fn correction(more: &str) -> String {
    format!(
        "corrections:\n- id: CVE-2024-1\n  namespace: npm\n  package: lunary\n  reason: the server has it\n  by: Jo\n  {more}\n"
    )
}

fn overlay(folder: &Path, name: &str, text: &str) -> Result<Status, UpdateError> {
    let file = folder.join("document");
    fs::write(&file, text).unwrap();
    add(folder, name, &file)
}

fn open(folder: &Path) -> Store {
    Store::open(folder).unwrap()
}

/// A folder with the feed and one overlay.
fn with(text: &str) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), &[&feed()]).unwrap();
    overlay(folder.path(), "mine", text).unwrap();
    let store = open(folder.path());
    (folder, store)
}

/// Trap 70.
#[test]
fn a_correction_outranks_the_record_and_leaves_it_visible() {
    let (_folder, store) = with(&correction("state: not-affected"));
    let matched = find(&sdk(), &store);
    assert!(matched.findings.is_empty());
    let [suppressed] = matched.suppressed.as_slice() else {
        panic!("{:?}", matched.suppressed);
    };
    assert_eq!(suppressed.reason, Suppression::Overlay);
    assert_eq!(
        suppressed.detail,
        "overlay/mine CVE-2024-1: the server has it (Jo)"
    );
    assert_eq!(suppressed.finding.matches[0].record, "GHSA-aaaa");
    let told = explain(&sdk(), &store, "CVE-2024-1").claims;
    let told: Vec<_> = told
        .iter()
        .map(|claim| (claim.feed.as_str(), claim.verdict.as_str()))
        .collect();
    assert_eq!(
        told,
        [("osv/npm", "affected"), ("overlay/mine", "not-affected")]
    );
    let found = store.search("lunary").unwrap();
    assert!(
        found[0].contains("overlay/mine") && found[0].contains("the server has it (Jo)"),
        "{found:?}"
    );
}

#[test]
fn a_correction_may_move_the_fix_the_range_and_the_severity() {
    let at = |more: &str, version: &str| {
        let (_folder, store) = with(&correction(more));
        let image = inventory(None, vec![package(Ecosystem::Npm, "lunary", version)]);
        find(&image, &store)
    };
    let matched = at("fixed: 1.2.0", "1.0.0");
    let finding = &matched.findings[0];
    assert_eq!(finding.fix.versions, ["1.2.0"]);
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(matched.upgrades[&0], "1.2.0");
    let matched = at("fixed: 1.2.0", "1.3.0");
    assert!(matched.findings.is_empty());
    assert_eq!(matched.suppressed[0].reason, Suppression::Overlay);
    // It reaches further than the record does.
    let range = "state: affected\n  versions: ['>= 2']";
    let matched = at(range, "2.5.0");
    assert_eq!(matched.findings[0].fix.state, FixState::NotFixed);
    let matched = at("severity: low", "1.0.0");
    assert_eq!(matched.findings[0].severity, Severity::Low);
    assert_eq!(matched.findings[0].fix.versions, ["1.4.26"]);
    let matched = at("severity: low", "3.0.0");
    assert!(matched.findings.is_empty() && matched.suppressed.is_empty());
    let matched = at("state: withdrawn", "1.0.0");
    assert!(
        matched.suppressed[0]
            .detail
            .contains("withdrawn: the server")
    );
}

#[test]
fn a_private_advisory_adds_findings_whatever_feeds_deny() {
    let folder = tempfile::tempdir().unwrap();
    let cpe = "cpe:/o:redhat:enterprise_linux:9::baseos";
    let denial = vex(
        "CVE-2024-2",
        &[(
            "known_not_affected",
            cpe,
            "pkg:rpm/redhat/curl?arch=src",
            "flag",
            "vulnerable_code_not_present",
        )],
    );
    load(folder.path(), &[&denial]).unwrap();
    let curl = rpm("curl", "7.76.1-26.el9", ("curl", "7.76.1-26.el9"));
    let image = inventory(Some(("rhel", "9.4")), vec![curl]);
    assert!(find(&image, &open(folder.path())).findings.is_empty());
    let ours = osv(
        "OURS-1",
        &["CVE-2024-2"],
        "Red Hat:enterprise_linux:9::baseos",
        "curl",
        r#"{"introduced":"0"},{"fixed":"7.76.1-30.el9"}"#,
        "",
    );
    overlay(folder.path(), "ours", &ours).unwrap();
    let matched = find(&image, &open(folder.path()));
    assert_eq!(matched.findings[0].id, "CVE-2024-2");
    assert_eq!(matched.findings[0].fix.versions, ["7.76.1-30.el9"]);
}

#[test]
fn overlays_outlive_updates_and_are_part_of_the_position() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), &[&feed()]).unwrap();
    let bare = open(folder.path()).status().position.clone();
    let status = overlay(folder.path(), "mine", &correction("state: not-affected")).unwrap();
    assert_ne!(status.position, bare);
    let has = |folder: &Path| {
        let names: Vec<_> = overlays(open(folder).status())
            .map(|(name, feed)| (name.to_owned(), feed.records))
            .collect();
        names == [("mine".to_owned(), 1)]
    };
    load(folder.path(), &[&feed()]).unwrap();
    assert!(has(folder.path()));
    assert_eq!(open(folder.path()).status().position, status.position);
    let options = UpdateOptions {
        from_scratch: true,
        ..UpdateOptions::default()
    };
    let file = folder.path().join("feed.json");
    fs::write(&file, feed()).unwrap();
    update(folder.path(), &[file.display().to_string()], &options).unwrap();
    assert!(has(folder.path()));
    assert_eq!(open(folder.path()).status().position, status.position);
    let after = remove(folder.path(), "mine").unwrap();
    assert_eq!(after.position, bare);
    assert!(matches!(
        remove(folder.path(), "mine"),
        Err(UpdateError::NoOverlay(_))
    ));
    load(folder.path(), &[&feed()]).unwrap();
    assert!(!has(folder.path()));
}

#[test]
fn overlays_travel_with_the_data_and_are_not_lost_to_an_import() {
    let (folder, store) = with(&correction("state: not-affected"));
    let file = folder.path().join("bundle");
    store.export(&file, None).unwrap();
    let other = tempfile::tempdir().unwrap();
    import(other.path(), &file, &[], true).unwrap();
    let matched = find(&sdk(), &open(other.path()));
    assert_eq!(matched.suppressed[0].reason, Suppression::Overlay);
    // A machine with overlays of its own keeps them.
    overlay(folder.path(), "more", &feed()).unwrap();
    let error = import(folder.path(), &file, &[], true).unwrap_err();
    assert!(error.to_string().contains("`more`"), "{error}");
    // Imported data takes none.
    let error = overlay(other.path(), "late", &feed()).unwrap_err();
    assert!(
        error.to_string().contains("where it is exported"),
        "{error}"
    );
}

#[test]
fn an_overlay_counts_whole_or_not_at_all() {
    let (folder, store) = with(&correction("state: not-affected"));
    let position = store.status().position.clone();
    for (name, text, why) in [
        ("mine", "corrections: [", ""),
        ("mine", "hello", "holds no feed"),
        (
            "mine",
            r#"{"catalogVersion":"1","dateReleased":"2024-01-01T00:00:00Z","vulnerabilities":[{"cveID":"CVE-2024-2","dateAdded":"2024-02-01"}]}"#,
            "catalogue of CVEs",
        ),
        ("../mine", "corrections: []", "no name for an overlay"),
        ("mine", "corrections: []", "nothing of any package"),
    ] {
        let error = overlay(folder.path(), name, text).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(open(folder.path()).status().position, position);
    }
    assert_eq!(
        name_of(Path::new("x/Our-Advisories.osv.json")),
        "our-advisories"
    );
}
