//! Evidence that is only another sign of a package that is listed already:
//! programs that an OS package installed, launchers of a Java runtime, and
//! what programs say of the package that they are part of.

use crate::path::{name, parent};
use plimsoll_types::{Confidence, Distro, Ecosystem, Inventory, Package, PackageRecord};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Whether a record, where its file belongs to an installed package, is a sign
/// of that package and nothing of its own.
pub(super) fn is_sign(record: &PackageRecord) -> bool {
    match record.ecosystem {
        Ecosystem::Binary | Ecosystem::Jvm | Ecosystem::Kernel | Ecosystem::KernelModule => true,
        ecosystem => ecosystem.is_os() && record.confidence == Confidence::Embedded,
    }
}

/// Drops signs, place by place, that other packages explain. `owned` are the
/// files that installed packages have.
pub(super) fn fold(inventory: &mut Inventory, owned: &HashSet<String>) {
    let explained = Explained::by(&inventory.packages);
    inventory.packages.retain_mut(|package| {
        let record = &package.record;
        if !is_sign(record) {
            return true;
        }
        if explained.in_database(record) {
            return false;
        }
        package.locations.retain(|place| {
            !owned.contains(&place.path) && !explained.in_runtime(record, &place.path)
        });
        !package.locations.is_empty()
    });
    for package in &mut inventory.packages {
        let record = &mut package.record;
        let of_os = record.ecosystem.is_os() && record.confidence == Confidence::Embedded;
        if of_os && is_foreign(record, inventory.distro.as_ref()) {
            // What it is stays in its package URL. The distribution of the
            // image has no word on it.
            record.ecosystem = Ecosystem::Generic;
        }
    }
}

/// What the better evidence says.
struct Explained {
    /// Names and versions in package databases, binary and source, with the
    /// architecture.
    installed: HashMap<(Ecosystem, String, String), Vec<Option<String>>>,
    /// Folders of Java runtimes that have a `release` file.
    homes: BTreeSet<String>,
    /// Folders of programs in which there is a launcher that only kits have.
    kits: BTreeSet<String>,
}

impl Explained {
    fn by(packages: &[Package]) -> Self {
        let mut explained = Self {
            installed: HashMap::new(),
            homes: BTreeSet::new(),
            kits: BTreeSet::new(),
        };
        for package in packages {
            let record = &package.record;
            let folders = package.locations.iter().map(|place| parent(&place.path));
            match (record.ecosystem, record.confidence) {
                (Ecosystem::Jvm, Confidence::Installed) => {
                    explained.homes.extend(folders.map(str::to_owned));
                }
                (Ecosystem::Jvm, _) if record.name == "jdk" => {
                    explained.kits.extend(folders.map(str::to_owned));
                }
                (ecosystem, Confidence::Installed) if ecosystem.is_os() => {
                    explained.install(record);
                }
                _ => {}
            }
        }
        explained
    }

    fn install(&mut self, record: &PackageRecord) {
        let Some(version) = &record.version else {
            return;
        };
        let source = record.source.as_ref();
        let source_version = source.and_then(|source| source.version.as_ref());
        for (name, version) in [
            (record.name.as_str(), version),
            (record.source_name(), source_version.unwrap_or(version)),
        ] {
            let version = without_epoch(version).to_owned();
            let key = (record.ecosystem, name.to_owned(), version);
            let arches = self.installed.entry(key).or_default();
            if !arches.contains(&record.arch) {
                arches.push(record.arch.clone());
            }
        }
    }

    /// Notes of programs name the package or its source, without the epoch,
    /// and may leave out the architecture.
    fn in_database(&self, record: &PackageRecord) -> bool {
        if !record.ecosystem.is_os() {
            return false;
        }
        let version = without_epoch(record.version.as_deref().unwrap_or_default());
        let key = (record.ecosystem, record.name.clone(), version.to_owned());
        let arches = self.installed.get(&key).map_or(&[][..], Vec::as_slice);
        let agrees = |arch: &Option<String>| {
            let known = arch.as_ref().zip(record.arch.as_ref());
            known.is_none_or(|(a, b)| a == b || is_any(a) || is_any(b))
        };
        arches.iter().any(agrees)
    }

    /// Whether a launcher is that of a runtime that is listed by a file of its
    /// own, or that of a kit.
    fn in_runtime(&self, record: &PackageRecord, path: &str) -> bool {
        if record.ecosystem != Ecosystem::Jvm || record.confidence == Confidence::Installed {
            return false;
        }
        let folder = parent(path);
        if record.name == "jre" && self.kits.contains(folder) {
            return true;
        }
        if name(folder) != "bin" {
            return false;
        }
        let home = parent(folder);
        // Until Java 8 a kit had a runtime inside.
        let outer = Some(parent(home)).filter(|_| name(home) == "jre");
        self.homes.contains(home) || outer.is_some_and(|outer| self.homes.contains(outer))
    }
}

/// Architectures that are all.
fn is_any(arch: &str) -> bool {
    matches!(arch, "all" | "noarch" | "any")
}

fn without_epoch(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => version,
    }
}

/// Whether a record names another distribution, or another release of it, than
/// the image is of.
fn is_foreign(record: &PackageRecord, distro: Option<&Distro>) -> bool {
    let stated = record.purl(None).and_then(|purl| purl.distro());
    let (Some(stated), Some(distro)) = (stated, distro) else {
        return false;
    };
    let differ = |a: &str, b: &str| {
        let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
        !long
            .strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let versions = stated.version.as_ref().zip(distro.version.as_ref());
    stated.id != distro.id || versions.is_some_and(|(a, b)| differ(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::{Location, SourcePackage};

    fn package(record: PackageRecord, paths: &[&str]) -> Package {
        let place = |path: &&str| Location {
            path: (*path).to_owned(),
            nested: Vec::new(),
            layer: 0,
            evidence: "test".into(),
        };
        Package {
            record,
            license: None,
            locations: paths.iter().map(place).collect(),
            introduced: 0,
            removed: None,
            owned_by: None,
            depends_on: Vec::new(),
        }
    }

    fn record(
        ecosystem: Ecosystem,
        name: &str,
        version: &str,
        confidence: Confidence,
    ) -> PackageRecord {
        PackageRecord::new(ecosystem, name, Some(version.to_owned()), confidence)
    }

    fn folded(packages: Vec<Package>, distro: Option<&str>, owned: &[&str]) -> Vec<String> {
        let mut inventory = Inventory {
            packages,
            distro: distro.map(|id| Distro {
                id: id.to_owned(),
                version: Some("12".to_owned()),
                ..Distro::default()
            }),
            ..Inventory::default()
        };
        fold(
            &mut inventory,
            &owned.iter().map(|&path| path.to_owned()).collect(),
        );
        let packages = inventory.packages.iter();
        packages
            .map(|package| {
                let paths: Vec<_> = package.locations.iter().map(|l| l.path.as_str()).collect();
                let record = &package.record;
                format!("{} {} {}", record.ecosystem, record.name, paths.join(" "))
            })
            .collect()
    }

    #[test]
    fn a_program_of_the_distribution_is_listed_once() {
        let openssl = || record(Ecosystem::Binary, "openssl", "3.0.2", Confidence::Guessed);
        let packages = || vec![package(openssl(), &["opt/x/openssl", "usr/bin/openssl"])];
        assert_eq!(
            folded(packages(), None, &["usr/bin/openssl"]),
            ["binary openssl opt/x/openssl"]
        );
        let owned = ["usr/bin/openssl", "opt/x/openssl"];
        assert!(folded(packages(), None, &owned).is_empty());
        let npm = record(Ecosystem::Npm, "x", "1", Confidence::Installed);
        assert_eq!(
            folded(vec![package(npm, &["usr/x"])], None, &["usr/x"]).len(),
            1
        );
    }

    #[test]
    fn a_note_is_a_sign_of_the_package_in_the_database() {
        let note = |name, version| {
            let mut note = record(Ecosystem::Rpm, name, version, Confidence::Embedded);
            note.arch = Some("x86_64".to_owned());
            package(note, &["usr/lib64/libx.so.3"])
        };
        let mut libs = record(
            Ecosystem::Rpm,
            "openssl-libs",
            "3.2.1-2.fc41",
            Confidence::Installed,
        );
        libs.epoch = Some(1);
        libs.source = Some(SourcePackage {
            name: "openssl".to_owned(),
            version: Some("3.2.1-2.fc41".to_owned()),
        });
        let database = package(libs, &["var/lib/rpm/rpmdb.sqlite"]);
        for (name, version, listed) in [
            ("openssl-libs", "3.2.1-2.fc41", false),
            ("openssl", "3.2.1-2.fc41", false),
            ("openssl", "3.2.1-1.fc41", true),
            ("other", "3.2.1-2.fc41", true),
        ] {
            let found = folded(vec![database.clone(), note(name, version)], None, &[]);
            assert_eq!(found.len() == 2, listed, "{name} {version}: {found:?}");
        }
    }

    #[test]
    fn a_package_of_another_distribution_is_not_one_of_the_image() {
        for (purl, ecosystem) in [
            ("pkg:deb/debian/x@1?distro=debian-12", "deb"),
            ("pkg:deb/debian/x@1?distro=debian-12.5", "deb"),
            ("pkg:deb/debian/x@1?distro=debian-11", "generic"),
            ("pkg:deb/ubuntu/x@1?distro=ubuntu-12", "generic"),
            ("pkg:deb/x@1", "deb"),
        ] {
            let mut note = record(Ecosystem::Deb, "x", "1", Confidence::Embedded);
            note.purl = Some(purl.to_owned());
            let found = folded(vec![package(note, &["usr/bin/x"])], Some("debian"), &[]);
            assert_eq!(found, [format!("{ecosystem} x usr/bin/x")], "{purl}");
        }
    }

    #[test]
    fn a_release_file_outweighs_launchers() {
        let runtime = |name, confidence, paths: &[&str]| {
            package(record(Ecosystem::Jvm, name, "17", confidence), paths)
        };
        let found = folded(
            vec![
                runtime(
                    "openjdk",
                    Confidence::Installed,
                    &["usr/lib/jvm/17/release"],
                ),
                runtime(
                    "jre",
                    Confidence::Guessed,
                    &[
                        "opt/j/bin/java",
                        "usr/lib/jvm/17/bin/java",
                        "usr/lib/jvm/17/jre/bin/java",
                    ],
                ),
            ],
            None,
            &[],
        );
        assert_eq!(
            found,
            [
                "jvm openjdk usr/lib/jvm/17/release",
                "jvm jre opt/j/bin/java"
            ]
        );
        let kit = [
            runtime("jdk", Confidence::Guessed, &["opt/j/bin/jdb"]),
            runtime("jre", Confidence::Guessed, &["opt/j/bin/java"]),
        ];
        assert_eq!(folded(kit.into(), None, &[]), ["jvm jdk opt/j/bin/jdb"]);
    }
}
