//! Bundles as native policies. What cannot be said natively, or means
//! something else, is said twice: to the caller, and in the document.

mod images;
mod lists;
mod rules;

use super::bundle::{Bundle, RuleSet};
use super::images::Images;
use crate::document::PolicyError;
use crate::text::one_line;
use std::collections::BTreeSet;
use std::fmt::Write;

/// A bundle as a native policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The policy document, YAML.
    pub policy: String,
    /// What means something else in it, or is not in it; one line each.
    pub remarks: Vec<String>,
}

/// Rewrites a bundle of Anchore, in the form `1_0` or `2`, as a native policy.
/// `name` stands for it in errors.
///
/// # Errors
/// Everything that is wrong with the bundle.
pub fn import(text: &str, name: &str) -> Result<Imported, PolicyError> {
    let bundle = super::read(text, name)?;
    let mut writer = Writer {
        text: String::new(),
        remarks: Vec::new(),
        rules: BTreeSet::new(),
    };
    writer.bundle(&bundle);
    Ok(Imported {
        policy: writer.text,
        remarks: writer.remarks,
    })
}

struct Writer {
    text: String,
    remarks: Vec<String>,
    /// Names of the rules that were written.
    rules: BTreeSet<String>,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Says something to the caller and in the document.
    fn remark(&mut self, indent: &str, remark: &str) {
        let remark = one_line(remark);
        let _ = writeln!(self.text, "{indent}# {remark}");
        self.remarks.push(remark);
    }

    fn bundle(&mut self, bundle: &Bundle) {
        self.line("version: 1");
        self.line(&format!("name: {}", quoted(&bundle.name)));
        if let Some(comment) = &bundle.comment {
            self.line(&format!("description: {}", quoted(comment)));
        }
        for note in &bundle.notes {
            self.remark("", &note.message);
        }
        self.line("rule_sets:");
        let (images, source): (Vec<&RuleSet>, Vec<&RuleSet>) =
            bundle.rule_sets.iter().partition(|set| set.of_images);
        for set in source {
            let message = format!(
                "rule set `{}` is for repositories of source: left out",
                set.name
            );
            self.remark("  ", &message);
        }
        for set in &images {
            self.rule_set(set);
        }
        self.mappings(bundle);
        self.line("# Anchore passes an image that no mapping is for; write `go` for that.");
        self.line("default_action: stop");
        self.remarks.push(
            "an image that no mapping is for passes in Anchore and stops here; \
             `default_action: go` passes it"
                .to_owned(),
        );
        self.image_lists(bundle);
        lists::write(self, bundle);
    }

    fn rule_set(&mut self, set: &RuleSet) {
        let start = self.text.len();
        self.line(&format!("  # {}", one_line(&set.name)));
        self.line(&format!("  {}:", quoted(&set.id)));
        let mut written = 0;
        for rule in &set.rules {
            let what = format!("{} ({}.{})", rule.name, rule.gate, rule.trigger);
            match rules::native(rule) {
                Ok(native) => {
                    for remark in &native.remarks {
                        self.remark("    ", &format!("{what}: {remark}"));
                    }
                    self.line(&format!("    - name: {}", quoted(&rule.name)));
                    self.line(&format!("      gate: {}", native.gate));
                    self.line(&format!("      trigger: {}", native.trigger));
                    if !native.when.is_empty() {
                        self.line(&format!("      when: {{ {} }}", native.when.join(", ")));
                    }
                    self.line(&format!("      action: {}", rule.action.as_str()));
                    if let Some(advice) = &rule.advice {
                        self.line(&format!("      advice: {}", quoted(advice)));
                    }
                    self.rules.insert(rule.name.clone());
                    written += 1;
                }
                Err(why) => {
                    self.remark("    ", &format!("{what}: left out: {why}"));
                }
            }
        }
        if written == 0 {
            // A set without rules is written as an empty list.
            let end = self.text.split_off(start);
            let header = format!("  {}:", quoted(&set.id));
            self.text
                .push_str(&end.replacen(&header, &format!("{header} []"), 1));
        }
    }

    fn mappings(&mut self, bundle: &Bundle) {
        let sets = bundle.rule_sets.iter().filter(|set| set.of_images);
        let of_images: BTreeSet<&str> = sets.map(|set| set.id.as_str()).collect();
        let mut names = BTreeSet::new();
        let mut lines = Vec::new();
        for (number, mapping) in (1..).zip(&bundle.mappings) {
            let mut name = mapping.name.clone();
            if !names.insert(name.clone()) {
                // Mappings of a bundle need no names, and may share one.
                name = format!("{name} ({number})");
                names.insert(name.clone());
            }
            let sets = mapping.rule_sets.iter();
            let sets = sets.filter(|id| of_images.contains(id.as_str()));
            let sets: Vec<String> = sets.map(|id| quoted(id)).collect();
            match images::native(&mapping.images) {
                Ok(images) => lines.push(Ok(format!(
                    "  - {{ name: {}, images: {images}, rule_sets: [{}] }}",
                    quoted(&name),
                    sets.join(", ")
                ))),
                Err(why) => lines.push(Err(format!("mapping `{name}`: left out: {why}"))),
            }
        }
        self.list("mappings", lines);
    }

    fn image_lists(&mut self, bundle: &Bundle) {
        let entry = |images: &Images, rest: String| {
            let images = images::native(images)?;
            Ok::<_, String>(format!("  - {{ images: {images}, {rest} }}"))
        };
        let denied = bundle.denied_images.iter().map(|image| {
            let reason = quoted(&format!("denied as {}", image.name));
            let line = entry(&image.images, format!("reason: {reason}"));
            line.map_err(|why| format!("denied image `{}`: left out: {why}", image.name))
        });
        self.list("denied_images", denied.collect());
        let allowed = bundle.allowed_images.iter().map(|image| {
            let reason = quoted(&format!("allowed as {}", image.name));
            let by = quoted(&bundle.name);
            let rest = format!("reason: {reason}, by: {by}, until: never");
            let line = entry(&image.images, rest);
            line.map_err(|why| format!("allowed image `{}`: left out: {why}", image.name))
        });
        self.list("allowed_images", allowed.collect());
        if !bundle.allowed_images.is_empty() {
            let remark =
                "allowed images: who allowed them is not known, so the bundle stands there";
            self.remark("", remark);
        }
    }

    /// A list of the document: its lines, and remarks where one is left out.
    fn list(&mut self, name: &str, lines: Vec<Result<String, String>>) {
        if lines.iter().all(Result::is_err) {
            for why in lines.into_iter().filter_map(Result::err) {
                self.remark("", &why);
            }
            if name == "mappings" {
                self.line("mappings: []");
            }
            return;
        }
        self.line(&format!("{name}:"));
        for line in lines {
            match line {
                Ok(line) => self.line(&line),
                Err(why) => self.remark("  ", &why),
            }
        }
    }
}

/// A text as YAML: JSON is.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

/// Texts as a list in YAML.
fn list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let texts = texts.into_iter();
    let texts: Vec<String> = texts.map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// A text that patterns take as it is.
fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if "*?[]{}\\".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
