use crate::{Capabilities, Digest};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a directory entry is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link to this target, verbatim.
    Symlink(String),
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// Permission bits, including setuid, setgid and sticky.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mode(pub u16);

impl Mode {
    /// Set-user-id bit.
    pub fn setuid(self) -> bool {
        self.0 & 0o4000 != 0
    }

    /// Set-group-id bit.
    pub fn setgid(self) -> bool {
        self.0 & 0o2000 != 0
    }

    /// Sticky bit.
    pub fn sticky(self) -> bool {
        self.0 & 0o1000 != 0
    }

    /// Writable by everybody.
    pub fn world_writable(self) -> bool {
        self.0 & 0o002 != 0
    }

    /// Executable by anybody.
    pub fn executable(self) -> bool {
        self.0 & 0o111 != 0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// One path of the image as a container would see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path from the image root, without a leading slash. Bytes that are not
    /// UTF-8 are escaped without loss.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Permission bits.
    pub mode: Mode,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Bytes of content; 0 for anything but a regular file.
    pub size: u64,
    /// SHA-256 of the content of a regular file.
    pub digest: Option<Digest>,
    /// Index of the layer that wrote it last.
    pub layer: u32,
    /// An executable or shared object by its first bytes.
    pub program: bool,
    /// Index of the package that it belongs to, in the inventory's packages.
    pub owner: Option<u32>,
    /// What a program is given when it starts.
    #[serde(default)]
    pub capabilities: Capabilities,
}
