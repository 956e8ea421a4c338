//! Debian packages and what has their form: the databases of dpkg and opkg,
//! archives, copyright files.

mod archive;
mod control;
mod copyright;
mod dpkg;
mod files;
mod opkg;

pub(super) use archive::Archive;
pub(super) use copyright::Copyright;
pub(super) use dpkg::Dpkg;
pub(super) use opkg::Opkg;
