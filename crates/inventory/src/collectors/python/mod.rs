//! Python distributions that an installer wrote: `dist-info` and `egg-info`
//! (the core metadata specifications).

mod record;

use super::deb822::{Paragraph, paragraphs};
use super::zip::Archive;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, canonical};

const LIMIT: u64 = 64 << 20;
const ARCHIVE: u64 = 512 << 20;
const ENTRIES: usize = 1_000_000;

pub(crate) struct Python;

impl Collector for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn about(&self) -> &'static str {
        "Python packages: *.dist-info/METADATA and RECORD, *.egg-info, eggs and wheels"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if directory(file.path).is_some() || record::list(file.path).is_some() {
            Want::Whole { limit: LIMIT }
        } else if is_archive(file) {
            Want::Whole { limit: ARCHIVE }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        if let Some(list) = record::list(file.path) {
            return Ok(list.read(file));
        }
        let record = match directory(file.path) {
            Some(directory) => distribution(file.bytes, directory)?,
            None => archived(file)?,
        };
        let record = record.map(|record| Fact::Packages(vec![record]));
        Ok(Collected::from(Vec::from_iter(record)))
    }
}

/// Eggs are imported as they are; wheels wait to be installed.
fn is_archive(file: &FileHead<'_>) -> bool {
    file.magic.starts_with(b"PK\x03\x04")
        && (file.path.ends_with(".egg") || file.path.ends_with(".whl"))
}

fn archived(file: &File<'_>) -> Result<Option<PackageRecord>, CollectError> {
    let archive = Archive::open(file.bytes, ENTRIES).map_err(CollectError::new)?;
    // An egg keeps its metadata without its name.
    let within = |name: &str| format!("{}/{name}", file.name());
    let found = archive.entries.iter().find_map(|entry| {
        let deep = entry.name.split('/').count() > 2;
        let path = within(&entry.name);
        let directory = directory(&path).filter(|_| !deep)?;
        Some((entry, directory.to_owned()))
    });
    let (entry, directory) = found.ok_or_else(|| CollectError::new("it holds no metadata"))?;
    let headers = archive.content(entry, LIMIT).map_err(CollectError::new)?;
    let mut record = distribution(&headers, &directory)?;
    if let Some(record) = &mut record
        && file.path.ends_with(".whl")
    {
        record.confidence = Confidence::Declared;
    }
    Ok(record)
}

/// What the metadata in `directory` (without its ending) describe.
fn distribution(bytes: &[u8], directory: &str) -> Result<Option<PackageRecord>, CollectError> {
    let text = String::from_utf8_lossy(bytes);
    let headers = paragraphs(&text).next().unwrap_or_default();
    let (stem, version) = split(directory);
    let name = match headers.get("Name") {
        // CPython describes itself in its own library folder.
        Some("Python") => return Ok(None),
        Some(name) => name,
        None if headers.get("Metadata-Version").is_some() && !stem.is_empty() => stem,
        None => return Err(CollectError::new("its headers name no package")),
    };
    let version = headers.get("Version").or(version).map(str::to_owned);
    let mut record = PackageRecord::new(Ecosystem::Pypi, name, version, Confidence::Installed);
    record.licenses = licenses(&headers);
    record.requires = headers.all("Requires-Dist").filter_map(required).collect();
    record.requires.sort();
    record.requires.dedup();
    record.vendor = headers
        .get("Author")
        .or_else(|| headers.get("Author-email"))
        .map(str::to_owned);
    Ok(Some(record))
}

/// The name in a requirement that holds without any extra.
fn required(requirement: &str) -> Option<String> {
    let (specifier, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
    let name = specifier
        .split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .next()?;
    let extra = marker
        .split(|c: char| !c.is_alphanumeric())
        .any(|w| w == "extra");
    (!name.is_empty() && !extra).then(|| canonical(Ecosystem::Pypi, name).into_owned())
}

/// The `NAME-VERSION…` directory (or file) whose metadata this is, without
/// its ending.
fn directory(path: &str) -> Option<&str> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = folder.rsplit('/').next().unwrap_or_default();
    match file {
        "METADATA" => stem(parent, "dist-info").or_else(|| stem(parent, "egg-info")),
        "PKG-INFO" => match stem(parent, "egg-info")? {
            // Inside an unpacked egg: NAME-VERSION-pyX.Y.egg/EGG-INFO/PKG-INFO.
            "" => {
                let egg = folder.rsplit('/').nth(1).unwrap_or_default();
                Some(egg.strip_suffix(".egg").unwrap_or_default())
            }
            stem => Some(stem),
        },
        file => file.strip_suffix(".egg-info"),
    }
}

/// What stands before the kind of a directory, in any case of letters; empty
/// where the directory has no other name.
fn stem<'a>(directory: &'a str, kind: &str) -> Option<&'a str> {
    let at = directory.len().checked_sub(kind.len())?;
    let (before, end) = directory.split_at_checked(at)?;
    let whole = before.is_empty() || before.ends_with('.');
    (whole && end.eq_ignore_ascii_case(kind)).then(|| before.trim_end_matches('.'))
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
    use crate::collectors::zip::build::zip;
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
            "lib/x-1.2.3.DIST-INFO/METADATA",
        ] {
            let record = collect(path, text).unwrap().unwrap();
            assert_eq!(record.version.as_deref(), Some("1.2.3"), "{path}");
        }
    }

    #[test]
    fn eggs_and_wheels_are_read_as_they_are() {
        let archive = |path: &str, entry: &str, text: &str| {
            let bytes = zip(&[
                ("x/fixture-9.dist-info/METADATA", b"Name: no\n"),
                (entry, text.as_bytes()),
            ]);
            let file = File {
                path,
                mode: Mode(0o644),
                bytes: &bytes,
                companion: None,
            };
            archived(&file).map(|record| record.unwrap())
        };
        let egg = archive("lib/x-1.2-py2.7.egg", "EGG-INFO/PKG-INFO", "Name: x\n").unwrap();
        assert_eq!(
            (egg.version.as_deref(), egg.confidence),
            (Some("1.2"), Confidence::Installed)
        );
        let wheel = archive(
            "y-2.0-py3-none-any.whl",
            "y-2.0.dist-info/METADATA",
            "Name: y\nVersion: 2.0\n",
        )
        .unwrap();
        assert_eq!(
            (wheel.version.as_deref(), wheel.confidence),
            (Some("2.0"), Confidence::Declared)
        );
        assert!(archive("z.whl", "z/x", "").is_err());
    }

    #[test]
    fn requirements_become_names() {
        let text = "Name: x\nRequires-Dist: charset_normalizer<4,>=2\nRequires-Dist: PySocks!=1.5.7; extra == 'socks'\nRequires-Dist: idna (<4,>=2.5) ; python_version >= '3'\n";
        let record = collect("x-1.dist-info/METADATA", text).unwrap().unwrap();
        assert_eq!(record.requires, ["charset-normalizer", "idna"]);
    }

    #[test]
    fn what_an_installer_need_not_write_is_not_missed() {
        // No top_level.txt, and a METADATA in an egg-info directory.
        let record = collect("lib/x.egg-info/METADATA", "Name: x\nVersion: 1\n");
        assert_eq!(record.unwrap().unwrap().full_version(), "1");
    }

    #[test]
    fn what_is_no_distribution_is_not_reported() {
        let python = collect("lib/Python-3.11.egg-info", "Name: Python\nVersion: 3.11\n");
        assert_eq!(python.unwrap(), None);
        assert!(collect("x.egg-info", "hello").is_err());
        assert_eq!(directory("src/METADATA"), None);
        assert_eq!(directory("x-dist-info/METADATA"), None);
    }
}
