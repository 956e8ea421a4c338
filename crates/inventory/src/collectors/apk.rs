//! Alpine packages: the installed database of apk-tools 2 and 3.

use super::needs::Needs;
use super::{MOST_FILES, MOST_PACKAGES, too_many};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plimsoll_types::{Confidence, Ecosystem, Mode, PackageRecord, SourcePackage};
use std::collections::BTreeSet;

/// Ten times the largest that are known.
const LIMIT: u64 = 64 << 20;

pub(crate) struct Apk;

impl Collector for Apk {
    fn name(&self) -> &'static str {
        "apk"
    }

    fn about(&self) -> &'static str {
        "Alpine packages: lib/apk/db/installed"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [&'static str] {
        &["lib/apk/db/installed", "usr/lib/apk/db/installed"]
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.path_ends_with("lib/apk/db/installed") {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        let mut records = Vec::new();
        let mut owners = Vec::new();
        let mut seen = BTreeSet::new();
        let mut needs = Needs::default();
        let (mut whole, mut files) = (true, 0);
        for paragraph in text.split("\n\n") {
            let Some((record, owner)) = package(paragraph) else {
                continue;
            };
            if seen.insert((
                record.name.clone(),
                record.version.clone(),
                record.arch.clone(),
            )) {
                files += owner.files.len();
                whole = records.len() < MOST_PACKAGES && files < MOST_FILES;
                if !whole {
                    break;
                }
                relate(paragraph, records.len(), &mut needs);
                records.push(record);
                owners.push(owner);
            }
        }
        if records.is_empty() && !text.trim().is_empty() {
            return Err(CollectError::new("it holds no package paragraphs"));
        }
        needs.settle(&mut records);
        let mut collected = Collected::from(vec![Fact::Packages(records), Fact::Owned(owners)]);
        if !whole {
            collected.gaps.push(too_many(self.name()));
        }
        Ok(collected)
    }
}

fn package(paragraph: &str) -> Option<(PackageRecord, Ownership)> {
    let (mut name, mut version, mut arch, mut origin, mut license, mut maintainer) =
        (None, None, None, None, None, None);
    let mut files: Vec<OwnedFile> = Vec::new();
    let mut directory = "";
    for line in paragraph.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        match key {
            "P" => name = Some(value),
            "V" => version = Some(value),
            "A" => arch = Some(value),
            "o" => origin = Some(value),
            "L" => license = Some(value),
            "m" => maintainer = Some(value),
            "F" => directory = value,
            "R" if files.len() == MOST_FILES => break,
            "a" => {
                if let Some(file) = files.last_mut() {
                    let mode = value.rsplit(':').next();
                    file.mode = mode.and_then(|m| u16::from_str_radix(m, 8).ok()).map(Mode);
                }
            }
            "R" if directory.is_empty() => files.push(owned(value.to_owned())),
            "R" => files.push(owned(format!("{directory}/{value}"))),
            "Z" => {
                if let Some(file) = files.last_mut() {
                    file.digest = checksum(value);
                }
            }
            _ => {}
        }
    }
    let name = name.filter(|name| !name.is_empty())?;
    let version = version.filter(|version| !version.is_empty())?;
    let mut record = PackageRecord::new(
        Ecosystem::Apk,
        name,
        Some(version.to_owned()),
        Confidence::Installed,
    );
    record.arch = arch.map(str::to_owned);
    record.vendor = maintainer.map(str::to_owned);
    // `apk add --virtual .name`: a bundle of others, its version a date.
    record.local = name.starts_with('.');
    record.licenses = license
        .filter(|l| !l.is_empty())
        .map(str::to_owned)
        .into_iter()
        .collect();
    // All packages of an origin share its version.
    record.source = origin
        .filter(|origin| !origin.is_empty() && *origin != name)
        .map(|origin| SourcePackage {
            name: origin.to_owned(),
            version: None,
        });
    // What has the mode of a link may be one; its checksum is that of the target.
    for file in files
        .iter_mut()
        .filter(|file| file.mode == Some(Mode(0o777)))
    {
        file.digest = None;
    }
    let owner = Ownership {
        ecosystem: Ecosystem::Apk,
        package: name.to_owned(),
        arch: record.arch.clone(),
        files,
    };
    Some((record, owner))
}

/// What the package of `paragraph` gives and needs: `so:libc.so=1`, `cmd:sh=1`.
fn relate(paragraph: &str, package: usize, needs: &mut Needs) {
    let words = |key: &'static str| {
        let lines = paragraph
            .lines()
            .filter_map(move |line| line.strip_prefix(key));
        lines.flat_map(str::split_whitespace)
    };
    for word in words("p:") {
        needs.give(package, unversioned(word));
    }
    // `!name` is a conflict.
    for word in words("D:").filter(|word| !word.starts_with('!')) {
        needs.need(package, [unversioned(word)]);
    }
}

/// `name` of `name>=1.2`, `name~1`, `name@tag`.
fn unversioned(word: &str) -> &str {
    word.split(['<', '>', '=', '~', '@']).next().unwrap_or(word)
}

fn owned(path: String) -> OwnedFile {
    OwnedFile {
        config: path.starts_with("etc/"),
        ..OwnedFile::new(path)
    }
}

/// `Q1` and base64 of SHA-1, or `Q2` and base64 of SHA-256.
fn checksum(value: &str) -> Option<FileDigest> {
    let (algorithm, encoded, length) = match value.split_at_checked(2)? {
        ("Q1", rest) => (Algorithm::Sha1, rest, 20),
        ("Q2", rest) => (Algorithm::Sha256, rest, 32),
        _ => return None,
    };
    let hash = STANDARD.decode(encoded).ok()?;
    (hash.len() == length).then_some(FileDigest { algorithm, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATABASE: &str = "C:Q1xyz=\nP:ssl_client\nV:1.30.1-r3\nA:x86_64\no:busybox\nL:GPL-2.0\nF:usr/bin\nR:ssl_client\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nP:ssl_client\nV:1.30.1-r3\nA:x86_64\n\nP:musl\nV:1.1.22-r3\no:musl\n\n";

    fn collect(text: &[u8]) -> Result<Collected, CollectError> {
        Apk.collect(&File {
            path: "lib/apk/db/installed",
            mode: Mode(0o644),
            bytes: text,
            companion: None,
        })
    }

    #[test]
    fn packages_origins_and_files_are_read_once() {
        let facts = collect(DATABASE.as_bytes()).unwrap().facts;
        let Fact::Packages(packages) = &facts[0] else {
            panic!()
        };
        assert_eq!(packages.len(), 2);
        assert_eq!(packages[0].source_name(), "busybox");
        assert_eq!(packages[1].source, None);
        let Fact::Owned(owners) = &facts[1] else {
            panic!()
        };
        assert_eq!(owners[0].files[0].path, "usr/bin/ssl_client");
        assert_eq!(owners[0].files[0].digest.as_ref().unwrap().hash, [0; 20]);
    }

    #[test]
    fn the_database_of_newer_apk_tools_lies_elsewhere() {
        let database = b"P:a\nV:1-r0\nA:x86_64\n\n";
        for path in ["lib/apk/db/installed", "usr/lib/apk/db/installed"] {
            assert_eq!(crate::fixture::found(&Apk, path, database), ["a@1-r0"]);
        }
    }

    #[test]
    fn links_have_no_checksum_of_their_own() {
        let text = "P:a\nV:1\nF:lib\nR:x.so.1\na:0:0:777\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nR:x.so.1.2\na:0:0:755\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n";
        let facts = collect(text.as_bytes()).unwrap().facts;
        let Some(Fact::Owned(owners)) = facts.get(1) else {
            panic!()
        };
        let digests = owners[0].files.iter().map(|file| file.digest.is_some());
        assert_eq!(digests.collect::<Vec<_>>(), [false, true]);
    }

    /// Trap 16: lists of files make lines of any length.
    #[test]
    fn long_lines_end_nothing() {
        let text = format!(
            "P:a\nV:1\nD:{}\nA:x86_64\n\nP:b\nV:1\n\n",
            "so:x ".repeat(40_000)
        );
        let facts = collect(text.as_bytes()).unwrap().facts;
        let Some(Fact::Packages(packages)) = facts.first() else {
            panic!()
        };
        assert_eq!(packages.len(), 2);
    }

    #[test]
    fn a_bundle_of_build_dependencies_is_nothing_to_match() {
        let facts = collect(b"P:.build-deps\nV:20240101.1\nD:a\n\n")
            .unwrap()
            .facts;
        let Some(Fact::Packages(packages)) = facts.first() else {
            panic!()
        };
        assert!(packages[0].local);
    }

    #[test]
    fn every_prefix_is_survived_and_nonsense_is_said() {
        for end in 0..DATABASE.len() {
            let _ = collect(&DATABASE.as_bytes()[..end]);
        }
        assert!(collect(b"\0\0\0 not a database").is_err());
    }
}
