//! The files of a package as dpkg keeps them: checksums, configuration files,
//! plain lists.

use crate::collectors::MOST_FILES;
use crate::collectors::deb822::Paragraph;
use crate::collectors::text::hex;
use crate::facts::{Algorithm, FileDigest, OwnedFile, Ownership};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plimsoll_types::{Ecosystem, PackageRecord};

/// The package is named by the file alone: `NAME[:ARCH].md5sums`. Old rules
/// for Bazel write the name in base64.
pub(super) fn named_owner(file: &str, ecosystem: Ecosystem, files: Vec<OwnedFile>) -> Ownership {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let decoded = stem
        .contains(|c: char| c.is_ascii_uppercase() || c == '=')
        .then(|| STANDARD.decode(stem).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let stem = decoded.as_deref().unwrap_or(stem);
    let (package, arch) = match stem.split_once(':') {
        Some((package, arch)) => (package, Some(arch.to_owned())),
        None => (stem, None),
    };
    Ownership {
        ecosystem,
        package: package.to_owned(),
        arch,
        files,
    }
}

/// Lines of `md5sums` (deb-md5sums(5)).
pub(super) fn md5sums(text: &str) -> Vec<OwnedFile> {
    text.lines()
        .filter_map(|line| {
            let (hash, path) = line.split_once(char::is_whitespace)?;
            Some(OwnedFile {
                digest: Some(md5(hash)?),
                ..OwnedFile::new(
                    path.trim_start()
                        .trim_start_matches("./")
                        .trim_start_matches('/'),
                )
            })
        })
        .take(MOST_FILES)
        .collect()
}

/// Lines of a `.list`: everything, directories and links included. Lists of
/// opkg have a tab and the mode behind each path.
pub(super) fn list(text: &str) -> Vec<OwnedFile> {
    let paths = text
        .lines()
        .map(|line| line.split('\t').next().unwrap_or(line))
        .map(|line| line.trim_start_matches('/'))
        .filter(|path| !path.is_empty() && *path != ".");
    paths.map(OwnedFile::new).take(MOST_FILES).collect()
}

/// The configuration files that a status paragraph lists: ` /etc/x MD5`.
pub(super) fn conffiles(paragraph: &Paragraph<'_>, record: &PackageRecord) -> Option<Ownership> {
    let files: Vec<OwnedFile> = paragraph
        .lines("Conffiles")
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let path = words.next()?.strip_prefix('/')?;
            Some(OwnedFile {
                digest: words.next().and_then(md5),
                config: true,
                ..OwnedFile::new(path)
            })
        })
        .take(MOST_FILES)
        .collect();
    (!files.is_empty()).then(|| Ownership {
        ecosystem: record.ecosystem,
        package: record.name.clone(),
        arch: record.arch.clone(),
        files,
    })
}

fn md5(text: &str) -> Option<FileDigest> {
    let hash = hex(text.as_bytes()).filter(|hash| hash.len() == 16)?;
    Some(FileDigest {
        algorithm: Algorithm::Md5,
        hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_base64_are_read() {
        let name = |file: &str| named_owner(file, Ecosystem::Deb, Vec::new()).package;
        assert_eq!(name("bGliYzY=.md5sums"), "libc6");
        assert_eq!(name("bash.md5sums"), "bash");
    }
}
