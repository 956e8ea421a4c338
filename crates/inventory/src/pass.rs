//! The layer pass: every byte of a layer once, every collector in it.

use crate::collector::{CollectGap, Collector, File, FileHead, Want};
use crate::collectors;
use crate::collectors::executable::is_linked;
use crate::content::Content;
use crate::facts::{Evidence, Fact, LayerEntry, LayerGap};
use crate::path::{NameError, clean, read_alike, readable};
use crate::tar::{EntryKind, Header, TarError, TarReader};
use crate::tree::{LayerTree, Placed};
use checksums::Worlds;
use plimsoll_types::{GapKind, Mode, PackageRecord};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::rc::Rc;

mod checksums;
#[cfg(test)]
mod tests;

/// How much a single layer may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries of one layer, and the directories that they imply.
    pub entries: u64,
    /// Bytes of names, link targets and gaps that are kept of one layer.
    pub names: u64,
    /// Bytes of names that are looked up to follow the links of one layer.
    pub lookups: u64,
    /// Bytes of content that collectors are handed in one piece.
    pub file: u64,
    /// Bytes of holes in the files of one layer that are read as the zeros
    /// that they stand for. They cost nothing to announce.
    pub holes: u64,
    /// Bytes of content that one layer has in memory before it goes to an
    /// unlinked temporary file: of the file that is read, and of all together
    /// that wait for the end of the layer.
    pub memory: u64,
    /// Bytes of content that wait for the end of one layer.
    pub held: u64,
    /// Facts that are kept of one layer, in owned files; a package weighs four.
    pub facts: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 2_000_000,
            names: 96 << 20,
            lookups: 1 << 30,
            file: 512 << 20,
            holes: 2 << 30,
            memory: 16 << 20,
            held: 1 << 30,
            facts: 2_000_000,
        }
    }
}

/// What a pass saw, before the digests of the layer are known to hold.
pub(crate) struct Seen {
    pub entries: Vec<LayerEntry>,
    pub whiteouts: Vec<String>,
    pub opaque: Vec<String>,
    pub evidence: Vec<Evidence>,
    pub gaps: Vec<LayerGap>,
    /// Why the stream ended early; what was seen before stands.
    pub failure: Option<std::io::Error>,
}

/// A layer that is not one.
#[derive(Debug)]
pub(crate) struct NotTar;

/// Bytes of a file that collectors see before they decide.
const MAGIC: usize = 512;

/// Reads one uncompressed layer. `input` is left wherever reading stopped;
/// bytes after the end of the archive are the caller's to drain.
pub(crate) fn read_layer<R: BufRead>(input: R, limits: &Limits) -> Result<(Seen, R), NotTar> {
    let mut pass = Pass {
        tar: TarReader::new(input),
        tree: LayerTree::new(limits),
        evidence: BTreeMap::new(),
        held: BTreeMap::new(),
        holes: limits.holes,
        held_bytes: 0,
        held_memory: 0,
        facts: limits.facts,
        failure: None,
        worlds: Worlds::default(),
        limits,
    };
    let mut entries = 0;
    loop {
        match pass.tar.next() {
            Ok(None) => break,
            Ok(Some(header)) => {
                entries += 1;
                if entries > limits.entries {
                    let detail = format!("the layer has more than {} entries", limits.entries);
                    pass.tree.gap(GapKind::LimitExceeded, "", detail);
                    break;
                }
                if let Err(error) = pass.entry(&header) {
                    pass.broken(error)?;
                    break;
                }
                if let Some(why) = pass.tree.full() {
                    let detail = format!("{why}; what follows was not read");
                    pass.tree.gap(GapKind::LimitExceeded, "", detail);
                    break;
                }
            }
            Err(error) => {
                pass.broken(error)?;
                break;
            }
        }
    }
    Ok(pass.finish())
}

struct Pass<'a, R> {
    tar: TarReader<R>,
    tree: LayerTree,
    evidence: BTreeMap<(String, &'static str), Evidence>,
    /// Files that wait for the end of the layer, by path.
    held: BTreeMap<String, Held>,
    /// Bytes of holes that may still be read.
    holes: u64,
    /// Bytes of all held files, and those of them that are in memory.
    held_bytes: u64,
    held_memory: u64,
    /// Facts that may still be kept.
    facts: u64,
    failure: Option<std::io::Error>,
    /// Whose files the layer holds, as far as it has shown.
    worlds: Worlds,
    limits: &'a Limits,
}

/// A file that waits for the end of the layer, under one of its names.
struct Held {
    content: Rc<Content>,
    mode: Mode,
    /// Who reads it; `None` for what is only a companion.
    reader: Option<Reader>,
    /// The name under which it is read.
    known_as: String,
}

#[derive(Clone, Copy)]
struct Reader {
    collector: &'static dyn Collector,
    /// Suffix of the companion.
    suffix: Option<&'static str>,
}

impl<R: BufRead> Pass<'_, R> {
    fn entry(&mut self, header: &Header) -> Result<(), TarError> {
        let cleaned = match clean(&header.path) {
            Ok(cleaned) => cleaned,
            Err(error) => {
                let shown = &header.path[..header.path.len().min(80)];
                let (kind, detail) = match error {
                    NameError::Long => (
                        GapKind::ImageMalformed,
                        "the name is longer than 4096 bytes or has a component of more than 255",
                    ),
                    NameError::Deep => (
                        GapKind::LimitExceeded,
                        "the name has more than 512 components, so the entry is left out",
                    ),
                };
                self.tree.gap(kind, &readable(shown), detail);
                return Ok(());
            }
        };
        match self.tree.place(&cleaned, header) {
            Placed::Nothing => Ok(()),
            Placed::Link { target, path } => {
                self.forget(&path);
                self.link(&target, &path, Mode(header.mode), header.size);
                Ok(())
            }
            Placed::At(path) => {
                self.forget(&path);
                match header.kind {
                    EntryKind::File => self.content(path, header),
                    _ => Ok(()),
                }
            }
        }
    }

    /// Reads a regular file once: digest and collectors.
    fn content(&mut self, path: String, header: &Header) -> Result<(), TarError> {
        let mode = Mode(header.mode);
        let holes = self.holes.checked_sub(header.holes);
        self.holes = holes.unwrap_or(self.holes);
        self.worlds.see(&path);
        let mut hash = self.worlds.start(&path);
        let mut magic =
            Vec::with_capacity(MAGIC.min(usize::try_from(header.size).unwrap_or(MAGIC)));
        while magic.len() < MAGIC {
            let chunk = self.tar.chunk()?;
            if chunk.is_empty() {
                break;
            }
            let length = chunk.len().min(MAGIC - magic.len());
            magic.extend_from_slice(&chunk[..length]);
            self.tar.consume(length);
        }
        let head = FileHead::new(&path, header.size, mode, &magic);
        let mut readers: Vec<(&'static dyn Collector, Option<&'static str>)> = Vec::new();
        let (mut companion, mut wanted, mut waits) = (false, false, None);
        let mut heads: Vec<(&'static dyn Collector, u64)> = Vec::new();
        for &collector in collectors::ALL {
            let limit = match collector.wants(&head) {
                Want::No => continue,
                Want::Whole { limit } => {
                    readers.push((collector, None));
                    Some(limit)
                }
                Want::Head { bytes } => {
                    heads.push((collector, bytes.min(self.limits.file)));
                    None
                }
                Want::WithCompanion { limit, suffix } => {
                    readers.push((collector, Some(suffix)));
                    waits = Some(collector);
                    Some(limit)
                }
                Want::Companion { limit, .. } => {
                    companion |= header.size <= limit.min(self.limits.file);
                    waits = Some(collector);
                    Some(limit)
                }
            };
            if holes.is_none() {
                wanted = true;
                let detail = "it is stored with more holes than are read in a layer";
                self.tree.gap(unreadable(collector), &path, detail);
            }
            if let Some(limit) = limit.map(|limit| limit.min(self.limits.file))
                && header.size > limit
            {
                readers.retain(|(reader, _)| reader.name() != collector.name());
                let detail = format!(
                    "{} bytes are more than the {limit} that are read",
                    header.size
                );
                self.tree.gap(unreadable(collector), &path, detail);
            }
        }
        if holes.is_none() {
            if !wanted {
                let detail =
                    "it is stored with more holes than are read in a layer, so it has no digest";
                self.tree.gap(GapKind::EvidenceUnreadable, &path, detail);
            }
            return Ok(());
        }
        if let Some(collector) = waits
            && header.size > self.limits.held - self.held_bytes
        {
            readers.retain(|(_, suffix)| suffix.is_none());
            companion = false;
            let detail = "the files that wait for others are more than are kept of a layer";
            self.tree.gap(unreadable(collector), &path, detail);
        }
        // Bytes that are kept of it.
        let mut room = match readers.is_empty() && !companion {
            true => heads.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0),
            false => u64::MAX,
        };
        if room == 0 {
            hash.update(&magic);
            loop {
                let chunk = self.tar.chunk()?;
                if chunk.is_empty() {
                    break;
                }
                hash.update(chunk);
                let length = chunk.len();
                self.tar.consume(length);
            }
            self.tree.sums(&path, hash.finish(), is_linked(&magic));
            return Ok(());
        }
        let mut content = Content::new(header.size, self.limits.memory);
        hash.update(&magic);
        keep(&mut content, &magic, &mut room)?;
        loop {
            let chunk = self.tar.chunk()?;
            if chunk.is_empty() {
                break;
            }
            hash.update(chunk);
            keep(&mut content, chunk, &mut room)?;
            let length = chunk.len();
            self.tar.consume(length);
        }
        self.tree.sums(&path, hash.finish(), is_linked(&magic));
        let mut waiting = None;
        let bytes = content.open()?;
        let file = File {
            path: &path,
            mode,
            bytes: &bytes,
            companion: None,
        };
        for (collector, suffix) in readers {
            match suffix {
                None => self.collect(collector, &path, &file),
                Some(_) => waiting = Some(Reader { collector, suffix }),
            }
        }
        for (collector, _) in heads {
            self.collect(collector, &path, &file);
        }
        drop(bytes);
        if companion || waiting.is_some() {
            if content.in_memory() > self.limits.memory - self.held_memory {
                content.spill()?;
            }
            self.held_memory += content.in_memory();
            self.held_bytes += header.size;
            let held = Held {
                content: Rc::new(content),
                mode,
                reader: waiting,
                known_as: path.clone(),
            };
            self.held.insert(path, held);
        }
        Ok(())
    }

    /// Asks a collector about `file`; what it says is noted for `path`.
    fn collect(&mut self, collector: &'static dyn Collector, path: &str, file: &File<'_>) {
        match collector.collect(file) {
            Ok(collected) => {
                for CollectGap {
                    kind,
                    nested,
                    detail,
                } in collected.gaps
                {
                    let subject = nested
                        .iter()
                        .fold(path.to_owned(), |s, inner| s + "!/" + inner);
                    self.tree.gap(kind, &subject, detail);
                }
                if !collected.facts.is_empty() && self.has_room(&collected.facts, path) {
                    let evidence = Evidence {
                        path: path.to_owned(),
                        collector: collector.name().to_owned(),
                        facts: collected.facts,
                    };
                    self.evidence
                        .insert((path.to_owned(), collector.name()), evidence);
                }
            }
            Err(error) => {
                let detail = format!("{}: {error}", collector.name());
                self.tree.gap(unreadable(collector), path, detail);
            }
        }
    }

    /// A second name for a file that was read: what was said of it holds for
    /// the new name too. What would only have been asked for under the new
    /// name is gone with the content, and is said to be.
    fn link(&mut self, target: &str, path: &str, mode: Mode, size: u64) {
        let head = |path| FileHead::new(path, size, mode, &[]);
        if let Some(held) = self.held.get(target) {
            let asked = collectors::ALL
                .iter()
                .map(|collector| (*collector, collector.wants(&head(path))))
                .find(|(_, want)| *want != Want::No);
            let reader = |collector, suffix| Some(Reader { collector, suffix });
            let (reader, known_as) = match asked {
                None => (held.reader, held.known_as.as_str()),
                Some((_, Want::Companion { .. } | Want::No)) => (None, path),
                Some((collector, Want::Whole { .. } | Want::Head { .. })) => {
                    (reader(collector, None), path)
                }
                Some((collector, Want::WithCompanion { suffix, .. })) => {
                    (reader(collector, Some(suffix)), path)
                }
            };
            let held = Held {
                content: Rc::clone(&held.content),
                mode,
                reader,
                known_as: known_as.to_owned(),
            };
            self.held.insert(path.to_owned(), held);
            return;
        }
        for &collector in collectors::ALL {
            if collector.wants(&head(path)) == Want::No {
                continue;
            }
            let said = self
                .evidence
                .contains_key(&(target.to_owned(), collector.name()));
            let was_asked = collector.wants(&head(target)) != Want::No;
            let detail = if !said && !was_asked {
                format!("it is a second name of `{target}`, whose content was not kept")
            } else if collector.is_database() && !read_alike(target, path) {
                format!("it is a second name of `{target}`, which was read as something else")
            } else {
                continue;
            };
            self.tree.gap(unreadable(collector), path, detail);
        }
        self.repeat(target, path);
    }

    /// Notes for `path` what was said of `target`.
    fn repeat(&mut self, target: &str, path: &str) {
        let names = collectors::ALL.iter().map(|collector| collector.name());
        for name in names {
            let Some(known) = self.evidence.remove(&(target.to_owned(), name)) else {
                continue;
            };
            if self.has_room(&known.facts, path) {
                let evidence = Evidence {
                    path: path.to_owned(),
                    ..known.clone()
                };
                self.evidence.insert((path.to_owned(), name), evidence);
            }
            self.evidence.insert((target.to_owned(), name), known);
        }
    }

    /// Counts facts about `path` that are to be kept; a gap when they are more
    /// than that.
    fn has_room(&mut self, facts: &[Fact], path: &str) -> bool {
        let left = self.facts.checked_sub(facts.iter().map(Fact::weight).sum());
        if let Some(left) = left {
            self.facts = left;
            return true;
        }
        self.tree.gap(
            GapKind::LimitExceeded,
            path,
            "its packages and files are more than are kept of a layer",
        );
        false
    }

    /// Drops what was said of a path that the archive replaces.
    fn forget(&mut self, path: &str) {
        self.held.remove(path);
        let stale: Vec<_> = self
            .evidence
            .range((path.to_owned(), "")..)
            .take_while(|((at, _), _)| at == path)
            .map(|(key, _)| key.clone())
            .collect();
        for key in stale {
            self.evidence.remove(&key);
        }
    }

    /// Decides whether a broken archive is still worth something.
    fn broken(&mut self, error: TarError) -> Result<(), NotTar> {
        match error {
            TarError::NotTar => Err(NotTar),
            TarError::Read(error) => {
                self.failure = Some(error);
                Ok(())
            }
            error @ (TarError::BadHeader(_)
            | TarError::BadSparse(_)
            | TarError::Truncated(_)
            | TarError::ExtensionTooLong(_)) => {
                let detail = format!("{error}; what follows was not read");
                self.tree.gap(GapKind::ImageMalformed, "", detail);
                Ok(())
            }
        }
    }

    /// Reads the files that waited. The same content is read again only where
    /// its name or its companion is another.
    fn collect_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        let mut read: BTreeMap<_, String> = BTreeMap::new();
        let mut room = self.limits.held.saturating_mul(4);
        for (path, file) in &held {
            let Some(Reader { collector, suffix }) = file.reader else {
                continue;
            };
            let companion =
                suffix.and_then(|suffix| held.get(&format!("{}{suffix}", file.known_as)));
            let key = (
                Rc::as_ptr(&file.content),
                companion.map(|companion| Rc::as_ptr(&companion.content)),
                file.known_as.rsplit('/').next(),
            );
            if let Some(first) = read.get(&key) {
                self.repeat(first, path);
                continue;
            }
            let opened = file.content.open().and_then(|bytes| {
                let companion = companion.map(|companion| companion.content.open());
                Ok((bytes, companion.transpose()?))
            });
            let left = opened.ok().and_then(|(bytes, companion)| {
                let length = bytes.len() + companion.as_ref().map_or(0, |bytes| bytes.len());
                let left = room.checked_sub(length as u64)?;
                self.collect(
                    collector,
                    path,
                    &File {
                        path: &file.known_as,
                        mode: file.mode,
                        bytes: &bytes,
                        companion: companion.as_deref(),
                    },
                );
                Some(left)
            });
            match left {
                Some(left) => {
                    room = left;
                    read.insert(key, path.clone());
                }
                None => self.tree.gap(
                    unreadable(collector),
                    path,
                    "what waited for the end of the layer could not be read, or is too much",
                ),
            }
        }
    }

    /// Asks about the names of directories.
    fn directories(&mut self) {
        let mut found: Vec<(String, &'static str, PackageRecord)> = Vec::new();
        for path in self.tree.directories() {
            for &collector in collectors::ALL {
                if let Some(record) = collector.directory(path) {
                    found.push((path.to_owned(), collector.name(), record));
                }
            }
        }
        for (path, collector, record) in found {
            let facts = vec![Fact::Packages(vec![record])];
            if self.has_room(&facts, &path) {
                let evidence = Evidence {
                    path: path.clone(),
                    collector: collector.to_owned(),
                    facts,
                };
                self.evidence.insert((path, collector), evidence);
            }
        }
    }

    fn finish(mut self) -> (Seen, R) {
        self.collect_held();
        if self.tar.oddities.global_names {
            self.tree.gap(
                GapKind::ImageAmbiguous,
                "",
                "a global header renames or resizes entries, which engines ignore and other unpackers obey; the view of engines is shown",
            );
        }
        if self.tar.oddities.lone_zero_block {
            self.tree.gap(
                GapKind::ImageMalformed,
                "",
                "a zero block stands between entries; engines refuse the layer",
            );
        }
        let tree = &self.tree;
        self.evidence.retain(|(path, _), _| tree.has(path));
        self.directories();
        let (entries, whiteouts, opaque, gaps) = self.tree.finish();
        let evidence = self.evidence.into_values().collect();
        (
            Seen {
                entries,
                whiteouts,
                opaque,
                evidence,
                gaps,
                failure: self.failure,
            },
            self.tar.into_inner(),
        )
    }
}

/// Keeps of a chunk what there is room for.
fn keep(content: &mut Content, chunk: &[u8], room: &mut u64) -> std::io::Result<()> {
    let length = usize::try_from(*room).map_or(chunk.len(), |room| room.min(chunk.len()));
    *room -= length as u64;
    content.write(chunk.get(..length).unwrap_or_default())
}

fn unreadable(collector: &dyn Collector) -> GapKind {
    if collector.is_database() {
        GapKind::DatabaseUnreadable
    } else {
        GapKind::EvidenceUnreadable
    }
}

/// Reads `input` to its end.
pub(crate) fn drain(mut input: impl Read) -> std::io::Result<()> {
    std::io::copy(&mut input, &mut std::io::sink()).map(|_| ())
}
