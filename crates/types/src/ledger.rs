use crate::{FileKind, Inventory};
use serde::{Deserialize, Serialize};

/// A file that is not what its package's own record says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alteration {
    /// Path from the image root, without a leading slash.
    pub path: String,
    /// Index of the package in [`Inventory::packages`].
    pub package: u32,
    /// What is wrong.
    pub change: Change,
    /// Index of the layer that wrote the file last; `None` for a missing one.
    pub layer: Option<u32>,
}

/// How a file differs from its package's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Its content has another digest.
    Content,
    /// It is something else than a regular file.
    Kind,
    /// It is not in the image.
    Missing,
}

impl Change {
    /// Every change.
    pub const ALL: &'static [Change] = &[Change::Content, Change::Kind, Change::Missing];

    /// The word used in output and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Content => "content",
            Change::Kind => "kind",
            Change::Missing => "missing",
        }
    }
}

/// How much of an image belongs to a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Regular files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that no package owns.
    pub unowned_files: u64,
    /// Their bytes.
    pub unowned_bytes: u64,
    /// Executables and shared objects that no package owns.
    pub unowned_programs: u64,
}

impl Inventory {
    /// Adds up which files belong to packages.
    pub fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        for file in self.files.iter().filter(|f| f.kind == FileKind::File) {
            ledger.files += 1;
            ledger.bytes += file.size;
            if file.owner.is_none() {
                ledger.unowned_files += 1;
                ledger.unowned_bytes += file.size;
                ledger.unowned_programs += u64::from(file.program);
            }
        }
        ledger
    }
}
