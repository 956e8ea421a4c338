//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::{CollectGap, Collected, Collector};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, GapKind, PackageRecord, PackageUrl};
use std::collections::HashMap;

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
mod executable;
mod flatpak;
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

/// What a file says that names these packages, in the order found. One that it
/// names several times is one: for development only where it always is.
fn packages(collector: &str, records: impl IntoIterator<Item = PackageRecord>) -> Collected {
    let mut collected = Collected::default();
    let mut kept: Vec<PackageRecord> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for record in records.into_iter().filter(|record| !record.name.is_empty()) {
        let key = (
            record.ecosystem,
            record.name.clone(),
            record.version.clone(),
        );
        if let Some(known) = places.get(&key).and_then(|&place| kept.get_mut(place)) {
            unite(known, record);
        } else if kept.len() < MOST_PACKAGES {
            places.insert(key, kept.len());
            kept.push(record);
        } else {
            collected.gaps.push(too_many(collector));
            break;
        }
    }
    for record in &mut kept {
        for list in [&mut record.requires, &mut record.digests] {
            list.sort();
            list.dedup();
        }
    }
    if !kept.is_empty() {
        collected.facts.push(Fact::Packages(kept));
    }
    collected
}

fn unite(known: &mut PackageRecord, record: PackageRecord) {
    known.development &= record.development;
    known.local &= record.local;
    known.requires.extend(record.requires);
    if known.licenses.is_empty() {
        known.licenses = record.licenses;
    }
    // Put in order when all is known.
    known.digests.extend(record.digests);
    for (key, value) in record.qualifiers {
        known.qualifiers.entry(key).or_insert(value);
    }
}

/// A record of a lock file or manifest.
fn declared(ecosystem: Ecosystem, name: impl Into<String>, version: Option<&str>) -> PackageRecord {
    let version = version.map(str::to_owned);
    PackageRecord::new(ecosystem, name, version, Confidence::Declared)
}

/// A package URL that does not follow from a record's other fields.
fn purl(kind: &str, namespace: &str, name: &str, version: Option<&str>) -> String {
    let purl = PackageUrl {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        ..PackageUrl::default()
    };
    purl.to_string()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_named_twice_is_one_with_all_its_needs() {
        let record = |development, need: &str| {
            let mut record = declared(Ecosystem::Nuget, "x", Some("1"));
            record.development = development;
            record.requires = vec![need.to_owned()];
            record
        };
        let nameless = declared(Ecosystem::Nuget, "", Some("1"));
        let named = [
            record(true, "b"),
            nameless,
            record(false, "a"),
            record(true, "b"),
        ];
        let facts = packages("x", named).facts;
        let [Fact::Packages(records)] = facts.as_slice() else {
            panic!("{facts:?}")
        };
        assert_eq!(records.len(), 1);
        assert!(!records[0].development);
        assert_eq!(records[0].requires, ["a", "b"]);
    }
}
