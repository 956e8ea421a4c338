//! CycloneDX 1.4 to 1.7: the `analysis` of vulnerabilities. What the document
//! is about (`metadata.component`) is the product, what a vulnerability
//! affects is its part.

use super::json::Records;
use super::product::{Component, Product};
use super::{Document, Statement, ids, time};
use plimsoll_types::{Justification, PackageUrl, VexStatus};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    serial_number: Option<String>,
    #[serde(default)]
    version: u64,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    components: Records<Part>,
    #[serde(default)]
    vulnerabilities: Records<Vulnerability>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    timestamp: Option<String>,
    component: Option<Part>,
    authors: Vec<Person>,
    manufacturer: Option<Person>,
    manufacture: Option<Person>,
    supplier: Option<Person>,
}

#[derive(Deserialize)]
struct Person {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Part {
    r#type: Option<String>,
    bom_ref: Option<String>,
    name: Option<String>,
    version: Option<String>,
    purl: Option<String>,
    cpe: Option<String>,
    #[serde(default)]
    hashes: Vec<Hash>,
    #[serde(default)]
    components: Vec<Part>,
}

#[derive(Deserialize)]
struct Hash {
    alg: String,
    content: String,
}

impl Part {
    fn component(&self) -> Component {
        // An image without a package URL goes by its digest, else its name.
        let container = self.r#type.as_deref() == Some("container") && self.purl.is_none();
        let image = container.then(|| {
            let version = self.version.as_deref().unwrap_or_default();
            match version.starts_with("sha") && version.contains(':') {
                true => format!("docker://image@{version}"),
                false => format!("docker://{}", self.name.as_deref().unwrap_or_default()),
            }
        });
        let texts = [&self.purl, &self.cpe, &image];
        let hashes = self.hashes.iter();
        Component::new(
            texts.into_iter().flatten().map(String::as_str),
            hashes.map(|hash| (hash.alg.as_str(), hash.content.as_str())),
        )
    }
}

#[derive(Deserialize)]
struct Vulnerability {
    id: Option<String>,
    #[serde(default)]
    references: Vec<Reference>,
    analysis: Option<Analysis>,
    recommendation: Option<String>,
    #[serde(default)]
    affects: Vec<Affected>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    state: Option<String>,
    justification: Option<String>,
    #[serde(default)]
    response: Vec<String>,
    detail: Option<String>,
    first_issued: Option<String>,
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    r#ref: String,
    #[serde(default)]
    versions: Vec<Versions>,
}

#[derive(Deserialize)]
struct Versions {
    version: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Document, serde_json::Error> {
    let bom: Bom = serde_json::from_str(text)?;
    let metadata = bom.metadata;
    let companies = [
        metadata.manufacturer,
        metadata.manufacture,
        metadata.supplier,
    ];
    let mut people = metadata
        .authors
        .into_iter()
        .chain(companies.into_iter().flatten());
    let mut document = Document {
        id: bom.serial_number.unwrap_or_default(),
        author: people.find_map(|person| person.name).unwrap_or_default(),
        version: vec![bom.version],
        time: time(metadata.timestamp.as_deref()),
        ..Document::default()
    };
    let mut parts = Parts::default();
    if let Some(root) = &metadata.component {
        parts.add(root);
        let component = parts.known.get(root.bom_ref.as_deref().unwrap_or_default());
        let component = component
            .cloned()
            .unwrap_or_else(|| Arc::new(root.component()));
        // A product that nothing could be recognised by says nothing of where
        // the statements hold.
        parts.root = Some(component).filter(|component| !component.is_nameless());
    }
    for part in bom.components.0.into_iter().flatten() {
        parts.add(&part);
    }
    for (at, record) in bom.vulnerabilities.0.into_iter().enumerate() {
        match record.and_then(|entry| statement(&entry, &parts)) {
            Ok(statement) => document.statements.extend(statement),
            Err(reason) => document.fault(at, &reason),
        }
    }
    Ok(document)
}

/// Components by their `bom-ref`.
#[derive(Default)]
struct Parts {
    known: HashMap<String, Arc<Component>>,
    root: Option<Arc<Component>>,
}

impl Parts {
    /// Nesting is bounded by that of JSON.
    fn add(&mut self, part: &Part) {
        if let Some(reference) = &part.bom_ref {
            let component = Arc::new(part.component());
            self.known.entry(reference.clone()).or_insert(component);
        }
        part.components.iter().for_each(|part| self.add(part));
    }

    /// What a `bom-ref` or a BOM-Link (`urn:cdx:serial/version#ref`) leads to.
    fn find(&self, reference: &str) -> Arc<Component> {
        let link = reference.strip_prefix("urn:cdx:");
        let fragment = link.and_then(|link| Some(link.split_once('#')?.1));
        let decoded = fragment.map(decoded);
        let spellings = [Some(reference), fragment, decoded.as_deref()];
        let mut known = spellings.into_iter().flatten();
        match known.find_map(|reference| self.known.get(reference)) {
            Some(component) => Arc::clone(component),
            None => Arc::new(Component::new(
                [decoded.as_deref().unwrap_or(reference)],
                [],
            )),
        }
    }

    fn products(&self, affected: &Affected) -> Vec<Product> {
        let part = self.find(&affected.r#ref);
        let mut parts = vec![Arc::clone(&part)];
        if let (Some(purl), false) = (part.unversioned(), affected.versions.is_empty()) {
            let versions = affected.versions.iter().filter_map(|v| v.version.clone());
            let named = versions.map(|version| {
                Arc::new(Component::of_purl(PackageUrl {
                    version: Some(version),
                    ..purl.clone()
                }))
            });
            parts = named.collect();
        }
        let product = |part: Arc<Component>| match &self.root {
            Some(root) if **root != *part => Product {
                holders: vec![Arc::clone(root)],
                subcomponents: vec![part],
            },
            _ => Product {
                holders: vec![part],
                subcomponents: Vec::new(),
            },
        };
        parts.into_iter().map(product).collect()
    }
}

fn statement(entry: &Vulnerability, parts: &Parts) -> Result<Option<Statement>, String> {
    let Some(analysis) = &entry.analysis else {
        return Ok(None);
    };
    let status = match analysis.state.as_deref() {
        None => return Ok(None),
        Some("not_affected" | "false_positive") => VexStatus::NotAffected,
        Some("resolved" | "resolved_with_pedigree") => VexStatus::Fixed,
        Some("exploitable") => VexStatus::Affected,
        Some("in_triage") => VexStatus::UnderInvestigation,
        Some(other) => return Err(format!("`{other}` is no state")),
    };
    let references = entry.references.iter().map(|reference| &reference.id);
    let texts = std::iter::once(&entry.id).chain(references);
    let ids = ids(texts.flatten().map(String::as_str));
    if ids.is_empty() {
        return Err("it names no vulnerability".to_owned());
    }
    let justification = match analysis.justification.as_deref() {
        None | Some("") => None,
        Some(word) => {
            Some(Justification::of(word).ok_or_else(|| format!("`{word}` is no justification"))?)
        }
    };
    let detail = analysis.detail.as_deref().unwrap_or_default();
    let products = entry
        .affects
        .iter()
        .flat_map(|affected| parts.products(affected));
    let mut statement = Statement::new(ids, products.collect(), status, justification, detail);
    if status == VexStatus::Affected {
        statement.note(entry.recommendation.as_deref().unwrap_or_default());
        statement.note(&analysis.response.join(", "));
    }
    // The state alone says that it is a mistake of the scanner's.
    statement.unjustified &= analysis.state.as_deref() != Some("false_positive");
    let own = time(analysis.last_updated.as_deref());
    statement.time = own.or_else(|| time(analysis.first_issued.as_deref()));
    Ok(Some(statement))
}

/// A fragment without its percent escapes; unchanged where one is broken.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex.filter(|_| first == b'%');
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| fragment.to_owned())
}
