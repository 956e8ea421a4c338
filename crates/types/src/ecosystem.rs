use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ecosystems {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $purl:literal, $os:literal;)*) => {
        /// A world of packages with its own names and version order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Ecosystem {
            $($(#[$doc])* #[serde(rename = $id)] $variant,)*
        }

        impl Ecosystem {
            /// Every ecosystem, in the order of the table.
            pub const ALL: &'static [Ecosystem] = &[$(Ecosystem::$variant),*];

            /// The short name used in output and policies.
            pub fn as_str(self) -> &'static str {
                match self { $(Ecosystem::$variant => $id,)* }
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
}

impl Ecosystem {
    /// The ecosystem whose package URL type is `kind` (any case).
    pub fn from_purl_type(kind: &str) -> Option<Self> {
        let kind = kind.to_ascii_lowercase();
        match kind.as_str() {
            // Spelling of older Alpine package URLs.
            "alpine" => Some(Ecosystem::Apk),
            _ => Self::ALL.iter().copied().find(|e| e.purl_type() == kind),
        }
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
