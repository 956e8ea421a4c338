//! A difference for people: verdict, numbers, findings, packages, layers,
//! configuration.

use super::{Difference, Known, PackageChange, Side};
use crate::grid::{Align, Grid};
use crate::group::{name, short};
use crate::plain::{count, fit, one_line, plain, shorten};
use plimsoll_types::{Ecosystem, Package, Severity};
use std::collections::BTreeMap;

const WIDTH: usize = 100;
/// Lines of one list that are shown without being asked for.
const LINES: usize = 12;

impl Difference<'_> {
    /// The whole of it for people; with `all` no list is cut.
    pub fn text(&self, all: bool) -> String {
        let mut page = Page {
            text: String::new(),
            lines: if all { usize::MAX } else { LINES },
        };
        self.write_head(&mut page);
        self.write_numbers(&mut page);
        self.write_findings(&mut page);
        self.write_packages(&mut page);
        self.write_layers(&mut page);
        self.write_settings(&mut page);
        page.text
    }

    fn write_head(&self, page: &mut Page) {
        let name = |side: &Side<'_>| plain(&side.inventory.image.name);
        page.line(format!("{}  ->  {}", name(&self.before), name(&self.after)));
        let word = |side: &Side<'_>| side.outcome.map_or("not judged", |outcome| outcome.word());
        let verdict = match (word(&self.before), word(&self.after)) {
            (before, after) if before == after => format!("{after} as before"),
            (before, after) => format!("{before}  ->  {after}"),
        };
        page.line(format!("Verdict   {verdict}"));
        let (old, new) = (&self.before.stops, &self.after.stops);
        for (what, rules) in [("stops now", new - old), ("stops no more", old - new)] {
            let rules: Vec<_> = rules.iter().map(|rule| plain(rule)).collect();
            if !rules.is_empty() {
                page.line(format!("  {what}: {}", fit(&rules, ", ", WIDTH - 20)));
            }
        }
    }

    fn write_numbers(&self, page: &mut Page) {
        let mut grid = Grid::new(&[Align::Left; 5]);
        let titles = ["", "packages", "findings", "critical", "size"];
        grid.row(titles.map(str::to_owned).to_vec());
        let is = |word: &str| {
            let changes = self.packages.iter();
            changes.filter(|change| change.as_str() == word).count()
        };
        let changed = self.packages.len() - is("added") - is("removed");
        let (findings, critical) = match &self.findings {
            None => ("not compared".to_owned(), "-".to_owned()),
            Some(findings) => {
                let critical = |list: &[Known<'_>]| {
                    let mut list: Vec<_> = list.to_vec();
                    list.retain(|known| known.finding.severity == Severity::Critical);
                    list.len()
                };
                let (new, gone) = (&findings.new, &findings.gone);
                let worse = match findings.worse.len() {
                    0 => String::new(),
                    number => format!(" !{number}"),
                };
                (
                    format!("+{} -{}{worse}", new.len(), gone.len()),
                    format!("+{} -{}", critical(new), critical(gone)),
                )
            }
        };
        let (old, new) = (
            super::json::bytes(&self.before),
            super::json::bytes(&self.after),
        );
        let sign = if new < old { '-' } else { '+' };
        grid.row(vec![
            "  now".to_owned(),
            format!("+{} -{} ~{changed}", is("added"), is("removed")),
            findings,
            critical,
            format!("{sign}{}", size(new.abs_diff(old))),
        ]);
        page.section();
        for line in grid.lines() {
            page.line(line);
        }
    }

    fn write_findings(&self, page: &mut Page) {
        let Some(findings) = &self.findings else {
            return;
        };
        let lists = [
            ("NEW", &findings.new, &self.after),
            ("WORSE", &findings.worse, &self.after),
            ("GONE", &findings.gone, &self.before),
        ];
        page.section();
        for (word, list, side) in lists {
            let mut grid = Grid::new(&[Align::Left; 4]);
            for known in list.iter().take(page.lines) {
                let mark = known.finding.known_exploited.as_ref();
                let severity = short(known.finding.severity);
                grid.row(vec![
                    format!("  {word:<5}"),
                    format!("{severity}{}", mark.map_or("", |_| " EXP")),
                    plain(&known.finding.id),
                    crate::group::label(known.package),
                ]);
            }
            let start = grid.columns(4);
            for (known, line) in list.iter().zip(grid.lines()) {
                let rest = WIDTH.saturating_sub(start).max(WIDTH / 4);
                let from = origin(side, known.package, rest);
                page.line(format!("{}{from}", crate::plain::pad(&line, start)));
            }
            page.more(list.len(), &word.to_lowercase());
        }
        let still = match findings.still.len() {
            0 => "no finding on both sides".to_owned(),
            number => format!("{} on both sides", count(number, "finding")),
        };
        page.line(format!("  STILL  {still}"));
    }

    fn write_packages(&self, page: &mut Page) {
        if self.packages.is_empty() {
            return;
        }
        page.section();
        page.line(format!("Packages ({} changed)", self.packages.len()));
        // The binaries of one source package change as one.
        let mut folded: BTreeMap<_, Vec<String>> = BTreeMap::new();
        let mut alone = 0;
        for change in &self.packages {
            let (package, versions) = match change {
                PackageChange::Added(to) => (to, version(to)),
                PackageChange::Removed(from) => (from, version(from)),
                PackageChange::Changed { from, to, .. } => {
                    (to, format!("{} -> {}", version(from), version(to)))
                }
            };
            let record = &package.record;
            alone += usize::from(!record.ecosystem.is_os());
            let at = if record.ecosystem.is_os() { 0 } else { alone };
            let key = (
                record.ecosystem,
                record.source_name(),
                at,
                change.as_str(),
                versions,
            );
            folded.entry(key).or_default().push(name(package));
        }
        let mut grid = Grid::new(&[Align::Left; 4]);
        let number = folded.len();
        for ((ecosystem, _, _, word, versions), names) in folded.into_iter().take(page.lines) {
            grid.row(vec![
                format!("  {word}"),
                kind(ecosystem),
                fit(&names, ", ", 36),
                versions,
            ]);
        }
        for line in grid.lines() {
            page.line(shorten(&line, WIDTH));
        }
        page.more(number, "packages");
    }

    fn write_layers(&self, page: &mut Page) {
        let layers = |side: &Side<'_>| side.inventory.layers.len();
        let (old, new) = (layers(&self.before), layers(&self.after));
        if old == 0 && new == 0 {
            return;
        }
        page.section();
        if self.shared == old && self.shared == new {
            page.line(format!("Layers    the same {new}"));
            return;
        }
        let shared = match self.shared {
            0 => "none shared: another base image".to_owned(),
            number => format!("the first {number} shared"),
        };
        page.line(format!("Layers    {old} -> {new}, {shared}"));
        for (sign, side) in [("-", &self.before), ("+", &self.after)] {
            let own = side.inventory.layers.iter().enumerate().skip(self.shared);
            for (index, layer) in own.clone().take(page.lines) {
                let text = layer.instruction.as_deref().map(one_line);
                let line = format!("  {sign} layer {}  {}", index + 1, text.unwrap_or_default());
                page.line(shorten(line.trim_end(), WIDTH));
            }
            page.more(own.count(), "layers");
        }
    }

    fn write_settings(&self, page: &mut Page) {
        if self.settings.is_empty() {
            return;
        }
        page.section();
        page.line("Configuration");
        let mut grid = Grid::new(&[Align::Left; 2]);
        let value = |value: &Option<String>| match value {
            Some(value) => shorten(&one_line(value), 40),
            None => "not set".to_owned(),
        };
        for setting in &self.settings {
            grid.row(vec![
                format!("  {}", setting.name),
                format!("{} -> {}", value(&setting.before), value(&setting.after)),
            ]);
        }
        for line in grid.lines() {
            page.line(line);
        }
    }
}

struct Page {
    text: String,
    lines: usize,
}

impl Page {
    fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(plain(text.as_ref()).trim_end());
        self.text.push('\n');
    }

    fn section(&mut self) {
        self.text.push('\n');
    }

    /// What a list of `number` leaves out.
    fn more(&mut self, number: usize, what: &str) {
        if number > self.lines {
            let rest = number - self.lines;
            self.line(format!("  .. {rest} more {what}: add -a"));
        }
    }
}

fn version(package: &Package) -> String {
    plain(&package.record.full_version())
}

fn kind(ecosystem: Ecosystem) -> String {
    ecosystem.as_str().to_owned()
}

/// Where a package comes from, in a few columns.
fn origin(side: &Side<'_>, package: &Package, columns: usize) -> String {
    let index = usize::try_from(package.introduced).unwrap_or(usize::MAX);
    let Some(layer) = side.inventory.layers.get(index) else {
        return String::new();
    };
    let instruction = layer.instruction.as_deref().map(one_line);
    let label = format!("layer {}  {}", index + 1, instruction.unwrap_or_default());
    shorten(label.trim_end(), columns)
}

/// `18 MB`, in powers of ten as registries count.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
