//! One file per version scheme; the table below is what exists.
//!
//! A scheme turns text into a [`Version`] that is totally ordered within the
//! scheme. Numbers have any length; nothing overflows. Range syntax of
//! package managers plays no part: an advisory range is an interval of this
//! order and nothing else.

mod apk;
mod bitnami;
mod composer;
mod constraint;
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
mod rpm;
mod semver;

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
    pub(crate) fn parse_unflavoured(self, text: &str) -> Option<Version> {
        self.parse(flavour::without(self, text.trim()))
    }

    /// Orders two texts; `None` when either is no version of this scheme.
    pub fn compare(self, a: &str, b: &str) -> Option<Ordering> {
        Some(self.parse(a)?.cmp(&self.parse(b)?))
    }

    /// Whether `version` lies in a range that a person wrote: comparisons
    /// joined by `,` (and) and `||` (or). `None` when something does not
    /// parse.
    pub fn satisfies(self, version: &str, range: &str) -> Option<bool> {
        constraint::satisfies(self, version, range)
    }
}

#[cfg(test)]
mod tests;
