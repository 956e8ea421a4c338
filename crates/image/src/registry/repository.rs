//! One repository of a registry, to read from and to write to.

use super::blob::Blob;
use super::client::Client;
use super::transport::Content;
use crate::digester::Digester;
use crate::{ImageError, Options, Reference};
use plimsoll_types::Digest;

/// One repository of a registry: manifests and blobs, in both directions.
pub struct Repository {
    client: Client,
    reference: Reference,
}

impl Repository {
    /// Settles how to speak to the registry, and with which credentials.
    ///
    /// # Errors
    /// When the network is forbidden, or the registry cannot be reached safely.
    pub fn open(reference: &Reference, options: &Options) -> Result<Self, ImageError> {
        if options.offline {
            return Err(ImageError::Offline {
                input: reference.to_string(),
            });
        }
        Ok(Self {
            client: Client::new(reference, options)?,
            reference: reference.clone(),
        })
    }

    /// The exact bytes of the manifest that the reference names, and their
    /// digest; `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be fetched, or does not have the digest that names it.
    pub fn manifest(&self) -> Result<Option<(Vec<u8>, Digest)>, ImageError> {
        let named = self.reference.digest.as_ref();
        match self.client.manifest(&self.reference.wanted(), named) {
            Err(ImageError::NotFound { .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    /// A blob of `size` bytes as a stream, which goes on after a cut and fails
    /// at its end when it was another blob.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn blob(&self, digest: &Digest, size: u64) -> Result<Blob<'_>, ImageError> {
        Blob::open(&self.client, digest, size)
    }

    /// Whether the repository has a blob.
    ///
    /// # Errors
    /// When the registry does not say.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool, ImageError> {
        self.client.has_blob(digest)
    }

    /// Sends a blob.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub fn push_blob(&self, digest: &Digest, content: &dyn Content) -> Result<(), ImageError> {
        self.client.push_blob(digest, content)
    }

    /// Puts a manifest where the reference says; its digest is returned.
    ///
    /// # Errors
    /// When the registry does not take it, or took something else.
    pub fn push_manifest(&self, media_type: &str, bytes: &[u8]) -> Result<Digest, ImageError> {
        let wanted = self.reference.wanted();
        self.client.push_manifest(&wanted, media_type, bytes)
    }
}

/// The SHA-256 digest that names a blob.
pub fn digest_of(bytes: &[u8]) -> Digest {
    Digester::of(bytes, None)
}
