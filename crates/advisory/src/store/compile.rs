//! Compiles what feeds said into the bytes of shards. The same intake gives
//! the same bytes.

use super::Row;
use super::sections::{Items, join};
use super::shard::{BLOCK, Extra, Head, NONE, STATES, Text, VERDICTS};
use crate::advisory::{Advisory, Affected, Upper, Window};
use crate::intake::{Description, Tables};
use crate::namespace::Namespace;
use crate::versions::{Scheme, Version};
use plimsoll_types::{Epss, FixState, KnownExploited, Lifecycle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The bytes of one shard, and what is in it.
pub(crate) struct Compiled {
    pub bytes: Vec<u8>,
    pub names: usize,
    pub claims: usize,
    /// Windows with a bound that is no version, by feed.
    pub unreadable: BTreeMap<String, usize>,
}

/// The table of that name.
pub(crate) fn table_of(tables: &Tables, name: &str) -> Option<Vec<u8>> {
    match name {
        KnownExploited::NAME => Some(table(&tables.known_exploited)),
        Epss::NAME => Some(table(&tables.epss)),
        Description::NAME => Some(table(&tables.descriptions)),
        Lifecycle::NAME => Some(table(&tables.lifecycles)),
        _ => None,
    }
}

/// A table by CVE: sorted ids, values.
fn table<T: Serialize>(rows: &BTreeMap<String, T>) -> Vec<u8> {
    let (mut keys, mut values) = (Items::default(), Items::default());
    for (cve, row) in rows {
        keys.push(cve.as_bytes(), &[]);
        values.push(&encode(row), &[]);
    }
    join(&[keys.bytes, keys.ends, values.bytes, values.ends])
}

/// A claim before its numbers are known.
struct Draft<'a> {
    head: u32,
    affected: &'a Affected,
}

/// The shard of a namespace, which every row of `advisories` is about.
pub(crate) fn shard(namespace: &Namespace, advisories: &[Advisory]) -> Compiled {
    let scheme = namespace.scheme();
    let mut drafts: BTreeMap<&str, Vec<Draft<'_>>> = BTreeMap::new();
    for (head, advisory) in advisories.iter().enumerate() {
        for affected in &advisory.affected {
            let head = head as u32;
            drafts
                .entry(&affected.package)
                .or_default()
                .push(Draft { head, affected });
        }
    }
    let versions = Versions::of(scheme, drafts.values().flatten());
    let (mut names, mut extras) = (Items::default(), Items::default());
    let (mut claims, mut windows) = (Vec::new(), Vec::new());
    let (mut claim_count, mut window_count) = (0u32, 0u32);
    let mut unreadable: BTreeMap<String, usize> = BTreeMap::new();
    let mut extra_index: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    for (name, drafts) in &drafts {
        names.push(name.as_bytes(), &[claim_count]);
        for draft in drafts {
            let (inside, unreadable_here) = versions.windows(&draft.affected.windows);
            if unreadable_here > 0 {
                let feed = &advisories[draft.head as usize].feed;
                *unreadable.entry(feed.clone()).or_default() += unreadable_here;
            }
            if inside.is_empty() {
                continue;
            }
            let extra = match extra(draft.affected) {
                None => 0,
                Some(bytes) => *extra_index.entry(bytes).or_insert_with_key(|bytes| {
                    extras.push(bytes, &[]);
                    (extras.ends.len() / 4) as u32
                }),
            };
            let row = [
                draft.head,
                window_count,
                inside.len() as u32,
                states(draft.affected),
                extra,
            ];
            claims.extend(row.iter().flat_map(|number| number.to_le_bytes()));
            window_count += inside.len() as u32;
            claim_count += 1;
            windows.extend(
                inside
                    .iter()
                    .flatten()
                    .flat_map(|number| number.to_le_bytes()),
            );
        }
    }
    let (heads, blocks) = texts(advisories);
    let bytes = join(&[
        names.bytes,
        names.ends,
        versions.items.bytes,
        versions.items.ends,
        claims,
        windows,
        heads.bytes,
        heads.ends,
        extras.bytes,
        extras.ends,
        blocks.bytes,
        blocks.ends,
    ]);
    Compiled {
        bytes,
        names: drafts.len(),
        claims: claim_count as usize,
        unreadable,
    }
}

fn states(affected: &Affected) -> u32 {
    let fix = STATES.iter().position(|state| *state == affected.fix);
    let verdict = VERDICTS.iter().position(|v| *v == affected.verdict);
    (fix.unwrap_or(0) as u32) << 2 | verdict.unwrap_or(0) as u32
}

fn extra(affected: &Affected) -> Option<Vec<u8>> {
    let extra = Extra {
        severity: affected.severity.clone(),
        advisories: affected.advisories.clone(),
        fixed_on: affected.fixed_on.clone(),
        because: affected.because.clone(),
        scope: affected.scope.clone(),
    };
    (extra != Extra::default()).then(|| encode(&extra))
}

fn texts(advisories: &[Advisory]) -> (Items, Items) {
    let (mut heads, mut blocks) = (Items::default(), Items::default());
    for advisory in advisories {
        let head = Head {
            feed: advisory.feed.clone(),
            record: advisory.record.clone(),
            id: advisory.id.clone(),
            class: advisory.class,
            disputed: advisory.disputed,
            aliases: advisory.aliases.clone(),
            severities: advisory.severities.clone(),
            title: title(&advisory.title, &advisory.details),
            url: advisory.url.clone(),
            published: advisory.published.clone(),
        };
        heads.push(&encode(&head), &[]);
    }
    for advisories in advisories.chunks(BLOCK) {
        let texts: Vec<_> = advisories
            .iter()
            .map(|advisory| Text {
                details: advisory.details.clone(),
            })
            .collect();
        // Compression to memory cannot fail.
        let packed = zstd::bulk::compress(&encode(&texts), 9).unwrap_or_default();
        blocks.push(&packed, &[]);
    }
    (heads, blocks)
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    // Plain values to memory cannot fail.
    postcard::to_allocvec(value).unwrap_or_default()
}

/// Every bound of a shard, in the namespace's order.
struct Versions {
    items: Items,
    /// By text: rank and index.
    places: BTreeMap<String, (u32, u32)>,
}

impl Versions {
    fn of<'a>(scheme: Scheme, drafts: impl Iterator<Item = &'a Draft<'a>>) -> Self {
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        for window in drafts.flat_map(|draft| &draft.affected.windows) {
            texts.extend(window.from.as_deref());
            texts.extend(window.upper());
        }
        let mut sorted: Vec<(Version, &str)> = texts
            .into_iter()
            .filter_map(|text| Some((scheme.parse_unflavoured(text)?, text)))
            .collect();
        sorted.sort();
        let mut versions = Self {
            items: Items::default(),
            places: BTreeMap::new(),
        };
        let mut rank = 0;
        for (index, (version, text)) in sorted.iter().enumerate() {
            if index > 0 && sorted[index - 1].0 < *version {
                rank += 1;
            }
            versions.items.push(text.as_bytes(), &[rank]);
            versions
                .places
                .insert((*text).to_owned(), (rank, index as u32));
        }
        versions
    }

    /// Windows as numbers, sorted, without those that lie in others; and how
    /// many have a bound that is no version.
    fn windows(&self, windows: &[Window]) -> (Vec<[u32; 3]>, usize) {
        let read = |window: &Window| -> Option<[u32; 3]> {
            let low = match &window.from {
                None => 0,
                Some(version) => 2 * self.places.get(version)?.0 + 1 + u32::from(window.past),
            };
            let (high, fixed) = match &window.to {
                Upper::Open => (NONE, NONE),
                Upper::Fixed(version) => {
                    let (rank, index) = self.places.get(version)?;
                    (2 * rank + 1, *index)
                }
                Upper::Before(version) => (2 * self.places.get(version)?.0 + 1, NONE),
                Upper::Through(version) => (2 * self.places.get(version)?.0 + 2, NONE),
            };
            Some([low, high, fixed])
        };
        let mut numbers: Vec<_> = windows.iter().filter_map(read).collect();
        let unreadable = windows.len() - numbers.len();
        numbers.retain(|[low, high, _]| low < high);
        numbers.sort_by_key(|[low, high, fixed]| (*low, std::cmp::Reverse(*high), *fixed));
        let mut kept: Vec<[u32; 3]> = Vec::with_capacity(numbers.len());
        let mut reach = 0;
        for window in numbers {
            if kept.is_empty() || window[1] > reach {
                reach = window[1];
                kept.push(window);
            }
        }
        (kept, unreadable)
    }
}

/// The fix state that a claim's window stands for.
pub(crate) fn state(fixed: Option<u32>, claimed: FixState) -> FixState {
    if fixed.is_some() {
        FixState::Fixed
    } else {
        claimed
    }
}

/// The summary, else the first sentence of the details, on one line.
pub(crate) fn title(summary: &str, details: &str) -> String {
    const LONGEST: usize = 160;
    let text = if summary.trim().is_empty() {
        details
    } else {
        summary
    };
    let line = text
        .split(['\n', '\r'])
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("");
    let sentence = line.split_once(". ").map_or(line, |(first, _)| first);
    let clean: String = sentence.chars().filter(|c| !c.is_control()).collect();
    match clean.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", clean[..end].trim_end()),
        None => clean,
    }
}
