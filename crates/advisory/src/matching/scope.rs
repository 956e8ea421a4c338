//! To which packages of a name a row is limited: architecture, operating
//! system, rpm module and kind of build.

use crate::advisory::{Module, Scope};
use plimsoll_types::{PackageRecord, Platform};

/// Whether a row is about a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
    /// It is of a module, and somebody does not tell which stream.
    StreamUnknown,
}

/// What is known of the place a package runs in.
pub(super) struct Place {
    system: String,
    architecture: String,
}

impl Place {
    /// Of an image; Linux where it does not say.
    pub(super) fn of(platform: Option<&Platform>) -> Self {
        let text = |part: fn(&Platform) -> &String| platform.map(part).cloned().unwrap_or_default();
        let system = text(|platform| &platform.os);
        Self {
            system: if system.is_empty() {
                "linux".into()
            } else {
                system
            },
            architecture: text(|platform| &platform.architecture),
        }
    }

    /// Whether a row's limits let it be about `package`. `bound` is the version
    /// that repairs it, where the row names one.
    pub(super) fn fits(&self, scope: &Scope, package: &PackageRecord, bound: Option<&str>) -> Fit {
        let runs = self.has(&scope.systems, &scope.architectures, package)
            && (scope.imports.is_empty()
                || scope
                    .imports
                    .iter()
                    .any(|import| self.has(&import.systems, &import.architectures, package)));
        if !runs {
            return Fit::No;
        }
        if package.ecosystem != plimsoll_types::Ecosystem::Rpm {
            return Fit::Yes;
        }
        let built = package.version.as_deref().unwrap_or_default();
        if bound.is_some_and(|bound| flavour(bound) != flavour(built)) {
            return Fit::No;
        }
        module(&scope.module, package, bound)
    }

    fn has(&self, systems: &[String], architectures: &[String], package: &PackageRecord) -> bool {
        let own = match package.arch.as_deref() {
            None => self.architecture.as_str(),
            Some(own) => own,
        };
        let own = folded(own);
        (systems.is_empty() || systems.contains(&self.system))
            && (architectures.is_empty()
                || matches!(own, "" | "all" | "noarch")
                || architectures.iter().any(|other| folded(other) == own))
    }
}

/// One word for each architecture, OCI's.
pub(crate) fn folded(architecture: &str) -> &str {
    match architecture {
        "x86_64" | "x64" | "x86-64" => "amd64",
        "aarch64" | "armv8" => "arm64",
        "i386" | "i486" | "i586" | "i686" | "x86" => "386",
        "armhf" | "armv7" | "armv7l" | "armv7hl" | "armv7hnl" => "arm",
        "ppc64el" => "ppc64le",
        other => other,
    }
}

/// Builds that only compare with their own kind: Ksplice's and FIPS-certified
/// ones of Oracle.
fn flavour(version: &str) -> &'static str {
    if version.contains(".ksplice") {
        "ksplice"
    } else if version.contains("_fips") || version.contains(".fips") {
        "fips"
    } else {
        ""
    }
}

/// Rows about an rpm module are about packages of that stream, others about
/// packages outside of modules.
fn module(module: &Module, package: &PackageRecord, bound: Option<&str>) -> Fit {
    let label = package.modularity.as_deref().filter(|l| !l.is_empty());
    let version = package.version.as_deref().unwrap_or_default();
    let modular = label.is_some() || is_modular(version);
    let claimed = match module {
        Module::Stream(_) => true,
        Module::Outside => false,
        // What the fixed build is named after tells at least that much.
        Module::Unsaid => match bound {
            Some(bound) => is_modular(bound),
            None => return Fit::Yes,
        },
    };
    match (claimed, modular) {
        (false, false) => Fit::Yes,
        (true, false) | (false, true) => Fit::No,
        (true, true) => match (module, label) {
            (Module::Stream(stream), Some(label)) => {
                let rest = label.strip_prefix(stream.as_str());
                match rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) {
                    true => Fit::Yes,
                    false => Fit::No,
                }
            }
            _ => Fit::StreamUnknown,
        },
    }
}

/// `1.18-2.module+el8.3.0+180+86811c21`, `1.18-2.module_el8.3.0+1190+d11b935a`.
fn is_modular(version: &str) -> bool {
    version.contains(".module+") || version.contains(".module_")
}
