//! CycloneDX 1.4 to 1.7, in JSON and XML.

mod choice;
mod component;
mod vulnerability;
mod xml;

use super::reference::References;
use crate::Report;
pub(super) use component::oci_purl;
use component::{Component, Property, properties};
use plimsoll_sbom::properties::of_coverage;
use serde::Serialize;
use std::io;
use vulnerability::Vulnerability;

/// The newest that most readers know first.
pub(super) const VERSIONS: &[&str] = &["1.6", "1.4", "1.5", "1.7"];

pub(super) fn json(report: &Report<'_>, version: &str, out: &mut dyn io::Write) -> io::Result<()> {
    super::write_json(&Bom::complete(report, version)?, out)
}

pub(super) fn xml(report: &Report<'_>, version: &str, out: &mut dyn io::Write) -> io::Result<()> {
    xml::write(&Bom::complete(report, version)?, out)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: &'static str,
    spec_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compositions: Vec<Composition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
    properties: Vec<Property>,
}

/// Programs are components since 1.5.
#[derive(Serialize)]
#[serde(untagged)]
enum Tools {
    Components { components: Vec<Component> },
    Names([Tool; 1]),
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    r#ref: String,
    depends_on: Vec<String>,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: Vec<String>,
}

impl Bom {
    /// With a serial number that names the content.
    fn complete(report: &Report<'_>, version: &str) -> io::Result<Self> {
        let mut bom = Self::of(report, version);
        let uuid = super::uuid(&serde_json::to_vec(&bom)?);
        bom.serial_number = Some(format!("urn:uuid:{uuid}"));
        Ok(bom)
    }

    fn of(report: &Report<'_>, version: &str) -> Self {
        let inventory = report.inventory;
        let mut refs = References::default();
        let image = Component::image(inventory, &mut refs);
        let distro = inventory.distro.as_ref();
        let mut components: Vec<_> = distro
            .map(|distro| Component::distro(distro, &mut refs))
            .into_iter()
            .collect();
        let first = components.len();
        let packages = inventory.packages.iter().chain(report.removed());
        components.extend(packages.map(|p| Component::package(report, p, &mut refs)));
        let of_package = |index: usize| components.get(first + index).map(Component::reference);
        let vulnerabilities = vulnerability::all(report, version, of_package);
        let compositions = match inventory.coverage.gaps.is_empty() {
            true => Vec::new(),
            // What could not be looked at may hold more components.
            false => vec![Composition {
                aggregate: "incomplete",
                assemblies: vec![image.reference().to_owned()],
            }],
        };
        let held = components.iter().filter(|component| component.is_held());
        let depends_on = held.map(|component| component.reference().to_owned());
        let mut dependencies = vec![Dependency {
            r#ref: image.reference().to_owned(),
            depends_on: depends_on.collect(),
        }];
        let needing = inventory.packages.iter().enumerate();
        let needing = needing.filter(|(_, package)| !package.depends_on.is_empty());
        dependencies.extend(needing.filter_map(|(index, package)| {
            let needs = package.depends_on.iter();
            let needs = needs.filter_map(|&to| of_package(usize::try_from(to).ok()?));
            Some(Dependency {
                r#ref: of_package(index)?.to_owned(),
                depends_on: needs.map(str::to_owned).collect(),
            })
        }));
        let tools = match version {
            "1.4" => Tools::Names([Tool {
                name: "plimsoll",
                version: env!("CARGO_PKG_VERSION"),
            }]),
            _ => Tools::Components {
                components: vec![Component::this_program(&mut refs)],
            },
        };
        if version == "1.4" {
            // Evidence of a place came with 1.5; properties have it too.
            components.iter_mut().for_each(Component::forget_evidence);
        }
        Self {
            schema: format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
            bom_format: "CycloneDX",
            spec_version: version.to_owned(),
            serial_number: None,
            version: 1,
            dependencies,
            metadata: Metadata {
                tools,
                component: image,
                properties: properties(of_coverage(&inventory.coverage)),
            },
            components,
            compositions,
            vulnerabilities,
        }
    }
}
