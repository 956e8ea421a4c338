//! Sets of advisory data in registries: joins the room that knows what they
//! are made of with the one that speaks the protocol.

use super::source::Connection;
use crate::{Failure, progress};
use plimsoll_advisory::{
    Open, PublishOptions, Published, PullOptions, Pulled, Registry, Store, pull,
};
use plimsoll_image::{ImageError, Options, Reference, Repository, digest_of};
use plimsoll_types::Digest;
use std::io::Read;
use std::path::Path;

/// What `--from` has before the reference of a set in a registry.
const SCHEME: &str = "oci://";

/// The reference of a set in a registry; `None` for other places.
pub(super) fn reference(place: &str) -> Option<&str> {
    place.strip_prefix(SCHEME)
}

/// Publishes the data under a tag.
pub(super) fn publish(
    store: &Store,
    place: &str,
    options: &PublishOptions,
    connection: &Connection,
) -> Result<Published, Failure> {
    let text = reference(place).unwrap_or(place);
    let reference: Reference = text.parse().map_err(Failure::usage)?;
    if reference.digest.is_some() {
        return Err(Failure::usage(format!(
            "`{text}` names a digest, which only what is published has; name a tag"
        )));
    }
    let line = progress::Line::new(text);
    let set = Set::open(reference, &connection.options())?;
    let published = store.publish(&set, options, &|what| line.say(what));
    published.map_err(|error| Failure::unjudged(format!("{error}; the tag was not moved")))
}

/// Takes the set that a registry names in the place of what is here.
pub(super) fn take(
    data: &Path,
    text: &str,
    options: &PullOptions,
    connection: &Connection,
) -> Result<Pulled, Failure> {
    let reference: Reference = text.parse().map_err(Failure::usage)?;
    let line = progress::Line::new(text);
    let set = Set::open(reference, &connection.options())?;
    let pulled = pull(data, &set, options, &|what| line.say(what));
    pulled.map_err(|error| Failure::unjudged(format!("{error}; the data stays as it was")))
}

/// Opens the repository that data came from for what is still to be fetched.
/// Nobody asked for that registry, so it gets only credentials that are bound
/// to its name.
pub(super) fn supplier(options: Options) -> Box<Open> {
    Box::new(move |origin| {
        let reference: Reference = origin.reference.parse().map_err(text)?;
        let reference = Reference {
            tag: None,
            digest: Some(origin.manifest.clone()),
            ..reference
        };
        let options = Options {
            bound_credentials: true,
            ..options.clone()
        };
        let repository = Repository::open(&reference, &options).map_err(|error| match error {
            ImageError::Offline { input } => {
                format!("offline mode forbids to fetch it from `{input}`")
            }
            other => other.to_string(),
        })?;
        Ok(Box::new(Set {
            repository,
            reference,
        }))
    })
}

/// One set of data in a registry.
struct Set {
    repository: Repository,
    reference: Reference,
}

impl Set {
    fn open(reference: Reference, options: &Options) -> Result<Self, Failure> {
        let repository = Repository::open(&reference, options).map_err(|error| {
            if error.is_usage() {
                Failure::usage(error)
            } else {
                Failure::unjudged(error)
            }
        })?;
        Ok(Self {
            repository,
            reference,
        })
    }
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

impl Registry for Set {
    fn name(&self) -> String {
        self.reference.to_string()
    }

    fn manifest(&self) -> Result<Option<(Vec<u8>, Digest)>, String> {
        self.repository.manifest().map_err(text)
    }

    fn blob(&self, digest: &Digest, size: u64) -> Result<Vec<u8>, String> {
        let mut blob = self.repository.blob(digest, size).map_err(text)?;
        let mut bytes = Vec::new();
        blob.read_to_end(&mut bytes).map_err(text)?;
        Ok(bytes)
    }

    fn push_blob(&self, bytes: &[u8]) -> Result<(Digest, bool), String> {
        let digest = digest_of(bytes);
        let known = self.repository.has_blob(&digest).map_err(text)?;
        if !known {
            let pushed = self.repository.push_blob(&digest, &bytes);
            pushed.map_err(text)?;
        }
        Ok((digest, !known))
    }

    fn push_manifest(&self, media_type: &str, bytes: &[u8]) -> Result<Digest, String> {
        self.repository
            .push_manifest(media_type, bytes)
            .map_err(text)
    }
}
