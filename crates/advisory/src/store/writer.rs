//! How the data changes: feeds are put in one by one, what they touch is
//! compiled, and the new set takes the place of the old one in one step.

use super::index::{self, FeedStatus, ShardStatus, Source, Status};
use super::{FOLDER, SHARDS, compile, history, part, sections};
use crate::advisory::Advisory;
use crate::feeds;
use crate::intake::Intake;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Below the advisories' folder: what feeds say, in common form. Only updates
/// need it.
pub(super) const PARTS: &str = "parts";
/// A feed that brings less than this share of the records that it had is not
/// believed.
const LEAST: (usize, usize) = (3, 4);
/// A feed that had fewer records than this may shrink.
const FEW: usize = 40;

/// The lock on a data folder's advisories while they are replaced.
pub(crate) struct Lock {
    folder: PathBuf,
    _file: fs::File,
}

impl Lock {
    /// Takes the lock; `None` when somebody else has it.
    pub(crate) fn take(data: &Path) -> io::Result<Option<Self>> {
        let folder = data.join(FOLDER);
        fs::create_dir_all(folder.join(SHARDS))?;
        fs::create_dir_all(folder.join(PARTS))?;
        let file = fs::File::create(folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self {
                folder,
                _file: file,
            })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// The folder of the advisories.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a file of that name in a folder beside the data.
    pub(crate) fn keep(&self, folder: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder.join(folder);
        fs::create_dir_all(&folder)?;
        index::place(&folder.join(name), bytes)
    }
}

/// The next set of data under construction. Until [`Writing::finish`] renames
/// its index into place, the old set stands.
pub(crate) struct Writing<'a> {
    folder: &'a Path,
    before: Option<Status>,
    feeds: BTreeMap<String, FeedStatus>,
    tables: BTreeMap<String, String>,
    sources: BTreeMap<String, Source>,
    shrinking: Shrinking,
}

/// How many records fewer a feed may bring than it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shrinking {
    /// As many as it likes.
    Allowed,
    /// A few.
    Moderate,
    /// None: something was not read, and nobody knows whose it is.
    Refused,
}

impl Shrinking {
    pub(super) fn refuses(self, records: usize, before: usize) -> bool {
        match self {
            Shrinking::Allowed => false,
            Shrinking::Moderate => before >= FEW && records * LEAST.1 < before * LEAST.0,
            Shrinking::Refused => records < before,
        }
    }
}

impl<'a> Writing<'a> {
    /// Begins with what is there, or from scratch; data in another format is
    /// left behind. `None` where what is there was imported as a whole; beside
    /// a set of a registry, feeds can be loaded that it has not got.
    pub(crate) fn begin(lock: &'a Lock, shrinking: Shrinking, scratch: bool) -> Option<Self> {
        let before = Status::read(&lock.folder).ok().filter(|_| !scratch);
        let closed = |before: &Status| before.is_imported() && before.origin.is_none();
        if before.as_ref().is_some_and(closed) {
            return None;
        }
        let feeds = before.iter().flat_map(|before| &before.feeds);
        Some(Self {
            folder: &lock.folder,
            feeds: feeds
                .map(|feed| (feed.name.clone(), feed.clone()))
                .collect(),
            tables: before
                .as_ref()
                .map_or_else(BTreeMap::new, |b| b.tables.clone()),
            sources: before
                .as_ref()
                .map_or_else(BTreeMap::new, |b| b.sources.clone()),
            before,
            shrinking,
        })
    }

    /// Whether a feed has data.
    pub(crate) fn has(&self, feed: &str) -> bool {
        self.feeds.contains_key(feed)
    }

    /// Takes out what a feed said; `false` where it said nothing.
    pub(crate) fn remove(&mut self, feed: &str) -> bool {
        self.feeds.remove(feed).is_some()
    }

    /// Whether a feed came with a set of a registry; whether any did, where
    /// none is named.
    pub(crate) fn is_of_set(&self, feed: Option<&str>) -> bool {
        let origin = self
            .before
            .as_ref()
            .and_then(|before| before.origin.as_ref());
        let mut feeds = self.feeds.values();
        origin.is_some()
            && feed.is_none_or(|feed| feeds.any(|known| known.name == feed && !known.is_own()))
    }

    /// What is remembered of a URL.
    pub(crate) fn source(&self, url: &str) -> Option<&Source> {
        self.sources.get(url)
    }

    /// Remembers a URL for the next time.
    pub(crate) fn remember(&mut self, url: &str, source: Source) {
        self.sources.insert(url.to_owned(), source);
    }

    /// Whether a feed has data, and the latest that came.
    pub(crate) fn is_current(&self, feed: &str) -> bool {
        let feed = self.feeds.get(feed);
        feed.is_some_and(|feed| feed.held_back.is_none())
    }

    /// Notes that a feed says at `moment` what it said before.
    pub(crate) fn renewed(&mut self, feed: &str, moment: &str) {
        if let Some(feed) = self.feeds.get_mut(feed) {
            moment.clone_into(&mut feed.taken);
            feed.held_back = None;
        }
    }

    /// Notes why newer documents of a feed are not used.
    pub(crate) fn hold_back(&mut self, feed: &str, reason: &str) {
        if let Some(feed) = self.feeds.get_mut(feed) {
            feed.held_back = Some(reason.to_owned());
        }
    }

    /// Puts the records of an intake, which are all of one feed, in place of
    /// those that are called `changed`.
    pub(crate) fn patch(
        &mut self,
        feed: &str,
        intake: &mut Intake,
        changed: &BTreeSet<String>,
    ) -> io::Result<()> {
        let Some(mut status) = self.feeds.get(feed).cloned() else {
            return Ok(());
        };
        let mut fresh: BTreeMap<String, Vec<Advisory>> = BTreeMap::new();
        intake.parts(|(_, namespace), advisories| {
            fresh
                .entry(namespace.to_string())
                .or_default()
                .extend(advisories);
            Ok(())
        })?;
        let namespaces: BTreeSet<String> =
            status.parts.keys().chain(fresh.keys()).cloned().collect();
        let mut records = BTreeSet::new();
        for namespace in namespaces {
            let mut advisories = match status.parts.get(&namespace) {
                Some(file) => self.part(file)?,
                None => Vec::new(),
            };
            advisories.retain(|advisory| !changed.contains(&advisory.record));
            advisories.extend(fresh.remove(&namespace).unwrap_or_default());
            advisories.sort_by(|a, b| (&a.record, &a.id).cmp(&(&b.record, &b.id)));
            records.extend(advisories.iter().map(|advisory| advisory.record.clone()));
            if advisories.is_empty() {
                status.parts.remove(&namespace);
            } else {
                let file = keep_part(self.folder, &advisories)?;
                status.parts.insert(namespace, file);
            }
        }
        status.records = records.len();
        if let Some(tally) = intake.tallies.get(feed) {
            status.newest = status.newest.max(tally.newest.clone());
            status.taken.clone_from(&tally.taken);
        }
        status.held_back = None;
        self.feeds.insert(feed.to_owned(), status);
        Ok(())
    }

    /// Puts in what feeds said, each in place of what it said before. A feed
    /// that is named in `broken` stays as it was.
    pub(crate) fn take(
        &mut self,
        intake: &mut Intake,
        broken: &BTreeMap<String, String>,
    ) -> io::Result<()> {
        let mut parts: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let folder = self.folder;
        intake.parts(|(feed, namespace), advisories| {
            let file = keep_part(folder, &advisories)?;
            let name = namespace.to_string();
            parts.entry(feed).or_default().insert(name, file);
            Ok(())
        })?;
        for (name, reason) in broken {
            self.hold_back(name, reason);
        }
        for (name, tally) in &intake.tallies {
            if self.is_of_set(Some(name)) || self.is_of_set(None) && !tally.tables.is_empty() {
                return Err(of_set(&format!("feed {name}")));
            }
            // What a table says of a CVE and of packages is one record.
            let records = tally.records.max(intake.records(name));
            let before = self.feeds.get(name);
            let shrunk = before.filter(|before| self.shrinking.refuses(records, before.records));
            let reason = match (broken.get(name), shrunk) {
                (Some(reason), _) => Some(reason.clone()),
                (None, Some(before)) => Some(format!(
                    "{records} records came where there were {}; `--allow-shrinking` takes them",
                    before.records
                )),
                (None, None) => None,
            };
            match (reason, before) {
                (Some(reason), Some(before)) => {
                    let held_back = Some(reason);
                    let feed = FeedStatus {
                        held_back,
                        ..before.clone()
                    };
                    self.feeds.insert(name.clone(), feed);
                }
                (Some(_), None) => {}
                (None, _) => {
                    let feed = FeedStatus {
                        name: name.clone(),
                        records,
                        skipped: tally.skipped.clone(),
                        newest: tally.newest.clone(),
                        taken: tally.taken.clone(),
                        held_back: None,
                        parts: parts.remove(name).unwrap_or_default(),
                    };
                    self.feeds.insert(name.clone(), feed);
                    for table in &tally.tables {
                        self.table(table, intake)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes a table by CVE.
    fn table(&mut self, name: &'static str, intake: &Intake) -> io::Result<()> {
        if let Some(bytes) = compile::table_of(&intake.tables, name) {
            let file = keep_shard(self.folder, &bytes, name)?;
            self.tables.insert(name.to_owned(), file);
        }
        Ok(())
    }

    /// Compiles what has changed and makes it the current data.
    pub(crate) fn finish(self) -> io::Result<Status> {
        let mut wanted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for feed in self.feeds.values() {
            for (namespace, file) in &feed.parts {
                wanted.entry(namespace).or_default().push(file.clone());
            }
        }
        let before = self.before.as_ref();
        let set = before.into_iter().flat_map(|before| &before.shards);
        let mut shards: Vec<_> = set.filter(|shard| !shard.is_own()).cloned().collect();
        if let Some(taken) = shards
            .iter()
            .find(|s| wanted.contains_key(s.namespace.as_str()))
        {
            return Err(of_set(&format!("the data of {}", taken.namespace)));
        }
        for (namespace, parts) in wanted {
            let known = self.before.iter().flat_map(|before| &before.shards);
            let known = known.into_iter().find(|shard| {
                shard.namespace == namespace
                    && shard.parts == parts
                    && self.folder.join(SHARDS).join(&shard.file).is_file()
            });
            shards.push(match known {
                Some(shard) => shard.clone(),
                None => self.compile(namespace, parts)?,
            });
        }
        shards.sort_by(|a, b| a.namespace.cmp(&b.namespace));
        let feeds: Vec<_> = self.feeds.into_values().collect();
        let mut status = Status::new(feeds, shards, self.tables, self.sources);
        status.origin = before.and_then(|before| before.origin.clone());
        let mut needed: BTreeSet<String> = status.files().map(str::to_owned).collect();
        needed.extend(status.parts().map(str::to_owned));
        if let Some(before) = &self.before {
            // A second run over the same feeds changes nothing at all.
            status.before = if before.position == status.position {
                before.before.clone()
            } else {
                before.files().map(str::to_owned).collect()
            };
        }
        needed.extend(status.before.iter().cloned());
        if let Some(before) = &self.before {
            history::keep(self.folder, before, &status)?;
        }
        status.write(self.folder)?;
        sweep(&self.folder.join(SHARDS), &needed);
        sweep(&self.folder.join(PARTS), &needed);
        Ok(status)
    }

    fn compile(&self, namespace: &str, parts: Vec<String>) -> io::Result<ShardStatus> {
        let mut advisories = Vec::new();
        for file in &parts {
            advisories.extend(self.part(file)?);
        }
        for feed in feeds::ALL {
            feed.settle(&mut advisories);
        }
        let rows = advisories.first().and_then(|first| first.affected.first());
        let namespace_of = rows.map(|row| row.namespace.clone());
        let compiled = match namespace_of {
            Some(namespace) => compile::shard(&namespace, &advisories),
            None => return Err(io::Error::other("a part without rows")),
        };
        Ok(ShardStatus {
            namespace: namespace.to_owned(),
            names: compiled.names,
            claims: compiled.claims,
            bytes: compiled.bytes.len(),
            unreadable: compiled.unreadable,
            parts,
            file: keep_shard(self.folder, &compiled.bytes, "shard")?,
        })
    }

    fn part(&self, file: &str) -> io::Result<Vec<Advisory>> {
        let path = self.folder.join(PARTS).join(file);
        let bytes = fs::read(&path)?;
        let broken = || {
            let path = path.display();
            io::Error::other(format!(
                "`{path}` is not what was written; update its feed from the beginning"
            ))
        };
        if !file.starts_with(&content_name(&bytes)) {
            return Err(broken());
        }
        part::read(&bytes).map_err(|_| broken())
    }
}

fn of_set(what: &str) -> io::Error {
    io::Error::other(format!(
        "{what} came with the set of a registry and is renewed with it; load feeds that it has not got, or begin anew with --from-scratch"
    ))
}

/// The first 160 bits of the BLAKE3 of a file's content, in hex.
fn content_name(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..40].to_owned()
}

fn keep_part(folder: &Path, advisories: &[Advisory]) -> io::Result<String> {
    let bytes = part::write(advisories);
    let name = format!("{}.part", content_name(&bytes));
    keep(&folder.join(PARTS).join(&name), &bytes)?;
    Ok(name)
}

fn keep_shard(folder: &Path, bytes: &[u8], kind: &str) -> io::Result<String> {
    let name = sections::name_of(bytes).ok_or(io::ErrorKind::InvalidData)?;
    let name = format!("{name}.{kind}");
    keep(&folder.join(SHARDS).join(&name), bytes)?;
    Ok(name)
}

/// Writes a file that is named by its content, unless it is there already. A
/// file of that name may have been cut or altered since.
fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let intact = fs::read(path).is_ok_and(|there| there == bytes);
    if intact {
        Ok(())
    } else {
        index::place(path, bytes)
    }
}

/// Removes what is not needed. A file that cannot be removed only takes up
/// space.
pub(super) fn sweep(folder: &Path, needed: &BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !needed.contains(&name) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
