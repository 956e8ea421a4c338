use crate::anchore;
use crate::document::rules::{self, TOP_SET};
use crate::document::{
    Content, Document, Fetch, Fields, Node, PolicyError, Problems, Spot, Value, allowlist,
    mappings, read_list, unknown,
};
use crate::image::{DeniedImages, Images};
use crate::policy::{Mapping, Meaning, Rule};
use crate::text::quoted;
use crate::verdict::Action;
use std::collections::{BTreeSet, HashMap};

/// Name of the mapping of a policy that has none.
const TOP_MAPPING: &str = "*";
/// Documents that stand on top of each other, at most.
const MAX_DEPTH: usize = 16;
/// Documents that one policy is made of, at most.
const MAX_DOCUMENTS: usize = 64;

/// Reads a document and those that it extends whole; every problem is reported.
pub(crate) fn read(document: &Document, fetch: &mut Fetch<'_>) -> Result<Meaning, PolicyError> {
    let mut reader = Reader {
        fetch,
        open: Vec::new(),
        read: 0,
    };
    reader.read(document).map(finish)
}

/// A policy that has no mappings judges every image by all it has.
fn finish(mut meaning: Meaning) -> Meaning {
    if !meaning.is_mapped {
        let sets = meaning.sets();
        meaning.mappings.push(Mapping {
            name: TOP_MAPPING.to_owned(),
            images: Images::all(),
            rule_sets: sets,
            spot: Spot::default(),
        });
    }
    for mapping in &mut meaning.mappings {
        for set in &meaning.everywhere {
            if !mapping.rule_sets.contains(set) {
                mapping.rule_sets.push(set.clone());
            }
        }
    }
    meaning
}

struct Reader<'a, 'b> {
    fetch: &'a mut Fetch<'b>,
    /// Names of the documents that are being read, the outermost first.
    open: Vec<String>,
    read: usize,
}

impl Reader<'_, '_> {
    fn read(&mut self, document: &Document) -> Result<Meaning, PolicyError> {
        let mut problems = Problems::of(&document.name);
        self.open.push(document.name.clone());
        self.read += 1;
        let node = Node::parse(&document.text, &mut problems);
        let meaning = node.and_then(|node| self.meaning(&node, &mut problems));
        self.open.pop();
        match meaning {
            Some(meaning) if problems.is_empty() => Ok(meaning),
            _ => Err(problems.into_error()),
        }
    }

    fn meaning(&mut self, node: &Node, problems: &mut Problems) -> Option<Meaning> {
        if matches!(node.content, Content::Null) {
            problems
                .add_without_place("the policy is empty; write `version: 1`, `name` and `rules`");
            return None;
        }
        let mut fields = Fields::of(node, "the policy", problems)?;
        let version = fields.take::<Version>("version", problems);
        let name = fields.take("name", problems);
        let description = fields.take("description", problems);
        let extends = fields.is_present("extends");
        let mut inherited = self.inherited(&mut fields, problems);
        disable(&mut fields, &mut inherited, problems);

        let own = rules::read(&mut fields, extends, problems);
        let mut names = own.names;
        names.extend(inherited.rules.iter().map(|rule| rule.name.clone()));
        let mut sets = inherited.sets();
        sets.extend(
            own.sets
                .iter()
                .filter(|set| !sets.contains(set))
                .cloned()
                .collect::<Vec<_>>(),
        );

        let mappings = mappings::read(&mut fields, &sets, problems);
        if mappings.is_none() && own.are_in_sets && !inherited.is_mapped {
            fields.missing("mappings", "which rule sets judge which images", problems);
        }
        let allowlist = read_list(&mut fields, "allowlist", problems, |node, problems| {
            allowlist::read_entry(node, &names, problems)
        });
        let allowed_images = read_list(
            &mut fields,
            "allowed_images",
            problems,
            allowlist::read_allowed_image,
        );
        let denied_images = read_list(&mut fields, "denied_images", problems, |node, problems| {
            DeniedImages::read(node, "denied_images", problems)
        });
        let default_action = fields.take::<Option<Action>>("default_action", problems);
        fields.finish(problems);
        version?;

        inherited.take_over(own.list);
        match mappings {
            Some(mut own) => {
                own.append(&mut inherited.mappings);
                inherited.mappings = own;
                inherited.is_mapped = true;
            }
            // Rules at the top of a document judge every image.
            None if own.sets.iter().any(|set| set == TOP_SET) => {
                inherited.everywhere.push(TOP_SET.to_owned());
            }
            None => {}
        }
        let mut entries = allowlist;
        entries.append(&mut inherited.allowlist);
        inherited.allowed_images.extend(allowed_images);
        inherited.denied_images.extend(denied_images);
        Some(Meaning {
            name: name?,
            description: description?,
            allowlist: entries,
            default_action: default_action?.unwrap_or(inherited.default_action),
            ..inherited
        })
    }

    /// What the documents that this one extends say together.
    fn inherited(&mut self, fields: &mut Fields<'_>, problems: &mut Problems) -> Meaning {
        let mut together = Meaning::default();
        let place = fields.node("extends").map(|node| node.place);
        let references = fields.take::<Option<Vec<String>>>("extends", problems);
        let (Some(Some(references)), Some(place)) = (references, place) else {
            return together;
        };
        let from = self.open.last().cloned().unwrap_or_default();
        for reference in references {
            let shown = quoted(&reference);
            if self.open.len() >= MAX_DEPTH || self.read >= MAX_DOCUMENTS {
                let message = format!(
                    "{shown} is not read: a policy is made of at most {MAX_DOCUMENTS} documents, \
                     {MAX_DEPTH} on top of each other"
                );
                problems.add(place, message);
                continue;
            }
            let document = match (self.fetch)(&reference, &from) {
                Ok(document) => document,
                Err(why) => {
                    problems.add(place, format!("`extends`: {shown} cannot be read: {why}"));
                    continue;
                }
            };
            if self.open.contains(&document.name) {
                let message = format!(
                    "`extends`: {shown} extends this document in turn; take one of them out"
                );
                problems.add(place, message);
                continue;
            }
            if anchore::is_bundle(&document.text) {
                let message = format!(
                    "`extends`: {shown} is a bundle of Anchore; rewrite it with `plimsoll policy \
                     import` first"
                );
                problems.add(place, message);
                continue;
            }
            match self.read(&document) {
                Ok(meaning) => together.join(meaning),
                Err(error) => problems.inherit(error),
            }
        }
        together
    }
}

impl Meaning {
    /// Rule sets by name, in the order of their rules.
    fn sets(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let of_rules = self.rules.iter().map(|rule| &rule.set);
        let of_mappings = self.mappings.iter().flat_map(|mapping| &mapping.rule_sets);
        let all = of_rules.chain(of_mappings);
        all.filter(|set| seen.insert(*set)).cloned().collect()
    }

    /// Adds rules; one with the name of another takes its place, in its set, so
    /// that it judges the same images.
    fn take_over(&mut self, rules: Vec<Rule>) {
        let places = self.rules.iter().enumerate();
        let places: HashMap<String, usize> = places
            .map(|(place, rule)| (rule.name.clone(), place))
            .collect();
        for rule in rules {
            let known = places.get(&rule.name);
            match known.and_then(|place| self.rules.get_mut(*place)) {
                Some(known) => {
                    let set = std::mem::take(&mut known.set);
                    *known = Rule { set, ..rule };
                }
                None => self.rules.push(rule),
            }
        }
    }

    /// Takes over another document's meaning; its rules take the place of
    /// those with the same names.
    fn join(&mut self, other: Meaning) {
        self.take_over(other.rules);
        self.everywhere.extend(other.everywhere);
        self.mappings.extend(other.mappings);
        self.is_mapped |= other.is_mapped;
        self.allowlist.extend(other.allowlist);
        self.allowed_images.extend(other.allowed_images);
        self.denied_images.extend(other.denied_images);
        self.default_action = other.default_action;
    }
}

/// Takes rules out that a document inherits and does not want.
fn disable(fields: &mut Fields<'_>, inherited: &mut Meaning, problems: &mut Problems) {
    let place = fields.node("disable").map(|node| node.place);
    let names = fields.take::<Option<Vec<String>>>("disable", problems);
    let (Some(Some(names)), Some(place)) = (names, place) else {
        return;
    };
    let names: BTreeSet<String> = names.into_iter().collect();
    let known: BTreeSet<String> = inherited
        .rules
        .iter()
        .map(|rule| rule.name.clone())
        .collect();
    for name in names.iter().filter(|name| !known.contains(*name)) {
        unknown(
            "inherited rule",
            name,
            place,
            known.iter().map(String::as_str),
            problems,
        );
    }
    inherited.rules.retain(|rule| !names.contains(&rule.name));
}

/// The version of the document's form.
struct Version;

impl Value for Version {
    fn expected() -> String {
        "`1`, the version of the form of policies".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        if node.scalar() == Some("1") {
            return Some(Version);
        }
        let shown = node.shown();
        problems.add(
            node.place,
            format!("`{field}`: {shown} is not known; this build reads version `1`"),
        );
        None
    }
}
