//! One file per ecosystem or kind of fact; the table below is what exists.

use crate::collector::{CollectGap, Collected, Collector};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, GapKind, PackageRecord};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

mod alpm;
mod apk;
mod binary;
mod bitnami;
mod bottlerocket;
mod chisel;
mod composer;
mod conda;
mod cos;
mod cpe;
mod deb822;
mod debian;
mod elf_note;
mod executable;
mod flatpak;
mod gemfile_lock;
mod go;
mod go_mod;
mod graph;
mod homebrew;
mod integers;
mod java;
mod julia;
mod jvm;
mod kernel;
mod license_file;
mod lua;
mod native_image;
mod needs;
mod nix;
mod npm;
mod npm_lock;
pub(crate) mod os_release;
mod pear;
mod perl;
mod php;
mod portage;
mod prolog;
mod python;
mod python_lock;
mod r;
pub(crate) mod rpm;
mod ruby;
mod rust;
mod snap;
mod sqlite;
mod text;
mod users;
mod wordpress;
mod yaml;
mod zip;

/// Packages that one database may name, and files that one package or list
/// may own: far more than any has, and no more than memory holds.
const MOST_PACKAGES: usize = 200_000;
const MOST_FILES: usize = 500_000;

/// What a file says that names these packages. One that it names several
/// times is one: for development only where it always is.
fn packages(collector: &str, records: impl IntoIterator<Item = PackageRecord>) -> Collected {
    let mut collected = Collected::default();
    let mut kept: BTreeMap<_, PackageRecord> = BTreeMap::new();
    for record in records {
        let key = (
            record.ecosystem,
            record.name.clone(),
            record.version.clone(),
        );
        let full = kept.len() >= MOST_PACKAGES;
        match kept.entry(key) {
            Entry::Occupied(mut known) => unite(known.get_mut(), record),
            Entry::Vacant(_) if full => {
                collected.gaps.push(too_many(collector));
                break;
            }
            Entry::Vacant(place) => {
                place.insert(record);
            }
        }
    }
    let mut records: Vec<_> = kept.into_values().collect();
    for record in &mut records {
        record.requires.sort();
        record.requires.dedup();
    }
    if !records.is_empty() {
        collected.facts.push(Fact::Packages(records));
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
    for digest in record.digests {
        if !known.digests.contains(&digest) {
            known.digests.push(digest);
        }
    }
    for (key, value) in record.qualifiers {
        known.qualifiers.entry(key).or_insert(value);
    }
}

/// A record of a lock file or manifest.
fn declared(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> PackageRecord {
    PackageRecord::new(
        ecosystem,
        name,
        version.map(str::to_owned),
        Confidence::Declared,
    )
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
    &binary::Binary,
    &jvm::Jvm,
    // Everything else.
    &license_file::LicenseFile,
    &users::Users,
];
