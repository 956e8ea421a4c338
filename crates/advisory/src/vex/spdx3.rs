//! SPDX 3.0, profile Security: relationships of assessment
//! (`security_Vex…VulnAssessmentRelationship`) between a vulnerability and
//! products.

use super::json::{OneOrMany, Records};
use super::product::{Component, Product};
use super::{Document, Statement, ids, time};
use plimsoll_types::{Justification, VexStatus};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Deserialize)]
struct Graph {
    #[serde(rename = "@graph", default)]
    elements: Records<Element>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Element {
    #[serde(alias = "@type")]
    r#type: String,
    #[serde(alias = "@id")]
    spdx_id: String,
    name: Option<String>,
    #[serde(rename = "software_packageUrl")]
    package_url: Option<String>,
    external_identifier: Vec<Identifier>,
    verified_using: Vec<Hash>,
    creation_info: Option<Creation>,
    created: Option<String>,
    created_by: OneOrMany<String>,
    from: String,
    to: OneOrMany<String>,
    #[serde(rename = "security_assessedElement")]
    assessed_element: Option<String>,
    #[serde(rename = "security_justificationType")]
    justification: Option<String>,
    #[serde(rename = "security_impactStatement")]
    impact: Option<String>,
    #[serde(rename = "security_actionStatement")]
    action: Option<String>,
    #[serde(rename = "security_statusNotes")]
    notes: Option<String>,
    #[serde(rename = "security_publishedTime")]
    published: Option<String>,
    #[serde(rename = "security_modifiedTime")]
    modified: Option<String>,
}

#[derive(Deserialize)]
struct Identifier {
    identifier: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hash {
    algorithm: Option<String>,
    hash_value: Option<String>,
}

/// An element of its own, or written where it is used.
#[derive(Deserialize)]
#[serde(untagged)]
enum Creation {
    Reference(String),
    Inline {
        created: Option<String>,
        #[serde(rename = "createdBy", default)]
        created_by: OneOrMany<String>,
    },
}

impl Element {
    fn component(&self) -> Component {
        let identifiers = self.external_identifier.iter();
        let texts = identifiers.map(|identifier| &identifier.identifier);
        let hashes = self.verified_using.iter();
        Component::new(
            self.package_url.iter().chain(texts).map(String::as_str),
            hashes
                .filter_map(|hash| Some((hash.algorithm.as_deref()?, hash.hash_value.as_deref()?))),
        )
    }
}

pub(super) fn read(text: &str) -> Result<Document, serde_json::Error> {
    let graph: Graph = serde_json::from_str(text)?;
    let mut document = Document::default();
    let mut elements = Vec::new();
    for (at, record) in graph.elements.0.into_iter().enumerate() {
        match record {
            Ok(element) => elements.push(element),
            Err(reason) => document.fault(at, &reason),
        }
    }
    let by_id: HashMap<&str, &Element> = elements
        .iter()
        .map(|element| (element.spdx_id.as_str(), element))
        .collect();
    let head = elements
        .iter()
        .find(|element| element.r#type == "SpdxDocument");
    if let Some(head) = head {
        document.id = head.spdx_id.clone();
        let (created, author) = creation(head, &by_id);
        document.time = time(created);
        document.author = author.unwrap_or_default().to_owned();
    }
    let mut components: HashMap<&str, Arc<Component>> = HashMap::new();
    let mut component = |id: &'_ str| {
        let element = by_id.get(id)?;
        let known = components.entry(element.spdx_id.as_str());
        Some(Arc::clone(
            known.or_insert_with(|| Arc::new(element.component())),
        ))
    };
    let mut statements = Vec::new();
    for (at, element) in elements.iter().enumerate() {
        let kind = element.r#type.strip_prefix("security_Vex");
        let kind = kind.and_then(|kind| kind.strip_suffix("VulnAssessmentRelationship"));
        let status = match kind {
            Some("NotAffected") => VexStatus::NotAffected,
            Some("Fixed") => VexStatus::Fixed,
            Some("Affected") => VexStatus::Affected,
            Some("UnderInvestigation") => VexStatus::UnderInvestigation,
            _ => continue,
        };
        let Some(vulnerability) = by_id.get(element.from.as_str()) else {
            document.fault(at, "it names no vulnerability");
            continue;
        };
        let identifiers = vulnerability.external_identifier.iter();
        let identifiers = identifiers.map(|identifier| identifier.identifier.as_str());
        let ids = ids(vulnerability.name.as_deref().into_iter().chain(identifiers));
        let part: Vec<_> = element
            .assessed_element
            .iter()
            .filter_map(|id| component(id))
            .collect();
        if part.len() != element.assessed_element.iter().count() {
            document.fault(at, "what it assesses is not in the document");
            continue;
        }
        let products = element.to.all().iter().filter_map(|id| component(id));
        let products: Vec<_> = products
            .map(|holder| Product {
                subcomponents: part
                    .iter()
                    .filter(|part| ***part != *holder)
                    .cloned()
                    .collect(),
                holders: vec![holder],
            })
            .collect();
        let word = element.justification.as_deref().map(snake);
        let justification = word.as_deref().and_then(Justification::of);
        let impact = element.impact.as_deref().unwrap_or_default();
        let mut statement = Statement::new(ids, products, status, justification, impact);
        statement.note(element.action.as_deref().unwrap_or_default());
        statement.note(element.notes.as_deref().unwrap_or_default());
        let (created, _) = creation(element, &by_id);
        let own = [&element.modified, &element.published];
        let own = own.into_iter().find_map(|text| time(text.as_deref()));
        statement.time = own.or_else(|| time(created));
        statements.push(statement);
    }
    document.statements = statements;
    Ok(document)
}

/// When an element was made and by whom.
fn creation<'a>(
    element: &'a Element,
    by_id: &HashMap<&str, &'a Element>,
) -> (Option<&'a str>, Option<&'a str>) {
    let (created, by) = match &element.creation_info {
        None => return (None, None),
        Some(Creation::Inline {
            created,
            created_by,
        }) => (created, created_by),
        Some(Creation::Reference(id)) => match by_id.get(id.as_str()) {
            Some(info) => (&info.created, &info.created_by),
            None => return (None, None),
        },
    };
    let agent = by.all().first().and_then(|id| by_id.get(id.as_str()));
    (
        created.as_deref(),
        agent.and_then(|agent| agent.name.as_deref()),
    )
}

/// `componentNotPresent` as `component_not_present`.
fn snake(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 8);
    for c in word.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
