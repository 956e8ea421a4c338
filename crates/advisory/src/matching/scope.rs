//! To which packages of a name a row is limited: architecture, operating
//! system, rpm module and kind of build.

use crate::advisory::{Condition, Module, Product, Scope, architecture};
use crate::cpe::Cpe;
use crate::versions::Scheme;
use plimsoll_types::{Inventory, PackageRecord};
use std::collections::{BTreeMap, BTreeSet};

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
    /// `ID` of os-release.
    distro: String,
    /// Versions of the products that are there, by CPE.
    products: BTreeMap<String, BTreeSet<String>>,
}

impl Place {
    /// Of an image; Linux where it does not say.
    pub(super) fn of(inventory: &Inventory) -> Self {
        let platform = inventory.image.platform.as_ref();
        let system = platform.map(|platform| platform.os.clone());
        let system = system.unwrap_or_default();
        let architecture = platform.map(|platform| platform.architecture.clone());
        let mut products: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for package in &inventory.packages {
            for cpe in package
                .record
                .cpes
                .iter()
                .filter_map(|text| Cpe::parse(text))
            {
                let versions = products.entry(cpe.product()).or_default();
                versions.insert(package.record.full_version());
            }
        }
        Self {
            distro: inventory
                .distro
                .as_ref()
                .map(|distro| distro.id.clone())
                .unwrap_or_default(),
            products,
            system: if system.is_empty() {
                "linux".into()
            } else {
                system
            },
            architecture: architecture.unwrap_or_default(),
        }
    }

    /// Whether a row's limits let it be about `package`. `bound` is the version
    /// that repairs it, where the row names one; `denies` when it says that
    /// nothing is wrong, which must be certain.
    pub(super) fn fits(
        &self,
        scope: &Scope,
        package: &PackageRecord,
        bound: Option<&str>,
        denies: bool,
    ) -> Fit {
        let runs = self.has(&scope.systems, &scope.architectures, package)
            && (scope.imports.is_empty()
                || scope
                    .imports
                    .iter()
                    .any(|import| self.has(&import.systems, &import.architectures, package)));
        let uncertain = denies && !scope.architectures.is_empty() && self.is_any(package);
        let whole = runs
            && !uncertain
            && is_edition(scope.edition.as_deref(), package)
            && scope
                .conditions
                .iter()
                .all(|condition| self.meets(condition));
        if !whole {
            return Fit::No;
        }
        if package.ecosystem != plimsoll_types::Ecosystem::Rpm || scope.module == Module::Any {
            return Fit::Yes;
        }
        let built = package.version.as_deref().unwrap_or_default();
        if bound.is_some_and(|bound| flavour(bound) != flavour(built)) {
            return Fit::No;
        }
        module(&scope.module, package, bound)
    }

    /// What a row that does not fit is about instead.
    pub(super) fn misfit(scope: &Scope) -> String {
        match scope.to_string().as_str() {
            "" => "it is about another kind of build".to_owned(),
            limits => format!("it is about {limits}"),
        }
    }

    fn architecture<'a>(&'a self, package: &'a PackageRecord) -> &'a str {
        architecture(package.arch.as_deref().unwrap_or(&self.architecture))
    }

    /// Whether a package is of no or of an unknown architecture.
    fn is_any(&self, package: &PackageRecord) -> bool {
        matches!(self.architecture(package), "" | "all" | "noarch")
    }

    fn meets(&self, condition: &Condition) -> bool {
        condition.systems.contains(&self.system)
            || condition.distributions.contains(&self.distro)
            || condition.products.iter().any(|product| self.holds(product))
    }

    fn holds(&self, product: &Product) -> bool {
        let versions = self.products.get(&product.name);
        let fits = |version: &String| {
            let mut windows = product.windows.iter();
            product.windows.is_empty() || windows.any(|w| w.holds(Scheme::Fuzzy, version))
        };
        versions.is_some_and(|versions| versions.iter().any(fits))
    }

    fn has(&self, systems: &[String], architectures: &[String], package: &PackageRecord) -> bool {
        let own = self.architecture(package);
        (systems.is_empty() || systems.contains(&self.system))
            && (architectures.is_empty()
                || self.is_any(package)
                || architectures.iter().any(|other| architecture(other) == own))
    }
}

/// Whether a package may be of an edition: it is, or it does not say.
fn is_edition(edition: Option<&str>, package: &PackageRecord) -> bool {
    let Some(edition) = edition else {
        return true;
    };
    let stated = package.cpes.iter().filter_map(|text| Cpe::parse(text));
    let mut stated = stated.filter(|cpe| cpe.edition != "*").peekable();
    stated.peek().is_none() || stated.any(|cpe| cpe.edition == edition)
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
        Module::Any => return Fit::Yes,
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
