//! Definitions of class `patch` whose criteria say it all in their comments:
//! `bind-libs is earlier than 30:9.3.3-8.el5`.

use super::{Conditions, Definition, Reading};
use crate::advisory::{Advisory, Affected, Module, Role, Scope, Window, architecture};
use crate::feeds::xml::Element;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{Severity, SeverityClaim};
use std::collections::BTreeMap;

/// A vendor that writes them.
pub(super) struct Vendor {
    pub feed: &'static str,
    /// Source of its severities.
    pub source: &'static str,
    /// What its platforms begin with: `Oracle Linux `.
    pub platform: &'static str,
    /// Name of the distribution here.
    pub distro: &'static str,
}

/// Reads every definition.
pub(super) fn read(vendor: &Vendor, document: &[u8], intake: &mut Intake) -> Result<(), String> {
    super::definitions(document, |definition| {
        let Some((advisory, title)) = named(&definition.title) else {
            intake.skipped(vendor.feed, "an advisory without an id");
            return;
        };
        let cves = definition.cves();
        if cves.is_empty() {
            intake.skipped(vendor.feed, "bug fix or enhancement, no vulnerability");
            return;
        }
        let Some(affected) = affected(vendor, &definition, advisory) else {
            intake.skipped(
                vendor.feed,
                "criteria that lie too deep or have too many conditions",
            );
            return;
        };
        if affected.is_empty() {
            intake.skipped(vendor.feed, "no package of a known release");
            return;
        }
        let issued = issued(&definition).to_owned();
        intake.newest(vendor.feed, &issued);
        let severity = Severity::from_word(definition.advisory().text_of("severity"));
        for id in cves {
            intake.replace(Advisory {
                feed: vendor.feed.to_owned(),
                record: advisory.to_owned(),
                id,
                title: title.to_owned(),
                details: definition.metadata.text_of("description").to_owned(),
                url: url(&definition),
                published: Some(issued.clone()).filter(|day| !day.is_empty()),
                modified: issued.clone(),
                severities: severity
                    .map(|severity| SeverityClaim::in_word(vendor.source, severity))
                    .into_iter()
                    .collect(),
                affected: affected.clone(),
                ..Advisory::default()
            });
        }
    })
}

/// `ELSA-2007-0057:  Moderate: bind security update  (MODERATE)`.
fn named(title: &str) -> Option<(&str, &str)> {
    let end = title.find([' ', '\n'])?;
    let (id, rest) = title.split_at_checked(end)?;
    let id = id.trim_end_matches(':');
    (!id.is_empty()).then(|| (id, rest.trim()))
}

fn issued(definition: &Definition) -> &str {
    let issued = definition.advisory().child("issued");
    issued.map_or("", |issued| issued.attribute("date"))
}

/// The page of the advisory itself.
fn url(definition: &Definition) -> Option<String> {
    let mut references = definition.metadata.all("reference");
    let own = references.find(|reference| reference.attribute("source") != "CVE")?;
    Some(own.attribute("ref_url").to_owned())
}

fn affected(vendor: &Vendor, definition: &Definition, advisory: &str) -> Option<Vec<Affected>> {
    let rows = definition.rows(&mut |criterion| reading(vendor, criterion))?;
    // By namespace, package and module: versions, with their architectures.
    type Versions = BTreeMap<String, Vec<String>>;
    let mut packages: BTreeMap<(Namespace, String, Option<String>), Versions> = BTreeMap::new();
    for ((package, version), conditions) in rows {
        let Conditions {
            platforms,
            architectures,
            module,
        } = conditions;
        for release in platforms {
            let Some(namespace) = Namespace::distro(vendor.distro, &release) else {
                continue;
            };
            let key = (namespace, package.clone(), module.clone());
            let versions = packages.entry(key).or_default();
            let known = versions.entry(version.clone()).or_default();
            known.extend(architectures.iter().cloned());
        }
    }
    let day = issued(definition).get(..10).map(str::to_owned);
    let mut affected = Vec::new();
    for ((namespace, package, module), versions) in packages {
        // Architectures tell rows apart only where they are built at different
        // versions.
        let limited = versions.len() > 1;
        for (version, mut architectures) in versions {
            architectures.sort();
            architectures.dedup();
            affected.push(Affected {
                scope: Scope {
                    role: Role::Binary,
                    module: module.clone().map_or(Module::Unsaid, Module::Stream),
                    architectures: if limited { architectures } else { Vec::new() },
                    ..Scope::default()
                },
                advisories: vec![advisory.to_owned()],
                fixed_on: day.clone(),
                ..Affected::new(namespace.clone(), &package, vec![Window::before(&version)])
            });
        }
    }
    Some(affected)
}

fn reading(vendor: &Vendor, criterion: &Element) -> Reading<(String, String)> {
    let comment = criterion.attribute("comment");
    if let Some((package, version)) = comment.split_once(" is earlier than ") {
        return Reading::Package((package.trim().to_owned(), version.trim().to_owned()));
    }
    if let Some((_, arch)) = comment.split_once(" arch is ") {
        return Reading::Architecture(architecture(arch.trim()).to_owned());
    }
    let subject = |end: &str| comment.strip_suffix(end).map(str::trim);
    if let Some(module) = subject(" is enabled").and_then(|s| s.strip_prefix("Module ")) {
        return Reading::Module(module.to_owned());
    }
    match subject(" is installed").and_then(|s| s.strip_prefix(vendor.platform)) {
        Some(release) => Reading::Platform(release.to_owned()),
        None => Reading::Nothing,
    }
}
