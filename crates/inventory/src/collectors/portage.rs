//! Gentoo packages: a folder `var/db/pkg/CATEGORY/NAME-VERSION` with a file
//! for each field. The folder says what is installed; each file adds to it.

use super::text::hex;
use super::{MOST_FILES, too_many};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Portage;

impl Collector for Portage {
    fn name(&self) -> &'static str {
        "portage"
    }

    fn about(&self) -> &'static str {
        "Gentoo packages: var/db/pkg/*/*"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let named = matches!(
            file.name(),
            "PF" | "CONTENTS" | "LICENSE" | "SLOT" | "repository" | "SIZE"
        );
        match named && identity(file.path).is_some() {
            true => Want::Whole { limit: LIMIT },
            false => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let Some((category, name, version)) = identity(file.path) else {
            return Ok(Collected::default());
        };
        let text = String::from_utf8_lossy(file.bytes);
        let name = format!("{category}/{name}");
        let version = Some(version.to_owned());
        let mut record = PackageRecord::new(
            Ecosystem::Portage,
            name.as_str(),
            version,
            Confidence::Installed,
        );
        let value = text.trim();
        let mut collected = Collected::default();
        match file.name() {
            "LICENSE" => record
                .licenses
                .extend((!value.is_empty()).then(|| value.to_owned())),
            // The slot that there is unless somebody says otherwise.
            field @ ("SLOT" | "repository") if !value.is_empty() && value != "0" => {
                let key = field.to_lowercase();
                record.qualifiers.insert(key, value.to_owned());
            }
            "CONTENTS" => {
                let files: Vec<_> = text.lines().filter_map(content).take(MOST_FILES).collect();
                if files.len() == MOST_FILES {
                    collected.gaps.push(too_many(self.name()));
                }
                collected.facts.push(Fact::Owned(vec![Ownership {
                    ecosystem: Ecosystem::Portage,
                    package: name,
                    arch: None,
                    files,
                }]));
            }
            _ => {}
        }
        collected.facts.insert(0, Fact::Packages(vec![record]));
        Ok(collected)
    }
}

/// Category, name and version of the package that a field belongs to.
fn identity(path: &str) -> Option<(&str, &str, &str)> {
    let (rest, _) = path.rsplit_once('/')?;
    let (rest, folder) = rest.rsplit_once('/')?;
    let (database, category) = rest.rsplit_once('/')?;
    let root = database.strip_suffix("var/db/pkg")?;
    // Names that begin so are packages whose installation was cut off.
    if !(root.is_empty() || root.ends_with('/')) || folder.starts_with('-') {
        return None;
    }
    let (name, version) = split(folder)?;
    Some((category, name, version))
}

/// `name-version[-rN]` at the last dash before a digit, the revision aside.
fn split(folder: &str) -> Option<(&str, &str)> {
    let is_revision = |end: &str| {
        let digits = end.strip_prefix('r').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (base, last) = folder.rsplit_once('-')?;
    let at = match is_revision(last) {
        true => base.rfind('-')?,
        false => base.len(),
    };
    let (name, version) = (&folder[..at], &folder[at + 1..]);
    let digit = version.starts_with(|c: char| c.is_ascii_digit());
    (digit && !name.is_empty()).then_some((name, version))
}

/// `obj PATH MD5 MTIME`, `sym PATH -> TARGET MTIME`; paths may have spaces.
fn content(line: &str) -> Option<OwnedFile> {
    let (kind, rest) = line.split_once(" /")?;
    match kind {
        "obj" => {
            let (rest, _) = rest.rsplit_once(' ')?;
            let (path, hash) = rest.rsplit_once(' ')?;
            let hash = hex(hash.as_bytes()).filter(|hash| hash.len() == 16)?;
            Some(OwnedFile {
                digest: Some(FileDigest {
                    algorithm: Algorithm::Md5,
                    hash,
                }),
                config: path.starts_with("etc/"),
                ..OwnedFile::new(path)
            })
        }
        "sym" => {
            let (path, rest) = rest.split_once(" -> ")?;
            let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target);
            Some(OwnedFile {
                link: Some(target.to_owned()),
                ..OwnedFile::new(path)
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn the_folder_names_the_package() {
        for (folder, expected) in [
            (
                "dev-perl/Getopt-Long-2.580.0",
                "dev-perl/Getopt-Long@2.580.0",
            ),
            ("dev-lang/python-3.11.9-r1", "dev-lang/python@3.11.9-r1"),
            ("media-fonts/font-2x-1.0", "media-fonts/font-2x@1.0"),
        ] {
            let path = format!("var/db/pkg/{folder}/PF");
            assert_eq!(found(&Portage, &path, b"x\n"), [expected]);
        }
        assert_eq!(identity("var/db/pkg/dev-lang/-MERGING-python-3/PF"), None);
        assert_eq!(identity("var/db/pkg/dev-lang/PF"), None);
    }

    #[test]
    fn each_file_adds_what_it_says() {
        let path = |file: &str| format!("var/db/pkg/app/skopeo-1.5.1/{file}");
        let slot = records(&Portage, &path("SLOT"), b"3/1\n").unwrap();
        assert_eq!(slot[0].qualifiers["slot"], "3/1");
        let license = records(&Portage, &path("LICENSE"), b"|| ( MIT GPL-2 )\n").unwrap();
        assert_eq!(license[0].licenses, ["|| ( MIT GPL-2 )"]);
        let file = content("obj /usr/bin/a b 376c02bd3b22804df8fdfdc895e7dbfb 1649284374").unwrap();
        assert_eq!(file.path, "usr/bin/a b");
        let link = content("sym /usr/lib/a -> ../b c 16").unwrap();
        assert_eq!(
            (link.path.as_str(), link.link.as_deref()),
            ("usr/lib/a", Some("../b c"))
        );
        assert_eq!(content("dir /usr"), None);
    }
}
