use super::*;
use crate::testing::{keys, load, osv};

fn filled(folder: &Path) -> Store {
    let events = r#"{"introduced":"0"},{"fixed":"2"}"#;
    load(folder, &[&osv("PYSEC-1", &[], "PyPI", "x", events, "")]).unwrap();
    Store::open(folder).unwrap()
}

#[test]
fn what_was_exported_and_signed_is_imported_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder.path().join("a"));
    let (private, public) = keys(folder.path(), "ours");
    let (_, other) = keys(folder.path(), "other");
    let file = folder.path().join("data.plimsoll");
    store.export(&file, Some(&private)).unwrap();
    let target = folder.path().join("b");
    for (trusted, problem) in [
        (vec![], "no key is trusted"),
        (vec![other], "a key that is not trusted"),
    ] {
        let error = import(&target, &file, &trusted, false).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        assert!(Store::open(&target).is_err());
    }
    import(&target, &file, std::slice::from_ref(&public), false).unwrap();
    let copy = Store::open(&target).unwrap();
    assert_eq!(copy.status().position, store.status().position);
    assert!(store.changes(&copy).unwrap().is_empty());
}

#[test]
fn no_changed_byte_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder.path().join("a"));
    let (private, public) = keys(folder.path(), "ours");
    let file = folder.path().join("data.plimsoll");
    store.export(&file, Some(&private)).unwrap();
    let whole = fs::read(&file).unwrap();
    let target = folder.path().join("b");
    let trusted = [public];
    for at in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&file, &changed).unwrap();
        if import(&target, &file, &trusted, false).is_ok() {
            // A bit that means nothing, such as one of zstd's reserved ones.
            let copy = Store::open(&target).unwrap();
            assert_eq!(copy.status().position, store.status().position, "{at}");
        }
        fs::write(&file, &whole[..at]).unwrap();
        assert!(import(&target, &file, &trusted, false).is_err(), "{at}");
    }
}

#[test]
fn unsigned_data_is_taken_only_by_request() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder.path().join("a"));
    let file = folder.path().join("data.plimsoll");
    store.export(&file, None).unwrap();
    let target = folder.path().join("b");
    let error = import(&target, &file, &[], false).unwrap_err();
    assert!(error.to_string().contains("is not signed"), "{error}");
    import(&target, &file, &[], true).unwrap();
}
