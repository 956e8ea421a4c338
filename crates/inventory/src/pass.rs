//! The layer pass: every byte of a layer once, every collector in it.

use crate::collector::{CollectGap, Collector, File, FileHead, Want};
use crate::collectors;
use crate::content::Content;
use crate::facts::{Evidence, LayerEntry, LayerGap};
use crate::path::{NameError, clean, readable};
use crate::tar::{EntryKind, Header, TarError, TarReader};
use crate::tree::{LayerTree, Placed};
use plimsoll_types::{GapKind, Mode};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};

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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 2_000_000,
            names: 96 << 20,
            lookups: 1 << 30,
            file: 512 << 20,
            holes: 2 << 30,
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
        failure: None,
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
    failure: Option<std::io::Error>,
    limits: &'a Limits,
}

struct Held {
    content: Content,
    mode: Mode,
    /// The collector that reads it, and the suffix of its companion; `None`
    /// for companions themselves.
    reader: Option<(&'static dyn Collector, &'static str)>,
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
        let mut hash = Sha256::new();
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
        let head = FileHead {
            path: &path,
            size: header.size,
            mode,
            magic: &magic,
        };
        let mut readers: Vec<(&'static dyn Collector, Option<&'static str>)> = Vec::new();
        let (mut companion, mut wanted) = (false, false);
        for &collector in collectors::ALL {
            let limit = match collector.wants(&head) {
                Want::No => continue,
                Want::Whole { limit } => {
                    readers.push((collector, None));
                    limit
                }
                Want::WithCompanion { limit, suffix } => {
                    readers.push((collector, Some(suffix)));
                    limit
                }
                Want::Companion { limit, .. } => {
                    companion |= header.size <= limit.min(self.limits.file);
                    limit
                }
            };
            if holes.is_none() {
                wanted = true;
                let detail = "it is stored with more holes than are read in a layer";
                self.tree.gap(unreadable(collector), &path, detail);
            }
            let limit = limit.min(self.limits.file);
            if header.size > limit {
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
        if readers.is_empty() && !companion {
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
            self.tree.digest(&path, hash.finalize().into());
            return Ok(());
        }
        let mut content = Content::new(header.size);
        hash.update(&magic);
        content.write(&magic)?;
        loop {
            let chunk = self.tar.chunk()?;
            if chunk.is_empty() {
                break;
            }
            hash.update(chunk);
            content.write(chunk)?;
            let length = chunk.len();
            self.tar.consume(length);
        }
        let content = content.finish()?;
        self.tree.digest(&path, hash.finalize().into());
        let mut waiting = None;
        for (collector, suffix) in readers {
            match suffix {
                None => self.collect(collector, &path, mode, content.bytes(), None),
                Some(suffix) => waiting = Some((collector, suffix)),
            }
        }
        if companion || waiting.is_some() {
            self.held.insert(
                path,
                Held {
                    content,
                    mode,
                    reader: waiting,
                },
            );
        }
        Ok(())
    }

    fn collect(
        &mut self,
        collector: &'static dyn Collector,
        path: &str,
        mode: Mode,
        bytes: &[u8],
        companion: Option<&[u8]>,
    ) {
        match collector.collect(&File {
            path,
            mode,
            bytes,
            companion,
        }) {
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
                if !collected.facts.is_empty() {
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
        let known: Vec<Evidence> = self
            .evidence
            .range((target.to_owned(), "")..)
            .take_while(|((at, _), _)| at == target)
            .map(|(_, evidence)| evidence.clone())
            .collect();
        for &collector in collectors::ALL {
            let head = FileHead {
                path,
                size,
                mode,
                magic: &[],
            };
            let asked = collector.wants(&head) != Want::No;
            let said = known
                .iter()
                .any(|evidence| evidence.collector == collector.name());
            if asked && !said {
                let was = FileHead {
                    path: target,
                    size,
                    mode,
                    magic: &[],
                };
                if collector.wants(&was) == Want::No {
                    let detail =
                        format!("it is a second name of `{target}`, whose content was not kept");
                    self.tree.gap(unreadable(collector), path, detail);
                }
            }
        }
        for evidence in known {
            let name = collectors::ALL
                .iter()
                .map(|c| c.name())
                .find(|name| *name == evidence.collector);
            if let Some(name) = name {
                let evidence = Evidence {
                    path: path.to_owned(),
                    ..evidence
                };
                self.evidence.insert((path.to_owned(), name), evidence);
            }
        }
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

    fn finish(mut self) -> (Seen, R) {
        let held = std::mem::take(&mut self.held);
        for (path, file) in &held {
            if let Some((collector, suffix)) = file.reader {
                let companion = held.get(&format!("{path}{suffix}"));
                let companion = companion.map(|companion| companion.content.bytes());
                self.collect(collector, path, file.mode, file.content.bytes(), companion);
            }
        }
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
