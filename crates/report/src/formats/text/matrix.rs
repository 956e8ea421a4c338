use super::header::{by_id, count_affected};
use super::{Page, layer_label};
use crate::Report;
use crate::grid::{Align, Grid};
use crate::group::{Counts, Group};
use crate::plain::count;
use plimsoll_policy::Evidence;
use plimsoll_types::{Finding, Suppressed, Suppression};
use std::collections::{BTreeMap, BTreeSet};

/// What was found and does not count, one line for each reason.
pub(super) fn write_suppressed(report: &Report<'_>, page: &mut Page) {
    let mut reasons: BTreeMap<Suppression, Vec<&Finding>> = BTreeMap::new();
    for Suppressed {
        finding, reason, ..
    } in report.suppressed
    {
        reasons.entry(*reason).or_default().push(finding);
    }
    for (reason, findings) in reasons {
        let packages: BTreeSet<_> = findings.iter().map(|f| f.package).collect();
        let ids = count(by_id(findings).len(), "id");
        let (what, why) = match reason {
            Suppression::OwnedByDistribution => (
                "language package",
                "that the distribution installed; its own word decides",
            ),
            Suppression::NotAffected => ("package", "that the vendor says are not affected"),
            Suppression::UnderInvestigation => ("package", "that the vendor is still looking into"),
            Suppression::KernelHeaders => ("package", "that only hold headers of the kernel"),
            Suppression::Rejected => ("package", "whose ids were taken back"),
            Suppression::OtherPart => ("package", "that do not contain the part with the flaw"),
            Suppression::OtherSource => ("package", "that were not built from the registry"),
            Suppression::Vex => ("package", "by VEX statements"),
            Suppression::Overlay => ("package", "by your overlays"),
        };
        let packages = count(packages.len(), what);
        page.line(format!("  not counted: {ids} of {packages} {why}"));
    }
}

/// Findings by the layer that brought their package.
pub(super) fn write(report: &Report<'_>, groups: &[Group<'_>], page: &mut Page) {
    if groups.is_empty() {
        return;
    }
    let mut layers: BTreeMap<u32, Counts> = BTreeMap::new();
    let mut allowed = Counts::default();
    let mut total = Counts::default();
    let accepted = accepted(report);
    for (index, finding) in report.findings.iter().enumerate() {
        let Some(package) = report.package_of(finding) else {
            continue;
        };
        layers.entry(package.introduced).or_default().add(finding);
        total.add(finding);
        if accepted.contains(&index) {
            allowed.add(finding);
        }
    }
    let mut align = [Align::Right; 9];
    align[0] = Align::Left;
    let mut grid = Grid::new(&align);
    let titles = [
        "Findings",
        "crit",
        "high",
        "med",
        "low",
        "negl",
        "unrated",
        "fixable",
        "exploited",
    ];
    grid.row(titles.map(str::to_owned).to_vec());
    if !report.inventory.layers.is_empty() {
        for (layer, counts) in &layers {
            let label = format!("  {}", layer_label(report, *layer, 38));
            grid.row(row(label, counts));
        }
    }
    grid.row(row("  total".to_owned(), &total));
    if !accepted.is_empty() {
        grid.row(row("  of these allowed".to_owned(), &allowed));
    }
    let mut lines = grid.lines().into_iter();
    page.section(lines.next().unwrap_or_default());
    lines.for_each(|line| page.line(line));
    let affected = count_affected(groups);
    let ids = count(by_id(report.findings).len(), "id");
    page.line(format!(
        "  {} with findings ({ids}); an id counts once for each package that has it",
        count(affected, "package"),
    ));
}

fn row(label: String, counts: &Counts) -> Vec<String> {
    let numbers = [
        counts.critical,
        counts.high,
        counts.medium,
        counts.low,
        counts.negligible,
        counts.unknown,
        counts.fixable,
        counts.exploited,
    ];
    let numbers = numbers.map(|number| match number {
        0 => "-".to_owned(),
        number => number.to_string(),
    });
    std::iter::once(label).chain(numbers).collect()
}

/// Findings all of whose reasons are allowed.
fn accepted(report: &Report<'_>) -> BTreeSet<usize> {
    let mut accepted = BTreeSet::new();
    let mut counting = BTreeSet::new();
    for reason in report.verdict.iter().flat_map(|verdict| &verdict.reasons) {
        if let Evidence::Finding(index) = reason.evidence {
            match reason.counts() {
                true => counting.insert(index),
                false => accepted.insert(index),
            };
        }
    }
    &accepted - &counting
}
