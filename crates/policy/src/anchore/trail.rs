//! How a bundle came to its verdict.

use super::bundle::Bundle;
use super::images::Target;
use crate::judge::{Trail, TriedMapping, TriedRule};
use crate::{Subject, Verdict};

/// The way to `verdict`, which `bundle` gave for `subject`.
pub(crate) fn trail(bundle: &Bundle, subject: &Subject<'_>, verdict: &Verdict) -> Trail {
    let target = Target::of(subject);
    let found = bundle
        .mappings
        .iter()
        .position(|m| m.images.matches(&target));
    let asked = found.map_or(bundle.mappings.len(), |at| at + 1);
    let mappings = bundle.mappings.iter().take(asked).enumerate();
    let mappings = mappings.map(|(at, mapping)| TriedMapping {
        name: mapping.name.clone(),
        mismatch: (Some(at) != found).then(|| format!("it does not match {}", target.full_tag())),
    });
    let chosen = found.and_then(|at| bundle.mappings.get(at));
    let chosen = chosen.map_or(&[][..], |mapping| &mapping.rule_sets);
    let sets = bundle.rule_sets.iter().filter(|set| set.of_images);
    let rules = sets.flat_map(|set| set.rules.iter().map(move |rule| (set, rule)));
    let rules = rules.map(|(set, rule)| {
        let reasons = verdict.reasons.iter().enumerate();
        let own = reasons.filter(|(_, reason)| reason.rule == rule.name);
        TriedRule {
            name: rule.name.clone(),
            set: set.id.clone(),
            chosen: chosen.contains(&set.id),
            reasons: own.map(|(index, _)| index).collect(),
        }
    });
    Trail {
        mappings: mappings.collect(),
        rules: rules.collect(),
        idle_exceptions: Vec::new(),
    }
}
