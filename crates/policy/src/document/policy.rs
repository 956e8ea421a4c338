use crate::allowlist::Entry;
use crate::document::{Content, Fields, LastDay, Node, Place, PolicyError, Problems, Value};
use crate::gates::{self, Check};
use crate::image::Images;
use crate::policy::{Mapping, Meaning, Rule};
use crate::text::{quoted, suggestion};
use crate::verdict::{Action, Assessment};
use plimsoll_types::{Justification, VexStatus};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Names under which built-in guards speak.
const RESERVED: [&str; 4] = ["mapping", "coverage", "advisory-data", "allowlist"];
/// Name of the set that the rules at the top of a document make.
const TOP_SET: &str = "rules";
/// Name of the mapping of a document that has none.
const TOP_MAPPING: &str = "*";

/// Reads a document whole; every problem is reported.
pub(crate) fn read(text: &str, name: &str) -> Result<Meaning, PolicyError> {
    let mut problems = Problems::default();
    let meaning =
        Node::parse(text, &mut problems).and_then(|node| read_document(&node, &mut problems));
    match meaning {
        Some(meaning) if problems.is_empty() => Ok(meaning),
        _ => Err(problems.into_error(name)),
    }
}

fn read_document(node: &Node, problems: &mut Problems) -> Option<Meaning> {
    if matches!(node.content, Content::Null) {
        problems.add_without_place("the policy is empty; write `version: 1`, `name` and `rules`");
        return None;
    }
    let mut fields = Fields::of(node, "the policy", problems)?;
    let version = fields.take::<Version>("version", problems);
    let name = fields.take("name", problems);
    let description = fields.take("description", problems);
    let rules = read_rules(&mut fields, problems);
    let mappings = read_mappings(&mut fields, &rules, problems);
    let allowlist = read_list(&mut fields, "allowlist", problems, |node, problems| {
        read_entry(node, &rules.names, problems)
    });
    fields.finish(problems);
    version?;
    Some(Meaning {
        name: name?,
        description: description?,
        mappings: mappings?,
        allowlist: allowlist.unwrap_or_default(),
        rules: rules.list,
    })
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

/// The rules of a document, those that could be read.
struct Rules {
    list: Vec<Rule>,
    /// Names of all rules, also of those that could not be read.
    names: BTreeSet<String>,
    sets: Vec<String>,
    /// Whether they stand at the top of the document, not in named sets.
    are_at_top: bool,
}

fn read_rules(fields: &mut Fields<'_>, problems: &mut Problems) -> Rules {
    let mut rules = Rules {
        list: Vec::new(),
        names: BTreeSet::new(),
        sets: Vec::new(),
        are_at_top: fields.is_present("rules"),
    };
    let (top, sets) = (fields.node("rules"), fields.node("rule_sets"));
    match (top, sets) {
        (Some(_), Some(sets)) => problems.add(
            sets.place,
            "the policy has both `rules` and `rule_sets`; move the rules into a rule set",
        ),
        (None, None) => fields.missing("rules", "a list of rules", problems),
        _ => {}
    }
    if let Some(node) = top {
        read_set(node, TOP_SET, &mut rules, problems);
    }
    match sets.map(|node| (&node.content, node)) {
        Some((Content::Map(entries), _)) => {
            for entry in entries {
                read_set(&entry.node, &entry.name, &mut rules, problems);
            }
        }
        Some((_, node)) => {
            let shown = node.shown();
            problems.add(
                node.place,
                format!("`rule_sets` is {shown}, not a mapping of names to lists of rules"),
            );
        }
        None => {}
    }
    rules
}

fn read_set(node: &Node, set: &str, rules: &mut Rules, problems: &mut Problems) {
    rules.sets.push(set.to_owned());
    for item in items(node, set, problems) {
        let rule = read_rule(item, set, &mut rules.names, problems);
        rules.list.extend(rule);
    }
}

fn read_rule(
    node: &Node,
    set: &str,
    names: &mut BTreeSet<String>,
    problems: &mut Problems,
) -> Option<Rule> {
    let mut fields = Fields::of(node, "the rule", problems)?;
    let name = fields.take::<String>("name", problems);
    if let Some(name) = &name {
        let shown = quoted(name);
        let place = fields.place();
        if RESERVED.contains(&name.as_str()) {
            let message = format!(
                "a rule must not be called {shown}: a built-in guard is; choose another name"
            );
            problems.add(place, message);
        }
        if !names.insert(name.clone()) {
            let message = format!("there is more than one rule {shown}; name each rule once");
            problems.add(place, message);
        }
        fields.rename(format!("rule {shown}"));
    }
    let check = read_check(&mut fields, problems);
    let action = fields.take::<Option<Action>>("action", problems);
    let advice = fields.take("advice", problems);
    fields.finish(problems);
    let (gate, trigger, check) = check?;
    Some(Rule {
        name: name?,
        set: set.to_owned(),
        gate,
        trigger,
        check,
        action: action?.unwrap_or(Action::Stop),
        advice: advice?,
    })
}

type TypedCheck = (&'static str, &'static str, Arc<dyn Check>);

fn read_check(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<TypedCheck> {
    let gates = gates::ALL.iter().map(|gate| gate.name());
    let gate = choose(fields, "gate", gates.collect(), problems);
    let gate = gates::ALL.iter().find(|known| Some(known.name()) == gate);
    let Some(gate) = gate else {
        // What they may hold depends on the gate.
        fields.node("trigger");
        fields.node("when");
        return None;
    };
    let triggers = gate.triggers().iter().map(|trigger| trigger.name);
    let trigger = choose(fields, "trigger", triggers.collect(), problems);
    let trigger = gate.triggers().iter().find(|t| Some(t.name) == trigger);
    let when = fields.node("when");
    let trigger = trigger?;
    let what = format!("`when` of {}", fields.what());
    let mut parameters = match when {
        Some(node) => Fields::of(node, &what, problems)?,
        None => Fields::none(&what, fields.place()),
    };
    let check = (trigger.read)(&mut parameters, problems);
    parameters.finish(problems);
    Some((gate.name(), trigger.name, check?))
}

/// One of the `known` words in a field that must be there.
fn choose(
    fields: &mut Fields<'_>,
    field: &'static str,
    known: Vec<&'static str>,
    problems: &mut Problems,
) -> Option<&'static str> {
    let Some(node) = fields.node(field) else {
        let expected = format!("one of {}", known.join(", "));
        fields.missing(field, &expected, problems);
        return None;
    };
    let found = node
        .scalar()
        .and_then(|word| known.iter().find(|name| name.eq_ignore_ascii_case(word)));
    if found.is_none() {
        let hint = suggestion(node.scalar().unwrap_or_default(), known.iter().copied());
        let shown = node.shown();
        let what = fields.what();
        problems.add(node.place, format!("{what}: unknown {field} {shown}{hint}"));
    }
    found.copied()
}

fn read_mappings(
    fields: &mut Fields<'_>,
    rules: &Rules,
    problems: &mut Problems,
) -> Option<Vec<Mapping>> {
    if !fields.is_present("mappings") {
        if !rules.are_at_top && !rules.sets.is_empty() {
            let expected = "which rule sets judge which images";
            fields.missing("mappings", expected, problems);
            return None;
        }
        return Some(vec![Mapping {
            name: TOP_MAPPING.to_owned(),
            images: Images::all(),
            rule_sets: rules.sets.clone(),
        }]);
    }
    let mut names = BTreeSet::new();
    read_list(fields, "mappings", problems, |node, problems| {
        let mapping = read_mapping(node, &rules.sets, problems)?;
        if !names.insert(mapping.name.clone()) {
            let name = quoted(&mapping.name);
            let message = format!("there is more than one mapping {name}; name each mapping once");
            problems.add(node.place, message);
        }
        Some(mapping)
    })
}

fn read_mapping(node: &Node, sets: &[String], problems: &mut Problems) -> Option<Mapping> {
    let mut fields = Fields::of(node, "the mapping", problems)?;
    let name = fields.take::<String>("name", problems);
    if let Some(name) = &name {
        fields.rename(format!("mapping {}", quoted(name)));
    }
    let images = fields.take("images", problems);
    let place = fields.node("rule_sets").map(|node| node.place);
    let rule_sets = fields.take::<Option<Vec<String>>>("rule_sets", problems);
    if let (Some(Some(wanted)), Some(place)) = (&rule_sets, place) {
        for set in wanted.iter().filter(|set| !sets.contains(set)) {
            unknown(
                "rule set",
                set,
                place,
                sets.iter().map(String::as_str),
                problems,
            );
        }
    }
    fields.finish(problems);
    Some(Mapping {
        name: name?,
        images: images?,
        rule_sets: rule_sets?.unwrap_or_else(|| sets.to_vec()),
    })
}

fn read_entry(node: &Node, rules: &BTreeSet<String>, problems: &mut Problems) -> Option<Entry> {
    let mut fields = Fields::of(node, "the allowlist entry", problems)?;
    let id = fields.take("id", problems);
    let rule = fields.take::<Option<String>>("rule", problems);
    let fingerprint = fields.take("fingerprint", problems);
    let package = fields.take("package", problems);
    let version = fields.take("version", problems);
    let path = fields.take("path", problems);
    let images = fields.take::<Option<Images>>("images", problems);
    let reason = fields.take("reason", problems);
    let by = fields.take("by", problems);
    let until = fields.take::<LastDay>("until", problems);
    if let (Some(Some(name)), Some(node)) = (&rule, fields.node("rule"))
        && !rules.contains(name)
    {
        unknown(
            "rule",
            name,
            node.place,
            rules.iter().map(String::as_str),
            problems,
        );
    }
    let vex = fields
        .node("vex")
        .map(|node| read_assessment(node, problems));
    let place = fields.place();
    fields.finish(problems);
    let entry = Entry {
        id: id?,
        rule: rule?,
        fingerprint: fingerprint?,
        package: package?,
        version: version?,
        path: path?,
        images: images?.unwrap_or_else(Images::all),
        reason: reason?,
        by: by?,
        until: until?,
        vex: match vex {
            Some(assessment) => Some(assessment?),
            None => None,
        },
    };
    if entry.shown().is_empty() {
        problems.add(
            place,
            "the allowlist entry accepts everything; write at least one of `id`, `rule`, \
             `fingerprint`, `package`, `version`, `path`",
        );
    }
    Some(entry)
}

fn read_assessment(node: &Node, problems: &mut Problems) -> Option<Assessment> {
    let mut fields = Fields::of(node, "`vex` of the allowlist entry", problems)?;
    let status = fields.take::<VexStatus>("status", problems);
    let justification = fields.take::<Option<Justification>>("justification", problems);
    fields.finish(problems);
    let assessment = Assessment {
        status: status?,
        justification: justification?,
    };
    if assessment.justification.is_some() && assessment.status != VexStatus::NotAffected {
        problems.add(
            node.place,
            "`justification` is for what is `not_affected`; leave it out",
        );
    }
    Some(assessment)
}

fn unknown<'a>(
    kind: &str,
    name: &str,
    place: Place,
    known: impl IntoIterator<Item = &'a str>,
    problems: &mut Problems,
) {
    let hint = suggestion(name, known);
    problems.add(place, format!("unknown {kind} {}{hint}", quoted(name)));
}

/// The readable items of a list field; `None` where it is not there.
fn read_list<T>(
    fields: &mut Fields<'_>,
    field: &'static str,
    problems: &mut Problems,
    mut read: impl FnMut(&Node, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let items = match fields.node(field) {
        Some(node) => items(node, field, problems),
        None => &[],
    };
    let read_items = items.iter().filter_map(|item| read(item, problems));
    Some(read_items.collect())
}

fn items<'a>(node: &'a Node, what: &str, problems: &mut Problems) -> &'a [Node] {
    match &node.content {
        Content::List(items) => items,
        Content::Null => &[],
        _ => {
            let shown = node.shown();
            problems.add(
                node.place,
                format!("{} is {shown}, not a list", quoted(what)),
            );
            &[]
        }
    }
}
