use crate::Subject;
use crate::gates::package::shown;
use crate::gates::{Fire, Trigger, parameters};
use crate::pattern::{Pattern, any};
use crate::verdict::Evidence;
use plimsoll_types::Finding;
use std::collections::BTreeMap;

/// Packages named in one message.
const NAMED: usize = 5;

parameters! {
    Denied {
        /// Ids of vulnerabilities; each stands for all of its aliases.
        ids: Vec<Pattern>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires once for each vulnerability of the image that is one of these, whatever its severity, \
         its fix and the number of its packages; an allowlist entry reaches it by `rule` or `fingerprint`";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let mut found: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        let denied = |finding: &&Finding| {
            let mut ids = std::iter::once(&finding.id).chain(&finding.aliases);
            ids.any(|id| any(&self.ids, id))
        };
        for finding in subject.findings.iter().filter(denied) {
            found.entry(&finding.id).or_default().push(finding);
        }
        fires.extend(found.into_iter().map(|(id, findings)| Fire {
            // Not one of its findings: what is accepted of one package would
            // be accepted of all.
            evidence: Evidence::Image,
            about: id.to_owned(),
            message: format!("{id} is denied: found in {}", packages(&findings, subject)),
            advice: Some("upgrade or remove what has it".into()),
        }));
    }
}

fn packages(findings: &[&Finding], subject: &Subject<'_>) -> String {
    let packages = &subject.inventory.packages;
    let mut names: Vec<String> = findings
        .iter()
        .filter_map(|finding| packages.get(finding.package))
        .map(|package| shown(&package.record))
        .collect();
    names.sort();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let list = names.join(", ");
    match more {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, finding, fired, patterns};
    use plimsoll_types::{Ecosystem, Severity};

    fn scene() -> Scene {
        let log4shell = |package| Finding {
            aliases: vec!["GHSA-jfh8-c2jp-5v3q".into()],
            ..finding("CVE-2021-44228", package, Severity::Low)
        };
        Scene::default()
            .with_package(Ecosystem::Maven, "a:core", "2.14.1")
            .with_package(Ecosystem::Maven, "b:core", "2.14.1")
            .with_finding(log4shell(0))
            .with_finding(log4shell(1))
            .with_finding(finding("CVE-2023-1", 0, Severity::Critical))
    }

    #[test]
    fn a_denied_id_fires_once_under_any_alias() {
        let denied = Denied {
            ids: patterns(&["GHSA-jfh8-c2jp-5v3q", "CVE-2021-44228"]).unwrap(),
        };
        let fires = fired(&denied, &scene());
        assert_eq!(fires.len(), 1);
        assert_eq!(
            fires[0].message,
            "CVE-2021-44228 is denied: found in a:core 2.14.1 (maven), b:core 2.14.1 (maven)"
        );
        assert_eq!(fires[0].about, "CVE-2021-44228");
    }

    #[test]
    fn ids_that_the_image_has_not_got_are_silent() {
        let denied = Denied {
            ids: patterns(&["CVE-2021-45046"]).unwrap(),
        };
        assert!(fired(&denied, &scene()).is_empty());
    }
}
