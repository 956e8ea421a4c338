//! Layer facts on disk, by the digest of the bytes they were read from.

use crate::collectors;
use crate::facts::LayerFacts;
use plimsoll_types::Digest;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Raise when a collector's answers or the form of the facts change.
const EPOCH: u32 = 2;
/// Facts of the largest layer that is allowed (2 M entries) stay below this.
const MAX_FACTS: u64 = 2 << 30;

/// A directory of layer facts. Losing it costs time only.
#[derive(Clone, Debug)]
pub struct FactCache {
    folder: PathBuf,
}

impl FactCache {
    /// A cache below `folder`, which is made when something is stored.
    pub fn new(folder: &Path) -> Self {
        let names: Vec<&str> = collectors::ALL
            .iter()
            .map(|collector| collector.name())
            .collect();
        let set = format!("{EPOCH} {} {}", env!("CARGO_PKG_VERSION"), names.join(" "));
        let digest = blake3::hash(set.as_bytes()).to_hex();
        Self {
            folder: folder.join(format!("layers-{}", &digest[..12])),
        }
    }

    /// Facts of the layer whose stored bytes have this digest.
    pub fn get(&self, blob: &Digest) -> Option<LayerFacts> {
        let file = fs::File::open(self.file(blob)).ok()?;
        let mut bytes = Vec::new();
        zstd::Decoder::new(file)
            .ok()?
            .take(MAX_FACTS)
            .read_to_end(&mut bytes)
            .ok()?;
        let facts: LayerFacts = postcard::from_bytes(&bytes).ok()?;
        (facts.blob == *blob || facts.diff_id == *blob).then_some(facts)
    }

    /// Keeps facts whose digests were checked. A cache that cannot be written
    /// is not an error: the next scan reads the layer again.
    pub fn put(&self, facts: &LayerFacts) {
        let _ = self.store(facts);
    }

    fn store(&self, facts: &LayerFacts) -> Option<()> {
        fs::create_dir_all(&self.folder).ok()?;
        let bytes = postcard::to_stdvec(facts).ok()?;
        let packed = zstd::encode_all(bytes.as_slice(), 1).ok()?;
        let file = tempfile::NamedTempFile::new_in(&self.folder).ok()?;
        fs::write(file.path(), packed).ok()?;
        file.persist(self.file(&facts.blob)).ok()?;
        Some(())
    }

    fn file(&self, blob: &Digest) -> PathBuf {
        self.folder
            .join(format!("{}-{}", blob.algorithm(), blob.hex()))
    }
}
