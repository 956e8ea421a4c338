//! Azure Linux's and CBL-Mariner's OVAL: one definition for each CVE and
//! package, fixed or not.

use super::{Definition, Reading, Test};
use crate::advisory::{Advisory, Affected, Upper, Verdict, Window};
use crate::feeds::{Feed, Upstream};
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{FixState, Severity, SeverityClaim};
use std::collections::HashMap;

pub(crate) struct AzureLinuxOval;

impl Feed for AzureLinuxOval {
    fn name(&self) -> &'static str {
        "azurelinux-oval"
    }

    fn about(&self) -> &'static str {
        "Azure Linux and CBL-Mariner OVAL, with what has no fix and what is not affected"
    }

    fn recognises(&self, head: &str) -> bool {
        super::recognises(head, "oval:com.microsoft.")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let folder = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main";
        let releases = ["azurelinux-3.0", "cbl-mariner-2.0", "cbl-mariner-1.0"];
        let documents = releases.map(|release| vec![format!("{folder}/{release}-oval.xml")]);
        vec![Upstream::many(self.name(), documents)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let tests = super::tests(document)?;
        let namespace = tests.values().find_map(|test| release(&test.version));
        let namespace = namespace.ok_or("no version in it tells its release")?;
        super::definitions(document, |definition| {
            match affected(&definition, &tests, &namespace) {
                Some(affected) => advisory(self.name(), &definition, affected, intake),
                None => intake.skipped(self.name(), "a test that is not told"),
            }
        })
    }
}

/// The builds of a release all have its mark: `0:3.4.0-1.azl3`, `2.0-1.cm2`.
fn release(version: &str) -> Option<Namespace> {
    let (_, mark) = version.rsplit_once('.')?;
    let number = mark
        .strip_prefix("azl")
        .or_else(|| mark.strip_prefix("cm"))?;
    number.parse::<u32>().ok()?;
    Namespace::distro("azurelinux", number)
}

fn advisory(feed: &str, definition: &Definition, affected: Vec<Affected>, intake: &mut Intake) {
    let metadata = &definition.metadata;
    let severity = Severity::from_word(metadata.text_of("severity"));
    let date = metadata.text_of("advisory_date");
    intake.newest(feed, date);
    let cves = definition.cves();
    if cves.is_empty() {
        intake.skipped(feed, "no CVE");
    }
    for id in cves {
        intake.merge(Advisory {
            feed: feed.to_owned(),
            record: metadata.text_of("advisory_id").to_owned(),
            url: Some(format!("https://nvd.nist.gov/vuln/detail/{id}")),
            id,
            title: definition.title.clone(),
            details: metadata.text_of("description").to_owned(),
            published: Some(date.to_owned()).filter(|date| !date.is_empty()),
            modified: date.to_owned(),
            severities: severity
                .map(|severity| SeverityClaim::in_word("azurelinux", severity))
                .into_iter()
                .collect(),
            affected: affected.clone(),
            ..Advisory::default()
        });
    }
}

fn affected(
    definition: &Definition,
    tests: &HashMap<String, Test>,
    namespace: &Namespace,
) -> Option<Vec<Affected>> {
    let mut read =
        |criterion: &crate::feeds::xml::Element| match tests.get(criterion.attribute("test_ref")) {
            Some(test) => Reading::Package(test),
            None => Reading::Nothing,
        };
    let rows = definition.rows(&mut read)?;
    let patchable = definition.metadata.text_of("patchable");
    let date = definition.metadata.text_of("advisory_date");
    let rows = rows.iter().map(|(test, _)| {
        let version = test.version.clone();
        let (verdict, window) = match (patchable, test.operation.as_str()) {
            ("Not Applicable", _) => (Verdict::NotAffected, Window::ALL),
            (_, "less than") => (Verdict::Affected, Window::before(&version)),
            (_, "less than or equal") => {
                let to = Upper::Through(version);
                let window = Window { to, ..Window::ALL };
                (Verdict::Affected, window)
            }
            _ => return None,
        };
        let fixed = matches!(window.to, Upper::Fixed(_)) && verdict == Verdict::Affected;
        Some(Affected {
            verdict,
            fix: FixState::NotFixed,
            fixed_on: date.get(..10).filter(|_| fixed).map(str::to_owned),
            because: (verdict == Verdict::NotAffected).then(|| "not applicable".to_owned()),
            ..Affected::new(namespace.clone(), &test.package, vec![window])
        })
    });
    let rows: Option<Vec<_>> = rows.collect();
    rows.filter(|rows| !rows.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    fn document(patchable: &str, operation: &str) -> String {
        format!(
            r#"<oval_definitions xmlns:linux-def="x"><definitions><definition class="vulnerability" id="oval:com.microsoft.cbl-mariner:def:1"><metadata>
            <title>CVE-2022-3857 affecting package syslinux 6.04-10</title>
            <reference ref_id="CVE-2022-3857" source="CVE"/><patchable>{patchable}</patchable>
            <advisory_date>2024-04-17T22:02:46Z</advisory_date><advisory_id>13832</advisory_id><severity>Medium</severity></metadata>
            <criteria operator="AND"><criterion comment="Package syslinux" test_ref="tst:1"/></criteria></definition></definitions>
            <tests><linux-def:rpminfo_test id="tst:1"><linux-def:object object_ref="obj:1"/><linux-def:state state_ref="ste:1"/></linux-def:rpminfo_test></tests>
            <objects><linux-def:rpminfo_object id="obj:1"><linux-def:name>syslinux</linux-def:name></linux-def:rpminfo_object></objects>
            <states><linux-def:rpminfo_state id="ste:1"><linux-def:evr datatype="evr_string" operation="{operation}">0:6.04-10.cm2</linux-def:evr></linux-def:rpminfo_state></states></oval_definitions>"#
        )
    }

    #[test]
    fn fixed_unfixed_and_never_affected_are_told_apart() {
        let row = |patchable: &str, operation: &str| {
            let document = document(patchable, operation);
            assert_eq!(
                feeds::of(document.as_bytes()).unwrap().name(),
                "azurelinux-oval"
            );
            let mut intake = Intake::default();
            AzureLinuxOval
                .read(document.as_bytes(), &mut intake)
                .unwrap();
            let mut rows = intake.advisories().flat_map(|a| a.affected.clone());
            rows.next().unwrap()
        };
        let fixed = row("true", "less than");
        assert_eq!(
            (fixed.namespace.to_string().as_str(), fixed.package.as_str()),
            ("azurelinux:2.0", "syslinux")
        );
        assert_eq!(fixed.windows, [Window::before("0:6.04-10.cm2")]);
        assert_eq!(fixed.fixed_on.as_deref(), Some("2024-04-17"));
        let open = row("false", "less than or equal");
        assert_eq!(open.windows[0].to, Upper::Through("0:6.04-10.cm2".into()));
        assert_eq!((open.fix, open.fixed_on), (FixState::NotFixed, None));
        let never = row("Not Applicable", "less than");
        assert_eq!(
            (never.verdict, never.windows.as_slice()),
            (Verdict::NotAffected, [Window::ALL].as_slice())
        );
    }

    #[test]
    fn a_document_of_no_known_release_is_refused() {
        let document = document("true", "less than").replace(".cm2", "");
        assert!(
            AzureLinuxOval
                .read(document.as_bytes(), &mut Intake::default())
                .is_err()
        );
    }
}
