//! CISA's catalogue of known exploited vulnerabilities (JSON).

use super::{Feed, Upstream, json};
use crate::intake::Intake;
use plimsoll_types::KnownExploited;
use serde::Deserialize;

pub(crate) struct CisaKev;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue {
    #[serde(default)]
    date_released: String,
    vulnerabilities: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "cveID")]
    cve_id: String,
    date_added: String,
    #[serde(default)]
    due_date: String,
    #[serde(default)]
    known_ransomware_campaign_use: String,
}

impl Feed for CisaKev {
    fn name(&self) -> &'static str {
        "cisa-kev"
    }

    fn about(&self) -> &'static str {
        "CISA catalogue of known exploited vulnerabilities, JSON"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{') && head.contains("\"catalogVersion\"") && head.contains("\"cveID\"")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let mirrors = [
            "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
            "https://raw.githubusercontent.com/cisagov/kev-data/develop/known_exploited_vulnerabilities.json",
        ];
        vec![Upstream::one(self.name(), &mirrors)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let catalogue: Catalogue = json(document)?;
        for entry in catalogue.vulnerabilities {
            let known = KnownExploited {
                added: entry.date_added,
                due: entry.due_date,
                ransomware: entry.known_ransomware_campaign_use == "Known",
            };
            intake.exploited(self.name(), &entry.cve_id, known);
        }
        intake.newest(self.name(), &catalogue.date_released);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;

    #[test]
    fn reads_dates_and_ransomware_use() {
        let document = br#"{"catalogVersion":"2025.08.25","dateReleased":"2025-08-25T17:04:19Z","vulnerabilities":[
            {"cveID":"CVE-2021-44228","dateAdded":"2021-12-10","dueDate":"2021-12-24","knownRansomwareCampaignUse":"Known"},
            {"cveID":"CVE-2025-48384","dateAdded":"2025-08-25","knownRansomwareCampaignUse":"Unknown"}]}"#;
        assert_eq!(feeds::of(document).unwrap().name(), "cisa-kev");
        let mut intake = Intake::default();
        CisaKev.read(document, &mut intake).unwrap();
        assert_eq!(intake.tables.known_exploited.len(), 2);
        assert!(intake.tables.known_exploited["CVE-2021-44228"].ransomware);
        assert!(!intake.tables.known_exploited["CVE-2025-48384"].ransomware);
        assert!(CisaKev.read(&document[..200], &mut intake).is_err());
    }
}
