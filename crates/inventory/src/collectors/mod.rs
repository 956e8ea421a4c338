//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::{CollectGap, Collector};
use plimsoll_types::GapKind;

mod apk;
mod deb822;
mod dpkg;
mod go;
mod go_mod;
mod java;
mod license_file;
mod npm;
pub(crate) mod os_release;
mod python;
pub(crate) mod rpm;
pub(crate) mod sbom;
mod text;
mod users;
mod zip;

/// Packages that one database may name, and files that one package or list
/// may own: far more than any has, and no more than memory holds.
const MOST_PACKAGES: usize = 200_000;
const MOST_FILES: usize = 500_000;

/// Where a file names more than that.
fn too_many(collector: &str) -> CollectGap {
    CollectGap {
        kind: GapKind::LimitExceeded,
        nested: Vec::new(),
        detail: format!("{collector}: it names more than is kept of one file"),
    }
}

/// Every collector, in the order in which they are asked.
pub static ALL: &[&dyn Collector] = &[
    &os_release::OsRelease,
    &dpkg::Dpkg,
    &apk::Apk,
    &rpm::Rpm,
    &python::Python,
    &npm::Npm,
    &go::Go,
    &go_mod::GoMod,
    &java::Java,
    &sbom::Sbom,
    &license_file::LicenseFile,
    &users::Users,
];
