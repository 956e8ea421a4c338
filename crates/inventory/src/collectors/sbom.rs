//! Bills of materials that lie in the image: those of Bitnami, of Wolfi and
//! Chainguard, of Docker's hardened images, of wheels (PEP 770), and any other
//! under a usual name. Their forms are read by `plimsoll-sbom`.

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Fact, OwnedFile, Ownership};
use plimsoll_sbom::{Bill, ReadError};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Sbom;

impl Collector for Sbom {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "bills of materials in the image: *.{spdx,cdx,bom,sbom,syft}.json, *.spdx, **/sboms/*.json, Bitnami's .spdx-*"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if is_named(file) && (is_certain(file.name()) || plimsoll_sbom::may_be(file.magic)) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        match plimsoll_sbom::read(file.bytes) {
            Ok(bill) => Ok(collected(file.path, bill)),
            // Another document under such a name.
            Err(ReadError::Unknown) if !is_certain(file.name()) => Ok(Collected::default()),
            Err(error) => Err(CollectError::new(error)),
        }
    }
}

/// Name of the collector; what the merge knows given packages by.
pub(crate) const NAME: &str = "sbom";

fn is_named(file: &FileHead<'_>) -> bool {
    let name = file.name();
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    match extension {
        "spdx" | "cdx" => true,
        "json" | "xml" => {
            let marks = [".spdx", ".cdx", ".bom", ".sbom", ".syft"];
            matches!(stem, "bom" | "sbom")
                || marks.iter().any(|mark| stem.contains(mark))
                || file.path.contains("/sboms/")
        }
        _ => name.starts_with(".spdx-") && file.path.starts_with("opt/bitnami/"),
    }
}

/// Whether a file has that name for no other reason.
fn is_certain(name: &str) -> bool {
    let endings = [".cdx.json", ".cdx.xml", ".spdx.json"];
    name.starts_with(".spdx-") || endings.iter().any(|ending| name.ends_with(ending))
}

fn collected(path: &str, bill: Bill) -> Collected {
    let packages = bill.inventory.packages;
    let full = |index: &u32| {
        let package = packages.get(usize::try_from(*index).ok()?)?;
        let record = &package.record;
        Some(match &record.version {
            Some(_) => format!("{}@{}", record.name, record.full_version()),
            None => record.name.clone(),
        })
    };
    let confidence = confidence(path);
    let records: Vec<PackageRecord> = packages
        .iter()
        .map(|package| {
            let mut requires: Vec<String> = package.depends_on.iter().filter_map(full).collect();
            requires.sort();
            requires.dedup();
            PackageRecord {
                confidence,
                requires,
                nested: Vec::new(),
                ..package.record.clone()
            }
        })
        .collect();
    let main = bill.main.and_then(|index| records.get(index));
    let owned = main.and_then(|main| folder(path, main));
    let facts = [Fact::Packages(records)].into_iter();
    Collected {
        facts: facts
            .chain(owned.map(|owned| Fact::Owned(vec![owned])))
            .collect(),
        gaps: Vec::new(),
    }
}

/// Whoever made the package wrote it, or somebody who scanned something.
fn confidence(path: &str) -> Confidence {
    let packagers = ["opt/bitnami/", "var/lib/db/sbom/", "opt/docker/sbom/"];
    let packaged = packagers.iter().any(|folder| path.starts_with(folder));
    match packaged || path.contains(".dist-info/sboms/") {
        true => Confidence::Embedded,
        false => Confidence::Declared,
    }
}

/// The component that a Bitnami document is about owns its whole folder.
fn folder(path: &str, main: &PackageRecord) -> Option<Ownership> {
    let inside = path.strip_prefix("opt/bitnami/")?;
    let (folder, _) = inside.split_once('/')?;
    (main.ecosystem == Ecosystem::Bitnami).then(|| Ownership {
        ecosystem: main.ecosystem,
        package: main.name.clone(),
        arch: None,
        files: vec![OwnedFile::new(format!("opt/bitnami/{folder}/"))],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};
    use plimsoll_types::Mode;

    fn spdx(packages: &str, relationships: &str) -> String {
        format!(
            r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[{packages}],"relationships":[{relationships}]}}"#
        )
    }

    fn package(id: &str, purl: &str) -> String {
        format!(
            r#"{{"SPDXID":"SPDXRef-{id}","name":"{id}","externalRefs":[{{"referenceType":"purl","referenceLocator":"{purl}"}}]}}"#
        )
    }

    fn related(from: &str, kind: &str, to: &str) -> String {
        format!(
            r#"{{"spdxElementId":"SPDXRef-{from}","relationshipType":"{kind}","relatedSpdxElement":"SPDXRef-{to}"}}"#
        )
    }

    fn owner(path: &str, document: &str) -> Option<(String, String)> {
        let file = File {
            path,
            mode: Mode(0o644),
            bytes: document.as_bytes(),
            companion: None,
        };
        let facts = Sbom.collect(&file).unwrap().facts;
        facts.into_iter().find_map(|fact| match fact {
            Fact::Owned(owners) => {
                let owner = owners.into_iter().next()?;
                Some((owner.package, owner.files.into_iter().next()?.path))
            }
            _ => None,
        })
    }

    #[test]
    fn only_usual_names_are_looked_at() {
        for (path, expected) in [
            ("opt/bitnami/redis/.spdx-redis.spdx", true),
            ("opt/bitnami/redis/.spdx-redis.cdx.json", true),
            ("var/lib/db/sbom/busybox-1.36.1-r0.spdx.json", true),
            ("sbom.syft.json", true),
            ("app/bom.xml", true),
            ("app/bom.json", true),
            ("lib/x-1.dist-info/sboms/auditwheel.json", true),
            ("app/package.json", false),
            ("usr/lib/sbom", false),
            ("app/bom.js", false),
        ] {
            let head = FileHead::new(path, 2, Mode(0o644), b"{}");
            assert_eq!(Sbom.wants(&head) != Want::No, expected, "{path}");
        }
        let head = FileHead::new("x.spdx", 2, Mode(0o644), b"\x7fELF");
        assert_eq!(Sbom.wants(&head), Want::No);
    }

    #[test]
    fn other_documents_under_such_names_are_nothing() {
        assert_eq!(found(&Sbom, "app/bom.json", b"{\"parts\":[]}"), [""; 0]);
        assert!(records(&Sbom, "app/bom.json", b"{").is_err());
    }

    #[test]
    fn a_single_package_is_the_main_one() {
        let one = spdx(
            &package("redis", "pkg:bitnami/redis@7.4.0-0?arch=arm64"),
            "",
        );
        let path = "opt/bitnami/redis/.spdx-redis.spdx";
        assert_eq!(found(&Sbom, path, one.as_bytes()), ["redis@7.4.0-0"]);
        let owner = owner(path, &one);
        assert_eq!(owner, Some(("redis".into(), "opt/bitnami/redis/".into())));
    }

    #[test]
    fn the_package_that_contains_the_others_owns_the_folder() {
        let packages = [
            package("geos", "pkg:bitnami/geos@3.8.3"),
            package("postgresql", "pkg:bitnami/postgresql@15.3.0"),
        ];
        let document = spdx(
            &packages.join(","),
            &related("postgresql", "CONTAINS", "geos"),
        );
        let path = "opt/bitnami/postgresql/.spdx-postgresql.spdx";
        let found = found(&Sbom, path, document.as_bytes());
        assert_eq!(found, ["geos@3.8.3", "postgresql@15.3.0"]);
        let (owner, _) = owner(path, &document).unwrap();
        assert_eq!(owner, "postgresql");
    }

    #[test]
    fn what_a_package_was_made_from_is_not_installed() {
        let packages = [
            package("busybox", "pkg:apk/wolfi/busybox@1.36.1-r0?arch=x86_64"),
            package("source", "pkg:generic/busybox@1.36.1"),
        ];
        let relation = related("busybox", "GENERATED_FROM", "source");
        let document = spdx(&packages.join(","), &relation);
        let path = "var/lib/db/sbom/busybox-1.36.1-r0.spdx.json";
        let records = records(&Sbom, path, document.as_bytes()).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].ecosystem, Ecosystem::Apk);
        assert_eq!(records[0].confidence, Confidence::Embedded);
    }
}
