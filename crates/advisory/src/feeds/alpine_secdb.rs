//! Alpine's security database: one document for each branch and repository,
//! which lists fixed issues only.

use super::{Feed, json};
use crate::advisory::{Advisory, Affected, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct AlpineSecdb;

#[derive(Deserialize)]
struct Document {
    distroversion: String,
    /// `null` for a repository that has none.
    #[serde(default)]
    packages: Option<Vec<Row>>,
}

#[derive(Deserialize)]
struct Row {
    pkg: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// `null` for packages without fixes.
    #[serde(default)]
    secfixes: Option<BTreeMap<String, Option<Vec<String>>>>,
}

impl Feed for AlpineSecdb {
    fn name(&self) -> &'static str {
        "alpine-secdb"
    }

    fn about(&self) -> &'static str {
        "Alpine security database, one JSON document for each branch and repository"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{')
            && head.contains("\"distroversion\"")
            && (head.contains("\"secfixes\"") || head.contains("\"apkurl\""))
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: Document = json(document)?;
        let namespace = Namespace::alpine(&document.distroversion)
            .ok_or_else(|| format!("`{}` is no branch", document.distroversion))?;
        for Row { pkg } in document.packages.unwrap_or_default() {
            for (version, entries) in pkg.secfixes.unwrap_or_default() {
                for entry in entries.unwrap_or_default() {
                    self.entry(&namespace, &pkg.name, &version, &entry, intake);
                }
            }
        }
        Ok(())
    }
}

impl AlpineSecdb {
    /// One string of ids that name the same fix: `CVE-2019-17349 XSA-295`.
    fn entry(
        &self,
        namespace: &Namespace,
        package: &str,
        version: &str,
        entry: &str,
        intake: &mut Intake,
    ) {
        let ids: Vec<&str> = entry.split_whitespace().collect();
        let cve = |id: &&str| id.starts_with("CVE-");
        let others: Vec<&str> = ids.iter().copied().filter(|id| !cve(id)).collect();
        let cves: Vec<&str> = ids.iter().copied().filter(cve).collect();
        let (subjects, advisories) = if cves.is_empty() {
            (others, Vec::new())
        } else {
            (cves, others)
        };
        let never = version == "0";
        let window = if never {
            Window::ALL
        } else {
            Window::before(version)
        };
        for id in subjects {
            intake.merge(Advisory {
                feed: self.name().to_owned(),
                record: id.to_owned(),
                id: id.to_owned(),
                url: Some(format!("https://security.alpinelinux.org/vuln/{id}")),
                affected: vec![Affected {
                    verdict: if never {
                        Verdict::NotAffected
                    } else {
                        Verdict::Affected
                    },
                    advisories: advisories.iter().map(|id| (*id).to_owned()).collect(),
                    ..Affected::new(namespace.clone(), package, vec![window.clone()])
                }],
                ..Advisory::default()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    #[test]
    fn a_fix_ends_a_window_and_zero_says_never() {
        let document = br#"{"apkurl":"x","distroversion":"v3.19","reponame":"main","packages":[
            {"pkg":{"name":"xen","secfixes":{"4.18.0-r1":["CVE-2023-1 XSA-295","XSA-300"],"0":["CVE-2022-2"]}}},
            {"pkg":{"name":"none","secfixes":null}}]}"#;
        assert_eq!(feeds::of(document).unwrap().name(), "alpine-secdb");
        let mut intake = Intake::default();
        AlpineSecdb.read(document, &mut intake).unwrap();
        let advisories: Vec<_> = intake.advisories().collect();
        let ids: Vec<_> = advisories.iter().map(|a| a.id.as_str()).collect();
        assert_eq!(ids, ["CVE-2022-2", "CVE-2023-1", "XSA-300"]);
        assert_eq!(advisories[0].affected[0].verdict, Verdict::NotAffected);
        assert_eq!(advisories[1].affected[0].advisories, ["XSA-295"]);
        assert_eq!(
            advisories[1].affected[0].namespace.to_string(),
            "alpine:3.19"
        );
    }
}
