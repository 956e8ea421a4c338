//! Oracle Linux's OVAL: fixes only, each architecture with its own builds.
//! Ksplice and FIPS builds are told by their versions.

use super::patches::{self, Vendor};
use crate::feeds::{Feed, Upstream};
use crate::intake::Intake;

pub(crate) struct OracleOval;

const ORACLE: Vendor = Vendor {
    feed: "oracle-oval",
    source: "oracle",
    platform: "Oracle Linux ",
    distro: "ol",
};

impl Feed for OracleOval {
    fn name(&self) -> &'static str {
        ORACLE.feed
    }

    fn about(&self) -> &'static str {
        "Oracle Linux OVAL (ELSA), fixes only"
    }

    fn recognises(&self, head: &str) -> bool {
        super::recognises(head, "oval:com.oracle.elsa:")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let url = "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2";
        vec![Upstream::one(self.name(), &[url])]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        patches::read(&ORACLE, document, intake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;
    use crate::matching::find;
    use crate::testing::{inventory, rpm, store};

    fn definition(id: &str, cves: &str, criteria: &str) -> String {
        format!(
            r#"<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>
            <definition id="oval:com.oracle.elsa:def:1" class="patch"><metadata><title>
            {id}:  rsyslog security update (IMPORTANT)
            </title><reference source="elsa" ref_id="{id}" ref_url="http://linux.oracle.com/errata/{id}.html"/>
            <advisory><severity>IMPORTANT</severity><issued date="2022-05-30"/>{cves}</advisory></metadata>
            <criteria operator="AND"><criterion comment="Oracle Linux 7 is installed"/><criteria operator="OR">{criteria}</criteria></criteria>
            </definition></definitions></oval_definitions>"#
        )
    }

    const CVE: &str = "<cve>CVE-2022-24903</cve>";

    fn row(package: &str, version: &str) -> String {
        format!(
            r#"<criteria operator="AND"><criterion comment="{package} is earlier than {version}"/><criterion comment="{package} is signed with the Oracle Linux 7 key"/></criteria>"#
        )
    }

    fn on(document: &str, package: plimsoll_types::Package) -> Vec<String> {
        let (_folder, store) = store(&[document]);
        let matched = find(&inventory(Some(("ol", "7.9")), vec![package]), &store);
        matched
            .findings
            .iter()
            .map(|f| format!("{} {} {}", f.id, f.severity, f.fix.advisories.join(",")))
            .collect()
    }

    /// Trap 10.
    #[test]
    fn each_architecture_has_builds_of_its_own() {
        let of = |arch: &str, version: &str| {
            format!(
                r#"<criteria operator="AND"><criterion comment="Oracle Linux arch is {arch}"/><criteria operator="OR">{}</criteria></criteria>"#,
                row("rsyslog", version)
            )
        };
        let rows =
            of("aarch64", "0:8.24.0-57.0.4.el7_9.3") + &of("x86_64", "0:8.24.0-57.0.1.el7_9.3");
        let document = definition("ELSA-2022-4803", CVE, &rows);
        assert_eq!(
            feeds::of(document.as_bytes()).unwrap().name(),
            "oracle-oval"
        );
        let with = |version: &str, arch: &str| {
            let mut rsyslog = rpm("rsyslog", version, ("rsyslog", version));
            rsyslog.record.arch = Some(arch.into());
            on(&document, rsyslog)
        };
        assert!(with("8.24.0-57.0.1.el7_9.3", "x86_64").is_empty());
        let expected = ["CVE-2022-24903 high ELSA-2022-4803"];
        assert_eq!(with("8.24.0-57.0.1.el7_9.3", "aarch64"), expected);
        assert_eq!(with("8.24.0-57.el7_9.2", "x86_64"), expected);
    }

    /// Traps 11 and 12.
    #[test]
    fn builds_of_another_flavour_are_not_compared() {
        let ksplice = definition(
            "ELSA-1",
            CVE,
            &row("glibc", "2:2.17-325.0.3.ksplice1.el7_9"),
        );
        let fips = definition(
            "ELSA-2022-9221",
            CVE,
            &row("gnutls", "10:3.6.16-4.0.1.el8_fips"),
        );
        let glibc = |version| rpm("glibc", version, ("glibc", "2.17-325.0.1.el7"));
        assert!(on(&ksplice, glibc("2.17-325.0.1.el7_9")).is_empty());
        assert_eq!(on(&ksplice, glibc("2:2.17-317.0.1.ksplice1.el7")).len(), 1);
        let gnutls = |version| rpm("gnutls", version, ("gnutls", "3.6.16-4.el8"));
        assert!(on(&fips, gnutls("3.6.16-4.el8")).is_empty());
        assert_eq!(on(&fips, gnutls("10:3.6.16-3.el8_fips")).len(), 1);
    }

    #[test]
    fn modules_are_kept_and_notices_without_a_cve_are_counted() {
        let rows = format!(
            r#"<criteria operator="AND"><criterion comment="Module nodejs:12 is enabled"/>{}</criteria>"#,
            row("nodejs", "1:12.22-1.module+el8.4.0+1+aa")
        );
        let mut intake = Intake::default();
        let document = definition("ELSA-1", CVE, &rows);
        OracleOval.read(document.as_bytes(), &mut intake).unwrap();
        let document = definition("ELBA-1", "", &row("x", "1-1.el7"));
        OracleOval.read(document.as_bytes(), &mut intake).unwrap();
        let modules: Vec<_> = intake
            .advisories()
            .flat_map(|advisory| advisory.affected)
            .map(|row| row.scope.module.clone())
            .collect();
        assert_eq!(
            modules,
            [crate::advisory::Module::Stream("nodejs:12".into())]
        );
        assert_eq!(intake.tallies["oracle-oval"].skipped.len(), 1);
    }

    #[test]
    fn a_cut_document_is_an_error() {
        let document = definition("ELSA-1", CVE, &row("x", "1-1.el7"));
        let cut = document.as_bytes().get(..document.len() - 30).unwrap();
        assert!(OracleOval.read(cut, &mut Intake::default()).is_err());
    }
}
