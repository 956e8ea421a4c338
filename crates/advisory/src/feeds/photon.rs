//! Photon OS's CVE metadata, `cve_data_photonN.0.json`: one row for each CVE
//! and source package.

use super::{Feed, Upstream, json};
use crate::advisory::{Advisory, Affected, Verdict, Window};
use crate::cvss;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{Cvss, SeverityClaim};
use serde::Deserialize;

pub(crate) struct PhotonMetadata;

/// The newest release that has a document.
const LATEST: u32 = 5;

#[derive(Deserialize)]
struct Row {
    cve_id: String,
    pkg: String,
    cve_score: Option<f64>,
    #[serde(default)]
    res_ver: String,
    #[serde(default)]
    status: String,
}

impl Feed for PhotonMetadata {
    fn name(&self) -> &'static str {
        "photon-cve"
    }

    fn about(&self) -> &'static str {
        "Photon OS CVE metadata, one JSON document for each release"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('[')
            && ["\"cve_id\"", "\"pkg\"", "\"res_ver\""]
                .iter()
                .all(|key| head.contains(key))
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let folder = "https://packages.broadcom.com/photon/photon_cve_metadata";
        let releases = 1..=LATEST;
        let documents = releases.map(|n| vec![format!("{folder}/cve_data_photon{n}.0.json")]);
        vec![Upstream::many(self.name(), documents)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let rows: Vec<Row> = json(document)?;
        let release = rows.iter().find_map(|row| release(&row.res_ver));
        let namespace = release.ok_or("no version in it tells its release")?;
        for row in rows {
            let (verdict, window) = match (row.status.as_str(), row.res_ver.as_str()) {
                ("Not Affected", _) => (Verdict::NotAffected, Window::ALL),
                ("Fixed", "" | "NA") => {
                    intake.skipped(self.name(), "fixed in a version that is not told");
                    continue;
                }
                ("Fixed", version) => (Verdict::Affected, Window::before(version)),
                _ => (Verdict::Affected, Window::ALL),
            };
            let affected = Affected {
                verdict,
                ..Affected::new(namespace.clone(), &row.pkg, vec![window])
            };
            intake.merge(Advisory {
                feed: self.name().to_owned(),
                record: row.cve_id.clone(),
                id: row.cve_id,
                severities: row.cve_score.map(severity).into_iter().collect(),
                affected: vec![affected],
                ..Advisory::default()
            });
        }
        Ok(())
    }
}

/// The builds of a release all have its mark: `7.88.1-4.ph4`.
fn release(version: &str) -> Option<Namespace> {
    let (_, number) = version.rsplit_once(".ph")?;
    number.parse::<u32>().ok()?;
    Namespace::distro("photon", number)
}

/// A base score of CVSS 3, without its vector.
fn severity(score: f64) -> SeverityClaim {
    let stated = Cvss {
        version: "3.1".to_owned(),
        vector: String::new(),
        score,
    };
    SeverityClaim {
        source: "photon".to_owned(),
        severity: cvss::severity(&stated),
        cvss: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;
    use plimsoll_types::Severity;

    #[test]
    fn fixed_open_and_not_affected_packages_are_told_apart() {
        let row = |pkg: &str, status: &str, version: &str| {
            format!(
                r#"{{"cve_id":"CVE-2023-1","pkg":"{pkg}","cve_score":9.8,"aff_ver":"","res_ver":"{version}","status":"{status}"}}"#
            )
        };
        let document = format!(
            "[{},{},{},{}]",
            row("curl", "Fixed", "7.88.1-4.ph4"),
            row("httpd", "Not Affected", "NA"),
            row("vim", "Not Fixed", "NA"),
            row("python3", "Fixed", "NA"),
        );
        assert_eq!(feeds::of(document.as_bytes()).unwrap().name(), "photon-cve");
        let mut intake = Intake::default();
        PhotonMetadata
            .read(document.as_bytes(), &mut intake)
            .unwrap();
        let [advisory] = &intake.advisories().collect::<Vec<_>>()[..] else {
            panic!()
        };
        assert_eq!(advisory.severities[0].severity, Severity::Critical);
        let told: Vec<_> = advisory
            .affected
            .iter()
            .map(|row| (row.package.as_str(), row.verdict, row.windows[0].upper()))
            .collect();
        assert_eq!(
            told,
            [
                ("curl", Verdict::Affected, Some("7.88.1-4.ph4")),
                ("httpd", Verdict::NotAffected, None),
                ("vim", Verdict::Affected, None),
            ]
        );
        assert_eq!(advisory.affected[0].namespace.to_string(), "photon:4.0");
        assert_eq!(intake.tallies["photon-cve"].skipped.len(), 1);
    }
}
