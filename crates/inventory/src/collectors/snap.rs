//! Snaps: `meta/snap.yaml` of an unpacked snap, and the Debian packages that
//! went into it, as `snap/manifest.yaml` and `usr/share/snappy/dpkg.yaml` list
//! them. Those are no packages of the host's distribution, unless the snap is
//! the root of the file system itself.

use super::format::Format;
use super::text::decode;
use super::{MOST_PACKAGES, yaml};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, PackageUrl};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const LIMIT: u64 = 4 << 20;
const BASE: &str = "usr/share/snappy/dpkg.yaml";

pub(crate) struct Snap;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Meta,
    Manifest,
    Recipe,
    Base,
}

fn kind(path: &str, name: &str) -> Option<Kind> {
    let ends = |suffix: &str| {
        let rest = path.strip_suffix(suffix);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    match name {
        "snap.yaml" if ends("meta/snap.yaml") => Some(Kind::Meta),
        "manifest.yaml" if ends("snap/manifest.yaml") => Some(Kind::Manifest),
        "snapcraft.yaml" if ends("snap/snapcraft.yaml") => Some(Kind::Recipe),
        "dpkg.yaml" if ends(BASE) => Some(Kind::Base),
        _ => None,
    }
}

impl Collector for Snap {
    fn name(&self) -> &'static str {
        "snap"
    }

    fn about(&self) -> &'static str {
        "snaps: meta/snap.yaml, snap/manifest.yaml, usr/share/snappy/dpkg.yaml"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match kind(file.path, file.name()) {
            Some(_) => Want::Whole { limit: LIMIT },
            None => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let Some(kind) = kind(file.path, file.name()) else {
            return Ok(Collected::default());
        };
        let text = decode(file.bytes);
        let document: Document = yaml::document(&text)?;
        let records: Vec<PackageRecord> = match kind {
            Kind::Meta => document.snap(Confidence::Installed).into_iter().collect(),
            Kind::Recipe => document.snap(Confidence::Declared).into_iter().collect(),
            Kind::Manifest | Kind::Base => document
                .staged()
                .into_iter()
                .filter_map(|package| staged(package, kind == Kind::Base && file.path == BASE))
                .take(MOST_PACKAGES)
                .collect(),
        };
        FORMAT.hold(&text, vec![Fact::Packages(records)].into())
    }
}

const FORMAT: Format = Format::of_keys(
    "a description of a snap",
    &["name", "parts", "packages", "primed-stage-packages"],
);

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    name: Option<String>,
    version: Option<String>,
    base: Option<String>,
    license: Option<String>,
    #[serde(default)]
    architectures: Vec<Architecture>,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    primed_stage_packages: Vec<String>,
    #[serde(default)]
    parts: BTreeMap<String, Part>,
}

/// Recipes say more than a name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Architecture {
    Name(String),
    Other(serde::de::IgnoredAny),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Part {
    stage_packages: Option<Vec<String>>,
    primed_stage_packages: Option<Vec<String>>,
}

impl Document {
    fn snap(&self, confidence: Confidence) -> Option<PackageRecord> {
        let name = self.name.as_deref().filter(|name| !name.is_empty())?;
        let mut record =
            PackageRecord::new(Ecosystem::Snap, name, self.version.clone(), confidence);
        record.licenses = self.license.clone().into_iter().collect();
        let mut purl = PackageUrl {
            kind: "generic".into(),
            namespace: "snap".into(),
            name: name.to_owned(),
            version: record.version.clone(),
            ..PackageUrl::default()
        };
        if let [Architecture::Name(arch)] = self.architectures.as_slice() {
            purl.qualifiers.insert("arch".into(), arch.clone());
        }
        if let Some(base) = &self.base {
            purl.qualifiers.insert("base".into(), base.clone());
        }
        record.purl = Some(purl.to_string());
        Some(record)
    }

    /// `name[:arch]=version`, once each. What is primed is in the snap; what is
    /// staged may have been left out again.
    fn staged(&self) -> BTreeSet<&str> {
        let parts = self.parts.values();
        let of_parts = |list: fn(&Part) -> &Option<Vec<String>>| {
            let lists = parts.clone().filter_map(move |part| list(part).as_ref());
            lists.flatten().collect::<Vec<_>>()
        };
        let primed = of_parts(|part| &part.primed_stage_packages);
        let mut all: Vec<&String> = self
            .packages
            .iter()
            .chain(&self.primed_stage_packages)
            .chain(primed)
            .collect();
        if all.is_empty() {
            all = of_parts(|part| &part.stage_packages);
        }
        all.into_iter().map(String::as_str).collect()
    }
}

fn staged(package: &str, of_host: bool) -> Option<PackageRecord> {
    let (name, version) = package.split_once('=')?;
    let (name, arch) = match name.split_once(':') {
        Some((name, arch)) => (name, Some(arch.to_owned())),
        None => (name, None),
    };
    let version = Some(version.to_owned());
    if of_host {
        let mut record = PackageRecord::new(Ecosystem::Deb, name, version, Confidence::Installed);
        record.arch = arch;
        return Some(record);
    }
    let mut record = PackageRecord::new(Ecosystem::Snap, name, version, Confidence::Installed);
    let purl = PackageUrl {
        kind: "deb".into(),
        namespace: "ubuntu".into(),
        name: name.to_owned(),
        version: record.version.clone(),
        qualifiers: arch.map(|arch| ("arch".into(), arch)).into_iter().collect(),
        ..PackageUrl::default()
    };
    record.purl = Some(purl.to_string());
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn a_snap_is_what_its_metadata_says() {
        let text = b"name: core\nversion: 16-2.61\nbase: bare\nlicense: GPL-3.0\narchitectures: [amd64]\napps:\n  x: {command: y}\n";
        let records = records(&Snap, "snap/core/16/meta/snap.yaml", text).unwrap();
        assert_eq!(
            records[0].purl.as_deref(),
            Some("pkg:generic/snap/core@16-2.61?arch=amd64&base=bare")
        );
        assert_eq!(
            found(&Snap, "meta/snap.yaml", b"name: a\nversion: 1.10\n"),
            ["a@1.10"]
        );
        let nameless = crate::fixture::records(&Snap, "meta/snap.yaml", b"version: 1\n");
        assert!(nameless.is_err());
        let recipe = b"name: a\nversion: git\narchitectures:\n- build-on: [amd64]\nparts:\n  x: {plugin: nil}\n";
        assert_eq!(found(&Snap, "snap/snapcraft.yaml", recipe), ["a@git"]);
    }

    /// Trap 25.
    #[test]
    fn packages_in_a_snap_are_not_those_of_the_host() {
        let text = b"package-repositories:\n- type: apt\npackages:\n- adduser=3.118ubuntu2\n- gcc-10-base:amd64=10.5\n";
        let inside = records(&Snap, "snap/core20/1/usr/share/snappy/dpkg.yaml", text).unwrap();
        assert!(
            inside
                .iter()
                .all(|record| record.ecosystem == Ecosystem::Snap)
        );
        assert_eq!(
            inside[1].purl.as_deref(),
            Some("pkg:deb/ubuntu/gcc-10-base@10.5?arch=amd64")
        );
        let root = records(&Snap, BASE, text).unwrap();
        assert_eq!(
            (root[0].ecosystem, root[1].arch.as_deref()),
            (Ecosystem::Deb, Some("amd64"))
        );
        let manifest = b"name: pc\nversion: '1'\nprimed-stage-packages:\n- shim-signed=1.56+15.7\nparts:\n  a:\n    stage-packages: [x=1]\n    build-packages: []\n";
        assert_eq!(
            found(&Snap, "snap/manifest.yaml", manifest),
            ["shim-signed@1.56+15.7"]
        );
    }
}
