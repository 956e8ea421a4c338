//! Worlds of package names in which advisories are looked up: one for each
//! release of a distribution and one for each language ecosystem.

use crate::versions::Scheme;
use plimsoll_types::{Distro, Ecosystem, PackageRecord};
use std::fmt;

/// `debian:12`, `alpine:3.19`, `pypi`. A distribution's namespace without a
/// release holds what applies to every release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Namespace {
    world: World,
    release: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum World {
    Distro(usize),
    Language(Ecosystem),
}

/// Which name of an installed package a feed's rows are keyed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyed {
    /// The source package, compared by the source version.
    Source,
    /// The binary package, compared by its own version.
    Binary,
    /// Either: origin and subpackages share one version.
    Both,
}

/// How much of `VERSION_ID` names a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    Major,
    MajorMinor,
    Rolling,
}

struct Family {
    name: &'static str,
    /// Name in OSV records.
    osv: &'static str,
    /// `ID`s of os-release that it serves.
    ids: &'static [&'static str],
    ecosystem: Ecosystem,
    keyed: Keyed,
    release: Release,
}

/// Every distribution that has advisories of its own.
#[rustfmt::skip]
const FAMILIES: &[Family] = &[
    Family { name: "debian", osv: "Debian", ids: &["debian", "raspbian"], ecosystem: Ecosystem::Deb, keyed: Keyed::Source, release: Release::Major },
    Family { name: "ubuntu", osv: "Ubuntu", ids: &["ubuntu"], ecosystem: Ecosystem::Deb, keyed: Keyed::Source, release: Release::MajorMinor },
    Family { name: "alpine", osv: "Alpine", ids: &["alpine"], ecosystem: Ecosystem::Apk, keyed: Keyed::Both, release: Release::MajorMinor },
    Family { name: "wolfi", osv: "Wolfi", ids: &["wolfi"], ecosystem: Ecosystem::Apk, keyed: Keyed::Both, release: Release::Rolling },
    Family { name: "chainguard", osv: "Chainguard", ids: &["chainguard"], ecosystem: Ecosystem::Apk, keyed: Keyed::Both, release: Release::Rolling },
    Family { name: "almalinux", osv: "AlmaLinux", ids: &["almalinux", "alma"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Major },
    Family { name: "rocky", osv: "Rocky Linux", ids: &["rocky", "rockylinux"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Major },
];

/// Ecosystems of OSV records, and ours.
const LANGUAGES: &[(&str, Ecosystem)] = &[
    ("PyPI", Ecosystem::Pypi),
    ("npm", Ecosystem::Npm),
    ("Go", Ecosystem::Golang),
    ("Maven", Ecosystem::Maven),
    ("RubyGems", Ecosystem::Gem),
    ("crates.io", Ecosystem::Cargo),
    ("NuGet", Ecosystem::Nuget),
    ("Packagist", Ecosystem::Composer),
    ("Hex", Ecosystem::Hex),
    ("Pub", Ecosystem::Pub),
    ("CRAN", Ecosystem::Cran),
    ("Hackage", Ecosystem::Hackage),
    ("Bitnami", Ecosystem::Bitnami),
];

/// Debian releases by code name; what is not released yet goes by `unstable`.
const DEBIAN: &[(&str, &str)] = &[
    ("sarge", "3.1"),
    ("etch", "4"),
    ("lenny", "5"),
    ("squeeze", "6"),
    ("wheezy", "7"),
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
];

impl Namespace {
    /// The namespace of a Debian release given by code name; `None` for one
    /// that is not in the table and not `sid`.
    pub(crate) fn debian(codename: &str) -> Option<Self> {
        let release = match DEBIAN.iter().find(|(name, _)| *name == codename) {
            Some((_, release)) => release,
            None if codename == "sid" => "unstable",
            None => return None,
        };
        Some(Self {
            world: World::Distro(0),
            release: release.to_owned(),
        })
    }

    /// The namespace of an Alpine branch (`v3.19` or `edge`).
    pub(crate) fn alpine(branch: &str) -> Option<Self> {
        Self::from_osv(&format!("Alpine:{branch}"))
    }

    /// Reads the ecosystem of an OSV record; `None` for one that has no place
    /// here.
    pub(crate) fn from_osv(text: &str) -> Option<Self> {
        let (base, suffix) = text.split_once(':').unwrap_or((text, ""));
        if let Some(index) = FAMILIES.iter().position(|family| family.osv == base) {
            // `Ubuntu:Pro:…` and its kin are channels with fixes of their own.
            let release = suffix.strip_prefix('v').unwrap_or(suffix);
            let release = release.strip_suffix(":LTS").unwrap_or(release);
            if release.contains(':') {
                return None;
            }
            return Some(Self {
                world: World::Distro(index),
                release: FAMILIES[index].release.of(release),
            });
        }
        let (_, ecosystem) = LANGUAGES.iter().find(|(name, _)| *name == base)?;
        Some(Self::language(*ecosystem))
    }

    /// The one namespace of a language ecosystem.
    pub(crate) fn language(ecosystem: Ecosystem) -> Self {
        Self {
            world: World::Language(ecosystem),
            release: String::new(),
        }
    }

    /// Whether some feed that is known here may have data for it.
    pub(crate) fn is_served(&self) -> bool {
        match self.world {
            World::Distro(_) => true,
            World::Language(own) => LANGUAGES.iter().any(|(_, ecosystem)| *ecosystem == own),
        }
    }

    /// The namespace of a distribution's release; `None` for a distribution
    /// without advisories of its own, or when the release is not known.
    pub(crate) fn of_distro(distro: &Distro) -> Option<Self> {
        let index = FAMILIES
            .iter()
            .position(|family| family.ids.contains(&distro.id.as_str()))?;
        let family = &FAMILIES[index];
        let version = distro.version.as_deref();
        let release = match (family.name, version, distro.codename.as_deref()) {
            // Testing and unstable have no number; both follow unstable.
            ("debian", None, codename) => {
                return codename
                    .and_then(Self::debian)
                    .or_else(|| Self::debian("sid"));
            }
            ("alpine", Some(version), _) if version == "edge" || version.contains("_alpha") => {
                "edge".to_owned()
            }
            (_, Some(version), _) => family.release.of(version),
            (_, None, _) if family.release == Release::Rolling => String::new(),
            (_, None, _) => return None,
        };
        Some(Self {
            world: World::Distro(index),
            release,
        })
    }

    /// The same distribution without a release; `None` where that is this
    /// namespace itself.
    pub(crate) fn every_release(&self) -> Option<Self> {
        (!self.release.is_empty()).then(|| Self {
            world: self.world,
            release: String::new(),
        })
    }

    /// The ecosystem whose packages it names.
    pub(crate) fn ecosystem(&self) -> Ecosystem {
        match self.world {
            World::Distro(index) => FAMILIES[index].ecosystem,
            World::Language(ecosystem) => ecosystem,
        }
    }

    /// The order of its versions.
    pub(crate) fn scheme(&self) -> Scheme {
        Scheme::of(self.ecosystem())
    }

    /// A package name in the form under which advisories are filed.
    pub(crate) fn name(&self, name: &str) -> String {
        match self.ecosystem() {
            Ecosystem::Pypi => plimsoll_types::pep503(name),
            Ecosystem::Nuget | Ecosystem::Composer | Ecosystem::Hex | Ecosystem::Pub => {
                name.to_lowercase()
            }
            _ => name.to_owned(),
        }
    }

    /// The names under which a package is looked up here, each with the
    /// version to compare; its own name comes last.
    pub(crate) fn subjects(&self, package: &PackageRecord) -> Vec<(String, String)> {
        let own = (package.name.clone(), package.full_version());
        let World::Distro(index) = self.world else {
            return vec![(self.name(&package.name), package.full_version())];
        };
        let source = package.source.as_ref().map(|source| {
            let version = source.version.clone();
            (
                source.name.clone(),
                version.unwrap_or_else(|| own.1.clone()),
            )
        });
        match (FAMILIES[index].keyed, source) {
            (Keyed::Source, Some(source)) => vec![source],
            (Keyed::Both, Some(source)) if source.0 != own.0 => vec![source, own],
            _ => vec![own],
        }
    }
}

impl Release {
    fn of(self, version: &str) -> String {
        let parts: Vec<_> = version.split('.').collect();
        match (self, parts.as_slice()) {
            (Release::Rolling, _) => String::new(),
            (Release::Major, [major, ..]) => (*major).to_owned(),
            (Release::MajorMinor, [major, minor, ..]) => format!("{major}.{minor}"),
            _ => version.to_owned(),
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = match self.world {
            World::Distro(index) => FAMILIES[index].name,
            World::Language(ecosystem) => ecosystem.as_str(),
        };
        f.write_str(world)?;
        if !self.release.is_empty() {
            write!(f, ":{}", self.release)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distro(id: &str, version: Option<&str>, codename: Option<&str>) -> Option<String> {
        let distro = Distro {
            id: id.into(),
            version: version.map(str::to_owned),
            codename: codename.map(str::to_owned),
            ..Distro::default()
        };
        Namespace::of_distro(&distro).map(|namespace| namespace.to_string())
    }

    #[test]
    fn a_distribution_and_its_records_meet_in_one_namespace() {
        for (osv, id, version) in [
            ("Debian:12", "debian", "12"),
            ("Debian:12", "debian", "12.5"),
            ("Ubuntu:22.04:LTS", "ubuntu", "22.04"),
            ("Alpine:v3.19", "alpine", "3.19.1"),
            ("AlmaLinux:9", "almalinux", "9.4"),
            ("Rocky Linux:8", "rocky", "8.10"),
        ] {
            let namespace = Namespace::from_osv(osv).map(|namespace| namespace.to_string());
            assert_eq!(namespace, distro(id, Some(version), None), "{osv}");
        }
        assert_eq!(
            distro("debian", None, Some("trixie")).as_deref(),
            Some("debian:13")
        );
        assert_eq!(
            distro("debian", None, Some("forky")).as_deref(),
            Some("debian:unstable")
        );
        assert_eq!(
            distro("debian", None, None).as_deref(),
            Some("debian:unstable")
        );
        assert_eq!(
            distro("alpine", Some("3.21.0_alpha20240807"), None).as_deref(),
            Some("alpine:edge")
        );
        assert_eq!(
            distro("wolfi", Some("20230201"), None).as_deref(),
            Some("wolfi")
        );
        assert_eq!(distro("kali", Some("2024.1"), None), None);
    }

    #[test]
    fn channels_with_fixes_of_their_own_are_not_mixed_in() {
        assert_eq!(Namespace::from_osv("Ubuntu:Pro:18.04:LTS"), None);
        assert_eq!(
            Namespace::from_osv("Packagist:https://packages.drupal.org/8")
                .unwrap()
                .to_string(),
            "composer"
        );
        assert_eq!(Namespace::from_osv("Android"), None);
    }
}
