//! What sets of data need of a registry. The room that speaks the protocol is
//! another one.

use plimsoll_types::Digest;

/// One repository of a registry, at one tag or digest. Errors are one line for
/// people that names the repository.
pub trait Registry: Send + Sync {
    /// Registry, repository and tag or digest.
    fn name(&self) -> String;

    /// The exact bytes of the manifest and their digest, where there is one.
    ///
    /// # Errors
    /// When the registry does not say.
    fn manifest(&self) -> Result<Option<(Vec<u8>, Digest)>, String>;

    /// The bytes of a blob of `size` bytes.
    ///
    /// # Errors
    /// When they cannot be fetched, or do not have that digest and size.
    fn blob(&self, digest: &Digest, size: u64) -> Result<Vec<u8>, String>;

    /// Sends a blob, unless it is there already: its digest, and whether it
    /// was sent.
    ///
    /// # Errors
    /// When the registry does not take it.
    fn push_blob(&self, bytes: &[u8]) -> Result<(Digest, bool), String>;

    /// Puts a manifest under the tag; its digest is returned.
    ///
    /// # Errors
    /// When the registry does not take it.
    fn push_manifest(&self, media_type: &str, bytes: &[u8]) -> Result<Digest, String>;
}
