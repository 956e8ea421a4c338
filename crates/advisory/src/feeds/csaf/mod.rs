//! CSAF 2.0 (OASIS), advisories and VEX: what a document says of each product,
//! with products resolved through the product tree.

pub(super) mod rows;

use crate::cvss;
use plimsoll_types::Cvss;
use serde::Deserialize;
use std::collections::HashMap;

/// Products that one id may be composed of.
const DEEPEST: usize = 8;

#[derive(Deserialize)]
pub(super) struct Document {
    pub document: Meta,
    #[serde(default)]
    product_tree: Tree,
    #[serde(default)]
    pub vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
pub(super) struct Meta {
    pub aggregate_severity: Option<Word>,
    pub tracking: Tracking,
}

#[derive(Deserialize)]
pub(super) struct Word {
    pub text: String,
}

#[derive(Deserialize)]
pub(super) struct Tracking {
    pub id: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub current_release_date: String,
}

#[derive(Default, Deserialize)]
struct Tree {
    #[serde(default)]
    branches: Vec<Branch>,
    #[serde(default)]
    full_product_names: Vec<Product>,
    #[serde(default)]
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
struct Branch {
    product: Option<Product>,
    #[serde(default)]
    branches: Vec<Branch>,
}

/// A platform or a component.
#[derive(Deserialize)]
pub(super) struct Product {
    product_id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub product_identification_helper: Identity,
}

#[derive(Default, Deserialize)]
pub(super) struct Identity {
    pub cpe: Option<String>,
    pub purl: Option<String>,
}

#[derive(Deserialize)]
struct Relationship {
    full_product_name: Product,
    product_reference: String,
    relates_to_product_reference: String,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability {
    pub cve: Option<String>,
    #[serde(default)]
    pub title: String,
    pub release_date: Option<String>,
    #[serde(default)]
    notes: Vec<Note>,
    #[serde(default)]
    product_status: HashMap<String, Vec<String>>,
    #[serde(default)]
    remediations: Vec<Remediation>,
    #[serde(default)]
    threats: Vec<Threat>,
    #[serde(default)]
    pub scores: Vec<Score>,
    #[serde(default)]
    flags: Vec<Flag>,
}

#[derive(Deserialize)]
struct Note {
    #[serde(default)]
    category: String,
    #[serde(default)]
    text: String,
}

/// What can be done about it, or that nothing will be.
#[derive(Deserialize)]
pub(super) struct Remediation {
    pub category: String,
    #[serde(default)]
    pub details: String,
    pub date: Option<String>,
    pub url: Option<String>,
    #[serde(default)]
    product_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Threat {
    category: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    product_ids: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Score {
    #[serde(default)]
    products: Vec<String>,
    cvss_v4: Option<Vector>,
    cvss_v3: Option<Vector>,
    cvss_v2: Option<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    #[serde(rename = "vectorString", default)]
    text: String,
}

#[derive(Deserialize)]
struct Flag {
    label: String,
    #[serde(default)]
    product_ids: Vec<String>,
}

/// The groups of `product_status` that are told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Fixed,
    Affected,
    NotAffected,
    UnderInvestigation,
}

const STATUSES: &[(&str, Status)] = &[
    ("fixed", Status::Fixed),
    ("first_fixed", Status::Fixed),
    ("recommended", Status::Fixed),
    ("known_affected", Status::Affected),
    ("first_affected", Status::Affected),
    ("last_affected", Status::Affected),
    ("known_not_affected", Status::NotAffected),
    ("under_investigation", Status::UnderInvestigation),
];

/// What a document says of one product.
pub(super) struct Statement<'a> {
    pub status: Status,
    /// The component first, the platform it is part of last.
    pub products: Vec<&'a Product>,
    /// The first that is no workaround.
    pub remediation: Option<&'a Remediation>,
    /// Label of the flag that justifies why it is not affected.
    pub flag: Option<&'a str>,
    /// The publisher's word for its severity.
    pub impact: Option<&'a str>,
    pub score: Option<&'a Score>,
}

/// Products of a tree, by id.
pub(super) struct Products<'a> {
    known: HashMap<&'a str, &'a Product>,
    /// Component and platform of each id that is made of two.
    relations: HashMap<&'a str, (&'a str, &'a str)>,
}

impl Document {
    pub(super) fn products(&self) -> Products<'_> {
        let tree = &self.product_tree;
        let mut known: HashMap<&str, &Product> = HashMap::new();
        let mut branches: Vec<&Branch> = tree.branches.iter().collect();
        while let Some(branch) = branches.pop() {
            known.extend(branch.product.iter().map(|p| (p.product_id.as_str(), p)));
            branches.extend(&branch.branches);
        }
        let named = tree.full_product_names.iter();
        known.extend(named.map(|product| (product.product_id.as_str(), product)));
        let relations = tree.relationships.iter().map(|relation| {
            let pair = (
                relation.product_reference.as_str(),
                relation.relates_to_product_reference.as_str(),
            );
            (relation.full_product_name.product_id.as_str(), pair)
        });
        Products {
            known,
            relations: relations.collect(),
        }
    }
}

impl<'a> Products<'a> {
    /// What an id is composed of, components first; `None` when the tree does
    /// not tell. Ids are never taken apart: names hold the separators too.
    fn resolve(&self, id: &'a str) -> Option<Vec<&'a Product>> {
        let (mut products, mut open) = (Vec::new(), vec![id]);
        while let Some(id) = open.pop() {
            if products.len() + open.len() > DEEPEST {
                return None;
            }
            match self.relations.get(id) {
                Some((component, platform)) => open.extend([*platform, *component]),
                None => products.push(*self.known.get(id)?),
            }
        }
        Some(products)
    }
}

impl Vulnerability {
    /// What is said of each product; ids that the tree does not know are
    /// counted.
    pub(super) fn statements<'a>(&'a self, products: &Products<'a>) -> (Vec<Statement<'a>>, usize) {
        let remedies = self
            .remediations
            .iter()
            .filter(|r| !matches!(r.category.as_str(), "workaround" | "mitigation"));
        let remediations = by_product(remedies.map(|r| (&r.product_ids, r)));
        let flags = by_product(
            self.flags
                .iter()
                .map(|f| (&f.product_ids, f.label.as_str())),
        );
        let impacts = self.threats.iter().filter(|t| t.category == "impact");
        let impacts = by_product(impacts.map(|t| (&t.product_ids, t.details.as_str())));
        let scores = by_product(self.scores.iter().map(|score| (&score.products, score)));
        let (mut statements, mut unknown) = (Vec::new(), 0);
        for (word, status) in STATUSES {
            for id in self.product_status.get(*word).into_iter().flatten() {
                let Some(products) = products.resolve(id) else {
                    unknown += 1;
                    continue;
                };
                statements.push(Statement {
                    status: *status,
                    products,
                    remediation: remediations.get(id.as_str()).copied(),
                    flag: flags.get(id.as_str()).copied(),
                    impact: impacts.get(id.as_str()).copied(),
                    score: scores.get(id.as_str()).copied(),
                });
            }
        }
        (statements, unknown)
    }

    /// The publisher's word for its severity whatever the product.
    pub(super) fn impact(&self) -> Option<&str> {
        let mut threats = self.threats.iter();
        let impact = threats.find(|t| t.category == "impact" && t.product_ids.is_empty());
        impact.map(|threat| threat.details.as_str())
    }

    pub(super) fn description(&self) -> &str {
        let mut notes = self.notes.iter();
        let note = notes.find(|note| note.category == "description");
        note.map_or("", |note| &note.text)
    }
}

impl Score {
    /// The vector of the newest version.
    pub(super) fn cvss(&self) -> Option<Cvss> {
        let vectors = [&self.cvss_v4, &self.cvss_v3, &self.cvss_v2];
        let mut vectors = vectors.into_iter().flatten();
        vectors.find_map(|vector| cvss::score(&vector.text))
    }
}

/// By product; of two that name one product the first counts.
fn by_product<'a, T: Copy + 'a>(
    all: impl Iterator<Item = (&'a Vec<String>, T)>,
) -> HashMap<&'a str, T> {
    let mut index = HashMap::new();
    for (products, value) in all {
        for product in products {
            index.entry(product.as_str()).or_insert(value);
        }
    }
    index
}
