use super::{Page, WIDTH};
use crate::Report;
use crate::plain::{plain, shorten, wrap};
use plimsoll_types::Gap;

/// Gaps that are listed without being asked for.
const GAPS: usize = 8;

/// What was looked at and what was not.
pub(super) fn write(report: &Report<'_>, page: &mut Page) {
    let coverage = &report.inventory.coverage;
    let looked = looked(report);
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
        let text = plain(&gap.to_string());
        // Who asks for everything wants the reason too.
        if report.all {
            for (number, line) in wrap(&text, WIDTH - 4).into_iter().enumerate() {
                let indent = if number == 0 { "  " } else { "    " };
                page.line(format!("{indent}{line}"));
            }
        } else {
            page.line(format!("  {}", shorten(&text, WIDTH - 2)));
        }
    }
    if gaps.len() > shown {
        page.line(format!("  .. {} more: add -a", gaps.len() - shown));
    }
}

/// The kinds of fact by name, or their number where they are many.
fn looked(report: &Report<'_>) -> String {
    const MOST: usize = 12;
    let names = report.inventory.coverage.looked.iter();
    let (advisories, kinds): (Vec<_>, Vec<_>) = names
        .map(|name| plain(name))
        .partition(|name| name.starts_with("advisories "));
    let mut shown: Vec<String> = match kinds.len() > MOST {
        true => vec![format!("{} kinds of evidence", kinds.len())],
        false => kinds.into_iter().map(|name| name.to_string()).collect(),
    };
    shown.extend(advisories.into_iter().map(|name| name.to_string()));
    match shown.is_empty() {
        true => "nothing".to_owned(),
        false => shown.join(", "),
    }
}
