//! SUSE's OVAL: one row for each binary package and product, with what is not
//! affected and, in the `affected` variants, what has no fix yet.

use super::{Definition, Reading, Test};
use crate::advisory::{Advisory, Affected, Role, Scope, Verdict, Window, architecture};
use crate::cvss;
use crate::feeds::Feed;
use crate::feeds::xml::Element;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{Severity, SeverityClaim};
use std::collections::{BTreeMap, HashMap};

pub(crate) struct SuseOval;

impl Feed for SuseOval {
    fn name(&self) -> &'static str {
        "suse-oval"
    }

    fn about(&self) -> &'static str {
        "SUSE and openSUSE OVAL, with what is not affected and what has no fix"
    }

    fn recognises(&self, head: &str) -> bool {
        super::recognises(head, "oval:org.opensuse.security:")
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let tests = super::tests(document)?;
        super::definitions(document, |definition| {
            self.definition(&definition, &tests, intake);
        })
    }
}

impl SuseOval {
    fn definition(
        &self,
        definition: &Definition,
        tests: &HashMap<String, Test>,
        intake: &mut Intake,
    ) {
        let cves = definition.cves();
        if cves.is_empty() {
            intake.skipped(self.name(), "bug fix or enhancement, no vulnerability");
            return;
        }
        let Some(affected) = affected(definition, tests) else {
            intake.skipped(
                self.name(),
                "criteria that lie too deep or have too many conditions",
            );
            return;
        };
        if affected.is_empty() {
            intake.skipped(self.name(), "no package of a known product");
            return;
        }
        let date = |name: &str| {
            let child = definition.advisory().child(name);
            child.map_or("", |child| child.attribute("date")).to_owned()
        };
        let (issued, updated) = (date("issued"), date("updated"));
        intake.newest(self.name(), &issued);
        intake.newest(self.name(), &updated);
        for id in cves {
            intake.merge(Advisory {
                feed: self.name().to_owned(),
                record: patch(definition).unwrap_or_else(|| id.clone()),
                url: Some(format!("https://www.suse.com/security/cve/{id}")),
                severities: severity(definition, &id).into_iter().collect(),
                id,
                details: definition.metadata.text_of("description").to_owned(),
                published: Some(issued.clone()).filter(|day| !day.is_empty()),
                modified: updated.clone(),
                affected: affected.clone(),
                ..Advisory::default()
            });
        }
    }
}

/// The advisory that a definition of class `patch` is about.
fn patch(definition: &Definition) -> Option<String> {
    let mut references = definition.metadata.all("reference");
    let own = references.find(|reference| reference.attribute("ref_id").contains("SUSE-SU-"))?;
    Some(own.attribute("ref_id").to_owned())
}

/// What is said of the CVE, else of the whole.
fn severity(definition: &Definition, id: &str) -> Option<SeverityClaim> {
    let advisory = definition.advisory();
    let cve = advisory.all("cve").find(|cve| cve.text() == id);
    let word = cve.and_then(|cve| Severity::from_word(cve.attribute("impact")));
    let word = word.or_else(|| Severity::from_word(advisory.text_of("severity")));
    // `7.8/CVSS:3.1/AV:L/…`
    let vectors = cve
        .into_iter()
        .flat_map(|cve| [cve.attribute("cvss4"), cve.attribute("cvss3")]);
    let mut scores = vectors.filter_map(|text| cvss::score(text.split_once('/')?.1));
    let cvss = scores.next();
    Some(SeverityClaim {
        source: "suse".to_owned(),
        severity: word.or_else(|| cvss.as_ref().map(cvss::severity))?,
        cvss,
    })
}

enum Row<'a> {
    Fixed(&'a Test),
    NotAffected(String),
    Affected(String),
}

fn affected(definition: &Definition, tests: &HashMap<String, Test>) -> Option<Vec<Affected>> {
    let rows = definition.rows(&mut |criterion| reading(criterion, tests))?;
    let advisory = patch(definition);
    let mut affected: Vec<Affected> = Vec::new();
    let mut namespaces: BTreeMap<String, Option<Namespace>> = BTreeMap::new();
    for (row, conditions) in rows {
        let mut known: Vec<&Namespace> = Vec::new();
        for platform in &conditions.platforms {
            let entry = namespaces.entry(platform.clone());
            entry.or_insert_with(|| Namespace::of_suse(platform));
        }
        known.extend(
            conditions
                .platforms
                .iter()
                .filter_map(|p| namespaces.get(p)?.as_ref()),
        );
        known.sort();
        known.dedup();
        for namespace in known {
            let of = |package: &str, window| Affected {
                scope: Scope {
                    role: Role::Binary,
                    ..Scope::default()
                },
                ..Affected::new(namespace.clone(), package, vec![window])
            };
            affected.push(match &row {
                Row::Fixed(test) => {
                    let mut row = of(&test.package, Window::before(&test.version));
                    let architectures = test.architectures.iter().map(|a| architecture(a));
                    row.scope.architectures = architectures
                        .filter(|architecture| *architecture != "noarch")
                        .map(str::to_owned)
                        .collect();
                    row.advisories = advisory.iter().cloned().collect();
                    row
                }
                Row::NotAffected(package) => Affected {
                    verdict: Verdict::NotAffected,
                    ..of(package, Window::ALL)
                },
                Row::Affected(package) => of(package, Window::ALL),
            });
        }
    }
    Some(affected)
}

fn reading<'a>(criterion: &Element, tests: &'a HashMap<String, Test>) -> Reading<Row<'a>> {
    let comment = criterion.attribute("comment");
    let named = |end: &str| comment.strip_suffix(end).map(str::to_owned);
    if let Some(package) = named(" is not affected") {
        return Reading::Package(Row::NotAffected(package));
    }
    if let Some(package) = named(" is affected") {
        return Reading::Package(Row::Affected(package));
    }
    match tests.get(criterion.attribute("test_ref")) {
        // Some documents number the operations.
        Some(test) if test.is_evr && ["less than", "6"].contains(&test.operation.as_str()) => {
            Reading::Package(Row::Fixed(test))
        }
        _ => named(" is installed").map_or(Reading::Nothing, Reading::Platform),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;
    use crate::matching::find;
    use crate::testing::{inventory, rpm, store};

    fn document(criteria: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><oval_definitions><definitions><definition id="oval:org.opensuse.security:def:202129154" class="vulnerability">
            <metadata><title>CVE-2021-29154</title><description>d</description>
            <advisory from="security@suse.de"><issued date="2021-04-30"/><updated date="2021-07-03"/><severity>Important</severity>
            <cve impact="moderate" cvss3="7.8/CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H">CVE-2021-29154</cve></advisory></metadata>
            <criteria operator="AND"><criteria operator="OR">
            <criterion test_ref="p1" comment="SUSE Linux Enterprise Module for Basesystem 15 SP4 is installed"/>
            <criterion test_ref="p2" comment="SUSE Linux Enterprise Desktop 15 SP4 is installed"/>
            <criterion test_ref="p3" comment="SUSE Linux Enterprise Server 15 SP1-LTSS is installed"/></criteria>
            <criteria operator="OR">{criteria}</criteria></criteria></definition></definitions>
            <tests>
              <rpminfo_test id="p1"><object object_ref="op"/><state state_ref="sp"/></rpminfo_test>
              <rpminfo_test id="t1"><object object_ref="o1"/><state state_ref="s1"/></rpminfo_test>
              <rpminfo_test id="t2"><object object_ref="o2"/><state state_ref="s2"/></rpminfo_test></tests>
            <objects><rpminfo_object id="op"><name>sles-release</name></rpminfo_object>
              <rpminfo_object id="o1"><name>qemu-vgabios</name></rpminfo_object><rpminfo_object id="o2"><name>qemu</name></rpminfo_object></objects>
            <states><rpminfo_state id="sp"><version operation="equals">15.4</version></rpminfo_state>
              <rpminfo_state id="s1"><arch operation="pattern match">(noarch)</arch><evr operation="less than">0:1.15.0_0_g2dd4b9b-150400.37.8.2</evr></rpminfo_state>
              <rpminfo_state id="s2"><arch operation="pattern match">(aarch64|x86_64)</arch><evr operation="6">0:6.2.0-150400.37.8.2</evr></rpminfo_state></states></oval_definitions>"#
        )
    }

    const FIXED: &str = r#"<criterion test_ref="t1" comment="qemu-vgabios-1.15.0_0_g2dd4b9b-150400.37.8.2 is installed"/>
        <criterion test_ref="t2" comment="qemu-6.2.0-150400.37.8.2 is installed"/>"#;

    /// Trap 20.
    #[test]
    fn each_binary_is_compared_with_its_own_build() {
        let document = document(FIXED);
        assert_eq!(feeds::of(document.as_bytes()).unwrap().name(), "suse-oval");
        let (_folder, store) = store(&[&document]);
        let found = |distro, name, version| {
            let package = rpm(name, version, ("qemu", "6.2.0-150400.37.5.3"));
            find(&inventory(Some(distro), vec![package]), &store).findings
        };
        let vgabios = "1.15.0_0_g2dd4b9b-150400.37.8.2";
        let sles = ("sles", "15.4");
        assert!(found(sles, "qemu-vgabios", vgabios).is_empty());
        let [finding] = &found(sles, "qemu", "6.2.0-150400.37.5.3")[..] else {
            panic!()
        };
        assert_eq!(finding.severity, Severity::Medium);
        assert_eq!(finding.cvss().map(|cvss| cvss.score), Some(7.8));
        // Only who pays gets the fix of what is out of support.
        assert!(found(("sles", "15.1"), "qemu", "6.2.0-150400.37.5.3").is_empty());
    }

    #[test]
    fn what_is_not_affected_and_what_has_no_fix_is_kept() {
        let mut intake = Intake::default();
        let rows = r#"<criterion test_ref="n" comment="kernel-default is not affected"/>
            <criterion test_ref="a" comment="kernel-source is affected"/>"#;
        SuseOval
            .read(document(rows).as_bytes(), &mut intake)
            .unwrap();
        let told: Vec<_> = intake
            .advisories()
            .flat_map(|advisory| advisory.affected)
            .map(|row| (row.namespace.to_string(), row.package, row.verdict))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "sles:15.1:ltss".into(),
                    "kernel-default".into(),
                    Verdict::NotAffected
                ),
                (
                    "sles:15.4".into(),
                    "kernel-default".into(),
                    Verdict::NotAffected
                ),
                (
                    "sles:15.1:ltss".into(),
                    "kernel-source".into(),
                    Verdict::Affected
                ),
                (
                    "sles:15.4".into(),
                    "kernel-source".into(),
                    Verdict::Affected
                ),
            ]
        );
    }
}
