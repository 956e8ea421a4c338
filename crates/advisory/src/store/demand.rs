//! Shards that are fetched when an image needs them.

use super::artifact::Artifact;
use super::index::Origin;
use super::pull::{Pull, artifact};
use super::registry::Registry;
use super::{SHARDS, Status, Store, StoreError};
use std::path::Path;
use std::sync::OnceLock;

/// Opens the repository that a set came from, at the manifest of the set.
pub type Open = dyn Fn(&Origin) -> Result<Box<dyn Registry>, String> + Send + Sync;

/// An opened repository, and what it holds of the set.
type Opened = (Box<dyn Registry>, Artifact);

/// The way back to where a set came from, opened when it is first needed.
pub(super) struct Supplier {
    open: Box<Open>,
    opened: OnceLock<Result<Opened, String>>,
}

impl Store {
    /// Fetches shards that are not here yet when they are first needed.
    #[must_use]
    pub fn fetching(mut self, open: Box<Open>) -> Self {
        self.supplier = Some(Supplier {
            open,
            opened: OnceLock::new(),
        });
        self
    }

    /// How many of the set's files are still to be fetched from the registry
    /// that it came from.
    pub fn waiting(&self) -> usize {
        let folder = self.folder.join(SHARDS);
        let files = self.status.origin.iter().flat_map(|_| self.status.files());
        files.filter(|file| !folder.join(file).is_file()).count()
    }

    /// Fetches a file of the set, if it is one that is still to be fetched.
    pub(super) fn fetch(&self, file: &str) -> Result<(), StoreError> {
        let here = self.folder.join(SHARDS).join(file).is_file();
        let Some(origin) = self.status.origin.as_ref().filter(|_| !here) else {
            return Ok(());
        };
        let fetched = match &self.supplier {
            Some(supplier) => supplier.fetch(&self.folder, &self.status, origin, file),
            None => Err("it comes when an image needs it".to_owned()),
        };
        let mut files = self.status.named_files();
        let name = files.find(|(_, other)| *other == file);
        fetched.map_err(|reason| StoreError::NotHere {
            name: name.map_or("", |(name, _)| name).to_owned(),
            reason,
            reference: origin.reference.clone(),
        })
    }
}

impl Supplier {
    fn fetch(
        &self,
        folder: &Path,
        status: &Status,
        origin: &Origin,
        file: &str,
    ) -> Result<(), String> {
        let opened = self.opened.get_or_init(|| {
            let registry = (self.open)(origin)?;
            let (artifact, manifest) = artifact(&*registry).map_err(|e| e.to_string())?;
            match manifest == origin.manifest {
                true => Ok((registry, artifact)),
                false => Err(format!("`{}` holds another set", registry.name())),
            }
        });
        let (registry, artifact) = opened.as_ref().map_err(Clone::clone)?;
        let mut pull = Pull {
            registry: &**registry,
            artifact,
            folder: folder.join(SHARDS),
            fetched: 0,
            whole: 0,
            patched: 0,
        };
        pull.file(status, file, None).map_err(|e| e.to_string())
    }
}
