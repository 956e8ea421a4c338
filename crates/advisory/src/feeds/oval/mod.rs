//! OVAL 5 definitions: what is wrong (criteria), how it is told (tests of rpm
//! packages), and the vendors' metadata.

mod azurelinux;
mod oracle;
mod patches;
mod photon;
mod suse;

pub(crate) use azurelinux::AzureLinuxOval;
pub(crate) use oracle::OracleOval;
pub(crate) use photon::PhotonOval;
pub(crate) use suse::SuseOval;

use super::xml::{self, Element};
use std::collections::HashMap;

/// Criteria that may lie in each other.
const DEEPEST: usize = 32;
/// Conditions that one criterion may have.
const MOST_CONDITIONS: usize = 1000;

/// Whether a document holds definitions whose ids begin so.
fn recognises(head: &str, ids: &str) -> bool {
    head.contains("oval_definitions") && head.contains(ids)
}

/// What a test looks for: packages of that name whose version is so.
#[derive(Clone, Default)]
pub(super) struct Test {
    pub package: String,
    pub operation: String,
    /// With its epoch.
    pub version: String,
    /// Compared as epoch, version and release.
    pub is_evr: bool,
    /// Architectures; empty is all of them.
    pub architectures: Vec<String>,
}

/// Every test on a package, by id.
pub(super) fn tests(document: &[u8]) -> Result<HashMap<String, Test>, String> {
    let mut objects: HashMap<String, String> = HashMap::new();
    let mut states: HashMap<String, Test> = HashMap::new();
    let mut pairs: Vec<(String, String, String)> = Vec::new();
    let wanted = |name: &str| name.starts_with("rpminfo_");
    xml::each(document, 2, wanted, |element| {
        let id = element.attribute("id").to_owned();
        let of = |name: &str, attribute: &str| {
            let child = element.child(name);
            child
                .map_or("", |child| child.attribute(attribute))
                .to_owned()
        };
        match element.name.as_str() {
            "rpminfo_test" => {
                pairs.push((id, of("object", "object_ref"), of("state", "state_ref")));
            }
            "rpminfo_object" => {
                objects.insert(id, element.text_of("name").to_owned());
            }
            "rpminfo_state" => {
                states.insert(id, state(&element));
            }
            _ => {}
        }
    })?;
    let tests = pairs.into_iter().filter_map(|(id, object, state)| {
        let mut test = states.get(&state).cloned().unwrap_or_default();
        test.package.clone_from(objects.get(&object)?);
        Some((id, test))
    });
    Ok(tests.collect())
}

fn state(element: &Element) -> Test {
    let evr = element.child("evr");
    let version = evr.or_else(|| element.child("version"));
    let architectures = element.text_of("arch");
    let words = architectures.split(['(', ')', '|', '^', '$']);
    Test {
        package: String::new(),
        operation: version.map_or("", |v| v.attribute("operation")).to_owned(),
        version: version.map_or("", Element::text).to_owned(),
        is_evr: evr.is_some(),
        architectures: words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

/// One definition.
pub(super) struct Definition {
    pub title: String,
    pub metadata: Element,
    criteria: Option<Element>,
}

/// Hands over every definition of a document.
pub(super) fn definitions(document: &[u8], mut take: impl FnMut(Definition)) -> Result<(), String> {
    xml::each(
        document,
        2,
        |name| name == "definition",
        |mut definition| {
            let mut part = |name: &str| {
                let index = definition.children.iter().position(|c| c.name == name);
                index.map(|index| definition.children.swap_remove(index))
            };
            let criteria = part("criteria");
            let metadata = part("metadata").unwrap_or_default();
            take(Definition {
                title: metadata.text_of("title").to_owned(),
                metadata,
                criteria,
            });
        },
    )
}

impl Definition {
    /// Its `advisory` element, which most vendors have.
    pub(super) fn advisory(&self) -> &Element {
        self.metadata.child("advisory").unwrap_or(&self.metadata)
    }

    /// The CVEs that it names.
    pub(super) fn cves(&self) -> Vec<String> {
        let listed = self.advisory().all("cve").map(Element::text);
        let referred = self.metadata.all("reference");
        let referred = referred
            .filter(|reference| reference.attribute("source") == "CVE")
            .flat_map(|reference| reference.attribute("ref_id").split([' ', ':']));
        let mut cves: Vec<_> = listed
            .chain(referred)
            .filter(|id| id.starts_with("CVE-"))
            .map(str::to_ascii_uppercase)
            .collect();
        cves.sort();
        cves.dedup();
        cves
    }

    /// Every criterion on a package, with the conditions that must hold
    /// besides; `None` when criteria lie too deep in each other or have too
    /// many conditions.
    pub(super) fn rows<T>(
        &self,
        read: &mut impl FnMut(&Element) -> Reading<T>,
    ) -> Option<Vec<(T, Conditions)>> {
        let mut rows = Vec::new();
        if let Some(criteria) = &self.criteria {
            let tree = tree(criteria, read, 0)?;
            walk(tree, &Conditions::default(), &mut rows)?;
        }
        Some(rows)
    }
}

/// What a vendor means by a criterion.
pub(super) enum Reading<T> {
    /// It is about a package.
    Package(T),
    Platform(String),
    Architecture(String),
    /// `name:stream`.
    Module(String),
    /// It tells nothing that is not known without it.
    Nothing,
}

/// What must hold besides; of each kind one of the list, an empty one limits
/// nothing.
#[derive(Clone, Default)]
pub(super) struct Conditions {
    pub platforms: Vec<String>,
    pub architectures: Vec<String>,
    pub module: Option<String>,
}

enum Node<T> {
    All(Vec<Node<T>>),
    Any(Vec<Node<T>>),
    One(Reading<T>),
}

fn tree<T>(
    criteria: &Element,
    read: &mut impl FnMut(&Element) -> Reading<T>,
    depth: usize,
) -> Option<Node<T>> {
    if depth > DEEPEST {
        return None;
    }
    let mut nodes = Vec::new();
    for child in &criteria.children {
        if child.attribute("negate") == "true" {
            continue;
        }
        match child.name.as_str() {
            "criteria" => nodes.push(tree(child, read, depth + 1)?),
            "criterion" => nodes.push(Node::One(read(child))),
            _ => {}
        }
    }
    Some(match criteria.attribute("operator") {
        "OR" => Node::Any(nodes),
        _ => Node::All(nodes),
    })
}

impl<T> Node<T> {
    fn is_condition(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().all(Node::is_condition),
            Node::One(reading) => !matches!(reading, Reading::Package(_)),
        }
    }

    fn add_to(self, conditions: &mut Conditions) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => {
                nodes.into_iter().for_each(|node| node.add_to(conditions));
            }
            Node::One(Reading::Platform(name)) => conditions.platforms.push(name),
            Node::One(Reading::Architecture(name)) => conditions.architectures.push(name),
            Node::One(Reading::Module(name)) => conditions.module = Some(name),
            Node::One(Reading::Package(_) | Reading::Nothing) => {}
        }
    }
}

fn walk<T>(node: Node<T>, conditions: &Conditions, rows: &mut Vec<(T, Conditions)>) -> Option<()> {
    match node {
        Node::One(Reading::Package(package)) => rows.push((package, conditions.clone())),
        Node::One(_) => {}
        Node::Any(nodes) => {
            for node in nodes {
                walk(node, conditions, rows)?;
            }
        }
        Node::All(nodes) => {
            let (told, others): (Vec<_>, Vec<_>) = nodes.into_iter().partition(Node::is_condition);
            let mut conditions = conditions.clone();
            for node in told {
                node.add_to(&mut conditions);
            }
            if conditions.platforms.len() + conditions.architectures.len() > MOST_CONDITIONS {
                return None;
            }
            for node in others {
                walk(node, &conditions, rows)?;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(criteria: &str) -> Option<usize> {
        let document = format!(
            "<oval_definitions><definitions><definition>{criteria}</definition></definitions></oval_definitions>"
        );
        let mut found = None;
        definitions(document.as_bytes(), |definition| {
            let rows = definition.rows(&mut |criterion| match criterion.attribute("comment") {
                "package" => Reading::Package(()),
                other => Reading::Platform(other.to_owned()),
            });
            found = rows.map(|rows| rows.iter().map(|(_, c)| c.platforms.len()).sum());
        })
        .unwrap();
        found
    }

    #[test]
    fn conditions_hold_for_what_stands_beside_them() {
        let criteria = r#"<criteria operator="OR">
            <criteria operator="AND"><criterion comment="a"/><criterion comment="package"/></criteria>
            <criteria operator="AND"><criteria operator="OR"><criterion comment="b"/><criterion comment="c"/></criteria>
              <criteria operator="OR"><criterion comment="package"/><criterion negate="true" comment="package"/></criteria></criteria></criteria>"#;
        assert_eq!(rows(criteria), Some(3));
    }

    #[test]
    fn criteria_have_bounds() {
        let deep = "<criteria>".repeat(40) + &"</criteria>".repeat(40);
        assert_eq!(rows(&deep), None);
        let many = r#"<criterion comment="a"/>"#.repeat(1001);
        let many =
            format!(r#"<criteria operator="AND">{many}<criterion comment="package"/></criteria>"#);
        assert_eq!(rows(&many), None);
    }
}
