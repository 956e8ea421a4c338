use super::{Page, WIDTH};
use crate::Report;
use crate::plain::{plain, shorten};
use plimsoll_types::Change;

/// Altered files that are listed without being asked for.
const FILES: usize = 5;

/// Files that are not what their packages installed, and programs of nobody.
pub(super) fn write(report: &Report<'_>, page: &mut Page) {
    let inventory = report.inventory;
    let altered = &inventory.alterations;
    if !altered.is_empty() {
        let files = match altered.len() {
            1 => "1 file is not what its".to_owned(),
            number => format!("{number} files are not what their"),
        };
        page.section(format!("{files} package installed"));
        let shown = if report.all { altered.len() } else { FILES };
        for file in altered.iter().take(shown) {
            let index = usize::try_from(file.package).ok();
            let package = index.and_then(|index| inventory.packages.get(index));
            let package = package.map_or("", |package| &package.record.name);
            let layer = file.layer.map_or(String::new(), |layer| {
                format!("  {}", super::layer_label(report, layer, 40))
            });
            let change = match file.change {
                Change::Content => "altered",
                Change::Kind => "no file",
                Change::Missing => "missing",
            };
            let line = format!("/{} of {}{layer}", plain(&file.path), plain(package));
            page.line(format!("  {change:8}{}", shorten(&line, WIDTH - 10)));
        }
        if altered.len() > shown {
            page.line(format!("  .. {} more: add -a", altered.len() - shown));
        }
    }
    let ledger = inventory.ledger();
    if report.all && ledger.unowned_programs > 0 {
        let programs = match ledger.unowned_programs {
            1 => "1 program belongs".to_owned(),
            number => format!("{number} programs belong"),
        };
        page.section(format!("{programs} to no known package"));
        for name in names(report) {
            page.line(format!("  {}", shorten(&name, WIDTH - 2)));
        }
    }
}

fn names(report: &Report<'_>) -> Vec<String> {
    let files = report.inventory.files.iter();
    let names = files
        .filter(|file| file.program && file.owner.is_none())
        .map(|file| format!("/{}", plain(&file.path)));
    names.collect()
}
