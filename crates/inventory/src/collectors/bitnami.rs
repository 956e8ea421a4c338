//! Bitnami components as older images list them; newer ones bring a bill of
//! materials for each.

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;
use std::collections::BTreeMap;

const LIMIT: u64 = 16 << 20;

pub(crate) struct Bitnami;

impl Collector for Bitnami {
    fn name(&self) -> &'static str {
        "bitnami"
    }

    fn about(&self) -> &'static str {
        "Bitnami components: opt/bitnami/.bitnami_components.json"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() == ".bitnami_components.json" {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let components: BTreeMap<String, Component> =
            serde_json::from_slice(file.bytes).map_err(CollectError::new)?;
        let records = components.into_iter().map(|(name, component)| {
            let mut record = PackageRecord::new(
                Ecosystem::Bitnami,
                name,
                component.version,
                Confidence::Installed,
            );
            let qualifiers = [("arch", component.arch), ("distro", component.distro)];
            let stated = qualifiers
                .into_iter()
                .filter_map(|(key, value)| Some((key.into(), value?)));
            record.qualifiers = stated.collect();
            record
        });
        Ok(vec![Fact::Packages(records.collect())].into())
    }
}

#[derive(Deserialize)]
struct Component {
    version: Option<String>,
    arch: Option<String>,
    distro: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    #[test]
    fn components_keep_their_revision() {
        let text = br#"{"postgresql":{"arch":"amd64","distro":"debian-11","type":"NAMI","version":"11.22.0-4"}}"#;
        let records = records(&Bitnami, "opt/bitnami/.bitnami_components.json", text).unwrap();
        assert_eq!(
            records[0].purl(None).unwrap().to_string(),
            "pkg:bitnami/postgresql@11.22.0-4?arch=amd64&distro=debian-11"
        );
    }
}
