//! Python distributions that an installer wrote: `dist-info` and `egg-info`
//! (the core metadata specifications).

use super::deb822::{Paragraph, paragraphs};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Python;

impl Collector for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn about(&self) -> &'static str {
        "Python packages: *.dist-info/METADATA, *.egg-info"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if directory(file.path).is_some() {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        let headers = paragraphs(&text).next().unwrap_or_default();
        let (stem, version) = directory(file.path).map_or(("", None), split);
        let name = match headers.get("Name") {
            // CPython describes itself in its own library folder.
            Some("Python") => return Ok(Collected::default()),
            Some(name) => name,
            None if headers.get("Metadata-Version").is_some() && !stem.is_empty() => stem,
            None => return Err(CollectError::new("its headers name no package")),
        };
        let version = headers.get("Version").or(version).map(str::to_owned);
        let mut record = PackageRecord::new(Ecosystem::Pypi, name, version, Confidence::Installed);
        record.licenses = licenses(&headers);
        record.vendor = headers
            .get("Author")
            .or_else(|| headers.get("Author-email"))
            .map(str::to_owned);
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

/// The `NAME-VERSION…` directory (or file) whose metadata this is, without
/// its ending.
fn directory(path: &str) -> Option<&str> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = folder.rsplit('/').next().unwrap_or_default();
    match file {
        "METADATA" => parent
            .strip_suffix(".dist-info")
            .or_else(|| parent.strip_suffix(".egg-info")),
        "PKG-INFO" => match parent.strip_suffix(".egg-info") {
            Some(stem) => Some(stem),
            // Inside an unpacked egg: NAME-VERSION-pyX.Y.egg/EGG-INFO/PKG-INFO.
            None if parent == "EGG-INFO" => {
                let egg = folder.rsplit('/').nth(1)?;
                egg.strip_suffix(".egg")
            }
            None => None,
        },
        file => file.strip_suffix(".egg-info"),
    }
}

/// `name-version[-py3.11]`.
fn split(stem: &str) -> (&str, Option<&str>) {
    let mut parts = stem.split('-');
    let name = parts.next().unwrap_or_default();
    let version = parts
        .next()
        .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
    (name, version)
}

fn licenses(headers: &Paragraph<'_>) -> Vec<String> {
    if let Some(expression) = headers.get("License-Expression") {
        return vec![expression.to_owned()];
    }
    let declared = headers
        .get("License")
        .filter(|license| !license.eq_ignore_ascii_case("unknown"));
    if let Some(license) = declared {
        return vec![license.to_owned()];
    }
    headers
        .all("Classifier")
        .filter_map(|classifier| classifier.strip_prefix("License ::"))
        .filter_map(|classifier| classifier.rsplit("::").next())
        .map(|license| license.trim().to_owned())
        .filter(|license| license != "OSI Approved")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    fn collect(path: &str, text: &str) -> Result<Option<PackageRecord>, CollectError> {
        let file = File {
            path,
            mode: Mode(0o644),
            bytes: text.as_bytes(),
            companion: None,
        };
        let collected = Python.collect(&file)?;
        Ok(collected.facts.into_iter().find_map(|fact| match fact {
            Fact::Packages(packages) => packages.into_iter().next(),
            _ => None,
        }))
    }

    #[test]
    fn the_header_block_ends_at_the_blank_line() {
        let text = "Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.10\nClassifier: License :: OSI Approved :: BSD License\n\n=======\nVersion: 9\n";
        let record = collect("x/Jinja2-2.10.dist-info/METADATA", text)
            .unwrap()
            .unwrap();
        assert_eq!(
            (record.name.as_str(), record.version.as_deref()),
            ("Jinja2", Some("2.10"))
        );
        assert_eq!(record.licenses, ["BSD License"]);
    }

    #[test]
    fn a_missing_version_comes_from_the_directory() {
        let text = "Metadata-Version: 2.1\nName: x\n";
        for path in [
            "lib/x-1.2.3.dist-info/METADATA",
            "lib/x-1.2.3-py3.11.egg-info",
            "lib/x-1.2.3-py3.11.egg-info/PKG-INFO",
            "lib/x-1.2.3-py2.7.egg/EGG-INFO/PKG-INFO",
        ] {
            let record = collect(path, text).unwrap().unwrap();
            assert_eq!(record.version.as_deref(), Some("1.2.3"), "{path}");
        }
    }

    #[test]
    fn what_is_no_distribution_is_not_reported() {
        let python = collect("lib/Python-3.11.egg-info", "Name: Python\nVersion: 3.11\n");
        assert_eq!(python.unwrap(), None);
        assert!(collect("x.egg-info", "hello").is_err());
        assert_eq!(directory("src/METADATA"), None);
    }
}
