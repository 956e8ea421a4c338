//! SPDX 2.3, in JSON and as tags and values.

mod tags;

use super::license::references;
use super::reference::{References, short};
use super::{TOOL, created, write_json};
use crate::Report;
use plimsoll_sbom::properties::{Property, of_coverage, of_distro, of_image, of_package};
use plimsoll_types::{Distro, Package};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;

pub(super) fn json(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write_json(&Document::complete(report)?, out)
}

pub(super) fn tag_value(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(tags::of(&Document::complete(report)?).as_bytes())
}

const NOTHING: &str = "NOASSERTION";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    spdxid: &'static str,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    packages: Vec<PackageEntry>,
    relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<Extracted>,
    annotations: Vec<Annotation>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: [String; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PackageEntry {
    name: String,
    #[serde(rename = "SPDXID")]
    spdxid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<String>,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    license_concluded: String,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef>,
    primary_package_purpose: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    extracted_text: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation {
    annotation_date: String,
    annotation_type: &'static str,
    annotator: String,
    comment: String,
}

impl Document {
    /// With a namespace that names the content.
    fn complete(report: &Report<'_>) -> io::Result<Self> {
        let mut document = Self::of(report);
        let uuid = super::uuid(&serde_json::to_vec(&document)?);
        document.document_namespace = format!("urn:uuid:{uuid}");
        Ok(document)
    }

    fn of(report: &Report<'_>) -> Self {
        let inventory = report.inventory;
        let maker = Maker {
            report,
            created: created(report),
        };
        let mut refs = References::default();
        let mut extracted = BTreeMap::new();
        let image = maker.image();
        let mut packages = vec![image];
        packages.extend(inventory.distro.as_ref().map(|distro| maker.distro(distro)));
        let first = packages.len();
        let held = inventory.packages.iter().chain(report.removed());
        packages.extend(held.map(|package| maker.package(package, &mut refs, &mut extracted)));
        let id = |index: usize| packages.get(first + index).map(|package| &package.spdxid);
        let relate = |from: &str, relationship_type, to: &str| Relationship {
            spdx_element_id: from.to_owned(),
            relationship_type,
            related_spdx_element: to.to_owned(),
        };
        let mut relationships = vec![relate("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)];
        let contained = packages
            .iter()
            .skip(1)
            .take(first - 1 + inventory.packages.len());
        relationships.extend(contained.map(|package| relate(IMAGE, "CONTAINS", &package.spdxid)));
        for (index, package) in inventory.packages.iter().enumerate() {
            let needs = package
                .depends_on
                .iter()
                .filter_map(|&to| usize::try_from(to).ok());
            relationships
                .extend(needs.filter_map(|to| Some(relate(id(index)?, "DEPENDS_ON", id(to)?))));
        }
        Self {
            spdx_version: "SPDX-2.3",
            data_license: "CC0-1.0",
            spdxid: "SPDXRef-DOCUMENT",
            name: inventory.image.name.clone(),
            document_namespace: String::new(),
            creation_info: CreationInfo {
                created: maker.created.clone(),
                creators: [format!("Tool: {TOOL}")],
            },
            annotations: maker.annotations(&of_coverage(&inventory.coverage)),
            packages,
            relationships,
            has_extracted_licensing_infos: extracted
                .into_iter()
                .map(|(license_id, name): (String, String)| Extracted {
                    license_id,
                    extracted_text: name.clone(),
                    name,
                })
                .collect(),
        }
    }
}

const IMAGE: &str = "SPDXRef-Image";

/// Makes the packages of one document.
struct Maker<'r> {
    report: &'r Report<'r>,
    created: String,
}

impl Maker<'_> {
    fn entry(&self, name: &str, spdxid: String, purpose: &'static str) -> PackageEntry {
        PackageEntry {
            name: name.to_owned(),
            spdxid,
            version_info: None,
            supplier: None,
            download_location: NOTHING,
            files_analyzed: false,
            checksums: Vec::new(),
            source_info: None,
            license_concluded: NOTHING.to_owned(),
            license_declared: NOTHING.to_owned(),
            copyright_text: NOTHING,
            external_refs: Vec::new(),
            primary_package_purpose: purpose,
            annotations: Vec::new(),
        }
    }

    fn image(&self) -> PackageEntry {
        let inventory = self.report.inventory;
        let image = &inventory.image;
        let name = image.reference.as_ref().unwrap_or(&image.name);
        let mut entry = self.entry(name, IMAGE.to_owned(), "CONTAINER");
        entry.version_info = image.manifest.as_ref().map(ToString::to_string);
        let purl = super::cyclonedx::oci_purl(image);
        entry
            .external_refs
            .extend(purl.map(|purl| package_manager(&purl)));
        entry.annotations = self.annotations(&of_image(inventory));
        entry
    }

    fn distro(&self, distro: &Distro) -> PackageEntry {
        let mut entry = self.entry(
            &distro.id,
            "SPDXRef-OperatingSystem".to_owned(),
            "OPERATING_SYSTEM",
        );
        entry.version_info.clone_from(&distro.version);
        entry.annotations = self.annotations(&of_distro(distro));
        entry
    }

    fn package(
        &self,
        package: &Package,
        refs: &mut References,
        extracted: &mut BTreeMap<String, String>,
    ) -> PackageEntry {
        let inventory = self.report.inventory;
        let record = &package.record;
        let purl = record
            .purl(inventory.distro.as_ref())
            .map(|purl| purl.to_string());
        let reference = refs.of_package(package, purl.as_deref());
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let name: String = record
            .name
            .chars()
            .take(60)
            .map(|c| if legal(c) { c } else { '-' })
            .collect();
        let spdxid = format!(
            "SPDXRef-Package-{}-{name}-{}",
            record.ecosystem,
            short(&reference)
        );
        let mut entry = self.entry(&record.name, spdxid, "LIBRARY");
        let version = Some(record.full_version()).filter(|version| !version.is_empty());
        entry.version_info = version;
        entry.supplier = record.vendor.as_deref().map(party);
        entry.source_info = found_in(package);
        let mut properties = of_package(inventory, package);
        if let Some(license) = &package.license {
            // Without a declaration it was read off a licence file.
            match record.licenses.is_empty() {
                true => entry.license_concluded.clone_from(license),
                false => entry.license_declared.clone_from(license),
            }
            for (reference, name) in references(license) {
                extracted.insert(reference.to_owned(), name.to_owned());
            }
        }
        properties.extend(verbatim(package));
        // Tags and values hold no line breaks.
        for (key, value) in [("name", &record.name), ("version", &record.full_version())] {
            if crate::plain::plain(value) != *value {
                properties.push((format!("plimsoll:{key}"), value.clone()));
            }
        }
        if let Some(vendor) = &record.vendor
            && entry
                .supplier
                .as_deref()
                .map(|told| told.contains(vendor.as_str()))
                != Some(true)
        {
            properties.push(("plimsoll:vendor".to_owned(), vendor.clone()));
        }
        for digest in &record.digests {
            let named = plimsoll_sbom::algorithm(digest);
            match named.and_then(|(names, hash)| Some((names.spdx2?, hash))) {
                Some((algorithm, hash)) => entry.checksums.push(Checksum {
                    algorithm,
                    checksum_value: hash.to_ascii_lowercase(),
                }),
                None => properties.push(("plimsoll:digest".to_owned(), digest.clone())),
            }
        }
        for cpe in &record.cpes {
            match cpe.starts_with("cpe:2.3:") && !cpe.contains(char::is_whitespace) {
                true => entry.external_refs.push(ExternalRef {
                    reference_category: "SECURITY",
                    reference_type: "cpe23Type",
                    reference_locator: cpe.clone(),
                }),
                false => properties.push(("plimsoll:cpe".to_owned(), cpe.clone())),
            }
        }
        entry
            .external_refs
            .extend(purl.map(|purl| package_manager(&purl)));
        entry.annotations = self.annotations(&properties);
        entry
    }

    /// One annotation for all properties; readers of other programs skip it.
    fn annotations(&self, properties: &[Property]) -> Vec<Annotation> {
        let annotation = Annotation {
            annotation_date: self.created.clone(),
            annotation_type: "OTHER",
            annotator: format!("Tool: {TOOL}"),
            comment: object(properties),
        };
        match properties.is_empty() {
            true => Vec::new(),
            false => vec![annotation],
        }
    }
}

/// The declared licences, where the expression is not just that.
pub(super) fn verbatim(package: &Package) -> Vec<Property> {
    let declared = &package.record.licenses;
    if declared.as_slice() == package.license.as_slice() {
        return Vec::new();
    }
    let declared = declared.iter();
    declared
        .map(|license| ("plimsoll:license".to_owned(), license.clone()))
        .collect()
}

fn package_manager(purl: &str) -> ExternalRef {
    ExternalRef {
        reference_category: "PACKAGE-MANAGER",
        reference_type: "purl",
        reference_locator: purl.to_owned(),
    }
}

/// `Person: name (address)`, or an organisation without address.
fn party(vendor: &str) -> String {
    let vendor = vendor.split_whitespace().collect::<Vec<_>>().join(" ");
    let split = vendor
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once(" <"));
    match split {
        Some((name, address)) if address.contains('@') => format!("Person: {name} ({address})"),
        _ => format!("Organization: {vendor}"),
    }
}

/// Where it was found, for people.
fn found_in(package: &Package) -> Option<String> {
    const SHOWN: usize = 4;
    let locations = package.locations.iter();
    let mut shown: Vec<_> = locations.take(SHOWN).map(ToString::to_string).collect();
    if package.locations.len() > SHOWN {
        shown.push(format!("{} more places", package.locations.len() - SHOWN));
    }
    (!shown.is_empty()).then(|| format!("found in {}", shown.join(", ")))
}

/// Properties as one JSON object on one line, in their order; a name that
/// occurs many times has a list.
fn object(properties: &[Property]) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in properties {
        let of_name = values.entry(name).or_default();
        if of_name.is_empty() {
            names.push(name);
        }
        of_name.push(value);
    }
    let members: Vec<String> = names
        .into_iter()
        .map(|name| {
            let value = match values.get(name).map(Vec::as_slice) {
                Some([one]) => Value::from(*one),
                Some(many) => Value::from(many.to_vec()),
                None => Value::Null,
            };
            format!("{}:{value}", Value::from(name))
        })
        .collect();
    // Nothing may look like the end of a text in tags and values.
    let object = format!("{{{}}}", members.join(","));
    super::visible(&object.replace('<', "\\u003c"))
}
