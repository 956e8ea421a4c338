//! The small file that names the current set of shards. It is replaced in one
//! step; everything it names is immutable and named by its content.

use super::{NO_VERSION, StoreError};
use crate::fetch::Seen;
use crate::overlay::is_overlay;
use plimsoll_types::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const FILE: &str = "index.json";
const FORMAT: u32 = 6;
/// An index lists shards and feeds, not records.
const MAX_BYTES: u64 = 16 << 20;

/// What the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    format: u32,
    /// Hash over the names and contents of all shards.
    pub position: String,
    /// When the oldest feed was taken, RFC 3339.
    pub built: String,
    /// When the youngest feed was taken, RFC 3339: the data says what it says
    /// since then.
    pub since: String,
    /// Feeds, by name.
    pub feeds: Vec<FeedStatus>,
    /// Shards, by namespace.
    pub shards: Vec<ShardStatus>,
    /// Tables by CVE: name and file.
    pub(crate) tables: BTreeMap<String, String>,
    /// What is remembered of each URL that feeds were fetched from.
    pub(crate) sources: BTreeMap<String, Source>,
    /// Files of the set that this one replaced; readers may still want them.
    pub(crate) before: Vec<String>,
    /// The registry that it came from, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// Where a set of data came from as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Registry, repository and tag, for example
    /// `registry.example/advisories:latest`.
    pub reference: String,
    /// The manifest of the set.
    pub manifest: Digest,
    /// When the youngest feed of the set was taken, RFC 3339.
    pub since: String,
}

/// What one feed brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedStatus {
    /// Feed, for example `osv/PyPI`.
    pub name: String,
    /// Records in use.
    pub records: usize,
    /// Records left out, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// The newest date that the feed states; empty where it states none.
    pub newest: String,
    /// When its youngest document was taken, RFC 3339.
    pub taken: String,
    /// Why newer documents were not used, if they were not.
    pub held_back: Option<String>,
    /// What it says, in common form: file by namespace.
    pub(crate) parts: BTreeMap<String, String>,
}

impl FeedStatus {
    /// Whether it was loaded here and can be replaced on its own.
    pub(crate) fn is_own(&self) -> bool {
        !self.parts.is_empty()
    }
}

/// What is remembered of a document of upstream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub seen: Seen,
    /// Of a list of changes: the time of its latest line.
    pub latest: String,
}

/// One namespace of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardStatus {
    /// For example `debian:12`.
    pub namespace: String,
    /// Names that have claims.
    pub names: usize,
    /// Claims.
    pub claims: usize,
    /// Bytes on disk.
    pub bytes: usize,
    /// Windows that were left out since a bound is no version, by feed.
    pub(crate) unreadable: BTreeMap<String, usize>,
    /// The parts that it was compiled from, in the order of their feeds.
    pub(crate) parts: Vec<String>,
    pub(crate) file: String,
}

impl ShardStatus {
    /// Whether it was compiled here, from parts.
    pub(crate) fn is_own(&self) -> bool {
        !self.parts.is_empty()
    }
}

impl Status {
    pub(crate) fn new(
        feeds: Vec<FeedStatus>,
        shards: Vec<ShardStatus>,
        tables: BTreeMap<String, String>,
        sources: BTreeMap<String, Source>,
    ) -> Self {
        let since = feeds.iter().map(|feed| feed.taken.clone()).max();
        // What the user adds is as old as it is meant to be.
        let of_feeds = feeds.iter().filter(|feed| !is_overlay(&feed.name));
        let built = of_feeds.map(|feed| feed.taken.clone()).min();
        let built = built.or_else(|| since.clone());
        Self {
            format: FORMAT,
            position: position(&shards, &tables),
            built: built.unwrap_or_default(),
            since: since.unwrap_or_default(),
            feeds,
            shards,
            tables,
            sources,
            before: Vec::new(),
            origin: None,
        }
    }

    /// Whether it came as a whole from somewhere else, so that single feeds
    /// cannot be replaced.
    pub(crate) fn is_imported(&self) -> bool {
        self.shards.iter().any(|shard| !shard.is_own())
    }

    /// Takes over from the set before what was loaded here beside it: feeds
    /// that this set has not got, of namespaces that it has not got.
    pub(super) fn join(&mut self, before: &Status) {
        let known = |name: &str| self.shards.iter().any(|shard| shard.namespace == name);
        let mut feeds: Vec<&FeedStatus> = before.feeds.iter().filter(|f| f.is_own()).collect();
        feeds.retain(|own| {
            let here = self.feeds.iter().any(|feed| feed.name == own.name);
            !here && !own.parts.keys().any(|namespace| known(namespace))
        });
        // A shard stays as all that it was made of, a feed as all that it says.
        let shards = loop {
            let count = feeds.len();
            let parts = |part: &String| feeds.iter().any(|f| f.parts.values().any(|p| p == part));
            let own = before.shards.iter().filter(|shard| shard.is_own());
            let shards: Vec<_> = own.filter(|shard| shard.parts.iter().all(parts)).collect();
            let served = |name: &String| shards.iter().any(|shard| shard.namespace == *name);
            feeds.retain(|feed| feed.parts.keys().all(served));
            if feeds.len() == count {
                break shards;
            }
        };
        let mut joined = self.feeds.clone();
        joined.extend(feeds.into_iter().cloned());
        joined.sort_by(|a, b| a.name.cmp(&b.name));
        let mut all = self.shards.clone();
        all.extend(shards.into_iter().cloned());
        all.sort_by(|a, b| a.namespace.cmp(&b.namespace));
        *self = Self::new(joined, all, self.tables.clone(), before.sources.clone());
    }

    /// Every part of every feed.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        let parts = self.feeds.iter().flat_map(|feed| feed.parts.values());
        parts.map(String::as_str)
    }

    /// Every file that matching needs.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.named_files().map(|(_, file)| file)
    }

    /// The same, each with its namespace or the name of its table.
    pub(crate) fn named_files(&self) -> impl Iterator<Item = (&str, &str)> {
        let shards = self.shards.iter();
        let shards = shards.map(|shard| (shard.namespace.as_str(), shard.file.as_str()));
        let tables = self.tables.iter();
        shards.chain(tables.map(|(name, file)| (name.as_str(), file.as_str())))
    }

    /// What a feed said that is not in use, by reason: records, and windows
    /// that could not be read.
    pub fn skipped(&self, feed: &FeedStatus) -> BTreeMap<String, usize> {
        let mut skipped = feed.skipped.clone();
        let windows = self
            .shards
            .iter()
            .filter_map(|s| s.unreadable.get(&feed.name));
        let windows: usize = windows.sum();
        if windows > 0 {
            *skipped.entry(NO_VERSION.to_owned()).or_default() += windows;
        }
        skipped
    }

    /// The current set of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        match path.try_exists() {
            Ok(false) => Err(StoreError::Missing {
                folder: folder.to_owned(),
            }),
            _ => Self::parse(&path),
        }
    }

    /// Reads an index.
    pub(crate) fn parse(path: &Path) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::Corrupt {
            path: path.to_owned(),
            reason,
        };
        let bytes = match fs::metadata(path) {
            Ok(data) if data.len() > MAX_BYTES => return Err(corrupt("it is too long".into())),
            Ok(_) => fs::read(path).map_err(|error| corrupt(error.to_string()))?,
            Err(error) => return Err(corrupt(error.to_string())),
        };
        Self::from_bytes(&bytes).map_err(corrupt)
    }

    /// Reads an index, or says why it is none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let status: Status = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        match status.format {
            FORMAT => Ok(status),
            format => Err(format!("it is of format {format}, not {FORMAT}")),
        }
    }

    /// Reads the index of a set that came from elsewhere, or says why it is
    /// none.
    pub(crate) fn foreign(bytes: &[u8]) -> Result<Self, String> {
        let status = Self::from_bytes(bytes)?;
        if let Some(file) = status.files().find(|file| !is_file_name(file)) {
            return Err(format!("`{}` names no file", file.escape_default()));
        }
        if status.position != position(&status.shards, &status.tables) {
            return Err("its position is that of other data".to_owned());
        }
        // Only what happened here says what is here.
        Ok(super::history::bare(&status))
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        place(&folder.join(FILE), &bytes)
    }
}

/// The hash over the names and contents of all files that matching needs.
fn position(shards: &[ShardStatus], tables: &BTreeMap<String, String>) -> String {
    let mut hash = blake3::Hasher::new();
    for shard in shards {
        hash.update(format!("{} {}\n", shard.namespace, shard.file).as_bytes());
    }
    for (name, file) in tables {
        hash.update(format!("{name} {file}\n").as_bytes());
    }
    hash.finalize().to_hex().to_string()
}

/// Whether a name is one that a file of the store may have: the hash of its
/// content and what it is.
pub(super) fn is_file_name(name: &str) -> bool {
    name.split_once('.').is_some_and(|(content, kind)| {
        content.len() == 40
            && content
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && !kind.is_empty()
            && kind.bytes().all(|b| b.is_ascii_lowercase())
    })
}

/// Writes a file so that it appears under its name only when it is whole and
/// on disk.
pub(crate) fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    // Whoever may read the folder may read the data: one user updates, others
    // scan.
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(&folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    fs::File::open(&folder)?.sync_all()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .feeds
            .iter()
            .map(|feed| feed.name.len())
            .max()
            .unwrap_or(0)
            .max(4);
        writeln!(
            f,
            "{:width$}  {:>8}  {:>8}  {:20}  NEWEST RECORD",
            "FEED", "RECORDS", "LEFT OUT", "TAKEN"
        )?;
        for feed in &self.feeds {
            let skipped = self.skipped(feed);
            let total: usize = skipped.values().sum();
            writeln!(
                f,
                "{:width$}  {:>8}  {:>8}  {:20}  {}",
                feed.name, feed.records, total, feed.taken, feed.newest
            )?;
            for (reason, count) in &skipped {
                writeln!(f, "{:width$}    {count} left out: {reason}", "")?;
            }
            if let Some(reason) = &feed.held_back {
                writeln!(f, "{:width$}    newer data held back: {reason}", "")?;
            }
        }
        let width = self
            .shards
            .iter()
            .map(|shard| shard.namespace.len())
            .max()
            .unwrap_or(0)
            .max(9);
        writeln!(
            f,
            "\n{:width$}  {:>8}  {:>8}  {:>8}",
            "NAMESPACE", "NAMES", "CLAIMS", "KB"
        )?;
        for shard in &self.shards {
            writeln!(
                f,
                "{:width$}  {:>8}  {:>8}  {:>8}",
                shard.namespace,
                shard.names,
                shard.claims,
                shard.bytes.div_ceil(1024)
            )?;
        }
        let position = self.position.get(..16).unwrap_or(&self.position);
        writeln!(f, "\nposition {position}, taken {}", self.built)?;
        if let Some(Origin {
            reference,
            manifest,
            ..
        }) = &self.origin
        {
            writeln!(f, "from oci://{reference} ({manifest})")?;
            let own = self.feeds.iter().filter(|feed| feed.is_own());
            let own: Vec<_> = own.map(|feed| feed.name.as_str()).collect();
            if !own.is_empty() {
                writeln!(f, "beside it {}", own.join(", "))?;
            }
        }
        Ok(())
    }
}
