//! Images from a registry (distribution-spec 1.1).

mod blob;
mod challenge;
mod client;
mod credentials;
mod push;
mod repository;
pub(crate) mod roots;
mod transport;

pub use blob::Blob;
pub use repository::{Repository, digest_of};
pub use transport::Content;

use crate::image::{Layers, identity};
use crate::manifest::{self, Descriptor};
use crate::{Image, ImageError, Options, Reference, limits};
use client::Client;
use plimsoll_types::Digest;
use std::io::Read;

pub(crate) fn open(text: &str, options: &Options) -> Result<Image, ImageError> {
    let reference: Reference = text.parse()?;
    let name = reference.to_string();
    if options.offline {
        return Err(ImageError::Offline { input: name });
    }
    let client = Client::new(&reference, options)?;
    let wanted = reference.wanted();
    let (first, digest) = client.manifest(&wanted, reference.digest.as_ref())?;
    let root = Descriptor::named(digest.clone(), first.len() as u64);
    let fetch = |named: &Descriptor| match named.digest == digest {
        true => Ok(first.clone()),
        false => client
            .manifest(named.digest.as_str(), Some(&named.digest))
            .map(|(b, _)| b),
    };
    let manifest = manifest::resolve(&name, &root, options.platform.as_ref(), &fetch)?;
    let mut config = Vec::new();
    client
        .blob(&manifest.config.digest)?
        .take(limits::CONFIG_BYTES)
        .read_to_end(&mut config)
        .map_err(|e| ImageError::io(&name, &e))?;
    let mut identity = identity(text, "registry");
    identity.reference = Some(name);
    identity.resolved = Some(digest);
    identity.secure_channel = client.is_secure();
    let blobs = manifest.layers.iter().map(|l| l.digest.clone()).collect();
    Image::from_manifest(
        identity,
        manifest,
        &config,
        options,
        Box::new(Remote { client, blobs }),
    )
}

struct Remote {
    client: Client,
    blobs: Vec<Digest>,
}

impl Layers for Remote {
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, ImageError> {
        let missing = || ImageError::not_found("registry", format!("layer {index}"));
        self.client.blob(self.blobs.get(index).ok_or_else(missing)?)
    }
}
