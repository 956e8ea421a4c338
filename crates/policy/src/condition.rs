//! When a rule fires: on one trigger, or on several together.

use crate::Subject;
use crate::gates::{Check, Fire};
use crate::verdict::Evidence;
use serde::Serialize;
use std::sync::Arc;

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Condition {
    Test(Test),
    Composed(Composition),
}

/// One trigger with its parameters.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Test {
    pub(crate) gate: &'static str,
    pub(crate) trigger: &'static str,
    #[serde(serialize_with = "serialize_check")]
    pub(crate) check: Arc<dyn Check>,
}

/// Conditions on the image as a whole; it fires once, when all of the first,
/// one of the second and none of the third fire.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Composition {
    pub(crate) all_of: Vec<Condition>,
    pub(crate) any_of: Vec<Condition>,
    pub(crate) none_of: Vec<Condition>,
}

fn serialize_check<S: serde::Serializer>(
    check: &Arc<dyn Check>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    check.parameters().serialize(serializer)
}

impl Condition {
    /// Gate and trigger under which reasons stand.
    pub(crate) fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Test(test) => (test.gate, test.trigger),
            Self::Composed(_) => ("rule", "composed"),
        }
    }

    /// Every trigger in it.
    pub(crate) fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Test(test) => vec![test],
            Self::Composed(parts) => {
                let parts = [&parts.all_of, &parts.any_of, &parts.none_of];
                parts.into_iter().flatten().flat_map(Self::tests).collect()
            }
        }
    }

    /// Reports what it fires on.
    pub(crate) fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        match self {
            Self::Test(test) => test.check.fire(subject, fires),
            Self::Composed(composition) => fires.extend(composition.fire(subject)),
        }
    }

    fn fires(&self, subject: &Subject<'_>) -> Vec<Fire> {
        let mut fires = Vec::new();
        self.fire(subject, &mut fires);
        fires
    }

    /// Its triggers, for people and fingerprints.
    fn shown(&self) -> String {
        let names = self.tests().into_iter();
        let names: Vec<String> = names
            .map(|test| format!("{}.{}", test.gate, test.trigger))
            .collect();
        names.join("+")
    }
}

impl Composition {
    fn fire(&self, subject: &Subject<'_>) -> Option<Fire> {
        let ask = |conditions: &[Condition]| -> Vec<Vec<Fire>> {
            conditions.iter().map(|part| part.fires(subject)).collect()
        };
        let (all, any, none) = (ask(&self.all_of), ask(&self.any_of), ask(&self.none_of));
        let of_any = any.iter().map(|fires| Answer::of(fires)).max();
        let answers = all.iter().map(|fires| Answer::of(fires));
        let answers = answers.chain(of_any);
        let answers = answers.chain(none.iter().map(|fires| Answer::of(fires).opposite()));
        let answer = answers.min().unwrap_or(Answer::No);
        if answer == Answer::No {
            return None;
        }
        let unknown = |fires: &&Vec<Fire>| Answer::of(fires) == Answer::Unknown;
        let told_of = all.iter().chain(&any).chain(none.iter().filter(unknown));
        let fires: Vec<&Vec<Fire>> = told_of.filter(|fires| !fires.is_empty()).collect();
        let mut messages: Vec<String> = fires.iter().filter_map(|fires| told(fires)).collect();
        let silent = self.none_of.iter().zip(&none);
        let silent = silent.filter(|(_, fires)| fires.is_empty());
        let silent: Vec<String> = silent.map(|(part, _)| part.shown()).collect();
        if !silent.is_empty() {
            let verb = if silent.len() == 1 { "does" } else { "do" };
            messages.push(format!("{} {verb} not fire", silent.join(", ")));
        }
        let advice = fires
            .iter()
            .filter_map(|fires| fires.first()?.advice.clone());
        let mut advice: Vec<String> = advice.collect();
        advice.dedup();
        // What rests on ignorance is no better known for being composed.
        let mut ignorance = fires.iter().copied().flatten();
        let ignorance = match answer {
            Answer::Unknown => ignorance.find(|fire| fire.evidence.is_ignorance()),
            Answer::Yes | Answer::No => None,
        };
        let parts = [&self.all_of, &self.any_of, &self.none_of];
        let about: Vec<String> = parts.into_iter().flatten().map(Condition::shown).collect();
        Some(Fire {
            evidence: ignorance.map_or(Evidence::Image, |fire| fire.evidence.clone()),
            about: about.join(" "),
            message: messages.join("; and "),
            advice: (!advice.is_empty()).then(|| advice.join(", or ")),
        })
    }
}

/// Whether a condition holds; it is not known where it fires for ignorance
/// alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    No,
    Unknown,
    Yes,
}

impl Answer {
    fn of(fires: &[Fire]) -> Self {
        match fires {
            [] => Self::No,
            fires if fires.iter().all(|fire| fire.evidence.is_ignorance()) => Self::Unknown,
            _ => Self::Yes,
        }
    }

    fn opposite(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

/// The first, and how many more there are.
fn told(fires: &[Fire]) -> Option<String> {
    let first = &fires.first()?.message;
    Some(match fires.len() {
        1 => first.clone(),
        count => format!("{first} (and {} more)", count - 1),
    })
}
