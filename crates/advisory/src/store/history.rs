//! Earlier sets of data: their indexes, and their files as differences to the
//! files that took their place.
//!
//! A file of an earlier set is kept as a zstd frame whose dictionary is its
//! successor, so that a year of history costs little more than what changed.

use super::index::{self, Status};
use super::{SHARDS, StoreError, sections};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Below the advisories' folder.
const FOLDER: &str = "history";
/// Sets that are kept; the oldest goes first.
const KEPT: usize = 100;
/// Bytes that a file of an earlier set may have.
const MAX_FILE: u64 = 2 << 30;
/// Differences that may lead to one file.
const MAX_CHAIN: usize = 2 * KEPT;

/// One set of data that was current once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot {
    /// When it became current, RFC 3339.
    pub since: String,
    /// Hash over its contents.
    pub position: String,
}

/// Keeps `old`, which `new` takes the place of, as of the time `now`.
pub(super) fn keep(folder: &Path, old: &Status, new: &Status) -> io::Result<()> {
    if old.position == new.position {
        return Ok(());
    }
    let history = folder.join(FOLDER);
    fs::create_dir_all(&history)?;
    let successor = |file: &str| {
        let (name, _) = old.named_files().find(|(_, own)| *own == file)?;
        let mut all = new.named_files();
        all.find(|(other, _)| *other == name)
            .map(|(_, file)| file.to_owned())
    };
    let current: BTreeSet<&str> = new.files().collect();
    for file in old.files().filter(|file| !current.contains(file)) {
        let path = folder.join(SHARDS).join(file);
        let Ok(bytes) = fs::read(&path) else {
            continue;
        };
        let base = successor(file).filter(|base| base != file);
        let (base, reference) = match base {
            // The successor may not have been fetched yet.
            Some(base) if folder.join(SHARDS).join(&base).is_file() => {
                let bytes = fs::read(folder.join(SHARDS).join(&base))?;
                (base, bytes)
            }
            _ => ("none".to_owned(), Vec::new()),
        };
        let name = format!("{file}.from.{base}");
        index::place(&history.join(name), &difference(&reference, &bytes)?)?;
    }
    let bytes = serde_json::to_vec(&bare(old))?;
    let name = format!("{}.{}.json", stamp(&old.since), short(&old.position));
    index::place(&history.join(name), &bytes)?;
    prune(&history)
}

/// A set without what only updates need.
pub(super) fn bare(status: &Status) -> Status {
    let mut status = status.clone();
    for feed in &mut status.feeds {
        feed.parts.clear();
    }
    for shard in &mut status.shards {
        shard.parts.clear();
    }
    status.sources.clear();
    status.before.clear();
    status.origin = None;
    status
}

/// `2026-11-24T09:37:16Z` in the characters of every file system.
fn stamp(moment: &str) -> String {
    moment.replace(':', "-")
}

fn short(position: &str) -> &str {
    position.get(..16).unwrap_or(position)
}

/// Drops the oldest sets, and differences that lead to no set any more.
fn prune(history: &Path) -> io::Result<()> {
    let mut names: Vec<String> = list(history)?;
    names.retain(|name| name.ends_with(".json"));
    names.sort();
    let old = names.len().saturating_sub(KEPT);
    for name in names.iter().take(old) {
        fs::remove_file(history.join(name))?;
    }
    if old == 0 {
        return Ok(());
    }
    let mut needed: BTreeSet<String> = BTreeSet::new();
    for name in names.iter().skip(old) {
        if let Ok(status) = Status::parse(&history.join(name)) {
            needed.extend(status.files().map(str::to_owned));
        }
    }
    for name in list(history)? {
        let file = name.split(".from.").next().unwrap_or_default();
        if name.contains(".from.") && !needed.contains(file) {
            fs::remove_file(history.join(&name))?;
        }
    }
    Ok(())
}

fn list(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    Ok(names
        .map(|name| name.to_string_lossy().into_owned())
        .collect())
}

/// Every set of the folder, the current one last.
pub(super) fn snapshots(folder: &Path, current: &Status) -> Vec<Snapshot> {
    let names = list(&folder.join(FOLDER)).unwrap_or_default();
    let kept = names.iter().filter(|name| name.ends_with(".json"));
    let statuses = kept.filter_map(|name| Status::parse(&folder.join(FOLDER).join(name)).ok());
    let mut snapshots: Vec<_> = statuses.map(|status| snapshot(&status)).collect();
    snapshots.sort();
    snapshots.push(snapshot(current));
    snapshots
}

fn snapshot(status: &Status) -> Snapshot {
    Snapshot {
        since: status.since.clone(),
        position: status.position.clone(),
    }
}

/// The set that was current at a moment (`2026-11-24`, any RFC 3339 prefix), or
/// that has a position with that beginning; with its files in place.
pub(super) fn find(folder: &Path, current: &Status, at: &str) -> Result<Status, StoreError> {
    let snapshots = snapshots(folder, current);
    let by_position = at.len() >= 8 && at.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = if by_position {
        snapshots.iter().rev().find(|s| s.position.starts_with(at))
    } else {
        // All of that day, or hour, is meant.
        let until = |s: &&Snapshot| s.since.get(..at.len()).unwrap_or(&s.since) <= at;
        snapshots.iter().rev().find(until)
    };
    let Some(found) = found else {
        let first = snapshots.first().map_or(String::new(), |s| s.since.clone());
        return Err(StoreError::NoSnapshot {
            at: at.to_owned(),
            first,
        });
    };
    if found.position == current.position {
        return Ok(current.clone());
    }
    let name = format!("{}.{}.json", stamp(&found.since), short(&found.position));
    let status = Status::parse(&folder.join(FOLDER).join(name))?;
    let steps = steps(folder);
    for file in status.files() {
        restore(folder, file, &steps)?;
    }
    Ok(status)
}

/// By file: what it is kept as a difference to.
fn steps(folder: &Path) -> BTreeMap<String, String> {
    let names = list(&folder.join(FOLDER)).unwrap_or_default();
    let steps = names.iter().filter_map(|name| name.split_once(".from."));
    steps
        .map(|(file, base)| (file.to_owned(), base.to_owned()))
        .collect()
}

/// Puts a file of an earlier set in place.
fn restore(folder: &Path, file: &str, steps: &BTreeMap<String, String>) -> Result<(), StoreError> {
    let path = folder.join(SHARDS).join(file);
    if path.is_file() {
        return Ok(());
    }
    let bytes = read(folder, file, steps)?;
    index::place(&path, &bytes).map_err(|error| corrupt(path, error.to_string()))
}

/// The bytes of a file of this or of an earlier set.
fn read(
    folder: &Path,
    file: &str,
    steps: &BTreeMap<String, String>,
) -> Result<Vec<u8>, StoreError> {
    let path = |file: &str| folder.join(SHARDS).join(file);
    // From what is there to what is wanted.
    let mut chain = vec![file.to_owned()];
    let mut bytes = Vec::new();
    while let Some(last) = chain.last() {
        if path(last).is_file() {
            bytes = fs::read(path(last)).map_err(|e| corrupt(path(last), e.to_string()))?;
            break;
        }
        match steps.get(last) {
            Some(base) if chain.len() < MAX_CHAIN => chain.push(base.clone()),
            None if last == "none" => break,
            _ => return Err(corrupt(path(last), "it is gone".into())),
        }
    }
    for pair in chain.windows(2).rev() {
        let [wanted, base] = pair else { continue };
        let kept = folder.join(FOLDER).join(format!("{wanted}.from.{base}"));
        let packed = fs::read(&kept).map_err(|e| corrupt(kept.clone(), e.to_string()))?;
        bytes = apply(&bytes, &packed, MAX_FILE).map_err(|e| corrupt(kept, e.to_string()))?;
    }
    match sections::is_whole(&bytes, file) {
        true => Ok(bytes),
        false => Err(corrupt(path(file), "its difference leads elsewhere".into())),
    }
}

fn corrupt(path: PathBuf, reason: String) -> StoreError {
    StoreError::Corrupt { path, reason }
}

/// The files that took the places of others in the last `count` sets, as they
/// were: by the name of each file of `current`, its predecessors, the latest
/// first.
pub(super) fn predecessors(
    folder: &Path,
    current: &Status,
    count: usize,
) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut names = list(&folder.join(FOLDER)).unwrap_or_default();
    names.retain(|name| name.ends_with(".json"));
    names.sort();
    for name in names.iter().rev().take(count) {
        // A set of another format has no predecessors.
        let Ok(old) = Status::parse(&folder.join(FOLDER).join(name)) else {
            continue;
        };
        let old: BTreeMap<_, _> = old.named_files().collect();
        for (name, file) in current.named_files() {
            if let Some(before) = old.get(name).filter(|before| **before != file) {
                let known = found.entry(file.to_owned()).or_default();
                if !known.iter().any(|other| other == before) {
                    known.push((*before).to_owned());
                }
            }
        }
    }
    found
}

/// The bytes of a file of an earlier set; `None` where they are lost.
pub(super) fn earlier(folder: &Path, file: &str) -> Option<Vec<u8>> {
    read(folder, file, &steps(folder)).ok()
}

/// What leads from one file to another.
pub(crate) fn difference(from: &[u8], to: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::Write;
    let mut encoder = zstd::stream::write::Encoder::with_ref_prefix(Vec::new(), 9, from)?;
    encoder.long_distance_matching(true)?;
    encoder.window_log(window(from.len().max(to.len())))?;
    encoder.include_contentsize(true)?;
    encoder.set_pledged_src_size(Some(to.len() as u64))?;
    encoder.write_all(to)?;
    encoder.finish()
}

/// Applies what [`difference`] gave to the same `from`; the result may have
/// `most` bytes.
pub(crate) fn apply(from: &[u8], difference: &[u8], most: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut decoder = zstd::stream::read::Decoder::with_ref_prefix(difference, from)?;
    decoder.window_log_max(31)?;
    let mut to = Vec::new();
    decoder.take(most.saturating_add(1)).read_to_end(&mut to)?;
    if to.len() as u64 > most {
        return Err(io::Error::other(format!("it is longer than {most} bytes")));
    }
    Ok(to)
}

/// The window that reaches over a whole file.
fn window(length: usize) -> u32 {
    (usize::BITS - length.leading_zeros()).clamp(10, 31)
}

#[cfg(test)]
mod tests;
