//! Items of allowlists as native entries.

use super::super::allowlist::{Allowlist, Item};
use super::super::bundle::{Bundle, Rule, Test};
use super::super::gates::{VULNERABILITIES, hashed};
use super::super::images::{Images, Pattern};
use super::{Writer, images, literal, quoted};
use jiff::tz::Offset;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn write(writer: &mut Writer, bundle: &Bundle) {
    let known = Known::of(writer, bundle);
    let mut lines = Vec::new();
    let used = |list: &&Allowlist| {
        bundle
            .mappings
            .iter()
            .any(|m| m.allowlists.contains(&list.id))
    };
    for list in bundle.allowlists.iter().filter(|list| !used(list)) {
        lines.push(Err(format!(
            "allowlist `{}`: left out: no mapping names it",
            list.name
        )));
    }
    for list in bundle.allowlists.iter().filter(used) {
        let everywhere = bundle
            .mappings
            .iter()
            .all(|m| m.allowlists.contains(&list.id));
        let images = bundle
            .mappings
            .iter()
            .filter(|m| m.allowlists.contains(&list.id));
        let images: Vec<&Images> = images.map(|mapping| &mapping.images).collect();
        if !everywhere {
            lines.push(Err(format!(
                "allowlist `{}`: it holds for images that its mappings match, also where an \
                 earlier mapping takes them",
                list.name
            )));
        }
        if list.comment.is_none() {
            lines.push(Err(format!(
                "allowlist `{}`: it has no comment, so items without a description give the list \
                 as their reason",
                list.name
            )));
        }
        for item in &list.items {
            let whose: &[&Images] = if everywhere { &[] } else { &images };
            lines.extend(entries(&known, list, item, whose));
        }
    }
    writer.list("allowlist", lines);
    if !bundle.allowlists.is_empty() {
        let remark =
            "allowlist: who accepted an item is not known, so the name of its list stands there";
        writer.remark("", remark);
    }
}

/// The entries of an item: one for each rule and mapping that it is about.
fn entries(
    known: &Known<'_>,
    list: &Allowlist,
    item: &Item,
    whose: &[&Images],
) -> Vec<Result<String, String>> {
    let what = format!("item `{}` of `{}`", item.trigger_id, list.name);
    let mut lines = Vec::new();
    let selectors = match selectors(known, item) {
        Ok(selectors) => selectors,
        Err(why) => return vec![Err(format!("{what}: left out: {why}"))],
    };
    let until = match item.expires {
        None => "never".to_owned(),
        Some(end) => {
            let end = Offset::UTC.to_datetime(end);
            let midnight = end.time() == jiff::civil::Time::midnight();
            if !midnight {
                lines.push(Err(format!(
                    "{what}: it ends within a day, so it ends with the day before"
                )));
            }
            // The last whole day.
            let last = end.date().yesterday();
            last.map_or_else(|_| end.date().to_string(), |day| day.to_string())
        }
    };
    let reason = item.comment.as_ref().or(list.comment.as_ref());
    let reason = reason.cloned();
    let reason = reason.unwrap_or_else(|| format!("allowlist {}", list.name));
    let rest = format!(
        "reason: {}, by: {}, until: {until}",
        quoted(&reason),
        quoted(&list.name)
    );
    let mut chosen = Vec::new();
    for images in whose {
        match images::native(images) {
            Ok(images) => chosen.push(format!("images: {images}, ")),
            Err(why) => lines.push(Err(format!("{what}: left out for some images: {why}"))),
        }
    }
    if whose.is_empty() {
        chosen.push(String::new());
    }
    for selector in &selectors {
        for images in &chosen {
            lines.push(Ok(format!("  - {{ {selector}, {images}{rest} }}")));
        }
    }
    lines
}

/// The rules that were written.
struct Known<'a> {
    by_gate: BTreeMap<&'static str, Vec<&'a Rule>>,
    /// By gate and id, those that can find one thing only.
    by_id: BTreeMap<(&'static str, String), Vec<&'a Rule>>,
}

impl<'a> Known<'a> {
    fn of(writer: &Writer, bundle: &'a Bundle) -> Self {
        let mut known = Self {
            by_gate: BTreeMap::new(),
            by_id: BTreeMap::new(),
        };
        let rules = bundle.rule_sets.iter().flat_map(|set| &set.rules);
        for rule in rules.filter(|rule| writer.rules.contains(&rule.name)) {
            let Test::Asks(gate, _) = rule.test else {
                continue;
            };
            known.by_gate.entry(gate.name).or_default().push(rule);
            if let Some(id) = only_id(rule) {
                known.by_id.entry((gate.name, id)).or_default().push(rule);
            }
        }
        known
    }
}

fn selectors(known: &Known<'_>, item: &Item) -> Result<Vec<String>, String> {
    let Some((gate, rules)) = known.by_gate.get_key_value(item.gate.as_str()) else {
        return Err("no rule that was written is about its gate".to_owned());
    };
    let by_rule = |rules: &[&Rule], more: &str| {
        let rules: BTreeSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        let selectors = rules.into_iter();
        selectors
            .map(|rule| format!("rule: {}{more}", quoted(rule)))
            .collect()
    };
    let Pattern::Glob(glob) = &item.trigger else {
        return Err("native patterns have no regular expressions".to_owned());
    };
    if item.trigger.is_everything() {
        return Ok(by_rule(rules, ""));
    }
    if item.gate == VULNERABILITIES {
        return vulnerability(glob, |more| by_rule(rules, more));
    }
    match known.by_id.get(&(*gate, glob.clone())) {
        Some(named) => Ok(by_rule(named, "")),
        None => Err(
            "what it stands for cannot be told from its id; take the fingerprint from a report"
                .to_owned(),
        ),
    }
}

/// `CVE-2021-1+openssl`, either of them `*`.
fn vulnerability(glob: &str, by_rule: impl Fn(&str) -> Vec<String>) -> Result<Vec<String>, String> {
    let Some((id, name)) = glob.split_once('+') else {
        return Err("it is no `id+package`".to_owned());
    };
    let mut more = String::new();
    match id {
        "*" => {}
        id if id.contains('*') => {
            return Err("ids of native entries have no wildcards".to_owned());
        }
        id => more.push_str(&format!(", id: {}", quoted(id))),
    }
    let parts: Vec<String> = name.split('*').map(literal).collect();
    let pattern = parts.join("*");
    // Of language packages the id has a file, or the version behind the name.
    let versioned = name.rfind('-').filter(|at| {
        let version = name.get(at + 1..).unwrap_or_default();
        version.starts_with(|c: char| c.is_ascii_digit())
    });
    let is_file = [".jar", ".war", ".ear", ".gemspec"]
        .iter()
        .any(|end| name.ends_with(end));
    match versioned {
        _ if name == "*" => {}
        _ if is_file => more.push_str(&format!(", path: {}", quoted(&format!("**/{pattern}")))),
        Some(at) => {
            let name = literal(name.get(..at).unwrap_or_default());
            more.push_str(&format!(
                ", package: {}",
                quoted(&format!("{{{pattern},{name}}}"))
            ));
        }
        None => more.push_str(&format!(", package: {}", quoted(&pattern))),
    }
    match more.is_empty() {
        true => Ok(by_rule("")),
        false => Ok(by_rule(&more)),
    }
}

/// The id of the only thing that a rule can find.
fn only_id(rule: &Rule) -> Option<String> {
    let Test::Asks(gate, trigger) = rule.test else {
        return None;
    };
    let values = &rule.values;
    let text = |name: &str| values.text(name).unwrap_or_default();
    let message = match (gate.name, trigger.name()) {
        ("always", _) => return Some("always".to_owned()),
        ("dockerfile", "instruction") if text("check") == "not_exists" => format!(
            "Dockerfile directive '{}' not found, matching condition 'not_exists' check",
            text("instruction")
        ),
        ("packages", "blacklist") if values.text("version").is_none() => {
            format!("Package is blacklisted: {}", text("name"))
        }
        ("packages", "required_package") if values.text("version").is_none() => format!(
            "Required input package ({}) is not present in container image",
            text("name")
        ),
        _ => return None,
    };
    Some(hashed(gate.name, trigger.name(), &message))
}
