use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ecosystems {
    ($($(#[doc = $about:literal])+ $variant:ident = $id:literal, $purl:literal, $os:literal;)*) => {
        /// A world of packages with its own names and version order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Ecosystem {
            $($(#[doc = $about])+ #[serde(rename = $id)] $variant,)*
        }

        impl Ecosystem {
            /// Every ecosystem, in the order of the table.
            pub const ALL: &'static [Ecosystem] = &[$(Ecosystem::$variant),*];

            /// The short name used in output and policies.
            pub fn as_str(self) -> &'static str {
                match self { $(Ecosystem::$variant => $id,)* }
            }

            /// What it is, in one line.
            pub fn about(self) -> &'static str {
                match self { $(Ecosystem::$variant => concat!($($about),+).trim_ascii().trim_end_matches('.'),)* }
            }

            /// The package URL type.
            pub fn purl_type(self) -> &'static str {
                match self { $(Ecosystem::$variant => $purl,)* }
            }

            /// Whether packages belong to an operating system distribution and
            /// are matched against that distribution's advisories.
            pub fn is_os(self) -> bool {
                match self { $(Ecosystem::$variant => $os,)* }
            }
        }
    };
}

ecosystems! {
    /// Debian packages.
    Deb = "deb", "deb", true;
    /// Alpine packages.
    Apk = "apk", "apk", true;
    /// RPM packages.
    Rpm = "rpm", "rpm", true;
    /// Arch Linux packages.
    Alpm = "alpm", "alpm", true;
    /// Packages of OpenWrt, Yocto and their kin.
    Opkg = "opkg", "opkg", true;
    /// Gentoo packages, named `category/name`.
    Portage = "portage", "ebuild", true;
    /// Container-Optimized OS packages.
    Cos = "cos", "cos", true;
    /// Nix store paths.
    Nix = "nix", "nix", false;
    /// Snaps.
    Snap = "snap", "snap", false;
    /// Flatpak applications.
    Flatpak = "flatpak", "flatpak", false;
    /// Homebrew formulae.
    Brew = "brew", "brew", false;
    /// Python distributions.
    Pypi = "pypi", "pypi", false;
    /// Node packages.
    Npm = "npm", "npm", false;
    /// Go modules and the Go standard library.
    Golang = "golang", "golang", false;
    /// Java artifacts.
    Maven = "maven", "maven", false;
    /// Ruby gems.
    Gem = "gem", "gem", false;
    /// Rust crates.
    Cargo = "cargo", "cargo", false;
    /// .NET packages.
    Nuget = "nuget", "nuget", false;
    /// PHP packages.
    Composer = "composer", "composer", false;
    /// Erlang and Elixir packages.
    Hex = "hex", "hex", false;
    /// Dart packages.
    Pub = "pub", "pub", false;
    /// R packages.
    Cran = "cran", "cran", false;
    /// Haskell packages.
    Hackage = "hackage", "hackage", false;
    /// Bitnami components.
    Bitnami = "bitnami", "bitnami", false;
    /// Conda packages.
    Conda = "conda", "conda", false;
    /// Erlang/OTP applications.
    Otp = "otp", "otp", false;
    /// PEAR packages.
    Pear = "pear", "pear", false;
    /// PECL extensions.
    Pecl = "pecl", "pecl", false;
    /// Swift packages, named by repository: `github.com/owner/name`.
    Swift = "swift", "swift", false;
    /// CocoaPods.
    Cocoapods = "cocoapods", "cocoapods", false;
    /// Lua rocks.
    Luarocks = "luarocks", "luarocks", false;
    /// OCaml packages.
    Opam = "opam", "opam", false;
    /// Perl distributions.
    Cpan = "cpan", "cpan", false;
    /// C and C++ packages of Conan.
    Conan = "conan", "conan", false;
    /// C and C++ packages of vcpkg.
    Vcpkg = "vcpkg", "vcpkg", false;
    /// Julia packages.
    Julia = "julia", "julia", false;
    /// WordPress itself, its plugins and themes.
    Wordpress = "wordpress", "wordpress-plugin", false;
    /// Terraform providers.
    Terraform = "terraform", "terraform", false;
    /// SWI-Prolog packs.
    Swiplpack = "swiplpack", "swiplpack", false;
    /// Spack packages.
    Spack = "spack", "spack", false;
    /// Helm charts.
    Helm = "helm", "helm", false;
    /// Nim packages.
    Nimble = "nimble", "nimble", false;
    /// Elm packages, named `author/name`.
    Elm = "elm", "elm", false;
    /// Java runtimes.
    Jvm = "jvm", "generic", false;
    /// Programs that no package manager installed.
    Binary = "binary", "generic", false;
    /// Linux kernels.
    Kernel = "linux-kernel", "generic", false;
    /// Modules of Linux kernels.
    KernelModule = "linux-kernel-module", "generic", false;
    /// Machine learning models.
    Model = "model", "huggingface", false;
    /// Extensions of editors.
    EditorExtension = "vscode-extension", "vscode-extension", false;
    /// Anything else that a bill of materials names.
    Generic = "generic", "generic", false;
}

impl Ecosystem {
    /// The ecosystem whose package URL type is `kind` (any case).
    pub fn from_purl_type(kind: &str) -> Option<Self> {
        let kind = kind.to_ascii_lowercase();
        match kind.as_str() {
            // Spelling of older Alpine package URLs.
            "alpine" => Some(Ecosystem::Apk),
            "generic" => Some(Ecosystem::Generic),
            _ => Self::ALL.iter().copied().find(|e| e.purl_type() == kind),
        }
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
