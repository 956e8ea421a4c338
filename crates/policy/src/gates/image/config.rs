use crate::Subject;
use crate::gates::values::given;
use crate::gates::{Fire, Trigger, instruction, parameters};
use crate::pattern::{PathPattern, Pattern, any, any_path};
use crate::text::quoted;
use crate::verdict::Evidence;

parameters! {
    LabelMissing {
        /// Names of labels.
        labels: Vec<Pattern>,
        /// Values that will do; any when left out.
        values: Option<Vec<Pattern>>,
    }
}

impl Trigger for LabelMissing {
    const NAME: &'static str = "label-missing";
    const ABOUT: &'static str = "fires for each of these labels that the image has not got, or not with such a value; never for \
         sources without a configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(config) = &subject.inventory.config else {
            return;
        };
        for wanted in &self.labels {
            let named: Vec<_> = (config.labels.iter())
                .filter(|(name, _)| wanted.matches(name))
                .collect();
            if named
                .iter()
                .any(|(_, value)| given(&self.values, |values| any(values, value)))
            {
                continue;
            }
            let name = wanted.text();
            let message = match named.first() {
                None => format!("there is no label {}", quoted(name)),
                Some((name, value)) => {
                    format!("the label {} is {}", quoted(name), quoted(value))
                }
            };
            fires.push(Fire {
                evidence: Evidence::Config(None),
                about: name.to_owned(),
                message,
                advice: Some(format!("add `LABEL {name}=…`")),
            });
        }
    }
}

parameters! {
    LabelDenied {
        /// Names of labels.
        labels: Vec<Pattern>,
        /// Only with these values.
        values: Option<Vec<Pattern>>,
    }
}

impl Trigger for LabelDenied {
    const NAME: &'static str = "label-denied";
    const ABOUT: &'static str = "fires for each label of the image that is one of these";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let labels = subject
            .inventory
            .config
            .iter()
            .flat_map(|config| &config.labels);
        for (name, value) in labels {
            let denied =
                any(&self.labels, name) && given(&self.values, |values| any(values, value));
            if denied {
                fires.push(Fire {
                    evidence: Evidence::Config(None),
                    about: name.clone(),
                    message: format!("the label {} is {}", quoted(name), quoted(value)),
                    advice: Some("set another value, or build on an image without it".into()),
                });
            }
        }
    }
}

parameters! {
    EnvironmentDenied {
        /// Names of environment variables.
        variables: Vec<Pattern>,
        /// Not these variables.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for EnvironmentDenied {
    const NAME: &'static str = "environment-denied";
    const ABOUT: &'static str = "fires for each environment variable of the image that is one of these; values are never shown";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let variables = subject
            .inventory
            .config
            .iter()
            .flat_map(|config| &config.env);
        for variable in variables {
            let name = variable.split('=').next().unwrap_or_default();
            if any(&self.variables, name) && given(&self.except, |except| !any(except, name)) {
                fires.push(Fire {
                    // The instruction would show the value.
                    evidence: Evidence::Config(None),
                    about: name.to_owned(),
                    message: format!("the environment has {}", quoted(name)),
                    advice: Some("give it to the container when it starts".into()),
                });
            }
        }
    }
}

parameters! {
    VolumeDenied {
        /// Paths of volumes.
        volumes: Vec<PathPattern>,
    }
}

impl Trigger for VolumeDenied {
    const NAME: &'static str = "volume-denied";
    const ABOUT: &'static str =
        "fires for each volume that the image declares at one of these paths";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(config) = &subject.inventory.config else {
            return;
        };
        for volume in &config.volumes {
            if any_path(&self.volumes, volume.trim_matches('/')) {
                let set_by = instruction::last(config, "VOLUME", |text| text.contains(volume));
                fires.push(Fire {
                    evidence: Evidence::Config(set_by),
                    about: volume.clone(),
                    message: format!("it declares the volume {}", quoted(volume)),
                    advice: Some("mount what is needed when the container starts".into()),
                });
            }
        }
    }
}

parameters! {
    EntrypointMissing {
        /// Whether a `CMD` alone will do; `false` when left out.
        or_command: Option<bool>,
    }
}

impl Trigger for EntrypointMissing {
    const NAME: &'static str = "entrypoint-missing";
    const ABOUT: &'static str = "fires when the image has no `ENTRYPOINT`, so that its arguments choose the program; never for \
         sources without a configuration";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(config) = &subject.inventory.config else {
            return;
        };
        let has_command = self.or_command == Some(true) && !config.cmd.is_empty();
        if config.entrypoint.is_empty() && !has_command {
            let message = match config.cmd.is_empty() {
                true => "there is neither ENTRYPOINT nor CMD",
                false => "there is no ENTRYPOINT",
            };
            fires.push(Fire {
                evidence: Evidence::Config(None),
                about: String::new(),
                message: message.into(),
                advice: Some("add `ENTRYPOINT [\"/path/of/program\"]`".into()),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::ImageConfig;

    fn scene() -> Scene {
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Scene::default().with_config(ImageConfig {
            labels: [label("team", "shop"), label("stage", "test")].into(),
            env: vec!["PATH=/bin".into(), "NPM_TOKEN=hunter2".into()],
            volumes: vec!["/".into(), "/var/run/docker.sock".into(), "/data/".into()],
            cmd: vec!["sh".into()],
            ..ImageConfig::default()
        })
    }

    #[test]
    fn a_label_that_is_absent_or_has_another_value_fires() {
        assert_eq!(
            messages(&when::<LabelMissing>("labels: [team, owner]"), &scene()),
            ["there is no label `owner`"]
        );
        assert_eq!(
            messages(
                &when::<LabelMissing>("{ labels: stage, values: 'prod*' }"),
                &scene()
            ),
            ["the label `stage` is `test`"]
        );
    }

    #[test]
    fn a_label_that_is_there_is_not_missing() {
        let trigger: LabelMissing = when("{ labels: 't*', values: shop }");
        assert!(messages(&trigger, &scene()).is_empty());
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }

    #[test]
    fn a_denied_label_fires() {
        assert_eq!(
            messages(
                &when::<LabelDenied>("{ labels: stage, values: test }"),
                &scene()
            ),
            ["the label `stage` is `test`"]
        );
    }

    #[test]
    fn other_labels_and_values_are_not_denied() {
        for conditions in ["labels: owner", "{ labels: stage, values: prod }"] {
            assert!(messages(&when::<LabelDenied>(conditions), &scene()).is_empty());
        }
    }

    #[test]
    fn a_denied_variable_fires_without_its_value() {
        let fires = fired(&when::<EnvironmentDenied>("variables: '*TOKEN*'"), &scene());
        assert_eq!(fires.len(), 1);
        assert_eq!(fires[0].message, "the environment has `NPM_TOKEN`");
        assert!(!format!("{fires:?}").contains("hunter2"));
    }

    #[test]
    fn other_variables_are_not_denied() {
        for conditions in [
            "variables: TOKEN",
            "{ variables: '*TOKEN', except: 'NPM*' }",
        ] {
            assert!(messages(&when::<EnvironmentDenied>(conditions), &scene()).is_empty());
        }
    }

    #[test]
    fn a_denied_volume_fires() {
        assert_eq!(
            messages(
                &when::<VolumeDenied>("volumes: ['/var/run/**', /data]"),
                &scene()
            ),
            [
                "it declares the volume `/var/run/docker.sock`",
                "it declares the volume `/data/`"
            ]
        );
    }

    #[test]
    fn other_volumes_are_not_denied() {
        assert!(messages(&when::<VolumeDenied>("volumes: /var/run"), &scene()).is_empty());
        assert!(messages(&when::<VolumeDenied>("volumes: '**'"), &Scene::default()).is_empty());
    }

    #[test]
    fn an_image_without_entrypoint_fires() {
        let trigger: EntrypointMissing = when("{}");
        assert_eq!(messages(&trigger, &scene()), ["there is no ENTRYPOINT"]);
        let bare = Scene::default().with_config(ImageConfig::default());
        let either: EntrypointMissing = when("or_command: true");
        assert_eq!(
            messages(&either, &bare),
            ["there is neither ENTRYPOINT nor CMD"]
        );
    }

    #[test]
    fn an_entrypoint_or_a_command_that_will_do_is_silent() {
        let either: EntrypointMissing = when("or_command: true");
        assert!(messages(&either, &scene()).is_empty());
        let mut with = scene();
        with.inventory.config.as_mut().unwrap().entrypoint = vec!["/app".into()];
        assert!(messages(&when::<EntrypointMissing>("{}"), &with).is_empty());
        assert!(messages(&when::<EntrypointMissing>("{}"), &Scene::default()).is_empty());
    }
}
