//! Debian packages: the status database, `status.d` of distroless images, and
//! the file lists beside either.

use super::deb822::{Paragraph, paragraphs};
use super::{MOST_FILES, MOST_PACKAGES, too_many};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, SourcePackage};

/// Ten times the largest that are known.
const LIMIT: u64 = 64 << 20;

pub(crate) struct Dpkg;

/// What a path below a dpkg directory holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Status,
    StatusFile,
    Md5sums,
    List,
}

fn kind(path: &str) -> Option<Kind> {
    let (before, inside) = match path.find("lib/dpkg/") {
        Some(at) => (&path[..at], &path[at + "lib/dpkg/".len()..]),
        None => return None,
    };
    if !(before.is_empty() || before.ends_with('/')) {
        return None;
    }
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    match (folder, name) {
        ("", "status") => Some(Kind::Status),
        ("status.d", name) if name.ends_with(".md5sums") => Some(Kind::Md5sums),
        ("status.d", _) => Some(Kind::StatusFile),
        ("info", name) if name.ends_with(".md5sums") => Some(Kind::Md5sums),
        ("info", name) if name.ends_with(".list") => Some(Kind::List),
        _ => None,
    }
}

impl Collector for Dpkg {
    fn name(&self) -> &'static str {
        "dpkg"
    }

    fn about(&self) -> &'static str {
        "Debian packages: dpkg/status, status.d, file lists and checksums"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [&'static str] {
        &["var/lib/dpkg/status", "var/lib/dpkg/status.d"]
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match kind(file.path) {
            Some(_) => Want::Whole { limit: LIMIT },
            None => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        let mut whole = true;
        let fact = match kind(file.path) {
            Some(Kind::Status) => {
                let mut records = Vec::new();
                let mut other = 0;
                for paragraph in paragraphs(&text) {
                    if records.len() == MOST_PACKAGES {
                        whole = false;
                        break;
                    }
                    match record(&paragraph) {
                        Some(record) if present(&paragraph) == Some(true) => records.push(record),
                        // A record without a status is no installed package.
                        Some(_) | None => other += 1,
                    }
                }
                if records.is_empty() && other == 0 && !text.trim().is_empty() {
                    return Err(CollectError::new("it holds no package paragraphs"));
                }
                Fact::Packages(records)
            }
            Some(Kind::StatusFile) => {
                let found = paragraphs(&text).next();
                let record = found
                    .as_ref()
                    .filter(|p| present(p) != Some(false))
                    .and_then(record);
                match record {
                    Some(record) => Fact::Packages(vec![record]),
                    // Strangers live here too.
                    None => return Ok(Collected::default()),
                }
            }
            Some(Kind::Md5sums | Kind::List) => {
                let read = if file.path.ends_with(".list") {
                    list
                } else {
                    md5sums
                };
                let files = read(&text);
                whole = files.len() < MOST_FILES;
                Fact::Owned(vec![owner(file, files)])
            }
            None => return Ok(Collected::default()),
        };
        let mut collected = Collected::from(vec![fact]);
        if !whole {
            collected.gaps.push(too_many(self.name()));
        }
        Ok(collected)
    }
}

/// The third word of `Status` says whether files are on disk; `None` where
/// there is no status.
fn present(paragraph: &Paragraph<'_>) -> Option<bool> {
    let status = paragraph.get("Status")?;
    let state = status.split_whitespace().nth(2).unwrap_or_default();
    Some(matches!(
        state,
        "installed"
            | "unpacked"
            | "half-configured"
            | "half-installed"
            | "triggers-awaited"
            | "triggers-pending"
    ))
}

fn record(paragraph: &Paragraph<'_>) -> Option<PackageRecord> {
    let name = paragraph.get("Package")?;
    let version = paragraph.get("Version")?;
    // Ports of vcpkg keep a database of the same name and form.
    if paragraph.get("Port-Version").is_some() || paragraph.get("Abi").is_some() {
        return None;
    }
    let mut record = PackageRecord::new(
        Ecosystem::Deb,
        name,
        Some(version.to_owned()),
        Confidence::Installed,
    );
    record.arch = paragraph.get("Architecture").map(str::to_owned);
    record.vendor = paragraph.get("Maintainer").map(str::to_owned);
    record.licenses = paragraph
        .get("License")
        .map(str::to_owned)
        .into_iter()
        .collect();
    record.source = paragraph
        .get("Source")
        .and_then(|source| self::source(source, name, version));
    Some(record)
}

/// `name` or `name (version)`; `None` where it says nothing new.
fn source(field: &str, name: &str, version: &str) -> Option<SourcePackage> {
    let (source, stated) = match field.split_once('(') {
        Some((source, rest)) => (source.trim(), Some(rest.trim_end_matches(')').trim())),
        None => (field, None),
    };
    let stated = stated.filter(|stated| !stated.is_empty() && *stated != version);
    (source != name || stated.is_some()).then(|| SourcePackage {
        name: source.to_owned(),
        version: stated.map(str::to_owned),
    })
}

/// The package is named by the file alone: `NAME[:ARCH].md5sums`.
fn owner(file: &File<'_>, files: Vec<OwnedFile>) -> Ownership {
    let stem = file
        .name()
        .rsplit_once('.')
        .map_or(file.name(), |(stem, _)| stem);
    let (package, arch) = match stem.split_once(':') {
        Some((package, arch)) => (package, Some(arch.to_owned())),
        None => (stem, None),
    };
    Ownership {
        ecosystem: Ecosystem::Deb,
        package: package.to_owned(),
        arch,
        files,
    }
}

fn md5sums(text: &str) -> Vec<OwnedFile> {
    text.lines()
        .filter_map(|line| {
            let (hash, path) = line.split_once(char::is_whitespace)?;
            Some(OwnedFile {
                path: path
                    .trim_start()
                    .trim_start_matches("./")
                    .trim_start_matches('/')
                    .to_owned(),
                digest: Some(FileDigest {
                    algorithm: Algorithm::Md5,
                    hash: hex(hash)?,
                }),
                config: false,
            })
        })
        .take(MOST_FILES)
        .collect()
}

fn list(text: &str) -> Vec<OwnedFile> {
    let paths = text
        .lines()
        .map(|line| line.trim_start_matches('/'))
        .filter(|path| !path.is_empty() && *path != ".");
    paths
        .map(|path| OwnedFile {
            path: path.to_owned(),
            digest: None,
            config: false,
        })
        .take(MOST_FILES)
        .collect()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    fn collect(path: &str, text: &str) -> Vec<Fact> {
        let file = File {
            path,
            mode: Mode(0o644),
            bytes: text.as_bytes(),
            companion: None,
        };
        Dpkg.collect(&file).unwrap().facts
    }

    fn names(facts: &[Fact]) -> Vec<String> {
        let packages = facts.iter().flat_map(|fact| match fact {
            Fact::Packages(packages) => packages.clone(),
            _ => Vec::new(),
        });
        packages
            .map(|p| format!("{}@{}", p.name, p.full_version()))
            .collect()
    }

    #[test]
    fn the_third_word_of_the_status_decides() {
        let package = |name: &str, status: &str| {
            format!("Package: {name}\nStatus: {status}\nVersion: 1:2-3\nArchitecture: amd64\n\n")
        };
        let text = package("a", "install ok installed")
            + &package("b", "deinstall ok config-files")
            + &package("c", "deinstall reinstreq installed")
            + &package("d", "install ok triggers-pending")
            + "Package: e\nVersion: 1\n\n";
        assert_eq!(
            names(&collect("var/lib/dpkg/status", &text)),
            ["a@1:2-3", "c@1:2-3", "d@1:2-3"]
        );
        let single = "Package: e\nVersion: 1\nSource: f (2)\n";
        let facts = collect("var/lib/dpkg/status.d/e", single);
        assert_eq!(names(&facts), ["e@1"]);
        let Fact::Packages(packages) = &facts[0] else {
            panic!()
        };
        assert_eq!(
            packages[0].source.as_ref().unwrap().version.as_deref(),
            Some("2")
        );
    }

    #[test]
    fn a_database_of_nothing_but_packages_has_a_bound() {
        let text = "Package: a\nStatus: install ok installed\nVersion: 1\n\n";
        let found = |count| {
            let text = text.repeat(count);
            let file = File {
                path: "var/lib/dpkg/status",
                mode: Mode(0o644),
                bytes: text.as_bytes(),
                companion: None,
            };
            let found = Dpkg.collect(&file).unwrap();
            (names(&found.facts).len(), found.gaps.len())
        };
        assert_eq!(found(MOST_PACKAGES), (MOST_PACKAGES, 0));
        assert_eq!(found(MOST_PACKAGES + 1), (MOST_PACKAGES, 1));
    }

    #[test]
    fn ports_of_vcpkg_are_not_debian_packages() {
        let text = "Package: zlib\nVersion: 1.3\nPort-Version: 1\nArchitecture: x64-linux\nAbi: 1234\nStatus: install ok installed\n";
        assert!(names(&collect("opt/vcpkg/lib/dpkg/status", text)).is_empty());
        assert_eq!(kind("opt/vcpkg/installed/vcpkg/status"), None);
    }

    #[test]
    fn file_lists_belong_to_the_package_in_their_name() {
        let facts = collect(
            "var/lib/dpkg/info/libc6:amd64.md5sums",
            "d41d8cd98f00b204e9800998ecf8427e  usr/lib/x y\nnonsense\n",
        );
        let Fact::Owned(owners) = &facts[0] else {
            panic!()
        };
        assert_eq!(
            (owners[0].package.as_str(), owners[0].arch.as_deref()),
            ("libc6", Some("amd64"))
        );
        assert_eq!(owners[0].files.len(), 1);
        assert_eq!(owners[0].files[0].path, "usr/lib/x y");
    }

    #[test]
    fn something_else_by_the_name_of_status_is_an_error() {
        let file = File {
            path: "var/lib/dpkg/status",
            mode: Mode(0),
            bytes: b"\x7fELF",
            companion: None,
        };
        assert!(Dpkg.collect(&file).is_err());
    }
}
