use crate::Subject;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, instruction, parameters};
use crate::verdict::Evidence;

/// Whether the image says how to see that it works.
pub(crate) struct Healthcheck;

impl Gate for Healthcheck {
    fn name(&self) -> &'static str {
        "healthcheck"
    }

    fn about(&self) -> &'static str {
        "the HEALTHCHECK of the image"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<Missing>()] }
    }
}

parameters! { Missing {} }

impl Trigger for Missing {
    const NAME: &'static str = "missing";
    const ABOUT: &'static str = "fires when an image has no health check, or `HEALTHCHECK NONE`; \
                                 never for sources without a configuration (`dir:`, `pkg:`)";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(config) = &subject.inventory.config else {
            return;
        };
        let message = match &config.healthcheck {
            Some(check) if check.is_active() => return,
            Some(_) => "the health check is switched off (HEALTHCHECK NONE)",
            None => "there is no HEALTHCHECK",
        };
        let set_by = instruction::last(config, "HEALTHCHECK", |_| true);
        fires.push(Fire {
            evidence: Evidence::Config(set_by.filter(|_| config.healthcheck.is_some())),
            about: String::new(),
            message: message.into(),
            advice: Some("add `HEALTHCHECK CMD …` that asks the service whether it works".into()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired};
    use plimsoll_types::{Healthcheck, ImageConfig};

    fn scene(test: Option<&[&str]>) -> Scene {
        Scene::default().with_config(ImageConfig {
            healthcheck: test.map(|test| Healthcheck {
                test: test.iter().map(|word| (*word).to_owned()).collect(),
            }),
            ..ImageConfig::default()
        })
    }

    #[test]
    fn fires_without_a_check_and_with_none() {
        assert_eq!(fired(&Missing {}, &scene(None)).len(), 1);
        let off = fired(&Missing {}, &scene(Some(&["NONE"])));
        assert!(off[0].message.contains("NONE"));
    }

    #[test]
    fn is_silent_with_a_check_and_without_a_configuration() {
        assert!(fired(&Missing {}, &scene(Some(&["CMD", "true"]))).is_empty());
        assert!(fired(&Missing {}, &Scene::default()).is_empty());
    }
}
