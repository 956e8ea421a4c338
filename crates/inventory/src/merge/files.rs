//! The squashed tree.

use crate::facts::{LayerEntry, LayerFacts};
use crate::path::parent;
use crate::tree::{Lookups, below, resolve};
use plimsoll_types::{Digest, FileEntry, FileKind};
use std::collections::BTreeMap;

/// Paths a container would see after the layers applied so far.
pub(super) struct Tree<'a> {
    nodes: BTreeMap<&'a str, (usize, &'a LayerEntry)>,
    /// What following links may still cost.
    lookups: Lookups,
}

impl<'a> Tree<'a> {
    /// An empty tree, in which links are followed for so many bytes of names.
    pub fn new(lookups: u64) -> Self {
        Self {
            nodes: BTreeMap::new(),
            lookups: Lookups::new(lookups),
        }
    }

    /// Whether links were no longer followed.
    pub fn is_spent(&self) -> bool {
        self.lookups.is_spent()
    }

    /// Puts the next layer on top: opaque directories, then whiteouts, then
    /// additions, whatever their order in the archive. Links are never
    /// followed: a path is replaced, not what it points to.
    pub fn apply(&mut self, index: usize, layer: &'a LayerFacts) {
        for directory in &layer.opaque {
            for child in below(&self.nodes, directory) {
                self.nodes.remove(child);
            }
        }
        for path in &layer.whiteouts {
            self.remove(path);
        }
        for entry in &layer.entries {
            let is_directory = entry.kind == FileKind::Directory;
            if let Some((_, old)) = self.nodes.get(entry.path.as_str()) {
                let both = old.kind == FileKind::Directory && is_directory;
                if both && entry.implied {
                    continue;
                }
                if !both {
                    self.remove(&entry.path);
                }
            }
            self.nodes.insert(&entry.path, (index, entry));
        }
    }

    fn remove(&mut self, path: &str) {
        self.nodes.remove(path);
        for child in below(&self.nodes, path) {
            self.nodes.remove(child);
        }
    }

    /// Index of the layer that wrote `path` last.
    pub fn layer_of(&self, path: &str) -> Option<usize> {
        self.nodes.get(path).map(|(layer, _)| *layer)
    }

    /// The entry at `path`.
    pub fn entry(&self, path: &str) -> Option<&'a LayerEntry> {
        self.nodes.get(path).map(|(_, entry)| *entry)
    }

    /// Paths of what a directory holds.
    pub fn children(&self, directory: &str) -> Vec<&'a str> {
        let mut children = below(&self.nodes, directory);
        children.retain(|path| parent(path) == directory);
        children
    }

    /// Where `path` leads when every link in it is followed.
    pub fn real(&self, path: &str) -> Option<String> {
        if self.is_spent() {
            return None;
        }
        resolve(path, |p| {
            if !self.lookups.spend(p) {
                return None;
            }
            match self.nodes.get(p).map(|(_, entry)| &entry.kind) {
                Some(FileKind::Symlink(target)) => Some(target.as_str()),
                _ => None,
            }
        })
    }

    /// The files of the inventory, sorted by path.
    pub fn into_files(self, layers: &[LayerFacts]) -> Vec<FileEntry> {
        debug_assert!(self.nodes.values().all(|(layer, _)| *layer < layers.len()));
        self.nodes
            .into_iter()
            .map(|(path, (layer, entry))| FileEntry {
                path: path.to_owned(),
                kind: entry.kind.clone(),
                mode: entry.mode,
                uid: entry.uid,
                gid: entry.gid,
                size: entry.size,
                digest: entry.sums.map(|sums| Digest::sha256(sums.sha256)),
                layer: u32::try_from(layer).unwrap_or(u32::MAX),
                program: entry.program,
                owner: None,
                capabilities: entry.capabilities,
            })
            .collect()
    }
}
