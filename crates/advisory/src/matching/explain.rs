//! Everything that the data says of one vulnerability and one image.

use super::home::{Home, Origin};
use super::lookup::Lookup;
use crate::namespace::Namespace;
use crate::store::{Head, Store};
use plimsoll_types::{Coverage, Elsewhere, Explanation, Inventory, Unsearched};
use std::collections::{BTreeMap, BTreeSet};

/// A row that is about the vulnerability.
pub(super) struct Mention {
    pub namespace: Namespace,
    pub name: String,
    pub claim: u32,
    pub head: Head,
}

/// The namespaces that say something of a package at home in `home`.
fn related(origin: &Origin<'_>, lookup: &Lookup<'_>, home: &Namespace) -> Vec<Namespace> {
    let mut related = origin.related(home);
    if home.has_extras() {
        related.extend(lookup.channels(home));
    }
    related
}

/// Gathers what is said of the vulnerability `id`, by any of its ids, and of
/// the packages of an image, in the namespaces that the image needs.
pub fn explain(inventory: &Inventory, store: &Store, id: &str) -> Explanation {
    let origin = Origin::of(inventory);
    let mut lookup = Lookup::new(store, inventory, origin.host());
    let mut namespaces: BTreeSet<Namespace> = BTreeSet::new();
    let homes: Vec<Home> = inventory.packages.iter().map(|p| origin.home(p)).collect();
    for home in &homes {
        if let Home::Namespace(home) = home {
            namespaces.extend(related(&origin, &lookup, home));
        }
    }
    // The records of a first id may give others, under which more are filed.
    let mut ids = BTreeSet::from([id.to_owned()]);
    let mut mentions = Vec::new();
    for _ in 0..3 {
        let known = ids.len();
        mentions.clear();
        for namespace in &namespaces {
            mentions.extend(lookup.mentions(namespace, &ids));
        }
        for mention in &mentions {
            ids.extend(mention.head.ids().map(str::to_owned));
        }
        if ids.len() == known {
            break;
        }
    }
    let mut explanation = Explanation {
        id: id.to_owned(),
        ..Explanation::default()
    };
    let mut by_name: BTreeMap<(&Namespace, &str), Vec<&Mention>> = BTreeMap::new();
    for mention in &mentions {
        let key = (&mention.namespace, mention.name.as_str());
        by_name.entry(key).or_default().push(mention);
    }
    let mut met = BTreeSet::new();
    for (index, (package, home)) in inventory.packages.iter().zip(&homes).enumerate() {
        let reason = match home {
            Home::Namespace(home) => {
                for namespace in related(&origin, &lookup, home) {
                    for subject in namespace.subjects(&package.record) {
                        let key = (&namespace, subject.name.as_str());
                        for mention in by_name.get(&key).into_iter().flatten() {
                            met.insert((mention.namespace.clone(), mention.name.clone()));
                            let told = lookup.told(mention, package, &subject);
                            explanation
                                .claims
                                .extend(told.map(|claim| plimsoll_types::Claim {
                                    package: index,
                                    ..claim
                                }));
                        }
                    }
                }
                continue;
            }
            Home::Local => {
                "it is part of the project itself, and a package of a registry that has its name is another one"
            }
            Home::Foreign => "its database is not one of the image's distribution",
            Home::ThirdParty => {
                "somebody else than the distribution made it, of whose packages the advisories do not speak"
            }
            Home::Nowhere => "no feed that is known here covers its distribution",
            Home::Requested => {
                "a manifest only asks for it, and nothing says which version is installed"
            }
        };
        let named = mentions
            .iter()
            .any(|mention| mention.name == package.record.name);
        if named {
            explanation.unsearched.push(Unsearched {
                package: index,
                reason: reason.to_owned(),
            });
        }
    }
    explanation.claims.sort();
    explanation.claims.dedup();
    for mention in &mentions {
        let key = (mention.namespace.clone(), mention.name.clone());
        if !met.contains(&key) {
            explanation.elsewhere.push(Elsewhere {
                namespace: mention.namespace.to_string(),
                subject: mention.name.clone(),
                record: mention.head.record.clone(),
                windows: lookup.windows(mention),
            });
        }
    }
    explanation.elsewhere.sort();
    explanation.elsewhere.dedup();
    let texts = mentions.iter().map(|mention| lookup.text(mention));
    let texts: Vec<String> = texts.collect();
    let described = ids.iter().filter_map(|id| lookup.description(id));
    let described = described.map(|description| description.text);
    let titles = mentions.iter().map(|mention| mention.head.title.clone());
    let mut texts = texts.into_iter().chain(described).chain(titles);
    explanation.text = texts.find(|text| !text.is_empty()).unwrap_or_default();
    explanation.url = mentions.iter().find_map(|mention| mention.head.url.clone());
    ids.remove(id);
    explanation.aliases = ids.into_iter().collect();
    let mut coverage = Coverage::default();
    lookup.finish(&mut coverage);
    let searched = coverage.looked.iter();
    let searched = searched.filter_map(|name| name.strip_prefix("advisories "));
    explanation.searched = searched.map(str::to_owned).collect();
    explanation
}
