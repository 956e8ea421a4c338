//! Rule sets and their rules.

use super::super::bundle::{Rule, RuleSet, Test};
use super::super::eol::{self, Fate};
use super::super::gates::{ALL, ANY, Gate, Trigger};
use super::super::lists as items;
use super::super::params::{self, Anchored, Values};
use super::{Reader, either, optional};
use crate::document::{Fields, Node};
use crate::text::{quoted, suggestion};
use crate::verdict::Action;

impl Reader {
    pub(super) fn rule_set(&mut self, node: &Node, number: usize) -> Option<RuleSet> {
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
            let names = ALL.iter().map(|gate| gate.name);
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
        let items = items(node, "params", &mut self.problems);
        let params = items.iter().filter_map(|item| {
            let mut fields = Fields::of(item, &what, &mut self.problems)?;
            let name = fields.take::<String>("name", &mut self.problems);
            let value = fields.node("value");
            fields.finish(&mut self.problems);
            Some((name?, value?))
        });
        Some(params.collect())
    }
}
