//! Java archives: jars, and what packs them.

mod file_name;
mod group;
mod identity;
mod metadata;
mod tarball;
#[cfg(test)]
mod tests;
mod walk;

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::zip::ZipError;
use crate::facts::Fact;
pub(super) use metadata::Coordinates;
use walk::Walk;

const LIMIT: u64 = 512 << 20;

const EXTENSIONS: &[&str] = &[
    "jar", "war", "ear", "par", "sar", "nar", "rar", "far", "kar", "lpkg", "hpi", "jpi", "zap",
];

/// Archives of anything: what is of interest is the archives in them.
const CONTAINERS: &[&str] = &["zip", "jmod"];
const TARBALLS: &[&str] = &["tar", "tgz", "gz", "tzst", "zst"];

pub(crate) struct Java;

impl Collector for Java {
    fn name(&self) -> &'static str {
        "java"
    }

    fn about(&self) -> &'static str {
        "Java archives, nested: pom.properties, pom.xml, MANIFEST.MF, file names"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let archive = is_archive_name(file.path) && !file.magic.starts_with(b"Rar!")
            || is_container_name(file.path) && is_zip(file.magic)
            || is_tarball_name(file.path) && tarball::is_tarball(file.magic)
            || is_jar(file.magic);
        if archive {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let mut walk = Walk::new(file.bytes.len());
        let result = match is_tarball_name(file.path) {
            true => walk.tarball(file.bytes, &[]),
            false => walk.archive(file.bytes, file.name(), &[]),
        };
        match result {
            Err(ZipError::Broken(_)) if is_container_name(file.path) => {}
            result => result.map_err(CollectError::new)?,
        }
        let mut collected = Collected::default();
        if !walk.records.is_empty() {
            collected
                .facts
                .push(Fact::Packages(walk.records.into_iter().collect()));
        }
        collected.gaps = walk.gaps;
        Ok(collected)
    }
}

fn is_archive_name(path: &str) -> bool {
    has_extension(path, EXTENSIONS)
}

fn is_container_name(path: &str) -> bool {
    has_extension(path, CONTAINERS)
}

/// `x.tar`, `x.tgz`, `x.tar.gz`: not everything that is packed.
fn is_tarball_name(path: &str) -> bool {
    has_extension(path, TARBALLS)
        && path.rsplit_once('.').is_some_and(|(stem, extension)| {
            extension.starts_with(['t', 'T']) || has_extension(stem, &["tar"])
        })
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && extensions
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Modules of the runtime are zip archives behind a mark.
fn is_zip(magic: &[u8]) -> bool {
    magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"JM\x01\0PK\x03\x04")
}

/// A zip archive whose first entry is the directory or file that jars begin
/// with, whatever its name.
fn is_jar(magic: &[u8]) -> bool {
    magic.starts_with(b"PK\x03\x04")
        && magic
            .get(30..)
            .is_some_and(|name| name.starts_with(b"META-INF/"))
}
