use crate::Subject;
use crate::gates::package::{about, compare, has_purl, incomparable, is_named, shown};
use crate::gates::values::{Comparison, Versions, given};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::Pattern;
use crate::verdict::Evidence;
use plimsoll_types::{Distro, Ecosystem, Package, PackageRecord};
use std::collections::BTreeSet;

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
        const {
            &[
                TriggerKind::of::<Denied>(),
                TriggerKind::of::<Required>(),
                TriggerKind::of::<Removed>(),
            ]
        }
    }
}

parameters! {
    Denied {
        /// Only packages with these names.
        packages: Option<Vec<Pattern>>,
        /// Only packages with these package URLs, qualifiers and version aside where the pattern has none.
        purls: Option<Vec<Pattern>>,
        /// Only these versions, in the order of the ecosystem; a bound without epoch is about the version behind it.
        versions: Option<Vec<Versions>>,
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires for each package that meets every condition, and as something that cannot be told for \
         each whose version does not compare";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let distro = subject.inventory.distro.as_ref();
        for (index, package) in subject.inventory.packages.iter().enumerate() {
            let record = &package.record;
            if !self.names(record, distro) {
                continue;
            }
            let versions = self.versions.as_deref().unwrap_or_default();
            let compared = match &self.versions {
                Some(versions) => compare(versions, record),
                None => Comparison::Inside,
            };
            match compared {
                Comparison::Outside => {}
                Comparison::Unknown(why) => fires.push(incomparable(package, versions, &why)),
                Comparison::Inside => fires.push(Fire {
                    evidence: Evidence::Package(index),
                    about: about(record),
                    message: format!("{} is denied", shown(record)),
                    advice: Some(format!("remove {}", record.name)),
                }),
            }
        }
    }
}

impl Denied {
    fn names(&self, record: &PackageRecord, distro: Option<&Distro>) -> bool {
        given(&self.ecosystems, |list| list.contains(&record.ecosystem))
            && given(&self.packages, |names| is_named(names, record))
            && given(&self.except, |names| !is_named(names, record))
            && given(&self.purls, |purls| has_purl(purls, record, distro))
    }
}

parameters! {
    Required {
        /// Names of packages.
        packages: Vec<Pattern>,
        /// Versions that will do, such as `>= 3.0`; any when left out.
        versions: Option<Vec<Versions>>,
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
    }
}

impl Trigger for Required {
    const NAME: &'static str = "required";
    const ABOUT: &'static str =
        "fires for each of these that no package of the image is, or none in such a version";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for pattern in &self.packages {
            let one = std::slice::from_ref(pattern);
            let packages = subject.inventory.packages.iter();
            let there: Vec<&Package> = packages
                .filter(|package| {
                    is_named(one, &package.record)
                        && given(&self.ecosystems, |list| {
                            list.contains(&package.record.ecosystem)
                        })
                })
                .collect();
            fires.extend(self.missing(pattern.text(), &there));
        }
    }
}

impl Required {
    /// What is wrong with the packages of that name.
    fn missing(&self, name: &str, there: &[&Package]) -> Vec<Fire> {
        let fire = |message: String, advice: String| {
            vec![Fire {
                evidence: Evidence::Image,
                about: name.to_owned(),
                message,
                advice: Some(advice),
            }]
        };
        if there.is_empty() {
            let message = format!("{name} is required and not in the image");
            return fire(message, format!("install {name}"));
        }
        let Some(versions) = &self.versions else {
            return Vec::new();
        };
        let mut unknown = Vec::new();
        for package in there {
            match compare(versions, &package.record) {
                Comparison::Inside => return Vec::new(),
                Comparison::Outside => {}
                Comparison::Unknown(why) => unknown.push(incomparable(package, versions, &why)),
            }
        }
        if !unknown.is_empty() {
            return unknown;
        }
        let wanted: Vec<&str> = versions.iter().map(Versions::text).collect();
        let wanted = wanted.join(" or ");
        let there: BTreeSet<String> = there.iter().map(|package| shown(&package.record)).collect();
        let there: Vec<String> = there.into_iter().collect();
        let message = format!(
            "{name} is required in {wanted}; the image has {}",
            there.join(", ")
        );
        fire(message, format!("install {name} {wanted}"))
    }
}

parameters! {
    Removed {
        /// Only packages with these names.
        packages: Option<Vec<Pattern>>,
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for Removed {
    const NAME: &'static str = "removed";
    const ABOUT: &'static str = "fires for each package that only a lower layer holds: a later one removed it, and the image \
         still ships it; never for one that is there in another version";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let name = |package: &Package| about(&package.record);
        let visible: BTreeSet<String> = subject.inventory.packages.iter().map(name).collect();
        let mut said = BTreeSet::new();
        for package in &subject.inventory.removed_packages {
            let record = &package.record;
            let wanted = given(&self.ecosystems, |list| list.contains(&record.ecosystem))
                && given(&self.packages, |names| is_named(names, record))
                && given(&self.except, |names| !is_named(names, record))
                && !visible.contains(&about(record))
                && said.insert(record.identity());
            if wanted {
                let removed = match package.removed {
                    Some(layer) => format!(", removed by layer {}", layer + 1),
                    None => String::new(),
                };
                fires.push(Fire {
                    evidence: Evidence::Image,
                    about: about(record),
                    message: format!(
                        "{} is still in layer {}{removed}",
                        shown(record),
                        package.introduced + 1
                    ),
                    advice: Some(format!(
                        "remove {} in the step that installs it, or build in another stage",
                        record.name
                    )),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::{Confidence, GapKind};

    fn scene() -> Scene {
        Scene::default()
            .with_package(Ecosystem::Deb, "openssh-server", "1:9.2p1-2")
            .with_package(Ecosystem::Npm, "telnet", "1.10.0")
            .with_package(Ecosystem::Pypi, "PyYAML", "5.4")
    }

    fn denied(conditions: &str) -> Vec<String> {
        messages(&when::<Denied>(conditions), &scene())
    }

    #[test]
    fn a_denied_package_fires_by_name_version_ecosystem_and_purl() {
        for (conditions, expected) in [
            (
                "{ packages: [openssh-*, telnet], ecosystems: deb }",
                "openssh-server 1:9.2p1-2 (deb) is denied",
            ),
            (
                "{ packages: telnet, versions: '>= 1.9' }",
                "telnet 1.10.0 (npm) is denied",
            ),
            (
                "{ packages: telnet, versions: ['< 1', '1.10.*'] }",
                "telnet 1.10.0 (npm) is denied",
            ),
            ("packages: pyyaml", "PyYAML 5.4 (pypi) is denied"),
            ("purls: pkg:pypi/pyyaml", "PyYAML 5.4 (pypi) is denied"),
        ] {
            assert_eq!(denied(conditions), [expected], "{conditions}");
        }
        let ssh = &fired(&when::<Denied>("packages: openssh-*"), &scene())[0];
        assert_eq!(ssh.evidence, Evidence::Package(0));
    }

    #[test]
    fn a_package_outside_the_conditions_is_not_denied() {
        for conditions in [
            "packages: openssh",
            "{ packages: telnet, versions: '< 1.9' }",
            "{ packages: openssh-*, versions: 8.* }",
            "{ packages: PyYAML, except: pyyaml }",
            "purls: pkg:npm/telnet@1.1",
        ] {
            assert!(denied(conditions).is_empty(), "{conditions}");
        }
    }

    #[test]
    fn a_version_that_does_not_compare_is_said() {
        let mut scene = scene().with_package(Ecosystem::Npm, "odd", "not a version");
        scene.inventory.packages[1].record.version = None;
        let fires = fired(
            &when::<Denied>("{ packages: [telnet, odd], versions: '< 2' }"),
            &scene,
        );
        assert_eq!(fires.len(), 2);
        assert!(fires.iter().all(|fire| fire.evidence.is_ignorance()));
        assert_eq!(
            fires[0].message,
            "telnet (npm) cannot be compared with < 2: it states no version"
        );
        let Evidence::Gap(gap) = &fires[1].evidence else {
            panic!("{:?}", fires[1].evidence)
        };
        assert_eq!(gap.kind, GapKind::VersionUnparsable);
    }

    #[test]
    fn required_fires_for_what_is_absent_or_too_old() {
        for (conditions, expected) in [
            (
                "packages: [ca-certificates, openssh*]",
                "ca-certificates is required and not in the image",
            ),
            (
                "{ packages: telnet, ecosystems: deb }",
                "telnet is required and not in the image",
            ),
            (
                "{ packages: openssh-server, versions: '>= 9.6' }",
                "openssh-server is required in >= 9.6; the image has openssh-server 1:9.2p1-2 (deb)",
            ),
        ] {
            assert_eq!(
                messages(&when::<Required>(conditions), &scene()),
                [expected]
            );
        }
    }

    #[test]
    fn required_is_silent_when_one_package_will_do() {
        let scene = scene().with_package(Ecosystem::Deb, "telnet", "0.1");
        for conditions in [
            "packages: openssh*",
            "{ packages: telnet, versions: '>= 1' }",
        ] {
            assert!(messages(&when::<Required>(conditions), &scene).is_empty());
        }
    }

    /// A compiler that a later layer removed, and an upgraded library.
    fn layered() -> Scene {
        let mut scene = Scene::default().with_package(Ecosystem::Deb, "zlib1g", "2");
        for (name, version) in [("gcc", "12"), ("zlib1g", "1")] {
            let version = Some(version.to_owned());
            let mut package = scene.inventory.packages[0].clone();
            package.record =
                PackageRecord::new(Ecosystem::Deb, name, version, Confidence::Installed);
            package.removed = Some(2);
            scene.inventory.removed_packages.push(package);
        }
        scene
    }

    #[test]
    fn a_removed_package_fires_with_its_layers() {
        assert_eq!(
            messages(&when::<Removed>("{}"), &layered()),
            ["gcc 12 (deb) is still in layer 1, removed by layer 3"]
        );
    }

    #[test]
    fn packages_that_are_there_or_not_asked_for_are_not_removed() {
        for conditions in ["packages: zlib*", "except: gcc", "ecosystems: rpm"] {
            assert!(messages(&when::<Removed>(conditions), &layered()).is_empty());
        }
    }
}
