//! RPM packages: the three database formats, and the manifests that stand in
//! for a database in distroless images.

mod bdb;
mod header;
mod integers;
mod manifest;
mod ndb;
mod sqlite;
#[cfg(test)]
pub(crate) mod tests;
mod wal;

use crate::collector::{CollectError, CollectGap, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use header::Header;
use plimsoll_types::{GapKind, PackageRecord};
use std::borrow::Cow;

const LIMIT: u64 = 512 << 20;
const LOG: &str = "-wal";

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
            Some(Kind::Sqlite) => sqlite::rows(file.bytes, file.companion)?,
            Some(Kind::Ndb) => ndb::rows(file.bytes)?,
            Some(Kind::BerkeleyDb) => bdb::rows(file.bytes)?,
            Some(Kind::Names) => return lines(file.bytes, manifest::name_line),
            Some(Kind::Table) => return lines(file.bytes, manifest::table_row),
            Some(Kind::SqliteLog) | None => return Ok(Collected::default()),
        };
        Ok(rows.collected())
    }
}

/// The header blobs of a database, and what was wrong with others.
struct Rows<'a> {
    headers: Vec<Cow<'a, [u8]>>,
    /// Bytes that further rows may have.
    room: usize,
    damaged: usize,
    first: &'static str,
}

impl<'a> Rows<'a> {
    /// For a database of `length` bytes: rows do not overlap, so together
    /// they are no longer than that.
    fn new(length: usize) -> Self {
        Self {
            headers: Vec::new(),
            room: length,
            damaged: 0,
            first: "",
        }
    }

    fn push(&mut self, header: Cow<'a, [u8]>) {
        match self.room.checked_sub(header.len()) {
            Some(room) => {
                self.room = room;
                self.headers.push(header);
            }
            None => self.damage("rows overlap"),
        }
    }

    fn damage(&mut self, what: &'static str) {
        if self.damaged == 0 {
            self.first = what;
        }
        self.damaged += 1;
    }

    fn collected(mut self) -> Collected {
        let (mut packages, mut owners) = (Vec::new(), Vec::new());
        for blob in std::mem::take(&mut self.headers) {
            let Some(header) = Header::parse(&blob) else {
                self.damage("a header is damaged");
                continue;
            };
            if let Some(record) = header.record() {
                owners.push(header.ownership(&record));
                packages.push(record);
            }
        }
        let mut collected = Collected::from(vec![Fact::Packages(packages), Fact::Owned(owners)]);
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
