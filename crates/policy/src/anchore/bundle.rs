//! Policy bundles: what one is, and reading the forms `1_0` and `2`.

use super::allowlist::{Allowlist, Item, moment};
use super::eol::{self, Fate};
use super::gates::{ANY, Gate, Trigger};
use super::images::{Images, Pattern};
use super::params::{self, Anchored, Values};
use super::{json, lists};
use crate::document::{Content, Fields, Node, Place, PolicyError, Problems, Spot};
use crate::text::{one_line, quoted, suggestion};
use crate::verdict::Action;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most rules, items and mappings of a bundle together.
const MAX_ITEMS: usize = 200_000;

/// A form of bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Form {
    /// Of Anchore Engine.
    #[serde(rename = "1_0")]
    One,
    /// Of Anchore Enterprise.
    #[serde(rename = "2")]
    Two,
}

/// A policy bundle. Serialised it is what decides.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bundle {
    pub(super) form: Form,
    pub(super) id: String,
    pub(crate) name: String,
    pub(crate) comment: Option<String>,
    pub(super) rule_sets: Vec<RuleSet>,
    pub(super) allowlists: Vec<Allowlist>,
    pub(super) mappings: Vec<Mapping>,
    pub(super) allowed_images: Vec<ImageRule>,
    pub(super) denied_images: Vec<ImageRule>,
    /// What was understood otherwise than written, or not at all.
    #[serde(skip)]
    pub(crate) notes: Vec<Note>,
    /// The document as it was written.
    #[serde(skip)]
    pub(super) document: Arc<str>,
}

/// Something to know about a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) spot: Spot,
    pub(crate) message: String,
}

/// Rules that are chosen together.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RuleSet {
    pub(super) id: String,
    pub(super) name: String,
    /// Whether it judges images, not repositories of source.
    pub(super) of_images: bool,
    pub(super) rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Rule {
    /// Once in the bundle: what reasons call the rule.
    pub(super) name: String,
    pub(super) id: String,
    #[serde(serialize_with = "named")]
    pub(super) test: Test,
    /// As the document calls them.
    pub(super) gate: String,
    pub(super) trigger: String,
    pub(super) values: Values,
    pub(super) action: Action,
    pub(super) advice: Option<String>,
}

/// What a rule asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    Asks(&'static Gate, &'static Trigger),
    /// Its gate is gone, and nothing took its place.
    Gone,
}

fn named<S: Serializer>(test: &Test, serializer: S) -> Result<S::Ok, S::Error> {
    match test {
        Test::Asks(gate, trigger) => (gate.name, trigger.name()).serialize(serializer),
        Test::Gone => serializer.serialize_none(),
    }
}

/// Which rule sets and allowlists judge which images.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Mapping {
    pub(super) name: String,
    pub(super) images: Images,
    pub(super) rule_sets: Vec<String>,
    pub(super) allowlists: Vec<String>,
    #[serde(skip)]
    place: Place,
    pub(super) written: serde_json::Value,
}

/// An image of one of the image lists.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ImageRule {
    pub(super) name: String,
    pub(super) images: Images,
    pub(super) written: serde_json::Value,
}

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
        let items = lists(node, name, &mut self.problems);
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

    fn rule_set(&mut self, node: &Node, number: usize) -> Option<RuleSet> {
        let what = self.word("policy", "rule set");
        let mut fields = Fields::of(node, &format!("{what} {number}"), &mut self.problems)?;
        let id = fields.take::<String>("id", &mut self.problems)?;
        fields.rename(format!("{what} {}", quoted(&id)));
        self.once(what, &id, &mut fields);
        let name = optional(&mut fields, "name");
        either(&mut fields, ["comment", "description"], optional);
        // Anything stands there in the field.
        fields.node("version");
        let artifact = optional(&mut fields, "artifact_type").unwrap_or_default();
        let rules = self.list(&mut fields, ["rules", "rules"], |reader, node, number| {
            reader.rule(node, &id, number)
        });
        self.rest(fields);
        Some(RuleSet {
            name: name.unwrap_or_else(|| id.clone()),
            of_images: matches!(artifact.to_ascii_lowercase().as_str(), "" | "image"),
            rules: rules.into_iter().flatten().collect(),
            id,
        })
    }

    /// More than one for some gates that are gone.
    fn rule(&mut self, node: &Node, set: &str, number: usize) -> Option<Vec<Rule>> {
        let what = format!("rule {number} of {}", quoted(set));
        let mut fields = Fields::of(node, &what, &mut self.problems)?;
        let id = optional(&mut fields, "id");
        let gate = fields.take::<String>("gate", &mut self.problems);
        let trigger = fields.take::<String>("trigger", &mut self.problems);
        let action = self.action(&mut fields);
        let advice = optional(&mut fields, "recommendation");
        either(&mut fields, ["description", "comment"], optional);
        let params = self.params(&mut fields);
        self.rest(fields);
        let (gate, trigger, action, params) = (gate?, trigger?, action?, params?);
        let id = id.unwrap_or_else(|| format!("rule-{number}"));
        let mut rule = Rule {
            name: format!("{set}/{id}"),
            id,
            test: Test::Gone,
            gate: gate.to_ascii_lowercase(),
            trigger: trigger.to_ascii_lowercase(),
            values: Values::default(),
            action,
            advice,
        };
        match eol::fate(&gate, &trigger, &params, node.place) {
            Fate::Gone => {
                self.note(
                    node.place,
                    &format!(
                        "{what}: Anchore no longer judges the gate `{gate}`, and nothing does"
                    ),
                );
                Some(vec![rule])
            }
            Fate::Replaced(replacements) => {
                let rules = replacements.into_iter().filter_map(|new| {
                    let message = format!(
                        "{what}: Anchore no longer judges `{gate}.{trigger}`; it is judged as `{}.{}`",
                        new.gate, new.trigger
                    );
                    self.note(node.place, &message);
                    let params: Vec<(String, &Node)> =
                        new.params.iter().map(|(name, node)| (name.clone(), node)).collect();
                    let mut rule = rule.clone();
                    (rule.gate, rule.trigger) = (new.gate.to_owned(), new.trigger.to_owned());
                    self.test(&mut rule, &params, &what, node).then_some(rule)
                });
                let rules: Vec<Rule> = rules.collect();
                if rules.is_empty() && self.problems.is_empty() {
                    let message =
                        format!("{what}: `{gate}.{trigger}` has no parameter to judge by");
                    self.problems.add(node.place, message);
                }
                Some(rules)
            }
            Fate::Kept => {
                let is_known = self.test(&mut rule, &params, &what, node);
                is_known.then(|| vec![rule])
            }
        }
    }

    /// Fills in gate, trigger and parameters.
    fn test(
        &mut self,
        rule: &mut Rule,
        params: &[(String, &Node)],
        what: &str,
        node: &Node,
    ) -> bool {
        let Some(gate) = Gate::named(&rule.gate) else {
            let names = super::gates::ALL.iter().map(|gate| gate.name);
            let hint = suggestion(&rule.gate, names);
            let message = format!("{what}: unknown gate {}{hint}", quoted(&rule.gate));
            self.problems.add(node.place, message);
            return false;
        };
        let Some(trigger) = gate.trigger(&rule.trigger) else {
            let names = gate.triggers.iter().map(Trigger::name);
            let hint = suggestion(&rule.trigger, names);
            let message = format!(
                "{what}: the gate `{}` has no trigger {}{hint}",
                gate.name,
                quoted(&rule.trigger)
            );
            self.problems.add(node.place, message);
            return false;
        };
        rule.test = Test::Asks(gate, trigger);
        if trigger.name() == ANY {
            return true;
        }
        rule.values = params::read(params, trigger.parameters, what, node, &mut self.problems);
        // What `value` holds depends on `check`.
        let like = matches!(rule.values.text("check"), Some("like" | "not_like"));
        if let Some(value) = rule.values.text("value").filter(|_| like)
            && let Err(why) = Anchored::compile(value)
        {
            let message = format!("{what}: `value`: {} is not {why}", quoted(value));
            self.problems.add(node.place, message);
        }
        true
    }

    fn action(&mut self, fields: &mut Fields<'_>) -> Option<Action> {
        let Some(node) = fields.node("action") else {
            fields.missing("action", "`STOP`, `WARN` or `GO`", &mut self.problems);
            return None;
        };
        let word = node.scalar().unwrap_or_default().to_ascii_lowercase();
        match word.as_str() {
            "stop" => Some(Action::Stop),
            "warn" => Some(Action::Warn),
            "go" => Some(Action::Go),
            _ => {
                let shown = node.shown();
                let message = format!("`action`: {shown} is not `STOP`, `WARN` or `GO`");
                self.problems.add(node.place, message);
                None
            }
        }
    }

    fn params<'a>(&mut self, fields: &mut Fields<'a>) -> Option<Vec<(String, &'a Node)>> {
        let Some(node) = fields.node("params") else {
            fields.missing("params", "`[]` where there are none", &mut self.problems);
            return None;
        };
        let what = format!("a parameter of {}", fields.what());
        let items = lists(node, "params", &mut self.problems);
        let params = items.iter().filter_map(|item| {
            let mut fields = Fields::of(item, &what, &mut self.problems)?;
            let name = fields.take::<String>("name", &mut self.problems);
            let value = fields.node("value");
            fields.finish(&mut self.problems);
            Some((name?, value?))
        });
        Some(params.collect())
    }

    fn allowlist(&mut self, node: &Node, number: usize) -> Option<Allowlist> {
        let what = self.word("whitelist", "allowlist");
        let mut fields = Fields::of(node, &format!("{what} {number}"), &mut self.problems)?;
        let id = fields.take::<String>("id", &mut self.problems)?;
        fields.rename(format!("{what} {}", quoted(&id)));
        self.once(what, &id, &mut fields);
        let name = optional(&mut fields, "name");
        let comment = either(&mut fields, ["comment", "description"], optional);
        fields.node("version");
        let items = self.list(&mut fields, ["items", "items"], |reader, node, number| {
            reader.item(node, &id, number)
        });
        if !fields.is_present("items") {
            fields.missing("items", "a list", &mut self.problems);
        }
        self.rest(fields);
        let name = name.unwrap_or_else(|| id.clone());
        Some(Allowlist::of(id, name, comment, items))
    }

    fn item(&mut self, node: &Node, list: &str, number: usize) -> Option<Item> {
        let what = format!("item {number} of {}", quoted(list));
        let mut fields = Fields::of(node, &what, &mut self.problems)?;
        let id = optional(&mut fields, "id");
        let gate = fields.take::<String>("gate", &mut self.problems);
        let trigger_id = fields.take::<String>("trigger_id", &mut self.problems);
        let comment = either(&mut fields, ["description", "comment"], optional);
        let expires = match fields.node("expires_on") {
            None => None,
            Some(node) if node.scalar() == Some("") => None,
            Some(node) => {
                let end = node.scalar().and_then(moment);
                if end.is_none() {
                    let shown = node.shown();
                    let message = format!(
                        "{what}: `expires_on`: {shown} is not a time such as `2027-01-31T00:00:00Z`"
                    );
                    self.problems.add(node.place, message);
                }
                end
            }
        };
        self.rest(fields);
        let (gate, trigger_id) = (gate?.to_ascii_lowercase(), trigger_id?);
        if trigger_id.starts_with("regexp:") && !self.problems.admit_wildcard(node.place) {
            return None;
        }
        let trigger = match Pattern::of(&trigger_id) {
            Ok(trigger) => trigger,
            Err(why) => {
                let message = format!("{what}: `trigger_id`: {} is not {why}", quoted(&trigger_id));
                self.problems.add(node.place, message);
                return None;
            }
        };
        let gate = match eol::successor(&gate) {
            Some(Some(successor)) => {
                let message = format!(
                    "{what}: Anchore no longer judges the gate `{gate}`; the item is about `{successor}`"
                );
                self.note(node.place, &message);
                successor.to_owned()
            }
            _ => gate,
        };
        if Gate::named(&gate).is_none() {
            let message = format!(
                "{what}: there is no gate {}, so it is about nothing",
                quoted(&gate)
            );
            self.note(node.place, &message);
        }
        Some(Item {
            id,
            gate,
            trigger,
            trigger_id,
            comment,
            expires,
        })
    }

    fn mapping(&mut self, node: &Node, number: usize) -> Option<Mapping> {
        let mut fields = Fields::of(node, &format!("mapping {number}"), &mut self.problems)?;
        let id = optional(&mut fields, "id");
        let name = optional(&mut fields, "name").or(id);
        if let Some(name) = &name {
            fields.rename(format!("mapping {}", quoted(name)));
        }
        either(&mut fields, ["comment", "description"], optional);
        let images = Images::read(&mut fields, &mut self.problems);
        let one = optional(&mut fields, "policy_id");
        let sets = ["policy_ids", "rule_set_ids"];
        let many = either(&mut fields, sets, |fields, name| fields.node(name));
        let rule_sets = match (one, many) {
            (Some(one), None) => vec![one],
            (None, Some(many)) => self.ids(many, self.word("policy_ids", "rule_set_ids")),
            (Some(_), Some(many)) => {
                let message = format!(
                    "{} has both `policy_id` and `policy_ids`; write one of them",
                    fields.what()
                );
                self.problems.add(many.place, message);
                Vec::new()
            }
            (None, None) => {
                let name = self.word("policy_ids", "rule_set_ids");
                fields.missing(name, "a list of ids", &mut self.problems);
                Vec::new()
            }
        };
        let lists = ["whitelist_ids", "allowlist_ids"];
        let allowlists = match either(&mut fields, lists, |fields, name| fields.node(name)) {
            Some(node) => self.ids(node, self.word("whitelist_ids", "allowlist_ids")),
            None => {
                let name = self.word("whitelist_ids", "allowlist_ids");
                fields.missing(name, "`[]` where there are none", &mut self.problems);
                Vec::new()
            }
        };
        self.rest(fields);
        Some(Mapping {
            name: name.unwrap_or_else(|| format!("mapping {number}")),
            images: images?,
            rule_sets,
            allowlists,
            place: node.place,
            written: json::value(node),
        })
    }

    fn ids(&mut self, node: &Node, field: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        for item in lists(node, field, &mut self.problems) {
            match item.scalar() {
                Some(id) if !seen.insert(id) => {}
                Some(id) => ids.push(id.to_owned()),
                None => {
                    let message = format!("`{field}`: {} is no id", item.shown());
                    self.problems.add(item.place, message);
                }
            }
        }
        ids
    }

    fn image_rule(&mut self, node: &Node, number: usize) -> Option<ImageRule> {
        let mut fields = Fields::of(node, &format!("image {number}"), &mut self.problems)?;
        let id = optional(&mut fields, "id");
        let name = optional(&mut fields, "name").or(id);
        either(&mut fields, ["comment", "description"], optional);
        let images = Images::read(&mut fields, &mut self.problems);
        self.rest(fields);
        Some(ImageRule {
            name: name.unwrap_or_else(|| format!("image {number}")),
            images: images?,
            written: json::value(node),
        })
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
