//! Amazon Linux's `updateinfo.xml`: advisories (ALAS) with the builds that
//! repair them. Extras are channels of their own.

use super::xml::{self, Element};
use super::{Feed, Place, Upstream};
use crate::advisory::{Advisory, Affected, Role, Scope, Window, architecture};
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{Severity, SeverityClaim};
use std::collections::BTreeMap;

pub(crate) struct AmazonUpdateinfo;

impl Feed for AmazonUpdateinfo {
    fn name(&self) -> &'static str {
        "amazon-updateinfo"
    }

    fn about(&self) -> &'static str {
        "Amazon Linux updateinfo.xml (ALAS) of the core repositories and extras, fixes only"
    }

    fn recognises(&self, head: &str) -> bool {
        head.contains("<updates") && head.contains("<id>ALAS")
    }

    /// The builds of both architectures come with the same advisories; those
    /// of the first release are only served unprotected.
    fn upstreams(&self) -> Vec<Upstream> {
        let host = "https://cdn.amazonlinux.com";
        let repository = |path: &str| Place::Repository(format!("{host}/{path}/mirror.list"));
        vec![Upstream::at(
            self.name(),
            [
                repository("2/core/latest/x86_64"),
                repository("al2023/core/mirrors/latest/x86_64"),
                repository("al2023/kernel-livepatch/mirrors/latest/x86_64"),
                Place::Extras {
                    catalogue: format!("{host}/2/extras-catalog.json"),
                    mirrors: format!("{host}/2/extras/{{}}/latest/x86_64/mirror.list"),
                },
            ],
        )]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        xml::each(
            document,
            1,
            |name| name == "update",
            |update| {
                if let Err(reason) = self.update(&update, intake) {
                    intake.skipped(self.name(), reason);
                }
            },
        )
    }
}

impl AmazonUpdateinfo {
    fn update(&self, update: &Element, intake: &mut Intake) -> Result<(), &'static str> {
        let id = update.text_of("id");
        let references = update.child("references").into_iter();
        let references = references.flat_map(|references| references.all("reference"));
        let mut cves: Vec<_> = references
            .map(|reference| reference.attribute("id").to_ascii_uppercase())
            .filter(|id| id.starts_with("CVE-"))
            .collect();
        cves.sort();
        cves.dedup();
        if cves.is_empty() {
            return Err("bug fix or enhancement, no vulnerability");
        }
        let date = |name: &str| {
            update
                .child(name)
                .map_or("", |child| child.attribute("date"))
        };
        let affected = affected(update, id, date("issued"));
        if affected.is_empty() {
            return Err("no package of a known release");
        }
        let modified = date("updated");
        intake.newest(self.name(), modified);
        let severity = Severity::from_word(update.text_of("severity"));
        for cve in cves {
            intake.replace(Advisory {
                feed: self.name().to_owned(),
                record: id.to_owned(),
                id: cve,
                title: update.text_of("title").to_owned(),
                details: update.text_of("description").to_owned(),
                published: Some(date("issued").to_owned()).filter(|day| !day.is_empty()),
                modified: modified.to_owned(),
                severities: severity
                    .map(|severity| SeverityClaim::in_word("amazon", severity))
                    .into_iter()
                    .collect(),
                affected: affected.clone(),
                ..Advisory::default()
            });
        }
        Ok(())
    }
}

/// `kernel-5.10` of `ALASKERNEL-5.10-2022-001`; nothing of `ALAS2-2018-939`.
fn extra(id: &str) -> Option<String> {
    let (rest, _number) = id.strip_prefix("ALAS")?.rsplit_once('-')?;
    let (name, _year) = rest.rsplit_once('-')?;
    let name = ["2023", "2022", "2"]
        .iter()
        .find_map(|r| name.strip_prefix(r))
        .unwrap_or(name);
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// The release that a build is made for: `1.amzn2.0.3`, `1.amzn2023`.
fn namespace(release: &str, extra: Option<&str>) -> Option<Namespace> {
    let (_, mark) = release.split_once("amzn")?;
    let end = mark.find(|c: char| !c.is_ascii_digit());
    let number = mark.get(..end.unwrap_or(mark.len()))?;
    match extra {
        Some(extra) => Namespace::of_channel("amzn", number, extra),
        None => Namespace::distro("amzn", number),
    }
}

fn affected(update: &Element, id: &str, issued: &str) -> Vec<Affected> {
    let extra = extra(id);
    // By namespace and package: versions, with their architectures.
    type Versions = BTreeMap<String, Vec<String>>;
    let mut packages: BTreeMap<(Namespace, String), Versions> = BTreeMap::new();
    let lists = update
        .all("pkglist")
        .flat_map(|list| list.all("collection"));
    for package in lists.flat_map(|collection| collection.all("package")) {
        let part = |name: &str| package.attribute(name);
        let Some(namespace) = namespace(part("release"), extra.as_deref()) else {
            continue;
        };
        if part("arch") == "src" {
            continue;
        }
        let epoch = Some(part("epoch")).filter(|epoch| !epoch.is_empty());
        let epoch = epoch.unwrap_or("0");
        let version = format!("{epoch}:{}-{}", part("version"), part("release"));
        let versions = packages
            .entry((namespace, part("name").to_owned()))
            .or_default();
        let architectures = versions.entry(version).or_default();
        architectures.push(architecture(part("arch")).to_owned());
    }
    let mut affected = Vec::new();
    for ((namespace, package), versions) in packages {
        let limited = versions.len() > 1;
        for (version, mut architectures) in versions {
            architectures.sort();
            architectures.dedup();
            let every = architectures.iter().any(|own| own == "noarch");
            affected.push(Affected {
                scope: Scope {
                    role: Role::Binary,
                    architectures: if limited && !every {
                        architectures
                    } else {
                        Vec::new()
                    },
                    ..Scope::default()
                },
                advisories: vec![id.to_owned()],
                fixed_on: issued.get(..10).map(str::to_owned),
                ..Affected::new(namespace.clone(), &package, vec![Window::before(&version)])
            });
        }
    }
    affected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    fn update(id: &str, release: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><updates><update type="security" status="final"><id>{id}</id><title>t</title>
            <issued date="2022-01-18 20:09:00"/><updated date="2022-01-20 20:09:00"/><severity>medium</severity>
            <references><reference href="x" id="CVE-2021-1" type="cve"/></references>
            <pkglist><collection short="amazon-linux-2"><name>Amazon Linux 2</name>
            <package name="kernel" version="5.10.82" release="{release}" epoch="0" arch="x86_64"><filename>x</filename></package>
            <package name="kernel" version="5.10.82" release="{release}" epoch="0" arch="aarch64"><filename>x</filename></package>
            </collection></pkglist></update></updates>"#
        )
    }

    #[test]
    fn extras_are_channels_and_releases_are_told_by_their_builds() {
        for (id, release, expected) in [
            ("ALAS-2011-1", "1.34.amzn1", "amzn:1"),
            ("ALAS2-2018-939", "83.359.amzn2", "amzn:2"),
            (
                "ALASKERNEL-5.10-2022-001",
                "83.359.amzn2",
                "amzn:2:kernel-5.10",
            ),
            ("ALASRUBY3.0-2023-003", "155.amzn2.0.1", "amzn:2:ruby3.0"),
            ("ALAS2023-2023-126", "1.amzn2023.0.2", "amzn:2023"),
            (
                "ALAS2023LIVEPATCH-2023-006",
                "1.amzn2023",
                "amzn:2023:livepatch",
            ),
        ] {
            let document = update(id, release);
            assert_eq!(
                feeds::of(document.as_bytes()).unwrap().name(),
                "amazon-updateinfo"
            );
            let mut intake = Intake::default();
            AmazonUpdateinfo
                .read(document.as_bytes(), &mut intake)
                .unwrap();
            let [advisory] = &intake.advisories().collect::<Vec<_>>()[..] else {
                panic!()
            };
            let [row] = advisory.affected.as_slice() else {
                panic!()
            };
            assert_eq!(row.namespace.to_string(), expected);
            assert_eq!(
                row.windows,
                [Window::before(&format!("0:5.10.82-{release}"))]
            );
            assert_eq!(
                (row.advisories[0].as_str(), row.fixed_on.as_deref()),
                (id, Some("2022-01-18"))
            );
        }
    }
}
