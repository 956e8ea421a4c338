//! Findings by package, with the binaries of one source package folded.

use crate::Report;
use crate::plain::plain;
use plimsoll_types::{Ecosystem, Finding, Package, Severity};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Packages that share their findings: one package, or the binaries of one OS
/// source package in one version, layer and state.
pub(crate) struct Group<'a> {
    /// Never empty; the one named like the source package first.
    pub(crate) packages: Vec<&'a Package>,
    /// Indices of the packages in the inventory.
    pub(crate) indices: Vec<usize>,
    /// Findings of each of them, the worst first; never empty.
    pub(crate) findings: Vec<&'a Finding>,
}

impl<'a> Group<'a> {
    /// Names as the packages are called in speech, plain.
    pub(crate) fn names(&self) -> Vec<String> {
        self.packages.iter().map(|package| name(package)).collect()
    }

    /// The first name and the version, plain.
    pub(crate) fn label(&self) -> String {
        let package = self.packages.first();
        package.map_or(String::new(), |package| label(package))
    }

    /// The version of all of them, plain.
    pub(crate) fn version(&self) -> String {
        let package = self.packages.first();
        package.map_or(String::new(), |package| {
            plain(&package.record.full_version())
        })
    }

    pub(crate) fn package(&self) -> Option<&'a Package> {
        self.packages.first().copied()
    }

    pub(crate) fn worst(&self) -> Severity {
        let severities = self.findings.iter().map(|finding| finding.severity);
        severities.max().unwrap_or_default()
    }

    /// The version that repairs every finding of it that has a fix.
    pub(crate) fn upgrade(&self, report: &Report<'a>) -> Option<&'a str> {
        let index = self.indices.first()?;
        report.upgrades.get(index).map(String::as_str)
    }

    /// Whether somebody in a hurry must see it: bad, exploited, or nobody
    /// knows how bad.
    pub(crate) fn is_pressing(&self) -> bool {
        let unrated = |finding: &&Finding| finding.severity == Severity::Unknown;
        self.worst() > Severity::Medium || self.is_exploited() || self.findings.iter().any(unrated)
    }

    pub(crate) fn is_exploited(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.known_exploited.is_some())
    }
}

/// The name that people say: for Maven the artifact without its group.
pub(crate) fn name(package: &Package) -> String {
    let name = match (package.record.ecosystem, &package.record.name) {
        (Ecosystem::Maven, name) => name.rsplit_once(':').map_or(&**name, |(_, name)| name),
        (_, name) => name,
    };
    plain(name)
}

/// Name and version.
pub(crate) fn label(package: &Package) -> String {
    let label = format!(
        "{} {}",
        name(package),
        plain(&package.record.full_version())
    );
    label.trim_end().to_owned()
}

/// Every package with findings, grouped, the worst group first.
pub(crate) fn groups<'a>(report: &Report<'a>) -> Vec<Group<'a>> {
    let mut by_package: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings {
        by_package.entry(finding.package).or_default().push(finding);
    }
    let mut folded: BTreeMap<_, Group<'a>> = BTreeMap::new();
    for (index, mut findings) in by_package {
        let Some(package) = report.inventory.packages.get(index) else {
            continue;
        };
        findings.sort_by_key(|finding| {
            let exploited = finding.known_exploited.is_some();
            (Reverse((finding.severity, exploited)), &finding.id)
        });
        let record = &package.record;
        // Only the binaries of a source package are one thing to upgrade.
        let alone = if record.ecosystem.is_os() { 0 } else { index };
        let state: Vec<_> = findings
            .iter()
            .map(|finding| (&finding.id, finding.fix.state, &finding.fix.versions))
            .collect();
        let key = (
            record.ecosystem,
            alone,
            record.source_name(),
            record.full_version(),
            package.introduced,
            state,
        );
        let group = folded.entry(key).or_insert_with(|| Group {
            packages: Vec::new(),
            indices: Vec::new(),
            findings,
        });
        let at = match record.name == record.source_name() {
            true => 0,
            false => group.packages.len(),
        };
        group.packages.insert(at, package);
        group.indices.insert(at, index);
    }
    let mut groups: Vec<_> = folded.into_values().collect();
    groups.sort_by_cached_key(|group| {
        let worst = (group.worst(), group.is_exploited(), group.findings.len());
        (Reverse(worst), group.names(), group.version())
    });
    groups
}

/// How many of something, by severity and by what can be said about it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) critical: usize,
    pub(crate) high: usize,
    pub(crate) medium: usize,
    pub(crate) low: usize,
    pub(crate) negligible: usize,
    pub(crate) unknown: usize,
    pub(crate) fixable: usize,
    pub(crate) exploited: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, finding: &Finding) {
        *match finding.severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Negligible => &mut self.negligible,
            Severity::Unknown => &mut self.unknown,
        } += 1;
        self.fixable += usize::from(is_fixable(finding));
        self.exploited += usize::from(finding.known_exploited.is_some());
    }
}

/// Whether a version that repairs it is known.
pub(crate) fn is_fixable(finding: &Finding) -> bool {
    !finding.fix.versions.is_empty()
}

/// The word for a severity in few columns.
pub(crate) fn short(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRIT",
        Severity::High => "HIGH",
        Severity::Medium => "MED",
        Severity::Low => "LOW",
        Severity::Negligible => "NEGL",
        Severity::Unknown => "UNRATED",
    }
}
