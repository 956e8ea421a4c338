//! The tree of one layer alone, built entry by entry in the order of the
//! archive, as an engine would unpack it into an empty directory.

use crate::facts::{LayerEntry, LayerGap, Sums};
use crate::pass::Limits;
use crate::path::{MAX_PATH, join, name, parent, readable};
use crate::tar::{EntryKind, Header};
use plimsoll_types::{Capabilities, FileKind, GapKind, Mode};
use std::borrow::Borrow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Symbolic links followed for one name, as Linux does.
const MAX_LINKS: usize = 40;
/// Longest path that following links may lead to, as text: a byte that is not
/// UTF-8 takes four.
const MAX_REAL: usize = 4 * MAX_PATH;

pub(crate) struct LayerTree {
    /// Entries by path; their own `path` is filled in at the end.
    nodes: BTreeMap<String, LayerEntry>,
    whiteouts: BTreeSet<String>,
    opaque: BTreeSet<String>,
    pub gaps: BTreeSet<LayerGap>,
    /// Nodes that may still be made.
    room: u64,
    /// Bytes of names, link targets and gaps that may still be kept.
    names: u64,
    /// Bytes of names that may still be looked up while following links.
    lookups: Lookups,
    /// Which bound was reached.
    full: Option<&'static str>,
}

/// What became of an entry.
pub(crate) enum Placed {
    /// It is at this path now; content may follow.
    At(String),
    /// A second name of the file at `target`, now also at `path`.
    Link { target: String, path: String },
    /// A marker, the root, or nothing that can be kept.
    Nothing,
}

impl LayerTree {
    pub fn new(limits: &Limits) -> Self {
        Self {
            nodes: BTreeMap::new(),
            whiteouts: BTreeSet::new(),
            opaque: BTreeSet::new(),
            gaps: BTreeSet::new(),
            room: limits.entries,
            names: limits.names,
            lookups: Lookups::new(limits.lookups),
            full: None,
        }
    }

    /// Why nothing more should be put in.
    pub fn full(&self) -> Option<&'static str> {
        if self.lookups.is_spent() {
            return Some("following its symbolic links takes more steps than are taken");
        }
        self.full
    }

    /// Puts an entry whose cleaned name is `cleaned` into the tree.
    pub fn place(&mut self, cleaned: &str, header: &Header) -> Placed {
        if cleaned.is_empty() {
            if header.kind != EntryKind::Directory {
                self.gap(
                    GapKind::ImageMalformed,
                    "",
                    "an entry that is no directory takes the place of the root",
                );
            }
            return Placed::Nothing;
        }
        let base = name(cleaned);
        if let Some(hidden) = base.strip_prefix(".wh.") {
            self.marker(cleaned, hidden);
            return Placed::Nothing;
        }
        let directory = self.directory(parent(cleaned));
        let path = if directory.is_empty() {
            base.to_owned()
        } else {
            format!("{directory}/{base}")
        };
        if header.kind == EntryKind::CharDevice && header.device == (0, 0) {
            self.hide(path);
            return Placed::Nothing;
        }
        if header.overlay_opaque && header.kind == EntryKind::Directory {
            self.gap(
                GapKind::ImageAmbiguous,
                &path,
                "the directory carries an overlay opaque attribute, which some engines honour and others drop; lower files are shown",
            );
        }
        let kind = match header.kind {
            EntryKind::HardLink => return self.hard_link(path, &header.link),
            EntryKind::File => FileKind::File,
            EntryKind::Symlink => FileKind::Symlink(self.target(&path, &header.link)),
            EntryKind::CharDevice => FileKind::CharDevice,
            EntryKind::BlockDevice => FileKind::BlockDevice,
            EntryKind::Directory => FileKind::Directory,
            EntryKind::Fifo => FileKind::Fifo,
        };
        let node = LayerEntry {
            path: String::new(),
            size: if kind == FileKind::File {
                header.size
            } else {
                0
            },
            kind,
            mode: Mode(header.mode),
            uid: header.uid,
            gid: header.gid,
            sums: None,
            program: false,
            implied: false,
            capabilities: header.capabilities,
        };
        self.insert(&path, node);
        Placed::At(path)
    }

    /// A link target; one that no engine can make is cut.
    fn target(&mut self, path: &str, link: &[u8]) -> String {
        if link.len() > MAX_PATH {
            self.gap(
                GapKind::ImageMalformed,
                path,
                "it is a link to a name longer than 4096 bytes; engines refuse the layer",
            );
        }
        readable(&link[..link.len().min(MAX_PATH)])
    }

    /// Notes the digests of a file's content.
    pub fn sums(&mut self, path: &str, sums: Sums, program: bool) {
        if let Some(node) = self.nodes.get_mut(path) {
            node.sums = Some(sums);
            node.program = program;
        }
    }

    pub fn has(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    /// Paths of the directories, those that are only implied included.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        let nodes = self.nodes.iter();
        nodes
            .filter(|(_, node)| node.kind == FileKind::Directory)
            .map(|(path, _)| path.as_str())
    }

    pub fn gap(&mut self, kind: GapKind, subject: &str, detail: impl Into<String>) {
        let detail = detail.into();
        self.spend(subject.len() + detail.len());
        self.gaps.insert(LayerGap {
            kind,
            subject: subject.to_owned(),
            detail,
        });
    }

    fn spend(&mut self, bytes: usize) {
        match self.names.checked_sub(bytes as u64) {
            Some(left) => self.names = left,
            None => self.full = Some("its names are longer than what is kept of a layer"),
        }
    }

    pub fn finish(self) -> (Vec<LayerEntry>, Vec<String>, Vec<String>, Vec<LayerGap>) {
        (
            self.nodes
                .into_iter()
                .map(|(path, node)| LayerEntry { path, ..node })
                .collect(),
            self.whiteouts.into_iter().collect(),
            self.opaque.into_iter().collect(),
            self.gaps.into_iter().collect(),
        )
    }

    /// A `.wh.` entry. Only its own name counts, never its type or content.
    fn marker(&mut self, cleaned: &str, hidden: &str) {
        let directory = self.directory(parent(cleaned));
        match hidden {
            ".wh..opq" => {
                self.spend(directory.len());
                self.opaque.insert(directory);
            }
            "" => self.gap(
                GapKind::ImageMalformed,
                cleaned,
                "the whiteout names nothing; engines refuse the layer",
            ),
            // Bookkeeping of old union file systems (`.wh..wh.plnk`).
            _ if hidden.starts_with(".wh.") => {}
            _ => {
                let path = if directory.is_empty() {
                    hidden.to_owned()
                } else {
                    format!("{directory}/{hidden}")
                };
                if self.nodes.get(&path).is_some_and(|node| !node.implied) {
                    self.gap(
                        GapKind::ImageMalformed,
                        &path,
                        "the layer removes a file that it added before; engines refuse the layer",
                    );
                }
                self.spend(path.len());
                self.whiteouts.insert(path);
            }
        }
    }

    fn hide(&mut self, path: String) {
        self.remove(&path);
        self.spend(path.len());
        self.whiteouts.insert(path);
    }

    fn hard_link(&mut self, path: String, link: &[u8]) -> Placed {
        // Where no engine finds it either.
        let target = crate::path::clean(link).unwrap_or_default();
        let target = match parent(&target) {
            "" => target,
            directory => {
                let directory = self.resolve(directory);
                format!("{directory}/{}", name(&target))
            }
        };
        if self.whiteouts.contains(&target) && !self.nodes.contains_key(&target) {
            // A second name of the whiteout itself.
            self.hide(path);
            return Placed::Nothing;
        }
        let Some(node) = self
            .nodes
            .get(&target)
            .filter(|node| node.kind != FileKind::Directory)
        else {
            self.gap(
                GapKind::ImageMalformed,
                &path,
                format!("it is a hard link to `{target}`, which this layer does not have; engines refuse the layer"),
            );
            let node = LayerEntry {
                path: String::new(),
                kind: FileKind::File,
                mode: Mode::default(),
                uid: 0,
                gid: 0,
                size: 0,
                sums: None,
                program: false,
                implied: false,
                capabilities: Capabilities::default(),
            };
            self.insert(&path, node);
            return Placed::Nothing;
        };
        let node = node.clone();
        self.insert(&path, node);
        Placed::Link { target, path }
    }

    fn insert(&mut self, path: &str, node: LayerEntry) {
        if let Some(old) = self.nodes.get(path) {
            let directories = old.kind == FileKind::Directory && node.kind == FileKind::Directory;
            if !directories {
                if !old.implied {
                    self.gap(
                        GapKind::ImageMalformed,
                        path,
                        "the layer has the path twice; engines refuse it or take the last",
                    );
                }
                self.remove(path);
            }
        }
        self.put(path, node);
    }

    /// Keeps a node, within the bounds of the layer.
    fn put(&mut self, path: &str, node: LayerEntry) {
        let target = match &node.kind {
            FileKind::Symlink(target) => target.len(),
            _ => 0,
        };
        self.spend(path.len() + target);
        match self.room.checked_sub(1) {
            Some(room) => self.room = room,
            None => self.full = Some("it has or implies more entries than are kept of a layer"),
        }
        self.nodes.insert(path.to_owned(), node);
    }

    fn remove(&mut self, path: &str) {
        self.nodes.remove(path);
        for child in below(&self.nodes, path) {
            self.nodes.remove(&child);
        }
    }

    /// The real directory behind `path` in this layer, made if need be: links
    /// of this layer are followed, links of lower layers are not known here.
    fn directory(&mut self, path: &str) -> String {
        if path.is_empty() {
            return String::new();
        }
        if self
            .nodes
            .get(path)
            .is_some_and(|node| node.kind == FileKind::Directory)
        {
            return path.to_owned();
        }
        let real = self.resolve(path);
        let mut at = 0;
        while at < real.len() {
            let end = real[at..].find('/').map_or(real.len(), |i| at + i);
            let part = &real[..end];
            if self
                .nodes
                .get(part)
                .is_none_or(|node| node.kind != FileKind::Directory)
            {
                self.remove(part);
                let node = LayerEntry {
                    path: String::new(),
                    kind: FileKind::Directory,
                    mode: Mode(0o755),
                    uid: 0,
                    gid: 0,
                    size: 0,
                    sums: None,
                    program: false,
                    implied: true,
                    capabilities: Capabilities::default(),
                };
                self.put(part, node);
            }
            at = end + 1;
        }
        real
    }

    fn resolve(&self, path: &str) -> String {
        resolve(path, |p| {
            if !self.lookups.spend(p) {
                return None;
            }
            match self.nodes.get(p).map(|node| &node.kind) {
                Some(FileKind::Symlink(target)) => Some(target.as_str()),
                _ => None,
            }
        })
        .unwrap_or_else(|| path.to_owned())
    }
}

/// How much may still be looked up while following links, in bytes of names.
pub(crate) struct Lookups(Cell<u64>);

impl Lookups {
    pub fn new(bytes: u64) -> Self {
        Self(Cell::new(bytes))
    }

    /// Counts one look-up, of which short names cost as well; false when no
    /// more are allowed.
    pub fn spend(&self, name: &str) -> bool {
        self.0
            .set(self.0.get().saturating_sub(name.len() as u64 + 32));
        !self.is_spent()
    }

    pub fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// Follows links in every component of `path`, clamped to the root. `None`
/// after more than 40 links, and for paths longer than any that can be opened.
pub(crate) fn resolve<'a>(path: &str, link: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    if path.len() > MAX_REAL {
        return None;
    }
    let mut pending: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut real = String::new();
    let mut links = 0;
    while let Some(part) = pending.pop() {
        let parent = real.len();
        if !real.is_empty() {
            real.push('/');
        }
        real.push_str(&part);
        if real.len() > MAX_REAL {
            return None;
        }
        if let Some(target) = link(&real) {
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            let joined = join(&real[..parent], target);
            real.clear();
            pending.extend(
                joined
                    .rsplit('/')
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned),
            );
        }
    }
    Some(real)
}

/// Every key below the directory `path`.
pub(crate) fn below<K: Borrow<str> + Ord + Clone, V>(map: &BTreeMap<K, V>, path: &str) -> Vec<K> {
    if path.is_empty() {
        return map.keys().cloned().collect();
    }
    // `0` is the character after `/`.
    let (start, end) = (format!("{path}/"), format!("{path}0"));
    let range = (
        Bound::Included(start.as_str()),
        Bound::Excluded(end.as_str()),
    );
    map.range::<str, _>(range)
        .map(|(key, _)| key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ended, facts, facts_within, file, header, pax};

    fn whole(facts: &crate::facts::LayerFacts) -> bool {
        !facts
            .gaps
            .iter()
            .any(|gap| gap.kind == GapKind::LimitExceeded)
    }

    #[test]
    fn names_of_many_components_imply_no_forest() {
        let mut archive = Vec::new();
        for n in 0..150 {
            let name = format!("{n}/{}x", "a/".repeat(2_039));
            archive.extend(file("././@LongLink", b'L', "", name.as_bytes()));
            archive.extend(header(b"x", b'0', b"", 0));
        }
        let facts = facts(&ended(archive));
        assert!(facts.entries.is_empty());
        assert!(!whole(&facts));
    }

    #[test]
    fn implied_directories_count() {
        let limits = Limits {
            entries: 1_000,
            ..Limits::default()
        };
        let mut archive = Vec::new();
        for n in 0..20 {
            let name = format!("{n}/{}x", "a/".repeat(100));
            archive.extend(file("././@LongLink", b'L', "", name.as_bytes()));
            archive.extend(header(b"x", b'0', b"", 0));
        }
        let facts = facts_within(&ended(archive), &limits);
        assert!(facts.entries.len() < 1_200);
        assert!(!whole(&facts));
    }

    #[test]
    fn names_and_targets_have_a_budget() {
        let limits = Limits {
            names: 10_000,
            ..Limits::default()
        };
        let few: Vec<u8> = (0..10)
            .flat_map(|n| file(&format!("{n}"), b'2', &"t".repeat(90), b""))
            .collect();
        assert!(whole(&facts_within(&ended(few), &limits)));
        for kind in [b'0', b'2', b'3'] {
            let many: Vec<u8> = (0..1_000)
                .flat_map(|n| file(&format!("{n:090}"), kind, &"t".repeat(90), b""))
                .collect();
            let facts = facts_within(&ended(many), &limits);
            assert!(!whole(&facts));
            assert!(facts.entries.len() + facts.whiteouts.len() < 200);
        }
    }

    #[test]
    fn long_targets_are_cut_and_said_to_be() {
        let link = [
            pax(b'x', &[("linkpath", &"a/".repeat(400_000))]),
            file("l", b'2', "", b""),
        ];
        let facts = facts(&ended(link.concat()));
        assert_eq!(facts.gap_list(), [(GapKind::ImageMalformed, "l")]);
        let FileKind::Symlink(target) = &facts.entries[0].kind else {
            panic!()
        };
        assert_eq!(target.len(), MAX_PATH);
    }

    #[test]
    fn following_links_has_a_budget() {
        let mut archive = Vec::new();
        for n in 0..30 {
            let target = format!("{}l{}", "a/../".repeat(200), n + 1);
            archive.extend(pax(b'x', &[("linkpath", &target)]));
            archive.extend(file(&format!("l{n}"), b'2', "", b""));
        }
        archive.extend(pax(b'x', &[("linkpath", &"b/".repeat(2_000))]));
        archive.extend(file("l30", b'2', "", b""));
        for n in 0..1_000 {
            archive.extend(file(&format!("l0/{n}"), b'0', "", b""));
        }
        let limits = Limits {
            lookups: 10_000_000,
            ..Limits::default()
        };
        assert!(!whole(&facts_within(&ended(archive), &limits)));
    }

    #[test]
    fn a_file_in_place_of_the_root_is_malformed() {
        let facts = facts(&ended(file("./", b'2', "x", b"")));
        assert_eq!(facts.gap_list(), [(GapKind::ImageMalformed, "")]);
    }

    #[test]
    fn a_loop_of_links_ends() {
        let loops = |p: &str| (p == "a").then_some("a/b");
        assert_eq!(resolve("a/x", loops), None);
        assert_eq!(resolve("b/x", loops).as_deref(), Some("b/x"));
    }
}
