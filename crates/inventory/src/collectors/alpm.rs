//! Arch Linux packages: `desc`, `files` and `mtree` in one folder for each
//! package below `var/lib/pacman/local`.

use super::format::Format;
use super::text::hex;
use super::{MOST_FILES, too_many};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
use plimsoll_types::{Confidence, Ecosystem, Mode, PackageRecord, SourcePackage};
use std::io::Read;

const LIMIT: u64 = 64 << 20;
/// Relations that are kept of one package.
const MOST: usize = 10_000;

pub(crate) struct Alpm;

impl Collector for Alpm {
    fn name(&self) -> &'static str {
        "alpm"
    }

    fn about(&self) -> &'static str {
        "Arch Linux packages: var/lib/pacman/local/*/desc, files, mtree"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if !matches!(file.name(), "desc" | "files" | "mtree") {
            return Want::No;
        }
        let local = crate::path::parent(crate::path::parent(file.path));
        match local.strip_suffix("var/lib/pacman/local") {
            Some(root) if root.is_empty() || root.ends_with('/') => Want::Whole { limit: LIMIT },
            _ => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = unpacked(file.bytes)?;
        let (files, facts) = match file.name() {
            "desc" => (Vec::new(), package(&text)?),
            "files" => (backups(&text), Vec::new()),
            _ => (mtree(&text), Vec::new()),
        };
        let whole = files.len() < MOST_FILES;
        let mut collected = Collected::from(facts);
        if let Some(package) = owner(file.path).filter(|_| !files.is_empty()) {
            collected.facts.push(Fact::Owned(vec![Ownership {
                ecosystem: Ecosystem::Alpm,
                package: package.to_owned(),
                arch: None,
                files,
            }]));
        }
        if !whole {
            collected.gaps.push(too_many(self.name()));
        }
        FILES.hold(&text, collected)
    }
}

/// A package may have no files, and those no backups.
const FILES: Format = Format::of_lines(
    "a list of files of a package",
    &["#"],
    &["%", "/set", "./."],
);

/// `NAME` of the folder `NAME-VERSION-RELEASE`.
fn owner(path: &str) -> Option<&str> {
    let folder = crate::path::name(crate::path::parent(path));
    let (rest, _) = folder.rsplit_once('-')?;
    Some(rest.rsplit_once('-')?.0)
}

fn package(text: &str) -> Result<Vec<Fact>, CollectError> {
    let first = |key| values(text, key).next();
    let (Some(name), Some(version)) = (first("NAME"), first("VERSION")) else {
        return Err(CollectError::new("it names no package or no version"));
    };
    let version = Some(version.to_owned());
    let mut record = PackageRecord::new(Ecosystem::Alpm, name, version, Confidence::Installed);
    record.arch = first("ARCH").map(str::to_owned);
    record.vendor = first("PACKAGER").map(str::to_owned);
    record.licenses = values(text, "LICENSE").map(str::to_owned).collect();
    // All packages of a base share its version.
    record.source = first("BASE")
        .filter(|base| *base != name)
        .map(|base| SourcePackage {
            name: base.to_owned(),
            version: None,
        });
    let needed = values(text, "DEPENDS").map(unversioned).take(MOST);
    record.requires = needed.map(str::to_owned).collect();
    record.requires.sort_unstable();
    record.requires.dedup();
    let provided = values(text, "PROVIDES").map(unversioned).take(MOST);
    let provides = Fact::provides(&record, provided);
    Ok([Some(Fact::Packages(vec![record])), provides]
        .into_iter()
        .flatten()
        .collect())
}

/// The lines below `%KEY%`, up to the next empty one.
fn values<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    let lines = text.lines().map(str::trim);
    lines
        .skip_while(move |line| {
            line.strip_prefix('%').and_then(|l| l.strip_suffix('%')) != Some(key)
        })
        .skip(1)
        .take_while(|line| !line.is_empty())
}

/// `name` of `name>=1:2-3` and `libx.so=1-64`.
fn unversioned(word: &str) -> &str {
    word.split(['<', '>', '=', ':'])
        .next()
        .unwrap_or(word)
        .trim()
}

/// `%BACKUP%` of `files`: configuration, with its MD5.
fn backups(text: &str) -> Vec<OwnedFile> {
    let files = values(text, "BACKUP").filter_map(|line| {
        let (path, hash) = line.split_once('\t')?;
        let hash = hex(hash.trim().as_bytes()).filter(|hash| hash.len() == 16);
        Some(OwnedFile {
            digest: hash.map(|hash| FileDigest {
                algorithm: Algorithm::Md5,
                hash,
            }),
            config: true,
            ..OwnedFile::new(path)
        })
    });
    files.take(MOST_FILES).collect()
}

fn unpacked(bytes: &[u8]) -> Result<String, CollectError> {
    let mut text = Vec::new();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(String::from_utf8_lossy(bytes).into_owned());
    }
    let mut stream = flate2::read::MultiGzDecoder::new(bytes).take(LIMIT);
    stream.read_to_end(&mut text).map_err(CollectError::new)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The files of an mtree(5) manifest; `/set` gives what lines leave out.
fn mtree(text: &str) -> Vec<OwnedFile> {
    let (mut kind, mut mode) = ("file", None);
    let mut files = Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(path) = words.next() else { continue };
        let set = path == "/set";
        let (mut own_kind, mut own_mode) = (kind, mode);
        let (mut digest, mut size, mut link) = (None, None, None);
        for (key, value) in words.filter_map(|word| word.split_once('=')) {
            match key {
                "type" => own_kind = value,
                "mode" => own_mode = u16::from_str_radix(value, 8).ok().map(Mode),
                "size" => size = value.parse().ok(),
                "link" => link = Some(unescaped(value)),
                "sha256digest" => digest = hashed(Algorithm::Sha256, value, 32),
                "md5digest" if digest.is_none() => digest = hashed(Algorithm::Md5, value, 16),
                _ => {}
            }
        }
        if set {
            (kind, mode) = (own_kind, own_mode);
            continue;
        }
        // What belongs to the archive itself lies at the top: `./.PKGINFO`.
        let Some(path) = path
            .strip_prefix("./")
            .filter(|path| !path.starts_with('.'))
        else {
            continue;
        };
        if files.len() == MOST_FILES {
            break;
        }
        if matches!(own_kind, "file" | "link") {
            let path = unescaped(path);
            files.push(OwnedFile {
                config: path.starts_with("etc/"),
                digest,
                mode: own_mode,
                size,
                link,
                path,
            });
        }
    }
    files
}

fn hashed(algorithm: Algorithm, value: &str, length: usize) -> Option<FileDigest> {
    let hash = hex(value.as_bytes()).filter(|hash| hash.len() == length)?;
    Some(FileDigest { algorithm, hash })
}

/// Names with `\040` for a space.
fn unescaped(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let octal = (byte == b'\\').then(|| tail.get(..3)).flatten();
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(escaped) => {
                out.push(escaped);
                rest = tail.get(3..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    crate::path::readable(&out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    const DESC: &str = "%NAME%\ngawk\n\n%VERSION%\n1:5.3.1-1\n\n%BASE%\nawk\n\n%ARCH%\nx86_64\n\n%LICENSE%\nGPL-3.0-or-later\nMIT\n\n%DEPENDS%\nsh\nglibc>=2.38\nlibreadline.so=8-64\n";

    #[test]
    fn a_description_is_a_package() {
        let path = "var/lib/pacman/local/gawk-1:5.3.1-1/desc";
        let records = records(&Alpm, path, DESC.as_bytes()).unwrap();
        let record = &records[0];
        assert_eq!(record.full_version(), "1:5.3.1-1");
        assert_eq!(record.licenses, ["GPL-3.0-or-later", "MIT"]);
        assert_eq!(record.requires, ["glibc", "libreadline.so", "sh"]);
        assert_eq!(record.source_name(), "awk");
        assert_eq!(owner(path), Some("gawk"));
        assert!(package("%NAME%\nx\n").is_err());
    }

    #[test]
    fn a_manifest_lists_files_and_links_with_what_they_are() {
        let text = format!(
            "#mtree\n/set type=file uid=0 gid=0 mode=644\n./.PKGINFO size=1\n./usr type=dir mode=755\n./usr/bin/g\\040awk mode=755 size=3 md5digest={} sha256digest={}\n./usr/bin/awk type=link mode=777 link=gawk\n./etc/gawk.conf size=1\n",
            "ab".repeat(16),
            "cd".repeat(32)
        );
        let files = mtree(&text);
        let [program, link, config] = files.as_slice() else {
            panic!("{files:?}")
        };
        assert_eq!(
            (program.path.as_str(), program.mode),
            ("usr/bin/g awk", Some(Mode(0o755)))
        );
        assert_eq!(
            program.digest.as_ref().unwrap().algorithm,
            Algorithm::Sha256
        );
        assert_eq!((program.size, program.config), (Some(3), false));
        assert_eq!(link.link.as_deref(), Some("gawk"));
        assert_eq!((config.config, config.mode), (true, Some(Mode(0o644))));
        let files =
            backups("%FILES%\netc/\n\n%BACKUP%\nopt/x.conf\tabababababababababababababababab\n");
        assert!(files[0].config && files[0].digest.is_some());
    }
}
