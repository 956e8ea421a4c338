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
        let fired = |conditions: &[Condition]| -> Vec<Vec<Fire>> {
            let fires = conditions.iter().map(|condition| condition.fires(subject));
            fires.filter(|fires| !fires.is_empty()).collect()
        };
        let (all, any) = (fired(&self.all_of), fired(&self.any_of));
        let holds = all.len() == self.all_of.len()
            && (self.any_of.is_empty() || !any.is_empty())
            && fired(&self.none_of).is_empty();
        if !holds {
            return None;
        }
        let fires: Vec<Vec<Fire>> = all.into_iter().chain(any).collect();
        let mut messages: Vec<String> = fires.iter().filter_map(|fires| told(fires)).collect();
        if !self.none_of.is_empty() {
            let names: Vec<String> = self.none_of.iter().map(Condition::shown).collect();
            let verb = if names.len() == 1 { "does" } else { "do" };
            messages.push(format!("{} {verb} not fire", names.join(", ")));
        }
        let mut advice: Vec<String> = fires
            .iter()
            .filter_map(|f| f.first()?.advice.clone())
            .collect();
        advice.dedup();
        // What rests on ignorance is no better known for being composed.
        let ignorance = fires
            .iter()
            .flatten()
            .find(|fire| fire.evidence.is_ignorance());
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

/// The first, and how many more there are.
fn told(fires: &[Fire]) -> Option<String> {
    let first = &fires.first()?.message;
    Some(match fires.len() {
        1 => first.clone(),
        count => format!("{first} (and {} more)", count - 1),
    })
}
