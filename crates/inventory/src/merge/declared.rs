//! Packages that only a lock file or manifest names, beside what it led to.
//!
//! A lock file names more than was installed: what development needs, what
//! other platforms need. Where its packages were installed, those that were
//! not are not in the image, so they are left out; where nothing was, as in a
//! source tree, it is the only word there is.

use super::Visible;
use crate::facts::Fact;
use crate::path::parent;
use plimsoll_types::{Confidence, Ecosystem, Package};
use std::collections::{BTreeMap, HashSet};

/// Paths whose evidence only declares packages, and installs none.
pub(super) fn paths<'a>(visible: &Visible<'a>) -> HashSet<&'a str> {
    let declares = |fact: &Fact| match fact {
        Fact::Packages(packages) => packages
            .iter()
            .all(|package| package.confidence == Confidence::Declared),
        _ => true,
    };
    visible
        .evidence()
        .filter(|(_, evidence)| evidence.facts.iter().all(declares))
        .map(|(_, evidence)| evidence.path.as_str())
        .collect()
}

/// What came of the packages that one file names in one ecosystem.
#[derive(Default)]
struct Outcome {
    named: usize,
    installed: usize,
    /// Installed in the folder of the file, or below.
    here: usize,
}

impl Outcome {
    /// Whether somebody followed the file: in its own tree, or elsewhere (as
    /// pip and Bundler do) for the most part. A Python package below the file
    /// may also be a copy that was put there by hand.
    fn is_installed(&self, ecosystem: Ecosystem) -> bool {
        let here = match ecosystem {
            Ecosystem::Pypi => self.installed * 3 >= self.named,
            _ => true,
        };
        self.here > 0 && here || self.installed * 2 > self.named
    }
}

/// Leaves out packages that only files name whose packages were installed.
pub(super) fn settle(declaring: &HashSet<&str>, packages: &mut Vec<Package>) {
    let mut outcomes: BTreeMap<(String, Ecosystem), Outcome> = BTreeMap::new();
    for package in packages.iter().filter(|package| !package.record.local) {
        let installed = package.record.confidence < Confidence::Declared;
        for location in &package.locations {
            if !declaring.contains(location.path.as_str()) {
                continue;
            }
            let key = (location.path.clone(), package.record.ecosystem);
            let outcome = outcomes.entry(key).or_default();
            outcome.named += 1;
            outcome.installed += usize::from(installed);
            outcome.here += usize::from(installed && is_below(package, &location.path, declaring));
        }
    }
    packages.retain(|package| {
        package.record.confidence != Confidence::Declared
            || leaves_no_trace(package)
            || package.locations.iter().any(|location| {
                let ecosystem = package.record.ecosystem;
                let outcome = outcomes.get(&(location.path.clone(), ecosystem));
                !outcome.is_some_and(|outcome| outcome.is_installed(ecosystem))
            })
    });
}

/// Bundler checks gems of repositories out and writes no specification.
fn leaves_no_trace(package: &Package) -> bool {
    let record = &package.record;
    record.ecosystem == Ecosystem::Gem && record.qualifiers.contains_key("vcs_url")
}

/// Folders of the root in which a distribution installs, whatever lies beside
/// them.
const SYSTEM: &[&str] = &["usr", "lib", "lib64", "opt", "var", "nix", "snap"];

/// Whether a package is installed in the folder of a file, or below. All of an
/// image lies below its root: what the system brought there is no answer to a
/// file that was left there.
fn is_below(package: &Package, file: &str, declaring: &HashSet<&str>) -> bool {
    let folder = parent(file);
    package.locations.iter().any(|location| {
        let path = location.path.as_str();
        let inside = match folder {
            "" => path
                .split('/')
                .next()
                .is_none_or(|first| !SYSTEM.contains(&first)),
            _ => path
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/')),
        };
        inside && !declaring.contains(path)
    })
}
