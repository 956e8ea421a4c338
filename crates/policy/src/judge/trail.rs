//! How a verdict came about: which mapping was asked, which rules ran, what
//! each found, which exceptions were of use.

use crate::image::Target;
use crate::{Policy, Subject, Verdict};
use std::collections::BTreeSet;

/// The way from an image to its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// The mappings in the order in which they were asked, up to the one that
    /// matched.
    pub mappings: Vec<TriedMapping>,
    /// Every rule, in the order of the policy.
    pub rules: Vec<TriedRule>,
    /// Entries of the allowlist that cover nothing of this image, in one line
    /// each.
    pub idle_exceptions: Vec<String>,
}

/// A mapping that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedMapping {
    /// Its name.
    pub name: String,
    /// Why it is not for the image; `None` for the one that is.
    pub mismatch: Option<String>,
}

/// A rule, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedRule {
    /// Its name.
    pub name: String,
    /// The rule set it stands in.
    pub set: String,
    /// Whether the mapping chose its set.
    pub chosen: bool,
    /// Indices of its reasons in the verdict.
    pub reasons: Vec<usize>,
}

/// The way to `verdict`, which `policy` gave for `subject`.
pub fn trail(policy: &Policy, subject: &Subject<'_>, verdict: &Verdict) -> Trail {
    if let Some(bundle) = policy.bundle() {
        return crate::anchore::trail(bundle, subject, verdict);
    }
    let target = Target::of(subject.inventory);
    let meaning = policy.meaning();
    let mut mappings = Vec::new();
    let mut chosen: BTreeSet<&str> = BTreeSet::new();
    for mapping in &meaning.mappings {
        let mismatch = mapping.images.mismatch(&target);
        let matches = mismatch.is_none();
        mappings.push(TriedMapping {
            name: mapping.name.clone(),
            mismatch,
        });
        if matches {
            chosen = mapping.rule_sets.iter().map(String::as_str).collect();
            break;
        }
    }
    let rules = meaning.rules.iter().map(|rule| {
        let reasons = verdict.reasons.iter().enumerate();
        let own = reasons.filter(|(_, reason)| reason.rule == rule.name);
        TriedRule {
            name: rule.name.clone(),
            set: rule.set.clone(),
            chosen: chosen.contains(rule.set.as_str()),
            reasons: own.map(|(index, _)| index).collect(),
        }
    });
    let rules = rules.collect();
    let allowlist = policy.allowlist();
    let covering = verdict
        .reasons
        .iter()
        .flat_map(|reason| allowlist.covering(reason, subject, &target));
    let used: BTreeSet<usize> = covering.map(|(index, _)| index).collect();
    let entries = allowlist.entries().iter().enumerate();
    let idle = entries.filter(|(index, _)| !used.contains(index));
    let idle_exceptions = idle
        .map(|(_, entry)| crate::text::one_line(&format!("{} ({})", entry.shown(), entry.reason)))
        .collect();
    Trail {
        mappings,
        rules,
        idle_exceptions,
    }
}
