//! CycloneDX in XML, as the same tree that JSON gives: both have the same
//! members under the same names.

use super::{DEPTH, FORMAT};
use crate::ReadError;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

/// Elements that are kept of one document.
const MOST_ELEMENTS: usize = 20_000_000;

/// Lists, whose children are their members whatever they are called.
const LISTS: &[&str] = &[
    "components",
    "dependencies",
    "hashes",
    "licenses",
    "occurrences",
    "properties",
];

/// Parts that no reader asks for.
const UNREAD: &[&str] = &[
    "annotations",
    "compositions",
    "externalReferences",
    "formulation",
    "pedigree",
    "services",
    "signature",
    "tools",
    "vulnerabilities",
];

struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<(String, Value)>,
}

pub(super) fn read(text: &str) -> Result<Value, ReadError> {
    let broken = |error: &dyn std::fmt::Display| ReadError::broken(FORMAT, error);
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut unread = 0_usize;
    let mut elements = 0;
    loop {
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => {
                elements += 1;
                if elements > MOST_ELEMENTS || open.len() + unread > 2 * DEPTH {
                    return Err(broken(&"it is too large or too deep"));
                }
                let name = start.local_name().as_ref().to_owned();
                if unread > 0 || UNREAD.contains(&name.as_str()) {
                    unread += 1;
                    continue;
                }
                let known = ["bom", "sbom"].contains(&name.as_str());
                if open.is_empty() && !(known && is_cyclonedx(&start)) {
                    return Err(ReadError::Unknown);
                }
                open.push(Element {
                    attributes: attributes(&start),
                    name,
                    text: String::new(),
                    children: Vec::new(),
                });
            }
            Event::End(_) if unread > 0 => unread -= 1,
            Event::End(_) => {
                let Some(element) = open.pop() else {
                    return Err(broken(&"an element ends that did not begin"));
                };
                let name = element.name.clone();
                let value = value(element);
                match open.last_mut() {
                    Some(parent) => parent.children.push((name, value)),
                    None => return Ok(value),
                }
            }
            Event::Text(text) if unread == 0 => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml10_content());
                }
            }
            Event::CData(data) if unread == 0 => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&data.xml10_content());
                }
            }
            Event::GeneralRef(reference) if unread == 0 => {
                let Some(element) = open.last_mut() else {
                    continue;
                };
                if let Ok(Some(c)) = reference.resolve_char_ref() {
                    element.text.push(c);
                } else {
                    // Entities of a document's own making are not expanded.
                    let known = quick_xml::escape::resolve_predefined_entity(reference.as_ref());
                    element.text.push_str(known.unwrap_or_default());
                }
            }
            Event::Eof => return Err(broken(&"it ends within an element")),
            _ => {}
        }
    }
}

/// By its namespace, as far as it has one.
fn is_cyclonedx(start: &BytesStart<'_>) -> bool {
    let attributes = attributes(start);
    let mut namespaces = attributes
        .iter()
        .filter(|(name, _)| name.starts_with("xmlns"));
    namespaces.any(|(_, uri)| uri.contains("cyclonedx.org"))
}

fn attributes(start: &BytesStart<'_>) -> Vec<(String, String)> {
    let mut attributes = start.attributes();
    attributes
        .with_checks(false)
        .filter_map(Result::ok)
        .filter_map(|attribute| {
            let name = attribute.key.as_ref().to_owned();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            Some((name, value.into_owned()))
        })
        .collect()
}

fn value(element: Element) -> Value {
    let Element {
        name,
        attributes,
        text,
        children,
    } = element;
    let (whole, text) = (text.as_str(), text.trim());
    let attribute = |wanted: &str| {
        let found = attributes.iter().find(|(name, _)| name == wanted);
        found.map_or("", |(_, value)| value.as_str())
    };
    match name.as_str() {
        "licenses" => {
            let choices = children.into_iter();
            choices
                .map(|(kind, value)| json!({ kind: value }))
                .collect()
        }
        "hash" => json!({ "alg": attribute("alg"), "content": text }),
        "property" => json!({ "name": attribute("name"), "value": whole }),
        "dependency" => {
            let needs: Vec<Value> = children
                .into_iter()
                .filter_map(|(_, child)| child.get("ref").cloned())
                .collect();
            json!({ "ref": attribute("ref"), "dependsOn": needs })
        }
        list if LISTS.contains(&list) => children.into_iter().map(|(_, value)| value).collect(),
        _ if attributes.is_empty() && children.is_empty() => Value::String(text.to_owned()),
        _ => {
            let mut members = Map::new();
            for (name, value) in attributes {
                members.insert(name, Value::String(value));
            }
            members.extend(children);
            Value::Object(members)
        }
    }
}
