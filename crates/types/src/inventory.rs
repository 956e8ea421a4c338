use crate::{Alteration, Coverage, Digest, Distro, FileEntry, Group, ImageConfig, Package, User};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Everything known about an image before advisories and policy: the whole
/// image as one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Which image this is.
    pub image: ImageIdentity,
    /// Its configuration; `None` for sources that have none.
    pub config: Option<ImageConfig>,
    /// Its layers, bottom first.
    pub layers: Vec<Layer>,
    /// Its distribution; `None` when no file states one.
    pub distro: Option<Distro>,
    /// Packages a container would see, sorted by identity.
    pub packages: Vec<Package>,
    /// Packages that some layer had and a later one removed, sorted likewise.
    pub removed_packages: Vec<Package>,
    /// Paths a container would see, sorted.
    pub files: Vec<FileEntry>,
    /// Files that are not what their package's record says, sorted.
    pub alterations: Vec<Alteration>,
    /// Accounts of the visible `/etc/passwd`.
    pub users: Vec<User>,
    /// Groups of the visible `/etc/group`.
    pub groups: Vec<Group>,
    /// What was looked at and what could not be.
    pub coverage: Coverage,
}

/// What an image is called and which bytes were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageIdentity {
    /// What the user asked for, without a source prefix.
    pub name: String,
    /// The source that answered, for example `registry` or `oci-dir`.
    pub source: String,
    /// Canonical reference (`docker.io/library/nginx:1.27`) where there is one.
    /// An archive or a layout names itself, and whoever wrote it chose the
    /// name: it serves to choose a policy by and proves no origin.
    pub reference: Option<String>,
    /// Digest that the reference resolved to: an index or a manifest.
    pub resolved: Option<Digest>,
    /// Digest of the platform's manifest.
    pub manifest: Option<Digest>,
    /// Digest of the configuration: the image id.
    pub config: Option<Digest>,
    /// Operating system and architecture.
    pub platform: Option<Platform>,
    /// `false` when the bytes came over an unprotected network connection.
    pub secure_channel: bool,
}

/// Operating system and architecture of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// For example `linux`.
    pub os: String,
    /// For example `amd64`.
    pub architecture: String,
    /// For example `v7`; empty when there is none.
    pub variant: String,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        Ok(())
    }
}

/// One layer of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// SHA-256 of the uncompressed bytes, computed while reading.
    pub diff_id: Digest,
    /// Digest of the bytes as fetched, computed while reading; equals
    /// `diff_id` for an uncompressed layer.
    pub blob: Digest,
    /// Uncompressed bytes.
    pub size: u64,
    /// The Dockerfile instruction that made it, where history tells.
    pub instruction: Option<String>,
}
