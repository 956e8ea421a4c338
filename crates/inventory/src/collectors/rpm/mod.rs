//! RPM packages: the three database formats, and the manifests that stand in
//! for a database in distroless images.

mod archive;
mod bdb;
mod header;
mod manifest;
mod ndb;
#[cfg(test)]
pub(crate) mod tests;

pub(super) use archive::Archive;

use super::needs::Needs;
use super::sqlite::Database;
use super::{MOST_FILES, MOST_PACKAGES};
use crate::collector::{CollectError, CollectGap, Collected, Collector, File, FileHead, Want};
use crate::facts::{Fact, Ownership};
use header::Header;
use plimsoll_types::{GapKind, PackageRecord};

const LIMIT: u64 = 512 << 20;
const LOG: &str = "-wal";

const PLACES: &[&str] = &[
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/rpmdb.sqlite-wal",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/Packages",
    "usr/share/rpm/rpmdb.sqlite",
    "usr/share/rpm/rpmdb.sqlite-wal",
    "usr/share/rpm/Packages.db",
    "usr/share/rpm/Packages",
    "var/lib/rpmmanifest/container-manifest-1",
    "var/lib/rpmmanifest/container-manifest-2",
];

pub(crate) struct Rpm;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    SqliteLog,
    Ndb,
    BerkeleyDb,
    Names,
    Table,
}

fn kind(path: &str) -> Option<Kind> {
    let (directory, name) = path.rsplit_once('/')?;
    let below = |folder: &str| {
        directory
            .strip_suffix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    if below("var/lib/rpmmanifest") {
        return match name {
            "container-manifest-1" => Some(Kind::Names),
            "container-manifest-2" => Some(Kind::Table),
            _ => None,
        };
    }
    if !["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"]
        .iter()
        .any(|folder| below(folder))
    {
        return None;
    }
    match name {
        "rpmdb.sqlite" => Some(Kind::Sqlite),
        "rpmdb.sqlite-wal" => Some(Kind::SqliteLog),
        "Packages.db" => Some(Kind::Ndb),
        "Packages" => Some(Kind::BerkeleyDb),
        _ => None,
    }
}

impl Collector for Rpm {
    fn name(&self) -> &'static str {
        "rpm"
    }

    fn about(&self) -> &'static str {
        "RPM packages: rpmdb.sqlite, Packages.db, Packages, container-manifest-2"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [&'static str] {
        PLACES
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match kind(file.path) {
            None => Want::No,
            Some(Kind::Sqlite) => Want::WithCompanion {
                limit: LIMIT,
                suffix: LOG,
            },
            Some(Kind::SqliteLog) => Want::Companion {
                limit: LIMIT,
                suffix: LOG,
            },
            Some(_) => Want::Whole { limit: LIMIT },
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let rows = match kind(file.path) {
            Some(Kind::Sqlite) => sqlite(file.bytes, file.companion)?,
            Some(Kind::Ndb) => ndb::rows(file.bytes)?,
            Some(Kind::BerkeleyDb) => bdb::rows(file.bytes)?,
            Some(Kind::Names) => return lines(file.bytes, manifest::name_line),
            Some(Kind::Table) => return lines(file.bytes, manifest::table_row),
            Some(Kind::SqliteLog) | None => return Ok(Collected::default()),
        };
        Ok(rows.collected())
    }
}

/// Rows of `rpmdb.sqlite`.
fn sqlite(bytes: &[u8], log: Option<&[u8]>) -> Result<Rows, CollectError> {
    let database = Database::open(bytes, log)?;
    let mut rows = Rows::new(database.length());
    // `hnum` is the row id and stored as NULL; the second column is the header.
    database.rows("Packages", |row| {
        match row.and_then(|row| row.bytes(1).ok_or("a row is damaged")) {
            Ok(header) => rows.push(header),
            Err(what) => rows.damage(what),
        }
    })?;
    Ok(rows)
}

/// What the header blobs of a database say, and what was wrong with others.
/// Blobs are read as they come and not kept.
struct Rows {
    packages: Vec<PackageRecord>,
    owners: Vec<Ownership>,
    needs: Needs,
    /// Headers that were pushed, readable or not.
    count: usize,
    /// Files of all packages.
    files: usize,
    /// Bytes that further rows may have.
    room: usize,
    damaged: usize,
    first: &'static str,
}

impl Rows {
    /// For a database of `length` bytes: rows do not overlap, so together
    /// they are no longer than that.
    fn new(length: usize) -> Self {
        Self {
            packages: Vec::new(),
            owners: Vec::new(),
            needs: Needs::default(),
            count: 0,
            files: 0,
            room: length,
            damaged: 0,
            first: "",
        }
    }

    fn push(&mut self, blob: &[u8]) {
        self.count += 1;
        let Some(room) = self.room.checked_sub(blob.len()) else {
            self.damage("rows overlap");
            return;
        };
        self.room = room;
        let Some(header) = Header::parse(blob) else {
            self.damage("a header is damaged");
            return;
        };
        if let Some(record) = header.record() {
            if self.packages.len() == MOST_PACKAGES || self.files >= 4 * MOST_FILES {
                self.damage("it names more than is kept of one file");
                return;
            }
            let owner = header.ownership(&record);
            header.relate(self.packages.len(), &mut self.needs);
            self.files += owner.files.len();
            self.owners.push(owner);
            self.packages.push(record);
        }
    }

    fn damage(&mut self, what: &'static str) {
        if self.damaged == 0 {
            self.first = what;
        }
        self.damaged += 1;
    }

    fn collected(mut self) -> Collected {
        self.needs.give_files(&self.owners);
        self.needs.settle(&mut self.packages);
        let facts = vec![Fact::Packages(self.packages), Fact::Owned(self.owners)];
        let mut collected = Collected::from(facts);
        if self.damaged > 0 {
            collected.gaps.push(CollectGap {
                kind: GapKind::DatabaseUnreadable,
                nested: Vec::new(),
                detail: format!(
                    "rpm: {} parts could not be read, first: {}",
                    self.damaged, self.first
                ),
            });
        }
        collected
    }
}

fn lines(bytes: &[u8], read: fn(&str) -> Option<PackageRecord>) -> Result<Collected, CollectError> {
    let text = String::from_utf8_lossy(bytes);
    let packages: Vec<_> = text.lines().filter_map(read).collect();
    if packages.is_empty() && !text.trim().is_empty() {
        return Err(CollectError::new("none of its lines names a package"));
    }
    Ok(vec![Fact::Packages(packages)].into())
}
