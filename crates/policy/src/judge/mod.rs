mod trail;

pub use trail::{Trail, TriedMapping, TriedRule, trail};

use crate::allowlist::Entry;
use crate::condition::Test;
use crate::document::Days;
use crate::gates::{self, Check, Fire};
use crate::hold::threshold;
use crate::image::{DeniedImages, Target};
use crate::policy::{Mapping, Policy, Rule};
use crate::text::one_line;
use crate::verdict::{Action, Against, Evidence, Outcome, PolicyIdentity, Reason, Verdict};
use crate::{Baseline, Subject, anchore};
use plimsoll_types::{
    Coverage, Digest, Distro, FileEntry, GapKind, Group, ImageConfig, Inventory, Package, Platform,
    User,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufWriter;

/// Age in days up to which data is used by a policy that does not say.
const MAX_DATA_AGE: Days = Days(5);

/// Judges one image: equal inputs give equal verdicts, byte for byte, for
/// every moment of one day (UTC).
pub fn judge(policy: &Policy, subject: &Subject<'_>) -> Verdict {
    if let Some(bundle) = policy.bundle() {
        return anchore::judge(bundle, policy.identity(), subject);
    }
    let target = Target::of(subject.inventory);
    let mapping = policy.mapping(&target);
    let mut reasons = match mapping {
        Some(mapping) => judge_rules(policy, mapping, subject, &target),
        None => vec![unmapped(policy.default_action(), subject)],
    };
    reasons.extend(policy.denial(&target).map(|denied| denial(denied, subject)));
    let mapping = mapping.map(|mapping| mapping.name.clone());
    let identity = policy.identity();
    conclude(
        Conclusion {
            identity,
            mapping,
            reasons,
        },
        subject,
    )
}

/// What a policy found.
pub(crate) struct Conclusion<'a> {
    pub(crate) identity: &'a PolicyIdentity,
    pub(crate) mapping: Option<String>,
    /// In the order of its rules.
    pub(crate) reasons: Vec<Reason>,
}

/// The verdict on what was found.
pub(crate) fn conclude(found: Conclusion<'_>, subject: &Subject<'_>) -> Verdict {
    let Conclusion {
        identity,
        mapping,
        mut reasons,
    } = found;
    let excusing = subject.baseline.filter(|baseline| baseline.excuses());
    let against = excusing.map(|_| against(subject));
    if let Some(against) = &against {
        for reason in &mut reasons {
            reason.known = match reason.evidence {
                Evidence::Finding(index) => against.new.binary_search(&index).is_err(),
                _ => false,
            };
        }
    }
    // Stable: rules fire in the order of the policy.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.effect()));
    let day = subject.day().to_string();
    let inputs = (
        Content::of(subject.inventory),
        (subject.findings, subject.suppressed),
        &subject.data,
        identity,
        &day,
        &mapping,
        (subject.baseline, &reasons),
    );
    Verdict {
        id: format!("plv1:{}", digest(&inputs).to_hex()),
        outcome: outcome(&reasons),
        policy: identity.clone(),
        mapping,
        day,
        data: subject.data.clone(),
        against,
        reasons,
        evaluation: None,
    }
}

/// Which findings the baseline has not got.
fn against(subject: &Subject<'_>) -> Against {
    let knows = |finding| {
        let baseline = subject.baseline;
        baseline.is_some_and(|baseline| baseline.knows(subject.inventory, finding))
    };
    let findings = subject.findings.iter().enumerate();
    let new: Vec<usize> = findings
        .filter(|(_, finding)| !knows(finding))
        .map(|(index, _)| index)
        .collect();
    let name = subject.baseline.map_or("", Baseline::name);
    Against {
        name: name.to_owned(),
        known: subject.findings.len() - new.len(),
        new,
    }
}

/// What an image is, whatever it is called and wherever its bytes came from:
/// the same image has the same verdict from a registry and from an archive.
/// What a policy made of the name is in the mapping and the reasons.
#[derive(Serialize)]
struct Content<'a> {
    id: &'a Option<Digest>,
    platform: &'a Option<Platform>,
    config: &'a Option<ImageConfig>,
    layers: Vec<(&'a Digest, u64, &'a Option<String>)>,
    distro: &'a Option<Distro>,
    packages: &'a [Package],
    removed_packages: &'a [Package],
    files: &'a [FileEntry],
    users: &'a [User],
    groups: &'a [Group],
    coverage: &'a Coverage,
}

impl<'a> Content<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let layers = inventory.layers.iter();
        Self {
            id: &inventory.image.config,
            platform: &inventory.image.platform,
            config: &inventory.config,
            layers: layers
                .map(|layer| (&layer.diff_id, layer.size, &layer.instruction))
                .collect(),
            distro: &inventory.distro,
            packages: &inventory.packages,
            removed_packages: &inventory.removed_packages,
            files: &inventory.files,
            users: &inventory.users,
            groups: &inventory.groups,
            coverage: &inventory.coverage,
        }
    }
}

/// BLAKE3 of a value's JSON, without holding that in memory.
pub(crate) fn digest(value: &impl Serialize) -> blake3::Hash {
    // JSON is written in crumbs, which the hash takes slowly.
    let mut writer = BufWriter::with_capacity(64 << 10, blake3::Hasher::new());
    let written = serde_json::to_writer(&mut writer, value).map_err(|error| error.to_string());
    let (mut hasher, rest) = match writer.into_inner() {
        Ok(hasher) => (hasher, written),
        Err(error) => (blake3::Hasher::new(), Err(error.to_string())),
    };
    if let Err(error) = rest {
        // No value of ours fails to serialise; should one, it must still not
        // share the digest of another.
        hasher.update(error.as_bytes());
    }
    hasher.finalize()
}

fn judge_rules(
    policy: &Policy,
    mapping: &Mapping,
    subject: &Subject<'_>,
    target: &Target<'_>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut ranges = Vec::new();
    for rule in policy.rules(mapping) {
        let (gate, trigger) = rule.condition.name();
        let speaker = Speaker {
            rule: &rule.name,
            gate,
            trigger,
            action: rule.action,
            advice: rule.advice.as_deref(),
        };
        let mut fires = Vec::new();
        rule.condition.fire(subject, &mut fires);
        let start = reasons.len();
        reasons.extend(speaker.reasons(fires, subject));
        ranges.push((rule, start..reasons.len()));
    }
    let notes = allow(policy, &mut reasons, subject, target);
    for (rule, range) in ranges {
        hold(rule, reasons.get_mut(range).unwrap_or_default(), subject);
    }
    let tests: Vec<&Test> = policy
        .rules(mapping)
        .flat_map(|rule| rule.condition.tests())
        .collect();
    if tests.is_empty() {
        let speaker = built_in("mapping", "no-rules", Action::Warn);
        reasons.push(speaker.reason(unasked(mapping), subject));
    }
    let judges_vulnerabilities = tests.iter().any(|test| test.gate == gates::VULNERABILITIES);
    // Inside a composed rule it may be about something else.
    let alone: Vec<(&str, &str)> = policy
        .rules(mapping)
        .map(|rule| rule.condition.name())
        .collect();
    let speaks = |trigger: &str| alone.contains(&("advisory-data", trigger));
    reasons.extend(guards(judges_vulnerabilities, speaks, &reasons, subject));
    reasons.extend(notes);
    reasons
}

/// Keeps reasons from having their action while their rule says so.
fn hold(rule: &Rule, reasons: &mut [Reason], subject: &Subject<'_>) {
    if let Some(grace) = rule.grace {
        for reason in &mut *reasons {
            reason.hold = grace.hold(reason, subject);
        }
    }
    if let Some(more_than) = rule.more_than {
        threshold(more_than, reasons);
    }
}

/// A rule or a built-in guard, as far as its reasons show it.
pub(crate) struct Speaker<'a> {
    pub(crate) rule: &'a str,
    pub(crate) gate: &'a str,
    pub(crate) trigger: &'a str,
    pub(crate) action: Action,
    pub(crate) advice: Option<&'a str>,
}

impl Speaker<'_> {
    fn ask(&self, check: &dyn Check, subject: &Subject<'_>) -> Vec<Reason> {
        let mut fires = Vec::new();
        check.fire(subject, &mut fires);
        self.reasons(fires, subject)
    }

    /// The reasons of what fired, by evidence.
    fn reasons(&self, fires: Vec<Fire>, subject: &Subject<'_>) -> Vec<Reason> {
        let reasons = fires.into_iter().map(|fire| self.reason(fire, subject));
        let mut reasons: Vec<Reason> = reasons.collect();
        reasons.sort_by(|a, b| {
            (&a.evidence, &a.message, &a.fingerprint).cmp(&(
                &b.evidence,
                &b.message,
                &b.fingerprint,
            ))
        });
        reasons
    }

    pub(crate) fn reason(&self, fire: Fire, subject: &Subject<'_>) -> Reason {
        let advice = self.advice.map(str::to_owned).or(fire.advice);
        Reason {
            rule: self.rule.to_owned(),
            gate: self.gate.to_owned(),
            trigger: self.trigger.to_owned(),
            action: self.action,
            fingerprint: self.fingerprint(&fire.evidence, &fire.about, subject),
            evidence: fire.evidence,
            message: one_line(&fire.message),
            advice: advice.as_deref().map(one_line),
            allowed: None,
            known: false,
            hold: None,
            legacy_id: None,
        }
    }

    fn fingerprint(&self, evidence: &Evidence, about: &str, subject: &Subject<'_>) -> String {
        if let Evidence::Finding(index) = evidence
            && let Some(finding) = subject.findings.get(*index)
            && let Some(package) = subject.inventory.packages.get(finding.package)
        {
            let record = &package.record;
            return finding.fingerprint(record);
        }
        let text = format!("{}\n{}\n{about}", self.gate, self.trigger);
        let hash = blake3::hash(text.as_bytes()).to_hex();
        format!("plm1:{}", &hash[..20])
    }
}

/// A built-in guard: it stops, and no allowlist reaches it.
fn built_in<'a>(rule: &'a str, trigger: &'a str, action: Action) -> Speaker<'a> {
    Speaker {
        rule,
        gate: rule,
        trigger,
        action,
        advice: None,
    }
}

fn denial(denied: &DeniedImages, subject: &Subject<'_>) -> Reason {
    let image = &subject.inventory.image;
    let name = image.reference.as_ref().unwrap_or(&image.name);
    let fire = Fire {
        evidence: Evidence::Image,
        about: name.clone(),
        message: format!("`{name}` is denied: {}", denied.reason),
        advice: None,
    };
    built_in("denied-images", "denied", Action::Stop).reason(fire, subject)
}

/// A mapping that chooses no rule at all is more likely a mistake than a wish.
fn unasked(mapping: &Mapping) -> Fire {
    Fire {
        evidence: Evidence::Image,
        about: mapping.name.clone(),
        message: format!(
            "mapping `{}` chooses no rule, so nothing is judged",
            mapping.name
        ),
        advice: Some("name rule sets that have rules".into()),
    }
}

fn unmapped(action: Action, subject: &Subject<'_>) -> Reason {
    let image = &subject.inventory.image;
    let name = image.reference.as_ref().unwrap_or(&image.name);
    let fire = Fire {
        evidence: Evidence::Image,
        about: name.clone(),
        message: format!("no mapping of the policy is for `{name}`, so nothing judges it"),
        advice: Some("add a mapping for this image, or a last one with `images: \"*\"`".into()),
    };
    built_in("mapping", "none", action).reason(fire, subject)
}

/// What the rules may not pass over in silence: gaps that no rule speaks of,
/// and missing or old data where vulnerabilities are judged, unless a rule
/// `speaks` of that.
pub(crate) fn guards(
    judges_vulnerabilities: bool,
    speaks: impl Fn(&str) -> bool,
    reasons: &[Reason],
    subject: &Subject<'_>,
) -> Vec<Reason> {
    let spoken: BTreeSet<&Evidence> = reasons
        .iter()
        .filter(|reason| matches!(reason.evidence, Evidence::Gap(_)))
        .map(|reason| &reason.evidence)
        .collect();
    let every_gap = gates::Gaps {
        kinds: None,
        paths: None,
    };
    let mut guards = built_in("coverage", "gap", Action::Stop).ask(&every_gap, subject);
    guards.retain(|reason| match &reason.evidence {
        Evidence::Gap(gap) if is_about_data(gap.kind) && !judges_vulnerabilities => false,
        evidence => !spoken.contains(evidence),
    });
    if judges_vulnerabilities {
        let stale = gates::DataStale {
            max_age: MAX_DATA_AGE,
        };
        let checks: [(&str, &dyn Check); 2] =
            [("missing", &gates::DataMissing {}), ("stale", &stale)];
        for (trigger, check) in checks {
            if !speaks(trigger) {
                guards.extend(built_in("advisory-data", trigger, Action::Stop).ask(check, subject));
            }
        }
    }
    guards
}

fn is_about_data(kind: GapKind) -> bool {
    kind == GapKind::NoAdvisoryData
}

/// Days before the end of an entry that it is said.
const ENDS_SOON: i64 = 14;

/// Allows what the allowlist covers, and says which ended entries would have
/// covered what counts now, and which end soon.
fn allow(
    policy: &Policy,
    reasons: &mut [Reason],
    subject: &Subject<'_>,
    target: &Target<'_>,
) -> Vec<Reason> {
    let day = subject.day();
    let passage = policy.passage(target, day).map(Entry::allowance);
    let allowlist = policy.allowlist();
    let mut ended: BTreeMap<usize, usize> = BTreeMap::new();
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    for reason in reasons {
        let entries = allowlist.covering(reason, subject, target);
        match entries.iter().find(|(_, entry)| !entry.is_over(day)) {
            Some((index, entry)) => {
                reason.allowed = Some(entry.allowance());
                *used.entry(*index).or_default() += 1;
            }
            None => {
                // Whoever lets an image through does not know what nobody knows.
                let passage = passage.clone().filter(|_| !reason.evidence.is_ignorance());
                for (index, _) in entries.iter().filter(|_| passage.is_none()) {
                    *ended.entry(*index).or_default() += 1;
                }
                reason.allowed = passage;
            }
        }
    }
    let entry = |index: usize| allowlist.entries().get(index);
    let ended = ended.into_iter().filter_map(|(index, count)| {
        let entry = entry(index)?;
        let things = if count == 1 { "reason counts" } else { "reasons count" };
        let last = entry.until.text()?;
        let message = format!(
            "the allowlist entry for {} ended on {last}, so {count} {things} again (accepted by {}: {})",
            entry.shown(), entry.by, entry.reason
        );
        let advice = "mend what it accepted, or give the entry a new `until`";
        let speaker = built_in("allowlist", "expired", Action::Warn);
        Some(speaker.reason(note(entry, message, advice), subject))
    });
    let ending = used.into_iter().filter_map(|(index, count)| {
        let entry = entry(index)?;
        let left = entry.until.days_left(day).filter(|left| *left <= ENDS_SOON)?;
        let things = if count == 1 { "reason" } else { "reasons" };
        let days = if left == 1 { "day" } else { "days" };
        let message = format!(
            "the allowlist entry for {} ends on {}, {left} {days} from now, and covers {count} {things}",
            entry.shown(), entry.until.text()?
        );
        let advice = "mend what it accepts before, or give the entry a new `until`";
        let speaker = built_in("allowlist", "ends-soon", Action::Info);
        Some(speaker.reason(note(entry, message, advice), subject))
    });
    ended.chain(ending).collect()
}

fn note(entry: &Entry, message: String, advice: &str) -> Fire {
    Fire {
        evidence: Evidence::Image,
        about: entry.shown(),
        message,
        advice: Some(advice.to_owned()),
    }
}

fn outcome(reasons: &[Reason]) -> Outcome {
    let of = |reason: &Reason| match reason.effect() {
        Action::Stop if reason.evidence.is_ignorance() => Outcome::CannotTell,
        Action::Stop => Outcome::Fail,
        Action::Warn => Outcome::Warn,
        Action::Go | Action::Info => Outcome::Pass,
    };
    let counting = reasons.iter().filter(|reason| reason.counts());
    counting.map(of).max().unwrap_or(Outcome::Pass)
}

#[cfg(test)]
mod tests;
