//! What collectors say about files: plain values that serialise.

use plimsoll_types::{Distro, Group, PackageRecord, User};
use serde::{Deserialize, Serialize};

/// One thing a file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// Packages. A database names all packages of its kind at once, so a
    /// package that is no longer in it is gone; other evidence names its own.
    Packages(Vec<PackageRecord>),
    /// Files that belong to packages.
    Owned(Vec<Ownership>),
    /// The distribution.
    Distro(Distro),
    /// Lines of `/etc/passwd`.
    Users(Vec<User>),
    /// Lines of `/etc/group`.
    Groups(Vec<Group>),
}

/// The files that a package says are its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
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
    /// Path from the image root, without a leading slash.
    pub path: String,
    /// Digest that the package's record states.
    pub digest: Option<FileDigest>,
    /// A configuration or ghost file: expected to change, proves nothing.
    pub config: bool,
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
