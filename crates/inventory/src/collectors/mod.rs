//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::{CollectGap, Collector};
use plimsoll_types::GapKind;
use records::{declared, packages, purl};

mod alpm;
mod apk;
mod apple;
mod beam;
mod binary;
mod bitnami;
mod bottlerocket;
mod cargo_lock;
mod chisel;
mod composer;
mod conan;
mod conda;
mod cos;
mod cpe;
mod deb822;
mod debian;
pub(crate) mod dotnet;
mod elf_note;
mod elm;
pub(crate) mod executable;
mod flatpak;
mod format;
mod gemfile_lock;
mod go;
mod go_mod;
mod graph;
mod haskell;
mod helm;
mod homebrew;
mod integers;
mod java;
mod julia;
mod jvm;
mod jvm_locks;
mod kernel;
mod license_file;
mod lock;
mod lua;
mod maven;
mod model;
mod native_image;
mod needs;
mod nimble;
mod nix;
mod npm;
mod npm_lock;
mod opam;
pub(crate) mod os_release;
mod pear;
mod perl;
mod php;
mod php_extension;
mod pom;
mod portage;
mod prolog;
mod pubspec;
mod python;
mod python_lock;
mod r;
mod records;
mod repositories;
pub(crate) mod rpm;
mod ruby;
mod rust;
pub(crate) mod sbom;
mod snap;
mod spack;
mod sqlite;
mod terraform;
mod text;
mod users;
mod vcpkg;
mod wordpress;
mod xml;
mod yaml;
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
    // Distributions and their packages.
    &os_release::OsRelease,
    &repositories::Repositories,
    &debian::Dpkg,
    &debian::Copyright,
    &debian::Archive,
    &debian::Opkg,
    &apk::Apk,
    &rpm::Rpm,
    &rpm::Archive,
    &alpm::Alpm,
    &portage::Portage,
    &chisel::Chisel,
    &cos::Cos,
    &bottlerocket::Bottlerocket,
    // Packages on top of any distribution.
    &nix::Nix,
    &snap::Snap,
    &flatpak::Flatpak,
    &homebrew::Homebrew,
    &bitnami::Bitnami,
    // Languages.
    &python::Python,
    &python_lock::PythonLock,
    &conda::Conda,
    &npm::Npm,
    &npm_lock::NpmLock,
    &ruby::Ruby,
    &gemfile_lock::GemfileLock,
    &composer::Composer,
    &pear::Pear,
    &wordpress::Wordpress,
    &r::R,
    &lua::Lua,
    &perl::Perl,
    &prolog::Prolog,
    &julia::Julia,
    &go::Go,
    &go_mod::GoMod,
    &java::Java,
    &rust::Rust,
    &native_image::NativeImage,
    // Programs.
    &elf_note::ElfNote,
    &kernel::Kernel,
    &php_extension::PhpExtension,
    &binary::Binary,
    &jvm::Jvm,
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
    &model::Model,
    // Everything else.
    &sbom::Sbom,
    &license_file::LicenseFile,
    &users::Users,
];
