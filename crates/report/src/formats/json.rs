//! The form of docs/json.md. Fields are added, never renamed or removed,
//! while it is called `plimsoll.report/1`.

mod finding;
mod image;
mod package;
mod verdict;

use crate::Report;
use finding::FindingEntry;
use image::{Config, Counts, DistroEntry, Image, LayerEntry, LifecycleEntry, UserEntry};
use package::PackageEntry;
use plimsoll_types::{Alteration, Gap, Ledger};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;
use verdict::VerdictEntry;

pub(super) fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    super::write_json(&Document::of(report), out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    image: Image<'a>,
    layers: Vec<LayerEntry<'a>>,
    distro: Option<DistroEntry<'a>>,
    lifecycle: Option<LifecycleEntry<'a>>,
    config: Option<Config<'a>>,
    verdict: Option<VerdictEntry<'a>>,
    counts: Counts,
    packages: Vec<PackageEntry<'a>>,
    findings: Vec<FindingEntry<'a>>,
    suppressed: Vec<FindingEntry<'a>>,
    users: Vec<UserEntry<'a>>,
    ledger: Option<Ledger>,
    alterations: Vec<AlterationEntry<'a>>,
    coverage: Coverage<'a>,
}

impl<'a> Document<'a> {
    fn of(report: &Report<'a>) -> Self {
        let inventory = report.inventory;
        let packages = (0..).zip(&inventory.packages);
        let packages = packages.map(|(at, package)| (report.upgrades.get(&at), package));
        let removed = report.removed().iter().map(|package| (None, package));
        let layers = (0..).zip(&inventory.layers);
        let against = report.verdict.and_then(|verdict| verdict.against.as_ref());
        let findings = report.findings.iter().enumerate();
        let findings = findings.filter_map(|(index, finding)| {
            let new = against.map(|against| against.new.binary_search(&index).is_ok());
            let mut entry = FindingEntry::of(report, finding, None)?;
            entry.new = new;
            Some(entry)
        });
        let suppressed = report.suppressed.iter().filter_map(|suppressed| {
            FindingEntry::of(report, &suppressed.finding, Some(suppressed))
        });
        Self {
            schema: "plimsoll.report/1",
            image: Image::of(&inventory.image, &inventory.layers),
            layers: layers
                .map(|(at, layer)| LayerEntry::of(at, layer))
                .collect(),
            distro: inventory.distro.as_ref().map(DistroEntry::of),
            lifecycle: report.lifecycle.map(LifecycleEntry::of),
            config: inventory.config.as_ref().map(Config::of),
            verdict: report
                .verdict
                .map(|verdict| VerdictEntry::of(report, verdict)),
            counts: Counts::of(report),
            packages: packages
                .chain(removed)
                .map(|(upgrade, package)| PackageEntry::of(report, package, upgrade))
                .collect(),
            findings: findings.collect(),
            suppressed: suppressed.collect(),
            users: inventory.users.iter().map(UserEntry::of).collect(),
            // Sources without files have nothing to add up.
            ledger: (!inventory.files.is_empty()).then(|| inventory.ledger()),
            alterations: inventory
                .alterations
                .iter()
                .map(AlterationEntry::of)
                .collect(),
            coverage: Coverage {
                looked: &inventory.coverage.looked,
                gaps: inventory.coverage.gaps.iter().map(GapEntry::of).collect(),
            },
        }
    }
}

#[derive(Serialize)]
struct AlterationEntry<'a> {
    path: &'a str,
    package: u32,
    change: &'static str,
    layer: Option<u32>,
}

impl<'a> AlterationEntry<'a> {
    fn of(altered: &'a Alteration) -> Self {
        Self {
            path: &altered.path,
            package: altered.package,
            change: altered.change.as_str(),
            layer: altered.layer,
        }
    }
}

#[derive(Serialize)]
struct Coverage<'a> {
    looked: &'a BTreeSet<String>,
    gaps: Vec<GapEntry<'a>>,
}

#[derive(Serialize)]
struct GapEntry<'a> {
    kind: &'static str,
    subject: &'a str,
    layer: Option<u32>,
    detail: &'a str,
}

impl<'a> GapEntry<'a> {
    fn of(gap: &'a Gap) -> Self {
        Self {
            kind: gap.kind.as_str(),
            subject: &gap.subject,
            layer: gap.layer,
            detail: &gap.detail,
        }
    }
}
