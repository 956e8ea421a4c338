//! Finding a version in a large file: a literal text first, which is fast,
//! and the pattern only around it.

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

/// Bytes before and behind a literal in which the pattern is looked for.
const AROUND: usize = 2048;
/// What a pattern may span, so that a literal this close to the last one was
/// searched with it.
const SPAN: usize = 1024;
/// Places that match and are rejected before the file is given up.
const MOST: usize = 10_000;

/// The pattern of a row.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    let pattern = pattern
        .replace("{V}", r"[0-9]+\.[0-9]+\.[0-9]+")
        .replace("{W}", r"[0-9]+\.[0-9]+");
    let mut builder = RegexBuilder::new(&pattern);
    builder.unicode(false).dot_matches_new_line(true);
    builder.build().ok()
}

/// The groups of the first place that matches and is accepted.
pub(super) fn first(
    bytes: &[u8],
    near: &str,
    pattern: &Regex,
    accept: impl Fn(&[Option<String>]) -> bool,
) -> Option<Vec<Option<String>>> {
    let mut left = MOST;
    if near.is_empty() {
        return within(bytes, pattern, &accept, &mut left);
    }
    let mut searched = 0;
    for at in memmem::find_iter(bytes, near) {
        if at < searched {
            continue;
        }
        let end = bytes.len().min(at + near.len() + AROUND);
        let window = bytes.get(at.saturating_sub(AROUND)..end)?;
        let found = within(window, pattern, &accept, &mut left);
        if found.is_some() || left == 0 {
            return found;
        }
        searched = at + AROUND - SPAN;
    }
    None
}

fn within(
    bytes: &[u8],
    pattern: &Regex,
    accept: &impl Fn(&[Option<String>]) -> bool,
    left: &mut usize,
) -> Option<Vec<Option<String>>> {
    let mut at = 0;
    while *left > 0 {
        *left -= 1;
        let captures = pattern.captures_at(bytes, at)?;
        let groups: Vec<Option<String>> = captures
            .iter()
            .skip(1)
            .map(|group| Some(String::from_utf8_lossy(group?.as_bytes()).into_owned()))
            .collect();
        if accept(&groups) {
            return Some(groups);
        }
        // Zeros around a version may belong to the next one too.
        at = captures.iter().skip(1).flatten().next()?.end();
    }
    None
}
