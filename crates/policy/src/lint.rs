//! What a policy says without effect: rules that another makes pointless,
//! mappings that are never asked, exceptions that cover nothing.

use crate::Policy;
use crate::allowlist::Entry;
use crate::condition::Condition;
use crate::document::Spot;
use crate::gates;
use crate::policy::Rule;
use crate::text::quoted;
use crate::verdict::Action;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something in a policy that does not do what its author may think.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    spot: Spot,
    message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.spot.place;
        let document = &self.spot.document;
        write!(
            f,
            "{document}:{}:{}: {}",
            place.line, place.column, self.message
        )
    }
}

/// Looks for what has no effect on `day` (UTC), in the order of the documents.
pub fn lint(policy: &Policy, day: Date) -> Vec<Remark> {
    if let Some(bundle) = policy.bundle() {
        let notes = bundle.notes.iter();
        return notes
            .map(|note| remark(&note.spot, note.message.clone()))
            .collect();
    }
    let mut remarks = Vec::new();
    rules(policy, &mut remarks);
    mappings(policy, &mut remarks);
    exceptions(policy, day, &mut remarks);
    remarks.sort();
    remarks
}

fn remark(spot: &Spot, message: String) -> Remark {
    Remark {
        spot: spot.clone(),
        message: crate::text::one_line(&message),
    }
}

/// Rules on one trigger of one set with which each is compared.
const MAX_COMPARED: usize = 500;

fn rules(policy: &Policy, remarks: &mut Vec<Remark>) {
    let rules: Vec<(&Rule, Option<Asked>)> = policy
        .meaning()
        .rules
        .iter()
        .map(|rule| (rule, Asked::of(rule)))
        .collect();
    let mut groups: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
    for (index, (rule, asked)) in rules.iter().enumerate() {
        if let Some(asked) = asked {
            let group = groups.entry((&rule.set, asked.gate, asked.trigger));
            group.or_default().push(index);
        }
    }
    for (index, (rule, asked)) in rules.iter().enumerate() {
        if let Some(never) = contradiction(rule) {
            let message = format!("rule {} never fires: {never}", quoted(&rule.name));
            remarks.push(remark(&rule.spot, message));
        }
        let Some(asked) = asked else { continue };
        let alike = groups.get(&(rule.set.as_str(), asked.gate, asked.trigger));
        let alike = alike.into_iter().flatten().take(MAX_COMPARED);
        let alike = alike.filter_map(|place| Some((*place, rules.get(*place)?)));
        let stronger = alike.into_iter().find(|(place, (other, wide))| {
            let Some(wide) = wide else { return false };
            // Of two rules that say the same, the later one is the surplus.
            let is_later = *place > index && other.action == rule.action;
            *place != index
                && acts_at_once(other)
                && other.action >= rule.action
                && wide.covers(asked)
                && !(is_later && asked.covers(wide))
        });
        if let Some((_, (other, _))) = stronger {
            let effect = match other.action == rule.action {
                true => "does the same",
                false => "does more",
            };
            let message = format!(
                "rule {} has no effect: on all that it fires on, rule {} {effect} ({})",
                quoted(&rule.name),
                quoted(&other.name),
                other.action.as_str()
            );
            remarks.push(remark(&rule.spot, message));
        }
    }
}

fn acts_at_once(rule: &Rule) -> bool {
    rule.grace.is_none() && rule.more_than.is_none()
}

/// What a rule on one trigger asks for.
struct Asked {
    gate: &'static str,
    trigger: &'static str,
    parameters: serde_json::Map<String, Value>,
    /// Parameters that leave something out; their documentation says so first.
    narrowing: BTreeSet<&'static str>,
}

impl Asked {
    fn of(rule: &Rule) -> Option<Self> {
        let Condition::Test(test) = &rule.condition else {
            return None;
        };
        let Value::Object(parameters) = test.check.parameters() else {
            return None;
        };
        let gate = gates::ALL.iter().find(|gate| gate.name() == test.gate)?;
        let trigger = gate
            .triggers()
            .iter()
            .find(|known| known.name == test.trigger)?;
        let narrows = |about: &str| about.starts_with("Only ") || about.starts_with("Not ");
        let narrowing = (trigger.parameters)()
            .iter()
            .filter(|parameter| narrows(&parameter.about))
            .map(|parameter| parameter.name)
            .collect();
        Some(Self {
            gate: test.gate,
            trigger: test.trigger,
            parameters,
            narrowing,
        })
    }

    /// Whether it fires on everything that `narrow` fires on, as far as can be
    /// told: what it asks for, `narrow` asks for too, and everything else that
    /// `narrow` asks for only narrows it.
    fn covers(&self, narrow: &Self) -> bool {
        (self.gate, self.trigger) == (narrow.gate, narrow.trigger)
            && narrow.parameters.iter().all(|(name, value)| {
                let other = self.parameters.get(name).unwrap_or(&Value::Null);
                other == value || (other.is_null() && self.narrowing.contains(name.as_str()))
            })
    }
}

/// Conditions of a rule that exclude each other.
fn contradiction(rule: &Rule) -> Option<String> {
    let Condition::Test(test) = &rule.condition else {
        return None;
    };
    let parameters = test.check.parameters();
    let list = |name: &str| parameters.get(name).and_then(Value::as_array);
    if let (Some(list), Some(least)) = (list("severity"), parameters.get("severity_at_least")) {
        let rank = |value: &Value| {
            let all = plimsoll_types::Severity::WORST_FIRST;
            all.iter()
                .position(|severity| Some(severity.as_str()) == value.as_str())
        };
        let reached = |value: &Value| rank(value) <= rank(least);
        if rank(least).is_some() && !list.iter().any(reached) {
            return Some("no severity in `severity` reaches `severity_at_least`".to_owned());
        }
    }
    let available = parameters.get("fix_available").and_then(Value::as_bool);
    if let (Some(available), Some(states)) = (available, list("fix")) {
        let fixed = |state: &Value| state.as_str() == Some("fixed");
        if !states.iter().any(|state| fixed(state) == available) {
            return Some("`fix` and `fix_available` exclude each other".to_owned());
        }
    }
    None
}

fn mappings(policy: &Policy, remarks: &mut Vec<Remark>) {
    let meaning = policy.meaning();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut everything: Option<&str> = None;
    for mapping in &meaning.mappings {
        let images = serde_json::to_string(&mapping.images).unwrap_or_default();
        let earlier = everything.or_else(|| seen.get(&images).copied());
        if let Some(earlier) = earlier {
            let message = format!(
                "mapping {} is never asked: {} before it matches all of its images",
                quoted(&mapping.name),
                quoted(earlier)
            );
            remarks.push(remark(&mapping.spot, message));
        }
        if mapping.images.is_everything() {
            everything = everything.or(Some(&mapping.name));
        }
        seen.entry(images).or_insert(&mapping.name);
    }
    let mut told = BTreeSet::new();
    for rule in unmapped(policy) {
        if told.insert(&rule.set) {
            let set = quoted(&rule.set);
            let message = format!("rule set {set} is in no mapping, so its rules judge nothing");
            remarks.push(remark(&rule.spot, message));
        }
    }
}

fn unmapped(policy: &Policy) -> impl Iterator<Item = &Rule> {
    let meaning = policy.meaning();
    let used: BTreeSet<&String> = meaning.mappings.iter().flat_map(|m| &m.rule_sets).collect();
    meaning
        .rules
        .iter()
        .filter(move |rule| !used.contains(&rule.set))
}

fn exceptions(policy: &Policy, day: Date, remarks: &mut Vec<Remark>) {
    let meaning = policy.meaning();
    let silent: BTreeMap<&str, Action> = meaning
        .rules
        .iter()
        .filter(|rule| rule.action < Action::Warn)
        .map(|rule| (rule.name.as_str(), rule.action))
        .collect();
    let idle: BTreeSet<&str> = unmapped(policy).map(|rule| rule.name.as_str()).collect();
    let mut seen: BTreeMap<String, &Spot> = BTreeMap::new();
    for entry in policy.allowlist().entries() {
        let named = match entry.shown() {
            shown if shown.is_empty() => "the allowlist entry".to_owned(),
            shown => format!("the allowlist entry for {shown}"),
        };
        let mut say = |message: String| remarks.push(remark(&entry.spot, message));
        if entry.is_over(day) {
            let last = entry.until.text().unwrap_or_default();
            say(format!("{named} ended on {last}"));
        }
        let rule = entry.rule.as_deref().unwrap_or_default();
        if let Some(action) = silent.get(rule) {
            say(format!(
                "{named} has no effect: rule {} only says so ({})",
                quoted(rule),
                action.as_str()
            ));
        }
        if idle.contains(rule) {
            say(format!(
                "{named} has no effect: rule {} is in no mapping",
                quoted(rule)
            ));
        }
        match seen.get(&selectors(entry)) {
            Some(first) => {
                let line = first.place.line;
                say(format!(
                    "{named} is written before, on line {line} of {}",
                    first.document
                ));
            }
            None => {
                seen.insert(selectors(entry), &entry.spot);
            }
        }
    }
    for entry in &meaning.allowed_images {
        if entry.is_over(day) {
            let last = entry.until.text().unwrap_or_default();
            remarks.push(remark(
                &entry.spot,
                format!("the allowed image's entry ended on {last}"),
            ));
        }
        if entry.images.is_everything() {
            let message = "`allowed_images` lets every image through, so no rule has an effect";
            remarks.push(remark(&entry.spot, message.to_owned()));
        }
    }
}

/// What an entry covers.
fn selectors(entry: &Entry) -> String {
    let covered = (&entry.shown(), &entry.images, &entry.when);
    serde_json::to_string(&covered).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remarks(text: &str) -> Vec<String> {
        let policy = Policy::parse(text, "p.yaml").unwrap_or_else(|error| panic!("{error}"));
        let remarks = lint(&policy, jiff::civil::date(2026, 10, 15));
        remarks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_built_in_policies_have_nothing_without_effect() {
        for pack in crate::PACKS {
            assert_eq!(remarks(pack.text), Vec::<String>::new(), "{}", pack.name);
        }
    }

    #[test]
    fn rules_that_another_makes_pointless_are_named() {
        let text = "version: 1
name: p
rules:
  - { name: critical, gate: vulnerabilities, trigger: package, when: { severity: critical } }
  - { name: critical-npm, gate: vulnerabilities, trigger: package, action: warn, when: { severity: critical, ecosystems: npm } }
  - { name: again, gate: vulnerabilities, trigger: package, when: { severity: critical } }
  - { name: wider, gate: vulnerabilities, trigger: package, action: warn }
  - { name: harder, gate: user, trigger: root }
  - { name: softer, gate: user, trigger: root, action: info }
  - { name: later, gate: user, trigger: root, grace: { until: 2027-01-01 } }
  - { name: never, gate: vulnerabilities, trigger: package, when: { severity: [low, medium], severity_at_least: high } }
  - { name: nor, gate: vulnerabilities, trigger: package, when: { fix: wont-fix, fix_available: true } }
";
        let found = remarks(text);
        let expected = [
            "p.yaml:5:5: rule `critical-npm` has no effect: on all that it fires on, rule `critical` does more (stop)",
            "p.yaml:6:5: rule `again` has no effect: on all that it fires on, rule `critical` does the same (stop)",
            "p.yaml:9:5: rule `softer` has no effect: on all that it fires on, rule `harder` does more (stop)",
            "p.yaml:10:5: rule `later` has no effect: on all that it fires on, rule `harder` does the same (stop)",
            "p.yaml:11:5: rule `never` never fires: no severity in `severity` reaches `severity_at_least`",
            "p.yaml:12:5: rule `nor` never fires: `fix` and `fix_available` exclude each other",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn mappings_and_sets_that_are_never_asked_are_named() {
        let text = "version: 1
name: p
rule_sets:
  used: [{ name: a, gate: user, trigger: root }]
  idle: [{ name: b, gate: user, trigger: root }]
mappings:
  - { name: shop, images: 'shop/*', rule_sets: used }
  - { name: shop-again, images: 'shop/*', rule_sets: used }
  - { name: rest, images: '*', rule_sets: used }
  - { name: late, images: 'late/*', rule_sets: used }
";
        assert_eq!(
            remarks(text),
            [
                "p.yaml:5:10: rule set `idle` is in no mapping, so its rules judge nothing",
                "p.yaml:8:5: mapping `shop-again` is never asked: `shop` before it matches all of its images",
                "p.yaml:10:5: mapping `late` is never asked: `rest` before it matches all of its images",
            ]
        );
    }

    #[test]
    fn dead_exceptions_are_named() {
        let text = "version: 1
name: p
rules:
  - { name: root, gate: user, trigger: root, action: info }
allowlist:
  - { id: CVE-1, reason: r, by: b, until: 2026-10-14 }
  - { id: CVE-2, reason: r, by: b, until: 2026-10-15 }
  - { id: CVE-2, reason: other, by: b, until: never }
  - { rule: root, reason: r, by: b, until: never }
allowed_images:
  - { images: '*', reason: r, by: b, until: never }
";
        assert_eq!(
            remarks(text),
            [
                "p.yaml:6:5: the allowlist entry for CVE-1 ended on 2026-10-14",
                "p.yaml:8:5: the allowlist entry for CVE-2 is written before, on line 7 of p.yaml",
                "p.yaml:9:5: the allowlist entry for root has no effect: rule `root` only says so (info)",
                "p.yaml:11:5: `allowed_images` lets every image through, so no rule has an effect",
            ]
        );
    }
}
