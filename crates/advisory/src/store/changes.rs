//! What two sets of data say differently, claim by claim.

use super::{Corrupt, Shard, Store, StoreError};
use crate::advisory::Verdict;
use crate::namespace::Namespace;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A claim that came, went, or says something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ClaimChange {
    /// Namespace, for example `debian:12`.
    pub namespace: String,
    /// Package name.
    pub package: String,
    /// Vulnerability.
    pub id: String,
    /// Feed that says so.
    pub feed: String,
    /// Record of that feed.
    pub record: String,
    /// What it said; `None` where it said nothing.
    pub before: Option<String>,
    /// What it says; `None` where it says nothing any more.
    pub after: Option<String>,
}

type Key = (String, String, String, String);

impl Store {
    /// What `later` says differently than this, sorted.
    ///
    /// # Errors
    /// When a shard of either cannot be read.
    pub fn changes(&self, later: &Store) -> Result<Vec<ClaimChange>, StoreError> {
        let files = |store: &Store| -> BTreeMap<String, String> {
            let shards = store.status.shards.iter();
            shards
                .map(|s| (s.namespace.clone(), s.file.clone()))
                .collect()
        };
        let (old, new) = (files(self), files(later));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let mut changes = Vec::new();
        for namespace in names {
            if old.get(namespace) == new.get(namespace) {
                continue;
            }
            let (before, after) = (self.told(namespace)?, later.told(namespace)?);
            let keys: BTreeSet<&Key> = before.keys().chain(after.keys()).collect();
            for key in keys {
                let (was, is) = (before.get(key), after.get(key));
                if was == is {
                    continue;
                }
                let (package, id, feed, record) = key.clone();
                changes.push(ClaimChange {
                    namespace: namespace.clone(),
                    package,
                    id,
                    feed,
                    record,
                    before: was.cloned(),
                    after: is.cloned(),
                });
            }
        }
        Ok(changes)
    }

    /// Every claim about a vulnerability, by any of its ids, or about a package
    /// of that name, one line each.
    ///
    /// # Errors
    /// When a shard cannot be read.
    pub fn search(&self, text: &str) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for shard in &self.status.shards {
            let namespace = &shard.namespace;
            let Some(shard) = self.shard_named(namespace) else {
                continue;
            };
            let shard = shard?;
            let about = |name: &str, ids: &[&str]| name == text || ids.contains(&text);
            let told = told(&shard, about).map_err(|Corrupt| self.contradicts(namespace))?;
            let lines = told.into_iter().map(|((package, id, feed, record), text)| {
                format!("{namespace} {package} {id} ({feed} {record}): {text}")
            });
            found.extend(lines);
        }
        Ok(found)
    }

    fn contradicts(&self, namespace: &str) -> StoreError {
        StoreError::Corrupt {
            path: self.folder.clone(),
            reason: format!("the data of {namespace} contradicts itself"),
        }
    }

    /// Every claim of a namespace, in words.
    fn told(&self, namespace: &str) -> Result<BTreeMap<Key, String>, StoreError> {
        let Some(shard) = self.shard_named(namespace) else {
            return Ok(BTreeMap::new());
        };
        told(&shard?, |_, _| true).map_err(|Corrupt| self.contradicts(namespace))
    }

    fn shard_named(&self, name: &str) -> Option<Result<Shard, StoreError>> {
        let namespace = Namespace::named(name)?;
        self.shard(&namespace)
    }
}

/// The claims that are `wanted` by name and ids, in words.
fn told(
    shard: &Shard,
    wanted: impl Fn(&str, &[&str]) -> bool,
) -> Result<BTreeMap<Key, String>, Corrupt> {
    let mut told: BTreeMap<Key, String> = BTreeMap::new();
    for name in shard.names() {
        let (name, claims) = name?;
        for index in claims {
            let claim = shard.claim(index)?;
            let (head, extra) = (shard.head(&claim)?, shard.extra(&claim)?);
            let ids: Vec<&str> = head.ids().chain([head.record.as_str()]).collect();
            if !wanted(name, &ids) {
                continue;
            }
            let (mut windows, mut fix) = (Vec::new(), claim.fix);
            for window in shard.windows(&claim) {
                let window = window?;
                fix = super::state(window.fixed, fix);
                windows.push(shard.range(&window)?);
            }
            let mut text = match claim.verdict {
                Verdict::Affected => "affected ".to_owned(),
                Verdict::NotAffected => "not affected ".to_owned(),
                Verdict::UnderInvestigation => "under investigation ".to_owned(),
                Verdict::Rated => "rated ".to_owned(),
            };
            text += &windows.join(" or ");
            text += &format!(", {}", fix.as_str());
            let severities = extra.severity.iter().chain(&head.severities);
            let severities: Vec<_> = severities
                .map(|claim| format!("{} {}", claim.source, claim.severity))
                .collect();
            if !severities.is_empty() {
                text += &format!(", {}", severities.join(", "));
            }
            if !extra.advisories.is_empty() {
                text += &format!(", {}", extra.advisories.join(", "));
            }
            let scope = extra.scope.to_string();
            if !scope.is_empty() {
                text += &format!(", limited to {scope}");
            }
            if let Some(because) = &extra.because {
                text += &format!(", since: {because}");
            }
            let key = (name.to_owned(), head.id, head.feed, head.record);
            told.entry(key)
                .and_modify(|other| *other += &format!("; {text}"))
                .or_insert(text);
        }
    }
    Ok(told)
}

impl fmt::Display for ClaimChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            package,
            id,
            feed,
            record,
            ..
        } = self;
        let about = format!("{namespace} {package} {id} ({feed} {record})");
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "+ {about}: {after}"),
            (Some(before), None) => write!(f, "- {about}: {before}"),
            (Some(before), Some(after)) => write!(f, "~ {about}: {before} -> {after}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Store;
    use crate::testing::{load, osv};

    #[test]
    fn exactly_what_changed_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let record = |id: &str, fixed: &str| {
            let events = format!(r#"{{"introduced":"0"}},{{"fixed":"{fixed}"}}"#);
            osv(id, &["CVE-2020-1"], "PyPI", "x", &events, "")
        };
        load(
            folder.path(),
            &[
                &record("A-1", "1"),
                &record("B-1", "1"),
                &record("C-1", "1"),
            ],
        )
        .unwrap();
        let before = Store::open(folder.path()).unwrap();
        load(
            folder.path(),
            &[
                &record("A-1", "1"),
                &record("B-1", "2"),
                &record("D-1", "1"),
            ],
        )
        .unwrap();
        let after = Store::open(folder.path()).unwrap();
        let changes = before.changes(&after).unwrap();
        let told: Vec<_> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "~ pypi x B-1 (osv/PyPI B-1): affected < 1, fixed -> affected < 2, fixed",
                "- pypi x C-1 (osv/PyPI C-1): affected < 1, fixed",
                "+ pypi x D-1 (osv/PyPI D-1): affected < 1, fixed",
            ]
        );
        assert!(after.changes(&after).unwrap().is_empty());
    }
}
