//! Packages of opkg (OpenWrt, Yocto): databases in the form of dpkg, and one
//! control file for each package.

use super::{control, dpkg, files};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::deb822::paragraphs;
use crate::collectors::{MOST_FILES, too_many};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Opkg;

impl Collector for Opkg {
    fn name(&self) -> &'static str {
        "opkg"
    }

    fn about(&self) -> &'static str {
        "OpenWrt and Yocto packages: opkg/status, control files, file lists"
    }

    fn is_database(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [&'static str] {
        &["usr/lib/opkg/status", "var/lib/opkg/status"]
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let name = file.name();
        let database = name == "status";
        if !database && !name.ends_with(".control") && !name.ends_with(".list") {
            return Want::No;
        }
        let folder = crate::path::parent(file.path);
        let folder = match database {
            true => Some(folder),
            false => folder.strip_suffix("/info"),
        };
        match folder {
            Some(folder) if folder.ends_with("lib/opkg") || folder.ends_with("share/opkg") => {
                Want::Whole { limit: LIMIT }
            }
            _ => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        if file.name() == "status" {
            return dpkg::database(&text, Ecosystem::Opkg, self.name());
        }
        if file.name().ends_with(".list") {
            let files = files::list(&text);
            let whole = files.len() < MOST_FILES;
            let owner = files::named_owner(file.name(), Ecosystem::Opkg, files);
            let mut collected = Collected::from(vec![Fact::Owned(vec![owner])]);
            if !whole {
                collected.gaps.push(too_many(self.name()));
            }
            return Ok(collected);
        }
        // The control file of a package that the database has as well: it
        // tells the licence, which the database leaves out.
        let paragraph = paragraphs(&text).next().unwrap_or_default();
        if control::present(&paragraph) == Some(false) {
            return Ok(Collected::default());
        }
        let record = control::record(&paragraph, Ecosystem::Opkg, Confidence::Installed);
        let facts = Vec::from_iter(record.map(|record| Fact::Packages(vec![record])));
        dpkg::CONTROL.hold(&text, facts.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn the_database_names_what_is_installed() {
        let text = "Package: ubus\nVersion: 2024.10.20~252a9b0c-r1\nDepends: libc, ubusd\nStatus: install user installed\nArchitecture: x86_64\n\nPackage: libc\nVersion: 1.2\nStatus: deinstall ok not-installed\n\nPackage: ubusd\nVersion: 1\nStatus: install ok installed\n\n";
        let path = "usr/lib/opkg/status";
        assert_eq!(
            found(&Opkg, path, text.as_bytes()),
            ["ubus@2024.10.20~252a9b0c-r1", "ubusd@1"]
        );
        let records = records(&Opkg, path, text.as_bytes()).unwrap();
        assert_eq!(records[0].requires, ["ubusd"]);
        assert_eq!(records[0].ecosystem, Ecosystem::Opkg);
        let head = FileHead::new("srv/status", 1, plimsoll_types::Mode(0o644), &[]);
        assert_eq!(Opkg.wants(&head), Want::No);
    }

    /// Trap 28.
    #[test]
    fn the_control_file_tells_the_licence() {
        let text = b"Package: libuci\nVersion: 1\nLicense: LGPL-2.1\nSource: package/libs/uci\n";
        let records = records(&Opkg, "usr/lib/opkg/info/libuci.control", text).unwrap();
        assert_eq!(records[0].licenses, ["LGPL-2.1"]);
        assert_eq!(records[0].source, None);
    }
}
