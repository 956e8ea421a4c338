//! OSV ranges as windows (schema 1.x, "Evaluation").

use crate::advisory::{Upper, Window};
use crate::versions::{Scheme, Version};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
pub(super) struct Range {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Clone, Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
}

impl Range {
    /// Whether it is about commits, which no package of an image states.
    pub(super) fn is_of_commits(&self) -> bool {
        self.kind == "GIT"
    }
}

/// In the order in which events at one version are walked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Introduced,
    Fixed,
    LastAffected,
}

/// The windows of all ranges, and how many windows had a bound that is no
/// version of the scheme.
pub(super) fn windows(scheme: Scheme, ranges: &[Range]) -> (Vec<Window>, usize) {
    let mut windows = Vec::new();
    let mut unreadable = 0;
    for range in ranges.iter().filter(|range| !range.is_of_commits()) {
        let turns: Vec<_> = range.events.iter().filter_map(turn).collect();
        let parsed: Option<Vec<(Option<Version>, Turn, &str)>> = turns
            .iter()
            .map(|(turn, text)| {
                let version = scheme.parse(text);
                (version.is_some() || is_start(turn, text)).then(|| {
                    let version = version.filter(|_| !is_start(turn, text));
                    (version, turn.clone(), *text)
                })
            })
            .collect();
        match parsed {
            Some(mut events) => {
                events.sort();
                let events = events.iter().map(|(_, turn, text)| (turn, *text));
                windows.extend(walk(events));
            }
            None => {
                // Without an order only neighbours can be paired.
                let events = turns.iter().map(|(turn, text)| (turn, *text));
                for window in walk(events) {
                    if is_readable(scheme, &window) {
                        windows.push(window);
                    } else {
                        unreadable += 1;
                    }
                }
            }
        }
    }
    (windows, unreadable)
}

fn turn(event: &Event) -> Option<(Turn, &str)> {
    let introduced = event.introduced.as_deref().map(|v| (Turn::Introduced, v));
    let fixed = event.fixed.as_deref().map(|v| (Turn::Fixed, v));
    let last = event
        .last_affected
        .as_deref()
        .map(|v| (Turn::LastAffected, v));
    introduced.or(fixed).or(last)
}

/// `introduced: 0` is before every version, not the version zero; RustSec
/// spells it as the smallest semantic version.
fn is_start(turn: &Turn, text: &str) -> bool {
    *turn == Turn::Introduced && matches!(text, "0" | "0.0.0-0")
}

fn walk<'a>(events: impl Iterator<Item = (&'a Turn, &'a str)>) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut open: Option<Option<String>> = None;
    for (turn, text) in events {
        match turn {
            Turn::Introduced => {
                open.get_or_insert_with(|| (!is_start(turn, text)).then(|| text.to_owned()));
            }
            Turn::Fixed | Turn::LastAffected => {
                if let Some(from) = open.take() {
                    let to = if *turn == Turn::Fixed {
                        Upper::Fixed(text.to_owned())
                    } else {
                        Upper::Through(text.to_owned())
                    };
                    windows.push(Window {
                        from,
                        past: false,
                        to,
                    });
                }
            }
        }
    }
    windows.extend(open.map(|from| Window {
        from,
        ..Window::ALL
    }));
    windows
}

fn is_readable(scheme: Scheme, window: &Window) -> bool {
    let bounds = window.from.as_deref().into_iter().chain(window.upper());
    bounds
        .into_iter()
        .all(|bound| scheme.parse(bound).is_some())
}
