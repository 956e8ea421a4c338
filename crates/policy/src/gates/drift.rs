use crate::Subject;
use crate::baseline::{Baseline, Settings, Versions, is_set_id, versions};
use crate::gates::package::is_named;
use crate::gates::values::given;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::{PathPattern, Pattern, any_path};
use crate::text::{quoted, shell_word};
use crate::verdict::Evidence;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

/// What changed since the image that is compared with.
pub(crate) struct Drift;

impl Gate for Drift {
    fn name(&self) -> &'static str {
        "drift"
    }

    fn about(&self) -> &'static str {
        "what changed since the image that `--against` names; without it every trigger fires as something \
         that cannot be told"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<PackagesAdded>(),
                TriggerKind::of::<PackagesRemoved>(),
                TriggerKind::of::<PackagesChanged>(),
                TriggerKind::of::<SetuidAdded>(),
                TriggerKind::of::<PortsAdded>(),
                TriggerKind::of::<UserChanged>(),
            ]
        }
    }
}

parameters! {
    PackagesAdded {
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for PackagesAdded {
    const NAME: &'static str = "packages-added";
    const ABOUT: &'static str = "fires for each package of which the other image has no version";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(other) = other(subject, fires) else {
            return;
        };
        for (key, package) in versions(subject.inventory) {
            if !other.packages().contains_key(&key)
                && wants(&self.ecosystems, &self.except, &package)
            {
                let message = format!(
                    "{} was added since {}",
                    shown(&package),
                    quoted(other.name())
                );
                fires.push(fire(Evidence::Image, key, message));
            }
        }
    }
}

parameters! {
    PackagesRemoved {
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for PackagesRemoved {
    const NAME: &'static str = "packages-removed";
    const ABOUT: &'static str = "fires for each package that only the other image has";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(other) = other(subject, fires) else {
            return;
        };
        let own = versions(subject.inventory);
        for (key, package) in other.packages() {
            if !own.contains_key(key) && wants(&self.ecosystems, &self.except, package) {
                let message = format!(
                    "{} was removed since {}",
                    shown(package),
                    quoted(other.name())
                );
                fires.push(fire(Evidence::Image, key.clone(), message));
            }
        }
    }
}

parameters! {
    PackagesChanged {
        /// Only packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Not packages with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for PackagesChanged {
    const NAME: &'static str = "packages-changed";
    const ABOUT: &'static str = "fires for each package that both images have in other versions";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(other) = other(subject, fires) else {
            return;
        };
        for (key, package) in versions(subject.inventory) {
            let Some(before) = other.packages().get(&key) else {
                continue;
            };
            if before.versions != package.versions
                && wants(&self.ecosystems, &self.except, &package)
            {
                let message = format!(
                    "{} ({}) changed from {} to {} since {}",
                    package.name,
                    package.ecosystem,
                    list(before),
                    list(&package),
                    quoted(other.name())
                );
                fires.push(fire(Evidence::Image, key, message));
            }
        }
    }
}

parameters! {
    SetuidAdded {
        /// Not these files.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for SetuidAdded {
    const NAME: &'static str = "setuid-added";
    const ABOUT: &'static str = "fires for each file with a setuid or setgid bit that has none in the other image, and as \
         something that cannot be told when nothing is known of its files";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(other) = other(subject, fires) else {
            return;
        };
        let Some(before) = other.set_id() else {
            return fires.push(untold(format!(
                "nothing is known of the files of {}",
                quoted(other.name())
            )));
        };
        for (index, file) in subject.inventory.files.iter().enumerate() {
            if is_set_id(file)
                && !before.contains(&file.path)
                && given(&self.except, |except| !any_path(except, &file.path))
            {
                let message = format!(
                    "/{} has mode {}, which it has not in {}",
                    file.path,
                    file.mode,
                    quoted(other.name())
                );
                let path = format!("/{}", file.path);
                fires.push(Fire {
                    advice: Some(format!("RUN chmod ug-s {}", shell_word(&path))),
                    ..fire(Evidence::File(index), file.path.clone(), message)
                });
            }
        }
    }
}

parameters! { PortsAdded {} }

impl Trigger for PortsAdded {
    const NAME: &'static str = "ports-added";
    const ABOUT: &'static str = "fires for each exposed port that the other image does not expose, and as something that cannot \
         be told when nothing is known of its configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some((other, before)) = settings(subject, fires) else {
            return;
        };
        let config = subject.inventory.config.iter();
        for port in config.flat_map(|config| &config.exposed_ports) {
            if !before.ports.contains(port) {
                let message = format!(
                    "port {} was added since {}",
                    quoted(port),
                    quoted(other.name())
                );
                fires.push(fire(Evidence::Config(None), port.clone(), message));
            }
        }
    }
}

parameters! { UserChanged {} }

impl Trigger for UserChanged {
    const NAME: &'static str = "user-changed";
    const ABOUT: &'static str = "fires when the image runs as another user than the other one, and as something that cannot be \
         told when nothing is known of its configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some((other, before)) = settings(subject, fires) else {
            return;
        };
        let config = subject.inventory.config.as_ref();
        if let Some(config) = config.filter(|config| config.user != before.user) {
            let name = |user: &str| match user {
                "" => "root (no USER is set)".to_owned(),
                user => quoted(user),
            };
            let message = format!(
                "the user changed from {} to {} since {}",
                name(&before.user),
                name(&config.user),
                quoted(other.name())
            );
            fires.push(fire(Evidence::Config(None), String::new(), message));
        }
    }
}

/// What is compared with; without it, that is what fires.
fn other<'a>(subject: &Subject<'a>, fires: &mut Vec<Fire>) -> Option<&'a Baseline> {
    if subject.baseline.is_none() {
        fires.push(untold("there is no image to compare with".to_owned()));
    }
    subject.baseline
}

fn settings<'a>(
    subject: &Subject<'a>,
    fires: &mut Vec<Fire>,
) -> Option<(&'a Baseline, &'a Settings)> {
    let other = other(subject, fires)?;
    let settings = other.settings();
    if settings.is_none() {
        let name = quoted(other.name());
        fires.push(untold(format!(
            "nothing is known of the configuration of {name}"
        )));
    }
    Some((other, settings?))
}

fn untold(why: String) -> Fire {
    Fire {
        evidence: Evidence::Unknown,
        about: "untold".into(),
        message: format!("what changed cannot be told: {why}"),
        advice: Some("name the image before with `--against IMAGE|FILE`".into()),
    }
}

fn fire(evidence: Evidence, about: String, message: String) -> Fire {
    Fire {
        evidence,
        about,
        message,
        advice: None,
    }
}

fn wants(
    ecosystems: &Option<Vec<Ecosystem>>,
    except: &Option<Vec<Pattern>>,
    package: &Versions,
) -> bool {
    let record = || {
        PackageRecord::new(
            package.ecosystem,
            &package.name,
            None,
            Confidence::Installed,
        )
    };
    given(ecosystems, |list| list.contains(&package.ecosystem))
        && given(except, |names| !is_named(names, &record()))
}

fn list(package: &Versions) -> String {
    let versions: Vec<&str> = package.versions.iter().map(String::as_str).collect();
    match versions.join(", ") {
        list if list.is_empty() => "an unknown version".to_owned(),
        list => list,
    }
}

fn shown(package: &Versions) -> String {
    format!("{} {} ({})", package.name, list(package), package.ecosystem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::Parameters;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::{FileKind, ImageConfig};

    fn config(user: &str, ports: &[&str]) -> ImageConfig {
        ImageConfig {
            user: user.into(),
            exposed_ports: ports.iter().map(|port| (*port).to_owned()).collect(),
            ..ImageConfig::default()
        }
    }

    fn before() -> Scene {
        Scene::default()
            .with_package(Ecosystem::Deb, "openssl", "3.0.11")
            .with_package(Ecosystem::Pypi, "PyYAML", "5")
            .with_package(Ecosystem::Npm, "left-pad", "1")
            .with_file("usr/bin/ping", FileKind::File, 0o755)
            .with_file("usr/bin/su", FileKind::File, 0o4755)
            .with_config(config("app", &["80/tcp"]))
    }

    fn after() -> Scene {
        Scene::default()
            .with_package(Ecosystem::Deb, "openssl", "3.0.13")
            .with_package(Ecosystem::Pypi, "pyyaml", "5")
            .with_package(Ecosystem::Deb, "curl", "8")
            .with_file("usr/bin/ping", FileKind::File, 0o4755)
            .with_file("usr/bin/su", FileKind::File, 0o4755)
            .with_config(config("", &["80/tcp", "22/tcp"]))
            .against(&before())
    }

    fn of<T: Trigger + Parameters>(conditions: &str, scene: &Scene) -> Vec<String> {
        messages(&when::<T>(conditions), scene)
    }

    #[test]
    fn what_came_went_and_changed_fires() {
        assert_eq!(
            of::<PackagesAdded>("{}", &after()),
            ["curl 8 (deb) was added since `other`"]
        );
        assert_eq!(
            of::<PackagesRemoved>("{}", &after()),
            ["left-pad 1 (npm) was removed since `other`"]
        );
        assert_eq!(
            of::<PackagesChanged>("{}", &after()),
            ["openssl (deb) changed from 3.0.11 to 3.0.13 since `other`"]
        );
        assert_eq!(
            of::<SetuidAdded>("{}", &after()),
            ["/usr/bin/ping has mode 4755, which it has not in `other`"]
        );
        assert_eq!(
            of::<PortsAdded>("{}", &after()),
            ["port `22/tcp` was added since `other`"]
        );
        assert_eq!(
            of::<UserChanged>("{}", &after()),
            ["the user changed from `app` to root (no USER is set) since `other`"]
        );
    }

    #[test]
    fn what_is_the_same_or_not_asked_for_is_silent() {
        let same = before().against(&before());
        assert!(of::<PackagesAdded>("{}", &same).is_empty());
        assert!(of::<PackagesRemoved>("{}", &same).is_empty());
        assert!(of::<PackagesChanged>("{}", &same).is_empty());
        assert!(of::<SetuidAdded>("{}", &same).is_empty());
        assert!(of::<PortsAdded>("{}", &same).is_empty());
        assert!(of::<UserChanged>("{}", &same).is_empty());
        assert!(of::<PackagesAdded>("except: curl", &after()).is_empty());
        assert!(of::<PackagesRemoved>("ecosystems: deb", &after()).is_empty());
        assert!(of::<SetuidAdded>("except: /usr/bin/*", &after()).is_empty());
    }

    #[test]
    fn without_another_image_nothing_can_be_told() {
        let alone = Scene {
            baseline: None,
            ..after()
        };
        let fires = fired(&when::<PackagesAdded>("{}"), &alone);
        assert!(fires[0].evidence.is_ignorance());
        assert_eq!(
            fires[0].message,
            "what changed cannot be told: there is no image to compare with"
        );
        let bare = after().against(&Scene::default());
        for fires in [
            fired(&when::<SetuidAdded>("{}"), &bare),
            fired(&when::<PortsAdded>("{}"), &bare),
            fired(&when::<UserChanged>("{}"), &bare),
        ] {
            assert!(fires[0].evidence.is_ignorance());
        }
    }

    #[test]
    fn an_image_that_is_only_compared_with_excuses_nothing() {
        let mut scene = after();
        scene.baseline = scene.baseline.map(Baseline::only_compared);
        let policy = crate::Policy::parse("version: 1\nname: p\nrules: []\n", "p").unwrap();
        assert_eq!(crate::judge(&policy, &scene.subject()).against, None);
    }
}
