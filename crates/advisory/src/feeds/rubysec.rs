//! Ruby's advisory database (`gems/*/*.yml`, `rubies/*/*.yml`): requirement
//! strings of what is repaired and of what never had the flaw; everything else
//! is affected.

use super::{Feed, Upstream, lines, yaml};
use crate::advisory::{Advisory, Affected, Upper, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use crate::versions::{Bound, Interval, Scheme, Version};
use plimsoll_types::{Ecosystem, Severity, SeverityClaim};
use serde::Deserialize;
use serde_json::Value;
use std::cmp::Ordering;

pub(crate) struct RubySec;

#[derive(Deserialize)]
struct Record {
    gem: Option<String>,
    /// An interpreter: `ruby`, `jruby`, `mruby`.
    engine: Option<String>,
    /// `2023-31606`.
    cve: Option<String>,
    /// Without its prefix.
    ghsa: Option<String>,
    url: Option<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    description: String,
    cvss_v3: Option<Value>,
    cvss_v4: Option<Value>,
    #[serde(default)]
    patched_versions: Option<Vec<String>>,
    #[serde(default)]
    unaffected_versions: Option<Vec<String>>,
}

/// Interpreters, and the products that they are in dictionaries of CPEs.
const ENGINES: &[(&str, &str)] = &[
    ("ruby", "ruby-lang:ruby"),
    ("jruby", "jruby:jruby"),
    ("mruby", "mruby:mruby"),
];

impl Feed for RubySec {
    fn name(&self) -> &'static str {
        "rubysec"
    }

    fn about(&self) -> &'static str {
        "Ruby advisory database: gems and interpreters, YAML, as repository archive"
    }

    fn recognises(&self, head: &str) -> bool {
        let has = |key| lines(head).any(|line| line.starts_with(key));
        !head.starts_with('{') && (has("gem:") || has("engine:")) && has("date:") && has("title:")
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn upstreams(&self) -> Vec<Upstream> {
        vec![Upstream::one(
            self.name(),
            &["https://github.com/rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz"],
        )]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let record: Record = yaml(document)?;
        let cve = record.cve.as_ref().map(|id| format!("CVE-{id}"));
        let ghsa = record.ghsa.as_ref().map(|id| format!("GHSA-{id}"));
        let Some(id) = cve.clone().or_else(|| ghsa.clone()) else {
            intake.skipped(self.name(), "without a CVE or GHSA");
            return Ok(());
        };
        let (namespace, name, path) = match (&record.gem, &record.engine) {
            (Some(gem), _) => {
                let namespace = Namespace::language(Ecosystem::Gem);
                (namespace, gem.as_str(), format!("gems/{gem}/{id}"))
            }
            (None, Some(engine)) => {
                let mut known = ENGINES.iter();
                let Some((_, product)) = known.find(|(name, _)| name == engine) else {
                    intake.skipped(self.name(), "an interpreter that is not known here");
                    return Ok(());
                };
                let path = format!("rubies/{engine}/{id}");
                (Namespace::products(), *product, path)
            }
            (None, None) => return Err("it names no gem".to_owned()),
        };
        let patched = record.patched_versions.as_deref().unwrap_or_default();
        let unaffected = record.unaffected_versions.as_deref().unwrap_or_default();
        let mut safe = Vec::new();
        for requirement in patched.iter().chain(unaffected) {
            match Scheme::Gem.windows(requirement) {
                Some(intervals) => safe.extend(intervals),
                None => {
                    // What it calls safe would be called affected.
                    intake.skipped(self.name(), crate::store::NO_VERSION);
                    return Ok(());
                }
            }
        }
        intake.newest(self.name(), &record.date);
        intake.merge(Advisory {
            feed: self.name().to_owned(),
            record: path,
            aliases: cve.and(ghsa).into_iter().collect(),
            id,
            title: record.title.trim().to_owned(),
            severities: record.severity().into_iter().collect(),
            details: record.description,
            url: record.url,
            published: Some(record.date),
            affected: vec![Affected::new(namespace, name, others(safe))],
            ..Advisory::default()
        });
        Ok(())
    }
}

impl Record {
    /// Only scores are stated, without vectors.
    fn severity(&self) -> Option<SeverityClaim> {
        let score = self.cvss_v4.as_ref().or(self.cvss_v3.as_ref())?;
        let score = score
            .as_f64()
            .or_else(|| score.as_str()?.trim().parse().ok())?;
        let severity = match score {
            score if score >= 9.0 => Severity::Critical,
            score if score >= 7.0 => Severity::High,
            score if score >= 4.0 => Severity::Medium,
            _ => Severity::Low,
        };
        Some(SeverityClaim::in_word("rubysec", severity))
    }
}

/// What lies outside of all intervals.
fn others(mut safe: Vec<Interval>) -> Vec<Window> {
    let parse = |bound: &Bound| Scheme::Gem.parse(&bound.version);
    let from = |interval: &Interval| {
        let bound = interval.from.as_ref()?;
        Some((parse(bound), !bound.inclusive))
    };
    safe.sort_by_key(from);
    let mut windows = Vec::new();
    // Where what is safe so far ends; `None` where nothing is.
    let mut end: Option<(Option<Version>, Bound)> = None;
    for interval in safe {
        let begins = match (&interval.from, &end) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(from), Some((end, bound))) => match parse(from).cmp(end) {
                Ordering::Less => false,
                Ordering::Equal => !from.inclusive && !bound.inclusive,
                Ordering::Greater => true,
            },
        };
        if begins && let Some(from) = &interval.from {
            windows.push(window(end.as_ref().map(|(_, bound)| bound), Some(from)));
        }
        let Some(to) = interval.to else {
            return windows;
        };
        let reached = (parse(&to), to);
        let further = |(known, bound): &(Option<Version>, Bound)| {
            (known, bound.inclusive) < (&reached.0, reached.1.inclusive)
        };
        if end.as_ref().is_none_or(further) {
            end = Some(reached);
        }
    }
    windows.push(window(end.as_ref().map(|(_, bound)| bound), None));
    windows
}

/// From where something safe ends to where the next begins.
fn window(end: Option<&Bound>, begin: Option<&Bound>) -> Window {
    Window {
        from: end.map(|bound| bound.version.clone()),
        past: end.is_some_and(|bound| bound.inclusive),
        to: match begin {
            None => Upper::Open,
            Some(bound) if bound.inclusive => Upper::Fixed(bound.version.clone()),
            Some(bound) => Upper::Through(bound.version.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;
    use crate::matching::find;
    use crate::testing::{inventory, package, store};

    fn record(versions: &str) -> String {
        format!(
            "---\ngem: rails\ncve: 2024-1\nghsa: aaaa-2bbb-cccc\ntitle: x\ndate: 2024-01-02\ncvss_v3: 7.5\n{versions}"
        )
    }

    fn affected(versions: &str, installed: &[&str]) -> Vec<String> {
        let (_folder, store) = store(&[&record(versions)]);
        let is_hit = |version: &&&str| {
            let gem = package(Ecosystem::Gem, "rails", version);
            !find(&inventory(None, vec![gem]), &store)
                .findings
                .is_empty()
        };
        let hits = installed.iter().filter(is_hit);
        hits.map(|version| (*version).to_owned()).collect()
    }

    #[test]
    fn what_no_requirement_holds_is_affected() {
        let versions = "unaffected_versions:\n- \"< 4.0.0\"\npatched_versions:\n- \"~> 5.2.4, >= 5.2.4.3\"\n- \">= 6.0.3.1\"\n";
        let installed = [
            "3.9", "4.0.0", "5.2.4.2", "5.2.4.3", "5.3.0", "6.0.3", "6.0.3.1",
        ];
        assert_eq!(
            affected(versions, &installed),
            ["4.0.0", "5.2.4.2", "5.3.0", "6.0.3"]
        );
        assert_eq!(
            affected(
                "unaffected_versions:\n- \"<= 1.0\"\npatched_versions:\n- \"> 2.0\"\n",
                &["1.0", "1.1", "2.0", "2.1"]
            ),
            ["1.1", "2.0"]
        );
        assert_eq!(affected("", &["0.1", "99"]), ["0.1", "99"]);
    }

    #[test]
    fn a_requirement_that_cannot_be_read_makes_nothing_affected() {
        let document = record("patched_versions:\n- \"whatever\"\n");
        assert_eq!(feeds::of(document.as_bytes()).unwrap().name(), "rubysec");
        let mut intake = Intake::default();
        RubySec.read(document.as_bytes(), &mut intake).unwrap();
        assert_eq!(intake.advisories().count(), 0);
        assert_eq!(intake.tallies["rubysec"].skipped.len(), 1);
    }
}
