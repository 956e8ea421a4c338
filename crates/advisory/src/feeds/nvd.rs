//! The National Vulnerability Database: pages of its API 2.0 and its yearly
//! feeds. It describes CVEs, and names products by CPE.

mod configuration;

use super::{Feed, Upstream, json};
use crate::advisory::Advisory;
use crate::cvss;
use crate::intake::{Description, Intake};
use configuration::Configuration;
use plimsoll_types::SeverityClaim;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::cmp::Reverse;
use std::collections::BTreeSet;

pub(crate) struct Nvd;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    timestamp: String,
    vulnerabilities: Vec<Item>,
}

/// One record of very many; a broken one costs itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Read { cve: Box<Record> },
    Broken(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: String,
    published: Option<String>,
    #[serde(default)]
    last_modified: String,
    #[serde(default)]
    vuln_status: String,
    #[serde(default)]
    cve_tags: Vec<Tags>,
    #[serde(default)]
    descriptions: Vec<Text>,
    #[serde(default)]
    metrics: Metrics,
    #[serde(default)]
    configurations: Vec<Configuration>,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    lang: String,
    #[serde(default)]
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metrics {
    cvss_metric_v40: Vec<Metric>,
    cvss_metric_v31: Vec<Metric>,
    cvss_metric_v30: Vec<Metric>,
    cvss_metric_v2: Vec<Metric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    #[serde(default)]
    source: String,
    #[serde(rename = "type", default)]
    kind: String,
    cvss_data: Score,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Score {
    #[serde(default)]
    vector_string: String,
}

impl Feed for Nvd {
    fn name(&self) -> &'static str {
        "nvd"
    }

    fn about(&self) -> &'static str {
        "NVD: descriptions and severities of CVEs, and products by CPE (API 2.0 or yearly feeds)"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{') && head.contains("\"NVD_CVE\"")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let years = (2002..=LATEST).map(|year| year.to_string());
        let documents = years.chain(["modified".to_owned()]).map(|part| {
            vec![format!(
                "https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-{part}.json.gz"
            )]
        });
        vec![Upstream::many(self.name(), documents)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: Document = json(document)?;
        intake.newest(self.name(), &document.timestamp);
        for item in document.vulnerabilities {
            match item {
                Item::Read { cve } => self.take(*cve, intake),
                Item::Broken(_) => intake.skipped(self.name(), "broken"),
            }
        }
        Ok(())
    }

    /// Whoever knows a package itself knows better than a catalogue of
    /// products which of its versions have a flaw.
    fn settle(&self, told: &mut [Advisory]) {
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        for advisory in told.iter().filter(|a| a.feed != self.name()) {
            for row in &advisory.affected {
                let ids = std::iter::once(&advisory.id).chain(&advisory.aliases);
                known.extend(ids.map(|id| (id.clone(), row.package.clone())));
            }
        }
        if known.is_empty() {
            return;
        }
        for advisory in told.iter_mut().filter(|a| a.feed == self.name()) {
            for row in &mut advisory.affected {
                if known.contains(&(advisory.id.clone(), row.package.clone())) {
                    row.windows.clear();
                }
            }
        }
    }
}

/// The year whose feed is the last one; its successor is in `modified` until
/// this is raised.
const LATEST: u16 = 2026;

impl Nvd {
    fn take(&self, record: Record, intake: &mut Intake) {
        let rejected = record.vuln_status == "Rejected";
        if !rejected {
            let (affected, left_out) = configuration::rows(&record.configurations);
            for reason in left_out {
                intake.skipped(self.name(), reason);
            }
            if !affected.is_empty() {
                intake.replace(Advisory {
                    feed: self.name().to_owned(),
                    record: record.id.clone(),
                    id: record.id.clone(),
                    url: Some(format!("https://nvd.nist.gov/vuln/detail/{}", record.id)),
                    modified: record.last_modified.clone(),
                    affected,
                    ..Advisory::default()
                });
            }
        }
        let severities = record.severities();
        let mut texts = record.descriptions.into_iter();
        let text = texts.find(|text| text.lang == "en");
        let text = text.map(|text| text.value).unwrap_or_default();
        let mut tags = record.cve_tags.iter().flat_map(|tags| &tags.tags);
        let description = Description {
            severities,
            rejected,
            disputed: tags.any(|tag| tag == "disputed") || text.starts_with("** DISPUTED **"),
            published: record.published,
            text,
        };
        intake.described(self.name(), &record.id, description);
    }
}

impl Record {
    /// Primary ones first, the newest version of CVSS first.
    fn severities(&self) -> Vec<SeverityClaim> {
        let metrics = &self.metrics;
        let all = [
            &metrics.cvss_metric_v40,
            &metrics.cvss_metric_v31,
            &metrics.cvss_metric_v30,
            &metrics.cvss_metric_v2,
        ];
        let mut claims: Vec<(bool, SeverityClaim)> = all
            .into_iter()
            .flatten()
            .filter_map(|metric| {
                let cvss = cvss::score(&metric.cvss_data.vector_string)?;
                let claim = SeverityClaim {
                    source: source(&metric.source).to_owned(),
                    severity: cvss::severity(&cvss),
                    cvss: Some(cvss),
                };
                Some((metric.kind != "Primary", claim))
            })
            .collect();
        let version = |claim: &SeverityClaim| claim.cvss.as_ref().map(|c| c.version.clone());
        claims.sort_by_key(|(secondary, claim)| (*secondary, Reverse(version(claim))));
        claims.into_iter().map(|(_, claim)| claim).collect()
    }
}

/// Who scored: NVD itself, CISA, or a company by its domain.
fn source(text: &str) -> &str {
    match text {
        "nvd@nist.gov" => "nvd",
        "134c704f-9b21-4f2e-91b3-4a467353bcc0" => "cisa",
        text => text.rsplit_once('@').map_or(text, |(_, domain)| domain),
    }
}

#[cfg(test)]
mod tests;
