use crate::Subject;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::verdict::Evidence;

/// What needs no fact.
pub(crate) struct Always;

impl Gate for Always {
    fn name(&self) -> &'static str {
        "always"
    }

    fn about(&self) -> &'static str {
        "every image, whatever is in it"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<Fires>()] }
    }
}

parameters! { Fires {} }

impl Trigger for Fires {
    const NAME: &'static str = "always";
    const ABOUT: &'static str = "fires once for every image: for mappings that let nothing through, and for trying a policy out";

    fn fire(&self, _: &Subject<'_>, fires: &mut Vec<Fire>) {
        fires.push(Fire {
            evidence: Evidence::Image,
            about: String::new(),
            message: "the policy says so of every image".into(),
            advice: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, when};
    use crate::{Policy, judge};

    #[test]
    fn always_fires_for_an_empty_image_too() {
        assert_eq!(fired(&when::<Fires>("{}"), &Scene::default()).len(), 1);
    }

    #[test]
    fn always_is_silent_where_its_rule_set_does_not_judge() {
        let text = "version: 1\nname: p\nrule_sets: { shut: [{ name: r, gate: always, trigger: always }], open: [] }\n\
                    mappings:\n  - { name: old, images: 'old/**', rule_sets: shut }\n  - { name: all, images: '*', rule_sets: open }\n";
        let policy = Policy::parse(text, "p").unwrap();
        let verdict = judge(&policy, &Scene::default().subject());
        assert!(verdict.reasons.iter().all(|reason| reason.rule != "r"));
    }
}
