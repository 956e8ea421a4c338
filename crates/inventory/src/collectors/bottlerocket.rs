//! Bottlerocket: the inventory of what its image was built from.

use super::format::Format;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;

const LIMIT: u64 = 64 << 20;
const PATH: &str = "usr/share/bottlerocket/application-inventory.json";

pub(crate) struct Bottlerocket;

impl Collector for Bottlerocket {
    fn name(&self) -> &'static str {
        "bottlerocket"
    }

    fn about(&self) -> &'static str {
        "Bottlerocket packages: usr/share/bottlerocket/application-inventory.json"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [&'static str] {
        &[PATH]
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() == "application-inventory.json" && file.path_ends_with(PATH) {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let list: List = serde_json::from_slice(file.bytes).map_err(CollectError::new)?;
        let records = list
            .content
            .into_iter()
            .filter(|package| !package.name.is_empty());
        let records = records.map(|package| {
            let version = Some(package.version);
            let mut record =
                PackageRecord::new(Ecosystem::Rpm, package.name, version, Confidence::Installed);
            record.epoch = package.epoch.parse().ok().filter(|epoch| *epoch > 0);
            record.arch = Some(package.architecture).filter(|arch| !arch.is_empty());
            record.vendor = Some(package.publisher).filter(|publisher| !publisher.is_empty());
            record
        });
        let facts = vec![Fact::Packages(records.collect())];
        FORMAT.hold(&String::from_utf8_lossy(file.bytes), facts.into())
    }
}

const FORMAT: Format = Format::of_keys("an inventory of Bottlerocket", &["Content"]);

#[derive(Deserialize)]
struct List {
    #[serde(rename = "Content", default)]
    content: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Package {
    name: String,
    version: String,
    epoch: String,
    architecture: String,
    publisher: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    #[test]
    fn the_inventory_is_one_of_rpm_packages() {
        let text = br#"{"Content":[{"Name":"glibc","Publisher":"Bottlerocket","Version":"2.40","Release":"1","Epoch":"1","Architecture":"x86_64"},
            {"Name":"bash","Version":"5.2","Epoch":"0"}]}"#;
        let records = records(&Bottlerocket, PATH, text).unwrap();
        assert_eq!(records[0].full_version(), "1:2.40");
        assert_eq!(records[0].arch.as_deref(), Some("x86_64"));
        assert_eq!(records[1].full_version(), "5.2");
    }
}
