use super::allowlist::{Allowlist, Item};
use super::bundle::{Bundle, ImageRule, Mapping, Rule, RuleSet, Test};
use super::evaluation::{Evaluation, ListItem, Origin};
use super::gates::{self, Facts, Fire, Fires, VULNERABILITIES};
use super::images::Target;
use crate::Subject;
use crate::gates::Fire as Found;
use crate::judge::{Conclusion, Speaker, conclude, guards};
use crate::verdict::{Action, Allowance, Evidence, PolicyIdentity, Reason, Verdict};
use std::collections::BTreeMap;

/// Judges one image by a bundle. Equal inputs give equal verdicts, byte for
/// byte, for every moment of one day (UTC) in which no item ends and no age is
/// reached.
pub(crate) fn judge(bundle: &Bundle, identity: &PolicyIdentity, subject: &Subject<'_>) -> Verdict {
    let target = Target::of(subject);
    let facts = Facts::of(subject);
    let mapping = bundle.mappings.iter().find(|m| m.images.matches(&target));
    let listed = |list: &'_ [ImageRule]| {
        let found = list.iter().find(|rule| rule.images.matches(&target));
        found.map(|rule| (rule.name.clone(), rule.written.clone()))
    };
    let denied = listed(&bundle.denied_images);
    let allowed = listed(&bundle.allowed_images);
    let mut rules = BTreeMap::new();
    let mut reasons = match mapping {
        Some(mapping) => judge_mapped(bundle, mapping, &facts, &mut rules),
        None => vec![unmapped(&target, subject)],
    };
    if let Some((name, _)) = &allowed {
        for reason in &mut reasons {
            reason.allowed.get_or_insert_with(|| let_through(name));
        }
    }
    if let Some((name, _)) = &denied {
        let message = format!("the image is on the list of denied images ({name})");
        reasons.push(speak("denied-images", Action::Stop, message, subject));
    }
    for note in &bundle.notes {
        reasons.push(speak("bundle", Action::Info, note.message.clone(), subject));
    }
    let mut verdict = conclude(
        Conclusion {
            identity,
            mapping: mapping.map(|mapping| mapping.name.clone()),
            reasons,
        },
        subject,
    );
    verdict.evaluation = Some(Box::new(Evaluation {
        bundle: bundle.id.clone(),
        tag: target.full_tag(),
        mapping: mapping.map(|mapping| mapping.written.clone()),
        allowed_image: allowed.map(|(_, written)| written),
        denied_image: denied.map(|(_, written)| written),
        rules,
        document: Some(bundle.document.clone()),
    }));
    verdict
}

fn judge_mapped(
    bundle: &Bundle,
    mapping: &Mapping,
    facts: &Facts<'_>,
    origins: &mut BTreeMap<String, Origin>,
) -> Vec<Reason> {
    let lists = bundle.allowlists.iter();
    let lists: BTreeMap<&str, &Allowlist> = lists.map(|list| (list.id.as_str(), list)).collect();
    let sets = bundle.rule_sets.iter();
    let sets: BTreeMap<&str, &RuleSet> = sets.map(|set| (set.id.as_str(), set)).collect();
    let named = mapping.allowlists.iter();
    let lists: Vec<&Allowlist> = named
        .filter_map(|id| lists.get(id.as_str()).copied())
        .collect();
    let named = mapping.rule_sets.iter();
    let chosen = named.filter_map(|id| sets.get(id.as_str()).copied());
    let (mut reasons, mut tests) = (Vec::new(), Vec::new());
    for set in chosen.filter(|set| set.of_images) {
        for rule in &set.rules {
            origins.insert(
                rule.name.clone(),
                Origin {
                    policy: set.id.clone(),
                    rule: rule.id.clone(),
                },
            );
            if let Test::Asks(gate, trigger) = rule.test {
                tests.push((gate.name, trigger.name()));
            }
            judge_rule(rule, &lists, facts, &mut reasons);
        }
    }
    let subject = facts.subject;
    let has = |wanted: &str| tests.contains(&(VULNERABILITIES, wanted));
    let judges = tests.iter().any(|(gate, _)| *gate == VULNERABILITIES);
    let mut guards = guards(
        judges,
        |trigger| trigger == "stale" && has(gates::STALE),
        &reasons,
        subject,
    );
    if has(gates::UNAVAILABLE) {
        guards.retain(|reason| match &reason.evidence {
            Evidence::Gap(gap) => !gates::is_about_distro(gap, subject.inventory),
            _ => true,
        });
    }
    reasons.extend(guards);
    reasons
}

fn judge_rule(rule: &Rule, lists: &[&Allowlist], facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let mut fires = Fires::default();
    match rule.test {
        Test::Asks(_, trigger) => (trigger.check)(&rule.values, facts, &mut fires),
        Test::Gone => fires.missing("Anchore no longer judges this, and nothing took its place"),
    }
    let speaker = Speaker {
        rule: &rule.name,
        gate: &rule.gate,
        trigger: &rule.trigger,
        action: rule.action,
        advice: rule.advice.as_deref(),
    };
    let now = facts.subject.now;
    for fire in fires.list {
        let ids = ids(rule, &fire);
        let found = Found {
            about: ids.first().cloned().unwrap_or_default(),
            evidence: fire.evidence,
            message: fire.message,
            advice: fire.advice,
        };
        let mut reason = speaker.reason(found, facts.subject);
        reason.allowed = lists.iter().find_map(|list| {
            let gate = match rule.test {
                Test::Asks(gate, _) => gate.name,
                Test::Gone => &rule.gate,
            };
            let item = list.find(gate, &ids, now)?;
            Some(allowance(list, item))
        });
        reason.legacy_id = ids.into_iter().next();
        reasons.push(reason);
    }
}

/// What allowlists may call a finding, the first as it is shown.
fn ids(rule: &Rule, fire: &Fire) -> Vec<String> {
    match rule.test {
        Test::Asks(gate, trigger) => fire.ids(gate, trigger),
        Test::Gone => vec![gates::hashed(&rule.gate, &rule.trigger, &fire.message)],
    }
}

fn allowance(list: &Allowlist, item: &Item) -> Allowance {
    let reason = item.comment.as_ref().or(list.comment.as_ref());
    let reason = reason.cloned().unwrap_or_else(|| item.trigger_id.clone());
    let until = item.expires.map(|end| crate::day::of(end).to_string());
    Allowance {
        reason,
        by: Some(format!("allowlist {}", list.name)),
        until,
        vex: None,
        item: Some(ListItem {
            list: list.id.clone(),
            name: list.name.clone(),
            item: item.id.clone().unwrap_or_default(),
        }),
    }
}

fn let_through(name: &str) -> Allowance {
    Allowance {
        reason: format!("the image is on the list of allowed images ({name})"),
        by: None,
        until: None,
        vex: None,
        item: None,
    }
}

fn unmapped(target: &Target<'_>, subject: &Subject<'_>) -> Reason {
    let message = format!(
        "no mapping of the bundle is for `{}`, so nothing judges it: it passes, as it does in Anchore",
        target.full_tag()
    );
    speak("mapping", Action::Info, message, subject)
}

fn speak(rule: &str, action: Action, message: String, subject: &Subject<'_>) -> Reason {
    let speaker = Speaker {
        rule,
        gate: rule,
        trigger: "none",
        action,
        advice: None,
    };
    let found = Found {
        evidence: Evidence::Image,
        about: message.clone(),
        message,
        advice: None,
    };
    speaker.reason(found, subject)
}
