//! Container-Optimized OS: the list of packages that its build leaves behind.

use super::format::Format;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;

const LIMIT: u64 = 64 << 20;

pub(crate) struct Cos;

impl Collector for Cos {
    fn name(&self) -> &'static str {
        "cos"
    }

    fn about(&self) -> &'static str {
        "Container-Optimized OS packages: etc/cos-package-info.json"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [&'static str] {
        &["etc/cos-package-info.json"]
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() == "cos-package-info.json"
            && file.path_ends_with("etc/cos-package-info.json")
        {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let list: List = serde_json::from_slice(file.bytes).map_err(CollectError::new)?;
        let records = list
            .installed
            .into_iter()
            .filter(|package| !package.name.is_empty());
        let records = records.map(|package| {
            let version = Some(package.version);
            PackageRecord::new(Ecosystem::Cos, package.name, version, Confidence::Installed)
        });
        let facts = vec![Fact::Packages(records.collect())];
        FORMAT.hold(&String::from_utf8_lossy(file.bytes), facts.into())
    }
}

const FORMAT: Format = Format::of_keys(
    "a list of COS packages",
    &["installedPackages", "buildTimePackages"],
);

#[derive(Deserialize)]
struct List {
    #[serde(rename = "installedPackages", default)]
    installed: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    version: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::found;

    #[test]
    fn what_was_needed_to_build_is_not_installed() {
        let text = br#"{"installedPackages":[{"category":"dev-lang","name":"python-exec","version":"17162.336.16","ebuild_version":"2.0.1-r1"}],
            "buildTimePackages":[{"category":"app-admin","name":"eselect","version":"1"}]}"#;
        assert_eq!(
            found(&Cos, "etc/cos-package-info.json", text),
            ["python-exec@17162.336.16"]
        );
    }
}
