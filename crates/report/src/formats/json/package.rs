use crate::Report;
use plimsoll_types::{Confidence, Package, PackageRecord};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct PackageEntry<'a> {
    name: &'a str,
    version: Option<String>,
    #[serde(rename = "type")]
    ecosystem: &'static str,
    purl: Option<String>,
    arch: Option<&'a str>,
    source: Option<SourceEntry<'a>>,
    vendor: Option<&'a str>,
    licenses: &'a [String],
    license: Option<&'a str>,
    cpes: &'a [String],
    digests: &'a [String],
    depends_on: &'a [u32],
    development: bool,
    locations: Vec<LocationEntry<'a>>,
    layer: u32,
    instruction: Option<&'a str>,
    owned_by: Option<&'a str>,
    confidence: Confidence,
    upgrade: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<u32>,
}

#[derive(Serialize)]
struct SourceEntry<'a> {
    name: &'a str,
    version: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct LocationEntry<'a> {
    path: &'a str,
    nested: &'a [String],
    layer: u32,
    evidence: &'a str,
}

impl<'a> PackageEntry<'a> {
    pub(super) fn of(
        report: &Report<'a>,
        package: &'a Package,
        upgrade: Option<&'a String>,
    ) -> Self {
        let record = &package.record;
        let source = record.source.as_ref();
        Self {
            name: &record.name,
            version: version(record),
            ecosystem: record.ecosystem.as_str(),
            purl: purl(report, record),
            arch: record.arch.as_deref(),
            source: source.map(|source| SourceEntry {
                name: &source.name,
                version: source.version.as_deref(),
            }),
            vendor: record.vendor.as_deref(),
            licenses: &record.licenses,
            license: package.license.as_deref(),
            cpes: &record.cpes,
            digests: &record.digests,
            depends_on: &package.depends_on,
            development: record.development,
            locations: locations(package),
            layer: package.introduced,
            instruction: report.instruction(package.introduced),
            owned_by: package.owned_by.as_deref(),
            confidence: record.confidence,
            upgrade: upgrade.map(String::as_str),
            removed: package.removed,
        }
    }
}

pub(super) fn version(record: &PackageRecord) -> Option<String> {
    record.version.as_ref().map(|_| record.full_version())
}

pub(super) fn purl(report: &Report<'_>, record: &PackageRecord) -> Option<String> {
    let purl = record.purl(report.inventory.distro.as_ref())?;
    Some(purl.to_string())
}

pub(super) fn locations(package: &Package) -> Vec<LocationEntry<'_>> {
    package
        .locations
        .iter()
        .map(|location| LocationEntry {
            path: &location.path,
            nested: &location.nested,
            layer: location.layer,
            evidence: &location.evidence,
        })
        .collect()
}
