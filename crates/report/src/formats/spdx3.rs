//! SPDX 3.0.1 as JSON-LD: profiles core, software and simple licensing.

use super::license::references;
use super::reference::{References, short};
use super::{TOOL, created, write_json};
use crate::Report;
use plimsoll_sbom::properties::{Property, of_coverage, of_distro, of_image, of_package};
use plimsoll_types::Package;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

pub(super) fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    // Every id begins with the namespace, which names the content.
    let draft = document(report, "urn:uuid:");
    let namespace = format!("urn:uuid:{}", super::uuid(&serde_json::to_vec(&draft)?));
    write_json(&document(report, &namespace), out)
}

const MADE: &str = "_:creationinfo";

fn document(report: &Report<'_>, namespace: &str) -> Value {
    let inventory = report.inventory;
    let mut graph = Graph {
        namespace,
        elements: Vec::new(),
        agents: BTreeMap::new(),
        licenses: BTreeMap::new(),
    };
    let image = graph.image(report);
    let distro = inventory.distro.as_ref().map(|distro| {
        let id = graph.id("OperatingSystem");
        let mut entry = json!({
            "name": distro.id,
            "software_primaryPurpose": "operatingSystem",
            "extension": extension(&of_distro(distro)),
        });
        set(
            &mut entry,
            "software_packageVersion",
            distro.version.as_deref(),
        );
        graph.add("software_Package", &id, entry);
        id
    });
    let mut refs = References::default();
    let packages = inventory.packages.iter().chain(report.removed());
    let ids: Vec<String> = packages
        .map(|package| graph.package(report, package, &mut refs))
        .collect();
    let held: Vec<&String> = distro
        .iter()
        .chain(ids.iter().take(inventory.packages.len()))
        .collect();
    if !held.is_empty() {
        graph.relate(&image, "contains", &held);
    }
    for (from, package) in ids.iter().zip(&inventory.packages) {
        let needs = package
            .depends_on
            .iter()
            .filter_map(|&to| ids.get(usize::try_from(to).ok()?));
        let needs: Vec<&String> = needs.collect();
        if !needs.is_empty() {
            graph.relate(from, "dependsOn", &needs);
        }
    }
    graph.finish(report, &image)
}

struct Graph<'a> {
    namespace: &'a str,
    elements: Vec<Value>,
    /// Ids of suppliers by name.
    agents: BTreeMap<String, String>,
    /// Ids of licence expressions, and of texts, by themselves.
    licenses: BTreeMap<String, String>,
}

impl Graph<'_> {
    fn id(&self, name: &str) -> String {
        format!("{}#{name}", self.namespace)
    }

    fn add(&mut self, kind: &str, id: &str, mut members: Value) {
        if let Some(members) = members.as_object_mut() {
            members.insert("type".to_owned(), kind.into());
            members.insert("spdxId".to_owned(), id.into());
            members.insert("creationInfo".to_owned(), MADE.into());
            members.retain(|_, value| !value.is_null());
        }
        self.elements.push(members);
    }

    fn relate(&mut self, from: &str, kind: &str, to: &[&String]) {
        let id = self.id(&format!(
            "Relationship-{}",
            short(&format!("{kind} {from}"))
        ));
        self.add(
            "Relationship",
            &id,
            json!({ "from": from, "relationshipType": kind, "to": to }),
        );
    }

    fn image(&mut self, report: &Report<'_>) -> String {
        let inventory = report.inventory;
        let image = &inventory.image;
        let id = self.id("Image");
        let mut entry = json!({
            "name": image.reference.as_ref().unwrap_or(&image.name),
            "software_primaryPurpose": "container",
            "extension": extension(&of_image(inventory)),
        });
        let digest = image.manifest.as_ref().map(|digest| digest.as_str());
        set(&mut entry, "software_packageVersion", digest);
        let purl = super::cyclonedx::oci_purl(image);
        set(&mut entry, "software_packageUrl", purl.as_deref());
        self.add("software_Package", &id, entry);
        id
    }

    fn package(&mut self, report: &Report<'_>, package: &Package, refs: &mut References) -> String {
        let inventory = report.inventory;
        let record = &package.record;
        let purl = record
            .purl(inventory.distro.as_ref())
            .map(|purl| purl.to_string());
        let reference = refs.of_package(package, purl.as_deref());
        let id = self.id(&format!(
            "Package-{}-{}",
            record.ecosystem,
            short(&reference)
        ));
        let mut properties = of_package(inventory, package);
        let mut hashes = Vec::new();
        for digest in &record.digests {
            match plimsoll_sbom::algorithm(digest) {
                Some((names, hash)) => hashes.push(json!({
                    "type": "Hash",
                    "algorithm": names.spdx3,
                    "hashValue": hash,
                })),
                None => properties.push(("plimsoll:digest".to_owned(), digest.clone())),
            }
        }
        let mut identifiers = Vec::new();
        for cpe in &record.cpes {
            match cpe.starts_with("cpe:2.3:") {
                true => identifiers.push(json!({
                    "type": "ExternalIdentifier",
                    "externalIdentifierType": "cpe23",
                    "identifier": cpe,
                })),
                false => properties.push(("plimsoll:cpe".to_owned(), cpe.clone())),
            }
        }
        properties.extend(super::spdx::verbatim(package));
        if let Some(license) = &package.license {
            let license = self.license(license);
            // Without a declaration it was read off a licence file.
            let kind = match record.licenses.is_empty() {
                true => "hasConcludedLicense",
                false => "hasDeclaredLicense",
            };
            self.relate(&id, kind, &[&license]);
        }
        let mut entry = json!({
            "name": record.name,
            "software_primaryPurpose": "library",
            "extension": extension(&properties),
        });
        let version = Some(record.full_version()).filter(|version| !version.is_empty());
        set(&mut entry, "software_packageVersion", version.as_deref());
        set(&mut entry, "software_packageUrl", purl.as_deref());
        let supplier = record.vendor.as_ref().map(|vendor| self.agent(vendor));
        set(&mut entry, "suppliedBy", supplier.as_deref());
        for (key, list) in [
            ("verifiedUsing", hashes),
            ("externalIdentifier", identifiers),
        ] {
            if !list.is_empty() {
                entry[key] = list.into();
            }
        }
        self.add("software_Package", &id, entry);
        id
    }

    fn agent(&mut self, vendor: &str) -> String {
        if let Some(id) = self.agents.get(vendor) {
            return id.clone();
        }
        let id = self.id(&format!("Agent-{}", short(vendor)));
        self.agents.insert(vendor.to_owned(), id.clone());
        self.add("Organization", &id, json!({ "name": vendor }));
        id
    }

    fn license(&mut self, text: &str) -> String {
        if let Some(id) = self.licenses.get(text) {
            return id.clone();
        }
        let mut uris = Vec::new();
        for (reference, name) in references(text) {
            let id = self.id(&format!("Text-{reference}"));
            let known = self.licenses.insert(id.clone(), id.clone());
            if known.is_none() {
                self.add(
                    "simplelicensing_SimpleLicensingText",
                    &id,
                    json!({ "name": name, "simplelicensing_licenseText": name }),
                );
            }
            uris.push(json!({ "type": "DictionaryEntry", "key": reference, "value": id }));
        }
        let id = self.id(&format!("License-{}", short(text)));
        let mut entry = json!({ "simplelicensing_licenseExpression": text });
        if !uris.is_empty() {
            entry["simplelicensing_customIdToUri"] = uris.into();
        }
        self.licenses.insert(text.to_owned(), id.clone());
        self.add("simplelicensing_LicenseExpression", &id, entry);
        id
    }

    fn finish(mut self, report: &Report<'_>, image: &str) -> Value {
        let inventory = report.inventory;
        let tool = self.id("Agent-plimsoll");
        self.add("SoftwareAgent", &tool, json!({ "name": TOOL }));
        let members: Vec<Value> = self
            .elements
            .iter()
            .map(|element| element["spdxId"].clone())
            .collect();
        let bill = self.id("Sbom");
        self.add(
            "software_Sbom",
            &bill,
            json!({
                "software_sbomType": ["analyzed"],
                "rootElement": [image],
                "element": members,
            }),
        );
        let id = self.id("Document");
        let coverage = of_coverage(&inventory.coverage);
        let extension = (!coverage.is_empty()).then(|| extension(&coverage));
        self.add(
            "SpdxDocument",
            &id,
            json!({
                "name": inventory.image.name,
                "profileConformance": ["core", "software", "simpleLicensing"],
                "rootElement": [bill],
                "extension": extension,
            }),
        );
        let mut graph = vec![json!({
            "type": "CreationInfo",
            "@id": MADE,
            "specVersion": "3.0.1",
            "created": created(report),
            "createdBy": [tool],
        })];
        graph.append(&mut self.elements);
        json!({
            "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
            "@graph": graph,
        })
    }
}

fn set(entry: &mut Value, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        entry[key] = value.into();
    }
}

/// Properties in the form that SPDX took over from CycloneDX.
fn extension(properties: &[Property]) -> Value {
    let entries = properties.iter().map(|(name, value)| {
        json!({
            "type": "extension_CdxPropertyEntry",
            "extension_cdxPropName": name,
            "extension_cdxPropValue": value,
        })
    });
    json!([{
        "type": "extension_CdxPropertiesExtension",
        "extension_cdxProperty": entries.collect::<Vec<_>>(),
    }])
}
