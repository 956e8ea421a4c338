//! What rules ask of packages, wherever they ask it.

use crate::gates::Fire;
use crate::gates::values::{Comparison, Versions};
use crate::pattern::{Pattern, any};
use crate::verdict::Evidence;
use plimsoll_advisory::versions::Scheme;
use plimsoll_types::{Distro, Gap, GapKind, Package, PackageRecord, canonical};

/// Whether one of `names` is the package's, as it is spelled or as its
/// registry tells names apart.
pub(crate) fn is_named(names: &[Pattern], record: &PackageRecord) -> bool {
    let canonical_name = record.canonical_name();
    names.iter().any(|name| {
        let same = |literal| canonical(record.ecosystem, literal) == canonical_name;
        name.matches(&record.name)
            || name.matches(&canonical_name)
            || name.literal().is_some_and(same)
    })
}

/// Whether one of `purls` matches the package URL: the whole of it, without
/// its qualifiers, or without its version too.
pub(crate) fn has_purl(purls: &[Pattern], record: &PackageRecord, distro: Option<&Distro>) -> bool {
    let Some(purl) = record.purl(distro).map(|purl| purl.to_string()) else {
        return false;
    };
    let bare = purl.split(['?', '#']).next().unwrap_or(&purl);
    // An `@` of a scope is written as `%40`.
    let name = bare.rsplit_once('@').map_or(bare, |(name, _)| name);
    [&purl, bare, name].iter().any(|form| any(purls, form))
}

/// Whether the package's version is one of `versions`.
pub(crate) fn compare(versions: &[Versions], record: &PackageRecord) -> Comparison {
    let scheme = Scheme::of(record.ecosystem);
    Versions::compare(versions, scheme, &record.full_version())
}

/// Says that a rule about versions cannot tell about a package.
pub(crate) fn incomparable(package: &Package, versions: &[Versions], why: &str) -> Fire {
    let record = &package.record;
    let kind = match record.version {
        Some(_) => GapKind::VersionUnparsable,
        None => GapKind::VersionUnknown,
    };
    let place = package.locations.first();
    let wanted: Vec<&str> = versions.iter().map(Versions::text).collect();
    let detail = format!(
        "{} cannot be compared with {}: {why}",
        shown(record),
        wanted.join(" or ")
    );
    Fire {
        evidence: Evidence::Gap(Gap {
            kind,
            subject: place.map_or_else(|| record.name.clone(), |place| place.path.clone()),
            layer: place.map(|place| place.layer),
            detail: detail.clone(),
        }),
        about: about(record),
        message: detail,
        advice: Some("check it by hand, or name the version as a pattern".into()),
    }
}

/// The package without its version, for fingerprints.
pub(crate) fn about(record: &PackageRecord) -> String {
    crate::baseline::key(record)
}

/// `name version (ecosystem)`.
pub(crate) fn shown(record: &PackageRecord) -> String {
    let version = record.full_version();
    let space = if version.is_empty() { "" } else { " " };
    format!("{}{space}{version} ({})", record.name, record.ecosystem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::patterns;
    use plimsoll_types::{Confidence, Ecosystem};

    fn record(ecosystem: Ecosystem, name: &str) -> PackageRecord {
        PackageRecord::new(ecosystem, name, Some("1.2".into()), Confidence::Installed)
    }

    #[test]
    fn names_are_compared_as_spelled_and_as_registries_do() {
        let yaml = record(Ecosystem::Pypi, "Ruamel.YAML");
        for name in [
            "Ruamel.YAML",
            "ruamel-yaml",
            "ruamel_yaml",
            "ruamel-*",
            "Ruamel*",
        ] {
            assert!(is_named(&patterns(&[name]).unwrap(), &yaml), "{name}");
        }
        let npm = record(Ecosystem::Npm, "JSONStream");
        assert!(!is_named(&patterns(&["jsonstream"]).unwrap(), &npm));
    }

    #[test]
    fn package_urls_match_with_and_without_version_and_qualifiers() {
        let mut zlib = record(Ecosystem::Deb, "zlib1g");
        zlib.arch = Some("amd64".into());
        let distro = Distro {
            id: "debian".into(),
            version: Some("12".into()),
            ..Distro::default()
        };
        for purl in [
            "pkg:deb/debian/zlib1g",
            "pkg:deb/debian/zlib1g@1.2",
            "pkg:deb/**",
            "pkg:deb/debian/zlib1g@1.2?arch=amd64&distro=debian-12",
        ] {
            let purls = patterns(&[purl]).unwrap();
            assert!(has_purl(&purls, &zlib, Some(&distro)), "{purl}");
        }
        let other = patterns(&["pkg:deb/ubuntu/zlib1g"]).unwrap();
        assert!(!has_purl(&other, &zlib, Some(&distro)));
        let scoped = record(Ecosystem::Npm, "@angular/core");
        assert!(has_purl(
            &patterns(&["pkg:npm/%40angular/*"]).unwrap(),
            &scoped,
            None
        ));
        assert!(has_purl(
            &patterns(&["pkg:npm/%40angular/core"]).unwrap(),
            &scoped,
            None
        ));
    }
}
