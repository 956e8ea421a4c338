//! Allowlists, mappings and image lists.

use super::super::allowlist::{Allowlist, Item, moment};
use super::super::bundle::{ImageRule, Mapping};
use super::super::eol;
use super::super::gates::Gate;
use super::super::images::{Images, Pattern};
use super::super::{json, lists as items};
use super::{Reader, either, optional};
use crate::document::{Fields, Node};
use crate::text::quoted;
use std::collections::BTreeSet;

impl Reader {
    pub(super) fn allowlist(&mut self, node: &Node, number: usize) -> Option<Allowlist> {
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

    pub(super) fn mapping(&mut self, node: &Node, number: usize) -> Option<Mapping> {
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
        for item in items(node, field, &mut self.problems) {
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

    pub(super) fn image_rule(&mut self, node: &Node, number: usize) -> Option<ImageRule> {
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
}
