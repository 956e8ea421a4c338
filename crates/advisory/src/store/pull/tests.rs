use super::*;
use crate::testing::{inventory, keys, load, osv, package};
use crate::{PublishOptions, Published, Store};
use plimsoll_types::{Ecosystem, GapKind};
use std::sync::{Arc, Mutex};

/// A repository in memory. Its digests are those of another hash, which
/// nobody here can tell.
#[derive(Clone, Default)]
struct Shelf {
    blobs: Arc<Mutex<BTreeMap<Digest, Vec<u8>>>>,
    manifest: Arc<Mutex<Option<Vec<u8>>>>,
    name: &'static str,
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::sha256(*blake3::hash(bytes).as_bytes())
}

impl Shelf {
    fn artifact(&self) -> Artifact {
        Artifact::read(self.manifest.lock().unwrap().as_ref().unwrap()).unwrap()
    }

    fn set_artifact(&self, artifact: &Artifact) {
        *self.manifest.lock().unwrap() = Some(artifact.write());
    }

    /// Puts other bytes in the place of a blob, under its digest.
    fn replace(&self, blob: &Blob, bytes: &[u8]) {
        let mut blobs = self.blobs.lock().unwrap();
        blobs.insert(blob.digest.clone(), bytes.to_vec());
    }
}

impl Registry for Shelf {
    fn name(&self) -> String {
        format!("registry.example/data:{}", self.name)
    }

    fn manifest(&self) -> Result<Option<(Vec<u8>, Digest)>, String> {
        let bytes = self.manifest.lock().unwrap().clone();
        Ok(bytes.map(|bytes| (bytes.clone(), digest(&bytes))))
    }

    fn blob(&self, digest: &Digest, _: u64) -> Result<Vec<u8>, String> {
        let blobs = self.blobs.lock().unwrap();
        blobs
            .get(digest)
            .cloned()
            .ok_or_else(|| "no such blob".into())
    }

    fn push_blob(&self, bytes: &[u8]) -> Result<(Digest, bool), String> {
        let digest = digest(bytes);
        let mut blobs = self.blobs.lock().unwrap();
        let known = blobs.insert(digest.clone(), bytes.to_vec()).is_some();
        Ok((digest, !known))
    }

    fn push_manifest(&self, _: &str, bytes: &[u8]) -> Result<Digest, String> {
        *self.manifest.lock().unwrap() = Some(bytes.to_vec());
        Ok(digest(bytes))
    }
}

/// Records of two namespaces; `fixed` is when the last of PyPI was repaired.
fn fill(folder: &Path, fixed: &str) -> Store {
    let record = |number: usize, ecosystem: &str, fixed: &str| {
        let events = format!(r#"{{"introduced":"0"}},{{"fixed":"{fixed}"}}"#);
        let id = format!("X-{ecosystem}-{number}");
        let name = format!("package-{}", blake3::hash(id.as_bytes()).to_hex());
        osv(&id, &[], ecosystem, &name[..20], &events, "")
    };
    let mut records: Vec<_> = (0..200).map(|n| record(n, "PyPI", "2")).collect();
    records.extend((0..200).map(|n| record(n, "crates.io", "2.0.0")));
    let events = format!(r#"{{"introduced":"0"}},{{"fixed":"{fixed}"}}"#);
    records.push(osv("PYSEC-1", &[], "PyPI", "x", &events, ""));
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    load(folder, &records).unwrap();
    Store::open(folder).unwrap()
}

fn publish(store: &Store, shelf: &Shelf, key: Option<&Path>) -> Published {
    let options = PublishOptions {
        key: key.map(Path::to_owned),
        restricted: false,
    };
    store.publish(shelf, &options, &|_| {}).unwrap()
}

fn take(folder: &Path, shelf: &Shelf) -> Result<Pulled, PullError> {
    let options = PullOptions {
        unsigned: true,
        ..PullOptions::default()
    };
    pull(folder, shelf, &options, &|_| {})
}

/// The files of a set with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let store = Store::open(folder).unwrap();
    let read = |file: &str| fs::read(folder.join(FOLDER).join(SHARDS).join(file)).unwrap();
    let files = store.status().files();
    files.map(|file| (file.to_owned(), read(file))).collect()
}

fn fixes(store: &Store) -> Vec<String> {
    let image = inventory(None, vec![package(Ecosystem::Pypi, "x", "1.0")]);
    let findings = crate::find(&image, store).findings;
    let versions = findings.iter().flat_map(|f| f.fix.versions.clone());
    versions.collect()
}

#[test]
fn a_published_difference_leads_to_the_very_bytes_and_only_it_travels() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let shelf = Shelf::default();
    let first = publish(&fill(&ours, "2"), &shelf, None);
    assert_eq!((first.sent, first.deltas), (first.bytes, 0));
    let pulled = take(&theirs, &shelf).unwrap();
    assert_eq!((pulled.whole, pulled.patched), (2, 0));
    assert_eq!(files(&ours), files(&theirs));

    let second = publish(&fill(&ours, "3"), &shelf, None);
    assert_eq!((second.files, second.deltas), (2, 1));
    let artifact = shelf.artifact();
    let cargo = Store::open(&ours).unwrap().status().shards[0].file.clone();
    let unchanged = artifact.files[&cargo].size;
    assert_eq!(
        second.sent,
        second.bytes - unchanged - 2,
        "and the empty configuration"
    );
    let update = take(&theirs, &shelf).unwrap();
    assert_eq!((update.whole, update.patched), (0, 1));
    let delta = artifact.deltas.values().next().unwrap().size;
    assert_eq!(update.fetched, artifact.index.size + delta);
    assert!(delta * 4 < pulled.fetched, "{delta} of {}", pulled.fetched);
    assert_eq!(files(&ours), files(&theirs));
    let store = Store::open(&theirs).unwrap();
    assert_eq!(fixes(&store), ["3"]);
    assert_eq!(store.snapshots().len(), 2);
    let before = Store::open_at(&theirs, &first.position).unwrap();
    assert_eq!(fixes(&before), ["2"]);

    let again = take(&theirs, &shelf).unwrap();
    assert_eq!((again.whole, again.patched), (0, 0));
    assert_eq!(again.fetched, artifact.index.size);
    let other = Shelf::default();
    assert_eq!(publish(&store, &other, None).position, second.position);
    assert_eq!(publish(&store, &other, None).sent, 0);
}

#[test]
fn a_difference_that_leads_elsewhere_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let shelf = Shelf::default();
    publish(&fill(&ours, "2"), &shelf, None);
    take(&theirs, &shelf).unwrap();
    publish(&fill(&ours, "3"), &shelf, None);
    let artifact = shelf.artifact();
    let delta = artifact.deltas.values().next().unwrap();
    let bytes = shelf.blob(&delta.digest, 0).unwrap();
    shelf.replace(delta, &bytes[..bytes.len() / 2]);
    let update = take(&theirs, &shelf).unwrap();
    assert_eq!((update.whole, update.patched), (1, 0));
    assert_eq!(files(&ours), files(&theirs));
}

#[test]
fn what_is_not_what_was_published_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let shelf = Shelf::default();
    publish(&fill(&ours, "2"), &shelf, None);
    take(&theirs, &shelf).unwrap();
    fill(&ours, "3");
    let whole = Shelf::default();
    let store = Store::open(&ours).unwrap();
    fs::remove_dir_all(ours.join("advisories/history")).unwrap();
    publish(&store, &whole, None);
    let artifact = whole.artifact();
    let old = files(&theirs);
    let changed = store.status().shards[1].file.clone();
    for blob in [&artifact.index, &artifact.files[&changed]] {
        let bytes = whole.blob(&blob.digest, 0).unwrap();
        for at in (0..bytes.len()).step_by(97) {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            whole.replace(blob, &other);
            if take(&theirs, &whole).is_ok() {
                // A bit that means nothing.
                assert_eq!(files(&ours), files(&theirs), "{at}");
                return;
            }
            whole.replace(blob, &bytes[..at]);
            let error = take(&theirs, &whole).unwrap_err();
            assert!(matches!(error, PullError::Corrupt { .. }), "{error}");
            assert_eq!(files(&theirs), old, "{at}");
        }
        whole.replace(blob, &bytes);
    }
    let mut long = whole.artifact();
    long.files.get_mut(&changed).unwrap().size = 1 << 40;
    whole.set_artifact(&long);
    let error = take(&theirs, &whole).unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
    *whole.manifest.lock().unwrap() = None;
    let error = take(&theirs, &whole).unwrap_err();
    assert!(matches!(error, PullError::Missing(_)), "{error}");
    assert_eq!(files(&theirs), old);
}

#[test]
fn only_what_a_trusted_key_signed_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let (private, public) = keys(folder.path(), "ours");
    let (_, other) = keys(folder.path(), "other");
    let shelf = Shelf::default();
    let store = fill(&ours, "2");
    let with = |trusted: &[&PathBuf]| {
        let options = PullOptions {
            trusted: trusted.iter().map(|path| (*path).clone()).collect(),
            ..PullOptions::default()
        };
        let pulled = pull(&theirs, &shelf, &options, &|_| {});
        pulled.map(|_| ()).map_err(|error| error.to_string())
    };
    publish(&store, &shelf, None);
    let problem = with(&[&public]).unwrap_err();
    assert!(problem.contains("is not signed"), "{problem}");
    publish(&store, &shelf, Some(&private));
    for (keys, expected) in [
        (vec![], "no key is trusted"),
        (vec![&other], "a key that is not trusted"),
    ] {
        let problem = with(&keys).unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }
    let mut tampered = shelf.artifact();
    let signed = tampered.signature.clone();
    let at = signed.find("signature\":\"").unwrap() + 12;
    let flipped = if signed.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    tampered.signature.replace_range(at..=at, flipped);
    shelf.set_artifact(&tampered);
    let problem = with(&[&public]).unwrap_err();
    assert!(problem.contains("does not hold"), "{problem}");
    assert!(Store::open(&theirs).is_err(), "nothing came of all that");
    tampered.signature = signed;
    shelf.set_artifact(&tampered);
    with(&[&other, &public]).unwrap();
    assert_eq!(fixes(&Store::open(&theirs).unwrap()), ["2"]);
}

#[test]
fn older_data_and_feeds_that_lose_most_are_held_back() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let mut store = fill(&ours, "2");
    let shelf = Shelf::default();
    publish(&store, &shelf, None);
    take(&theirs, &shelf).unwrap();
    for feed in &mut store.status.feeds {
        feed.taken = "2001-01-01T00:00:00Z".into();
    }
    publish(&store, &shelf, None);
    let error = take(&theirs, &shelf).unwrap_err();
    assert!(matches!(error, PullError::Older { .. }), "{error}");
    let pinned = Shelf {
        name: "pinned",
        ..shelf.clone()
    };
    take(&theirs, &pinned).unwrap();
    store.status.feeds[0].records = 50;
    publish(&store, &shelf, None);
    let error = take(&theirs, &shelf).unwrap_err();
    let said = "feed osv/PyPI brings 50 records where there were 201";
    assert!(error.to_string().contains(said), "{error}");
    let allowed = PullOptions {
        unsigned: true,
        allow_shrinking: true,
        ..PullOptions::default()
    };
    pull(&theirs, &shelf, &allowed, &|_| {}).unwrap();
}

#[test]
fn shards_come_when_they_are_needed_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let shelf = Shelf::default();
    publish(&fill(&ours, "2"), &shelf, None);
    let lazy = PullOptions {
        unsigned: true,
        on_demand: true,
        ..PullOptions::default()
    };
    let pulled = pull(&theirs, &shelf, &lazy, &|_| {}).unwrap();
    assert_eq!((pulled.whole, pulled.waiting), (0, 2));

    // Whoever cannot fetch it says so, and never that there is nothing.
    let image = inventory(None, vec![package(Ecosystem::Pypi, "x", "1.0")]);
    let store = Store::open(&theirs).unwrap();
    let denied = store.fetching(Box::new(|_| Err("no network".to_owned())));
    let matched = crate::find(&image, &denied);
    assert!(matched.findings.is_empty());
    let gaps: Vec<_> = matched.coverage.gaps.iter().collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(gaps[0].kind, GapKind::NoAdvisoryData);
    let detail = &gaps[0].detail;
    assert!(
        detail.contains("data of `pypi` is not here: no network"),
        "{detail}"
    );

    // The tag may have moved: the set is asked for by its manifest.
    let same = shelf.clone();
    let store = Store::open(&theirs).unwrap();
    let open = move |_: &Origin| Ok(Box::new(same.clone()) as Box<dyn Registry>);
    assert_eq!(fixes(&store.fetching(Box::new(open))), ["2"]);
    let store = Store::open(&theirs).unwrap();
    assert_eq!((store.waiting(), fixes(&store)), (1, vec!["2".to_owned()]));

    // What is here is renewed, by its difference; what is not is still not.
    publish(&fill(&ours, "3"), &shelf, None);
    let pulled = pull(&theirs, &shelf, &lazy, &|_| {}).unwrap();
    assert_eq!((pulled.patched, pulled.waiting), (1, 1));
    assert_eq!(fixes(&Store::open(&theirs).unwrap()), ["3"]);
    let error = Store::open(&theirs)
        .unwrap()
        .export(&folder.path().join("x"), None);
    assert!(error.unwrap_err().to_string().contains("--from oci://"));
    take(&theirs, &shelf).unwrap();
    assert_eq!(files(&ours), files(&theirs));
}

#[test]
fn feeds_that_may_not_be_passed_on_are_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    fill(&ours, "2");
    let wolfi = r#"{"apkurl":"x","reponame":"os","urlprefix":"https://packages.wolfi.dev","packages":[
        {"pkg":{"name":"curl","secfixes":{"8.0-r0":["CVE-2023-1"]}}}]}"#;
    load(&ours, &[wolfi]).unwrap();
    let store = Store::open(&ours).unwrap();
    let shelf = Shelf::default();
    let published = publish(&store, &shelf, None);
    assert_eq!(published.left_out, ["wolfi-secdb"]);
    take(&theirs, &shelf).unwrap();
    let copy = Store::open(&theirs).unwrap();
    let namespaces: Vec<_> = copy
        .status()
        .shards
        .iter()
        .map(|s| s.namespace.as_str())
        .collect();
    assert_eq!(namespaces, ["cargo", "pypi"]);
    assert!(
        copy.status()
            .feeds
            .iter()
            .all(|feed| feed.name != "wolfi-secdb")
    );
    let options = PublishOptions {
        restricted: true,
        ..PublishOptions::default()
    };
    let published = store.publish(&shelf, &options, &|_| {}).unwrap();
    assert_eq!((published.files, published.left_out.len()), (3, 0));
}

#[test]
fn what_a_set_has_not_got_is_loaded_beside_it_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let shelf = Shelf::default();
    let first = publish(&fill(&ours, "2"), &shelf, None);
    take(&theirs, &shelf).unwrap();
    let wolfi = |fixed: &str| {
        let document = format!(
            r#"{{"apkurl":"x","reponame":"os","urlprefix":"https://packages.wolfi.dev","packages":[
            {{"pkg":{{"name":"curl","secfixes":{{"{fixed}":["CVE-2023-1"]}}}}}}]}}"#
        );
        load(&theirs, &[&document])
    };
    wolfi("8.0-r0").unwrap();
    wolfi("8.1-r0").unwrap();
    let names = || -> Vec<String> {
        let store = Store::open(&theirs).unwrap();
        let shards = store.status().shards.iter();
        shards.map(|shard| shard.namespace.clone()).collect()
    };
    assert_eq!(names(), ["cargo", "pypi", "wolfi"]);
    let store = Store::open(&theirs).unwrap();
    assert_ne!(store.status().position, first.position);
    assert!(store.status().to_string().contains("beside it wolfi-secdb"));

    // The set is renewed around it, and what came with the set only so.
    publish(&fill(&ours, "3"), &shelf, None);
    assert_eq!(take(&theirs, &shelf).unwrap().patched, 1);
    assert_eq!(names(), ["cargo", "pypi", "wolfi"]);
    wolfi("8.2-r0").unwrap();
    let store = Store::open(&theirs).unwrap();
    assert_eq!(fixes(&store), ["3"]);
    assert_eq!(store.search("CVE-2023-1").unwrap().len(), 1);
    let before = files(&theirs);
    let events = r#"{"introduced":"0"}"#;
    let same = osv("PYSEC-1", &[], "PyPI", "x", events, "");
    let kev = r#"{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2019-1","dateAdded":"2026-01-01"}]}"#;
    for document in [same.as_str(), kev] {
        let error = load(&theirs, &[document]).unwrap_err().to_string();
        assert!(error.contains("came with the set of a registry"), "{error}");
        assert_eq!(files(&theirs), before);
    }
    let error = crate::renew(&theirs, &[], &crate::UpdateOptions::default(), &|_| {});
    assert!(matches!(error, Err(crate::UpdateError::Imported(_))));

    // Once the set has it itself, that is what counts.
    let document = r#"{"apkurl":"x","reponame":"os","urlprefix":"https://packages.wolfi.dev","packages":[
        {"pkg":{"name":"bash","secfixes":{"5-r0":["CVE-2023-2"]}}}]}"#;
    load(&ours, &[document]).unwrap();
    let options = PublishOptions {
        restricted: true,
        ..PublishOptions::default()
    };
    let store = Store::open(&ours).unwrap();
    store.publish(&shelf, &options, &|_| {}).unwrap();
    take(&theirs, &shelf).unwrap();
    assert_eq!(names(), ["cargo", "pypi", "wolfi"]);
    let store = Store::open(&theirs).unwrap();
    assert!(store.search("CVE-2023-1").unwrap().is_empty());
    assert_eq!(store.search("CVE-2023-2").unwrap().len(), 1);
    assert_eq!(files(&ours), files(&theirs));
}

#[test]
fn overlays_travel_with_the_set_and_are_never_lost_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("a"), folder.path().join("b"));
    let shelf = Shelf::default();
    publish(&fill(&ours, "2"), &shelf, None);
    let document = folder.path().join("own.json");
    let events = r#"{"introduced":"0"},{"fixed":"9"}"#;
    fs::write(&document, osv("OWN-1", &[], "PyPI", "x", events, "")).unwrap();
    fill(&theirs, "2");
    crate::add_overlay(&theirs, "own", &document).unwrap();
    let before = files(&theirs);
    let error = take(&theirs, &shelf).unwrap_err();
    assert!(
        error.to_string().contains("overlay `own` of this machine"),
        "{error}"
    );
    assert_eq!(files(&theirs), before);

    crate::add_overlay(&ours, "own", &document).unwrap();
    publish(&Store::open(&ours).unwrap(), &shelf, None);
    take(&theirs, &shelf).unwrap();
    assert_eq!(files(&ours), files(&theirs));
    for name in ["own", "other"] {
        let error = crate::add_overlay(&theirs, name, &document).unwrap_err();
        assert!(matches!(error, crate::UpdateError::Imported(_)), "{error}");
    }
    // What was refused leaves nothing that would be missed later.
    take(&theirs, &shelf).unwrap();
}
