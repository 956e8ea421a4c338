//! The contract between the layer pass and whatever reads files in it.

use crate::facts::Fact;
use plimsoll_types::{GapKind, Mode, PackageRecord};

/// Reads one kind of fact out of single files.
///
/// A collector sees one file of one layer and never asks about another; what
/// several files mean together is decided by the merge.
pub trait Collector: Send + Sync {
    /// Short name, for example `dpkg`; unique.
    fn name(&self) -> &'static str;

    /// One line on what evidence it reads, for `plimsoll list collectors`.
    fn about(&self) -> &'static str;

    /// Whether this file may hold facts. Called for every regular file, so it
    /// must be cheap and look at the path first.
    fn wants(&self, file: &FileHead<'_>) -> Want;

    /// Whether its files are package databases, whose loss makes the whole
    /// answer incomplete.
    fn is_database(&self) -> bool {
        false
    }

    /// Where programs look for its database: files, and folders of files, from
    /// the image root. The merge follows links on the way there; what they lead
    /// to must have been seen under its own name or be a gap.
    fn places(&self) -> &'static [&'static str] {
        &[]
    }

    /// The package that a directory is by its name alone. Called for every
    /// directory of a layer.
    fn directory(&self, path: &str) -> Option<PackageRecord> {
        let _ = path;
        None
    }

    /// What the file says. An error costs this file only and becomes a gap.
    ///
    /// # Errors
    /// When the content is not what the path or magic promised.
    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError>;
}

/// What is known of a file before its content is read.
#[derive(Clone, Copy, Debug)]
pub struct FileHead<'a> {
    /// Path from the layer root, without a leading slash.
    pub path: &'a str,
    /// Bytes of content.
    pub size: u64,
    /// Permission bits.
    pub mode: Mode,
    /// The first bytes of content, up to 512.
    pub magic: &'a [u8],
    name: &'a str,
}

impl<'a> FileHead<'a> {
    /// What a header says of a file.
    pub fn new(path: &'a str, size: u64, mode: Mode, magic: &'a [u8]) -> Self {
        Self {
            path,
            size,
            mode,
            magic,
            name: path.rsplit('/').next().unwrap_or(path),
        }
    }

    /// The last path component.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Whether `suffix` matches whole trailing path components.
    pub fn path_ends_with(&self, suffix: &str) -> bool {
        self.path
            .strip_suffix(suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    }
}

/// Answer of [`Collector::wants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Not interested.
    No,
    /// Call [`Collector::collect`] with the whole content, if it is no longer
    /// than `limit` bytes; a longer file becomes a gap.
    Whole {
        /// Bytes.
        limit: u64,
    },
    /// Call [`Collector::collect`] with the first so many bytes, or more,
    /// however long the file is.
    Head {
        /// Bytes.
        bytes: u64,
    },
    /// Like `Whole`, but at the end of the layer, together with the file of
    /// the same layer whose path is this one plus `suffix` (a write-ahead
    /// log), if there is one. The collector must answer
    /// [`Want::Companion`] for that file.
    WithCompanion {
        /// Bytes, for either file.
        limit: u64,
        /// For example `-wal`.
        suffix: &'static str,
    },
    /// Keep this file for the one it belongs to.
    Companion {
        /// Bytes.
        limit: u64,
        /// The suffix that leads from the main file to this one.
        suffix: &'static str,
    },
}

/// A file with its content.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Path from the layer root, without a leading slash.
    pub path: &'a str,
    /// Permission bits.
    pub mode: Mode,
    /// The content: whole, unless only its head was asked for.
    pub bytes: &'a [u8],
    /// Content of the companion asked for, if the layer has one.
    pub companion: Option<&'a [u8]>,
}

impl<'a> File<'a> {
    /// The last path component.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// What a file said, and what inside it could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// Facts, in the order found.
    pub facts: Vec<Fact>,
    /// Parts that were skipped, for example one broken jar inside a war.
    pub gaps: Vec<CollectGap>,
}

impl From<Vec<Fact>> for Collected {
    fn from(facts: Vec<Fact>) -> Self {
        Self {
            facts,
            gaps: Vec::new(),
        }
    }
}

/// A part of a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectGap {
    /// Why.
    pub kind: GapKind,
    /// Archives that lead to it, outermost first; empty for the file itself.
    pub nested: Vec<String>,
    /// One line for people.
    pub detail: String,
}

/// A file that is not what it seemed: one line for people, without the path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CollectError(pub String);

impl CollectError {
    /// An error from anything that explains itself.
    pub fn new(detail: impl std::fmt::Display) -> Self {
        Self(detail.to_string())
    }
}
