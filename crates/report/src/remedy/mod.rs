//! The smallest repair of an image, for people, machines and Dockerfiles.

mod dockerfile;
mod how;
mod json;
mod text;

use crate::Report;
use plimsoll_policy::{Action, Evidence, Outlook, Reason, Upgrade, Verdict};
use plimsoll_types::{Finding, Inventory, Package};

/// What turns an image green, as far as upgrades do, and what then is left.
#[derive(Clone, Copy, Debug)]
pub struct Remedy<'a> {
    /// The image as it is.
    pub report: Report<'a>,
    /// The upgrades.
    pub upgrades: &'a [Upgrade],
    /// What the image would be with them, and with another base image where
    /// one is tried.
    pub after: &'a Outlook,
    /// What is known of its base image.
    pub base: Option<Base<'a>>,
}

/// The image that an image was built on.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// How many layers from the bottom are its.
    pub layers: usize,
    /// What it is called; `None` where only the build history tells of it.
    pub name: Option<&'a str>,
    /// What would become of the image if only own layers were repaired.
    pub own: &'a Outlook,
    /// The image that is tried in its place.
    pub other: Option<&'a str>,
}

impl<'a> Remedy<'a> {
    fn packages(&self, upgrade: &Upgrade) -> Vec<&'a Package> {
        let packages = &self.report.inventory.packages;
        let indices = upgrade.packages.iter();
        indices.filter_map(|index| packages.get(*index)).collect()
    }

    /// Whether an upgrade is of packages that came with the base image.
    fn is_inherited(&self, upgrade: &Upgrade) -> bool {
        let Some(base) = self.base else { return false };
        let inherited = |package: &&Package| {
            usize::try_from(package.introduced).is_ok_and(|layer| layer < base.layers)
        };
        self.packages(upgrade).iter().all(inherited)
    }

    /// Vulnerabilities that still stop, with their packages.
    fn uncured(&self) -> Vec<(&'a Finding, usize, &'a Package)> {
        let mut uncured: Vec<(&Finding, usize, &Package)> = Vec::new();
        for reason in stops(&self.after.verdict) {
            let Evidence::Finding(index) = reason.evidence else {
                continue;
            };
            let Some(finding) = self.after.findings.get(index) else {
                continue;
            };
            let package = self.after.inventory.packages.get(finding.package);
            let known = |(old, at, _): &(&Finding, usize, &Package)| {
                old.id == finding.id && *at == finding.package
            };
            if let Some(package) = package.filter(|_| !uncured.iter().any(known)) {
                uncured.push((finding, finding.package, package));
            }
        }
        uncured
    }

    /// Everything else that still stops.
    fn others(&self) -> Vec<&'a Reason> {
        let is_finding = |reason: &&Reason| matches!(reason.evidence, Evidence::Finding(_));
        let stops = stops(&self.after.verdict);
        stops.filter(|reason| !is_finding(reason)).collect()
    }

    /// Names of the packages that need a package.
    fn dependents(&self, package: usize) -> Vec<&'a str> {
        let inventory: &'a Inventory = &self.after.inventory;
        let needs = |other: &&Package| {
            let mut needs = other.depends_on.iter();
            needs.any(|&needed| usize::try_from(needed) == Ok(package))
        };
        let others = inventory.packages.iter().filter(needs);
        others.map(|other| other.record.name.as_str()).collect()
    }

    /// The day on which an exception could end: long enough to plan, short
    /// enough to be remembered.
    fn until(&self) -> String {
        let day = jiff::tz::Offset::UTC.to_datetime(self.report.now).date();
        let until = day.checked_add(jiff::Span::new().days(30));
        until.unwrap_or(day).to_string()
    }
}

/// Reasons that stop.
fn stops(verdict: &Verdict) -> impl Iterator<Item = &Reason> {
    let reasons = verdict.reasons.iter();
    reasons.filter(|reason| reason.counts() && reason.effect() == Action::Stop)
}
