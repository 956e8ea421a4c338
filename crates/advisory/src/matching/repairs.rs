//! Which version repairs a vulnerability, and which all of a package's.

use super::lookup::{Hit, Span};
use crate::versions::Version;
use plimsoll_types::Finding;
use std::collections::BTreeMap;

/// What repairs each finding, so that the version to go to can be chosen anew
/// when some of them count no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repairs(BTreeMap<(usize, String), Class>);

/// The records of one finding.
#[derive(Clone, Debug, PartialEq)]
struct Class {
    installed: Option<Version>,
    spans: Vec<Span>,
}

impl Repairs {
    pub(super) fn note(&mut self, finding: &Finding, hits: Vec<Hit>) {
        let installed = hits.iter().map(|hit| hit.installed.clone()).max();
        let spans = hits.into_iter().flat_map(|hit| hit.spans).collect();
        let key = (finding.package, finding.id.clone());
        self.0.insert(key, Class { installed, spans });
    }

    /// For each package the lowest version that repairs every one of `findings`
    /// that has a repair.
    pub(crate) fn upgrades(&self, findings: &[Finding]) -> BTreeMap<usize, String> {
        let mut packages: BTreeMap<usize, Vec<&Class>> = BTreeMap::new();
        for finding in findings.iter().filter(|f| !f.fix.versions.is_empty()) {
            let class = self.0.get(&(finding.package, finding.id.clone()));
            packages.entry(finding.package).or_default().extend(class);
        }
        let chosen = packages.into_iter().filter_map(|(package, classes)| {
            let installed = classes.iter().filter_map(|c| c.installed.as_ref()).max();
            let spans: Vec<&Span> = classes.iter().flat_map(|class| &class.spans).collect();
            let (_, version) = *versions(installed, &spans).first()?;
            Some((package, version.to_owned()))
        });
        chosen.collect()
    }
}

/// The versions that no span holds, out of those that some span is repaired by,
/// above the installed one and in order.
pub(super) fn versions<'a>(
    installed: Option<&Version>,
    spans: &[&'a Span],
) -> Vec<(&'a Version, &'a str)> {
    let fixes = spans.iter().filter_map(|span| span.fix());
    let mut candidates: Vec<_> = fixes
        .filter(|(version, _)| installed.is_none_or(|installed| installed < *version))
        .collect();
    candidates.sort();
    candidates.dedup_by(|a, b| a.0 == b.0);
    candidates.retain(|(version, _)| !spans.iter().any(|span| span.holds(version)));
    candidates
}
