//! References, sources and verified layer streams.
//!
//! Every source ends in an [`Image`]: its identity, its configuration and its
//! layers as streams of uncompressed tar whose digests are checked on the way.

mod archive;
mod config;
mod digester;
mod directory;
mod docker_archive;
mod error;
mod files;
mod image;
mod inflate;
mod limits;
mod manifest;
mod oci_layout;
mod options;
mod reference;
mod registry;

mod stream;
mod tar_header;

pub use error::ImageError;
pub use image::{Image, LayerRef};
pub use options::Options;
pub use reference::{ParseReferenceError, Reference};
pub use registry::roots::with as authorities;
pub use registry::{Blob, Content, Repository, digest_of};
pub use stream::{LayerStream, VerifiedLayer};
