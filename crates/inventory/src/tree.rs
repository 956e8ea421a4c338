//! The tree of one layer alone, built entry by entry in the order of the
//! archive, as an engine would unpack it into an empty directory.

use crate::facts::{LayerEntry, LayerGap};
use crate::path::{join, name, parent, readable};
use crate::tar::{EntryKind, Header};
use plimsoll_types::{FileKind, GapKind, Mode};
use std::collections::{BTreeMap, BTreeSet};

/// Symbolic links followed for one name, as Linux does.
const MAX_LINKS: usize = 40;

#[derive(Default)]
pub(crate) struct LayerTree {
    nodes: BTreeMap<String, LayerEntry>,
    whiteouts: BTreeSet<String>,
    opaque: BTreeSet<String>,
    pub gaps: BTreeSet<LayerGap>,
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
    /// Puts an entry whose cleaned name is `cleaned` into the tree.
    pub fn place(&mut self, cleaned: &str, header: &Header) -> Placed {
        if cleaned.is_empty() {
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
            EntryKind::Symlink => FileKind::Symlink(readable(&header.link)),
            EntryKind::CharDevice => FileKind::CharDevice,
            EntryKind::BlockDevice => FileKind::BlockDevice,
            EntryKind::Directory => FileKind::Directory,
            EntryKind::Fifo => FileKind::Fifo,
        };
        self.insert(LayerEntry {
            path: path.clone(),
            size: if kind == FileKind::File {
                header.size
            } else {
                0
            },
            kind,
            mode: Mode(header.mode),
            uid: header.uid,
            gid: header.gid,
            digest: None,
            implied: false,
        });
        Placed::At(path)
    }

    /// Notes the digest of a file's content.
    pub fn digest(&mut self, path: &str, digest: [u8; 32]) {
        if let Some(node) = self.nodes.get_mut(path) {
            node.digest = Some(digest);
        }
    }

    pub fn has(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    pub fn gap(&mut self, kind: GapKind, subject: &str, detail: impl Into<String>) {
        self.gaps.insert(LayerGap {
            kind,
            subject: subject.to_owned(),
            detail: detail.into(),
        });
    }

    pub fn finish(self) -> (Vec<LayerEntry>, Vec<String>, Vec<String>, Vec<LayerGap>) {
        (
            self.nodes.into_values().collect(),
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
                self.whiteouts.insert(path);
            }
        }
    }

    fn hide(&mut self, path: String) {
        self.remove(&path);
        self.whiteouts.insert(path);
    }

    fn hard_link(&mut self, path: String, link: &[u8]) -> Placed {
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
            self.insert(LayerEntry {
                path,
                kind: FileKind::File,
                mode: Mode::default(),
                uid: 0,
                gid: 0,
                size: 0,
                digest: None,
                implied: false,
            });
            return Placed::Nothing;
        };
        let node = LayerEntry {
            path: path.clone(),
            ..node.clone()
        };
        self.insert(node);
        Placed::Link { target, path }
    }

    fn insert(&mut self, node: LayerEntry) {
        if let Some(old) = self.nodes.get(&node.path) {
            let directories = old.kind == FileKind::Directory && node.kind == FileKind::Directory;
            if !directories {
                if !old.implied {
                    self.gap(
                        GapKind::ImageMalformed,
                        &node.path,
                        "the layer has the path twice; engines refuse it or take the last",
                    );
                }
                self.remove(&node.path.clone());
            }
        }
        self.nodes.insert(node.path.clone(), node);
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
                self.nodes.insert(
                    part.to_owned(),
                    LayerEntry {
                        path: part.to_owned(),
                        kind: FileKind::Directory,
                        mode: Mode(0o755),
                        uid: 0,
                        gid: 0,
                        size: 0,
                        digest: None,
                        implied: true,
                    },
                );
            }
            at = end + 1;
        }
        real
    }

    fn resolve(&self, path: &str) -> String {
        resolve(path, |p| match self.nodes.get(p).map(|node| &node.kind) {
            Some(FileKind::Symlink(target)) => Some(target.as_str()),
            _ => None,
        })
        .unwrap_or_else(|| path.to_owned())
    }
}

/// Follows links in every component of `path`, clamped to the root. `None`
/// after more than 40 links.
pub(crate) fn resolve<'a>(path: &str, link: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut pending: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut real = String::new();
    let mut links = 0;
    while let Some(part) = pending.pop() {
        let next = if real.is_empty() {
            part
        } else {
            format!("{real}/{part}")
        };
        if let Some(target) = link(&next) {
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            let joined = join(&real, target);
            real = String::new();
            pending.extend(
                joined
                    .rsplit('/')
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned),
            );
        } else {
            real = next;
        }
    }
    Some(real)
}

/// Every key below the directory `path`.
pub(crate) fn below<V>(map: &BTreeMap<String, V>, path: &str) -> Vec<String> {
    if path.is_empty() {
        return map.keys().cloned().collect();
    }
    // `0` is the character after `/`.
    map.range(format!("{path}/")..format!("{path}0"))
        .map(|(key, _)| key.clone())
        .collect()
}
