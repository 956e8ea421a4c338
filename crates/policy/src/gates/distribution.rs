use crate::Subject;
use crate::day;
use crate::document::Days;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::verdict::Evidence;

/// Whether the distribution of the image is still looked after.
pub(crate) struct Distribution;

impl Gate for Distribution {
    fn name(&self) -> &'static str {
        "distribution"
    }

    fn about(&self) -> &'static str {
        "whether the distribution of the image is still repaired"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<EndOfLife>(), TriggerKind::of::<Unknown>()] }
    }
}

parameters! {
    EndOfLife {
        /// How long before the last day it fires already.
        ahead: Option<Days>,
        /// Whether repairs count that only subscribers or volunteers provide
        /// (Ubuntu Pro, Debian LTS).
        extended: Option<bool>,
    }
}

impl Trigger for EndOfLife {
    const NAME: &'static str = "end-of-life";
    const ABOUT: &'static str =
        "fires after the last day on which the release of the distribution is repaired";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let extended = self.extended.unwrap_or(false);
        let Some(lifecycle) = subject.lifecycle else {
            return;
        };
        let Some(end) = lifecycle.end(extended).and_then(day::parse) else {
            return;
        };
        let left = day::days(subject.day(), end);
        let Days(ahead) = self.ahead.unwrap_or(Days(0));
        let message = match left {
            left if left < 0 => format!(
                "{} was repaired until {end}, {} days ago ({})",
                lifecycle.name, -left, lifecycle.source
            ),
            left if left < i64::from(ahead) => format!(
                "{} is repaired until {end}, {left} days from now ({})",
                lifecycle.name, lifecycle.source
            ),
            _ => return,
        };
        fires.push(Fire {
            evidence: Evidence::Image,
            about: lifecycle.name.clone(),
            message,
            advice: Some("build on a release that is still repaired".into()),
        });
    }
}

parameters! { Unknown {} }

impl Trigger for Unknown {
    const NAME: &'static str = "unknown-end";
    const ABOUT: &'static str = "fires when nothing tells until when the distribution is repaired; \
                                 never for images without one";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(distro) = &subject.inventory.distro else {
            return;
        };
        let known = subject.lifecycle.is_some_and(|l| l.end(true).is_some());
        if !known {
            fires.push(Fire {
                evidence: Evidence::Data,
                about: distro.qualifier(),
                message: format!(
                    "nothing tells until when {} is repaired",
                    distro.qualifier()
                ),
                advice: Some(
                    "load https://endoflife.date/api/v1/products/full with `plimsoll data update`"
                        .into(),
                ),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired};
    use plimsoll_types::{Distro, Lifecycle};

    fn scene(security: Option<&str>, extended: Option<&str>) -> Scene {
        let mut scene = Scene::default();
        scene.inventory.distro = Some(Distro {
            id: "debian".into(),
            version: Some("12".into()),
            ..Distro::default()
        });
        scene.lifecycle = Some(Lifecycle {
            name: "Debian 12".into(),
            release: "12".into(),
            security_until: security.map(str::to_owned),
            extended_until: extended.map(str::to_owned),
            source: "endoflife.date".into(),
            ..Lifecycle::default()
        });
        scene
    }

    fn trigger(ahead: u32, extended: bool) -> EndOfLife {
        EndOfLife {
            ahead: Some(Days(ahead)),
            extended: Some(extended),
        }
    }

    #[test]
    fn the_last_day_counts_as_repaired() {
        // Scenes play on 2026-10-15.
        let last = scene(Some("2026-10-15"), None);
        assert!(fired(&trigger(0, false), &last).is_empty());
        let fires = fired(&trigger(0, false), &scene(Some("2026-10-14"), None));
        assert_eq!(
            fires[0].message,
            "Debian 12 was repaired until 2026-10-14, 1 days ago (endoflife.date)"
        );
        assert!(!fires[0].evidence.is_ignorance());
        assert_eq!(fired(&trigger(30, false), &last).len(), 1);
    }

    #[test]
    fn repairs_for_subscribers_count_when_asked_for() {
        let paid = scene(Some("2026-07-11"), Some("2028-06-30"));
        assert_eq!(fired(&trigger(0, false), &paid).len(), 1);
        assert!(fired(&trigger(0, true), &paid).is_empty());
    }

    #[test]
    fn an_end_that_nothing_tells_is_ignorance() {
        let fires = fired(&Unknown {}, &scene(None, None));
        assert!(fires[0].evidence.is_ignorance());
        assert!(fired(&Unknown {}, &scene(Some("2026-07-11"), None)).is_empty());
        assert!(fired(&Unknown {}, &Scene::default()).is_empty());
        assert!(fired(&trigger(0, false), &scene(None, None)).is_empty());
    }
}
