//! Ubuntu's OpenVEX: one document for each CVE. It alone tells which packages
//! will not be repaired and which nobody has looked at; joined with the OSV
//! records by CVE, release and source package.

use super::openvex::{self, Document};
use super::{Feed, Upstream, json};
use crate::advisory::Advisory;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::PackageUrl;

pub(crate) struct UbuntuVex;

impl Feed for UbuntuVex {
    fn name(&self) -> &'static str {
        "ubuntu-vex"
    }

    fn about(&self) -> &'static str {
        "Ubuntu VEX: what is not affected, not looked at, or not going to be repaired"
    }

    fn recognises(&self, head: &str) -> bool {
        openvex::is_by(head, "Canonical")
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn upstreams(&self) -> Vec<Upstream> {
        vec![Upstream::one(
            self.name(),
            &["https://security-metadata.canonical.com/vex/vex-all.tar.xz"],
        )]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: Document = json(document)?;
        intake.newest(self.name(), &document.timestamp);
        for statement in &document.statements {
            let mut affected = Vec::new();
            // The other products are what is built from the source.
            let sources = statement.products.iter();
            for product in sources.filter(|product| product.id.contains("arch=source")) {
                let Ok(purl) = product.id.parse::<PackageUrl>() else {
                    intake.skipped(self.name(), "a product that is no package URL");
                    continue;
                };
                let release = purl.qualifiers.get("distro");
                let Some(namespace) = release.and_then(|name| Namespace::ubuntu(name)) else {
                    intake.skipped(self.name(), "a release that is not known here");
                    continue;
                };
                affected.extend(statement.row(namespace, &purl.name, purl.version.as_deref()));
            }
            if affected.is_empty() {
                intake.skipped(self.name(), "a statement of no source package");
                continue;
            }
            let id = statement.vulnerability.name.clone();
            intake.merge(Advisory {
                feed: self.name().to_owned(),
                record: id.clone(),
                url: Some(format!("https://ubuntu.com/security/{id}")),
                id,
                details: statement.vulnerability.description.clone(),
                affected,
                ..Advisory::default()
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::feeds;
    use crate::matching::find;
    use crate::testing::{deb, inventory, store};
    use plimsoll_types::{Finding, FixState, Suppression};

    fn vex(status: &str, more: &str) -> String {
        format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","author":"Canonical Ltd.","timestamp":"2024-01-01T00:00:00Z","statements":[
            {{"vulnerability":{{"name":"CVE-2018-1000021"}},"products":[{{"@id":"pkg:deb/ubuntu/git@1:2.25.1-1ubuntu3.11?arch=source&distro=focal"}},{{"@id":"pkg:deb/ubuntu/git-man@1:2.25.1-1ubuntu3.11?arch=all&distro=focal"}}],"status":"{status}"{more}}}]}}"#
        )
    }

    const OSV: &str = r#"{"id":"UBUNTU-CVE-2018-1000021","modified":"2024-01-01T00:00:00Z","upstream":["CVE-2018-1000021"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},{"type":"Ubuntu","score":"negligible"}],"affected":[{"package":{"ecosystem":"Ubuntu:20.04:LTS","name":"git"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}"#;

    fn matched(documents: &[&str]) -> crate::Matched {
        let (_folder, store) = store(documents);
        let git = deb("git-man", "1:2.25.1-1ubuntu3.11", "git");
        find(&inventory(Some(("ubuntu", "20.04")), vec![git]), &store)
    }

    fn states(findings: &[Finding]) -> Vec<(&str, FixState)> {
        let states = findings.iter().map(|f| (f.id.as_str(), f.fix.state));
        states.collect()
    }

    #[test]
    fn only_the_statement_tells_that_nothing_will_be_done() {
        let ignored = vex(
            "affected",
            r#","action_statement":"the Ubuntu Security Team decided to not fix it. Notes: deferred""#,
        );
        assert_eq!(feeds::of(ignored.as_bytes()).unwrap().name(), "ubuntu-vex");
        let found = matched(&[&ignored, OSV]).findings;
        assert_eq!(states(&found), [("CVE-2018-1000021", FixState::WontFix)]);
        assert_eq!(found[0].severity, plimsoll_types::Severity::Negligible);
        let found = matched(&[OSV]).findings;
        assert_eq!(states(&found), [("CVE-2018-1000021", FixState::NotFixed)]);
    }

    #[test]
    fn what_nobody_has_looked_at_is_not_told_as_affected() {
        let found = matched(&[&vex("under_investigation", ""), OSV]);
        assert!(found.findings.is_empty());
        let reason = found.suppressed[0].reason;
        assert_eq!(reason, Suppression::UnderInvestigation);
    }

    #[test]
    fn what_is_not_affected_outweighs_the_record() {
        let not = vex(
            "not_affected",
            r#","justification":"vulnerable_code_not_present","status_notes":"the code came later""#,
        );
        let found = matched(&[&not, OSV]);
        assert!(found.findings.is_empty());
        let detail = &found.suppressed[0].detail;
        assert!(
            detail.contains("vulnerable_code_not_present: the code came later"),
            "{detail}"
        );
    }
}
