//! SPDX 3.0: a graph of elements in JSON-LD.
//!
//! <https://spdx.github.io/spdx-spec/v3.0.1/>

use super::{FORMAT, is_nothing};
use crate::component::{Component, Kind, Place};
use crate::draft::Draft;
use crate::properties::Property;
use crate::{Bill, ReadError, hashes, json as parsing, list_of, text_of};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "@graph")]
    graph: Vec<Value>,
}

pub(crate) fn read(text: &str) -> Result<Bill, ReadError> {
    let document: Document = parsing::parse(text, FORMAT)?;
    let mut draft = Draft::new(FORMAT);
    let graph = Graph::of(&document.graph);
    let roots = graph.roots();
    let mut links = Links::default();
    for element in &document.graph {
        match kind_of(element) {
            "Relationship" | "LifecycleScopedRelationship" => links.add(element, &mut draft),
            "SpdxDocument" => draft.properties.extend(properties(element)),
            _ => {}
        }
    }
    for element in &document.graph {
        let class = kind_of(element);
        if !matches!(
            class,
            "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage"
        ) {
            continue;
        }
        let mut component = component(element, &graph);
        let id = component.reference.as_str();
        let concluded = || {
            links
                .concluded
                .get(id)
                .filter(|_| !super::is_ours(&component))
        };
        let declared = links
            .licenses
            .get(id)
            .or_else(concluded)
            .into_iter()
            .flatten();
        component.licenses = declared
            .filter_map(|license| graph.license(license))
            .map(str::to_owned)
            .collect();
        if component.property("plimsoll:license").is_some() {
            let stated = component.properties_named("plimsoll:license");
            component.licenses = stated.map(str::to_owned).collect();
        }
        let files = links.files.get(id).into_iter().flatten();
        component.places.extend(
            files
                .filter_map(|file| graph.place(file))
                .take(super::MOST_FILES),
        );
        component.development = links.development.contains(id);
        if roots.contains(id) {
            draft.described.insert(id.to_owned());
            if component.kind == Kind::Package
                && super::ecosystem(component.purl.as_deref()).is_none()
            {
                component.kind = Kind::Subject;
            }
        }
        draft.add(component);
    }
    Ok(draft.finish())
}

fn kind_of(element: &Value) -> &str {
    element
        .get("type")
        .or_else(|| element.get("@type"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn id_of(element: &Value) -> Option<&str> {
    element
        .get("spdxId")
        .or_else(|| element.get("@id"))
        .and_then(Value::as_str)
}

/// Elements by their ids.
struct Graph<'a>(HashMap<&'a str, &'a Value>);

impl<'a> Graph<'a> {
    fn of(elements: &'a [Value]) -> Self {
        let elements = elements.iter();
        Self(
            elements
                .filter_map(|element| Some((id_of(element)?, element)))
                .collect(),
        )
    }

    /// What the document, and the bills that are its roots, have as roots.
    fn roots(&self) -> HashSet<&'a str> {
        let documents = self
            .0
            .values()
            .filter(|element| kind_of(element) == "SpdxDocument");
        let mut roots = HashSet::new();
        for document in documents {
            for root in parsing::texts(document.get("rootElement")) {
                match self.0.get(root) {
                    Some(bill) if matches!(kind_of(bill), "software_Sbom" | "Bom") => {
                        roots.extend(parsing::texts(bill.get("rootElement")));
                    }
                    _ => {
                        roots.insert(root);
                    }
                }
            }
        }
        roots
    }

    fn license(&self, id: &str) -> Option<&'a str> {
        let element = self.0.get(id)?;
        text_of(element, "simplelicensing_licenseExpression")
            .or_else(|| text_of(element, "name"))
            .filter(|text| !is_nothing(text))
    }

    fn place(&self, id: &str) -> Option<Place> {
        let element = self.0.get(id)?;
        let name = text_of(element, "name").filter(|_| kind_of(element) == "software_File")?;
        Some(Place::of(name.strip_prefix("./").unwrap_or(name), None))
    }

    fn name(&self, id: &str) -> Option<&'a str> {
        text_of(self.0.get(id)?, "name")
    }
}

/// Relationships by what they are for.
#[derive(Default)]
struct Links<'a> {
    licenses: HashMap<&'a str, Vec<&'a str>>,
    concluded: HashMap<&'a str, Vec<&'a str>>,
    files: HashMap<&'a str, Vec<&'a str>>,
    development: HashSet<&'a str>,
}

impl<'a> Links<'a> {
    fn add(&mut self, relationship: &'a Value, draft: &mut Draft) {
        let Some(from) = relationship.get("from").and_then(Value::as_str) else {
            return;
        };
        let scope = text_of(relationship, "scope").unwrap_or_default();
        for to in parsing::texts(relationship.get("to")) {
            match text_of(relationship, "relationshipType").unwrap_or_default() {
                "dependsOn"
                | "hasProvidedDependency"
                | "hasOptionalDependency"
                | "hasPrerequisite"
                | "hasDynamicLink"
                | "hasStaticLink" => {
                    draft.edge(from, to);
                    draft.inner.insert(to.to_owned());
                    if matches!(scope, "development" | "build" | "test") {
                        self.development.insert(to);
                    }
                }
                "hasConcludedLicense" => self.concluded.entry(from).or_default().push(to),
                "hasDeclaredLicense" => self.licenses.entry(from).or_default().push(to),
                "contains" => {
                    self.files.entry(from).or_default().push(to);
                    draft.inner.insert(to.to_owned());
                }
                "hasEvidence" => self.files.entry(from).or_default().push(to),
                // What `from` made was built from it.
                "generates" => {
                    draft.absent.insert(from.to_owned());
                }
                _ => {}
            }
        }
    }
}

fn component(element: &Value, graph: &Graph<'_>) -> Component {
    let get = |key: &str| text_of(element, key).filter(|text| !is_nothing(text));
    let mut component = Component {
        reference: id_of(element).unwrap_or_default().to_owned(),
        name: get("name").map(str::to_owned),
        version: get("software_packageVersion").map(str::to_owned),
        purl: get("software_packageUrl").map(str::to_owned),
        properties: properties(element),
        ..Component::default()
    };
    for identifier in list_of(element, "externalIdentifier") {
        let Some(value) = text_of(identifier, "identifier") else {
            continue;
        };
        match text_of(identifier, "externalIdentifierType") {
            Some("cpe22" | "cpe23") => component.cpes.push(value.to_owned()),
            Some("packageUrl") if component.purl.is_none() => {
                component.purl = Some(value.to_owned());
            }
            _ => {}
        }
    }
    let digests = list_of(element, "verifiedUsing").iter().filter_map(|hash| {
        hashes::digest(text_of(hash, "algorithm")?, text_of(hash, "hashValue")?)
    });
    component.digests = digests.collect();
    let supplier = get("suppliedBy").and_then(|id| graph.name(id));
    component.vendor = supplier.map(str::to_owned);
    component.kind = match get("software_primaryPurpose") {
        Some("container") => Kind::Subject,
        Some("operatingSystem") => Kind::System,
        Some("file" | "source" | "archive" | "device" | "firmware" | "data" | "other") => {
            Kind::Thing
        }
        _ => Kind::Package,
    };
    component
}

/// CycloneDX properties as SPDX carries them.
fn properties(element: &Value) -> Vec<Property> {
    list_of(element, "extension")
        .iter()
        .flat_map(|extension| list_of(extension, "extension_cdxProperty"))
        .filter_map(|entry| {
            let value = entry.get("extension_cdxPropValue").and_then(Value::as_str);
            let name = text_of(entry, "extension_cdxPropName")?;
            Some((name.to_owned(), value.unwrap_or_default().to_owned()))
        })
        .collect()
}
