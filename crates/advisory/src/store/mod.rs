//! The advisory store: one immutable shard for each namespace, mapped and read
//! in place, and an index that names the current set.

mod compile;
mod index;
mod sections;
mod shard;

pub use index::{FeedStatus, ShardStatus, Status};

pub(crate) use compile::state;
pub(crate) use sections::Corrupt;
pub(crate) use shard::{Claim, Extra, Head, Inside, Shard};

use crate::intake::{Description, Intake};
use crate::namespace::Namespace;
use plimsoll_types::{Epss, KnownExploited};
use sections::Sections;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Below the data folder.
const FOLDER: &str = "advisories";
const SHARDS: &str = "shards";
/// Why a window was left out.
pub(crate) const NO_VERSION: &str = "bound that is no version";
const KEYS: usize = 0;
const KEY_ENDS: usize = 1;
const VALUES: usize = 2;
const VALUE_ENDS: usize = 3;

/// Advisory data that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was ever loaded.
    #[error("there is no advisory data in `{}`; load some with `plimsoll data update --from FOLDER|URL`", folder.display())]
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A file is not what this program wrote.
    #[error("advisory data `{}` is not usable: {reason}; load it anew with `plimsoll data update`", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The advisory data of one data folder, as of the moment it was opened.
pub struct Store {
    folder: PathBuf,
    status: Status,
}

impl Store {
    /// Reads the index. Shards are mapped when they are first needed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when no data was ever loaded, else
    /// [`StoreError::Corrupt`].
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        let folder = data.join(FOLDER);
        let status = Status::read(&folder)?;
        Ok(Self { folder, status })
    }

    /// Feeds, shards, position and age.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The shard of a namespace; `None` where there is no data for it.
    pub(crate) fn shard(&self, namespace: &Namespace) -> Option<Result<Shard, StoreError>> {
        let name = namespace.to_string();
        let shard = self
            .status
            .shards
            .iter()
            .find(|shard| shard.namespace == name)?;
        let sections = self.sections(&shard.file);
        Some(sections.map(|sections| Shard::new(sections, namespace.scheme())))
    }

    /// A table by CVE; `None` where it was never loaded.
    pub(crate) fn table<T: Row>(&self) -> Option<Result<Table<T>, StoreError>> {
        let file = self.status.tables.get(T::NAME)?;
        let sections = self.sections(file);
        Some(sections.map(|sections| Table(sections, PhantomData)))
    }

    /// Maps a file and checks that it still has the content it is named by.
    fn sections<const N: usize>(&self, file: &str) -> Result<Sections<N>, StoreError> {
        let path = self.folder.join(SHARDS).join(file);
        let reason = match Sections::open(&path) {
            Ok(Ok(sections)) if file.starts_with(&content_name(sections.bytes())) => {
                return Ok(sections);
            }
            Ok(_) => "it is not what was written".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(StoreError::Corrupt { path, reason })
    }
}

/// The first 160 bits of the BLAKE3 of a file's content, in hex.
fn content_name(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..40].to_owned()
}

/// What a table by CVE is made of.
pub(crate) trait Row: DeserializeOwned {
    const NAME: &'static str;
    /// What the table is, for people.
    const ABOUT: &'static str;
}

impl Row for KnownExploited {
    const NAME: &'static str = "kev";
    const ABOUT: &'static str = "known exploited vulnerabilities";
}

impl Row for Epss {
    const NAME: &'static str = "epss";
    const ABOUT: &'static str = "likelihoods of exploitation";
}

impl Row for Description {
    const NAME: &'static str = "cve";
    const ABOUT: &'static str = "descriptions of CVEs";
}

/// Rows by CVE.
pub(crate) struct Table<T>(Sections<4>, PhantomData<T>);

impl<T: Row> Table<T> {
    pub(crate) fn get(&self, cve: &str) -> Result<Option<T>, Corrupt> {
        match self.0.search::<1>(KEY_ENDS, KEYS, cve.as_bytes())? {
            Ok(index) => shard::decode(self.0.item::<1>(VALUE_ENDS, VALUES, index)?).map(Some),
            Err(_) => Ok(None),
        }
    }
}

/// The lock on a data folder's advisories while they are replaced.
pub(crate) struct Writer {
    folder: PathBuf,
    _lock: fs::File,
}

impl Writer {
    /// Takes the lock; `None` when somebody else has it.
    pub(crate) fn open(data: &Path) -> io::Result<Option<Self>> {
        let folder = data.join(FOLDER);
        fs::create_dir_all(folder.join(SHARDS))?;
        let lock = fs::File::create(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self {
                folder,
                _lock: lock,
            })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Compiles the intake and makes it the current data. Until the index is
    /// renamed into place the old data stands.
    pub(crate) fn replace(&self, intake: &Intake) -> io::Result<Status> {
        let before = Status::read(&self.folder).ok();
        let mut shards = Vec::new();
        let mut unreadable: BTreeMap<String, usize> = BTreeMap::new();
        for (namespace, compiled) in compile::shards(intake) {
            for (feed, windows) in compiled.unreadable {
                *unreadable.entry(feed).or_default() += windows;
            }
            shards.push(ShardStatus {
                namespace,
                names: compiled.names,
                claims: compiled.claims,
                bytes: compiled.bytes.len(),
                file: self.keep(&compiled.bytes, "shard")?,
            });
        }
        let mut tables = BTreeMap::new();
        self.table(&intake.tables.known_exploited, &mut tables)?;
        self.table(&intake.tables.epss, &mut tables)?;
        self.table(&intake.tables.descriptions, &mut tables)?;
        let mut status = Status::new(feeds(intake, &unreadable), shards, tables);
        let needed: Vec<String> = status.files().map(str::to_owned).collect();
        if let Some(before) = before {
            // A second run over the same feeds changes nothing at all.
            let same = before.position == status.position;
            let old = before.files().map(str::to_owned);
            status.before = if same {
                before.before.clone()
            } else {
                old.collect()
            };
        }
        status.write(&self.folder)?;
        self.sweep(&needed, &status.before);
        Ok(status)
    }

    /// Writes a table, unless it is empty, and notes its file.
    fn table<T: Row + Serialize>(
        &self,
        rows: &BTreeMap<String, T>,
        tables: &mut BTreeMap<String, String>,
    ) -> io::Result<()> {
        if !rows.is_empty() {
            let file = self.keep(&compile::table(rows), T::NAME)?;
            tables.insert(T::NAME.to_owned(), file);
        }
        Ok(())
    }

    fn keep(&self, bytes: &[u8], kind: &str) -> io::Result<String> {
        let name = format!("{}.{kind}", content_name(bytes));
        let path = self.folder.join(SHARDS).join(&name);
        // A file of that name may have been cut or altered since.
        let intact = fs::read(&path).is_ok_and(|there| there == bytes);
        if !intact {
            index::place(&path, bytes)?;
        }
        Ok(name)
    }

    /// Removes what neither this set nor the one before needs. A file that
    /// cannot be removed only takes up space.
    fn sweep(&self, needed: &[String], before: &[String]) {
        let Ok(entries) = fs::read_dir(self.folder.join(SHARDS)) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !needed.contains(&name) && !before.contains(&name) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn feeds(intake: &Intake, unreadable: &BTreeMap<String, usize>) -> Vec<FeedStatus> {
    let mut records: BTreeMap<&str, usize> = BTreeMap::new();
    for advisory in intake.advisories() {
        *records.entry(&advisory.feed).or_default() += 1;
    }
    let feeds = intake.tallies.iter().map(|(name, tally)| {
        let mut skipped = tally.skipped.clone();
        if let Some(windows) = unreadable.get(name) {
            *skipped.entry(NO_VERSION.to_owned()).or_default() += windows;
        }
        FeedStatus {
            name: name.clone(),
            records: tally.records + records.get(name.as_str()).copied().unwrap_or(0),
            skipped,
            newest: tally.newest.clone(),
            taken: tally.taken.clone(),
        }
    });
    feeds.collect()
}
