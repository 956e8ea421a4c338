//! Out to a registry: each file whole, and as a difference to the files that
//! readers may have.

use super::artifact::{self, Artifact, Blob};
use super::registry::Registry;
use super::signature::{self, SignatureError};
use super::{SHARDS, Store, StoreError, history, sections, terms};
use plimsoll_types::Digest;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// Earlier sets whose files differences lead from.
const EARLIER: usize = 4;

/// How data is published.
#[derive(Clone, Debug, Default)]
pub struct PublishOptions {
    /// Private key to sign with (Ed25519, PEM).
    pub key: Option<PathBuf>,
    /// Take along feeds whose terms forbid passing them on.
    pub restricted: bool,
}

/// What was published.
#[derive(Debug)]
pub struct Published {
    /// Registry, repository and tag.
    pub name: String,
    /// The manifest.
    pub manifest: Digest,
    /// The position of what was published.
    pub position: String,
    /// Feeds that were left out, since their terms forbid passing them on.
    pub left_out: Vec<String>,
    /// Shards and tables.
    pub files: usize,
    /// Differences to files of earlier sets.
    pub deltas: usize,
    /// Bytes of all blobs.
    pub bytes: u64,
    /// Bytes of those that were not there yet.
    pub sent: u64,
}

/// Data that was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The registry does not take it.
    #[error("{0}")]
    Registry(String),
    /// The key cannot be used.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Some of the data is not here.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Some of the data cannot be used.
    #[error("advisory data `{}` cannot be published: {reason}; load it anew with `plimsoll data update`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Store {
    /// Publishes the data, without feeds that may not be passed on. Blobs that
    /// the registry has are not sent again; the manifest goes last, so readers
    /// see all of a set or nothing of it.
    ///
    /// # Errors
    /// [`PublishError`]; the tag then names what it named before.
    pub fn publish(
        &self,
        registry: &dyn Registry,
        options: &PublishOptions,
        say: &dyn Fn(&str),
    ) -> Result<Published, PublishError> {
        let (set, left_out) = match options.restricted {
            true => (history::bare(&self.status), Vec::new()),
            false => terms::passable(&self.status),
        };
        let index = serde_json::to_vec(&set).map_err(|e| self.unusable("index.json", e))?;
        let key = options.key.as_deref();
        let signature = key.map(|key| signature::sign(key, &index)).transpose()?;
        let signature = String::from_utf8(signature.unwrap_or_default()).unwrap_or_default();
        let mut push = Push {
            registry,
            bytes: 0,
            sent: 0,
        };
        let predecessors = history::predecessors(&self.folder, &set, EARLIER);
        let (mut files, mut deltas) = (BTreeMap::new(), BTreeMap::new());
        for (name, file) in set.named_files() {
            say(&format!("publishing {name}"));
            self.fetch(file)?;
            let path = self.folder.join(SHARDS).join(file);
            let bytes = fs::read(&path).map_err(|e| self.unusable(file, e))?;
            if !sections::is_whole(&bytes, file) {
                return Err(self.unusable(file, "it is not what was written"));
            }
            let packed = history::difference(&[], &bytes).map_err(|e| self.unusable(file, e))?;
            files.insert(file.to_owned(), push.blob(&packed)?);
            for from in predecessors.get(file).into_iter().flatten() {
                let Some(old) = history::earlier(&self.folder, from) else {
                    continue;
                };
                let delta =
                    history::difference(&old, &bytes).map_err(|e| self.unusable(file, e))?;
                if delta.len() < packed.len() {
                    let blob = push.blob(&delta)?;
                    deltas.insert((file.to_owned(), from.clone()), blob);
                }
            }
        }
        let packed = history::difference(&[], &index).map_err(|e| self.unusable("index.json", e));
        let artifact = Artifact {
            position: set.position,
            built: set.built,
            config: push.blob(artifact::NOTHING)?,
            index: push.blob(&packed?)?,
            signature,
            files,
            deltas,
        };
        let manifest = registry
            .push_manifest(artifact::MANIFEST, &artifact.write())
            .map_err(PublishError::Registry)?;
        Ok(Published {
            name: registry.name(),
            manifest,
            position: artifact.position,
            left_out,
            files: artifact.files.len(),
            deltas: artifact.deltas.len(),
            bytes: push.bytes,
            sent: push.sent,
        })
    }

    fn unusable(&self, file: &str, reason: impl ToString) -> PublishError {
        PublishError::File {
            path: self.folder.join(SHARDS).join(file),
            reason: reason.to_string(),
        }
    }
}

/// Blobs on their way, counted.
struct Push<'a> {
    registry: &'a dyn Registry,
    bytes: u64,
    sent: u64,
}

impl Push<'_> {
    fn blob(&mut self, bytes: &[u8]) -> Result<Blob, PublishError> {
        let pushed = self.registry.push_blob(bytes);
        let (digest, sent) = pushed.map_err(PublishError::Registry)?;
        let size = bytes.len() as u64;
        self.bytes += size;
        if sent {
            self.sent += size;
        }
        Ok(Blob { digest, size })
    }
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            manifest,
            files,
            deltas,
            bytes,
            sent,
            ..
        } = self;
        let position = self.position.get(..16).unwrap_or(&self.position);
        writeln!(f, "position {position} is in oci://{name} ({manifest})")?;
        writeln!(
            f,
            "files {files}, differences {deltas}; bytes {bytes}, sent {sent}"
        )
    }
}
