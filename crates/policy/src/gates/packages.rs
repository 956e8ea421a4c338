use crate::Subject;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::{Pattern, any};
use crate::verdict::Evidence;
use plimsoll_types::{Ecosystem, Package};

/// The packages of the image.
pub(crate) struct Packages;

impl Gate for Packages {
    fn name(&self) -> &'static str {
        "packages"
    }

    fn about(&self) -> &'static str {
        "which packages are in the image"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<Denied>(), TriggerKind::of::<Required>()] }
    }
}

parameters! {
    Denied {
        /// Names of packages.
        packages: Vec<Pattern>,
        /// Only these versions.
        versions: Option<Vec<Pattern>>,
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires for each package that is one of these";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let except = self.except.as_deref().unwrap_or_default();
        for (index, package) in subject.inventory.packages.iter().enumerate() {
            let record = &package.record;
            let version = record.full_version();
            let denied = is_of(package, &self.packages, &self.ecosystems)
                && !any(except, &record.name)
                && (self.versions.as_ref()).is_none_or(|versions| any(versions, &version));
            if denied {
                let space = if version.is_empty() { "" } else { " " };
                fires.push(Fire {
                    evidence: Evidence::Package(index),
                    about: format!("{} {}", record.ecosystem, record.name),
                    message: format!(
                        "{}{space}{version} ({}) is denied",
                        record.name, record.ecosystem
                    ),
                    advice: Some(format!("remove {}", record.name)),
                });
            }
        }
    }
}

parameters! {
    Required {
        /// Names of packages.
        packages: Vec<Pattern>,
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
    }
}

impl Trigger for Required {
    const NAME: &'static str = "required";
    const ABOUT: &'static str = "fires for each of these that no package of the image is";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for pattern in &self.packages {
            let one = std::slice::from_ref(pattern);
            let packages = &subject.inventory.packages;
            if !packages
                .iter()
                .any(|package| is_of(package, one, &self.ecosystems))
            {
                let name = pattern.text();
                fires.push(Fire {
                    evidence: Evidence::Image,
                    about: name.to_owned(),
                    message: format!("{name} is required and not in the image"),
                    advice: Some(format!("install {name}")),
                });
            }
        }
    }
}

fn is_of(package: &Package, names: &[Pattern], ecosystems: &Option<Vec<Ecosystem>>) -> bool {
    let ecosystem = package.record.ecosystem;
    (ecosystems.as_ref()).is_none_or(|wanted| wanted.contains(&ecosystem))
        && any(names, &package.record.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, patterns};

    fn scene() -> Scene {
        Scene::default()
            .with_package(Ecosystem::Deb, "openssh-server", "1:9.2p1-2")
            .with_package(Ecosystem::Npm, "telnet", "1.0.0")
    }

    #[test]
    fn denied_looks_at_name_version_and_ecosystem() {
        let denied = Denied {
            packages: patterns(&["openssh-*", "telnet"]).unwrap(),
            versions: None,
            ecosystems: Some(vec![Ecosystem::Deb]),
            except: None,
        };
        let fires = fired(&denied, &scene());
        assert_eq!(fires.len(), 1);
        assert_eq!(fires[0].message, "openssh-server 1:9.2p1-2 (deb) is denied");
        assert_eq!(fires[0].evidence, Evidence::Package(0));
        let other_version = Denied {
            versions: patterns(&["8.*"]),
            ..denied
        };
        assert!(fired(&other_version, &scene()).is_empty());
    }

    #[test]
    fn required_fires_for_what_is_absent() {
        let required = Required {
            packages: patterns(&["ca-certificates", "openssh*"]).unwrap(),
            ecosystems: None,
        };
        let fires = fired(&required, &scene());
        assert_eq!(fires.len(), 1);
        assert_eq!(
            fires[0].message,
            "ca-certificates is required and not in the image"
        );
    }
}
