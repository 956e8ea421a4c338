mod build;

use super::*;
use crate::facts::{Algorithm, Ownership};
use build::{bdb, header, log, ndb, package, sqlite_pages, text, texts};
use plimsoll_types::Mode;
use proptest::prelude::*;

/// An SQLite database of these packages, each `size` bytes long.
pub(crate) fn database(names: &[&str], size: usize) -> Vec<u8> {
    let blobs: Vec<_> = names.iter().map(|name| package(name, size)).collect();
    sqlite_pages(&blobs).concat()
}

/// The columns of a row: serial types with their values.
type Columns<'a> = &'a [(usize, &'a [u8])];

/// An SQLite database of tables with a few rows.
pub(crate) fn tables(tables: &[(&str, &[Columns<'_>])]) -> Vec<u8> {
    let rows = |rows: &[Columns<'_>]| rows.iter().map(|row| build::record(row)).collect();
    let tables: Vec<_> = tables
        .iter()
        .map(|(name, list)| (*name, rows(list)))
        .collect();
    build::sqlite_tables(&tables)
}

/// The header of a package.
pub(crate) fn blob(name: &str) -> Vec<u8> {
    package(name, 1)
}

/// A write-ahead log that makes any database one of these packages.
pub(crate) fn log_of(names: &[&str]) -> Vec<u8> {
    let blobs: Vec<_> = names.iter().map(|name| package(name, 1)).collect();
    log(&(1..).zip(sqlite_pages(&blobs)).collect::<Vec<_>>(), true)
}

/// A Berkeley DB database of these packages.
pub(crate) fn berkeley(names: &[&str]) -> Vec<u8> {
    let blobs: Vec<_> = names.iter().map(|name| package(name, 1)).collect();
    bdb(&blobs, false)
}

fn collect(path: &str, bytes: &[u8], companion: Option<&[u8]>) -> Result<Collected, CollectError> {
    Rpm.collect(&File {
        path,
        mode: Mode(0o644),
        bytes,
        companion,
    })
}

fn packages(collected: &Collected) -> &[PackageRecord] {
    match collected.facts.first() {
        Some(Fact::Packages(packages)) => packages,
        _ => &[],
    }
}

fn names(path: &str, bytes: &[u8], companion: Option<&[u8]>) -> Vec<String> {
    let collected = collect(path, bytes, companion).unwrap();
    assert_eq!(collected.gaps, []);
    packages(&collected)
        .iter()
        .map(|p| format!("{}@{}", p.name, p.full_version()))
        .collect()
}

const SQLITE: &str = "var/lib/rpm/rpmdb.sqlite";
const NDB: &str = "usr/lib/sysimage/rpm/Packages.db";
const BDB: &str = "var/lib/rpm/Packages";

#[test]
fn every_format_gives_the_same_packages() {
    let key = header(&[
        text(1000, "gpg-pubkey"),
        text(1001, "abc"),
        text(1002, "def"),
    ]);
    let blobs = [package("tool", 10), package("long", 3000), key];
    let expected = ["tool@1:1.2-3.el9", "long@1:1.2-3.el9", "gpg-pubkey@abc-def"];
    assert_eq!(names(NDB, &ndb(&blobs), None), expected);
    assert_eq!(names(BDB, &bdb(&blobs, false), None), expected);
    assert_eq!(names(BDB, &bdb(&blobs, true), None), expected);
    assert_eq!(
        names(SQLITE, &sqlite_pages(&blobs).concat(), None),
        expected
    );
}

#[test]
fn committed_frames_of_the_log_count_and_others_do_not() {
    let old = sqlite_pages(&[package("old", 1)]).concat();
    let new: Vec<(u32, Vec<u8>)> = (1..).zip(sqlite_pages(&[package("new", 600)])).collect();
    assert_eq!(
        names(SQLITE, &old, Some(&log(&new, true))),
        ["new@1:1.2-3.el9"]
    );
    assert_eq!(
        names(SQLITE, &old, Some(&log(&new, false))),
        ["old@1:1.2-3.el9"]
    );
    // The database may still be empty while everything is in the log.
    assert_eq!(
        names(SQLITE, b"", Some(&log(&new, true))),
        ["new@1:1.2-3.el9"]
    );
    let mut torn = log(&new, true);
    *torn.last_mut().unwrap() ^= 1;
    assert_eq!(names(SQLITE, &old, Some(&torn)), ["old@1:1.2-3.el9"]);
}

#[test]
fn headers_say_all_that_matters() {
    let collected = collect(NDB, &ndb(&[package("tool-libs", 0)]), None).unwrap();
    let record = &packages(&collected)[0];
    assert_eq!(record.arch.as_deref(), Some("x86_64"));
    assert_eq!(record.source_name(), "tool");
    assert_eq!(record.modularity.as_deref(), Some("tool:1:2:3"));
    assert_eq!(record.vendor.as_deref(), Some("Example"));
    let Some(Fact::Owned(owners)) = collected.facts.get(1) else {
        panic!()
    };
    let Ownership { files, .. } = &owners[0];
    let paths: Vec<_> = files.iter().map(|f| (f.path.as_str(), f.config)).collect();
    assert_eq!(paths, [("usr/bin/tool", false), ("etc/tool.conf", true)]);
    let digest = files[0].digest.as_ref().unwrap();
    assert_eq!(
        (digest.algorithm, digest.hash.len()),
        (Algorithm::Sha256, 32)
    );
    assert_eq!(files[1].digest, None);
}

#[test]
fn keys_beside_packages_are_nothing_to_match() {
    let key = header(&[
        text(1000, "gpg-pubkey"),
        text(1001, "8483c65d"),
        text(1002, "5ccc5b19"),
        text(1022, "(none)"),
    ]);
    let collected = collect(NDB, &ndb(&[key, package("tool", 0)]), None).unwrap();
    let [key, tool] = packages(&collected) else {
        panic!()
    };
    assert!(key.local && !tool.local);
    assert_eq!((key.arch.as_deref(), key.purl(None)), (None, None));
}

#[test]
fn what_packages_need_leads_to_packages() {
    let needy = header(&[
        text(1000, "needy"),
        text(1001, "1"),
        text(1002, "1"),
        texts(
            1049,
            &[
                "libtool.so.1()(64bit)",
                "/usr/bin/tool",
                "rpmlib(X)",
                "gone",
            ],
        ),
    ]);
    let giver = header(&[
        text(1000, "giver"),
        text(1001, "1"),
        text(1002, "1"),
        texts(1047, &["giver", "libtool.so.1()(64bit)"]),
    ]);
    let blobs = [needy, giver, package("tool", 0)];
    let collected = collect(BDB, &bdb(&blobs, false), None).unwrap();
    assert_eq!(packages(&collected)[0].requires, ["giver", "tool"]);
}

#[test]
fn a_source_that_says_nothing_new_is_left_out() {
    let source = |name, version| header::source_package("tool-1.2-3.el9.src.rpm", name, version);
    assert_eq!(source("tool", "1.2-3.el9"), None);
    assert!(source("tool", "1.2-4.el9").is_some());
    assert_eq!(header::source_package("tool.spec", "x", "1"), None);
}

#[test]
fn a_damaged_row_costs_only_itself() {
    let mut file = bdb(&[package("tool", 10), package("long", 3000)], false);
    let last = file.len() - 512;
    file[last + 25] = 0;
    let collected = collect(BDB, &file, None).unwrap();
    assert_eq!(packages(&collected).len(), 1);
    assert_eq!(collected.gaps.len(), 1);
    // A chain that runs in a circle ends.
    file[last + 25] = 7;
    file[last + 16] = u8::try_from(last / 512).unwrap();
    assert_eq!(packages(&collect(BDB, &file, None).unwrap()).len(), 1);
}

#[test]
fn a_few_bytes_hide_no_database() {
    let blobs = [package("a", 3000), package("b", 10)];
    let cases: [(&str, Vec<u8>, usize, &[u8]); 8] = [
        // The last page.
        (BDB, bdb(&blobs, false), 32, &[0, 0, 0, 0]),
        (BDB, bdb(&blobs, false), 32, &[1, 0, 0, 0]),
        // The page size.
        (BDB, bdb(&blobs, false), 20, &[0, 4, 0, 0]),
        // Entries of the hash page.
        (BDB, bdb(&blobs, false), 512 + 20, &[0, 0]),
        // Slot pages.
        (NDB, ndb(&blobs), 12, &[0, 0, 0, 0]),
        // The mark of a slot.
        (NDB, ndb(&blobs), 32, &[0]),
        // Where a slot leads.
        (NDB, ndb(&blobs), 40, &[1, 0, 0, 0]),
        // Rows of the only page of the table.
        (SQLITE, sqlite_pages(&blobs).concat(), 512 + 3, &[0, 0]),
    ];
    for (path, mut file, at, bytes) in cases {
        names(path, &file, None);
        file[at..at + bytes.len()].copy_from_slice(bytes);
        let said = collect(path, &file, None).is_ok_and(|found| {
            found
                .gaps
                .iter()
                .any(|gap| gap.kind == GapKind::DatabaseUnreadable)
        });
        assert!(said, "{path} {at} {bytes:?}");
    }
    // Two pages of slots, of which the header names one.
    let many: Vec<_> = (0..300).map(|n| package(&format!("p{n}"), 1)).collect();
    let mut file = ndb(&many);
    assert_eq!(names(NDB, &file, None).len(), 300);
    file[12] = 1;
    assert_eq!(collect(NDB, &file, None).unwrap().gaps.len(), 1);
}

#[test]
fn empty_databases_are_whole() {
    for (path, file) in [
        (BDB, bdb(&[], false)),
        (NDB, ndb(&[])),
        (SQLITE, sqlite_pages(&[]).concat()),
    ] {
        assert!(names(path, &file, None).is_empty(), "{path}");
    }
}

#[test]
fn a_page_of_sqlite_has_480_bytes_at_least() {
    let mut file = sqlite_pages(&[package("a", 3000)]).concat();
    for reserved in [33, 255] {
        file[20] = reserved;
        assert!(collect(SQLITE, &file, None).is_err());
    }
}

#[test]
fn manifests_stand_in_for_a_database() {
    let table = "vim\t9.0-1.cm2\t1\t2\tMicrosoft Corporation\t2\t45000\tx86_64\t2\tvim-9.0-1.cm2.src.rpm\n\
                 filesystem\t1.1-9.cm2\t1\t2\tMicrosoft Corporation\t(none)\t7596\t(none)\t0\tx\n";
    let path = "var/lib/rpmmanifest/container-manifest-2";
    assert_eq!(
        names(path, table.as_bytes(), None),
        ["vim@2:9.0-1.cm2", "filesystem@1.1-9.cm2"]
    );
    let path = "var/lib/rpmmanifest/container-manifest-1";
    assert_eq!(
        names(path, b"a-b-1.1-9.cm2.x86_64\n", None),
        ["a-b@1.1-9.cm2"]
    );
    assert!(collect(path, b"nonsense\n", None).is_err());
}

#[test]
fn only_databases_are_asked_for() {
    assert_eq!(
        kind("sysroot/usr/share/rpm/rpmdb.sqlite"),
        Some(Kind::Sqlite)
    );
    assert_eq!(kind("var/lib/rpm/Name"), None);
    assert_eq!(kind("srv/xvar/lib/rpm/Packages"), None);
    for path in [SQLITE, NDB, BDB] {
        assert!(collect(path, b"\x7fELF", None).is_err(), "{path}");
    }
}

#[test]
fn every_prefix_is_survived() {
    let blobs = [package("a", 0), package("b", 900)];
    let pages = sqlite_pages(&blobs);
    let log = log(&(1..).zip(pages.clone()).collect::<Vec<_>>(), true);
    for (path, file) in [
        (SQLITE, pages.concat()),
        (NDB, ndb(&blobs)),
        (BDB, bdb(&blobs, false)),
    ] {
        for end in 0..file.len() {
            let _ = collect(path, &file[..end], Some(&log[..end.min(log.len())]));
        }
    }
    for end in 0..blobs[0].len() {
        assert!(Header::parse(&blobs[0][..end]).is_none());
    }
}

proptest! {
    #[test]
    fn changed_bytes_are_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let blobs = [package("a", 0), package("b", 900)];
        for (path, mut file) in [
            (SQLITE, sqlite_pages(&blobs).concat()),
            (NDB, ndb(&blobs)),
            (BDB, bdb(&blobs, true)),
        ] {
            for (at, byte) in &changes {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            let _ = collect(path, &file, None);
        }
        let mut blob = blobs[0].clone();
        for (at, byte) in &changes {
            let at = at.index(blob.len());
            blob[at] = *byte;
        }
        if let Some(header) = Header::parse(&blob)
            && let Some(record) = header.record()
        {
            header.ownership(&record);
        }
    }
}
