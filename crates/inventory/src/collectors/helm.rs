//! Helm charts that a `Chart.lock` (or `requirements.lock`) names
//! (<https://helm.sh/docs/topics/charts>).

use super::lock::LIMIT;
use super::text::decode;
use super::yaml::document;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Ecosystem, PackageRecord};
use serde::Deserialize;

pub(crate) struct Helm;

impl Collector for Helm {
    fn name(&self) -> &'static str {
        "helm"
    }

    fn about(&self) -> &'static str {
        "Helm charts that sources declare: Chart.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() {
            "Chart.lock" | "requirements.lock" => Want::Whole { limit: LIMIT },
            _ => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let lock: Lock = match document(&decode(file.bytes)) {
            Ok(lock) => lock,
            // Other tools have files of that name.
            Err(_) if file.name() == "requirements.lock" => return Ok(Collected::default()),
            Err(error) => return Err(error),
        };
        let mut named = Vec::new();
        named.extend(lock.dependencies.into_iter().map(record));
        Ok(packages(self.name(), named))
    }
}

#[derive(Deserialize)]
struct Lock {
    dependencies: Vec<Chart>,
}

#[derive(Deserialize)]
struct Chart {
    name: String,
    version: Option<String>,
    #[serde(default)]
    repository: String,
}

fn record(chart: Chart) -> PackageRecord {
    let mut record = declared(Ecosystem::Helm, chart.name, chart.version.as_deref());
    match chart.repository.as_str() {
        "" => record.local = true,
        folder if folder.starts_with("file:") => record.local = true,
        url => {
            let url = url.to_owned();
            record.qualifiers.insert("repository_url".to_owned(), url);
        }
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn charts_of_folders_are_local() {
        let text = "dependencies:\n- name: postgresql\n  repository: https://charts.example.org\n  version: 12.1.9\n- name: common\n  repository: file://../common\n  version: \"1.10\"\ndigest: sha256:00\ngenerated: \"2023-01-01T00:00:00Z\"\n";
        let records = records(&Helm, "chart/Chart.lock", text.as_bytes()).unwrap();
        assert_eq!(records[0].full_version(), "12.1.9");
        assert_eq!(records[1].full_version(), "1.10");
        assert!(records[1].local && !records[0].local);
        assert_eq!(found(&Helm, "requirements.lock", b"a==1\n"), [""; 0]);
    }
}
