//! Fedora's updates as Bodhi serves them: one update, or a page of them.

use super::{Feed, Place, Upstream, json};
use crate::advisory::{Advisory, Affected, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{Severity, SeverityClaim};
use serde::Deserialize;

pub(crate) struct FedoraBodhi;

#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Page { updates: Vec<Update> },
    One(Box<Update>),
}

#[derive(Deserialize)]
struct Update {
    alias: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    notes: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    severity: Option<String>,
    date_submitted: Option<String>,
    date_modified: Option<String>,
    date_stable: Option<String>,
    date_pushed: Option<String>,
    url: Option<String>,
    release: Release,
    #[serde(default)]
    bugs: Vec<Bug>,
    #[serde(default)]
    builds: Vec<Build>,
}

#[derive(Deserialize)]
struct Release {
    #[serde(default)]
    version: String,
    #[serde(default)]
    id_prefix: String,
}

#[derive(Deserialize)]
struct Bug {
    title: Option<String>,
}

#[derive(Deserialize)]
struct Build {
    nvr: String,
    #[serde(rename = "type", default)]
    kind: String,
    epoch: Option<u32>,
}

impl Feed for FedoraBodhi {
    fn name(&self) -> &'static str {
        "fedora-bodhi"
    }

    fn about(&self) -> &'static str {
        "Fedora security updates of Bodhi, JSON, single or in pages"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{')
            && head.contains("\"alias\"")
            && head.contains("\"FEDORA-")
            && head.contains("\"builds\"")
    }

    fn is_per_record(&self) -> bool {
        true
    }

    /// Of the releases that are looked after.
    fn upstreams(&self) -> Vec<Upstream> {
        let list = "https://bodhi.fedoraproject.org/updates/?type=security&status=stable&content_type=rpm&active_releases=true&rows_per_page=100";
        vec![Upstream::at(self.name(), [Place::Pages(list.to_owned())])]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let updates = match json(document)? {
            Document::Page { updates } => updates,
            Document::One(update) => vec![*update],
        };
        for update in updates {
            if let Err(reason) = update.read(self.name(), intake) {
                intake.skipped(self.name(), reason);
            }
        }
        Ok(())
    }
}

impl Update {
    fn read(self, feed: &str, intake: &mut Intake) -> Result<(), &'static str> {
        if self.kind != "security" {
            return Err("bug fix or enhancement, no vulnerability");
        }
        if self.status != "stable" {
            return Err("not released yet, or taken back");
        }
        if self.release.id_prefix != "FEDORA" {
            return Err("EPEL, modules or containers");
        }
        let namespace = Namespace::distro("fedora", &self.release.version);
        let namespace = namespace.filter(|_| !self.release.version.is_empty());
        let namespace = namespace.ok_or("a release without a number")?;
        let shipped = self.date_stable.as_deref().or(self.date_pushed.as_deref());
        let day = shipped.and_then(|date| date.get(..10));
        let rows = self.builds.iter().filter(|build| build.kind == "rpm");
        let affected: Vec<_> = rows
            .filter_map(Build::parts)
            .map(|(name, version)| Affected {
                advisories: vec![self.alias.clone()],
                fixed_on: day.map(str::to_owned),
                ..Affected::new(namespace.clone(), name, vec![Window::before(&version)])
            })
            .collect();
        if affected.is_empty() {
            return Err("no build of an rpm");
        }
        let modified = self.date_modified.as_deref().or(shipped);
        let modified = modified.unwrap_or_default().to_owned();
        intake.newest(feed, &modified);
        let severity = self.severity.as_deref().and_then(word);
        for id in self.vulnerabilities() {
            intake.replace(Advisory {
                feed: feed.to_owned(),
                record: self.alias.clone(),
                id,
                title: self.title.clone(),
                details: self.notes.clone(),
                url: self.url.clone(),
                published: self.date_submitted.clone(),
                modified: modified.clone(),
                severities: severity
                    .map(|severity| SeverityClaim::in_word("fedora", severity))
                    .into_iter()
                    .collect(),
                affected: affected.clone(),
                ..Advisory::default()
            });
        }
        Ok(())
    }

    /// The CVEs that its bugs and notes name, else the update itself.
    fn vulnerabilities(&self) -> Vec<String> {
        let titles = self.bugs.iter().filter_map(|bug| bug.title.as_deref());
        let texts = titles.chain([self.title.as_str(), self.notes.as_str()]);
        let mut cves: Vec<_> = texts.flat_map(cves).collect();
        cves.sort();
        cves.dedup();
        if cves.is_empty() {
            cves.push(self.alias.clone());
        }
        cves
    }
}

/// Bodhi's highest word is `urgent`.
fn word(severity: &str) -> Option<Severity> {
    match severity {
        "urgent" => Some(Severity::Critical),
        other => Severity::from_word(other),
    }
}

/// Every CVE that a text names.
fn cves(text: &str) -> impl Iterator<Item = String> + '_ {
    text.match_indices("CVE-").filter_map(|(at, _)| {
        let rest = text.get(at + 4..)?;
        let (year, rest) = rest.split_once('-')?;
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let number = rest.get(..end.unwrap_or(rest.len()))?;
        let whole = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        (whole && number.len() >= 4).then(|| format!("CVE-{year}-{number}"))
    })
}

impl Build {
    /// Name and full version of the source.
    fn parts(&self) -> Option<(&str, String)> {
        let (rest, release) = self.nvr.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        let epoch = self.epoch.unwrap_or(0);
        Some((name, format!("{epoch}:{version}-{release}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    fn update(prefix: &str, status: &str) -> String {
        format!(
            r#"{{"alias":"FEDORA-2023-6d4055d482","title":"httpd-2.4.55-1.fc36","notes":"new version","type":"security","status":"{status}","severity":"urgent",
            "date_submitted":"2023-01-25 20:12:03","date_modified":null,"date_stable":"2023-02-03 01:39:02","release":{{"name":"F36","version":"36","id_prefix":"{prefix}"}},
            "bugs":[{{"bug_id":1,"title":"CVE-2022-37436 CVE-2006-20001 httpd: splitting [fedora-all]"}}],
            "builds":[{{"nvr":"mod-x-2.4.55-1.fc36","type":"rpm","epoch":1}}]}}"#
        )
    }

    #[test]
    fn an_update_speaks_of_the_cves_of_its_bugs() {
        let one = update("FEDORA", "stable");
        let page = format!(r#"{{"updates":[{one}],"page":1}}"#);
        for document in [one, page] {
            assert_eq!(
                feeds::of(document.as_bytes()).unwrap().name(),
                "fedora-bodhi"
            );
            let mut intake = Intake::default();
            FedoraBodhi.read(document.as_bytes(), &mut intake).unwrap();
            let told: Vec<_> = intake
                .advisories()
                .map(|a| (a.id, a.severities[0].severity))
                .collect();
            let critical = Severity::Critical;
            assert_eq!(
                told,
                [
                    ("CVE-2006-20001".to_owned(), critical),
                    ("CVE-2022-37436".to_owned(), critical)
                ]
            );
            let row = &intake.advisories().next().unwrap().affected[0];
            assert_eq!(
                (row.namespace.to_string().as_str(), row.package.as_str()),
                ("fedora:36", "mod-x")
            );
            assert_eq!(row.windows, [Window::before("1:2.4.55-1.fc36")]);
            assert_eq!(row.fixed_on.as_deref(), Some("2023-02-03"));
        }
    }

    #[test]
    fn what_fedora_has_not_released_is_left_out_and_counted() {
        let mut intake = Intake::default();
        for document in [update("FEDORA-EPEL", "stable"), update("FEDORA", "testing")] {
            FedoraBodhi.read(document.as_bytes(), &mut intake).unwrap();
        }
        assert!(intake.is_empty());
        assert_eq!(intake.tallies["fedora-bodhi"].skipped.len(), 2);
    }
}
