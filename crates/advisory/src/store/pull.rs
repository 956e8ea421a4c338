//! In from a registry: the index first, then the files that it names and that
//! are not here, each as the smallest of what leads to it.

use super::artifact::{Artifact, Blob};
use super::index::{self, Origin, Status};
use super::registry::Registry;
use super::signature::{self, SignatureError};
use super::writer::{Lock, PARTS, Shrinking, sweep};
use super::{FOLDER, SHARDS, history, sections};
use crate::overlay;
use plimsoll_types::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of an index.
const MAX_INDEX: u64 = 16 << 20;
/// Bytes of a table by CVE, whose length no index tells.
const MAX_TABLE: u64 = 1 << 30;

/// How data is taken from a registry.
#[derive(Clone, Debug, Default)]
pub struct PullOptions {
    /// Public keys of which one must have signed it (Ed25519, PEM).
    pub trusted: Vec<PathBuf>,
    /// Take data whose signature nobody checks.
    pub unsigned: bool,
    /// Leave shards that are not here to the scans that need them.
    pub on_demand: bool,
    /// Drop what is there first.
    pub from_scratch: bool,
    /// Believe feeds that bring far fewer records than they had.
    pub allow_shrinking: bool,
}

/// What came from a registry.
#[derive(Debug)]
pub struct Pulled {
    /// The data as it is now.
    pub status: Status,
    /// Bytes that were fetched.
    pub fetched: u64,
    /// Files that were fetched whole.
    pub whole: usize,
    /// Files that were made from earlier ones and a difference.
    pub patched: usize,
    /// Files that are left to the scans that need them.
    pub waiting: usize,
}

/// Data that did not come; the old data then stays in place.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The registry does not give it.
    #[error("{0}")]
    Registry(String),
    /// There is nothing of that name.
    #[error("`{0}`: there is no such set of data in the registry; check the name and the tag")]
    Missing(String),
    /// What came is not what was published.
    #[error("`{name}` is not usable: {reason}; publish it again with `plimsoll data publish`")]
    Corrupt {
        /// Registry, repository and tag.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Nobody vouches for it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is older than what came from there before.
    #[error(
        "`{name}` brings data of {since}, older than the data of {here} that came from there; name it by its digest to go back"
    )]
    Older {
        /// Registry, repository and tag.
        name: String,
        /// When it was taken.
        since: String,
        /// When what is here was taken.
        here: String,
    },
    /// A feed would lose most of what it said.
    #[error(
        "`{name}` is held back: feed {feed} brings {records} records where there were {before}; `--allow-shrinking` takes it"
    )]
    Shrunk {
        /// Registry, repository and tag.
        name: String,
        /// The feed.
        feed: String,
        /// What it brings.
        records: usize,
        /// What it had.
        before: usize,
    },
    /// It would take the place of overlays that it does not hold.
    #[error(
        "`{name}` does not hold the overlay `{overlay}` of this machine; add it where the data is published, or take it out with `plimsoll data overlay remove {overlay}`"
    )]
    Overlay {
        /// Registry, repository and tag.
        name: String,
        /// The overlay.
        overlay: String,
    },
    /// Somebody else is at it.
    #[error("another update of `{}` is running; wait for it to end", .0.display())]
    Busy(PathBuf),
    /// The data folder cannot be written.
    #[error("advisory data cannot be written to `{}`: {reason}", folder.display())]
    Write {
        /// The data folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Puts the set of data that a registry names in the place of what is here,
/// in one step. It must be signed with one of the trusted keys, unless
/// unsigned data is allowed. Files that are here already are not fetched, so
/// that an update that was cut goes on where it was.
///
/// # Errors
/// [`PullError`]; the old data then stays in place.
pub fn pull(
    data: &Path,
    registry: &dyn Registry,
    options: &PullOptions,
    say: &dyn Fn(&str),
) -> Result<Pulled, PullError> {
    let write = |error: std::io::Error| PullError::Write {
        folder: data.to_owned(),
        reason: error.to_string(),
    };
    let lock = Lock::take(data).map_err(write)?;
    let _lock = lock.ok_or_else(|| PullError::Busy(data.to_owned()))?;
    let folder = data.join(FOLDER);
    let (artifact, manifest) = artifact(registry)?;
    let mut status = index_of(registry, &artifact, options)?;
    let before = Status::read(&folder).ok().filter(|_| !options.from_scratch);
    let since = status.since.clone();
    let missing = overlay::missing(&folder, &status);
    let missing = missing.map_err(|error| write(std::io::Error::other(error)))?;
    if let Some(overlay) = missing.into_iter().next() {
        return Err(PullError::Overlay {
            name: registry.name(),
            overlay,
        });
    }
    if let Some(before) = &before {
        let (set, name) = (status.clone(), registry.name());
        status.join(before);
        check(&name, before, &set, &status, options)?;
    }
    let mut pull = Pull {
        registry,
        artifact: &artifact,
        folder: folder.join(SHARDS),
        fetched: artifact.index.size,
        whole: 0,
        patched: 0,
    };
    let mut waiting = 0;
    let held = held(&folder, before.as_ref());
    for (name, file) in status.named_files() {
        let here = pull.folder.join(file);
        if fs::read(&here).is_ok_and(|bytes| sections::is_whole(&bytes, file)) {
            continue;
        }
        let shard = status.shards.iter().any(|shard| shard.file == file);
        if options.on_demand && shard && !held.contains_key(name) {
            waiting += 1;
            continue;
        }
        say(&format!("fetching {name}"));
        pull.file(&status, file, held.get(name).map(String::as_str))?;
    }
    let (fetched, whole, patched) = (pull.fetched, pull.whole, pull.patched);
    status.origin = Some(Origin {
        reference: registry.name(),
        manifest,
        since,
    });
    let mut needed: BTreeSet<String> = status.files().map(str::to_owned).collect();
    needed.extend(status.parts().map(str::to_owned));
    if let Some(before) = &before {
        status.before = match before.position == status.position {
            true => before.before.clone(),
            false => before.files().map(str::to_owned).collect(),
        };
        needed.extend(status.before.iter().cloned());
        history::keep(&folder, before, &status).map_err(write)?;
    }
    status.write(&folder).map_err(write)?;
    sweep(&folder.join(SHARDS), &needed);
    sweep(&folder.join(PARTS), &needed);
    Ok(Pulled {
        status,
        fetched,
        whole,
        patched,
        waiting,
    })
}

/// The files of the set before that are here, by namespace or table.
fn held(folder: &Path, before: Option<&Status>) -> BTreeMap<String, String> {
    let files = before.into_iter().flat_map(Status::named_files);
    files
        .filter(|(_, file)| folder.join(SHARDS).join(file).is_file())
        .map(|(name, file)| (name.to_owned(), file.to_owned()))
        .collect()
}

/// What a registry holds of the set that it names.
pub(super) fn artifact(registry: &dyn Registry) -> Result<(Artifact, Digest), PullError> {
    let found = registry.manifest().map_err(PullError::Registry)?;
    let (bytes, digest) = found.ok_or_else(|| PullError::Missing(registry.name()))?;
    let artifact = Artifact::read(&bytes).map_err(|reason| corrupt(registry, reason))?;
    Ok((artifact, digest))
}

fn corrupt(registry: &dyn Registry, reason: impl ToString) -> PullError {
    PullError::Corrupt {
        name: registry.name(),
        reason: reason.to_string(),
    }
}

/// The index, as far as somebody vouches for it.
fn index_of(
    registry: &dyn Registry,
    artifact: &Artifact,
    options: &PullOptions,
) -> Result<Status, PullError> {
    let Blob { digest, size } = &artifact.index;
    if *size > MAX_INDEX {
        return Err(corrupt(registry, "its index is too long"));
    }
    let packed = registry.blob(digest, *size).map_err(PullError::Registry)?;
    let index = history::apply(&[], &packed, MAX_INDEX)
        .map_err(|error| corrupt(registry, format!("its index: {error}")))?;
    signature::verify(
        &registry.name(),
        &index,
        artifact.signature.as_bytes(),
        &options.trusted,
        options.unsigned,
    )?;
    Status::foreign(&index).map_err(|reason| corrupt(registry, format!("its index: {reason}")))
}

/// Whether a set, with what stays beside it, may take the place of the one
/// before.
fn check(
    name: &str,
    before: &Status,
    set: &Status,
    joined: &Status,
    options: &PullOptions,
) -> Result<(), PullError> {
    let older = |origin: &&Origin| origin.reference == name && set.since < origin.since;
    if let Some(origin) = before.origin.as_ref().filter(older) {
        return Err(PullError::Older {
            name: name.to_owned(),
            since: set.since.clone(),
            here: origin.since.clone(),
        });
    }
    let shrinking = match options.allow_shrinking {
        true => Shrinking::Allowed,
        false => Shrinking::Moderate,
    };
    for old in &before.feeds {
        let new = joined.feeds.iter().find(|feed| feed.name == old.name);
        let records = new.map_or(0, |feed| feed.records);
        if shrinking.refuses(records, old.records) {
            return Err(PullError::Shrunk {
                name: name.to_owned(),
                feed: old.name.clone(),
                records,
                before: old.records,
            });
        }
    }
    Ok(())
}

/// Files on their way, counted.
pub(super) struct Pull<'a> {
    pub registry: &'a dyn Registry,
    pub artifact: &'a Artifact,
    /// Where files are put.
    pub folder: PathBuf,
    pub fetched: u64,
    pub whole: usize,
    pub patched: usize,
}

impl Pull<'_> {
    /// Puts a file of a set in place: from `held`, an earlier one that is
    /// here, and a difference, where that is the shorter way and leads to the
    /// very file; else whole.
    pub(super) fn file(
        &mut self,
        status: &Status,
        file: &str,
        held: Option<&str>,
    ) -> Result<(), PullError> {
        let artifact = self.artifact;
        let shard = status.shards.iter().find(|shard| shard.file == file);
        let most = shard.map_or(MAX_TABLE, |shard| shard.bytes as u64);
        let missing = || corrupt(self.registry, format!("it does not hold `{file}`"));
        let whole = artifact.files.get(file).ok_or_else(missing)?;
        let delta = held.and_then(|held| {
            let delta = artifact.deltas.get(&(file.to_owned(), held.to_owned()))?;
            Some((held, delta)).filter(|(_, delta)| delta.size < whole.size)
        });
        if let Some((held, delta)) = delta {
            let old = fs::read(self.folder.join(held)).unwrap_or_default();
            let usable = sections::is_whole(&old, held);
            if usable && let Ok(bytes) = self.blob(&old, delta, most, file) {
                self.patched += 1;
                return self.place(file, &bytes);
            }
        }
        let bytes = self.blob(&[], whole, most, file)?;
        self.whole += 1;
        self.place(file, &bytes)
    }

    /// The file that a blob is the difference to `from` of.
    fn blob(
        &mut self,
        from: &[u8],
        blob: &Blob,
        most: u64,
        file: &str,
    ) -> Result<Vec<u8>, PullError> {
        // What cannot be compressed grows by far less.
        if blob.size > most + most / 16 + 1024 {
            return Err(corrupt(self.registry, format!("`{file}` is too long")));
        }
        let packed = self.registry.blob(&blob.digest, blob.size);
        let packed = packed.map_err(PullError::Registry)?;
        self.fetched += blob.size;
        let bytes = history::apply(from, &packed, most);
        let bytes = bytes.map_err(|e| corrupt(self.registry, format!("`{file}`: {e}")))?;
        match sections::is_whole(&bytes, file) {
            true => Ok(bytes),
            false => Err(corrupt(
                self.registry,
                format!("`{file}` has another content"),
            )),
        }
    }

    fn place(&self, file: &str, bytes: &[u8]) -> Result<(), PullError> {
        let placed = index::place(&self.folder.join(file), bytes);
        placed.map_err(|error| PullError::Write {
            folder: self.folder.clone(),
            reason: error.to_string(),
        })
    }
}

impl fmt::Display for Pulled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            fetched,
            whole,
            patched,
            waiting,
        } = self;
        write!(f, "{status}")?;
        writeln!(
            f,
            "bytes fetched {fetched}; files whole {whole}, from differences {patched}, left until an image needs them {waiting}"
        )
    }
}

#[cfg(test)]
mod tests;
