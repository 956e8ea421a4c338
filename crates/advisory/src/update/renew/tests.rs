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
    let fetcher = Fetcher::new(None);
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
