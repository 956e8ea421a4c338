use crate::plain::{count, plain};
use plimsoll_policy::{Action, DataPosition, Outcome, Reason, Verdict};
use plimsoll_types::{Finding, Inventory, Lifecycle, Package, Suppressed};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is known about one image, as every format renders it.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The image.
    pub inventory: &'a Inventory,
    /// Its vulnerabilities; empty where nothing was matched.
    pub findings: &'a [Finding],
    /// Those that do not count, each with its reason.
    pub suppressed: &'a [Suppressed],
    /// For packages with findings that have a fix, by index: the version that
    /// repairs them all.
    pub upgrades: &'a BTreeMap<usize, String>,
    /// What the policy says; `None` where nothing was judged.
    pub verdict: Option<&'a Verdict>,
    /// The advisory data that was matched against; `None` where there was none.
    pub data: Option<&'a DataPosition>,
    /// Until when the image's distribution is looked after; `None` where that
    /// is not known.
    pub lifecycle: Option<&'a Lifecycle>,
    /// The present moment, from which only ages are computed.
    pub now: jiff::Timestamp,
    /// The date for documents that must have one where the image tells none
    /// (`SOURCE_DATE_EPOCH`).
    pub source_date: Option<jiff::Timestamp>,
    /// Text: every package with findings and every id, not only what is above
    /// medium.
    pub all: bool,
    /// Packages that a later layer removed are listed too.
    pub all_layers: bool,
}

impl<'a> Report<'a> {
    pub(crate) fn package_of(&self, finding: &Finding) -> Option<&'a Package> {
        self.inventory.packages.get(finding.package)
    }

    pub(crate) fn instruction(&self, layer: u32) -> Option<&'a str> {
        let layer = self.inventory.layers.get(usize::try_from(layer).ok()?)?;
        layer.instruction.as_deref()
    }

    /// Packages to list as removed.
    pub(crate) fn removed(&self) -> &'a [Package] {
        match self.all_layers {
            true => &self.inventory.removed_packages,
            false => &[],
        }
    }

    /// Reasons that count and do `action`.
    pub(crate) fn reasons(&self, action: Action) -> impl Iterator<Item = &'a Reason> {
        counting(self.verdict, action)
    }
}

fn counting(verdict: Option<&Verdict>, action: Action) -> impl Iterator<Item = &Reason> {
    let reasons = verdict.map_or(&[][..], |verdict| &verdict.reasons);
    reasons
        .iter()
        .filter(move |reason| reason.effect() == action && reason.counts())
}

pub(crate) fn rules<'a>(reasons: impl Iterator<Item = &'a Reason>) -> usize {
    reasons
        .map(|reason| &reason.rule)
        .collect::<BTreeSet<_>>()
        .len()
}

/// `1 rule stops`, `2 rules stop`.
pub(crate) fn rules_that(number: usize, verb: &str) -> String {
    let s = if number == 1 { "s" } else { "" };
    format!("{} {verb}{s}", count(number, "rule"))
}

/// The last line of a run, for people and for `grep`.
pub fn closing_line(verdict: &Verdict) -> String {
    let told = closing_words(verdict);
    let digest: String = verdict.policy.digest.chars().take(6).collect();
    let policy = &verdict.policy.name;
    plain(&format!("plimsoll: {told} (policy {policy}@{digest})"))
}

/// The outcome and how many rules make it.
pub(crate) fn closing_words(verdict: &Verdict) -> String {
    let fired = |action| rules(counting(Some(verdict), action));
    let stops = fired(Action::Stop);
    let told = match verdict.outcome {
        Outcome::Pass => "pass".to_owned(),
        Outcome::Warn => format!("warn: {}", rules_that(fired(Action::Warn), "warn")),
        Outcome::Fail => format!("fail: {}", rules_that(stops, "stop")),
        Outcome::CannotTell => {
            let why = counting(Some(verdict), Action::Stop)
                .next()
                .map_or(String::new(), |reason| format!(": {}", reason.message));
            format!("can't tell: {} cannot be judged{why}", count(stops, "rule"))
        }
    };
    match &verdict.against {
        Some(against) => {
            let new = count(against.new.len(), "finding");
            format!(
                "{told}; {new} new, {} known in {}",
                against.known, against.name
            )
        }
        None => told,
    }
}
