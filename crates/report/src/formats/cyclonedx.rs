//! CycloneDX 1.4 to 1.7, in JSON and XML.

mod choice;
mod component;
mod vulnerability;
mod xml;

use super::reference::References;
use super::vex;
use crate::Report;
pub(super) use component::oci_purl;
use component::{Component, Property, properties};
use plimsoll_sbom::properties::of_coverage;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
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

/// What is said of each finding, with the packages that have any.
pub(super) fn vex(report: &Report<'_>, version: &str, out: &mut dyn io::Write) -> io::Result<()> {
    super::write_json(&Bom::of_answers(report, version).named()?, out)
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
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    tools: Tools,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<Component>,
    properties: Vec<Property>,
}

/// Programs are components since 1.5.
#[derive(Serialize)]
#[serde(untagged)]
enum Tools {
    Components { components: Vec<Component> },
    Names([Tool; 1]),
}

impl Tools {
    fn this_program(version: &str, refs: &mut References) -> Self {
        match version {
            "1.4" => Tools::Names([Tool {
                name: "plimsoll",
                version: env!("CARGO_PKG_VERSION"),
            }]),
            _ => Tools::Components {
                components: vec![Component::this_program(refs)],
            },
        }
    }
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
    fn complete(report: &Report<'_>, version: &str) -> io::Result<Self> {
        Self::of(report, version).named()
    }

    /// With a serial number that names the content.
    fn named(mut self) -> io::Result<Self> {
        let uuid = super::uuid(&serde_json::to_vec(&self)?);
        self.serial_number = Some(format!("urn:uuid:{uuid}"));
        Ok(self)
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
        let tools = Tools::this_program(version, &mut refs);
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
                timestamp: None,
                tools,
                component: Some(image),
                properties: properties(of_coverage(&inventory.coverage)),
            },
            components,
            compositions,
            vulnerabilities,
        }
    }

    fn of_answers(report: &Report<'_>, version: &str) -> Self {
        let inventory = report.inventory;
        let mut refs = References::default();
        // By its name alone nothing could be told to be the same product.
        let image = vex::product(report).map(|_| Component::image(inventory, &mut refs));
        let answers = vex::assess(report);
        let concerned: BTreeSet<usize> = answers.iter().map(|a| a.finding.package).collect();
        let packages = concerned.into_iter().filter_map(|index| {
            let package = inventory.packages.get(index)?;
            let mut component = Component::package(report, package, &mut refs);
            component.forget_evidence();
            Some((index, component))
        });
        let components: BTreeMap<usize, Component> = packages.collect();
        let of_package = |index| components.get(&index).map(Component::reference);
        let vulnerabilities = vulnerability::answered(report, version, &answers, of_package);
        Self {
            schema: format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
            bom_format: "CycloneDX",
            spec_version: version.to_owned(),
            serial_number: None,
            version: 1,
            metadata: Metadata {
                timestamp: Some(vex::given(report)),
                tools: Tools::this_program(version, &mut refs),
                component: image,
                properties: Vec::new(),
            },
            dependencies: Vec::new(),
            components: components.into_values().collect(),
            compositions: Vec::new(),
            vulnerabilities,
        }
    }
}
