//! The Debian security tracker's JSON: source package → vulnerability →
//! release, with every state.

use super::{Feed, Upstream, json};
use crate::advisory::{Advisory, Affected, Upper, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{FixState, Severity, SeverityClaim};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct DebianTracker;

type Document = BTreeMap<String, BTreeMap<String, Issue>>;

#[derive(Deserialize)]
struct Issue {
    #[serde(default)]
    description: String,
    #[serde(default)]
    releases: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    status: String,
    fixed_version: Option<String>,
    #[serde(default)]
    urgency: String,
    #[serde(default)]
    nodsa_reason: String,
}

impl Feed for DebianTracker {
    fn name(&self) -> &'static str {
        "debian-tracker"
    }

    fn about(&self) -> &'static str {
        "Debian security tracker, JSON, with open, ignored and postponed issues"
    }

    /// `{"SOURCE": {"CVE-…`, as no other feed begins.
    fn recognises(&self, head: &str) -> bool {
        let word = |text: &str| -> Option<(String, String)> {
            let (word, rest) = text.trim_start().strip_prefix('"')?.split_once('"')?;
            Some((word.to_owned(), rest.to_owned()))
        };
        let begins = || {
            let (_, rest) = word(head.strip_prefix('{')?)?;
            let rest = rest.trim_start().strip_prefix(':')?;
            let (id, _) = word(rest.trim_start().strip_prefix('{')?)?;
            Some(id.starts_with("CVE-") || id.starts_with("TEMP-"))
        };
        begins().unwrap_or(false)
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let url = "https://security-tracker.debian.org/tracker/data/json";
        vec![Upstream::one(self.name(), &[url])]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: Document = json(document)?;
        for (source, issues) in document {
            for (id, issue) in issues {
                let affected: Vec<_> = issue
                    .releases
                    .iter()
                    .filter_map(|(codename, row)| affected(&source, codename, row))
                    .collect();
                if affected.is_empty() {
                    intake.skipped(
                        self.name(),
                        "undetermined, or of a release without a number",
                    );
                    continue;
                }
                intake.merge(Advisory {
                    feed: self.name().to_owned(),
                    record: id.clone(),
                    url: Some(format!("https://security-tracker.debian.org/tracker/{id}")),
                    id,
                    details: issue.description,
                    affected,
                    ..Advisory::default()
                });
            }
        }
        Ok(())
    }
}

fn affected(source: &str, codename: &str, row: &Row) -> Option<Affected> {
    let namespace = Namespace::debian(codename)?;
    let (verdict, to) = match (row.status.as_str(), row.fixed_version.as_deref()) {
        ("resolved", Some("0")) => (Verdict::NotAffected, Upper::Open),
        ("resolved", Some(version)) => (Verdict::Affected, Upper::Fixed(version.to_owned())),
        ("open", _) => (Verdict::Affected, Upper::Open),
        _ => return None,
    };
    let urgency = row.urgency.trim_end_matches('*');
    let fix = match (urgency, row.nodsa_reason.as_str()) {
        ("end-of-life", _) => FixState::EndOfLife,
        (_, "ignored") => FixState::WontFix,
        (_, "postponed") => FixState::Deferred,
        _ => FixState::NotFixed,
    };
    let severity = match urgency {
        "unimportant" => Some(Severity::Negligible),
        word => Severity::from_word(word),
    };
    Some(Affected {
        verdict,
        fix,
        severity: severity.map(|severity| SeverityClaim::in_word("debian", severity)),
        ..Affected::new(namespace, source, vec![Window { to, ..Window::ALL }])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    #[test]
    fn every_state_of_the_tracker_is_told_apart() {
        let document = br#"{"zlib": {"CVE-2023-1": {"description": "d", "releases": {
            "bookworm": {"status": "open", "urgency": "unimportant", "nodsa": "x", "nodsa_reason": "ignored"},
            "bullseye": {"status": "resolved", "fixed_version": "1:1.2.11-2", "urgency": "high**"},
            "buster": {"status": "resolved", "fixed_version": "0", "urgency": "not yet assigned"},
            "sid": {"status": "undetermined", "urgency": "low"},
            "forky": {"status": "open", "urgency": "low"}}}}}"#;
        assert_eq!(feeds::of(document).unwrap().name(), "debian-tracker");
        let mut intake = Intake::default();
        DebianTracker.read(document, &mut intake).unwrap();
        let advisories: Vec<_> = intake.advisories().collect();
        let told: Vec<_> = advisories[0]
            .affected
            .iter()
            .map(|a| {
                let severity = a.severity.as_ref().map(|claim| claim.severity);
                (a.namespace.to_string(), a.verdict, a.fix, severity)
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    "debian:12".into(),
                    Verdict::Affected,
                    FixState::WontFix,
                    Some(Severity::Negligible)
                ),
                (
                    "debian:11".into(),
                    Verdict::Affected,
                    FixState::NotFixed,
                    Some(Severity::High)
                ),
                (
                    "debian:10".into(),
                    Verdict::NotAffected,
                    FixState::NotFixed,
                    None
                ),
            ]
        );
    }
}
