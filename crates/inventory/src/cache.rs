//! Layer facts on disk, by the digest of the bytes they were read from.

use crate::collectors;
use crate::facts::LayerFacts;
use plimsoll_types::Digest;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Raise when a collector's answers or the form of the facts change.
const EPOCH: u32 = 7;
/// Facts of the largest layer that is allowed (2 M entries) stay below this.
const MAX_FACTS: u64 = 2 << 30;
/// Bytes of all facts on disk; the least recently used go first.
const MAX_TOTAL: u64 = 1 << 30;
const PREFIX: &str = "layers-";
/// Characters of the hash behind the prefix.
const HASH: usize = 12;

/// A directory of layer facts. Losing it costs time only.
#[derive(Clone, Debug)]
pub struct FactCache {
    /// Folder of all caches.
    parent: PathBuf,
    /// Folder of this program's own.
    folder: PathBuf,
    total: u64,
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
            parent: folder.to_owned(),
            folder: folder.join(format!("{PREFIX}{}", &digest[..HASH])),
            total: MAX_TOTAL,
        }
    }

    /// Facts of the layer whose stored bytes have this digest.
    pub fn get(&self, blob: &Digest) -> Option<LayerFacts> {
        let file = fs::File::open(self.file(blob)).ok()?;
        // Its time says when it was used last.
        let _ = file.set_modified(SystemTime::now());
        let mut bytes = Vec::new();
        zstd::Decoder::new(file)
            .ok()?
            .take(MAX_FACTS)
            .read_to_end(&mut bytes)
            .ok()?;
        let facts: LayerFacts = postcard::from_bytes(&bytes).ok()?;
        (facts.blob == *blob).then_some(facts)
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
        self.tidy();
        Some(())
    }

    /// Removes folders of other versions and, beyond the total, what was not
    /// used for longest.
    fn tidy(&self) -> Option<()> {
        for entry in fs::read_dir(&self.parent).ok()?.flatten() {
            let name = entry.file_name();
            let hash = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
            let ours = |hash: &str| {
                hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            };
            if hash.is_some_and(ours) && entry.path() != self.folder {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let mut files: Vec<_> = fs::read_dir(&self.folder)
            .ok()?
            .flatten()
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        if total > self.total {
            files.sort();
        }
        for (_, length, path) in files {
            if total <= self.total {
                break;
            }
            let _ = fs::remove_file(path);
            total -= length;
        }
        Some(())
    }

    fn file(&self, blob: &Digest) -> PathBuf {
        self.folder
            .join(format!("{}-{}", blob.algorithm(), blob.hex()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{archive, facts};
    use std::time::Duration;

    fn layer(number: u8) -> LayerFacts {
        LayerFacts {
            blob: Digest::sha256([number; 32]),
            ..facts(&archive(&["a"]))
        }
    }

    #[test]
    fn facts_are_found_by_the_stored_bytes_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FactCache::new(folder.path());
        let facts = layer(1);
        cache.put(&facts);
        assert_eq!(cache.get(&facts.blob), Some(facts.clone()));
        // Under the digest of the uncompressed bytes, by whatever way.
        fs::copy(cache.file(&facts.blob), cache.file(&facts.diff_id)).unwrap();
        assert_ne!(facts.blob, facts.diff_id);
        assert_eq!(cache.get(&facts.diff_id), None);
    }

    #[test]
    fn the_cache_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("layers-0123456789ab");
        let other = folder.path().join("layers-of-mine");
        for folder in [&old, &other] {
            fs::create_dir(folder).unwrap();
        }
        let mut cache = FactCache::new(folder.path());
        cache.put(&layer(1));
        assert!(!old.exists() && other.exists());
        let length = fs::metadata(cache.file(&layer(1).blob)).unwrap().len();
        cache.total = 2 * length + length / 2;
        cache.put(&layer(2));
        for number in 1..=2 {
            let file = fs::File::open(cache.file(&layer(number).blob)).unwrap();
            let time = SystemTime::now() - Duration::from_secs(100 - u64::from(number));
            file.set_modified(time).unwrap();
        }
        // The first is the older one, but was used since.
        assert!(cache.get(&layer(1).blob).is_some());
        cache.put(&layer(3));
        assert!(cache.get(&layer(1).blob).is_some());
        assert!(cache.get(&layer(2).blob).is_none());
        assert!(cache.get(&layer(3).blob).is_some());
    }
}
