//! CSAF 2.0 and 2.1, profile VEX (`csaf_vex`), and security advisories, which
//! state the same of their products.

use super::json::{OneOrMany, Records};
use super::product::{Component, Product};
use super::{Document, Statement, ids, time};
use plimsoll_types::{Justification, Severity, VexStatus};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Longest chain of products that hold one another.
const MAX_CHAIN: usize = 8;
/// Most places in which a document may name products.
const MAX_MENTIONS: usize = 4_000_000;

#[derive(Deserialize)]
struct Csaf {
    document: Head,
    #[serde(default)]
    product_tree: Tree,
    #[serde(default)]
    vulnerabilities: Records<Vulnerability>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    publisher: Publisher,
    #[serde(default)]
    tracking: Tracking,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Publisher {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tracking {
    id: String,
    version: String,
    current_release_date: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tree {
    branches: Vec<Branch>,
    full_product_names: Vec<FullName>,
    relationships: Vec<Relationship>,
    product_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    branches: Vec<Branch>,
    product: Option<FullName>,
}

#[derive(Deserialize)]
struct FullName {
    product_id: String,
    #[serde(default)]
    product_identification_helper: Helper,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Helper {
    cpe: Option<String>,
    purl: Option<String>,
    purls: Vec<String>,
    hashes: Vec<Hashes>,
}

#[derive(Deserialize)]
struct Hashes {
    #[serde(default)]
    file_hashes: Vec<FileHash>,
}

#[derive(Deserialize)]
struct FileHash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
struct Relationship {
    full_product_name: FullName,
    product_reference: String,
    relates_to_product_reference: String,
}

#[derive(Deserialize)]
struct Group {
    group_id: String,
    product_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    cve: Option<String>,
    #[serde(default)]
    ids: Vec<Id>,
    #[serde(default)]
    product_status: BTreeMap<String, OneOrMany<String>>,
    #[serde(default)]
    flags: Vec<Note>,
    #[serde(default)]
    threats: Vec<Note>,
    #[serde(default)]
    remediations: Vec<Note>,
}

#[derive(Deserialize)]
struct Id {
    text: String,
}

/// A flag, a threat or a remediation.
#[derive(Deserialize)]
struct Note {
    label: Option<String>,
    category: Option<String>,
    details: Option<String>,
    #[serde(default)]
    product_ids: Vec<String>,
    #[serde(default)]
    group_ids: Vec<String>,
}

pub(super) fn read(text: &str) -> Result<Document, String> {
    let csaf: Csaf = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let tracking = &csaf.document.tracking;
    let version = tracking.version.split('.');
    let mut document = Document {
        id: tracking.id.clone(),
        author: csaf.document.publisher.name.clone(),
        version: version.map_while(|part| part.parse().ok()).collect(),
        time: time(tracking.current_release_date.as_deref()),
        ..Document::default()
    };
    let products = Products::of(&csaf.product_tree);
    let mut mentions = 0;
    for (at, record) in csaf.vulnerabilities.0.into_iter().enumerate() {
        match record {
            Ok(entry) => {
                let statements = statements(&entry, &products, &mut mentions)?;
                document.statements.extend(statements);
            }
            Err(reason) => document.fault(at, &reason),
        }
    }
    Ok(document)
}

/// The product tree by `product_id`.
struct Products<'a> {
    components: HashMap<&'a str, Arc<Component>>,
    /// What is part of what.
    relationships: HashMap<&'a str, (&'a str, &'a str)>,
    groups: HashMap<&'a str, &'a [String]>,
}

impl<'a> Products<'a> {
    fn of(tree: &'a Tree) -> Self {
        let mut products = Self {
            components: HashMap::new(),
            relationships: HashMap::new(),
            groups: HashMap::new(),
        };
        tree.branches
            .iter()
            .for_each(|branch| products.grow(branch));
        tree.full_product_names
            .iter()
            .for_each(|name| products.add(name));
        for relationship in &tree.relationships {
            let parts = (
                relationship.relates_to_product_reference.as_str(),
                relationship.product_reference.as_str(),
            );
            let id = relationship.full_product_name.product_id.as_str();
            products.relationships.insert(id, parts);
        }
        let groups = tree.product_groups.iter();
        products.groups = groups
            .map(|group| (group.group_id.as_str(), group.product_ids.as_slice()))
            .collect();
        products
    }

    /// Nesting is bounded by that of JSON.
    fn grow(&mut self, branch: &'a Branch) {
        if let Some(name) = &branch.product {
            self.add(name);
        }
        branch.branches.iter().for_each(|branch| self.grow(branch));
    }

    fn add(&mut self, name: &'a FullName) {
        let helper = &name.product_identification_helper;
        let texts = helper.purl.iter().chain(&helper.purls).chain(&helper.cpe);
        let hashes = helper.hashes.iter().flat_map(|hashes| &hashes.file_hashes);
        let component = Component::new(
            texts.map(String::as_str),
            hashes.map(|hash| (hash.algorithm.as_str(), hash.value.as_str())),
        );
        self.components
            .insert(&name.product_id, Arc::new(component));
    }

    /// A product with all that it is part of; `None` where the tree does not
    /// have it or leads nowhere.
    fn product(&self, id: &str) -> Option<Product> {
        let mut chain = Vec::new();
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            match self.relationships.get(id) {
                // The part comes after what it is part of.
                Some((holder, part)) => left.extend([*part, *holder]),
                None => chain.push(Arc::clone(self.components.get(id)?)),
            }
            if chain.len() + left.len() > MAX_CHAIN {
                return None;
            }
        }
        let last = chain.pop()?;
        Some(match chain.is_empty() {
            true => Product {
                holders: vec![last],
                subcomponents: Vec::new(),
            },
            false => Product {
                holders: chain,
                subcomponents: vec![last],
            },
        })
    }

    /// Products that a note is about.
    fn of_note<'n>(&self, note: &'n Note) -> impl Iterator<Item = &'n str>
    where
        'a: 'n,
    {
        let groups = note.group_ids.iter();
        let groups: Vec<&'a [String]> = groups
            .filter_map(|group| self.groups.get(group.as_str()).copied())
            .collect();
        let members = groups.into_iter().flatten();
        note.product_ids.iter().chain(members).map(String::as_str)
    }
}

fn statements(
    entry: &Vulnerability,
    products: &Products<'_>,
    mentions: &mut usize,
) -> Result<Vec<Statement>, String> {
    let others = entry.ids.iter().map(|id| id.text.as_str());
    let ids = ids(entry.cve.as_deref().into_iter().chain(others));
    let mut mention = || {
        *mentions += 1;
        match *mentions > MAX_MENTIONS {
            true => Err("it names too many products".to_owned()),
            false => Ok(()),
        }
    };
    let mut flags: HashMap<&str, Justification> = HashMap::new();
    for flag in &entry.flags {
        let label = flag.label.as_deref().and_then(Justification::of);
        for id in products.of_note(flag) {
            mention()?;
            if let Some(label) = label {
                flags.entry(id).or_insert(label);
            }
        }
    }
    let mut words: HashMap<(bool, &str), &str> = HashMap::new();
    let notes = entry.threats.iter().map(|note| (false, note));
    let notes = notes.chain(entry.remediations.iter().map(|note| (true, note)));
    for (is_action, note) in notes {
        let details = note.details.as_deref().unwrap_or_default();
        // Red Hat gives the severity as the impact.
        let is_severity = Severity::WORST_FIRST
            .iter()
            .any(|known| known.as_str().eq_ignore_ascii_case(details))
            || matches!(details, "Important" | "Moderate");
        if !is_action && (note.category.as_deref() != Some("impact") || is_severity) {
            continue;
        }
        for id in products.of_note(note) {
            mention()?;
            words.entry((is_action, id)).or_insert(details);
        }
    }
    let mut grouped: BTreeMap<(VexStatus, Option<Justification>, &str), BTreeSet<&str>> =
        BTreeMap::new();
    for (status, ids) in &entry.product_status {
        let status = match status.as_str() {
            "known_not_affected" => VexStatus::NotAffected,
            "fixed" | "first_fixed" => VexStatus::Fixed,
            "known_affected" | "first_affected" | "last_affected" => VexStatus::Affected,
            "under_investigation" => VexStatus::UnderInvestigation,
            _ => continue,
        };
        for id in ids.all() {
            mention()?;
            let flag = flags.get(id.as_str()).copied();
            let flag = flag.filter(|_| status == VexStatus::NotAffected);
            let said = words.get(&(status == VexStatus::Affected, id.as_str()));
            let said = said.copied().unwrap_or_default();
            grouped.entry((status, flag, said)).or_default().insert(id);
        }
    }
    let statement = |((status, flag, said), group): (_, BTreeSet<&str>)| {
        let products = group.into_iter().filter_map(|id| products.product(id));
        Statement::new(ids.clone(), products.collect(), status, flag, said)
    };
    Ok(grouped.into_iter().map(statement).collect())
}
