//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::{CollectGap, Collector};
use plimsoll_types::GapKind;

mod apk;
mod apple;
mod beam;
mod cargo_lock;
mod conan;
mod deb822;
pub(crate) mod dotnet;
mod dpkg;
mod elm;
mod go;
mod go_mod;
mod haskell;
mod helm;
mod java;
mod jvm_locks;
mod license_file;
mod lock;
mod maven;
mod nimble;
mod npm;
mod opam;
pub(crate) mod os_release;
mod pom;
mod pubspec;
mod python;
pub(crate) mod rpm;
mod spack;
mod terraform;
mod text;
mod users;
mod vcpkg;
mod xml;
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
    &maven::Maven,
    &jvm_locks::JvmLocks,
    &dotnet::DepsJson,
    &dotnet::Assemblies,
    &dotnet::NugetLocks,
    &cargo_lock::CargoLock,
    &conan::Conan,
    &vcpkg::Vcpkg,
    &beam::Beam,
    &pubspec::Pubspec,
    &apple::Apple,
    &haskell::Haskell,
    &opam::Opam,
    &spack::Spack,
    &nimble::Nimble,
    &elm::Elm,
    &terraform::Terraform,
    &helm::Helm,
    &license_file::LicenseFile,
    &users::Users,
];
