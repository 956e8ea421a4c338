//! Every trigger has a test in which it fires and one in which it is silent.

use super::ALL;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("../../gates.md");

/// Names of the tests in the sources below a folder.
fn tests(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, names);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let functions = text.split("#[test]").skip(1).filter_map(|rest| {
                let (name, _) = rest.trim_start().strip_prefix("fn ")?.split_once('(')?;
                Some(name.to_owned())
            });
            names.extend(functions);
        }
    }
}

/// Trigger to its firing and its silent test.
fn rows() -> BTreeMap<&'static str, Vec<&'static str>> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let words: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        (words[0], words[1..].to_vec())
    })
    .collect()
}

#[test]
fn every_trigger_has_a_firing_and_a_silent_test() {
    let mut known = BTreeSet::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gates");
    tests(&sources, &mut known);
    let mut rows = rows();
    for gate in ALL {
        for trigger in gate.triggers() {
            let name = format!("{}.{}", gate.name(), trigger.name);
            let kept = rows.remove(&*name).unwrap_or_default();
            assert_eq!(kept.len(), 2, "gates.md lacks tests of {name}");
            for test in kept {
                assert!(known.contains(test), "{name}: there is no test `{test}`");
            }
        }
    }
    assert!(
        rows.is_empty(),
        "gates.md names triggers that are gone: {rows:?}"
    );
}

#[test]
fn gates_and_triggers_are_named_once_and_sorted() {
    let names: Vec<&str> = ALL.iter().map(|gate| gate.name()).collect();
    assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
    for gate in ALL {
        let triggers = gate.triggers().iter().map(|trigger| trigger.name);
        let unique: BTreeSet<&str> = triggers.clone().collect();
        assert_eq!(unique.len(), triggers.count(), "{}", gate.name());
    }
}
