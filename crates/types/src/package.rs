use crate::{Distro, Ecosystem, PackageUrl, pep503};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// What one piece of evidence says about one package, before anything is
/// known of layers or of other files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageRecord {
    /// The world the name belongs to.
    pub ecosystem: Ecosystem,
    /// The name as the ecosystem's own tools print it (`group:artifact` for
    /// Maven, `@scope/name` for npm, the whole module path for Go).
    pub name: String,
    /// The version as stored; rpm: `version-release` without the epoch.
    /// `None` where the evidence names no version.
    pub version: Option<String>,
    /// The rpm epoch, where the header has one. Debian keeps it in `version`.
    pub epoch: Option<u32>,
    /// The architecture, verbatim.
    pub arch: Option<String>,
    /// The source or origin package, only where it differs in name or version.
    pub source: Option<SourcePackage>,
    /// Vendor or maintainer, verbatim.
    pub vendor: Option<String>,
    /// Declared licences, verbatim.
    pub licenses: Vec<String>,
    /// The rpm modularity label `name:stream:version:context`.
    pub modularity: Option<String>,
    /// Package URL qualifiers that no other field implies: `classifier`,
    /// `platform`, `slot`, `vcs_url` and the like.
    pub qualifiers: BTreeMap<String, String>,
    /// The package URL, where it does not follow from the other fields.
    pub purl: Option<String>,
    /// Part of the project itself, or a file: no registry knows it, so it has
    /// no package URL and no advisory speaks of it.
    pub local: bool,
    /// Needed only to build or test what declares it.
    pub development: bool,
    /// CPE 2.3 names, where a curated rule gives them.
    pub cpes: Vec<String>,
    /// Digests of the artifact as its record states them, `algorithm:hex`.
    pub digests: Vec<String>,
    /// What it depends on, in the same ecosystem: `name`, or `name@version`
    /// where the evidence says which. Sorted.
    pub requires: Vec<String>,
    /// How sure the evidence is.
    pub confidence: Confidence,
    /// What leads to this package inside the evidence file, outermost first:
    /// archives (`BOOT-INF/lib/x.jar`), and at the end the `pom.properties` of
    /// a Java package that was merged into another's archive. Empty for the
    /// file itself.
    pub nested: Vec<String>,
}

impl PackageRecord {
    /// A record that knows nothing but its identity.
    pub fn new(
        ecosystem: Ecosystem,
        name: impl Into<String>,
        version: Option<String>,
        confidence: Confidence,
    ) -> Self {
        Self {
            ecosystem,
            name: name.into(),
            version: version.filter(|v| !v.is_empty()),
            epoch: None,
            arch: None,
            source: None,
            vendor: None,
            licenses: Vec::new(),
            modularity: None,
            qualifiers: BTreeMap::new(),
            purl: None,
            local: false,
            development: false,
            cpes: Vec::new(),
            digests: Vec::new(),
            requires: Vec::new(),
            confidence,
            nested: Vec::new(),
        }
    }

    /// Adds what another record of the same package says and this one does not.
    pub fn fill(&mut self, other: &PackageRecord) {
        fn option<T: Clone>(own: &mut Option<T>, other: &Option<T>) {
            if own.is_none() {
                own.clone_from(other);
            }
        }
        fn list(own: &mut Vec<String>, other: &[String]) {
            if own.is_empty() {
                own.extend_from_slice(other);
            }
        }
        option(&mut self.source, &other.source);
        option(&mut self.vendor, &other.vendor);
        option(&mut self.modularity, &other.modularity);
        option(&mut self.purl, &other.purl);
        list(&mut self.licenses, &other.licenses);
        list(&mut self.cpes, &other.cpes);
        list(&mut self.digests, &other.digests);
        list(&mut self.requires, &other.requires);
        // Of two outputs or platforms each has its own.
        let fits = |(key, value): (&String, &String)| {
            self.qualifiers.get(key).is_none_or(|own| own == value)
        };
        if other.qualifiers.iter().all(fits) {
            self.qualifiers.extend(other.qualifiers.clone());
        }
        self.development &= other.development;
        self.local &= other.local;
    }

    /// The version with the rpm epoch in front where there is one; empty when
    /// unknown. This is what people and comparators read.
    pub fn full_version(&self) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        match self.epoch {
            Some(epoch) => format!("{epoch}:{version}"),
            None => version.to_owned(),
        }
    }

    /// Name of the source package; the package itself when it has none.
    pub fn source_name(&self) -> &str {
        self.source
            .as_ref()
            .map_or(&self.name, |source| &source.name)
    }

    /// The name by which its registry tells packages apart, where spellings
    /// differ: `PyYAML` and `pyyaml` are one Python package (PEP 503).
    pub fn canonical_name(&self) -> Cow<'_, str> {
        canonical(self.ecosystem, &self.name)
    }

    /// What makes two records the same package: ecosystem, name, epoch and
    /// version, architecture.
    pub fn identity(&self) -> (Ecosystem, &str, Option<u32>, Option<&str>, Option<&str>) {
        (
            self.ecosystem,
            &self.name,
            self.epoch,
            self.version.as_deref(),
            self.arch.as_deref(),
        )
    }

    /// The package URL, with the distribution's qualifiers for OS packages;
    /// `None` where it would be a wrong one.
    pub fn purl(&self, distro: Option<&Distro>) -> Option<PackageUrl> {
        PackageUrl::of(self, distro)
    }
}

/// A name as [`PackageRecord::canonical_name`] gives it.
pub fn canonical(ecosystem: Ecosystem, name: &str) -> Cow<'_, str> {
    match ecosystem {
        Ecosystem::Pypi => Cow::Owned(pep503(name)),
        Ecosystem::Composer | Ecosystem::Luarocks | Ecosystem::Nuget => {
            Cow::Owned(name.to_lowercase())
        }
        _ => Cow::Borrowed(name),
    }
}

/// The package that a binary package was built from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourcePackage {
    /// Its name.
    pub name: String,
    /// Its version where stated; otherwise the binary's version applies.
    pub version: Option<String>,
}

/// How a package came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A package manager or installer wrote the evidence.
    Installed,
    /// A compiler or packager embedded it.
    Embedded,
    /// Only a lock file or manifest declares it.
    Declared,
    /// Read off a file name or a byte pattern.
    Guessed,
}

/// A place in an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Path from the image root, without a leading slash.
    pub path: String,
    /// What leads to it inside that file, as in [`PackageRecord::nested`].
    pub nested: Vec<String>,
    /// Index of the layer that last wrote the file, from the bottom.
    pub layer: u32,
    /// The kind of evidence, by the collector that read it; empty where a
    /// document that names the package does not say.
    pub evidence: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.path)?;
        for inner in &self.nested {
            write!(f, "!/{inner}")?;
        }
        Ok(())
    }
}

/// A package of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// What the evidence says.
    pub record: PackageRecord,
    /// Where the evidence lies, sorted; empty only for packages that were
    /// given rather than found.
    pub locations: Vec<Location>,
    /// Index of the layer that brought the package: the first of the unbroken
    /// run of layers that have it, up to the top.
    pub introduced: u32,
    /// Index of the layer that removed it; `None` while it is in the image.
    pub removed: Option<u32>,
    /// The OS package that owns the evidence file, as `name`, where its
    /// content is still what that package installed.
    pub owned_by: Option<String>,
    /// The licences as an SPDX expression: those that the record declares, else
    /// what a licence file beside it says. Names that are no SPDX licence are
    /// `LicenseRef-…`; `None` where nothing is known.
    pub license: Option<String>,
    /// Indexes of the packages that it depends on, ascending.
    pub depends_on: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_records_of_a_package_make_one() {
        let version = || Some("1".to_owned());
        let record = || PackageRecord::new(Ecosystem::Nix, "a", version(), Confidence::Installed);
        let (mut one, mut other) = (record(), record());
        one.licenses = vec!["MIT".into()];
        one.qualifiers.insert("hash".into(), "x".into());
        other.licenses = vec!["ISC".into()];
        other.vendor = Some("V".into());
        other.qualifiers.insert("hash".into(), "y".into());
        other.qualifiers.insert("output".into(), "bin".into());
        one.fill(&other);
        assert_eq!(
            (one.licenses[0].as_str(), one.vendor.as_deref()),
            ("MIT", Some("V"))
        );
        assert_eq!(one.qualifiers.len(), 1);
        other.qualifiers.remove("hash");
        one.fill(&other);
        assert_eq!(one.qualifiers.len(), 2);
    }
}
