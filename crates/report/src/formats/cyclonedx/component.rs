use super::References;
use super::license::{Choice, choices};
use crate::Report;
use plimsoll_types::{Digest, Distro, ImageIdentity, Inventory, Package, PackageUrl};
use serde::Serialize;
use std::collections::BTreeMap;

/// Longest version that the schema takes.
const MAX_VERSION: usize = 1024;

/// Part of an image, or the image itself.
#[derive(Default, Serialize)]
pub(super) struct Component {
    r#type: &'static str,
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
struct Occurrence {
    location: String,
}

/// A name and a value.
#[derive(Serialize)]
pub(super) struct Property {
    name: String,
    value: String,
}

pub(super) fn property(name: impl Into<String>, value: impl Into<String>) -> Property {
    Property {
        name: name.into(),
        value: value.into(),
    }
}

impl Component {
    pub(super) fn reference(&self) -> &str {
        &self.bom_ref
    }

    /// Whether a container has it, rather than a lower layer only.
    pub(super) fn is_held(&self) -> bool {
        self.scope != Some("excluded")
    }

    pub(super) fn this_program(refs: &mut References) -> Self {
        Self {
            r#type: "application",
            bom_ref: refs.take("tool:plimsoll".to_owned()),
            name: "plimsoll".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn image(inventory: &Inventory, refs: &mut References) -> Self {
        let image = &inventory.image;
        let digest = [&image.manifest, &image.resolved, &image.config]
            .into_iter()
            .flatten()
            .next();
        let purl = oci_purl(image);
        let named = || {
            let digest = digest.map_or(String::new(), |digest| format!("@{digest}"));
            format!("image:{}{digest}", image.name)
        };
        let mut properties = Vec::new();
        let digests = [
            ("resolved", &image.resolved),
            ("manifest", &image.manifest),
            ("config", &image.config),
        ];
        for (name, digest) in digests {
            let digest = digest.as_ref().map(Digest::as_str);
            properties.extend(digest.map(|d| property(format!("plimsoll:image:{name}"), d)));
        }
        let platform = image.platform.as_ref();
        properties.extend(platform.map(|p| property("plimsoll:image:platform", p.to_string())));
        for (index, layer) in inventory.layers.iter().enumerate() {
            let name = format!("plimsoll:image:layer:{index}:diffId");
            properties.push(property(name, layer.diff_id.as_str()));
        }
        Self {
            r#type: "container",
            bom_ref: refs.take(purl.clone().unwrap_or_else(named)),
            name: image.reference.as_ref().unwrap_or(&image.name).clone(),
            version: digest.map(Digest::to_string),
            purl,
            properties,
            ..Self::default()
        }
    }

    pub(super) fn distro(distro: &Distro, refs: &mut References) -> Self {
        Self {
            r#type: "operating-system",
            bom_ref: refs.take(format!("os:{}", distro.qualifier())),
            name: distro.id.clone(),
            version: distro.version.clone().filter(|v| v.len() <= MAX_VERSION),
            description: Some(distro.pretty.clone()).filter(|pretty| !pretty.is_empty()),
            ..Self::default()
        }
    }

    pub(super) fn package(report: &Report<'_>, package: &Package, refs: &mut References) -> Self {
        let record = &package.record;
        let purl = record.purl(report.inventory.distro.as_ref());
        let (group, name) = match &purl {
            Some(purl) if !record.ecosystem.is_os() && !purl.namespace.is_empty() => {
                (Some(purl.namespace.clone()), purl.name.clone())
            }
            _ => (None, record.name.clone()),
        };
        let purl = purl.map(|purl| purl.to_string());
        let occurrences: Vec<_> = package
            .locations
            .iter()
            .map(|location| Occurrence {
                location: location.to_string(),
            })
            .collect();
        Self {
            r#type: "library",
            bom_ref: refs.of_package(package, purl.as_deref()),
            publisher: record.vendor.clone(),
            group,
            name,
            version: Some(record.full_version())
                .filter(|version| !version.is_empty() && version.len() <= MAX_VERSION),
            description: None,
            scope: package.removed.map(|_| "excluded"),
            licenses: choices(&record.licenses),
            purl,
            evidence: (!occurrences.is_empty()).then_some(Evidence { occurrences }),
            properties: properties(report, package),
        }
    }
}

fn properties(report: &Report<'_>, package: &Package) -> Vec<Property> {
    let record = &package.record;
    let mut properties = vec![property("plimsoll:type", record.ecosystem.as_str())];
    let index = package.introduced;
    properties.push(property("plimsoll:layer:index", index.to_string()));
    let layer = usize::try_from(index).ok();
    if let Some(layer) = layer.and_then(|index| report.inventory.layers.get(index)) {
        properties.push(property("plimsoll:layer:diffId", layer.diff_id.as_str()));
        let instruction = layer.instruction.as_deref();
        properties.extend(instruction.map(|i| property("plimsoll:layer:instruction", i)));
    }
    if let Some(layer) = package.removed {
        properties.push(property("plimsoll:removed:layer:index", layer.to_string()));
    }
    for (number, location) in package.locations.iter().enumerate() {
        let name = format!("plimsoll:location:{number}");
        properties.push(property(name, location.to_string()));
    }
    if let Some(source) = &record.source {
        properties.push(property("plimsoll:source:name", &source.name));
        let version = source.version.as_ref();
        properties.extend(version.map(|v| property("plimsoll:source:version", v)));
    }
    let owner = package.owned_by.as_ref();
    properties.extend(owner.map(|owner| property("plimsoll:ownedBy", owner)));
    properties
}

/// The package URL of an image from a registry.
fn oci_purl(image: &ImageIdentity) -> Option<String> {
    // What an archive calls itself proves nothing about a repository.
    if image.source != "registry" {
        return None;
    }
    let digest = image.manifest.as_ref()?;
    let reference = image.reference.as_deref()?;
    let reference = reference
        .split_once('@')
        .map_or(reference, |(name, _)| name);
    let (path, name) = reference.rsplit_once('/')?;
    let (name, tag) = match name.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (name, None),
    };
    let mut qualifiers = BTreeMap::new();
    qualifiers.insert("repository_url".to_owned(), format!("{path}/{name}"));
    if let Some(tag) = tag {
        qualifiers.insert("tag".to_owned(), tag.to_owned());
    }
    if let Some(platform) = &image.platform {
        qualifiers.insert("arch".to_owned(), platform.architecture.clone());
    }
    let purl = PackageUrl {
        kind: "oci".to_owned(),
        name: name.to_ascii_lowercase(),
        version: Some(digest.to_string()),
        qualifiers,
        ..PackageUrl::default()
    };
    Some(purl.to_string())
}
