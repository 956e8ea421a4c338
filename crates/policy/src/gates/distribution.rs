use crate::Subject;
use crate::day;
use crate::document::Days;
use crate::gates::values::{Comparison, Releases};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::verdict::Evidence;
use plimsoll_types::Distro;

/// Whether the distribution of the image is still looked after.
pub(crate) struct Distribution;

impl Gate for Distribution {
    fn name(&self) -> &'static str {
        "distribution"
    }

    fn about(&self) -> &'static str {
        "which distribution the image is, and whether it is still repaired"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<EndOfLife>(),
                TriggerKind::of::<Unknown>(),
                TriggerKind::of::<Denied>(),
                TriggerKind::of::<NotAllowed>(),
            ]
        }
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

parameters! {
    Denied {
        /// The distributions, by the `ID` and `VERSION_ID` of their os-release.
        distributions: Releases,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires when the distribution is one of these, and as something that cannot be told when its \
         release does not compare; never for images without one";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(distro) = &subject.inventory.distro else {
            return;
        };
        match self.distributions.compare(distro) {
            Comparison::Outside => {}
            Comparison::Unknown(why) => fires.push(untold(distro, &self.distributions, &why)),
            Comparison::Inside => fires.push(Fire {
                evidence: Evidence::Image,
                about: distro.id.clone(),
                message: format!("{} is denied", shown(distro)),
                advice: Some("build on another distribution or release".into()),
            }),
        }
    }
}

parameters! {
    NotAllowed {
        /// The distributions, by the `ID` and `VERSION_ID` of their os-release.
        distributions: Releases,
    }
}

impl Trigger for NotAllowed {
    const NAME: &'static str = "not-allowed";
    const ABOUT: &'static str = "fires when the distribution is none of these or is not stated, and as something that cannot be \
         told when its release does not compare; never for sources without files";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let allowed = self.distributions.shown();
        let Some(distro) = &subject.inventory.distro else {
            if !subject.inventory.files.is_empty() {
                fires.push(Fire {
                    evidence: Evidence::Image,
                    about: String::new(),
                    message: format!("it states no distribution; allowed are {allowed}"),
                    advice: Some("keep /etc/os-release in the image".into()),
                });
            }
            return;
        };
        match self.distributions.compare(distro) {
            Comparison::Inside => {}
            Comparison::Unknown(why) => fires.push(untold(distro, &self.distributions, &why)),
            Comparison::Outside => fires.push(Fire {
                evidence: Evidence::Image,
                about: distro.id.clone(),
                message: format!("{} is not allowed; allowed are {allowed}", shown(distro)),
                advice: Some("build on an allowed distribution or release".into()),
            }),
        }
    }
}

fn shown(distro: &Distro) -> String {
    match &distro.version {
        Some(version) => format!("{} {version}", distro.id),
        None => distro.id.clone(),
    }
}

fn untold(distro: &Distro, releases: &Releases, why: &str) -> Fire {
    Fire {
        evidence: Evidence::Unknown,
        about: distro.id.clone(),
        message: format!(
            "{} cannot be compared with {}: {why}",
            shown(distro),
            releases.shown()
        ),
        advice: Some("name it without a release, or its release as a pattern".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::{FileKind, Lifecycle};

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

    fn distro(id: &str, version: Option<&str>) -> Scene {
        let mut scene = Scene::default().with_file("app", FileKind::File, 0o755);
        scene.inventory.distro = Some(Distro {
            id: id.into(),
            version: version.map(str::to_owned),
            ..Distro::default()
        });
        scene
    }

    #[test]
    fn a_denied_release_fires_by_number_and_not_by_text() {
        let trigger: Denied =
            when("distributions: { debian: '< 12', ubuntu: ['< 20.04', 21.*], redhat: '< 8' }");
        for (id, version) in [
            ("debian", "9"),
            ("debian", "11"),
            ("ubuntu", "18.04"),
            ("ubuntu", "21.10"),
            ("rhel", "7.9"),
        ] {
            let expected = [format!("{id} {version} is denied")];
            assert_eq!(messages(&trigger, &distro(id, Some(version))), expected);
        }
        let any: Denied = when("distributions: [alpine, centos]");
        assert_eq!(
            messages(&any, &distro("centos", None)),
            ["centos is denied"]
        );
    }

    #[test]
    fn other_releases_and_distributions_are_not_denied() {
        let trigger: Denied = when("distributions: { debian: '< 12', ubuntu: '< 20.04' }");
        for (id, version) in [("debian", "12"), ("ubuntu", "20.04"), ("alpine", "3.1")] {
            assert!(messages(&trigger, &distro(id, Some(version))).is_empty());
        }
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }

    #[test]
    fn a_distribution_that_is_not_listed_or_not_stated_fires() {
        let trigger: NotAllowed = when("distributions: { debian: '>= 12', wolfi: '*' }");
        assert_eq!(
            messages(&trigger, &distro("debian", Some("11"))),
            ["debian 11 is not allowed; allowed are debian >= 12, wolfi *"]
        );
        let bare = Scene::default().with_file("app", FileKind::File, 0o755);
        assert_eq!(
            messages(&trigger, &bare),
            ["it states no distribution; allowed are debian >= 12, wolfi *"]
        );
    }

    #[test]
    fn allowed_distributions_and_sources_without_files_are_silent() {
        let trigger: NotAllowed = when("distributions: { debian: '>= 12', wolfi: '*' }");
        for (id, version) in [("debian", Some("13")), ("wolfi", None)] {
            assert!(messages(&trigger, &distro(id, version)).is_empty(), "{id}");
        }
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }

    #[test]
    fn a_release_that_does_not_compare_cannot_be_told() {
        let sid = distro("debian", None);
        let denied: Denied = when("distributions: { debian: '< 12' }");
        assert!(fired(&denied, &sid)[0].evidence.is_ignorance());
        let allowed: NotAllowed = when("distributions: { debian: '>= 12' }");
        assert_eq!(
            messages(&allowed, &sid),
            ["debian cannot be compared with debian >= 12: it states no version"]
        );
    }
}
