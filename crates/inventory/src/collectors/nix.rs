//! Nix store paths, `nix/store/HASH-NAME-VERSION[-OUTPUT]`: each folder is a
//! package, and the database says which needs which.

use super::MOST_PACKAGES;
use super::sqlite::Database;
use crate::collector::CollectGap;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, GapKind, PackageRecord};
use std::collections::HashMap;

const LIMIT: u64 = 512 << 20;
const LOG: &str = "-wal";
const DATABASE: &str = "nix/var/nix/db/db.sqlite";
const STORE: &str = "nix/store/";
/// Edges that are kept of one database.
const MOST: usize = 1_000_000;
/// Digits of the hashes in names of store paths.
const DIGITS: &str = "0123456789abcdfghijklmnpqrsvwxyz";
const OUTPUTS: &[&str] = &[
    "bin", "debug", "dev", "dist", "doc", "devdoc", "info", "lib", "man", "out", "static",
];

pub(crate) struct Nix;

impl Collector for Nix {
    fn name(&self) -> &'static str {
        "nix"
    }

    fn about(&self) -> &'static str {
        "Nix packages: folders of nix/store, nix/var/nix/db/db.sqlite"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() {
            "db.sqlite" if file.path_ends_with(DATABASE) => Want::WithCompanion {
                limit: LIMIT,
                suffix: LOG,
            },
            "db.sqlite-wal" if file.path_ends_with("nix/var/nix/db/db.sqlite-wal") => {
                Want::Companion {
                    limit: LIMIT,
                    suffix: LOG,
                }
            }
            _ => Want::No,
        }
    }

    fn directory(&self, path: &str) -> Option<PackageRecord> {
        let at = path.find(STORE)?;
        let outside = &path[..at];
        let inside = outside.is_empty() || outside.ends_with('/');
        store_path(&path[at + STORE.len()..]).filter(|_| inside)
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let database = Database::open(file.bytes, file.companion)?;
        let mut records: Vec<PackageRecord> = Vec::new();
        let mut by_id: HashMap<u64, usize> = HashMap::new();
        let mut damage = None;
        database.rows("ValidPaths", |row| {
            let row = match row {
                Ok(row) => row,
                Err(what) => {
                    damage.get_or_insert(what);
                    return;
                }
            };
            let text = |column| {
                row.bytes(column)
                    .and_then(|bytes| std::str::from_utf8(bytes).ok())
            };
            let name = text(1).map(crate::path::name);
            if let Some(mut record) = name.and_then(store_path)
                && records.len() < MOST_PACKAGES
            {
                if let Some(deriver) = text(4).filter(|deriver| !deriver.is_empty()) {
                    record
                        .qualifiers
                        .insert("drvpath".into(), crate::path::name(deriver).into());
                }
                by_id.insert(row.id, records.len());
                records.push(record);
            }
        })?;
        let mut edges: Vec<(usize, usize)> = Vec::new();
        // A database without references still names packages.
        let _ = database.rows("Refs", |row| {
            if let Ok(row) = row
                && edges.len() < MOST
                && let (Some(from), Some(to)) = (row.number(0), row.number(1))
                && let (Some(from), Some(to)) = (by_id.get(&from), by_id.get(&to))
                && from != to
            {
                edges.push((*from, *to));
            }
        });
        for (from, to) in edges {
            let needed = format!("{}@{}", records[to].name, records[to].full_version());
            records[from].requires.push(needed);
        }
        for record in &mut records {
            record.requires.sort_unstable();
            record.requires.dedup();
        }
        let mut collected = Collected::from(vec![Fact::Packages(records)]);
        collected.gaps.extend(damage.map(|what| CollectGap {
            kind: GapKind::EvidenceUnreadable,
            nested: Vec::new(),
            detail: format!("nix: parts could not be read, first: {what}"),
        }));
        Ok(collected)
    }
}

/// The package of a store path, given by its name; `None` for recipes,
/// sources, patches and what has no version.
fn store_path(name: &str) -> Option<PackageRecord> {
    let (hash, name) = name.split_at_checked(32)?;
    let name = name.strip_prefix('-')?;
    if name.contains('/') || !hash.bytes().all(|byte| DIGITS.as_bytes().contains(&byte)) {
        return None;
    }
    let endings = [
        ".drv", ".lock", ".patch", ".diff", ".sh", ".zip", ".tgz", ".gem", ".crate", ".whl", ".xz",
        ".gz", ".bz2", ".zst", ".deb", ".rpm", ".nar", ".chroot", ".check", "-source", "-hook",
    ];
    if endings.iter().any(|ending| name.ends_with(ending)) || name.contains(".tar.") {
        return None;
    }
    let at = (1..name.len()).find(|&at| {
        let bytes = name.as_bytes();
        bytes[at - 1] == b'-' && bytes[at].is_ascii_digit()
    })?;
    let (name, mut version) = (&name[..at - 1], &name[at..]);
    let mut output = None;
    if let Some((rest, last)) = version.rsplit_once('-')
        && OUTPUTS.contains(&last)
    {
        (version, output) = (rest, Some(last));
    }
    if name.is_empty() {
        return None;
    }
    let mut record = PackageRecord::new(
        Ecosystem::Nix,
        name,
        Some(version.to_owned()),
        Confidence::Installed,
    );
    record.qualifiers.insert("hash".into(), hash.to_owned());
    if let Some(output) = output.filter(|output| *output != "out") {
        record.qualifiers.insert("output".into(), output.to_owned());
    }
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collectors::rpm::tests::tables;
    use crate::fixture::records;

    fn named(name: &str) -> Option<String> {
        let path = format!("nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-{name}");
        let record = Nix.directory(&path)?;
        let output = record.qualifiers.get("output");
        let output = output.map_or(String::new(), |output| format!(" {output}"));
        Some(format!("{}@{}{output}", record.name, record.full_version()))
    }

    #[test]
    fn folders_of_the_store_are_packages() {
        assert_eq!(
            named("glibc-2.34-210-bin").as_deref(),
            Some("glibc@2.34-210 bin")
        );
        assert_eq!(
            named("python3.11-six-1.16.0").as_deref(),
            Some("python3.11-six@1.16.0")
        );
        assert_eq!(named("gcc-13.2.0-out").as_deref(), Some("gcc@13.2.0"));
        for other in [
            "glibc-2.34.drv",
            "glibc-2.34.tar.xz",
            "nixpkgs-24.05-source",
            "setup-hook",
            "hook-1.0.sh",
            "glibc-2.34/lib",
            "fix-1.patch",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
        assert_eq!(Nix.directory("nix/store/short-glibc-1"), None);
        assert_eq!(
            Nix.directory("srv/unix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-glibc-1"),
            None
        );
    }

    #[test]
    fn the_database_says_which_needs_which() {
        let path = |name: &str| format!("/nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-{name}");
        let (glibc, hello, recipe) = (
            path("glibc-2.34-210"),
            path("hello-2.12"),
            path("hello-2.12.drv"),
        );
        let text = |text: &'static str| (13 + 2 * text.len(), text.as_bytes());
        let long = |text: &'_ str| 13 + 2 * text.len();
        let bytes = tables(&[
            (
                "ValidPaths",
                &[
                    &[
                        (0, b""),
                        (long(&glibc), glibc.as_bytes()),
                        text("x"),
                        (9, b""),
                        (0, b""),
                    ],
                    &[
                        (0, b""),
                        (long(&hello), hello.as_bytes()),
                        text("x"),
                        (9, b""),
                        (long(&recipe), recipe.as_bytes()),
                    ],
                    &[
                        (0, b""),
                        (long(&recipe), recipe.as_bytes()),
                        text("x"),
                        (9, b""),
                        (0, b""),
                    ],
                ],
            ),
            (
                "Refs",
                &[
                    &[(1, &[2]), (9, b"")],
                    &[(1, &[2]), (1, &[2])],
                    &[(1, &[3]), (9, b"")],
                ],
            ),
        ]);
        let records = records(&Nix, DATABASE, &bytes).unwrap();
        let [glibc, hello] = records.as_slice() else {
            panic!("{records:?}")
        };
        assert!(glibc.requires.is_empty());
        assert_eq!(hello.requires, ["glibc@2.34-210"]);
        assert!(hello.qualifiers["drvpath"].ends_with("-hello-2.12.drv"));
        for end in 0..bytes.len() {
            let _ = crate::fixture::records(&Nix, DATABASE, &bytes[..end]);
        }
    }
}
