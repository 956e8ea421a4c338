//! CycloneDX 1.6 in JSON.

mod component;
mod license;
mod vulnerability;

use crate::Report;
use component::{Component, Property, property};
use plimsoll_types::Package;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;
use vulnerability::Vulnerability;

pub(super) fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut bom = Bom::of(report);
    bom.serial_number = Some(serial_number(&serde_json::to_vec(&bom)?));
    super::write_json(&bom, out)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
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

#[derive(Serialize)]
struct Tools {
    components: [Component; 1],
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
    fn of(report: &Report<'_>) -> Self {
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
        let vulnerabilities = vulnerability::all(report, of_package);
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
        Self {
            schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
            bom_format: "CycloneDX",
            spec_version: "1.6",
            serial_number: None,
            version: 1,
            dependencies: vec![Dependency {
                r#ref: image.reference().to_owned(),
                depends_on: depends_on.collect(),
            }],
            metadata: Metadata {
                tools: Tools {
                    components: [Component::this_program(&mut refs)],
                },
                component: image,
                properties: coverage(report),
            },
            components,
            compositions,
            vulnerabilities,
        }
    }
}

fn coverage(report: &Report<'_>) -> Vec<Property> {
    let coverage = &report.inventory.coverage;
    let looked = coverage.looked.iter();
    let looked = looked.map(|name| property("plimsoll:looked", name));
    let gaps = coverage.gaps.iter();
    let gaps = gaps.map(|gap| property("plimsoll:gap", gap.to_string()));
    looked.chain(gaps).collect()
}

/// The `bom-ref`s that are taken.
#[derive(Default)]
struct References(BTreeSet<String>);

impl References {
    /// `wanted`, or with a number at its end where that is taken.
    fn take(&mut self, wanted: String) -> String {
        let mut reference = wanted.clone();
        let mut number = 2;
        while !self.0.insert(reference.clone()) {
            reference = format!("{wanted}#{number}");
            number += 1;
        }
        reference
    }

    fn of_package(&mut self, package: &Package, purl: Option<&str>) -> String {
        let record = &package.record;
        let unnamed = || {
            format!(
                "{}:{}@{}",
                record.ecosystem,
                record.name,
                record.full_version()
            )
        };
        self.take(purl.map_or_else(unnamed, str::to_owned))
    }
}

/// A UUID of version 8 over the document without it.
fn serial_number(document: &[u8]) -> String {
    let hash = blake3::hash(document);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_bytes()[..16]);
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    format!("urn:uuid:{}", parts.join("-"))
}
