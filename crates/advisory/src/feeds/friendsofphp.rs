//! The PHP Security Advisories Database of FriendsOfPHP: one YAML document for
//! each advisory, `vendor/package/id.yaml`.

use super::{Feed, Upstream, lines, yaml};
use crate::advisory::{Advisory, Affected, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use crate::versions::Scheme;
use plimsoll_types::Ecosystem;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct FriendsOfPhp;

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    title: String,
    link: Option<String>,
    cve: Option<String>,
    /// `composer://vendor/package`.
    reference: String,
    branches: BTreeMap<String, Branch>,
}

#[derive(Deserialize)]
struct Branch {
    /// When it was repaired.
    time: Option<String>,
    /// Comparisons that all hold for what is affected.
    versions: Vec<String>,
}

impl Feed for FriendsOfPhp {
    fn name(&self) -> &'static str {
        "friendsofphp"
    }

    fn about(&self) -> &'static str {
        "PHP security advisories of FriendsOfPHP, YAML, as repository archive"
    }

    fn recognises(&self, head: &str) -> bool {
        let has = |key| lines(head).any(|line| line.starts_with(key));
        !head.starts_with('{') && has("branches:") && has("reference:")
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn upstreams(&self) -> Vec<Upstream> {
        vec![Upstream::one(
            self.name(),
            &[
                "https://github.com/FriendsOfPHP/security-advisories/archive/refs/heads/master.tar.gz",
            ],
        )]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let record: Record = yaml(document)?;
        let Some(name) = record.reference.strip_prefix("composer://") else {
            intake.skipped(self.name(), "no Composer package");
            return Ok(());
        };
        let mut windows = Vec::new();
        for branch in record.branches.values() {
            match Scheme::Composer.windows(&branch.versions.join(",")) {
                Some(intervals) => windows.extend(intervals.into_iter().map(Window::from)),
                None => intake.skipped(self.name(), crate::store::NO_VERSION),
            }
        }
        if windows.is_empty() {
            intake.skipped(self.name(), "no version range");
            return Ok(());
        }
        let times = record.branches.values().filter_map(|b| b.time.as_deref());
        let day = times.filter_map(|time| time.get(..10)).min();
        let cve = record.cve.filter(|id| id.starts_with("CVE-"));
        // Most pages are named after the advisory; else the day tells it apart.
        let page = record
            .link
            .as_deref()
            .map(|link| link.trim_end_matches('/'));
        let page = page.and_then(|link| link.rsplit('/').next());
        let page = page.filter(|tail| tail.bytes().any(|byte| byte.is_ascii_digit()));
        let own = page.or(day).unwrap_or(record.title.as_str());
        let own = format!("{name}/{}", cve.as_deref().unwrap_or(own));
        intake.newest(self.name(), day.unwrap_or_default());
        intake.merge(Advisory {
            feed: self.name().to_owned(),
            id: cve.unwrap_or_else(|| own.clone()),
            record: own,
            title: record.title.trim().to_owned(),
            url: record.link,
            published: day.map(str::to_owned),
            affected: vec![Affected::new(
                Namespace::language(Ecosystem::Composer),
                name,
                windows,
            )],
            ..Advisory::default()
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisory::Upper;
    use crate::feeds;

    #[test]
    fn a_list_means_and_branches_mean_or() {
        let document = "title: Header injection\nlink: https://example.org\ncve: CVE-2021-1\nbranches:\n    11.x:\n        time: '2021-10-05 11:02:47'\n        versions: ['>=11.0.0', '<11.5.0']\n    9.x:\n        time: ~\n        versions: [\">9.0\", \"<=9.5.1\"]\nreference: composer://Typo3/cms-core\n";
        assert_eq!(
            feeds::of(document.as_bytes()).unwrap().name(),
            "friendsofphp"
        );
        let mut intake = Intake::default();
        FriendsOfPhp.read(document.as_bytes(), &mut intake).unwrap();
        let advisory = intake.advisories().next().unwrap();
        assert_eq!(advisory.id, "CVE-2021-1");
        assert_eq!(advisory.published.as_deref(), Some("2021-10-05"));
        assert_eq!(advisory.affected[0].package, "typo3/cms-core");
        let windows = &advisory.affected[0].windows;
        assert_eq!(windows[0].to, Upper::Fixed("11.5.0".into()));
        assert_eq!(windows[1].to, Upper::Through("9.5.1".into()));
        assert!(windows[1].past);
    }
}
