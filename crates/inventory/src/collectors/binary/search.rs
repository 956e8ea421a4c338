//! Finding a version in a large file: a literal text first, which is fast,
//! and the pattern only around it.

use memchr::memmem;
use regex::bytes::{Match, Regex, RegexBuilder};

/// Bytes before and behind a literal in which the pattern is looked for.
const AROUND: usize = 1024;
/// What a pattern may span, so that a literal this close to the last one was
/// searched with it.
const SPAN: usize = 512;
/// Literals around which is looked.
const MOST_WINDOWS: usize = 4096;
/// Places that match and are rejected before the file is given up.
const MOST: usize = 10_000;
/// Bytes of a version.
const LONGEST: usize = 64;

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
    let (mut searched, mut windows) = (0, 0);
    for at in memmem::find_iter(bytes, near) {
        if at < searched {
            continue;
        }
        windows += 1;
        if windows > MOST_WINDOWS {
            return None;
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
        let groups: Vec<Option<Match<'_>>> = captures.iter().skip(1).collect();
        if groups.iter().flatten().all(|group| group.len() <= LONGEST) {
            let text = |group: &Match<'_>| String::from_utf8_lossy(group.as_bytes()).into_owned();
            let texts: Vec<_> = groups
                .iter()
                .map(|group| group.as_ref().map(text))
                .collect();
            if accept(&texts) {
                return Some(texts);
            }
        }
        // Zeros around a version may belong to the next one too.
        at = groups.into_iter().flatten().next()?.end();
    }
    None
}
