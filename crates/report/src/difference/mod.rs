//! What changed between two images, as far as either is known.
//!
//! Comparing is pure: two sides in, one value out, which text and JSON render.

mod configuration;
mod json;
mod packages;
mod text;

pub use configuration::Setting;
pub use packages::{Order, PackageChange};

use plimsoll_policy::{Baseline, Outcome};
use plimsoll_types::{Finding, Inventory, Package};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// The image.
    pub inventory: &'a Inventory,
    /// Its vulnerabilities; `None` where nothing was matched.
    pub findings: Option<&'a [Finding]>,
    /// What the policy says; `None` where nothing was judged.
    pub outcome: Option<Outcome>,
    /// The rules that stop it.
    pub stops: BTreeSet<&'a str>,
}

/// What changed from one image to another.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    before: Side<'a>,
    after: Side<'a>,
    packages: Vec<PackageChange<'a>>,
    /// `None` where one side was not matched.
    findings: Option<Findings<'a>>,
    /// Layers from the bottom that both have.
    shared: usize,
    settings: Vec<Setting>,
}

/// A vulnerability of a package name: the worst finding of its fingerprint.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    finding: &'a Finding,
    package: &'a Package,
}

#[derive(Clone, Debug, Default)]
struct Findings<'a> {
    /// Not there before.
    new: Vec<Known<'a>>,
    /// There before and worse now: rated higher, or exploited since.
    worse: Vec<Known<'a>>,
    /// Not there any more.
    gone: Vec<Known<'a>>,
    /// There on both sides.
    still: Vec<Known<'a>>,
}

impl<'a> Difference<'a> {
    /// From `before` to `after`; `order` compares two versions of an
    /// ecosystem, where they can be compared.
    pub fn of(before: Side<'a>, after: Side<'a>, order: Order<'_>) -> Self {
        let layers = |side: &Side<'a>| side.inventory.layers.iter();
        let shared = layers(&before)
            .zip(layers(&after))
            .take_while(|(one, other)| one.diff_id == other.diff_id)
            .count();
        let findings = match (before.findings, after.findings) {
            (Some(old), Some(new)) => Some(Findings::of(
                (before.inventory, old),
                (after.inventory, new),
            )),
            _ => None,
        };
        Self {
            packages: packages::changes(before.inventory, after.inventory, order),
            findings,
            shared,
            settings: configuration::settings(before.inventory, after.inventory),
            before,
            after,
        }
    }

    /// How many vulnerabilities are new or worse; `None` where one side was
    /// not matched.
    pub fn new_findings(&self) -> Option<usize> {
        let findings = self.findings.as_ref()?;
        Some(findings.new.len() + findings.worse.len())
    }
}

impl<'a> Findings<'a> {
    fn of(
        (old_image, old): (&'a Inventory, &'a [Finding]),
        (new_image, new): (&'a Inventory, &'a [Finding]),
    ) -> Self {
        let known = Baseline::of("", old_image, old);
        let mut before = by_fingerprint(old_image, old);
        let mut findings = Self::default();
        for (fingerprint, after) in by_fingerprint(new_image, new) {
            let list = match before.remove(&fingerprint) {
                None => &mut findings.new,
                Some(_) if known.knows(new_image, after.finding) => &mut findings.still,
                Some(_) => &mut findings.worse,
            };
            list.push(after);
        }
        findings.gone = before.into_values().collect();
        for list in [
            &mut findings.new,
            &mut findings.worse,
            &mut findings.gone,
            &mut findings.still,
        ] {
            list.sort_by_key(|known| {
                let exploited = known.finding.known_exploited.is_some();
                let worst = Reverse((known.finding.severity, exploited));
                (worst, &known.package.record.name, &known.finding.id)
            });
        }
        findings
    }
}

/// The worst finding of each fingerprint.
fn by_fingerprint<'a>(
    inventory: &'a Inventory,
    findings: &'a [Finding],
) -> BTreeMap<String, Known<'a>> {
    let mut worst: BTreeMap<String, Known<'a>> = BTreeMap::new();
    for finding in findings {
        let Some(package) = inventory.packages.get(finding.package) else {
            continue;
        };
        let record = &package.record;
        let fingerprint = finding.fingerprint(record);
        let this = Known { finding, package };
        let kept = worst.entry(fingerprint).or_insert(this);
        let rank = |known: &Known<'_>| {
            let exploited = known.finding.known_exploited.is_some();
            (known.finding.severity, exploited)
        };
        if rank(&this) > rank(kept) {
            *kept = this;
        }
    }
    worst
}

#[cfg(test)]
mod tests;
