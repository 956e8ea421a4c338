use crate::condition::{Composition, Condition, Test};
use crate::document::{Fields, Node, Place, Problems, items};
use crate::gates;
use crate::hold::Grace;
use crate::policy::Rule;
use crate::text::{quoted, suggestion};
use crate::verdict::Action;
use std::collections::BTreeSet;

/// Names under which built-in guards speak.
pub const GUARDS: [&str; 5] = [
    "mapping",
    "coverage",
    "advisory-data",
    "allowlist",
    "denied-images",
];
/// Name of the set that the rules at the top of a document make.
pub(crate) const TOP_SET: &str = "rules";

/// The rules of one document, those that could be read.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) list: Vec<Rule>,
    /// Names of all rules, also of those that could not be read.
    pub(super) names: BTreeSet<String>,
    pub(super) sets: Vec<String>,
    /// Whether they stand in named sets, not at the top of the document.
    pub(super) are_in_sets: bool,
}

/// Reads `rules` and `rule_sets`; one of them must be there unless the document
/// `extends` another.
pub(super) fn read(fields: &mut Fields<'_>, extends: bool, problems: &mut Problems) -> Rules {
    let mut rules = Rules {
        are_in_sets: fields.is_present("rule_sets"),
        ..Rules::default()
    };
    let (top, sets) = (fields.node("rules"), fields.node("rule_sets"));
    match (top, sets) {
        (Some(_), Some(sets)) => problems.add(
            sets.place,
            "the policy has both `rules` and `rule_sets`; move the rules into a rule set",
        ),
        (None, None) if !extends => fields.missing("rules", "a list of rules", problems),
        _ => {}
    }
    if let Some(node) = top {
        read_set(node, TOP_SET, &mut rules, problems);
    }
    if let Some(node) = sets {
        for entry in node.entries("rule_sets", "lists of rules", problems) {
            read_set(&entry.node, &entry.name, &mut rules, problems);
        }
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
        if GUARDS.contains(&name.as_str()) {
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
    let condition = read_condition(&mut fields, problems);
    let action = fields.take::<Option<Action>>("action", problems);
    let advice = fields.take("advice", problems);
    let more_than = fields.take("more_than", problems);
    let place = fields.node("grace").map(|node| node.place);
    let grace = fields.take::<Option<Grace>>("grace", problems);
    fields.finish(problems);
    let (condition, action) = (condition?, action?.unwrap_or(Action::Stop));
    if let (Some(Some(grace)), Some(place)) = (&grace, place) {
        check_grace(*grace, &condition, place, problems);
    }
    Some(Rule {
        name: name?,
        set: set.to_owned(),
        condition,
        action,
        advice: advice?,
        more_than: more_than?,
        grace: grace?,
        spot: problems.spot(node.place),
    })
}

fn check_grace(grace: Grace, condition: &Condition, place: Place, problems: &mut Problems) {
    let of_vulnerabilities =
        matches!(condition, Condition::Test(test) if test.gate == gates::VULNERABILITIES);
    if matches!(grace, Grace::Since { .. }) && !of_vulnerabilities {
        problems.add(
            place,
            "`grace` counts from a day that only vulnerabilities have; write \
             `grace: { until: YYYY-MM-DD }`",
        );
    }
}

fn read_condition(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Condition> {
    const PARTS: [&str; 3] = ["all_of", "any_of", "none_of"];
    // All are asked for, so that all are known.
    let composed = PARTS.map(|part| fields.is_present(part));
    if !composed.contains(&true) {
        return read_test(fields, problems).map(Condition::Test);
    }
    if fields.is_present("gate") {
        let what = fields.what();
        let message =
            format!("{what} has a `gate` beside `all_of`, `any_of` or `none_of`; move it into one");
        problems.add(fields.place(), message);
    }
    let [all_of, any_of, none_of] = PARTS.map(|part| read_parts(fields, part, problems));
    Some(Condition::Composed(Composition {
        all_of: all_of?,
        any_of: any_of?,
        none_of: none_of?,
    }))
}

fn read_parts(
    fields: &mut Fields<'_>,
    part: &'static str,
    problems: &mut Problems,
) -> Option<Vec<Condition>> {
    let what = format!("`{part}` of {}", fields.what());
    if !fields.is_present(part) {
        return Some(Vec::new());
    }
    let place = fields.place();
    let Some(node) = fields.node(part) else {
        problems.add(
            place,
            format!("{what} is empty; name conditions or leave it out"),
        );
        return None;
    };
    let items = items(node, part, problems);
    if items.is_empty() {
        problems.add(
            node.place,
            format!("{what} is empty; name conditions or leave it out"),
        );
        return None;
    }
    let conditions: Vec<_> = items
        .iter()
        .map(|item| {
            let mut fields = Fields::of(item, &what, problems)?;
            let condition = read_condition(&mut fields, problems);
            fields.finish(problems);
            condition
        })
        .collect();
    conditions.into_iter().collect()
}

fn read_test(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Test> {
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
    Some(Test {
        gate: gate.name(),
        trigger: trigger.name,
        check: check?,
    })
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
