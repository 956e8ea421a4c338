use crate::Subject;
use crate::gates::package::{about, is_named, shown};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::{Pattern, any};
use crate::verdict::Evidence;
use plimsoll_license::Licenses as Expression;
use plimsoll_types::{Ecosystem, Package};

/// The licences of packages.
pub(crate) struct Licenses;

impl Gate for Licenses {
    fn name(&self) -> &'static str {
        "licenses"
    }

    fn about(&self) -> &'static str {
        "under which licences the packages are"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<Denied>(),
                TriggerKind::of::<NotAllowed>(),
                TriggerKind::of::<Unknown>(),
            ]
        }
    }
}

parameters! {
    Denied {
        /// SPDX ids, or `LicenseRef-` names as reports show them.
        licenses: Vec<Pattern>,
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str =
        "fires for each package that cannot be used without accepting one of these licences";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (index, package) in chosen(subject, &self.ecosystems, &self.except) {
            let Some(license) = &package.license else {
                continue;
            };
            let denied = |id: &str| any(&self.licenses, id);
            let bound = match Expression::parse(license) {
                Some(expression) => !expression.satisfied(|id| !denied(bare(id))),
                None => denied(license),
            };
            if bound {
                fires.push(fire(index, package, license, "denied"));
            }
        }
    }
}

parameters! {
    NotAllowed {
        /// SPDX ids, or `LicenseRef-` names as reports show them.
        licenses: Vec<Pattern>,
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for NotAllowed {
    const NAME: &'static str = "not-allowed";
    const ABOUT: &'static str = "fires for each package whose known licences are not among these; of alternatives one is enough";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (index, package) in chosen(subject, &self.ecosystems, &self.except) {
            let Some(license) = &package.license else {
                continue;
            };
            let allowed = |id: &str| any(&self.licenses, id);
            let free = match Expression::parse(license) {
                Some(expression) => expression.satisfied(|id| allowed(bare(id))),
                None => allowed(license),
            };
            if !free {
                fires.push(fire(index, package, license, "not allowed"));
            }
        }
    }
}

parameters! {
    Unknown {
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for Unknown {
    const NAME: &'static str = "unknown";
    const ABOUT: &'static str = "fires for each package of which no licence is known";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (index, package) in chosen(subject, &self.ecosystems, &self.except) {
            if package.license.is_none() {
                let record = &package.record;
                fires.push(Fire {
                    evidence: Evidence::Package(index),
                    about: about(record),
                    message: format!("{} states no licence", shown(&package.record)),
                    advice: None,
                });
            }
        }
    }
}

fn chosen<'a>(
    subject: &Subject<'a>,
    ecosystems: &'a Option<Vec<Ecosystem>>,
    except: &'a Option<Vec<Pattern>>,
) -> impl Iterator<Item = (usize, &'a Package)> {
    let packages = subject.inventory.packages.iter().enumerate();
    packages.filter(move |(_, package)| {
        let record = &package.record;
        // The project's own parts are not under somebody else's terms.
        !record.local
            && ecosystems
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&record.ecosystem))
            && !is_named(except.as_deref().unwrap_or_default(), record)
    })
}

/// The id of a licence without the exception that widens it.
fn bare(id: &str) -> &str {
    id.split_once(" WITH ").map_or(id, |(id, _)| id)
}

fn fire(index: usize, package: &Package, license: &str, word: &str) -> Fire {
    let record = &package.record;
    Fire {
        evidence: Evidence::Package(index),
        about: about(record),
        message: format!(
            "{} is under {license}, which is {word}",
            shown(&package.record)
        ),
        advice: Some(format!("replace {}, or ask for other terms", record.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, patterns};

    fn messages<T: Trigger>(trigger: &T) -> Vec<String> {
        let fires = fired(trigger, &scene());
        fires.into_iter().map(|fire| fire.message).collect()
    }

    fn scene() -> Scene {
        let mut scene = Scene::default()
            .with_package(Ecosystem::Npm, "a", "1")
            .with_package(Ecosystem::Npm, "b", "1")
            .with_package(Ecosystem::Npm, "c", "1")
            .with_package(Ecosystem::Npm, "d", "1");
        let licenses = [
            Some("MIT OR GPL-3.0-only"),
            Some("GPL-3.0-only AND MIT"),
            Some("LicenseRef-Proprietary"),
            None,
        ];
        for (package, license) in scene.inventory.packages.iter_mut().zip(licenses) {
            package.license = license.map(str::to_owned);
        }
        scene
    }

    #[test]
    fn a_choice_without_a_denied_licence_is_no_offence() {
        let denied = Denied {
            licenses: patterns(&["GPL-*", "LicenseRef-*"]).unwrap(),
            ecosystems: None,
            except: None,
        };
        assert_eq!(
            messages(&denied),
            [
                "b 1 (npm) is under GPL-3.0-only AND MIT, which is denied",
                "c 1 (npm) is under LicenseRef-Proprietary, which is denied",
            ]
        );
    }

    #[test]
    fn what_is_not_on_the_list_is_not_allowed_and_unknown_is_its_own_question() {
        let allowed = NotAllowed {
            licenses: patterns(&["MIT"]).unwrap(),
            ecosystems: None,
            except: patterns(&["c"]),
        };
        assert_eq!(
            messages(&allowed),
            ["b 1 (npm) is under GPL-3.0-only AND MIT, which is not allowed"]
        );
        let unknown = Unknown {
            ecosystems: None,
            except: None,
        };
        assert_eq!(messages(&unknown), ["d 1 (npm) states no licence"]);
    }
}
