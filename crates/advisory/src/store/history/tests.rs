use super::*;
use crate::Store;
use crate::testing::{inventory, load, osv, package};
use plimsoll_types::Ecosystem;

fn record(id: &str, fixed: &str) -> String {
    let events = format!(r#"{{"introduced":"0"}},{{"fixed":"{fixed}"}}"#);
    osv(id, &[], "PyPI", "x", &events, "")
}

fn fixes(store: &Store) -> Vec<String> {
    let image = inventory(None, vec![package(Ecosystem::Pypi, "x", "1.0")]);
    let findings = crate::find(&image, store).findings;
    findings
        .iter()
        .map(|finding| finding.fix.versions[0].clone())
        .collect()
}

#[test]
fn an_earlier_set_answers_as_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut positions = Vec::new();
    for fixed in ["2", "3", "4", "5"] {
        load(folder.path(), &[&record("PYSEC-1", fixed)]).unwrap();
        positions.push(
            Store::open(folder.path())
                .unwrap()
                .status()
                .position
                .clone(),
        );
    }
    for (position, fixed) in positions.iter().zip(["2", "3", "4", "5"]) {
        let store = Store::open_at(folder.path(), &position[..16]).unwrap();
        assert_eq!(fixes(&store), [fixed]);
        assert_eq!(store.status().position, *position);
    }
    let snapshots = Store::open(folder.path()).unwrap().snapshots();
    assert_eq!(snapshots.len(), 4);
    let latest = Store::open_at(folder.path(), "2100-01-01").unwrap();
    assert_eq!(latest.status().position, positions[3]);
    let error = Store::open_at(folder.path(), "1999-12-31").err().unwrap();
    assert!(error.to_string().contains("1999-12-31"), "{error}");
}

#[test]
fn a_damaged_difference_is_named_and_not_used() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), &[&record("PYSEC-1", "2")]).unwrap();
    let old = Store::open(folder.path())
        .unwrap()
        .status()
        .position
        .clone();
    for fixed in ["3", "4"] {
        load(folder.path(), &[&record("PYSEC-1", fixed)]).unwrap();
    }
    let history = folder.path().join("advisories/history");
    let names = list(&history).unwrap();
    for name in names.iter().filter(|name| name.contains(".from.")) {
        let mut bytes = fs::read(history.join(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        fs::write(history.join(name), bytes).unwrap();
    }
    let error = Store::open_at(folder.path(), &old[..16]).err().unwrap();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn a_difference_is_small_and_exact() {
    let from: Vec<u8> = (0..400_000u32)
        .flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let mut to = from.clone();
    to.splice(700_000..700_010, *b"something else");
    let packed = difference(&from, &to).unwrap();
    assert!(packed.len() < 2_000, "{}", packed.len());
    assert_eq!(apply(&from, &packed, MAX_FILE).unwrap(), to);
    assert!(apply(&to, &packed, MAX_FILE).is_err() || apply(&to, &packed, MAX_FILE).unwrap() != to);
    assert_eq!(
        apply(&[], &difference(&[], b"new").unwrap(), MAX_FILE).unwrap(),
        b"new"
    );
}
