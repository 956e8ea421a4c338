//! The Debian security tracker's JSON: source package → vulnerability →
//! release, with every state.

use super::{Feed, Upstream, json};
use crate::advisory::{Advisory, Affected, Upper, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use crate::versions::Scheme;
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
    releases: Releases,
}

/// Rows by code name; an empty list where there is none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Releases {
    Rows(BTreeMap<String, Row>),
    None([(); 0]),
}

impl Default for Releases {
    fn default() -> Self {
        Self::None([])
    }
}

impl Releases {
    fn rows(&self) -> impl Iterator<Item = (&String, &Row)> {
        let rows = match self {
            Self::Rows(rows) => Some(rows),
            Self::None(_) => None,
        };
        rows.into_iter().flatten()
    }
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    status: String,
    fixed_version: Option<String>,
    /// The versions that its archives have, by archive.
    #[serde(default)]
    repositories: BTreeMap<String, String>,
    #[serde(default)]
    urgency: String,
    #[serde(default)]
    nodsa_reason: String,
}

impl Row {
    /// Whether the archives of the release have nothing as new as the version
    /// that is said to repair it.
    fn awaits(&self, fixed: &str) -> bool {
        let older = |version: &String| {
            let order = Scheme::Deb.compare(version, fixed);
            order.is_some_and(std::cmp::Ordering::is_lt)
        };
        !self.repositories.is_empty() && self.repositories.values().all(older)
    }
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
                    .rows()
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
        ("resolved", Some(version)) if row.awaits(version) => {
            (Verdict::Affected, Upper::Before(version.to_owned()))
        }
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
    use crate::matching::find;
    use crate::testing::{deb, inventory, store};

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

    #[test]
    fn an_issue_without_releases_costs_nothing_else() {
        let document = br#"{"chromium": {"CVE-2022-1": {"releases": []}}, "zlib": {"CVE-2023-1": {"releases": {
            "bookworm": {"status": "open", "urgency": "low"}}}}}"#;
        let mut intake = Intake::default();
        DebianTracker.read(document, &mut intake).unwrap();
        assert_eq!(intake.advisories().count(), 1);
    }

    /// Trap 25.
    #[test]
    fn a_repair_that_no_archive_has_is_none_yet() {
        let with = |archive: &str, installed: &str| {
            let document = format!(
                r#"{{"zlib": {{"CVE-2023-1": {{"releases": {{"bookworm": {{"status": "resolved",
                "repositories": {{"bookworm": "1:1.2.13-1", "bookworm-security": "{archive}"}},
                "fixed_version": "1:1.2.13-3", "urgency": "high"}}}}}}}}}}"#
            );
            let (_folder, store) = store(&[&document]);
            let image = inventory(
                Some(("debian", "12")),
                vec![deb("zlib1g", installed, "zlib")],
            );
            find(&image, &store).findings
        };
        let state = |archive| {
            let findings = with(archive, "1:1.2.13-1");
            let fix = &findings[0].fix;
            (
                fix.state,
                fix.versions.len(),
                findings[0].matches[0].range.clone(),
            )
        };
        let range = "< 1:1.2.13-3".to_owned();
        assert_eq!(state("1:1.2.13-2"), (FixState::NotFixed, 0, range.clone()));
        assert_eq!(state("1:1.2.13-3"), (FixState::Fixed, 1, range));
        // Whoever has it from elsewhere is repaired all the same.
        assert!(with("1:1.2.13-2", "1:1.2.13-3").is_empty());
    }
}
