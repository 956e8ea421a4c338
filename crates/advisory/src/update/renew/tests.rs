use super::*;
use crate::Store;
use crate::testing::{Answer, Server, osv};
use std::fs;

const KEV: &str = r#"{"catalogVersion":"1","dateReleased":"2026-01-01T00:00:00Z","vulnerabilities":[{"cveID":"CVE-2021-44228","dateAdded":"2021-12-10"}]}"#;

fn renewed(server: &Server, folder: &Path, feed: &str) -> UpdateReport {
    let fetcher = Fetcher::hasty(&server.url());
    let names = [feed.to_owned()];
    renew_with(&fetcher, folder, &names, &UpdateOptions::default(), &|_| {}).unwrap()
}

fn record(id: &str, fixed: &str) -> String {
    let events = format!(r#"{{"introduced":"0"}},{{"fixed":"{fixed}"}}"#);
    osv(id, &[], "PyPI", "x", &events, "")
}

fn zip(records: &[String]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (number, record) in records.iter().enumerate() {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{number}.json"), options).unwrap();
        zip.write_all(record.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn what_has_not_changed_is_current_without_being_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(vec![
        Answer::ok(KEV).with("ETag", "\"1\""),
        Answer::status(304),
    ]);
    assert!(renewed(&server, folder.path(), "cisa-kev").is_whole());
    let index = folder.path().join("advisories/index.json");
    let old = fs::read_to_string(&index).unwrap();
    let taken = &Store::open(folder.path()).unwrap().status().feeds[0]
        .taken
        .clone();
    fs::write(&index, old.replace(taken, "2020-01-01T00:00:00Z")).unwrap();
    assert!(renewed(&server, folder.path(), "cisa-kev").is_whole());
    let store = Store::open(folder.path()).unwrap();
    assert!(store.status().feeds[0].taken.as_str() > "2026");
    assert!(server.asked()[1].to_lowercase().contains("if-none-match"));
}

#[test]
fn a_feed_that_cannot_be_fetched_stays_as_it_was_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(vec![
        Answer::ok(KEV),
        Answer::status(404),
        Answer::status(404),
        Answer::ok(&KEV[..KEV.len() - 3]),
        Answer::ok("<html>maintenance</html>"),
    ]);
    renewed(&server, folder.path(), "cisa-kev");
    let position = |folder: &Path| Store::open(folder).unwrap().status().position.clone();
    let before = position(folder.path());
    for why in ["answered 404", "EOF while parsing", "no feed that is known"] {
        let report = renewed(&server, folder.path(), "cisa-kev");
        assert!(!report.is_whole());
        let text = report.to_string();
        assert!(
            text.contains(why) && text.contains("newer data held back"),
            "{text}"
        );
        assert_eq!(before, position(folder.path()));
    }
}

#[test]
fn only_records_that_changed_are_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let list = |lines: &str| Answer::ok(lines.to_owned());
    let first = "2026-01-02T00:00:00Z,PYSEC-2\n2026-01-01T00:00:00Z,PYSEC-1\n";
    let second = format!("2026-01-03T00:00:00Z,PYSEC-1\n{first}");
    let server = Server::start(vec![
        list(first),
        Answer::ok(zip(&[record("PYSEC-1", "1"), record("PYSEC-2", "2")])),
        list(&second),
        Answer::ok(record("PYSEC-1", "9")),
        list(&second),
    ]);
    assert!(renewed(&server, folder.path(), "osv/PyPI").is_whole());
    assert!(renewed(&server, folder.path(), "osv/PyPI").is_whole());
    let store = Store::open(folder.path()).unwrap();
    let package = crate::testing::package(plimsoll_types::Ecosystem::Pypi, "x", "1.5");
    let image = crate::testing::inventory(None, vec![package]);
    let findings = crate::find(&image, &store).findings;
    let found: Vec<_> = findings
        .iter()
        .map(|f| (f.id.as_str(), f.fix.versions[0].as_str()))
        .collect();
    assert_eq!(found, [("PYSEC-1", "9"), ("PYSEC-2", "2")]);
    assert_eq!(store.status().feeds[0].records, 2);
    // Nothing newer than the latest line: the list is all that is fetched.
    assert!(renewed(&server, folder.path(), "osv/PyPI").is_whole());
    let asked = server.asked();
    assert_eq!(asked.len(), 5);
    assert!(asked[3].contains("/PyPI/PYSEC-1.json"), "{}", asked[3]);
}

#[test]
fn an_unknown_name_is_told_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let fetcher = Fetcher::new(None, None);
    let error = renew_with(
        &fetcher,
        folder.path(),
        &["osw".into()],
        &UpdateOptions::default(),
        &|_| {},
    );
    let error = error.unwrap_err();
    assert!(
        error.is_usage() && error.to_string().contains("osv/npm"),
        "{error}"
    );
}

/// One of Red Hat's documents on a package of RHEL 9.
fn document(cve: &str, fixed: &str) -> String {
    let purl = format!("pkg:rpm/redhat/curl@{fixed}?arch=x86_64");
    let cpe = "cpe:/o:redhat:enterprise_linux:9::baseos";
    crate::testing::vex(cve, &[("fixed", cpe, &purl, "vendor_fix", "RHSA-2024:1")])
}

fn archive(documents: &[(&str, String)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, text) in documents {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        let size = format!("{:011o}", text.len());
        header[124..135].copy_from_slice(size.as_bytes());
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        header[263..265].copy_from_slice(b"00");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(text.as_bytes());
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    zstd::bulk::compress(&tar, 1).unwrap()
}

/// What is found of the package, with the versions that repair it.
fn found(folder: &Path) -> Vec<(String, String)> {
    let curl = crate::testing::rpm("curl", "7.76.1-1.el9", ("curl", "7.76.1-1.el9"));
    let image = crate::testing::inventory(Some(("rhel", "9.4")), vec![curl]);
    let findings = crate::find(&image, &Store::open(folder).unwrap()).findings;
    let told = findings
        .iter()
        .map(|f| (f.id.clone(), f.fix.versions[0].clone()));
    told.collect()
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let told = pairs
        .iter()
        .map(|(id, fix)| ((*id).to_owned(), (*fix).to_owned()));
    told.collect()
}

const ARCHIVE: &str = "csaf_vex_2026-11-20.tar.zst";

/// What is asked for first: the list, the archive, what changed since and what
/// was taken back.
fn beginning() -> Vec<Answer> {
    let list = "\"2024/cve-2024-2.json\",\"2026-11-21T10:00:00+00:00\"\n\"2024/cve-2024-1.json\",\"2026-11-01T10:00:00+00:00\"\n";
    let deletions = "\"2024/cve-2024-3.json\",\"2026-11-22T10:00:00+00:00\"\n";
    let documents = [
        (
            "2024/cve-2024-1.json",
            document("CVE-2024-1", "7.76.1-2.el9"),
        ),
        (
            "2024/cve-2024-2.json",
            document("CVE-2024-2", "7.76.1-3.el9"),
        ),
        (
            "2024/cve-2024-3.json",
            document("CVE-2024-3", "7.76.1-4.el9"),
        ),
    ];
    vec![
        Answer::ok(list).with("ETag", "\"l1\""),
        Answer::ok(ARCHIVE),
        Answer::ok(archive(&documents)),
        Answer::ok(deletions),
        Answer::ok(document("CVE-2024-2", "7.76.1-5.el9")),
    ]
}

#[test]
fn an_archive_is_brought_up_to_date_by_what_changed_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut answers = beginning();
    let list = "\"2024/cve-2024-4.json\",\"2026-11-24T10:00:00+00:00\"\n\"2024/cve-2024-2.json\",\"2026-11-21T10:00:00+00:00\"\n";
    let deletions = "\"2024/cve-2024-1.json\",\"2026-11-23T10:00:00+00:00\"\n\"2024/cve-2024-3.json\",\"2026-11-22T10:00:00+00:00\"\n";
    answers.extend([
        // The next day: one is new, one was taken back.
        Answer::ok(list).with("ETag", "\"l2\""),
        Answer::ok(deletions),
        Answer::ok(document("CVE-2024-4", "7.76.1-6.el9")),
        // Nothing has changed.
        Answer::status(304),
        Answer::ok(deletions),
    ]);
    let server = Server::start(answers);
    let report = renewed(&server, folder.path(), "rhel-vex");
    assert!(report.is_whole(), "{report}");
    let first = [
        ("CVE-2024-1", "7.76.1-2.el9"),
        ("CVE-2024-2", "7.76.1-5.el9"),
    ];
    assert_eq!(found(folder.path()), told(&first));
    assert!(renewed(&server, folder.path(), "rhel-vex").is_whole());
    let second = [
        ("CVE-2024-2", "7.76.1-5.el9"),
        ("CVE-2024-4", "7.76.1-6.el9"),
    ];
    assert_eq!(found(folder.path()), told(&second));
    assert!(renewed(&server, folder.path(), "rhel-vex").is_whole());
    assert_eq!(found(folder.path()), told(&second));
    let asked = server.asked();
    let path = |index: usize| asked[index].split(' ').nth(1).unwrap();
    let base = "/security.access.redhat.com/data/csaf/v2/vex";
    assert_eq!(path(0), format!("{base}/changes.csv"));
    assert_eq!(path(1), format!("{base}/archive_latest.txt"));
    assert_eq!(path(2), format!("{base}/{ARCHIVE}"));
    assert_eq!(path(3), format!("{base}/deletions.csv"));
    assert_eq!(path(4), format!("{base}/2024/cve-2024-2.json"));
    assert!(asked[8].to_lowercase().contains("if-none-match: \"l2\""));
    assert_eq!(asked.len(), 10);
}

#[test]
fn a_record_that_cannot_be_fetched_costs_the_feed_and_one_that_is_gone_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let list = "\"2024/cve-2024-2.json\",\"2026-11-25T10:00:00+00:00\"\n";
    let mut answers = beginning();
    answers.extend([Answer::ok(list), Answer::ok("")]);
    answers.extend(std::iter::repeat_n(Answer::status(503), 5));
    answers.extend([Answer::ok(list), Answer::ok(""), Answer::ok("<html>")]);
    answers.extend([Answer::ok(list), Answer::ok(""), Answer::status(404)]);
    let server = Server::start(answers);
    assert!(renewed(&server, folder.path(), "rhel-vex").is_whole());
    let before = found(folder.path());
    for why in ["503", "no feed that is known"] {
        let report = renewed(&server, folder.path(), "rhel-vex");
        assert!(report.to_string().contains(why), "{report}");
        assert_eq!(found(folder.path()), before);
    }
    assert!(renewed(&server, folder.path(), "rhel-vex").is_whole());
    assert_eq!(
        found(folder.path()),
        told(&[("CVE-2024-1", "7.76.1-2.el9")])
    );
}

#[test]
fn an_archive_that_is_older_than_what_is_known_takes_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let many: String = (0..=SINGLE_CSAF)
        .map(|n| format!("\"2025/cve-2025-{n}.json\",\"2026-11-25T10:00:00+00:00\"\n"))
        .collect();
    let mut answers = beginning();
    answers.extend([
        Answer::ok(many),
        Answer::ok(ARCHIVE),
        Answer::ok(archive(&[])),
    ]);
    let server = Server::start(answers);
    assert!(renewed(&server, folder.path(), "rhel-vex").is_whole());
    let before = found(folder.path());
    let report = renewed(&server, folder.path(), "rhel-vex");
    assert!(
        report.to_string().contains("the archive is of 2026-11-20"),
        "{report}"
    );
    assert_eq!(found(folder.path()), before);
}
