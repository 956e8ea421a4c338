//! Items that take the effect of findings, looked up by what they call them.

use super::images::Pattern;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// A list of items.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Allowlist {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) comment: Option<String>,
    pub(super) items: Vec<Item>,
    #[serde(skip)]
    index: HashMap<String, Index>,
}

/// One item.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Item {
    pub(super) id: Option<String>,
    /// The gate that judges now, in small letters.
    pub(super) gate: String,
    pub(super) trigger: Pattern,
    /// As it was written.
    pub(super) trigger_id: String,
    pub(super) comment: Option<String>,
    pub(super) expires: Option<Timestamp>,
}

/// The items of one gate by the ids they are about: exact ones, those that
/// begin or end with a text, and the rest.
#[derive(Clone, Debug, Default)]
struct Index {
    exact: HashMap<String, Vec<usize>>,
    beginning: Affixes,
    end: Affixes,
    rest: Vec<usize>,
}

/// Items by a text at one end of ids, whose lengths are known.
#[derive(Clone, Debug, Default)]
struct Affixes {
    lengths: BTreeSet<usize>,
    items: HashMap<String, Vec<usize>>,
}

impl Affixes {
    fn add(&mut self, affix: &str, item: usize) {
        self.lengths.insert(affix.len());
        self.items.entry(affix.to_owned()).or_default().push(item);
    }

    fn extend<'a>(&self, cut: impl Fn(usize) -> Option<&'a str>, found: &mut Vec<usize>) {
        for length in &self.lengths {
            let items = cut(*length).and_then(|affix| self.items.get(affix));
            found.extend(items.into_iter().flatten());
        }
    }
}

impl Allowlist {
    pub(super) fn of(id: String, name: String, comment: Option<String>, items: Vec<Item>) -> Self {
        let mut index: HashMap<String, Index> = HashMap::new();
        for (at, item) in items.iter().enumerate() {
            let of_gate = index.entry(item.gate.clone()).or_default();
            match &item.trigger {
                Pattern::Regexp(_) => of_gate.rest.push(at),
                Pattern::Glob(glob) => match (glob.split_once('*'), glob.rsplit_once('*')) {
                    (None, _) => of_gate.exact.entry(glob.clone()).or_default().push(at),
                    (Some((head, _)), _) if !head.is_empty() => of_gate.beginning.add(head, at),
                    (_, Some((_, tail))) if !tail.is_empty() => of_gate.end.add(tail, at),
                    _ => of_gate.rest.push(at),
                },
            }
        }
        Self {
            id,
            name,
            comment,
            items,
            index,
        }
    }

    /// The first item in the order of the document that is about a finding of
    /// a gate, which goes by any of `ids`, and still holds.
    pub(super) fn find(&self, gate: &str, ids: &[String], now: Timestamp) -> Option<&Item> {
        let index = self.index.get(gate)?;
        let mut found = Vec::new();
        for id in ids {
            found.extend(index.exact.get(id).into_iter().flatten());
            index
                .beginning
                .extend(|length| id.get(..length), &mut found);
            let cut = |length| id.get(id.len().checked_sub(length)?..);
            index.end.extend(cut, &mut found);
        }
        found.extend(&index.rest);
        found.sort_unstable();
        let items = found.into_iter().filter_map(|at| self.items.get(at));
        let mut items = items.filter(|item| !item.is_over(now));
        items.find(|item| ids.iter().any(|id| item.trigger.matches(id)))
    }
}

impl Item {
    /// At its end it is over.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }
}

/// `2026-01-31T00:00:00Z`, with a fraction after `.` or `:`, or with another
/// offset.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    // `…:59:123Z`, as some releases wrote it.
    let (time, fraction) = text.strip_suffix('Z')?.rsplit_once(':')?;
    let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    (digits && time.matches(':').count() == 2)
        .then(|| format!("{time}.{fraction}Z").parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_in_all_forms() {
        for text in [
            "2026-01-31T10:00:00Z",
            "2026-01-31T10:00:00.000Z",
            "2026-01-31T10:00:00:000Z",
            "2026-01-31T12:00:00+02:00",
        ] {
            let moment = moment(text).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), Some("2026-01-31T10:00:00Z"), "{text}");
        }
        assert_eq!(moment("2026-01-31"), None);
        assert_eq!(moment("soon"), None);
        assert_eq!(moment("10:00:00Z"), None);
    }

    #[test]
    fn the_first_item_in_the_document_wins_however_it_is_written() {
        let item = |trigger: &str| Item {
            id: Some(trigger.to_owned()),
            gate: "vulnerabilities".into(),
            trigger: Pattern::of(trigger).unwrap(),
            trigger_id: trigger.into(),
            comment: None,
            expires: None,
        };
        let patterns = [
            "CVE-1+a",
            "*+openssl",
            "regexp:CVE-[23]",
            "CVE-2*",
            "CVE-2+b",
            "*",
        ];
        let items = patterns.map(item).to_vec();
        let list = Allowlist::of("l".into(), "l".into(), None, items);
        let now = Timestamp::UNIX_EPOCH;
        let find = |id: &str| {
            let found = list.find("vulnerabilities", &[id.to_owned()], now);
            found.and_then(|item| item.id.as_deref())
        };
        assert_eq!(find("CVE-1+a"), Some("CVE-1+a"));
        assert_eq!(find("CVE-1+openssl"), Some("*+openssl"));
        assert_eq!(find("CVE-2+b"), Some("regexp:CVE-[23]"));
        assert_eq!(find("GHSA+x"), Some("*"));
        assert!(list.find("dockerfile", &["CVE-1+a".into()], now).is_none());
    }
}
