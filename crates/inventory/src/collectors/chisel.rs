//! Slices of Ubuntu packages, as Chisel installs them without a dpkg database:
//! `manifest.wall`, a JSON object on each line, compressed with zstd.

use super::text::hex;
use super::{MOST_FILES, MOST_PACKAGES, too_many};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
use plimsoll_types::{Confidence, Ecosystem, Mode, PackageRecord};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

const LIMIT: u64 = 64 << 20;
const UNPACKED: u64 = 256 << 20;
const PATH: &str = "var/lib/chisel/manifest.wall";

pub(crate) struct Chisel;

impl Collector for Chisel {
    fn name(&self) -> &'static str {
        "chisel"
    }

    fn about(&self) -> &'static str {
        "slices of Ubuntu packages: var/lib/chisel/manifest.wall"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [&'static str] {
        &[PATH]
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() == "manifest.wall" && file.path.contains("chisel/") {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let mut text = Vec::new();
        let stream = zstd::Decoder::new(file.bytes).map_err(CollectError::new)?;
        stream
            .take(UNPACKED)
            .read_to_end(&mut text)
            .map_err(CollectError::new)?;
        let mut lines = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let first = lines
            .next()
            .and_then(|line| serde_json::from_slice::<Header>(line).ok());
        if first.is_none() {
            return Err(CollectError::new(
                "its first line is not the one of a manifest",
            ));
        }
        let mut records = Vec::new();
        let mut files: BTreeMap<String, Vec<OwnedFile>> = BTreeMap::new();
        let (mut whole, mut broken, mut count) = (text.len() as u64 != UNPACKED, 0, 0);
        for line in lines {
            let Ok(entry) = serde_json::from_slice::<Entry>(line) else {
                broken += 1;
                continue;
            };
            match entry {
                Entry::Package(package) if records.len() < MOST_PACKAGES => {
                    records.push(package.record())
                }
                Entry::Path(path) if count < MOST_FILES => {
                    count += 1;
                    if let Some((package, file)) = path.owned() {
                        files.entry(package).or_default().push(file);
                    }
                }
                Entry::Package(_) | Entry::Path(_) => whole = false,
                Entry::Other => {}
            }
        }
        if records.is_empty() && broken > 0 {
            return Err(CollectError::new("none of its lines is a package"));
        }
        let owners = files.into_iter().map(|(package, files)| Ownership {
            ecosystem: Ecosystem::Deb,
            package,
            arch: None,
            files,
        });
        let owners = Fact::Owned(owners.collect());
        let mut collected = Collected::from(vec![Fact::Packages(records), owners]);
        if !whole {
            collected.gaps.push(too_many(self.name()));
        }
        Ok(collected)
    }
}

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "jsonwall")]
    _version: serde::de::IgnoredAny,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Entry {
    Package(Package),
    Path(Path),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    sha256: String,
    arch: Option<String>,
}

impl Package {
    fn record(self) -> PackageRecord {
        let version = Some(self.version);
        let mut record =
            PackageRecord::new(Ecosystem::Deb, self.name, version, Confidence::Installed);
        record.arch = self.arch;
        if self.sha256.len() == 64 {
            record.digests.push(format!("sha256:{}", self.sha256));
        }
        record
    }
}

#[derive(Deserialize)]
struct Path {
    path: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    slices: Vec<String>,
    #[serde(default)]
    sha256: String,
    /// Where a script of Chisel changed the file.
    final_sha256: Option<String>,
    size: Option<u64>,
    link: Option<String>,
}

impl Path {
    /// The package of the slice `package_slice`, and the file; `None` for a
    /// directory.
    fn owned(self) -> Option<(String, OwnedFile)> {
        let (package, _) = self.slices.first()?.split_once('_')?;
        let path = self.path.trim_start_matches('/');
        if path.is_empty() || path.ends_with('/') {
            return None;
        }
        let sha256 = self.final_sha256.unwrap_or(self.sha256);
        let hash = hex(sha256.as_bytes()).filter(|hash| hash.len() == 32);
        let mode = u16::from_str_radix(self.mode.trim_start_matches("0o"), 8);
        let file = OwnedFile {
            digest: hash.map(|hash| FileDigest {
                algorithm: Algorithm::Sha256,
                hash,
            }),
            mode: mode.ok().map(Mode),
            size: self.size,
            link: self.link,
            ..OwnedFile::new(path)
        };
        Some((package.to_owned(), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use plimsoll_types::Mode;

    #[test]
    fn a_manifest_names_packages_and_their_files() {
        let text = format!(
            "{{\"jsonwall\":\"1.0\",\"schema\":\"1.0\",\"count\":5}}\n{{\"kind\":\"content\",\"slice\":\"a_b\",\"path\":\"/lib\"}}\n{{\"kind\":\"package\",\"name\":\"libc6\",\"version\":\"2.39-0ubuntu8.4\",\"sha256\":\"{0}\",\"arch\":\"amd64\"}}\n{{\"kind\":\"path\",\"path\":\"/lib/\",\"mode\":\"0755\",\"slices\":[\"libc6_libs\"]}}\n{{\"kind\":\"path\",\"path\":\"/lib/x.so\",\"mode\":\"0755\",\"slices\":[\"libc6_libs\"],\"sha256\":\"{0}\",\"size\":3}}\n",
            "ab".repeat(32)
        );
        let bytes = zstd::encode_all(text.as_bytes(), 1).unwrap();
        assert_eq!(
            fixture::found(&Chisel, PATH, &bytes),
            ["libc6@2.39-0ubuntu8.4"]
        );
        let file = File {
            path: PATH,
            mode: Mode(0o644),
            bytes: &bytes,
            companion: None,
        };
        let facts = Chisel.collect(&file).unwrap().facts;
        let Some(Fact::Owned(owners)) = facts.get(1) else {
            panic!()
        };
        assert_eq!(
            (owners[0].package.as_str(), owners[0].files.len()),
            ("libc6", 1)
        );
        assert_eq!(owners[0].files[0].mode, Some(Mode(0o755)));
        assert!(fixture::records(&Chisel, PATH, b"text").is_err());
    }
}
