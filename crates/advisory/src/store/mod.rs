//! The advisory store: one immutable shard for each namespace, mapped and read
//! in place, and an index that names the current set.

mod artifact;
mod bundle;
mod changes;
mod compile;
mod demand;
mod history;
mod index;
mod part;
mod publish;
mod pull;
mod registry;
mod sections;
mod shard;
mod signature;
mod terms;
mod writer;

pub use bundle::{BundleError, import};
pub use changes::ClaimChange;
pub use demand::Open;
pub use history::Snapshot;
pub(crate) use index::Source;
pub use index::{FeedStatus, Origin, ShardStatus, Status};
pub use publish::{PublishError, PublishOptions, Published};
pub use pull::{PullError, PullOptions, Pulled, pull};
pub use registry::Registry;
pub use signature::SignatureError;

pub(crate) use compile::{state, title};
pub(crate) use sections::Corrupt;
pub(crate) use shard::{Claim, Extra, Head, Inside, Shard};
pub(crate) use writer::{Lock, Shrinking, Writing};

use crate::intake::Description;
use crate::namespace::Namespace;
use plimsoll_types::{Epss, KnownExploited, Lifecycle};
use sections::Sections;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Below the data folder.
const FOLDER: &str = "advisories";
const SHARDS: &str = "shards";
/// Why a window was left out.
pub(crate) const NO_VERSION: &str = "bound that is no version";
const KEYS: usize = 0;
const KEY_ENDS: usize = 1;
const VALUES: usize = 2;
const VALUE_ENDS: usize = 3;

/// Advisory data that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was ever loaded.
    #[error("there is no advisory data in `{}`; load some with `plimsoll data update --from FOLDER|URL`", folder.display())]
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Nothing was current at that moment.
    #[error("there was no advisory data at `{at}`; what is known begins at {first}")]
    NoSnapshot {
        /// The moment or position.
        at: String,
        /// The oldest set that is known.
        first: String,
    },
    /// A file of the set was not fetched yet, and is not to be had now.
    #[error(
        "the advisory data of `{name}` is not here: {reason}; fetch all of it with `plimsoll data update --from oci://{reference}`"
    )]
    NotHere {
        /// Namespace or table.
        name: String,
        /// Why it did not come.
        reason: String,
        /// Where it would come from.
        reference: String,
    },
    /// A file is not what this program wrote.
    #[error("advisory data `{}` is not usable: {reason}; load it anew with `plimsoll data update`", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The advisory data of one data folder, as of the moment it was opened.
pub struct Store {
    folder: PathBuf,
    status: Status,
    supplier: Option<demand::Supplier>,
}

impl Store {
    /// Reads the index. Shards are mapped when they are first needed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when no data was ever loaded, else
    /// [`StoreError::Corrupt`].
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        let folder = data.join(FOLDER);
        let status = Status::read(&folder)?;
        Ok(Self {
            folder,
            status,
            supplier: None,
        })
    }

    /// Reads the index of the set that was current at a moment (`2026-11-24`,
    /// or any beginning of RFC 3339), or of the one whose position begins so.
    ///
    /// # Errors
    /// As [`Self::open`], and [`StoreError::NoSnapshot`] when none was.
    pub fn open_at(data: &Path, at: &str) -> Result<Self, StoreError> {
        let folder = data.join(FOLDER);
        let status = history::find(&folder, &Status::read(&folder)?, at)?;
        Ok(Self {
            folder,
            status,
            supplier: None,
        })
    }

    /// Every set of data that is still known, the current one last.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        history::snapshots(&self.folder, &self.status)
    }

    /// Feeds, shards, position and age.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The shard of a namespace; `None` where there is no data for it.
    pub(crate) fn shard(&self, namespace: &Namespace) -> Option<Result<Shard, StoreError>> {
        let name = namespace.to_string();
        let shard = self
            .status
            .shards
            .iter()
            .find(|shard| shard.namespace == name)?;
        let sections = self.sections(&shard.file);
        Some(sections.map(|sections| Shard::new(sections, namespace.scheme())))
    }

    /// A table by CVE; `None` where it was never loaded.
    pub(crate) fn table<T: Row>(&self) -> Option<Result<Table<T>, StoreError>> {
        let file = self.status.tables.get(T::NAME)?;
        let sections = self.sections(file);
        Some(sections.map(|sections| Table(sections, PhantomData)))
    }

    /// Maps a file, whose name tells its content.
    fn sections<const N: usize>(&self, file: &str) -> Result<Sections<N>, StoreError> {
        let path = self.folder.join(SHARDS).join(file);
        self.fetch(file)?;
        let name = file.split('.').next().unwrap_or_default();
        let reason = match Sections::open(&path, name) {
            Ok(Ok(sections)) => return Ok(sections),
            Ok(Err(Corrupt)) => "it is not what was written".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(StoreError::Corrupt { path, reason })
    }
}

/// What a table by CVE is made of.
pub(crate) trait Row: DeserializeOwned {
    const NAME: &'static str;
    /// What the table is, for people.
    const ABOUT: &'static str;
}

impl Row for KnownExploited {
    const NAME: &'static str = "kev";
    const ABOUT: &'static str = "known exploited vulnerabilities";
}

impl Row for Epss {
    const NAME: &'static str = "epss";
    const ABOUT: &'static str = "likelihoods of exploitation";
}

impl Row for Lifecycle {
    const NAME: &'static str = "lifecycle";
    const ABOUT: &'static str = "lifecycles of distributions";
}

impl Row for Description {
    const NAME: &'static str = "cve";
    const ABOUT: &'static str = "descriptions of CVEs";
}

/// Rows by CVE.
pub(crate) struct Table<T>(Sections<4>, PhantomData<T>);

impl<T: Row> Table<T> {
    pub(crate) fn get(&self, cve: &str) -> Result<Option<T>, Corrupt> {
        match self.0.search::<1>(KEY_ENDS, KEYS, cve.as_bytes())? {
            Ok(index) => shard::decode(self.0.item::<1>(VALUE_ENDS, VALUES, index)?).map(Some),
            Err(_) => Ok(None),
        }
    }
}
