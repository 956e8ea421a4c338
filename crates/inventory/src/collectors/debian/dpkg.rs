//! The status database of dpkg, `status.d` of distroless images, and the file
//! lists beside either.

use super::{control, files};
use crate::collector::{CollectError, CollectGap, Collected, Collector, File, FileHead, Want};
use crate::collectors::deb822::{Paragraph, paragraphs};
use crate::collectors::format::Format;
use crate::collectors::needs::Needs;
use crate::collectors::{MOST_FILES, MOST_PACKAGES, too_many};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, GapKind, PackageRecord};

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
        match kind(file.path) {
            Some(Kind::Status) => database(&text, Ecosystem::Deb, self.name()),
            Some(Kind::StatusFile) => {
                let paragraph = paragraphs(&text).next().unwrap_or_default();
                if control::present(&paragraph) == Some(false) {
                    return Ok(Collected::default());
                }
                CONTROL.hold(&text, alone(&paragraph).into())
            }
            Some(kind @ (Kind::Md5sums | Kind::List)) => {
                let files = if kind == Kind::List {
                    files::list(&text)
                } else {
                    files::md5sums(&text)
                };
                let whole = files.len() < MOST_FILES;
                let owner = files::named_owner(file.name(), Ecosystem::Deb, files);
                let mut collected = Collected::from(vec![Fact::Owned(vec![owner])]);
                if !whole {
                    collected.gaps.push(too_many(self.name()));
                }
                LIST.hold(&text, collected)
            }
            None => Ok(Collected::default()),
        }
    }
}

pub(super) const CONTROL: Format = Format::of_lines("the control file of a package", &["#"], &[]);
/// Of a package without files, the list is `/.`.
const LIST: Format = Format::of_lines("a list of files of a package", &["/."], &[]);

/// What a status database of dpkg or opkg says.
pub(super) fn database(
    text: &str,
    ecosystem: Ecosystem,
    collector: &str,
) -> Result<Collected, CollectError> {
    let mut records: Vec<PackageRecord> = Vec::new();
    let (mut owners, mut needs) = (Vec::new(), Needs::default());
    let (mut whole, mut damaged, mut configurations) = (true, 0, 0);
    for paragraph in paragraphs(text) {
        // A record without a status is no installed package.
        let record = control::record(&paragraph, ecosystem, Confidence::Installed)
            .filter(|_| control::present(&paragraph) == Some(true));
        let Some(record) = record else {
            damaged += usize::from(is_damaged(&paragraph));
            continue;
        };
        whole = records.len() < MOST_PACKAGES && configurations < MOST_FILES;
        if !whole {
            break;
        }
        control::relate(&paragraph, records.len(), &mut needs);
        if let Some(owner) = files::conffiles(&paragraph, &record) {
            configurations += owner.files.len();
            owners.push(owner);
        }
        records.push(record);
    }
    if records.is_empty() && paragraphs(text).next().is_none() && !text.trim().is_empty() {
        return Err(CollectError::new("it holds no package paragraphs"));
    }
    needs.settle(&mut records);
    let mut collected = Collected::from(vec![Fact::Packages(records)]);
    if !owners.is_empty() {
        collected.facts.push(Fact::Owned(owners));
    }
    if !whole {
        collected.gaps.push(too_many(collector));
    }
    if damaged > 0 {
        collected.gaps.push(CollectGap {
            kind: GapKind::DatabaseUnreadable,
            nested: Vec::new(),
            detail: format!("{collector}: paragraphs without a package or a version: {damaged}"),
        });
    }
    Ok(collected)
}

/// Whether no database holds such a paragraph: one that says nothing of any
/// package, or of one that is there and has no version. (vcpkg has features.)
fn is_damaged(paragraph: &Paragraph<'_>) -> bool {
    paragraph.get("Package").is_none()
        || control::present(paragraph) == Some(true)
            && paragraph.get("Version").is_none()
            && paragraph.get("Feature").is_none()
}

/// A package that has a file of its own: what it needs lies in other files.
fn alone(paragraph: &Paragraph<'_>) -> Vec<Fact> {
    let Some(mut record) = control::record(paragraph, Ecosystem::Deb, Confidence::Installed) else {
        return Vec::new();
    };
    record.requires = control::required(paragraph);
    let provides = Fact::provides(&record, control::provided(paragraph));
    [Some(Fact::Packages(vec![record])), provides]
        .into_iter()
        .flatten()
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

    /// Trap 1.
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

    /// Trap 17.
    #[test]
    fn long_lines_end_nothing() {
        let long = "x".repeat(200_000);
        let text = format!(
            "Package: a\nStatus: install ok installed\nVersion: 1\nDescription: {long}\n\nPackage: b\nStatus: install ok installed\nVersion: 1\nDepends: a\nConffiles:\n /etc/b {} obsolete\n",
            "ab".repeat(16)
        );
        let facts = collect("var/lib/dpkg/status", &text);
        assert_eq!(names(&facts), ["a@1", "b@1"]);
        let Some(Fact::Owned(owners)) = facts.get(1) else {
            panic!()
        };
        let file = &owners[0].files[0];
        assert!(file.config && file.digest.is_some() && file.path == "etc/b");
    }

    /// Trap 26.
    #[test]
    fn ports_of_vcpkg_are_not_debian_packages() {
        let text = "Package: zlib\nVersion: 1.3\nPort-Version: 1\nArchitecture: x64-linux\nAbi: 1234\nStatus: install ok installed\n";
        assert!(names(&collect("opt/vcpkg/lib/dpkg/status", text)).is_empty());
        assert_eq!(kind("opt/vcpkg/installed/vcpkg/status"), None);
    }

    /// Traps 2 and 3.
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
        let facts = collect("var/lib/dpkg/status.d/libc6.md5sums", "");
        let Fact::Owned(owners) = &facts[0] else {
            panic!()
        };
        assert_eq!(owners[0].package, "libc6");
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

    #[test]
    fn a_damaged_database_says_so_and_keeps_the_rest() {
        let whole = "Package: a\nStatus: install ok installed\nVersion: 1\n\n";
        let gone = "Package: b\nStatus: purge ok not-installed\n\n";
        let gaps = |text: &str| database(text, Ecosystem::Deb, "dpkg").unwrap().gaps.len();
        assert_eq!(gaps(&format!("{whole}{gone}")), 0);
        for end in [
            "Package: c\nStatus: install ok installed\nVersi",
            "\u{fffd}x: y\n",
        ] {
            let text = format!("{whole}{end}");
            assert_eq!(gaps(&text), 1, "{end}");
            assert_eq!(names(&collect("var/lib/dpkg/status", &text)), ["a@1"]);
        }
    }
}
