//! Gentoo's GLSAs, XML: ebuilds with the ranges that are vulnerable.

use super::xml::{self, Element};
use super::{Feed, Upstream};
use crate::advisory::{Advisory, Affected, Upper, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{Severity, SeverityClaim};

pub(crate) struct GentooGlsa;

impl Feed for GentooGlsa {
    fn name(&self) -> &'static str {
        "gentoo-glsa"
    }

    fn about(&self) -> &'static str {
        "Gentoo GLSA, one XML document each"
    }

    fn recognises(&self, head: &str) -> bool {
        head.contains("<glsa ") && head.contains("<title>")
    }

    fn is_per_record(&self) -> bool {
        true
    }

    /// The repository, else the tree of packages, which has a copy of it.
    fn upstreams(&self) -> Vec<Upstream> {
        let mirrors = [
            "https://gitweb.gentoo.org/data/glsa.git/snapshot/glsa-master.tar.gz",
            "https://distfiles.gentoo.org/snapshots/portage-latest.tar.xz",
        ];
        vec![Upstream::one(self.name(), &mirrors)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        xml::each(
            document,
            0,
            |name| name == "glsa",
            |glsa| {
                if let Err(reason) = self.glsa(&glsa, intake) {
                    intake.skipped(self.name(), reason);
                }
            },
        )
    }
}

impl GentooGlsa {
    fn glsa(&self, glsa: &Element, intake: &mut Intake) -> Result<(), &'static str> {
        let record = format!("GLSA-{}", glsa.attribute("id"));
        let namespace = Namespace::distro("gentoo", "").ok_or("no such distribution")?;
        let announced = glsa.text_of("announced");
        let packages = glsa.child("affected").into_iter();
        let packages = packages.flat_map(|affected| affected.all("package"));
        let affected: Vec<_> = packages
            .filter_map(|package| {
                let windows = windows(package);
                (!windows.is_empty()).then(|| Affected {
                    advisories: vec![record.clone()],
                    fixed_on: announced.get(..10).map(str::to_owned),
                    ..Affected::new(namespace.clone(), package.attribute("name"), windows)
                })
            })
            .collect();
        if affected.is_empty() {
            return Err("no range that can be compared");
        }
        intake.newest(self.name(), announced);
        let severity = glsa
            .child("impact")
            .and_then(|impact| match impact.attribute("type") {
                "normal" => Some(Severity::Medium),
                word => Severity::from_word(word),
            });
        let links = glsa.child("references").into_iter();
        let links = links.flat_map(|references| references.all("uri"));
        let mut ids: Vec<_> = links
            .map(Element::text)
            .filter(|text| text.starts_with("CVE-"))
            .map(str::to_owned)
            .collect();
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            ids.push(record.clone());
        }
        for id in ids {
            intake.replace(Advisory {
                feed: self.name().to_owned(),
                record: record.clone(),
                id,
                title: glsa.text_of("title").to_owned(),
                details: glsa.text_of("synopsis").to_owned(),
                url: Some(format!(
                    "https://security.gentoo.org/glsa/{}",
                    glsa.attribute("id")
                )),
                published: Some(announced.to_owned()).filter(|day| !day.is_empty()),
                modified: glsa.text_of("revised").to_owned(),
                severities: severity
                    .map(|severity| SeverityClaim::in_word("gentoo", severity))
                    .into_iter()
                    .collect(),
                affected: affected.clone(),
                ..Advisory::default()
            });
        }
        Ok(())
    }
}

/// The vulnerable ranges. One that is limited to a slot begins with the slot,
/// where that is the beginning of its versions; others cannot be told.
fn windows(package: &Element) -> Vec<Window> {
    let ranges = package.all("vulnerable").filter_map(|range| {
        let version = range.text();
        let slot = Some(range.attribute("slot")).filter(|slot| !matches!(*slot, "" | "*"));
        let from = match slot {
            None => None,
            Some(slot) => {
                let rest = version.strip_prefix(slot)?;
                rest.starts_with(['.', '-', '_'])
                    .then(|| Some(slot.to_owned()))?
            }
        };
        let version = version.to_owned();
        let (from, past, to) = match range.attribute("range") {
            "lt" => (from, false, Upper::Fixed(version)),
            "le" => (from, false, Upper::Through(version)),
            "eq" => (Some(version.clone()), false, Upper::Through(version)),
            "ge" => (Some(version), false, Upper::Open),
            "gt" => (Some(version), true, Upper::Open),
            // Of the revisions of one version.
            "rlt" => (Some(base(&version)), false, Upper::Fixed(version)),
            "rle" => (Some(base(&version)), false, Upper::Through(version)),
            _ => return None,
        };
        Some(Window { from, past, to })
    });
    ranges.collect()
}

/// Without the revision.
fn base(version: &str) -> String {
    let revision = version.rsplit_once("-r");
    revision.map_or(version, |(base, _)| base).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    #[test]
    fn ranges_and_slots_of_an_ebuild_become_windows() {
        let document = br#"<?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE glsa SYSTEM "http://www.gentoo.org/dtd/glsa.dtd">
            <glsa id="202301-01"><title>Python: flaws</title><synopsis>s</synopsis><announced>2023-01-11</announced>
            <revised count="1">2023-01-12</revised><affected><package name="dev-lang/python" auto="yes" arch="*">
            <unaffected range="ge" slot="3.9">3.9.16</unaffected><vulnerable range="lt" slot="3.9">3.9.16</vulnerable>
            <vulnerable range="rle" slot="*">2.7.18-r3</vulnerable><vulnerable range="lt" slot="odd">4.0</vulnerable></package></affected>
            <impact type="high"><p>i</p></impact><references><uri link="https://nvd.nist.gov/vuln/detail/CVE-2022-1">CVE-2022-1</uri></references></glsa>"#;
        assert_eq!(feeds::of(document).unwrap().name(), "gentoo-glsa");
        let mut intake = Intake::default();
        GentooGlsa.read(document, &mut intake).unwrap();
        let [advisory] = &intake.advisories().collect::<Vec<_>>()[..] else {
            panic!()
        };
        assert_eq!(advisory.id, "CVE-2022-1");
        assert_eq!(advisory.severities[0].severity, Severity::High);
        let [row] = advisory.affected.as_slice() else {
            panic!()
        };
        assert_eq!(
            (row.namespace.to_string().as_str(), row.package.as_str()),
            ("gentoo", "dev-lang/python")
        );
        assert_eq!(
            row.windows,
            [
                Window {
                    from: Some("3.9".into()),
                    past: false,
                    to: Upper::Fixed("3.9.16".into())
                },
                Window {
                    from: Some("2.7.18".into()),
                    past: false,
                    to: Upper::Through("2.7.18-r3".into())
                },
            ]
        );
    }
}
