//! Changes of lines, and what `diff -u` would write of them.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// What becomes of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The line instead; `None` where it stays.
    line: Option<String>,
    /// How far the start of a byte of the line moved, by where it was.
    moved: Vec<(usize, isize)>,
    /// Lines after it.
    pub(crate) added: Vec<String>,
}

impl Change {
    /// Replaces what stands at `start` of the line as it was.
    pub(crate) fn replace(&mut self, old: &str, start: usize, word: &str, text: &str) {
        let line = self.line.get_or_insert_with(|| old.to_owned());
        let before = self.moved.iter().filter(|(at, _)| *at < start);
        let shift: isize = before.map(|(_, by)| by).sum();
        let Some(at) = start.checked_add_signed(shift) else {
            return;
        };
        let range = at..at + word.len();
        if line.get(range.clone()) == Some(word) {
            line.replace_range(range, text);
            let by = text.len().cast_signed() - word.len().cast_signed();
            self.moved.push((start, by));
        }
    }
}

/// The lines after the changes.
pub(crate) fn apply(lines: &[String], changes: &BTreeMap<usize, Change>) -> Vec<String> {
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let change = changes.get(&at);
        let new = change.and_then(|change| change.line.as_ref());
        out.push(new.unwrap_or(line).clone());
        let Some(change) = change.filter(|change| !change.added.is_empty()) else {
            continue;
        };
        if let Some(last) = out.last_mut().filter(|last| !last.ends_with('\n')) {
            last.push('\n');
        }
        out.extend(change.added.iter().cloned());
    }
    out
}

/// The changes in the unified format of `diff` and `patch`; empty where there
/// are none.
pub(crate) fn unified(lines: &[String], changes: &BTreeMap<usize, Change>, name: &str) -> String {
    let changes: BTreeMap<usize, &Change> = changes
        .iter()
        .filter(|(_, change)| change.line.is_some() || !change.added.is_empty())
        .map(|(at, change)| (*at, change))
        .collect();
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for (at, change) in &changes {
        // A line that stays is context itself. More context in front than
        // behind would mean the end of the file to `patch`.
        let before = CONTEXT - usize::from(change.line.is_none());
        let first = at.saturating_sub(before);
        let end = (at + 1 + CONTEXT).min(lines.len());
        match hunks.last_mut() {
            Some((_, last)) if first <= *last => *last = end,
            _ => hunks.push((first, end)),
        }
    }
    if hunks.is_empty() {
        return String::new();
    }
    let mut out = format!("--- a/{name}\n+++ b/{name}\n");
    let mut shift = 0;
    for (first, end) in hunks {
        let added: usize = changes
            .range(first..end)
            .map(|(_, change)| change.added.len())
            .sum();
        let (old, new) = (end - first, end - first + added);
        let _ = writeln!(
            out,
            "@@ -{},{old} +{},{new} @@",
            first + 1,
            first + 1 + shift
        );
        shift += added;
        for (at, line) in lines.iter().enumerate().take(end).skip(first) {
            match changes.get(&at) {
                None => push(&mut out, ' ', line),
                Some(change) => {
                    let mut new = change.line.as_ref().unwrap_or(line).clone();
                    if !change.added.is_empty() && !new.ends_with('\n') {
                        new.push('\n');
                    }
                    if new == *line {
                        push(&mut out, ' ', line);
                    } else {
                        push(&mut out, '-', line);
                        push(&mut out, '+', &new);
                    }
                    for line in &change.added {
                        push(&mut out, '+', line);
                    }
                }
            }
        }
    }
    out
}

fn push(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}
