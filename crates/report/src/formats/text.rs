//! The report for people: the answer first, then why, then what to do, then
//! detail.

mod coverage;
mod files;
mod header;
mod matrix;
mod packages;
mod reasons;

use crate::Report;
use crate::group::groups;
use crate::plain::{one_line, plain, shorten};
use std::io;

/// Columns of a line.
const WIDTH: usize = 100;

pub(super) fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let groups = groups(report);
    let mut page = Page::default();
    header::write(report, &groups, &mut page);
    reasons::write(report, &groups, &mut page);
    matrix::write(report, &groups, &mut page);
    matrix::write_suppressed(report, &mut page);
    packages::write(report, &groups, &mut page);
    packages::write_removed(report, &mut page);
    files::write(report, &mut page);
    coverage::write(report, &mut page);
    out.write_all(page.text.as_bytes())
}

/// The lines written so far.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// Adds a line. Cells are plain already because their width counts; the
    /// second pass changes nothing and makes sure that none was forgotten.
    fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(plain(text.as_ref()).trim_end());
        self.text.push('\n');
    }

    /// Begins a section.
    fn section(&mut self, title: impl AsRef<str>) {
        self.text.push('\n');
        self.line(title);
    }
}

/// `layer 3 COPY target/shop.jar /app` in at most `columns`; layers are
/// counted from 1 where people read.
fn layer_label(report: &Report<'_>, layer: u32, columns: usize) -> String {
    let instruction = report.instruction(layer).map(one_line).unwrap_or_default();
    let label = format!("layer {}  {instruction}", layer + 1);
    shorten(label.trim_end(), columns)
}
