//! One file per version scheme; the table below is what exists.
//!
//! A scheme turns text into a [`Version`] that is totally ordered within the
//! scheme. Numbers have any length; nothing overflows.
//!
//! An advisory range is an interval of this order and nothing else;
//! [`Scheme::windows`] reads written ones. What package managers make of their
//! own range syntax ([`Scheme::satisfies`], [`satisfies_npm`]) differs, for
//! instance about pre-releases, and decides about no vulnerability.

mod apk;
mod bitnami;
mod composer;
mod cran;
mod deb;
mod flavour;
mod fuzzy;
mod gem;
mod go;
mod hackage;
mod hex;
mod jvm;
mod maven;
mod nuget;
mod number;
mod pacman;
mod pep440;
mod portage;
mod r#pub;
mod ranges;
mod rpm;
mod semver;
mod strays;

pub use ranges::windows::{Bound, Interval};

use plimsoll_types::Ecosystem;
use std::cmp::Ordering;

/// Longest text that is taken for a version, in bytes.
const MAX_LENGTH: usize = 4096;

macro_rules! schemes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $module:ident;)*) => {
        /// An order of versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scheme {
            $($(#[$doc])* $variant,)*
        }

        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        enum Parsed {
            $($variant($module::Version),)*
        }

        impl Scheme {
            /// Every scheme, in the order of the table.
            pub const ALL: &'static [Scheme] = &[$(Scheme::$variant),*];

            /// The short name.
            pub fn as_str(self) -> &'static str {
                match self { $(Scheme::$variant => $name,)* }
            }

            /// Reads a version; `None` if the text is none in this scheme.
            pub fn parse(self, text: &str) -> Option<Version> {
                let text = text.trim();
                if text.is_empty() || text.len() > MAX_LENGTH {
                    return None;
                }
                let parsed = match self {
                    $(Scheme::$variant => Parsed::$variant($module::Version::parse(text)?),)*
                };
                Some(Version(parsed))
            }
        }
    };
}

schemes! {
    /// dpkg: Debian, Ubuntu and derivatives.
    Deb = "deb", deb;
    /// rpm epoch, version, release.
    Rpm = "rpm", rpm;
    /// apk-tools: Alpine, Wolfi, Chainguard.
    Apk = "apk", apk;
    /// libalpm: Arch.
    Pacman = "pacman", pacman;
    /// Gentoo.
    Portage = "portage", portage;
    /// Semantic versions, read loosely: npm, crates.io, Swift, GitHub Actions.
    Semver = "semver", semver;
    /// Python.
    Pep440 = "pep440", pep440;
    /// Maven's ComparableVersion.
    Maven = "maven", maven;
    /// RubyGems.
    Gem = "gem", gem;
    /// Packagist.
    Composer = "composer", composer;
    /// NuGet.
    Nuget = "nuget", nuget;
    /// Dart.
    Pub = "pub", r#pub;
    /// R.
    Cran = "cran", cran;
    /// Haskell.
    Hackage = "hackage", hackage;
    /// Elixir and Erlang.
    Hex = "hex", hex;
    /// Bitnami component revisions.
    Bitnami = "bitnami", bitnami;
    /// Go modules and toolchains.
    Go = "go", go;
    /// Java runtimes.
    Jvm = "jvm", jvm;
    /// Last resort for unknown kinds.
    Fuzzy = "fuzzy", fuzzy;
}

/// A version of one scheme. Comparing versions of different schemes is a
/// mistake of the caller; the answer is then the order of the schemes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Parsed);

impl Scheme {
    /// The scheme by its short name.
    pub fn from_name(name: &str) -> Option<Scheme> {
        Self::ALL
            .iter()
            .copied()
            .find(|scheme| scheme.as_str() == name)
    }

    /// The scheme in which an ecosystem's packages are versioned.
    pub fn of(ecosystem: Ecosystem) -> Scheme {
        match ecosystem {
            Ecosystem::Deb | Ecosystem::Opkg => Scheme::Deb,
            Ecosystem::Apk => Scheme::Apk,
            Ecosystem::Rpm => Scheme::Rpm,
            Ecosystem::Alpm => Scheme::Pacman,
            Ecosystem::Portage | Ecosystem::Cos => Scheme::Portage,
            Ecosystem::Pypi => Scheme::Pep440,
            Ecosystem::Npm
            | Ecosystem::Cargo
            | Ecosystem::Swift
            | Ecosystem::Julia
            | Ecosystem::Terraform
            | Ecosystem::Helm
            | Ecosystem::Elm
            | Ecosystem::EditorExtension => Scheme::Semver,
            Ecosystem::Golang => Scheme::Go,
            Ecosystem::Maven => Scheme::Maven,
            Ecosystem::Gem | Ecosystem::Cocoapods => Scheme::Gem,
            Ecosystem::Nuget => Scheme::Nuget,
            Ecosystem::Composer | Ecosystem::Pear | Ecosystem::Pecl => Scheme::Composer,
            Ecosystem::Hex | Ecosystem::Otp => Scheme::Hex,
            Ecosystem::Pub => Scheme::Pub,
            Ecosystem::Cran => Scheme::Cran,
            Ecosystem::Hackage => Scheme::Hackage,
            Ecosystem::Bitnami => Scheme::Bitnami,
            Ecosystem::Jvm => Scheme::Jvm,
            Ecosystem::Nix
            | Ecosystem::Snap
            | Ecosystem::Flatpak
            | Ecosystem::Brew
            | Ecosystem::Conda
            | Ecosystem::Luarocks
            | Ecosystem::Opam
            | Ecosystem::Cpan
            | Ecosystem::Conan
            | Ecosystem::Vcpkg
            | Ecosystem::Wordpress
            | Ecosystem::Swiplpack
            | Ecosystem::Spack
            | Ecosystem::Nimble
            | Ecosystem::Binary
            | Ecosystem::Kernel
            | Ecosystem::KernelModule
            | Ecosystem::Model
            | Ecosystem::Generic => Scheme::Fuzzy,
        }
    }

    /// Reads a version as it is matched: without the part that only names the
    /// platform it was built for.
    pub fn parse_unflavoured(self, text: &str) -> Option<Version> {
        self.parse(flavour::without(self, text.trim()))
    }

    /// Orders two texts as the ecosystem's own tool and OSV do, also where one
    /// of them is no version. Some tools contradict themselves over three
    /// texts; [`Version`]s are sorted, these answers are not. `None` for texts
    /// that are too long.
    pub fn compare(self, a: &str, b: &str) -> Option<Ordering> {
        strays::compare(self, a, b)
    }

    /// Whether `version` lies in a range as the ecosystem's package manager
    /// reads it. `None` when either cannot be read.
    pub fn satisfies(self, version: &str, range: &str) -> Option<bool> {
        ranges::satisfies(self, version, range)
    }

    /// The intervals of this order that a written range names, for advisories
    /// that say `>= 1.2, < 1.4 || ~> 2.0.3` or `[1.0,2.0)`: bounds and nothing
    /// else, no pre-release is left out. A lower bound of `0` is before every
    /// version. `None` when the range is blank or cannot be read.
    pub fn windows(self, range: &str) -> Option<Vec<Interval>> {
        ranges::windows::windows(self, range)
    }
}

/// Whether `version` lies in `range` as npm reads it, whose versions are those
/// of [`Scheme::Semver`]. `None` when either cannot be read.
pub fn satisfies_npm(version: &str, range: &str) -> Option<bool> {
    ranges::satisfies_npm(version, range)
}

#[cfg(test)]
mod tests;
