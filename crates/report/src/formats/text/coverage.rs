use super::{Page, WIDTH};
use crate::Report;
use crate::plain::{plain, shorten, wrap};
use plimsoll_types::Gap;

/// Gaps that are listed without being asked for.
const GAPS: usize = 8;

/// What was looked at and what was not.
pub(super) fn write(report: &Report<'_>, page: &mut Page) {
    let coverage = &report.inventory.coverage;
    let looked: Vec<_> = coverage.looked.iter().map(|name| plain(name)).collect();
    let looked = match looked.is_empty() {
        true => "nothing".to_owned(),
        false => looked.join(", "),
    };
    // A verdict of three lines stays one.
    if page.text.lines().count() > 2 {
        page.text.push('\n');
    }
    let mut gaps: Vec<&Gap> = coverage.gaps.iter().collect();
    gaps.sort_by_key(|gap| !gap.kind.is_incomplete());
    let unmatched = report.verdict.is_some() && report.data.is_none();
    let unseen = match (gaps.len(), unmatched) {
        (0, false) => "nothing.".to_owned(),
        (0, true) => "vulnerabilities, without advisory data.".to_owned(),
        (number, false) => format!("{number}, as follows."),
        (number, true) => format!("vulnerabilities, and {number} as follows."),
    };
    for line in wrap(
        &format!("Looked at: {looked}. Not looked at: {unseen}"),
        WIDTH,
    ) {
        page.line(line);
    }
    let shown = if report.all { gaps.len() } else { GAPS };
    for gap in gaps.iter().take(shown) {
        page.line(format!(
            "  {}",
            shorten(&plain(&gap.to_string()), WIDTH - 2)
        ));
    }
    if gaps.len() > shown {
        page.line(format!("  .. {} more: add -a", gaps.len() - shown));
    }
}
