//! SPDX 2.2 and 2.3 in JSON; the other serialisations beside it.
//!
//! <https://spdx.github.io/spdx-spec/v2.3/>

mod graph;
mod tag_value;

pub(crate) use graph::read as graph;
pub(crate) use tag_value::read as tag_value;

use crate::component::{Component, Kind, Place};
use crate::draft::Draft;
use crate::properties::Property;
use crate::{Bill, ReadError, hashes, json as parsing, list_of, text_of};
use plimsoll_types::{Ecosystem, PackageUrl};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

const FORMAT: &str = "SPDX";

/// Files of one package that are taken for its evidence; packages that own
/// more list all that they installed.
const MOST_FILES: usize = 16;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    #[serde(rename = "SPDXID")]
    spdxid: Value,
    packages: Vec<Value>,
    files: Value,
    relationships: Vec<Value>,
    document_describes: Value,
    annotations: Value,
    has_extracted_licensing_infos: Value,
}

pub(crate) fn json(text: &str) -> Result<Bill, ReadError> {
    Ok(bill(&parsing::parse(text, FORMAT)?))
}

fn bill(document: &Document) -> Bill {
    let mut draft = Draft::new(FORMAT);
    draft.properties = annotated(&document.annotations);
    let own = document.spdxid.as_str().unwrap_or("SPDXRef-DOCUMENT");
    let describes = parsing::texts(Some(&document.document_describes)).into_iter();
    draft.described.extend(describes.map(str::to_owned));
    let packages: HashSet<&str> = document.packages.iter().filter_map(id).collect();
    let mut edges = Edges {
        draft: &mut draft,
        packages: &packages,
        own,
        evident: HashMap::new(),
        files: HashMap::new(),
        development: HashSet::new(),
    };
    for relationship in &document.relationships {
        edges.add(relationship);
    }
    let Edges {
        evident,
        files,
        development,
        ..
    } = edges;
    let paths = paths(&document.files);
    let extracted = extracted(&document.has_extracted_licensing_infos);
    let alone = draft.described.len() == 1;
    for package in &document.packages {
        let mut component = component(package);
        let reference = component.reference.as_str();
        if component.kind == Kind::Package && draft.described.contains(reference) {
            match ecosystem(component.purl.as_deref()) {
                Some(_) => {}
                None if alone || component.purl.is_some() => component.kind = Kind::Subject,
                None => {}
            }
        }
        if document.packages.len() == 1
            && component.kind == Kind::Subject
            && component.purl.is_none()
            && component.version.is_some()
            && is_plain(&component)
        {
            component.kind = Kind::Package;
        }
        for license in &mut component.licenses {
            if let Some(name) = extracted.get(license.as_str()) {
                *license = (*name).to_owned();
            }
        }
        component.development |= development.contains(reference);
        let lies = evident.get(reference).or_else(|| {
            files
                .get(reference)
                .filter(|files| files.len() <= MOST_FILES)
        });
        if let Some(lies) = lies {
            let lies = lies.iter().filter_map(|file| paths.get(file));
            component.places.splice(.., lies.cloned());
        }
        draft.add(component);
    }
    draft.finish()
}

fn id(value: &Value) -> Option<&str> {
    value.get("SPDXID")?.as_str()
}

/// The ecosystem that a package URL names.
fn ecosystem(purl: Option<&str>) -> Option<Ecosystem> {
    Ecosystem::from_purl_type(&purl?.parse::<PackageUrl>().ok()?.kind)
}

/// Whether nothing says that it is an image or a folder.
fn is_plain(component: &Component) -> bool {
    !component.reference.starts_with("SPDXRef-DocumentRoot-")
}

/// Relationships by what they are for.
struct Edges<'a, 'd> {
    draft: &'d mut Draft,
    packages: &'a HashSet<&'a str>,
    own: &'a str,
    /// Files that show a package, as Syft says.
    evident: HashMap<&'a str, Vec<&'a str>>,
    /// Files of a package.
    files: HashMap<&'a str, Vec<&'a str>>,
    development: HashSet<&'a str>,
}

impl<'a> Edges<'a, '_> {
    fn add(&mut self, relationship: &'a Value) {
        let get = |key: &str| relationship.get(key).and_then(Value::as_str);
        let (Some(from), Some(kind), Some(to)) = (
            get("spdxElementId"),
            get("relationshipType"),
            get("relatedSpdxElement"),
        ) else {
            return;
        };
        if from == self.own || from == "SPDXRef-DOCUMENT" {
            if kind == "DESCRIBES" {
                self.draft.described.insert(to.to_owned());
            }
            return;
        }
        let packages = self.packages.contains(from) && self.packages.contains(to);
        match kind {
            "DESCRIBED_BY" => {
                self.draft.described.insert(from.to_owned());
            }
            "GENERATED_FROM" => {
                self.draft.absent.insert(to.to_owned());
            }
            "DEPENDS_ON" if packages => self.need(from, to),
            "DEV_DEPENDENCY_OF"
            | "BUILD_DEPENDENCY_OF"
            | "TEST_DEPENDENCY_OF"
            | "DEV_TOOL_OF"
            | "BUILD_TOOL_OF"
            | "TEST_TOOL_OF"
                if packages =>
            {
                self.need(to, from);
                self.development.insert(from);
            }
            "DEPENDENCY_OF"
            | "RUNTIME_DEPENDENCY_OF"
            | "OPTIONAL_DEPENDENCY_OF"
            | "PROVIDED_DEPENDENCY_OF"
            | "PREREQUISITE_FOR"
                if packages =>
            {
                self.need(to, from);
            }
            "HAS_PREREQUISITE" if packages => self.need(from, to),
            "CONTAINS" | "CONTAINED_BY" if packages => {
                let inner = if kind == "CONTAINS" { to } else { from };
                self.draft.inner.insert(inner.to_owned());
            }
            "CONTAINS" => self.files.entry(from).or_default().push(to),
            "OTHER" if get("comment").is_some_and(|c| c.starts_with("evident-by")) => {
                self.evident.entry(from).or_default().push(to);
            }
            _ => {}
        }
    }

    fn need(&mut self, from: &str, to: &str) {
        self.draft.edge(from, to);
        self.draft.inner.insert(to.to_owned());
    }
}

/// Names of licences that are not on the list of SPDX.
fn extracted(infos: &Value) -> HashMap<&str, &str> {
    let infos = infos.as_array().into_iter().flatten();
    infos
        .filter_map(|info| {
            let name = text_of(info, "name").filter(|name| !is_nothing(name));
            Some((text_of(info, "licenseId")?, name?))
        })
        .collect()
}

/// Places of files by their ids.
fn paths(files: &Value) -> HashMap<&str, Place> {
    let files = files.as_array().into_iter().flatten();
    files
        .filter_map(|file| {
            let name = text_of(file, "fileName")?;
            let name = name.strip_prefix("./").unwrap_or(name);
            let layer = text_of(file, "comment").and_then(|c| c.strip_prefix("layerID: "));
            Some((id(file)?, Place::of(name, layer)))
        })
        .collect()
}

fn component(package: &Value) -> Component {
    let get = |key: &str| text_of(package, key).filter(|text| !is_nothing(text));
    let mut component = Component {
        reference: id(package).unwrap_or_default().to_owned(),
        name: get("name").map(str::to_owned),
        version: get("versionInfo").map(str::to_owned),
        digests: digests(package),
        vendor: get("supplier").or_else(|| get("originator")).map(party),
        properties: annotated(package.get("annotations").unwrap_or(&Value::Null)),
        ..Component::default()
    };
    for reference in list_of(package, "externalRefs") {
        let locator = text_of(reference, "referenceLocator");
        match (text_of(reference, "referenceType"), locator) {
            (Some("purl"), Some(locator)) if component.purl.is_none() => {
                component.purl = Some(locator.to_owned());
            }
            (
                Some("cpe23Type" | "cpe22Type" | "http://spdx.org/rdf/references/cpe23Type"),
                Some(cpe),
            ) => {
                component.cpes.push(cpe.to_owned());
            }
            _ => {}
        }
    }
    // Others conclude what is declared where they declare nothing.
    let concluded = || get("licenseConcluded").filter(|_| !is_ours(&component));
    let license = get("licenseDeclared").or_else(concluded);
    component.licenses = license.map(str::to_owned).into_iter().collect();
    // Declared licences that are no expression stand in the annotation.
    if component.property("plimsoll:license").is_some() {
        let declared = component.properties_named("plimsoll:license");
        component.licenses = declared.map(str::to_owned).collect();
    }
    for text in parsing::texts(package.get("attributionTexts")) {
        component.properties.extend(trivy(text));
    }
    component.properties.extend(source(package));
    component.places = source_info(package).unwrap_or_default();
    if let Some(path) = component.property("aquasecurity:trivy:FilePath") {
        let layer = component.property("aquasecurity:trivy:LayerDiffID");
        component.places = vec![Place::of(path, layer)];
    }
    component.kind = kind(&component, text_of(package, "primaryPackagePurpose"));
    component
}

/// Whether this program wrote it.
fn is_ours(component: &Component) -> bool {
    component.property("plimsoll:type").is_some()
}

fn kind(component: &Component, purpose: Option<&str>) -> Kind {
    let id = component.reference.as_str();
    let image = component
        .purl
        .as_deref()
        .is_some_and(|purl| purl.starts_with("pkg:oci/") || purl.starts_with("pkg:docker/"));
    match purpose {
        Some("CONTAINER") => Kind::Subject,
        Some("OPERATING-SYSTEM" | "OPERATING_SYSTEM") => Kind::System,
        _ if image || id.starts_with("SPDXRef-DocumentRoot-") => Kind::Subject,
        // What Trivy calls what it groups by.
        _ if id.starts_with("SPDXRef-ContainerImage-") || id.starts_with("SPDXRef-Filesystem-") => {
            Kind::Subject
        }
        _ if id.starts_with("SPDXRef-OperatingSystem-") => Kind::System,
        _ if id.starts_with("SPDXRef-Application-") && component.purl.is_none() => Kind::Group,
        Some("FILE" | "DEVICE" | "FIRMWARE" | "SOURCE" | "ARCHIVE" | "OTHER") => Kind::Thing,
        _ => Kind::Package,
    }
}

fn is_nothing(text: &str) -> bool {
    matches!(text, "NOASSERTION" | "NONE" | "LicenseRef-NOASSERTION")
}

/// `Organization: name (address)` without its kind, and the address as
/// package databases write it.
fn party(text: &str) -> String {
    let text = ["Organization:", "Person:", "Tool:"]
        .iter()
        .find_map(|kind| text.strip_prefix(kind))
        .unwrap_or(text)
        .trim();
    let split = text
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("));
    match split {
        Some((name, "")) => name.to_owned(),
        Some((name, address)) if address.contains('@') => format!("{name} <{address}>"),
        _ => text.to_owned(),
    }
}

fn digests(package: &Value) -> Vec<String> {
    let checksums = list_of(package, "checksums").iter();
    checksums
        .filter_map(|checksum| {
            hashes::digest(
                text_of(checksum, "algorithm")?,
                text_of(checksum, "checksumValue")?,
            )
        })
        .collect()
}

/// Annotations of this program and of Trivy, as properties.
fn annotated(annotations: &Value) -> Vec<Property> {
    let mut out = Vec::new();
    for annotation in annotations.as_array().into_iter().flatten() {
        let Some(comment) = annotation.get("comment").and_then(Value::as_str) else {
            continue;
        };
        if comment.starts_with("{\"plimsoll:") {
            out.extend(properties(comment));
        } else {
            out.extend(trivy(comment));
        }
    }
    out
}

/// Names and values as a JSON object, where a name has a list if it occurs
/// many times. Their order is that of the text.
pub(super) fn properties(comment: &str) -> Vec<Property> {
    let Ok(members) = serde_json::from_str::<Ordered>(comment) else {
        return Vec::new();
    };
    members.0
}

/// Members of an object in the order in which they stand.
struct Ordered(Vec<Property>);

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = Ordered;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Ordered, A::Error> {
                let mut out = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    for text in parsing::texts(Some(&value)) {
                        out.push((name.clone(), text.to_owned()));
                    }
                }
                Ok(Ordered(out))
            }
        }
        input.deserialize_map(Members)
    }
}

/// `LayerDiffID: sha256:…` as Trivy writes attributions and annotations.
fn trivy(text: &str) -> Option<Property> {
    const NAMES: &[&str] = &[
        "Class",
        "DiffID",
        "FilePath",
        "ImageID",
        "LayerDiffID",
        "LayerDigest",
        "Modularitylabel",
        "PkgID",
        "PkgType",
        "RepoDigest",
        "RepoTag",
        "SchemaVersion",
        "Size",
        "SrcEpoch",
        "SrcName",
        "SrcRelease",
        "SrcVersion",
        "Type",
    ];
    let (name, value) = text.split_once(": ")?;
    NAMES.contains(&name).then(|| {
        (
            format!("aquasecurity:trivy:{name}"),
            value.trim().to_owned(),
        )
    })
}

/// Trivy: `built package from: source 1.2`.
fn source(package: &Value) -> Vec<Property> {
    let info = text_of(package, "sourceInfo");
    let told = info.and_then(|info| info.strip_prefix("built package from: "));
    let Some((name, version)) = told.and_then(|told| told.split_once(' ')) else {
        return Vec::new();
    };
    [("SrcName", name), ("SrcVersion", version)]
        .map(|(key, value)| (format!("aquasecurity:trivy:{key}"), value.to_owned()))
        .into()
}

/// Syft: `acquired package info from DPKG DB: /var/lib/dpkg/status, /x`.
fn source_info(package: &Value) -> Option<Vec<Place>> {
    let info = text_of(package, "sourceInfo")?;
    let rest = info.strip_prefix("acquired package info from ")?;
    let (_, paths) = rest.split_once(": /")?;
    Some(
        paths
            .split(", /")
            .take(MOST_FILES)
            .map(|path| Place::of(path, None))
            .collect(),
    )
}
