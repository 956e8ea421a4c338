//! Worlds of package names in which advisories are looked up: one for each
//! release of a distribution, one for each language ecosystem, and those of
//! products.

use crate::advisory::Role;
use crate::cpe::Cpe;
use crate::versions::Scheme;
use plimsoll_types::{Distro, Ecosystem, PackageRecord, PackageUrl};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeSet;
use std::fmt;

/// `debian:12`, `alpine:3.19`, `pypi`. A distribution's namespace without a
/// release holds what applies to every release; one with a channel
/// (`ubuntu:18.04:esm`, `rhel:8.4:eus`) what its subscribers get beyond the
/// usual repairs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Namespace {
    world: World,
    release: String,
    channel: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum World {
    Distro(usize),
    Language(Ecosystem),
    /// Products that their maker names in a world of its own.
    Component(usize),
    /// Products by CPE, `vendor:product`.
    Products,
    /// Likewise Java runtimes, whose versions have an order of their own.
    Runtimes,
}

/// Products of one maker, by the type of their package URLs.
struct Maker {
    name: &'static str,
    /// Name in OSV records.
    osv: &'static str,
}

const MAKERS: &[Maker] = &[
    Maker {
        name: "dhi",
        osv: "DHI",
    },
    Maker {
        name: "k8s",
        osv: "kubernetes",
    },
];

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
    /// 2, 2022, 2023; everything else is the first.
    Amazon,
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
    Family { name: "echo", osv: "Echo", ids: &["echo"], ecosystem: Ecosystem::Deb, keyed: Keyed::Source, release: Release::Rolling },
    Family { name: "alpine", osv: "Alpine", ids: &["alpine", "postmarketos"], ecosystem: Ecosystem::Apk, keyed: Keyed::Both, release: Release::MajorMinor },
    Family { name: "wolfi", osv: "Wolfi", ids: &["wolfi"], ecosystem: Ecosystem::Apk, keyed: Keyed::Both, release: Release::Rolling },
    Family { name: "chainguard", osv: "Chainguard", ids: &["chainguard"], ecosystem: Ecosystem::Apk, keyed: Keyed::Both, release: Release::Rolling },
    Family { name: "minimos", osv: "MinimOS", ids: &["minimos"], ecosystem: Ecosystem::Apk, keyed: Keyed::Both, release: Release::Rolling },
    Family { name: "rhel", osv: "Red Hat", ids: &["rhel", "centos", "scientific"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Major },
    Family { name: "almalinux", osv: "AlmaLinux", ids: &["almalinux"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Major },
    Family { name: "rocky", osv: "Rocky Linux", ids: &["rocky"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Major },
    Family { name: "ol", osv: "", ids: &["ol"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Major },
    Family { name: "amzn", osv: "", ids: &["amzn"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Amazon },
    Family { name: "fedora", osv: "", ids: &["fedora"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Source, release: Release::Major },
    Family { name: "sles", osv: "SUSE", ids: &["sles", "sles_sap", "sled", "sle_hpc"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::MajorMinor },
    Family { name: "opensuse-leap", osv: "openSUSE", ids: &["opensuse-leap"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::MajorMinor },
    Family { name: "opensuse-tumbleweed", osv: "", ids: &["opensuse-tumbleweed"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Binary, release: Release::Rolling },
    Family { name: "azurelinux", osv: "Azure Linux", ids: &["azurelinux", "mariner"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Source, release: Release::MajorMinor },
    Family { name: "photon", osv: "", ids: &["photon"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Source, release: Release::MajorMinor },
    Family { name: "mageia", osv: "Mageia", ids: &["mageia"], ecosystem: Ecosystem::Rpm, keyed: Keyed::Source, release: Release::Major },
    Family { name: "arch", osv: "", ids: &["arch", "archarm"], ecosystem: Ecosystem::Alpm, keyed: Keyed::Binary, release: Release::Rolling },
    Family { name: "gentoo", osv: "", ids: &["gentoo"], ecosystem: Ecosystem::Portage, keyed: Keyed::Binary, release: Release::Rolling },
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
    ("SwiftURL", Ecosystem::Swift),
    ("Julia", Ecosystem::Julia),
    ("opam", Ecosystem::Opam),
    ("ConanCenter", Ecosystem::Conan),
];

/// What an ecosystem of OSV that is no distribution is here; `None` for others.
pub fn osv_ecosystem(name: &str) -> Option<Ecosystem> {
    let mut languages = LANGUAGES.iter();
    languages
        .find(|(known, _)| *known == name)
        .map(|(_, ecosystem)| *ecosystem)
}

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

/// Ubuntu releases by code name.
const UBUNTU: &[(&str, &str)] = &[
    ("precise", "12.04"),
    ("trusty", "14.04"),
    ("xenial", "16.04"),
    ("bionic", "18.04"),
    ("focal", "20.04"),
    ("jammy", "22.04"),
    ("kinetic", "22.10"),
    ("lunar", "23.04"),
    ("mantic", "23.10"),
    ("noble", "24.04"),
    ("oracular", "24.10"),
    ("plucky", "25.04"),
    ("questing", "25.10"),
    ("resolute", "26.04"),
];

/// postmarketOS releases, and the Alpine releases that they are made of.
const POSTMARKETOS: &[(&str, &str)] = &[
    ("edge", "edge"),
    ("25.12", "3.23"),
    ("25.06", "3.22"),
    ("24.12", "3.21"),
    ("24.06", "3.20"),
    ("23.12", "3.19"),
    ("23.06", "3.18"),
    ("22.12", "3.17"),
    ("22.06", "3.16"),
    ("21.12", "3.15"),
    ("21.06", "3.14"),
    ("21.03", "3.13"),
    ("20.05", "3.12"),
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
        Self::distro("debian", release)
    }

    /// The namespace that is shown as `text`.
    pub(crate) fn named(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let (release, channel) = rest.split_once(':').unwrap_or((rest, ""));
        let family = FAMILIES.iter().position(|family| family.name == name);
        let maker = || MAKERS.iter().position(|maker| maker.name == name);
        let ecosystem = || Ecosystem::ALL.iter().find(|known| known.as_str() == name);
        let world = match (text, family) {
            ("cpe", _) => World::Products,
            ("cpe:jvm", _) => World::Runtimes,
            (_, Some(index)) => World::Distro(index),
            (_, None) => match maker() {
                Some(index) => World::Component(index),
                None => World::Language(*ecosystem()?),
            },
        };
        let of_distro = matches!(world, World::Distro(_));
        let part = |part: &str| match of_distro {
            true => part.to_owned(),
            false => String::new(),
        };
        Some(Self {
            world,
            release: part(release),
            channel: part(channel),
        })
    }

    /// The namespace of a distribution by its name here and a version, of
    /// which as much is taken as names a release.
    pub(crate) fn distro(name: &str, version: &str) -> Option<Self> {
        let index = FAMILIES.iter().position(|family| family.name == name)?;
        Some(Self {
            world: World::Distro(index),
            release: FAMILIES[index].release.of(version),
            channel: String::new(),
        })
    }

    /// The same release for those who are attached to a channel; the release
    /// is then the whole `version` (`rhel:8.4:eus`).
    pub(crate) fn of_channel(name: &str, version: &str, channel: &str) -> Option<Self> {
        let mut namespace = Self::distro(name, version)?;
        version.clone_into(&mut namespace.release);
        channel.clone_into(&mut namespace.channel);
        Some(namespace)
    }

    /// The namespace of an Ubuntu release as package URLs name it: `jammy`,
    /// `esm-infra/xenial`, `trusty/esm`, `fips-updates/focal`.
    pub(crate) fn ubuntu(name: &str) -> Option<Self> {
        let known = |codename: &str| UBUNTU.iter().find(|(name, _)| *name == codename);
        let (release, channel) = match name.split_once('/') {
            None => (known(name)?.1, ""),
            Some((first, second)) => match (known(first), known(second)) {
                (Some((_, release)), _) => (*release, second),
                (None, Some((_, release))) => (*release, first),
                (None, None) => return None,
            },
        };
        match channel {
            "" => Self::distro("ubuntu", release),
            channel if channel.starts_with("esm") => Self::of_channel("ubuntu", release, "esm"),
            channel => Self::of_channel("ubuntu", release, channel),
        }
    }

    /// Whether it is of a distribution by its name here.
    pub(crate) fn is_of(&self, distro: &str) -> bool {
        matches!(self.world, World::Distro(index) if FAMILIES[index].name == distro)
    }

    /// The same release for everybody; `None` where that is this one.
    pub(crate) fn without_channel(&self) -> Option<Self> {
        (!self.channel.is_empty()).then(|| Self {
            channel: String::new(),
            ..self.clone()
        })
    }

    /// The channel; empty for what everybody gets.
    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    /// Whether it is of the same channel of the same distribution, of whatever
    /// release.
    pub(crate) fn is_channel_of(&self, other: &Self) -> bool {
        self.world == other.world && self.channel == other.channel
    }

    /// Whether its channels are repositories, out of which a package may come
    /// on any image.
    pub(crate) fn has_extras(&self) -> bool {
        self.family() == Some("amzn") && self.channel.is_empty()
    }

    /// The namespace of a Red Hat platform by its CPE
    /// (`cpe:/a:redhat:rhel_eus:9.2::appstream`); `None` for products other
    /// than RHEL and its channels.
    pub(crate) fn of_red_hat(cpe: &str) -> Option<Self> {
        let rest = cpe.strip_prefix("cpe:/")?;
        red_hat(rest.split_once(":redhat:")?.1)
    }

    /// The namespace of a SUSE product by its name (`SUSE Linux Enterprise
    /// Module for Basesystem 15 SP5`); `None` for one that is not installed on
    /// a known distribution.
    pub(crate) fn of_suse(product: &str) -> Option<Self> {
        if let Some(leap) = product.strip_prefix("openSUSE Leap ") {
            return Self::distro("opensuse-leap", leap);
        }
        if product == "openSUSE Tumbleweed" {
            return Self::distro("opensuse-tumbleweed", "");
        }
        if product.contains("Micro") {
            return None;
        }
        let (name, channel) = match product.rsplit_once('-') {
            Some((name, channel)) if SUSE_CHANNELS.contains(&channel) => (name, channel),
            _ => (product, ""),
        };
        let release = service_pack(name)?;
        // What it gets after the usual support has ended, others do not.
        let sap = name.contains("Server for SAP Applications");
        match (channel, sap) {
            ("", false) => Self::distro("sles", &release),
            ("", true) => Self::of_channel("sles", &release, "sap"),
            (channel, _) => Self::of_channel("sles", &release, &channel.to_ascii_lowercase()),
        }
    }

    /// The namespace of an Alpine branch (`v3.19` or `edge`).
    pub(crate) fn alpine(branch: &str) -> Option<Self> {
        Self::from_osv(&format!("Alpine:{branch}"))
    }

    /// Reads the ecosystem of an OSV record; `None` for one that has no place
    /// here.
    pub(crate) fn from_osv(text: &str) -> Option<Self> {
        let (base, suffix) = text.split_once(':').unwrap_or((text, ""));
        let index = FAMILIES
            .iter()
            .position(|family| !family.osv.is_empty() && family.osv == base);
        if let Some(index) = index {
            let name = FAMILIES[index].name;
            return match name {
                "ubuntu" => ubuntu(suffix),
                "rhel" => red_hat(suffix),
                "sles" => service_pack(suffix).and_then(|version| Self::distro(name, &version)),
                "opensuse-leap" => match suffix.strip_prefix("Leap ") {
                    Some(version) => Self::distro(name, version),
                    None if suffix == "Tumbleweed" => Self::distro("opensuse-tumbleweed", ""),
                    None => None,
                },
                name => {
                    let release = suffix.strip_prefix('v').unwrap_or(suffix);
                    (!release.contains(':'))
                        .then(|| Self::distro(name, release))
                        .flatten()
                }
            };
        }
        if let Some(index) = MAKERS.iter().position(|maker| maker.osv == base) {
            return Some(Self::of_world(World::Component(index)));
        }
        let ecosystem = osv_ecosystem(base)?;
        Some(Self::language(ecosystem))
    }

    fn of_world(world: World) -> Self {
        Self {
            world,
            release: String::new(),
            channel: String::new(),
        }
    }

    /// The namespace of products that are told by their CPEs.
    pub(crate) fn products() -> Self {
        Self::of_world(World::Products)
    }

    /// Likewise of Java runtimes.
    pub(crate) fn runtimes() -> Self {
        Self::of_world(World::Runtimes)
    }

    /// The namespace of a package that is not a distribution's.
    pub(crate) fn of_package(package: &PackageRecord) -> Self {
        let kind = || {
            let rest = package.purl.as_deref()?.strip_prefix("pkg:")?;
            let (kind, _) = rest.split_once('/')?;
            MAKERS.iter().position(|maker| maker.name == kind)
        };
        match package.ecosystem {
            Ecosystem::Jvm if !package.cpes.is_empty() => Self::runtimes(),
            Ecosystem::Generic if let Some(index) = kind() => {
                Self::of_world(World::Component(index))
            }
            Ecosystem::Binary | Ecosystem::Kernel | Ecosystem::Wordpress | Ecosystem::Generic
                if !package.cpes.is_empty() =>
            {
                Self::products()
            }
            ecosystem => Self::language(ecosystem),
        }
    }

    /// The one namespace of a language ecosystem.
    pub(crate) fn language(ecosystem: Ecosystem) -> Self {
        Self::of_world(World::Language(ecosystem))
    }

    /// Whether some feed that is known here may have data for it.
    pub(crate) fn is_served(&self) -> bool {
        match self.world {
            World::Distro(_) | World::Component(_) | World::Products | World::Runtimes => true,
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
            ("alpine", _, _) if let Some(branch) = &distro.channel => branch.clone(),
            ("alpine", Some(version), _) if version == "edge" || version.contains("_alpha") => {
                "edge".to_owned()
            }
            ("alpine", Some(version), _) if distro.id == "postmarketos" => {
                let (_, alpine) = POSTMARKETOS.iter().find(|(own, _)| *own == version)?;
                (*alpine).to_owned()
            }
            (_, Some(version), _) => version.to_owned(),
            (_, None, _) if family.release == Release::Rolling => String::new(),
            (_, None, _) => return None,
        };
        Self::distro(family.name, &release)
    }

    /// The channel that a distribution says it is attached to.
    pub(crate) fn of_attached(distro: &Distro) -> Option<Self> {
        let own = Self::of_distro(distro)?;
        let World::Distro(index) = own.world else {
            return None;
        };
        // A branch of Alpine takes the place of the release.
        if FAMILIES[index].name == "alpine" {
            return None;
        }
        let channel = match distro.channel.as_deref() {
            None if distro.id == "sles_sap" => "sap",
            channel => channel?,
        };
        let version = match channel {
            // They go on with the last minor release, or with service packs,
            // which are releases.
            "els" | "ltss" | "espos" | "bcl" | "sap" => &own.release,
            _ => distro.version.as_deref()?,
        };
        Self::of_channel(FAMILIES[index].name, version, channel)
    }

    fn family(&self) -> Option<&'static str> {
        match self.world {
            World::Distro(index) => Some(FAMILIES[index].name),
            _ => None,
        }
    }

    /// Whether its minor releases are repaired each on its own.
    pub(crate) fn has_streams(&self) -> bool {
        matches!(self.family(), Some("rhel" | "almalinux" | "rocky" | "ol"))
    }

    /// The channels of RHEL in which a minor release goes on.
    pub(crate) fn streams(&self, minor: u32) -> Vec<Self> {
        if self.family() != Some("rhel") {
            return Vec::new();
        }
        let version = format!("{}.{minor}", self.release);
        let channels: BTreeSet<_> = RED_HAT_CHANNELS.iter().map(|(_, name)| *name).collect();
        let channels = channels.into_iter().map(|channel| match channel {
            "els" => Self::of_channel("rhel", &self.release, channel),
            _ => Self::of_channel("rhel", &version, channel),
        });
        channels.flatten().collect()
    }

    /// The release that this one is rebuilt from, whose vendor says what is
    /// affected before there is a fix.
    pub(crate) fn rebuilt_from(&self) -> Option<Self> {
        match self.family()? {
            "almalinux" | "rocky" => Self::distro("rhel", &self.release),
            _ => None,
        }
    }

    /// The same distribution without a release; `None` where that is this
    /// namespace itself.
    pub(crate) fn every_release(&self) -> Option<Self> {
        (!self.release.is_empty()).then(|| Self {
            world: self.world,
            release: String::new(),
            channel: String::new(),
        })
    }

    /// The ecosystem whose packages it names.
    pub(crate) fn ecosystem(&self) -> Ecosystem {
        match self.world {
            World::Distro(index) => FAMILIES[index].ecosystem,
            World::Language(ecosystem) => ecosystem,
            World::Component(_) => Ecosystem::Generic,
            World::Products => Ecosystem::Binary,
            World::Runtimes => Ecosystem::Jvm,
        }
    }

    /// The order of its versions.
    pub(crate) fn scheme(&self) -> Scheme {
        match self.world {
            World::Component(_) => Scheme::Semver,
            _ => Scheme::of(self.ecosystem()),
        }
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
    /// version to compare and whose it is; its own name comes last. Rows of
    /// another role than the subject's are not about it.
    pub(crate) fn subjects(&self, package: &PackageRecord) -> Vec<Subject> {
        let version = package.full_version();
        let own = Subject {
            name: self.name(&package.name),
            version: version.clone(),
            usual: true,
            role: Role::Binary,
        };
        let index = match self.world {
            World::Distro(index) => index,
            World::Language(_) => return vec![own],
            World::Component(_) => {
                let purl = package.purl.as_deref();
                let purl = purl.and_then(|text| text.parse::<PackageUrl>().ok());
                let name = purl.map(|purl| match purl.namespace.as_str() {
                    "" => purl.name,
                    namespace => format!("{namespace}/{}", purl.name),
                });
                return vec![Subject {
                    name: name.unwrap_or(own.name),
                    ..own
                }];
            }
            World::Products | World::Runtimes => {
                let named = package.cpes.iter().filter_map(|text| Cpe::parse(text));
                let named = named.filter(|cpe| cpe.is_software(package.ecosystem));
                let names: BTreeSet<String> = named.map(|cpe| cpe.product()).collect();
                let subject = |name| Subject {
                    name,
                    ..own.clone()
                };
                return names.into_iter().map(subject).collect();
            }
        };
        let keyed = FAMILIES[index].keyed;
        let Some(source) = &package.source else {
            // Its source has its name; rows of either role are about it.
            return vec![Subject {
                role: Role::Usual,
                ..own
            }];
        };
        let source = Subject {
            name: source.name.clone(),
            version: source.version.clone().unwrap_or(version),
            usual: keyed != Keyed::Binary,
            role: Role::Source,
        };
        let own = Subject {
            usual: keyed != Keyed::Source,
            ..own
        };
        vec![source, own]
    }
}

/// A name that a package goes by in a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub name: String,
    /// The version to compare with rows of that name.
    pub version: String,
    /// Whether rows that do not say whose name they use mean this one.
    usual: bool,
    /// `Usual` where source and binary share the name.
    role: Role,
}

impl Subject {
    /// Whether it is the name of the source and not the package's own.
    pub(crate) fn is_source(&self) -> bool {
        self.role == Role::Source
    }

    /// Whether a row of that role is about it.
    pub(crate) fn takes(&self, role: Role) -> bool {
        match role {
            Role::Usual => self.usual,
            role => self.role == Role::Usual || self.role == role,
        }
    }
}

/// `22.04:LTS`, `Pro:18.04:LTS`, `Pro:FIPS-updates:20.04:LTS`.
fn ubuntu(suffix: &str) -> Option<Namespace> {
    let parts: Vec<_> = suffix.split(':').filter(|part| *part != "LTS").collect();
    match parts.as_slice() {
        [version] => Namespace::distro("ubuntu", version),
        ["Pro", version] => Namespace::of_channel("ubuntu", version, "esm"),
        ["Pro", channel, version] => {
            Namespace::of_channel("ubuntu", version, &channel.to_ascii_lowercase())
        }
        _ => None,
    }
}

/// Ends of SUSE products that are repaired after the others.
const SUSE_CHANNELS: &[&str] = &["LTSS", "ESPOS", "BCL", "CORE"];

/// Channels of RHEL that outlive their minor release, by product in CPEs.
const RED_HAT_CHANNELS: &[(&str, &str)] = &[
    ("rhel_eus", "eus"),
    ("enterprise_linux_eus", "eus"),
    ("rhel_eus_long_life", "eus-long-life"),
    ("rhel_aus", "aus"),
    ("rhel_tus", "tus"),
    ("rhel_e4s", "e4s"),
    ("rhel_els", "els"),
];

/// The tail of a CPE: `enterprise_linux:9::baseos`, `rhel_eus:9.2::appstream`.
fn red_hat(suffix: &str) -> Option<Namespace> {
    let mut parts = suffix.split(':');
    let (product, version) = (parts.next()?, parts.next()?);
    if product == "enterprise_linux" {
        return Namespace::distro("rhel", version);
    }
    let mut channels = RED_HAT_CHANNELS.iter();
    let (_, channel) = channels.find(|(name, _)| *name == product)?;
    Namespace::of_channel("rhel", version, channel)
}

/// `Linux Enterprise Server 15 SP5` and its modules, as `15.5`.
fn service_pack(product: &str) -> Option<String> {
    if !product.contains("Linux Enterprise") {
        return None;
    }
    let mut words = product.split(' ').rev().peekable();
    let pack = words
        .peek()
        .and_then(|word| word.strip_prefix("SP"))
        .map(str::to_owned);
    if pack.is_some() {
        words.next();
    }
    let major = words.find(|word| word.parse::<u32>().is_ok())?;
    Some(format!("{major}.{}", pack.unwrap_or_else(|| "0".into())))
}

impl Release {
    fn of(self, version: &str) -> String {
        let parts: Vec<_> = version.split('.').collect();
        match (self, parts.as_slice()) {
            (Release::Rolling, _) => String::new(),
            (Release::Amazon, [major, ..]) if ["2", "2022", "2023"].contains(major) => {
                (*major).to_owned()
            }
            (Release::Amazon, _) => "1".to_owned(),
            (Release::Major, [major, ..]) => (*major).to_owned(),
            (Release::MajorMinor, [major, minor, ..]) => format!("{major}.{minor}"),
            (Release::MajorMinor, [major]) if major.parse::<u32>().is_ok() => format!("{major}.0"),
            _ => version.to_owned(),
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = match self.world {
            World::Distro(index) => FAMILIES[index].name,
            World::Language(ecosystem) => ecosystem.as_str(),
            World::Component(index) => MAKERS[index].name,
            World::Products => "cpe",
            World::Runtimes => "cpe:jvm",
        };
        f.write_str(world)?;
        if !self.release.is_empty() {
            write!(f, ":{}", self.release)?;
        }
        if !self.channel.is_empty() {
            write!(f, ":{}", self.channel)?;
        }
        Ok(())
    }
}

impl Serialize for Namespace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Namespace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::named(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is no namespace")))
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
    fn products_of_suse_share_the_names_of_their_service_pack() {
        for (product, expected) in [
            ("SUSE Linux Enterprise Server 15 SP1", Some("sles:15.1")),
            (
                "SUSE Linux Enterprise Server 15-LTSS",
                Some("sles:15.0:ltss"),
            ),
            (
                "SUSE Linux Enterprise Module for Basesystem 15 SP5",
                Some("sles:15.5"),
            ),
            (
                "SUSE Linux Enterprise Server for SAP Applications 15 SP1",
                Some("sles:15.1:sap"),
            ),
            ("openSUSE Leap 15.5", Some("opensuse-leap:15.5")),
            ("openSUSE Tumbleweed", Some("opensuse-tumbleweed")),
            ("SUSE Linux Enterprise Micro 5.1", None),
            ("SUSE Manager Server 4.0", None),
        ] {
            let namespace = Namespace::of_suse(product).map(|n| n.to_string());
            assert_eq!(namespace.as_deref(), expected, "{product}");
        }
    }

    #[test]
    fn a_name_leads_back_to_its_namespace() {
        for name in [
            "debian:12",
            "rhel:8.4:eus",
            "wolfi",
            "pypi",
            "cpe",
            "cpe:jvm",
        ] {
            assert_eq!(Namespace::named(name).unwrap().to_string(), name);
        }
        assert_eq!(Namespace::named("nothing:1"), None);
    }

    #[test]
    fn channels_with_fixes_of_their_own_are_not_mixed_in() {
        for (osv, expected) in [
            ("Ubuntu:Pro:18.04:LTS", "ubuntu:18.04:esm"),
            (
                "Ubuntu:Pro:FIPS-updates:20.04:LTS",
                "ubuntu:20.04:fips-updates",
            ),
            ("Red Hat:enterprise_linux:9::baseos", "rhel:9"),
            ("Red Hat:rhel_eus:9.2::appstream", "rhel:9.2:eus"),
            (
                "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
                "sles:15.5",
            ),
            ("openSUSE:Leap 15.5", "opensuse-leap:15.5"),
            ("openSUSE:Tumbleweed", "opensuse-tumbleweed"),
            ("Azure Linux:3", "azurelinux:3.0"),
        ] {
            let namespace = Namespace::from_osv(osv).map(|namespace| namespace.to_string());
            assert_eq!(namespace.as_deref(), Some(expected), "{osv}");
        }
        assert_eq!(Namespace::from_osv("Red Hat:openshift:4.14::el9"), None);
        assert_eq!(
            Namespace::from_osv("Packagist:https://packages.drupal.org/8")
                .unwrap()
                .to_string(),
            "composer"
        );
        assert_eq!(Namespace::from_osv("Android"), None);
        for (name, expected) in [
            ("jammy", "ubuntu:22.04"),
            ("esm-infra/xenial", "ubuntu:16.04:esm"),
            ("trusty/esm", "ubuntu:14.04:esm"),
            ("fips-updates/focal", "ubuntu:20.04:fips-updates"),
        ] {
            assert_eq!(Namespace::ubuntu(name).unwrap().to_string(), expected);
        }
        assert_eq!(Namespace::ubuntu("devel"), None);
    }
}
