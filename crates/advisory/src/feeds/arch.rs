//! Arch Linux's security tracker, `all.json`: groups of packages (AVG) with
//! the version that repairs them.

use super::{Feed, Upstream, json};
use crate::advisory::{Advisory, Affected, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{FixState, Severity, SeverityClaim};
use serde::Deserialize;

pub(crate) struct ArchTracker;

#[derive(Deserialize)]
struct Group {
    name: String,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    severity: String,
    #[serde(rename = "type", default)]
    kind: String,
    fixed: Option<String>,
    #[serde(default)]
    issues: Vec<String>,
    #[serde(default)]
    advisories: Vec<String>,
}

impl Feed for ArchTracker {
    fn name(&self) -> &'static str {
        "arch-tracker"
    }

    fn about(&self) -> &'static str {
        "Arch Linux security tracker, all.json"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('[') && head.contains("\"AVG-") && head.contains("\"issues\"")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let url = "https://security.archlinux.org/all.json";
        vec![Upstream::one(self.name(), &[url])]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let groups: Vec<Group> = json(document)?;
        let namespace = Namespace::distro("arch", "").ok_or("no such distribution")?;
        for group in groups {
            let affected: Vec<_> = group
                .packages
                .iter()
                .map(|package| group.row(&namespace, package))
                .collect();
            if affected.is_empty() {
                intake.skipped(self.name(), "no package");
                continue;
            }
            let mut ids = group.issues.clone();
            if ids.is_empty() {
                ids.push(group.name.clone());
            }
            for id in ids {
                intake.merge(Advisory {
                    feed: self.name().to_owned(),
                    record: group.name.clone(),
                    id,
                    title: group.kind.clone(),
                    url: Some(format!("https://security.archlinux.org/{}", group.name)),
                    severities: Severity::from_word(&group.severity)
                        .map(|severity| SeverityClaim::in_word("arch", severity))
                        .into_iter()
                        .collect(),
                    affected: affected.clone(),
                    ..Advisory::default()
                });
            }
        }
        Ok(())
    }
}

impl Group {
    fn row(&self, namespace: &Namespace, package: &str) -> Affected {
        let (verdict, fix) = match self.status.as_str() {
            "Not affected" => (Verdict::NotAffected, FixState::NotFixed),
            "Unknown" => (Verdict::UnderInvestigation, FixState::UnderInvestigation),
            _ => (Verdict::Affected, FixState::NotFixed),
        };
        // `affected` is what was in the repositories when it was found; what
        // came before has it too.
        let window = match &self.fixed {
            Some(fixed) if verdict == Verdict::Affected => Window::before(fixed),
            _ => Window::ALL,
        };
        Affected {
            verdict,
            fix,
            advisories: self.advisories.clone(),
            ..Affected::new(namespace.clone(), package, vec![window])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    #[test]
    fn every_status_of_a_group_is_told_apart() {
        let group = |name: &str, status: &str, fixed: &str, issues: &str| {
            format!(
                r#"{{"name":"{name}","packages":["glibc","lib32-glibc"],"affected":"2.38-1","fixed":{fixed},"severity":"High","status":"{status}","type":"arbitrary code execution","issues":[{issues}],"advisories":["ASA-202310-01"]}}"#
            )
        };
        let document = format!(
            "[{},{},{},{}]",
            group(
                "AVG-1",
                "Fixed",
                "\"2.38-2\"",
                "\"CVE-2023-1\",\"CVE-2023-2\""
            ),
            group("AVG-2", "Vulnerable", "null", "\"CVE-2023-3\""),
            group("AVG-3", "Not affected", "null", "\"CVE-2023-4\""),
            group("AVG-4", "Unknown", "null", ""),
        );
        assert_eq!(
            feeds::of(document.as_bytes()).unwrap().name(),
            "arch-tracker"
        );
        let mut intake = Intake::default();
        ArchTracker.read(document.as_bytes(), &mut intake).unwrap();
        let told: Vec<_> = intake
            .advisories()
            .map(|advisory| {
                let row = advisory.affected[0].clone();
                assert_eq!(advisory.affected.len(), 2);
                assert_eq!(row.namespace.to_string(), "arch");
                let end = row.windows[0].upper().map(str::to_owned);
                (advisory.id, row.verdict, end)
            })
            .collect();
        let fixed = "2.38-2".to_owned();
        assert_eq!(
            told,
            [
                (
                    "CVE-2023-1".to_owned(),
                    Verdict::Affected,
                    Some(fixed.clone())
                ),
                (
                    "CVE-2023-2".to_owned(),
                    Verdict::Affected,
                    Some(fixed.clone())
                ),
                ("CVE-2023-3".to_owned(), Verdict::Affected, None),
                ("CVE-2023-4".to_owned(), Verdict::NotAffected, None),
                ("AVG-4".to_owned(), Verdict::UnderInvestigation, None),
            ]
        );
    }
}
