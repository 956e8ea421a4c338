use super::*;
use crate::Store;
use crate::testing::{load, osv};
use std::fs;

fn update(folder: &Path, from: &[String]) -> Result<UpdateReport, UpdateError> {
    super::update(folder, from, &UpdateOptions::default())
}
fn record(id: &str) -> String {
    osv(
        id,
        &[],
        "PyPI",
        "x",
        r#"{"introduced":"0"},{"fixed":"1"}"#,
        "",
    )
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for part in ["advisories", "advisories/shards", "advisories/parts"] {
        for entry in fs::read_dir(folder.join(part)).unwrap().flatten() {
            if entry.path().is_file() {
                files.push((
                    entry.path().display().to_string(),
                    fs::read(entry.path()).unwrap(),
                ));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_same_feeds_give_the_same_bytes() {
    let feeds = tempfile::tempdir().unwrap();
    for id in ["PYSEC-2", "PYSEC-1"] {
        fs::write(feeds.path().join(format!("{id}.json")), record(id)).unwrap();
    }
    let from = [feeds.path().display().to_string()];
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    update(a.path(), &from).unwrap();
    update(b.path(), &from).unwrap();
    let contents = |folder: &Path| {
        files(folder)
            .into_iter()
            .map(|(_, bytes)| bytes)
            .collect::<Vec<_>>()
    };
    assert_eq!(contents(a.path()), contents(b.path()));
    let before = files(a.path());
    update(a.path(), &from).unwrap();
    assert_eq!(before, files(a.path()));
}

const TRACKER: &str = r#"{"x": {"CVE-2024-1": {"releases": {"bookworm": {"status": "open"}}}}}"#;

fn held(folder: &Path) -> Vec<(String, bool)> {
    let store = Store::open(folder).unwrap();
    let feeds = store.status().feeds.iter();
    feeds
        .map(|feed| (feed.name.clone(), feed.held_back.is_some()))
        .collect()
}

#[test]
fn a_broken_feed_stays_as_it_was_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), &[TRACKER, &record("PYSEC-1")]).unwrap();
    let cut = &TRACKER[..TRACKER.len() - 9];
    let report = load(folder.path(), &[cut, &record("PYSEC-2")]).unwrap();
    assert!(!report.is_whole());
    let text = report.to_string();
    assert!(text.contains("broken and not in use (1):"), "{text}");
    assert!(
        text.contains("0.json: feed debian-tracker: EOF while parsing"),
        "{text}"
    );
    assert_eq!(
        held(folder.path()),
        [("debian-tracker".into(), true), ("osv/PyPI".into(), false)]
    );
    // It is told until the feed has been read again.
    load(folder.path(), &[TRACKER]).unwrap();
    assert!(held(folder.path()).iter().all(|(_, held)| !held));
    let store = Store::open(folder.path()).unwrap();
    let namespaces = store.status().shards.iter().map(|s| s.namespace.as_str());
    assert_eq!(namespaces.collect::<Vec<_>>(), ["debian:12", "pypi"]);
}

#[test]
fn a_broken_record_costs_that_record() {
    let folder = tempfile::tempdir().unwrap();
    let whole = record("PYSEC-2");
    let cut = &whole[..whole.len() - 9];
    let report = load(folder.path(), &[&record("PYSEC-1"), cut]).unwrap();
    assert!(!report.is_whole());
    assert!(
        report.to_string().contains("1 left out: broken"),
        "{report}"
    );
    let error = load(folder.path(), &[cut]).unwrap_err().to_string();
    assert!(error.contains("0.json") && !error.contains('\n'), "{error}");
}

#[test]
fn a_feed_that_shrinks_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<String> = (0..60)
        .map(|number| record(&format!("PYSEC-{number}")))
        .collect();
    let texts: Vec<&str> = records.iter().map(String::as_str).collect();
    load(folder.path(), &texts).unwrap();
    let report = load(folder.path(), &texts[..30]).unwrap();
    assert!(!report.is_whole());
    assert!(
        report
            .to_string()
            .contains("30 records came where there were 60"),
        "{report}"
    );
    assert!(load(folder.path(), &texts[..50]).unwrap().is_whole());
    let feeds = tempfile::tempdir().unwrap();
    fs::write(feeds.path().join("one.json"), &records[0]).unwrap();
    let options = UpdateOptions {
        allow_shrinking: true,
        ..UpdateOptions::default()
    };
    let from = [feeds.path().display().to_string()];
    let report = super::update(folder.path(), &from, &options).unwrap();
    assert!(report.is_whole());
}

#[test]
fn what_is_no_feed_is_listed_or_refused_when_named() {
    let folder = tempfile::tempdir().unwrap();
    let report = load(folder.path(), &[&record("PYSEC-1"), "{}"])
        .unwrap()
        .to_string();
    assert!(
        report.contains("no feed that is known here (1):"),
        "{report}"
    );
    let page = tempfile::NamedTempFile::new().unwrap();
    fs::write(page.path(), "<html>not found</html>").unwrap();
    let error = update(folder.path(), &[page.path().display().to_string()]).unwrap_err();
    assert!(matches!(error, UpdateError::Unknown { .. }), "{error}");
    let error = update(folder.path(), &["/nowhere".into()])
        .unwrap_err()
        .to_string();
    assert!(error.contains("/nowhere"), "{error}");
}

#[test]
fn two_updates_do_not_run_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Lock::take(folder.path()).unwrap().unwrap();
    let error = load(folder.path(), &[&record("PYSEC-1")]).unwrap_err();
    assert!(matches!(error, UpdateError::Busy(_)), "{error}");
    drop(writer);
    load(folder.path(), &[&record("PYSEC-1")]).unwrap();
}

#[test]
fn archives_are_read_member_by_member() {
    use std::io::Write;
    let feeds = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(feeds.path().join("all.zip")).unwrap());
    for id in ["PYSEC-1", "PYSEC-2"] {
        zip.start_file(
            format!("{id}.json"),
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        zip.write_all(record(id).as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let packed = fs::File::create(feeds.path().join("one.json.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    packed.write_all(record("PYSEC-3").as_bytes()).unwrap();
    packed.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    update(folder.path(), &[feeds.path().display().to_string()]).unwrap();
    assert_eq!(
        Store::open(folder.path()).unwrap().status().feeds[0].records,
        3
    );
    let cut = fs::read(feeds.path().join("all.zip")).unwrap();
    fs::write(feeds.path().join("all.zip"), &cut[..cut.len() - 30]).unwrap();
    // Nobody knows what the archive held, so nothing may be less than before.
    let report = update(folder.path(), &[feeds.path().display().to_string()]).unwrap();
    assert!(report.to_string().contains("all.zip"), "{report}");
    assert_eq!(held(folder.path()), [("osv/PyPI".into(), true)]);
}

#[test]
fn a_broken_member_costs_itself_and_is_named() {
    use std::io::Write;
    let feeds = tempfile::tempdir().unwrap();
    let path = feeds.path().join("all.zip");
    let archive = |documents: &[String]| {
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for (index, document) in documents.iter().enumerate() {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("{index}.json"), options).unwrap();
            zip.write_all(document.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    };
    let whole = record("PYSEC-1");
    let cut = whole[..whole.len() - 9].to_owned();
    archive(&[whole, cut.clone()]);
    let folder = tempfile::tempdir().unwrap();
    let report = update(folder.path(), &[path.display().to_string()]).unwrap();
    let report = report.to_string();
    assert!(report.contains("broken and not in use (1):"), "{report}");
    assert!(report.contains("all.zip!1.json: feed osv: "), "{report}");
    let before = files(folder.path());
    archive(&[cut]);
    let error = update(folder.path(), &[path.display().to_string()]).unwrap_err();
    assert!(error.to_string().contains("all.zip!0.json"), "{error}");
    assert_eq!(before, files(folder.path()));
}
