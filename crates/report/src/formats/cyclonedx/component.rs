use super::choice::{Choice, choices};
use crate::Report;
use crate::formats::reference::References;
use plimsoll_sbom::properties::{self as told, of_distro, of_image, of_package};
use plimsoll_types::{Digest, Distro, Ecosystem, ImageIdentity, Inventory, Package, PackageUrl};
use serde::Serialize;
use std::collections::BTreeMap;

/// Longest version that the schema takes.
const MAX_VERSION: usize = 1024;

/// Part of an image, or the image itself.
#[derive(Default, Serialize)]
pub(super) struct Component {
    pub(super) r#type: &'static str,
    #[serde(rename = "bom-ref")]
    pub(super) bom_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) supplier: Option<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) licenses: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<Property>,
}

/// Who a component comes from.
#[derive(Serialize)]
pub(super) struct Organization {
    pub(super) name: String,
}

#[derive(Serialize)]
pub(super) struct Hash {
    pub(super) alg: &'static str,
    pub(super) content: String,
}

#[derive(Serialize)]
pub(super) struct Evidence {
    pub(super) occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
pub(super) struct Occurrence {
    pub(super) location: String,
}

/// A name and a value.
#[derive(Serialize)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) value: String,
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
        Self {
            r#type: "container",
            bom_ref: refs.take(purl.clone().unwrap_or_else(named)),
            name: image.reference.as_ref().unwrap_or(&image.name).clone(),
            version: digest.map(Digest::to_string),
            purl,
            properties: properties(of_image(inventory)),
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
            properties: properties(of_distro(distro)),
            ..Self::default()
        }
    }

    pub(super) fn package(report: &Report<'_>, package: &Package, refs: &mut References) -> Self {
        let record = &package.record;
        let purl = record.purl(report.inventory.distro.as_ref());
        let (group, name) = names(package, purl.as_ref());
        let purl = purl.map(|purl| purl.to_string());
        let version = Some(record.full_version()).filter(|version| !version.is_empty());
        let mut more = Vec::new();
        if version
            .as_ref()
            .is_some_and(|version| version.len() > MAX_VERSION)
        {
            let version = record.version.iter();
            more.extend(version.map(|version| property("plimsoll:version", version)));
        }
        let mut cpes = record.cpes.iter();
        let cpe = cpes.next().filter(|cpe| is_cpe(cpe));
        let rest = record.cpes.iter().skip(usize::from(cpe.is_some()));
        more.extend(rest.map(|cpe| property("plimsoll:cpe", cpe)));
        let mut hashes = Vec::new();
        for digest in &record.digests {
            let named = plimsoll_sbom::algorithm(digest);
            match named.and_then(|(names, content)| Some((names.cyclonedx?, content))) {
                Some((alg, content)) => hashes.push(Hash {
                    alg,
                    content: content.to_owned(),
                }),
                None => more.push(property("plimsoll:digest", digest)),
            }
        }
        let mut properties = properties(of_package(report.inventory, package));
        properties.extend(more);
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
            supplier: record.vendor.clone().map(|name| Organization { name }),
            publisher: record.vendor.clone(),
            group,
            name,
            version: version.filter(|version| version.len() <= MAX_VERSION),
            description: None,
            scope: package.removed.map(|_| "excluded"),
            hashes,
            licenses: choices(&record.licenses),
            cpe: cpe.cloned(),
            purl,
            evidence: (!occurrences.is_empty()).then_some(Evidence { occurrences }),
            properties,
        }
    }

    pub(super) fn forget_evidence(&mut self) {
        self.evidence = None;
    }
}

/// Group and name, where both together are the name again.
fn names(package: &Package, purl: Option<&PackageUrl>) -> (Option<String>, String) {
    let record = &package.record;
    let separator = match record.ecosystem {
        Ecosystem::Maven => ":",
        _ => "/",
    };
    let split = purl.filter(|purl| {
        let joined = format!("{}{separator}{}", purl.namespace, purl.name);
        !purl.namespace.is_empty() && joined == record.name
    });
    match split {
        Some(purl) => (Some(purl.namespace.clone()), purl.name.clone()),
        None => (None, record.name.clone()),
    }
}

/// Whether the schema in XML would take it too.
fn is_cpe(cpe: &str) -> bool {
    let legal = |c: char| c.is_ascii_graphic() && !"<>&\"".contains(c);
    let parts = cpe.strip_prefix("cpe:2.3:");
    parts.is_some_and(|parts| {
        parts.starts_with(['a', 'o', 'h', '*', '-']) && parts.chars().all(legal)
    })
}

/// Properties as the document has them.
pub(super) fn properties(told: Vec<told::Property>) -> Vec<Property> {
    told.into_iter()
        .map(|(name, value)| Property { name, value })
        .collect()
}

/// The package URL of an image from a registry.
pub(in crate::formats) fn oci_purl(image: &ImageIdentity) -> Option<String> {
    // What an archive calls itself proves nothing about a repository.
    // A bill of materials is believed in this as in all else.
    if !matches!(image.source.as_str(), "registry" | "sbom") {
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
