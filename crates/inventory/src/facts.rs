//! What collectors say about files: plain values that serialise.

use plimsoll_types::{
    Capabilities, Digest, Distro, Ecosystem, FileKind, GapKind, Group, Mode, PackageRecord,
    Password, User,
};
use serde::{Deserialize, Serialize};

/// One thing a file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// Packages. A database names all packages of its kind at once, so a
    /// package that is no longer in it is gone; other evidence names its own.
    Packages(Vec<PackageRecord>),
    /// Files that belong to packages.
    Owned(Vec<Ownership>),
    /// Files that would be those of packages of the same file, wherever they
    /// lie. Unlike owned files they are evidence and nobody vouches for them.
    Listed(Vec<Ownership>),
    /// Names that a package answers to besides its own, where every package has
    /// a file of its own: the others are known only to the merge.
    Provides {
        /// The package's ecosystem.
        ecosystem: Ecosystem,
        /// Name of the package.
        package: String,
        /// What it provides.
        names: Vec<String>,
    },
    /// Licences that a file states about the package it belongs to.
    Licenses(Vec<String>),
    /// The SPDX id of the licence that the file is the text of.
    LicenseText(String),
    /// The distribution.
    Distro(Box<Distro>),
    /// Lines of `/etc/passwd`.
    Users(Vec<User>),
    /// Lines of `/etc/group`.
    Groups(Vec<Group>),
    /// Lines of `/etc/shadow`: names and how they are protected.
    Passwords(Vec<(String, Password)>),
}

impl Fact {
    /// What `package` provides, if anything.
    pub(crate) fn provides<'n>(
        package: &PackageRecord,
        names: impl Iterator<Item = &'n str>,
    ) -> Option<Self> {
        let names: Vec<String> = names.map(str::to_owned).collect();
        (!names.is_empty()).then(|| Fact::Provides {
            ecosystem: package.ecosystem,
            package: package.name.clone(),
            names,
        })
    }

    /// What it costs to keep, in owned files.
    pub(crate) fn weight(&self) -> u64 {
        let count = match self {
            Fact::Packages(packages) => packages
                .iter()
                .map(|package| 4 + package.requires.len() / 4)
                .sum(),
            Fact::Owned(owners) | Fact::Listed(owners) => {
                owners.iter().map(|owner| 1 + owner.files.len()).sum()
            }
            Fact::Provides { names, .. } => 1 + names.len() / 4,
            Fact::Licenses(licenses) => 1 + licenses.len() / 4,
            Fact::LicenseText(_) | Fact::Distro(_) => 1,
            Fact::Users(users) => users.len(),
            Fact::Passwords(passwords) => passwords.len(),
            Fact::Groups(groups) => groups.iter().map(|group| 1 + group.members.len()).sum(),
        };
        count as u64
    }
}

/// The files that a package says are its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// The package's ecosystem.
    pub ecosystem: Ecosystem,
    /// Name of the package.
    pub package: String,
    /// Architecture, where the record tells.
    pub arch: Option<String>,
    /// Its files.
    pub files: Vec<OwnedFile>,
}

/// One file of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedFile {
    /// Path from the image root, without a leading slash; with a slash at its
    /// end, a folder that belongs to the package as a whole.
    pub path: String,
    /// Digest that the package's record states.
    pub digest: Option<FileDigest>,
    /// A configuration or ghost file: expected to change, proves nothing.
    pub config: bool,
    /// Permission bits, where the record states them.
    pub mode: Option<Mode>,
    /// Bytes, where the record states them.
    pub size: Option<u64>,
    /// Where a symbolic link leads, where the record states it.
    pub link: Option<String>,
}

impl OwnedFile {
    /// A file of which nothing but the path is known.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            digest: None,
            config: false,
            mode: None,
            size: None,
            link: None,
        }
    }
}

/// Digest of a file as a package database states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// Algorithm.
    pub algorithm: Algorithm,
    /// The hash itself.
    pub hash: Vec<u8>,
}

/// Hash algorithms of package databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// MD5: dpkg, old rpm.
    Md5,
    /// SHA-1: apk.
    Sha1,
    /// SHA-256: rpm, Python RECORD.
    Sha256,
    /// SHA-384: rpm.
    Sha384,
    /// SHA-512: rpm.
    Sha512,
}

/// Everything one layer says, without regard to the layers below it. Values
/// of this type are cached by the digest of the bytes they were read from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerFacts {
    /// Digest of the bytes as stored.
    pub blob: Digest,
    /// Digest of the uncompressed bytes.
    pub diff_id: Digest,
    /// Uncompressed bytes.
    pub size: u64,
    /// The tree of this layer alone, sorted by path.
    pub(crate) entries: Vec<LayerEntry>,
    /// Paths that this layer hides in lower ones, sorted.
    pub(crate) whiteouts: Vec<String>,
    /// Directories whose lower content this layer hides, sorted.
    pub(crate) opaque: Vec<String>,
    /// What collectors said, sorted by path.
    pub(crate) evidence: Vec<Evidence>,
    /// What could not be read, sorted.
    pub(crate) gaps: Vec<LayerGap>,
}

/// One path of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LayerEntry {
    pub path: String,
    pub kind: FileKind,
    pub mode: Mode,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub sums: Option<Sums>,
    /// An executable or shared object by its first bytes.
    pub program: bool,
    /// A directory that the layer needs but does not list.
    pub implied: bool,
    /// What a program is given when it starts.
    pub capabilities: Capabilities,
}

/// The digests of a file's content. Those that package databases state and
/// cryptographers do not trust are there where a package may own the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    pub sha256: [u8; 32],
    pub md5: Option<[u8; 16]>,
    pub sha1: Option<[u8; 20]>,
}

impl Sums {
    /// Whether the content has the stated digest; `None` where that algorithm
    /// was not computed.
    pub fn agree(&self, stated: &FileDigest) -> Option<bool> {
        let computed: &[u8] = match stated.algorithm {
            Algorithm::Md5 => self.md5.as_ref()?,
            Algorithm::Sha1 => self.sha1.as_ref()?,
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha384 | Algorithm::Sha512 => return None,
        };
        Some(stated.hash == computed)
    }
}

/// What one collector said about one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub path: String,
    pub collector: String,
    pub facts: Vec<Fact>,
}

/// A gap of a layer, before the layer has a position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct LayerGap {
    pub kind: GapKind,
    pub subject: String,
    pub detail: String,
}
