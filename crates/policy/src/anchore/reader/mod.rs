//! Reading bundles of the forms `1_0` and `2`.

mod lists;
mod rules;

use super::bundle::{Bundle, Form, Note};
use super::{json, lists as items};
use crate::document::{Content, Fields, Node, Place, PolicyError, Problems};
use crate::text::{one_line, quoted, suggestion};
use std::collections::{BTreeMap, BTreeSet};

/// Most rules, items and mappings of a bundle together.
const MAX_ITEMS: usize = 200_000;

/// Whether a text is meant to be a bundle.
pub(crate) fn is_bundle(text: &str) -> bool {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with('{') {
        return false;
    }
    let Some(node) = json::parse(text, &mut Problems::default()) else {
        // It is broken or too long: these words are in no native policy.
        let words = [
            "\"policies\"",
            "\"whitelist",
            "\"policy_id",
            "\"rule_set_ids\"",
        ];
        return words.iter().any(|word| text.contains(word));
    };
    let field = |name: &str| match &node.content {
        Content::Map(entries) => entries.iter().find(|entry| entry.name == name),
        _ => None,
    };
    let is_list = |name| field(name).is_some_and(|f| matches!(f.node.content, Content::List(_)));
    let version = field("version").and_then(|field| field.node.scalar());
    is_list("policies") || is_list("rule_sets") || version.is_some_and(|v| v.ends_with("_0"))
}

/// Reads a bundle whole; every problem is reported. `name` stands for it in
/// messages.
pub(crate) fn read(text: &str, name: &str) -> Result<Bundle, PolicyError> {
    let mut problems = Problems::of(name);
    let node = json::parse(text, &mut problems);
    let mut reader = Reader {
        problems,
        notes: Vec::new(),
        form: Form::One,
        items: 0,
        ids: BTreeSet::new(),
    };
    let bundle = node.and_then(|node| reader.bundle(&node, text));
    match bundle {
        Some(bundle) if reader.problems.is_empty() => Ok(bundle),
        _ => Err(reader.problems.into_error()),
    }
}

struct Reader {
    problems: Problems,
    notes: Vec<Note>,
    form: Form,
    items: usize,
    /// Kinds and ids that were read.
    ids: BTreeSet<(&'static str, String)>,
}

impl Reader {
    fn note(&mut self, place: Place, message: &str) {
        /// Nobody reads further.
        const MAX_NOTES: usize = 100;
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note {
                spot: self.problems.spot(place),
                message: one_line(message),
            });
        }
    }

    fn bundle(&mut self, node: &Node, text: &str) -> Option<Bundle> {
        let mut fields = Fields::of(node, "the bundle", &mut self.problems)?;
        self.form = self.version(&mut fields)?;
        let id = fields.take::<String>("id", &mut self.problems);
        let name = optional(&mut fields, "name");
        let comment = either(&mut fields, ["comment", "description"], optional);
        fields.node("last_updated");

        let rule_sets = self.list(&mut fields, ["policies", "rule_sets"], Self::rule_set);
        if !fields.is_present("policies") && !fields.is_present("rule_sets") {
            let name = self.word("policies", "rule_sets");
            fields.missing(name, "a list", &mut self.problems);
        }
        let lists = ["whitelists", "allowlists"];
        let allowlists = self.list(&mut fields, lists, Self::allowlist);
        if !fields.is_present("mappings") {
            fields.missing("mappings", "a list", &mut self.problems);
        }
        let mappings = self.list(&mut fields, ["mappings", "mappings"], Self::mapping);
        let names = ["whitelisted_images", "allowlisted_images"];
        let allowed_images = self.list(&mut fields, names, Self::image_rule);
        let names = ["blacklisted_images", "denylisted_images"];
        let denied_images = self.list(&mut fields, names, Self::image_rule);
        for unused in ["source_mappings", "sbom_mappings"] {
            if let Some(node) = fields.node(unused) {
                self.note(
                    node.place,
                    &format!("`{unused}` are not about images, and not read"),
                );
            }
        }
        self.rest(fields);

        let mut bundle = Bundle {
            form: self.form,
            name: name.or_else(|| id.clone()).unwrap_or_default(),
            id: id.unwrap_or_default(),
            comment,
            rule_sets,
            allowlists,
            mappings,
            allowed_images,
            denied_images,
            notes: std::mem::take(&mut self.notes),
            document: text.into(),
        };
        self.check(&mut bundle);
        Some(bundle)
    }

    /// Reports an id that another of its kind has.
    fn once(&mut self, kind: &'static str, id: &str, fields: &mut Fields<'_>) {
        if !self.ids.insert((kind, id.to_owned())) {
            let place = fields.node("id").map_or(fields.place(), |node| node.place);
            let message = format!("there is more than one {kind} {}", quoted(id));
            self.problems.add(place, message);
        }
    }

    fn word(&self, one: &'static str, two: &'static str) -> &'static str {
        match self.form {
            Form::One => one,
            Form::Two => two,
        }
    }

    fn version(&mut self, fields: &mut Fields<'_>) -> Option<Form> {
        let Some(node) = fields.node("version") else {
            fields.missing("version", "`1_0` or `2`", &mut self.problems);
            return None;
        };
        match node.scalar() {
            Some("1_0") => Some(Form::One),
            Some("2") => Some(Form::Two),
            _ => {
                let message = format!(
                    "`version`: {} is not known; bundles are read in the versions `1_0` and `2`",
                    node.shown()
                );
                self.problems.add(node.place, message);
                None
            }
        }
    }

    /// Fields that nobody took: wrong in the form `2`, which allows none.
    fn rest(&mut self, fields: Fields<'_>) {
        match self.form {
            Form::Two => fields.finish(&mut self.problems),
            Form::One => {
                let what = fields.what().to_owned();
                for (place, name) in fields.left() {
                    let name = quoted(&name);
                    self.note(place, &format!("the field {name} of {what} is not known"));
                }
            }
        }
    }

    fn list<T>(
        &mut self,
        fields: &mut Fields<'_>,
        [one, two]: [&'static str; 2],
        mut read: impl FnMut(&mut Self, &Node, usize) -> Option<T>,
    ) -> Vec<T> {
        let (name, node) = match (fields.node(one), fields.node(two)) {
            (Some(node), _) => (one, node),
            (None, Some(node)) => (two, node),
            (None, None) => return Vec::new(),
        };
        let items = items(node, name, &mut self.problems);
        self.items = self.items.saturating_add(items.len());
        if self.items > MAX_ITEMS {
            let message = format!("the bundle has more than {MAX_ITEMS} rules, items and mappings");
            self.problems.add(node.place, message);
            return Vec::new();
        }
        let items = (1..).zip(items);
        items
            .filter_map(|(number, item)| read(self, item, number))
            .collect()
    }

    /// References to what is not there, and names of rules that stand twice.
    fn check(&mut self, bundle: &mut Bundle) {
        let sets: BTreeSet<&str> = bundle.rule_sets.iter().map(|set| set.id.as_str()).collect();
        let lists: BTreeSet<&str> = bundle.allowlists.iter().map(|l| l.id.as_str()).collect();
        let (set, list) = (
            self.word("policy", "rule set"),
            self.word("whitelist", "allowlist"),
        );
        for mapping in &bundle.mappings {
            let wanted = mapping.rule_sets.iter().map(|id| (set, id, &sets));
            let wanted = wanted.chain(mapping.allowlists.iter().map(|id| (list, id, &lists)));
            for (kind, id, known) in wanted {
                if !known.contains(id.as_str()) {
                    let hint = suggestion(id, known.iter().copied());
                    let name = quoted(&mapping.name);
                    let message = format!("mapping {name}: unknown {kind} {}{hint}", quoted(id));
                    self.problems.add(mapping.place, message);
                }
            }
        }
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for rule in bundle.rule_sets.iter_mut().flat_map(|set| &mut set.rules) {
            let again = names.entry(rule.name.clone()).or_default();
            *again += 1;
            let mut number = *again;
            let mut name = rule.name.clone();
            while number > 1 && names.contains_key(&name) {
                name = format!("{}#{number}", rule.name);
                number += 1;
            }
            names.entry(name.clone()).or_insert(1);
            rule.name = name;
        }
    }
}

/// A text that may be left out; an empty one is.
fn optional(fields: &mut Fields<'_>, name: &'static str) -> Option<String> {
    let text = one_line(fields.node(name)?.scalar()?.trim());
    (!text.is_empty()).then_some(text)
}

/// A field under one of two names.
fn either<'a, T>(
    fields: &mut Fields<'a>,
    [one, two]: [&'static str; 2],
    mut take: impl FnMut(&mut Fields<'a>, &'static str) -> Option<T>,
) -> Option<T> {
    let (one, two) = (take(fields, one), take(fields, two));
    one.or(two)
}
