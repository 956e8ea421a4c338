//! CycloneDX 1.2 to 1.7 (ECMA-424).
//!
//! <https://cyclonedx.org/specification/overview/>

mod tree;

use crate::component::{Component, Kind, Place};
use crate::draft::Draft;
use crate::{Bill, ReadError, hashes, json as parsing, list_of, text_of};
use serde::Deserialize;
use serde_json::Value;

const FORMAT: &str = "CycloneDX";

/// How deep components may lie in components.
const DEPTH: usize = 64;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    metadata: Value,
    components: Value,
    dependencies: Value,
}

pub(crate) fn json(text: &str) -> Result<Bill, ReadError> {
    Ok(bill(&parsing::parse(text, FORMAT)?))
}

pub(crate) fn xml(text: &str) -> Result<Bill, ReadError> {
    let mut document = tree::read(text)?;
    let mut take = |key: &str| document.get_mut(key).map(Value::take).unwrap_or_default();
    Ok(bill(&Document {
        metadata: take("metadata"),
        components: take("components"),
        dependencies: take("dependencies"),
    }))
}

fn bill(document: &Document) -> Bill {
    let mut draft = Draft::new(FORMAT);
    draft.properties = properties(&document.metadata);
    if let Some(root) = document.metadata.get("component") {
        let mut root_component = component(root);
        draft.described.insert(root_component.reference.clone());
        if !is_known(root_component.purl.as_deref()) {
            root_component.kind = Kind::Subject;
        }
        draft.add(root_component);
        nested(&mut draft, list_of(root, "components"));
    }
    nested(
        &mut draft,
        document.components.as_array().map_or(&[], Vec::as_slice),
    );
    for dependency in document.dependencies.as_array().into_iter().flatten() {
        let Some(from) = dependency.get("ref").and_then(Value::as_str) else {
            continue;
        };
        for to in parsing::texts(dependency.get("dependsOn")) {
            draft.edge(from, to);
            if from != to {
                draft.inner.insert(to.to_owned());
            }
        }
    }
    draft.finish()
}

/// Whether a package URL is one of a package, and not of an image.
fn is_known(purl: Option<&str>) -> bool {
    let parsed = purl.and_then(|purl| purl.parse::<plimsoll_types::PackageUrl>().ok());
    parsed.is_some_and(|purl| plimsoll_types::Ecosystem::from_purl_type(&purl.kind).is_some())
}

fn nested(draft: &mut Draft, components: &[Value]) {
    let mut waiting: Vec<(usize, &Value)> = components.iter().rev().map(|c| (0, c)).collect();
    while let Some((depth, value)) = waiting.pop() {
        let component = component(value);
        let inside = list_of(value, "components");
        if depth < DEPTH {
            waiting.extend(inside.iter().rev().map(|inner| (depth + 1, inner)));
        }
        for inner in inside {
            draft
                .inner
                .extend(text_of(inner, "bom-ref").map(str::to_owned));
        }
        if component.kind != Kind::Subject {
            draft.add(component);
        }
    }
}

fn component(value: &Value) -> Component {
    let get = |key: &str| text_of(value, key).map(str::to_owned);
    let properties = properties(value);
    let mut component = Component {
        kind: kind(text_of(value, "type").unwrap_or("library")),
        group: get("group"),
        name: get("name"),
        version: get("version"),
        purl: get("purl"),
        cpes: get("cpe").into_iter().collect(),
        digests: hashes_of(value),
        licenses: licenses(value),
        vendor: vendor(value),
        development: text_of(value, "scope") == Some("excluded"),
        ..Component::default()
    };
    component.properties = properties;
    // Without a name of its own it goes by its package URL, as Trivy's do.
    let reference = get("bom-ref").or_else(|| component.purl.clone());
    component.reference = reference
        .or_else(|| component.name.clone())
        .unwrap_or_default();
    if component.property("aquasecurity:trivy:Class").is_some()
        && component.purl.is_none()
        && component.kind == Kind::Package
    {
        component.kind = Kind::Group;
    }
    let told = component.property("syft:package:type");
    component.ecosystem =
        told.and_then(|kind| crate::syft::ecosystem(kind, component.purl.as_deref()));
    if component.property("plimsoll:removed:layer:index").is_some() {
        component.development = false;
    }
    let more: Vec<_> = component
        .properties_named("syft:cpe23")
        .map(str::to_owned)
        .collect();
    for cpe in more {
        if !component.cpes.contains(&cpe) {
            component.cpes.push(cpe);
        }
    }
    component.places = places(value, &component);
    component
}

fn kind(text: &str) -> Kind {
    match text {
        "operating-system" => Kind::System,
        "container" => Kind::Subject,
        "library" | "application" | "framework" => Kind::Package,
        _ => Kind::Thing,
    }
}

fn properties(value: &Value) -> Vec<(String, String)> {
    let properties = list_of(value, "properties").iter();
    properties
        .filter_map(|property| {
            let name = property.get("name")?.as_str()?;
            let value = property.get("value").and_then(Value::as_str);
            Some((name.to_owned(), value.unwrap_or_default().to_owned()))
        })
        .collect()
}

fn hashes_of(value: &Value) -> Vec<String> {
    let hashes = list_of(value, "hashes").iter();
    hashes
        .filter_map(|hash| hashes::digest(text_of(hash, "alg")?, text_of(hash, "content")?))
        .collect()
}

fn licenses(value: &Value) -> Vec<String> {
    let choices = list_of(value, "licenses").iter();
    choices
        .filter_map(|choice| {
            text_of(choice, "expression").or_else(|| {
                let license = choice.get("license")?;
                text_of(license, "id").or_else(|| text_of(license, "name"))
            })
        })
        .map(str::to_owned)
        .collect()
}

fn vendor(value: &Value) -> Option<String> {
    let organisation = |key: &str| {
        let party = value.get(key)?;
        party.as_str().or_else(|| text_of(party, "name"))
    };
    let vendor = text_of(value, "publisher")
        .or_else(|| organisation("supplier"))
        .or_else(|| organisation("manufacturer"))
        .or_else(|| organisation("author"));
    vendor.map(str::to_owned)
}

/// What Syft and Trivy say of places, else occurrences, else the file that
/// cdxgen names.
fn places(value: &Value, component: &Component) -> Vec<Place> {
    let mut syft: Vec<Place> = Vec::new();
    for (name, value) in &component.properties {
        let Some((_, what)) = name
            .strip_prefix("syft:location:")
            .and_then(|rest| rest.split_once(':'))
        else {
            continue;
        };
        match (what, syft.last_mut()) {
            ("path", _) => syft.push(Place::of(value, None)),
            ("layerID", Some(last)) => last.layer = Some(value.clone()),
            _ => {}
        }
    }
    // Syft 1.x writes the layer before the path.
    if syft.iter().any(|place| place.layer.is_none()) {
        let layers = component.properties.iter();
        let layers =
            layers.filter(|(n, _)| n.starts_with("syft:location:") && n.ends_with(":layerID"));
        for (place, (_, layer)) in syft.iter_mut().zip(layers) {
            place.layer = Some(layer.clone());
        }
    }
    if !syft.is_empty() {
        return syft;
    }
    let layer = component
        .property("aquasecurity:trivy:LayerDiffID")
        .or_else(|| component.property("aquasecurity:trivy:LayerDigest"));
    if let Some(path) = component.property("aquasecurity:trivy:FilePath") {
        return vec![Place::of(path, layer)];
    }
    let evidence = value.get("evidence").unwrap_or(&Value::Null);
    let occurrences = list_of(evidence, "occurrences").iter();
    let occurrences: Vec<_> = occurrences
        .filter_map(|occurrence| text_of(occurrence, "location"))
        .map(|path| Place::of(path, layer))
        .collect();
    if !occurrences.is_empty() {
        return occurrences;
    }
    let file = component.property("SrcFile");
    file.map(|path| Place::of(path, None)).into_iter().collect()
}
