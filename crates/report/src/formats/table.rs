use crate::Report;
use crate::grid::{Align, Grid};
use crate::plain::plain;
use plimsoll_types::Package;
use std::io;

/// Cells are never cut, so that `grep` finds what is there.
pub(super) fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut grid = Grid::new(&[Align::Left; 6]);
    let mut header = vec!["NAME", "VERSION", "TYPE", "LAYER"];
    if report.all_layers {
        header.push("REMOVED");
    }
    header.push("LOCATION");
    grid.row(header.into_iter().map(str::to_owned).collect());
    for package in report.inventory.packages.iter().chain(report.removed()) {
        grid.row(row(package, report.all_layers));
    }
    for line in grid.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn row(package: &Package, with_removed: bool) -> Vec<String> {
    let known = |text: String| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text
        }
    };
    let mut cells = vec![
        plain(&package.record.name),
        known(plain(&package.record.full_version())),
        package.record.ecosystem.to_string(),
        (package.introduced + 1).to_string(),
    ];
    if with_removed {
        let removed = package.removed.map(|layer| (layer + 1).to_string());
        cells.push(known(removed.unwrap_or_default()));
    }
    let location = package.locations.first().map(|at| plain(&at.to_string()));
    cells.push(known(location.unwrap_or_default()));
    cells
}
