//! The result shapes of Anchore, which its tools parse: one model, one file
//! for each shape.

mod v1;
mod v2;

pub(super) use v1::{check as v1, gates};
pub(super) use v2::evaluation as v2;

use crate::Report;
use plimsoll_policy::{Action, Evaluation, Evidence, Outcome, Reason, Verdict};
use serde_json::{Value, json};

/// One check of an image, as Anchore sees it.
struct Check<'a> {
    verdict: &'a Verdict,
    /// Beside a verdict by a bundle.
    evaluation: Option<&'a Evaluation>,
    /// Digest of the manifest; the name where there is none.
    digest: &'a str,
    /// Digest of the configuration without its algorithm, else the same.
    image_id: &'a str,
    tag: String,
    policy: &'a str,
    /// When it was judged, to the day.
    time: String,
    rows: Vec<Row<'a>>,
    problems: Vec<Problem<'a>>,
}

/// A finding.
struct Row<'a> {
    reason: &'a Reason,
    trigger_id: &'a str,
    policy: &'a str,
    rule: &'a str,
    /// `stop`, `warn` or `go`.
    action: &'static str,
    listed: Option<Listed<'a>>,
}

/// The item of an allowlist that covers a finding.
struct Listed<'a> {
    list: &'a str,
    name: &'a str,
    item: &'a str,
}

/// Something about the evaluation itself.
struct Problem<'a> {
    severity: &'static str,
    kind: &'a str,
    details: &'a str,
}

impl<'a> Check<'a> {
    /// `None` where nothing was judged.
    fn of(report: &Report<'a>) -> Option<Self> {
        let verdict = report.verdict?;
        let evaluation = verdict.evaluation.as_deref();
        let image = &report.inventory.image;
        let digest = image.manifest.as_ref().or(image.resolved.as_ref());
        let id = image.config.as_ref().map(|digest| digest.as_str());
        let name = image.reference.as_deref().unwrap_or(&image.name);
        let digest = digest.map_or(name, |digest| digest.as_str());
        let tag = match evaluation {
            Some(evaluation) => evaluation.tag.clone(),
            None => name.to_owned(),
        };
        let mut check = Self {
            verdict,
            evaluation,
            digest,
            image_id: id.map_or(digest, |id| id.strip_prefix("sha256:").unwrap_or(id)),
            tag,
            policy: evaluation.map_or(&verdict.policy.name, |evaluation| &evaluation.bundle),
            time: super::vex::given(report),
            rows: Vec::new(),
            problems: Vec::new(),
        };
        for reason in &verdict.reasons {
            check.add(reason);
        }
        Some(check)
    }

    fn add(&mut self, reason: &'a Reason) {
        let is_unknown = reason.evidence == Evidence::Unknown;
        let origin = self.evaluation.and_then(|of| of.rules.get(&reason.rule));
        let (policy, rule) = match (self.evaluation, origin) {
            (_, Some(origin)) => (origin.policy.as_str(), origin.rule.as_str()),
            (None, None) => (self.policy, reason.rule.as_str()),
            (Some(_), None) => {
                // The image lists are told elsewhere.
                if reason.rule != "denied-images" {
                    self.problems.push(Problem::of(reason));
                }
                return;
            }
        };
        if is_unknown {
            self.problems.push(Problem::of(reason));
        }
        let by_list = reason
            .allowed
            .as_ref()
            .and_then(|allowed| match &allowed.item {
                Some(item) => Some(Listed {
                    list: &item.list,
                    name: &item.name,
                    item: &item.item,
                }),
                None if self.evaluation.is_none() => Some(Listed {
                    list: "allowlist",
                    name: allowed.by.as_deref().unwrap_or("allowlist"),
                    item: &reason.fingerprint,
                }),
                // The image is let through, and its findings stay as they are.
                None => None,
            });
        self.rows.push(Row {
            reason,
            trigger_id: reason.legacy_id.as_deref().unwrap_or(&reason.fingerprint),
            policy,
            rule,
            action: match by_list {
                Some(_) => "go",
                None => word(reason.effect()),
            },
            listed: by_list,
        });
    }

    /// What the image may do after all lists.
    fn final_action(&self) -> &'static str {
        match self.verdict.outcome {
            Outcome::Fail | Outcome::CannotTell => "stop",
            Outcome::Warn => "warn",
            Outcome::Pass => "go",
        }
    }

    fn status(&self) -> &'static str {
        match self.final_action() {
            "stop" => "fail",
            _ => "pass",
        }
    }

    /// What rules and guards say, before image lists.
    fn policy_action(&self) -> &'static str {
        let Some(evaluation) = self.evaluation else {
            return self.final_action();
        };
        let rows = self.rows.iter().map(|row| row.action);
        let guards = self.verdict.reasons.iter();
        let guards = guards.filter(|reason| {
            !evaluation.rules.contains_key(&reason.rule) && reason.rule != "denied-images"
        });
        let actions: Vec<&str> = rows.chain(guards.map(|r| word(r.effect()))).collect();
        let mut words = ["stop", "warn"].into_iter();
        words.find(|word| actions.contains(word)).unwrap_or("go")
    }

    /// Why the final action is what it is, in the words of a version.
    fn because(&self, denied: &'static str, allowed: &'static str) -> &'static str {
        let is = |rule: fn(&Evaluation) -> bool| self.evaluation.is_some_and(rule);
        if is(|of| of.denied_image.is_some()) {
            denied
        } else if is(|of| of.allowed_image.is_some()) {
            allowed
        } else {
            "policy_evaluation"
        }
    }

    /// A rule as it was written, or `otherwise`.
    fn written(&self, rule: fn(&Evaluation) -> &Option<Value>, otherwise: Value) -> Value {
        let written = self.evaluation.and_then(|of| rule(of).clone());
        written.unwrap_or(otherwise)
    }

    /// The mapping; of a native policy its name is known.
    fn mapping(&self, otherwise: Value) -> Value {
        match (self.evaluation, &self.verdict.mapping) {
            (None, Some(name)) => json!({"name": name}),
            _ => self.written(|of| &of.mapping, otherwise),
        }
    }

    /// The policy as it was written, where a bundle judged.
    fn document(&self) -> Value {
        let document = self.evaluation.and_then(|of| of.document.as_deref());
        let document = document.and_then(|text| serde_json::from_str(text).ok());
        document.unwrap_or_else(|| {
            let identity = &self.verdict.policy;
            json!({"id": self.policy, "name": identity.name, "digest": identity.digest})
        })
    }

    fn problems(&self) -> Value {
        let problems = self.problems.iter().map(|problem| {
            json!({
                "severity": problem.severity,
                "problem_type": problem.kind,
                "details": problem.details,
            })
        });
        problems.collect()
    }
}

impl<'a> Problem<'a> {
    fn of(reason: &'a Reason) -> Self {
        let is_error = reason.action == Action::Stop || reason.evidence == Evidence::Unknown;
        Self {
            severity: if is_error { "error" } else { "warn" },
            kind: &reason.gate,
            details: &reason.message,
        }
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Stop => "stop",
        Action::Warn => "warn",
        Action::Go | Action::Info => "go",
    }
}
