//! OpenVEX 0.2 (`openvex/spec`, OPENVEX-SPEC.md), and what older versions
//! spell otherwise.

use super::json::Records;
use super::product::{Component, Product};
use super::{Document, Statement, ids, time};
use plimsoll_types::{Justification, VexStatus};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
struct Root {
    #[serde(rename = "@id")]
    id: Option<String>,
    author: Option<String>,
    #[serde(default)]
    version: Version,
    timestamp: Option<String>,
    last_updated: Option<String>,
    #[serde(default)]
    statements: Records<Entry>,
}

/// A number; a text in version 0.0.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Version {
    Number(u64),
    Text(String),
    #[default]
    None,
}

#[derive(Deserialize)]
struct Entry {
    vulnerability: Option<Vulnerability>,
    #[serde(default)]
    products: Vec<Item>,
    /// Version 0.0 has them here.
    #[serde(default)]
    subcomponents: Vec<Item>,
    status: String,
    justification: Option<String>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
    status_notes: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vulnerability {
    Id(String),
    Named {
        #[serde(rename = "@id")]
        id: Option<String>,
        name: Option<String>,
        #[serde(default)]
        aliases: Vec<String>,
    },
}

impl Vulnerability {
    fn ids(&self) -> Vec<String> {
        match self {
            Vulnerability::Id(id) => ids([id.as_str()]),
            Vulnerability::Named { id, name, aliases } => {
                // A page about it ends in its id.
                let page = id.as_deref().filter(|_| name.is_none());
                let id = page.and_then(|page| page.rsplit('/').next());
                let aliases = aliases.iter().map(String::as_str);
                ids(name.as_deref().or(id).into_iter().chain(aliases))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Id(String),
    Named {
        #[serde(rename = "@id")]
        id: Option<String>,
        #[serde(default)]
        identifiers: BTreeMap<String, String>,
        #[serde(default)]
        hashes: BTreeMap<String, String>,
        #[serde(default)]
        subcomponents: Vec<Item>,
    },
}

impl Item {
    fn component(&self) -> Arc<Component> {
        Arc::new(match self {
            Item::Id(id) => Component::new([id.as_str()], []),
            Item::Named {
                id,
                identifiers,
                hashes,
                ..
            } => Component::new(
                id.iter().chain(identifiers.values()).map(String::as_str),
                hashes
                    .iter()
                    .map(|(name, hex)| (name.as_str(), hex.as_str())),
            ),
        })
    }

    fn subcomponents(&self) -> &[Item] {
        match self {
            Item::Id(_) => &[],
            Item::Named { subcomponents, .. } => subcomponents,
        }
    }
}

pub(super) fn read(text: &str) -> Result<Document, serde_json::Error> {
    let root: Root = serde_json::from_str(text)?;
    let mut document = Document {
        id: root.id.unwrap_or_default(),
        author: root.author.unwrap_or_default(),
        version: match root.version {
            Version::Number(number) => vec![number],
            Version::Text(text) => text
                .split('.')
                .map_while(|part| part.parse().ok())
                .collect(),
            Version::None => Vec::new(),
        },
        time: time(root.last_updated.as_deref()).or_else(|| time(root.timestamp.as_deref())),
        ..Document::default()
    };
    for (at, record) in root.statements.0.into_iter().enumerate() {
        match record.and_then(|entry| statement(&entry)) {
            Ok(statement) => document.statements.push(statement),
            Err(reason) => document.fault(at, &reason),
        }
    }
    Ok(document)
}

fn statement(entry: &Entry) -> Result<Statement, String> {
    let known = VexStatus::ALL.iter();
    let status = known.copied().find(|s| s.as_str() == entry.status);
    let status = status.ok_or_else(|| format!("`{}` is no status", entry.status))?;
    let ids = entry.vulnerability.as_ref().map(Vulnerability::ids);
    let ids = ids.filter(|ids| !ids.is_empty());
    let ids = ids.ok_or("it names no vulnerability")?;
    let justification = match entry.justification.as_deref() {
        None | Some("") => None,
        Some(word) => {
            Some(Justification::of(word).ok_or_else(|| format!("`{word}` is no justification"))?)
        }
    };
    let shared: Vec<_> = entry.subcomponents.iter().map(Item::component).collect();
    let products = entry.products.iter().map(|item| {
        let own = item.subcomponents().iter().map(Item::component);
        Product {
            holders: vec![item.component()],
            subcomponents: own.chain(shared.iter().cloned()).collect(),
        }
    });
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let impact = text(&entry.impact_statement);
    let mut statement = Statement::new(ids, products.collect(), status, justification, &impact);
    statement.note(&text(&entry.action_statement));
    statement.note(&text(&entry.status_notes));
    let own = time(entry.last_updated.as_deref());
    statement.time = own.or_else(|| time(entry.timestamp.as_deref()));
    Ok(statement)
}
