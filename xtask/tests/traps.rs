//! Every test that a table of traps names exists.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names of functions in the sources below a folder.
fn functions(folder: &Path, out: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| {
                let name = line.trim_start().strip_prefix("fn ")?.split('(').next()?;
                Some(name.to_owned())
            });
            out.extend(names);
        }
    }
}

/// The tables, and how many traps each has.
const TABLES: &[(&str, usize)] = &[
    (include_str!("../../crates/inventory/traps.md"), 138),
    (include_str!("../../crates/advisory/traps.md"), 83),
];

#[test]
fn every_test_that_keeps_a_trap_exists() {
    let mut known = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    functions(&root.join("crates"), &mut known);
    let mut missing = Vec::new();
    for (table, traps) in TABLES {
        let is_row = |line: &&str| {
            let cell = line.strip_prefix("| ").unwrap_or_default();
            cell.starts_with(|c: char| c.is_ascii_digit())
        };
        let rows: Vec<&str> = table.lines().filter(is_row).collect();
        assert_eq!(rows.len(), *traps);
        for row in rows {
            let kept = row.trim_matches('|').split(" | ").nth(2).unwrap().trim();
            assert!(!kept.is_empty(), "{row}");
            if kept.starts_with('`') {
                let names = kept.split('`').filter(|name| name.contains('_'));
                missing.extend(names.filter(|name| !known.contains(*name)));
            }
        }
    }
    assert_eq!(missing, Vec::<&str>::new());
}
