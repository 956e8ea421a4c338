use super::{Page, WIDTH, layer_label};
use crate::Report;
use crate::grid::{Align, Grid};
use crate::group::{Group, name, short};
use crate::plain::{count, fit, one_line, plain, shorten, shorten_middle};
use plimsoll_types::{Finding, FixState, Package};

const NAMES: usize = 32;
const VERSION: usize = 22;
/// Columns from which both ends of a path can be read.
const PATH: usize = 40;

/// Packages with findings, the worst first.
pub(super) fn write(report: &Report<'_>, groups: &[Group<'_>], page: &mut Page) {
    if groups.is_empty() {
        return;
    }
    let (shown, hidden): (Vec<_>, Vec<_>) = groups
        .iter()
        .partition(|group| report.all || group.is_pressing());
    let mut grid = Grid::new(&[
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Left,
    ]);
    let titles = ["PACKAGE", "INSTALLED", "FIX", "WORST", "IDS", "FROM"];
    grid.row(titles.map(str::to_owned).to_vec());
    for group in &shown {
        grid.row(cells(report, group));
    }
    let rest = WIDTH.saturating_sub(grid.columns(5)).max(WIDTH / 4);
    let mut lines = grid.lines().into_iter();
    let start = grid.columns(5);
    if !shown.is_empty() {
        page.section(lines.next().unwrap_or_default());
    }
    for (group, line) in shown.iter().zip(lines) {
        let columns = if report.all { usize::MAX } else { rest };
        let from = origin(report, group, columns);
        page.line(format!("{}{from}", crate::plain::pad(&line, start)));
        if report.all {
            write_findings(&group.findings, page);
        }
    }
    if !hidden.is_empty() {
        let number: usize = hidden.iter().map(|group| group.packages.len()).sum();
        let more = if shown.is_empty() {
            "package"
        } else {
            "more package"
        };
        let packages = count(number, more);
        page.line(format!("  .. {packages}, none above medium: add -a"));
    }
}

fn cells(report: &Report<'_>, group: &Group<'_>) -> Vec<String> {
    let mark = if group.is_exploited() { " EXP" } else { "" };
    let mut version = group.version();
    if version.is_empty() {
        version.push('-');
    }
    vec![
        shorten(&fit(&group.names(), ", ", NAMES), NAMES),
        shorten(&version, VERSION),
        shorten(&fix(report, group), VERSION),
        format!("{}{mark}", short(group.worst())),
        group.findings.len().to_string(),
        String::new(),
    ]
}

/// The version to go to, else why there is none.
fn fix(report: &Report<'_>, group: &Group<'_>) -> String {
    match group.upgrade(report) {
        Some(version) => plain(version),
        None => {
            let states = group.findings.iter().map(|finding| finding.fix.state);
            state(states.max().unwrap_or_default()).to_owned()
        }
    }
}

fn state(state: FixState) -> &'static str {
    match state {
        FixState::Unknown => "-",
        FixState::Fixed | FixState::NotFixed => "none yet",
        FixState::WontFix => "won't fix",
        FixState::Deferred => "deferred",
        FixState::EndOfLife => "end of life",
        FixState::UnderInvestigation => "in triage",
    }
}

/// Where the packages come from: the file for what a file holds, the
/// instruction for what a package manager installed.
fn origin(report: &Report<'_>, group: &Group<'_>, columns: usize) -> String {
    let Some(package) = group.package() else {
        return String::new();
    };
    if report.inventory.layers.is_empty() {
        return shorten_middle(&place(package), columns);
    }
    if package.record.ecosystem.is_os() && report.instruction(package.introduced).is_some() {
        return layer_label(report, package.introduced, columns.min(WIDTH));
    }
    let place = format!("layer {}  {}", package.introduced + 1, place(package));
    // In few columns the outer file says more than the end of a path.
    match columns < PATH {
        true => shorten(&place, columns),
        false => shorten_middle(&place, columns),
    }
}

fn place(package: &Package) -> String {
    let Some(first) = package.locations.first() else {
        return "-".to_owned();
    };
    let more = match package.locations.len() {
        1 => String::new(),
        number => format!(" +{}", number - 1),
    };
    format!("{}{more}", plain(&first.to_string()))
}

fn write_findings(findings: &[&Finding], page: &mut Page) {
    let mut grid = Grid::new(&[Align::Left; 5]);
    for finding in findings {
        let mark = finding.known_exploited.as_ref().map_or("", |_| " EXP");
        let fix = match &finding.fix.versions[..] {
            [] => state(finding.fix.state).to_owned(),
            versions => versions
                .iter()
                .map(|v| plain(v))
                .collect::<Vec<_>>()
                .join(", "),
        };
        grid.row(vec![
            "   ".to_owned(),
            plain(&finding.id),
            format!("{}{mark}", short(finding.severity)),
            fix,
            one_line(&finding.title),
        ]);
    }
    for line in grid.lines() {
        page.line(shorten(&line, WIDTH));
    }
}

/// Packages that only a lower layer has.
pub(super) fn write_removed(report: &Report<'_>, page: &mut Page) {
    if report.removed().is_empty() {
        return;
    }
    let mut grid = Grid::new(&[Align::Left; 5]);
    let titles = [
        "Removed by a later layer",
        "VERSION",
        "ADDED",
        "REMOVED",
        "FROM",
    ];
    grid.row(titles.map(str::to_owned).to_vec());
    for package in report.removed() {
        let removed = package.removed.map(|layer| format!("layer {}", layer + 1));
        grid.row(vec![
            format!("  {}", name(package)),
            plain(&package.record.full_version()),
            format!("layer {}", package.introduced + 1),
            removed.unwrap_or_default(),
            place(package),
        ]);
    }
    let mut lines = grid.lines().into_iter();
    page.section(lines.next().unwrap_or_default());
    lines.for_each(|line| page.line(line));
}
