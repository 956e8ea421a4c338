//! How packages are upgraded: by the command of their distribution, or where
//! their version is asked for.

use plimsoll_dockerfile::Pin;
use plimsoll_types::{Distro, Ecosystem, Inventory, Package, PackageRecord, canonical};

/// A package and the version it goes to.
pub(super) type Target<'a> = (&'a Package, &'a str);

/// A package manager of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    Apt,
    Apk,
    /// `dnf` and what takes its arguments.
    Dnf(&'static str),
    Zypper,
    Pacman,
}

impl Manager {
    /// The one that the packages of an image are installed by.
    pub(super) fn of(ecosystem: Ecosystem, inventory: &Inventory) -> Option<Self> {
        let has = |name: &str| {
            let mut packages = inventory.packages.iter();
            packages.any(|package| package.record.name == name && package.record.ecosystem.is_os())
        };
        let is = |distro: &Distro, ids: &[&str]| {
            let mut all = std::iter::once(&distro.id).chain(&distro.id_like);
            all.any(|id| ids.contains(&id.as_str()))
        };
        let distro = inventory.distro.as_ref();
        match ecosystem {
            Ecosystem::Deb => Some(Self::Apt),
            Ecosystem::Apk => Some(Self::Apk),
            Ecosystem::Alpm => Some(Self::Pacman),
            Ecosystem::Rpm if distro.is_some_and(|d| is(d, &["suse", "sles", "opensuse"])) => {
                Some(Self::Zypper)
            }
            Ecosystem::Rpm => ["dnf", "dnf5", "microdnf", "tdnf", "yum"]
                .into_iter()
                .find(|name| has(name))
                .map(|name| Self::Dnf(if name == "dnf5" { "dnf" } else { name })),
            _ => None,
        }
    }

    /// The word that its command lines begin with.
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Apk => "apk",
            Self::Dnf(name) => name,
            Self::Zypper => "zypper",
            Self::Pacman => "pacman",
        }
    }

    /// One line for a shell that upgrades packages to the versions given.
    pub(super) fn command(self, targets: &[Target<'_>]) -> Option<String> {
        let mut words: Vec<String> = targets
            .iter()
            .map(|target| self.word(target))
            .collect::<Option<_>>()?;
        words.sort();
        words.dedup();
        let words = words.join(" ");
        Some(match self {
            Self::Apt => format!(
                "apt-get update && apt-get install -y --only-upgrade {words} && rm -rf /var/lib/apt/lists/*"
            ),
            Self::Apk => format!("apk add --no-cache --upgrade {words}"),
            Self::Dnf(name) => format!("{name} upgrade -y {words} && {name} clean all"),
            Self::Zypper => {
                format!("zypper --non-interactive install {words} && zypper clean --all")
            }
            // Part of a release cannot be upgraded.
            Self::Pacman => "pacman -Syu --noconfirm".to_owned(),
        })
    }

    fn word(self, (package, target): &Target<'_>) -> Option<String> {
        let record = &package.record;
        // Whatever an image calls its packages goes to a shell.
        let (name, version) = (shell(&record.name)?, shell(target)?);
        let version = is_numbered_alike(record).then_some(version);
        Some(match (self, version) {
            (Self::Pacman, _) | (_, None) => name.to_owned(),
            (Self::Apt | Self::Zypper, Some(version)) => format!("{name}={version}"),
            // Alpine keeps no version but the newest.
            (Self::Apk, Some(version)) => format!("'{name}>={version}'"),
            (Self::Dnf(_), Some(version)) => format!("{name}-{version}"),
        })
    }
}

/// Whether a package has the version of its source, which advisories speak of.
fn is_numbered_alike(record: &PackageRecord) -> bool {
    let source = record.source.as_ref();
    let version = source.and_then(|source| source.version.as_deref());
    // An rpm's fix is stated in versions of the package itself.
    record.ecosystem == Ecosystem::Rpm || version.is_none() || version == record.version.as_deref()
}

/// Text that means itself in a shell.
fn shell(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+:~@/%".contains(c);
    (!text.is_empty() && !text.starts_with('-') && text.chars().all(plain)).then_some(text)
}

/// What to do about a package that no distribution ships, in words.
pub(super) fn words(package: &Package, target: &str) -> String {
    let name = &package.record.name;
    let file = package.locations.first();
    let path = file.map(|file| file.path.as_str()).unwrap_or_default();
    let name_of_file = path.rsplit('/').next().unwrap_or_default();
    let locked = |locks: &[&str]| locks.contains(&name_of_file);
    match package.record.ecosystem {
        Ecosystem::Pypi if locked(&["poetry.lock"]) => format!("poetry add '{name}@^{target}'"),
        Ecosystem::Pypi if locked(&["uv.lock"]) => {
            format!("uv lock --upgrade-package '{name}=={target}'")
        }
        Ecosystem::Pypi if name_of_file.ends_with(".txt") => {
            format!("write {name}=={target} there")
        }
        Ecosystem::Pypi => format!("ask for {name}=={target} where it is installed"),
        Ecosystem::Npm if locked(&["yarn.lock"]) => format!("yarn add {name}@{target}"),
        Ecosystem::Npm if locked(&["pnpm-lock.yaml"]) => format!("pnpm add {name}@{target}"),
        Ecosystem::Npm => format!(
            "npm install {name}@{target}; under `overrides` in package.json where another package needs it"
        ),
        Ecosystem::Golang if name == "stdlib" => format!("build it with Go {target}"),
        Ecosystem::Golang => format!(
            "go get {name}@v{} && go mod tidy, and build again",
            target.trim_start_matches('v')
        ),
        Ecosystem::Maven => {
            format!("set {name} to {target} in pom.xml or build.gradle, and build again")
        }
        Ecosystem::Gem => format!("ask for gem '{name}', '>= {target}' and bundle update {name}"),
        Ecosystem::Cargo => {
            format!("cargo update -p {name} --precise {target}, and build again")
        }
        Ecosystem::Nuget => format!("dotnet add package {name} --version {target}"),
        Ecosystem::Composer => format!("composer require {name}:^{target}"),
        Ecosystem::Hex => format!("ask for {name} ~> {target} and mix deps.update {name}"),
        Ecosystem::Pub => format!("dart pub upgrade {name}, to {target} or later"),
        Ecosystem::Binary
        | Ecosystem::Jvm
        | Ecosystem::Otp
        | Ecosystem::Kernel
        | Ecosystem::KernelModule => format!("replace the program by {name} {target}"),
        Ecosystem::Wordpress => format!("update {name} to {target}"),
        _ => format!("install {name} {target} in its place"),
    }
}

/// The edit that would ask for the version where a Dockerfile names it.
pub(super) fn pin<'a>(
    package: &'a Package,
    installed: &'a str,
    target: &'a str,
    manager: Option<Manager>,
) -> Option<Pin<'a>> {
    const PIP: &[(&str, &str)] = &[("pip", "install"), ("pip3", "install"), ("uv", "pip")];
    const NPM: &[(&str, &str)] = &[
        ("npm", "install"),
        ("npm", "i"),
        ("yarn", "add"),
        ("pnpm", "add"),
    ];
    const APT: &[(&str, &str)] = &[("apt-get", "install"), ("apt", "install")];
    let record = &package.record;
    let (name, target) = (shell(&record.name)?, shell(target)?);
    let pin = |separator, installers, same| Pin {
        name,
        separator,
        installed,
        target,
        installers,
        same,
        in_step: false,
    };
    match record.ecosystem {
        Ecosystem::Pypi => Some(pin("==", PIP, |one, other| {
            canonical(Ecosystem::Pypi, one) == canonical(Ecosystem::Pypi, other)
        })),
        Ecosystem::Npm => Some(pin("@", NPM, str::eq)),
        Ecosystem::Golang => Some(pin("@", &[], str::eq)),
        ecosystem if ecosystem.is_os() => {
            // Only apt takes a version that a repository keeps.
            let apt = manager == Some(Manager::Apt) && is_numbered_alike(record);
            let installers = if apt { APT } else { &[] };
            Some(Pin {
                in_step: true,
                ..pin("=", installers, str::eq)
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::{Confidence, SourcePackage};

    fn package(ecosystem: Ecosystem, name: &str) -> Package {
        let version = Some("1".to_owned());
        Package {
            record: PackageRecord::new(ecosystem, name, version, Confidence::Installed),
            locations: Vec::new(),
            introduced: 0,
            removed: None,
            owned_by: None,
            license: None,
            depends_on: Vec::new(),
        }
    }

    #[test]
    fn every_manager_is_told_versions_in_its_own_words() {
        let package = package(Ecosystem::Deb, "openssl");
        for (manager, command) in [
            (
                Manager::Apt,
                "apt-get update && apt-get install -y --only-upgrade openssl=1:3-2 && rm -rf /var/lib/apt/lists/*",
            ),
            (
                Manager::Apk,
                "apk add --no-cache --upgrade 'openssl>=1:3-2'",
            ),
            (
                Manager::Dnf("microdnf"),
                "microdnf upgrade -y openssl-1:3-2 && microdnf clean all",
            ),
            (
                Manager::Zypper,
                "zypper --non-interactive install openssl=1:3-2 && zypper clean --all",
            ),
            (Manager::Pacman, "pacman -Syu --noconfirm"),
        ] {
            let told = manager.command(&[(&package, "1:3-2")]);
            assert_eq!(told.as_deref(), Some(command));
        }
    }

    #[test]
    fn a_binary_with_a_number_of_its_own_is_not_pinned_to_that_of_its_source() {
        let mut package = package(Ecosystem::Deb, "gcc");
        package.record.source = Some(SourcePackage {
            name: "gcc-defaults".into(),
            version: Some("1.203".into()),
        });
        let told = Manager::Apt.command(&[(&package, "1.204")]).unwrap();
        assert!(told.contains(" gcc && "), "{told}");
    }

    #[test]
    fn names_from_an_image_cannot_command_a_shell() {
        for name in ["a;rm -rf /", "$(x)", "a b", "`x`", "-o", "a\nb", ""] {
            let package = package(Ecosystem::Deb, name);
            assert_eq!(Manager::Apt.command(&[(&package, "1")]), None, "{name:?}");
            assert!(pin(&package, "1", "2", Some(Manager::Apt)).is_none());
        }
        let package = package(Ecosystem::Deb, "a");
        assert_eq!(Manager::Apt.command(&[(&package, "1 && x")]), None);
    }

    #[test]
    fn the_manager_is_the_one_that_the_image_has() {
        let mut inventory = Inventory::default();
        assert_eq!(Manager::of(Ecosystem::Rpm, &inventory), None);
        inventory.packages.push(package(Ecosystem::Rpm, "microdnf"));
        assert_eq!(
            Manager::of(Ecosystem::Rpm, &inventory),
            Some(Manager::Dnf("microdnf"))
        );
        inventory.distro = Some(Distro {
            id: "opensuse-leap".into(),
            id_like: vec!["suse".into(), "opensuse".into()],
            ..Distro::default()
        });
        assert_eq!(
            Manager::of(Ecosystem::Rpm, &inventory),
            Some(Manager::Zypper)
        );
        assert_eq!(Manager::of(Ecosystem::Npm, &inventory), None);
    }
}
