use crate::Subject;
use crate::gates::values::given;
use crate::gates::{Fire, Trigger, parameters};
use crate::pattern::{PathPattern, any_path};
use crate::verdict::Evidence;
use plimsoll_types::FileKind;

parameters! {
    Required {
        /// The paths; each pattern must match one.
        paths: Vec<PathPattern>,
    }
}

impl Trigger for Required {
    const NAME: &'static str = "required";
    const ABOUT: &'static str =
        "fires for each of these paths at which nothing is; never for sources without files";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let files = &subject.inventory.files;
        if files.is_empty() {
            return;
        }
        for wanted in &self.paths {
            if !files.iter().any(|file| wanted.matches(&file.path)) {
                let path = wanted.text();
                fires.push(Fire {
                    evidence: Evidence::Image,
                    about: path.to_owned(),
                    message: format!("/{path} is required and not in the image"),
                    advice: Some(format!("add /{path}")),
                });
            }
        }
    }
}

parameters! {
    Device {
        /// Only at these paths.
        paths: Option<Vec<PathPattern>>,
        /// Not at these paths.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for Device {
    const NAME: &'static str = "device";
    const ABOUT: &'static str = "fires for each character or block device";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (index, file) in subject.inventory.files.iter().enumerate() {
            let kind = match file.kind {
                FileKind::CharDevice => "character",
                FileKind::BlockDevice => "block",
                _ => continue,
            };
            if given(&self.paths, |paths| any_path(paths, &file.path))
                && given(&self.except, |except| !any_path(except, &file.path))
            {
                fires.push(Fire {
                    evidence: Evidence::File(index),
                    about: file.path.clone(),
                    message: format!("/{} is a {kind} device (mode {})", file.path, file.mode),
                    advice: Some("engines make the devices that a container needs".into()),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, messages, when};

    fn scene() -> Scene {
        Scene::default()
            .with_file("dev/sda", FileKind::BlockDevice, 0o660)
            .with_file("dev/null", FileKind::CharDevice, 0o666)
            .with_file("etc/ssl/ca.pem", FileKind::File, 0o644)
    }

    #[test]
    fn a_required_path_that_is_not_there_fires() {
        let trigger: Required = when("paths: [/etc/ssl/*.pem, /LICENSE]");
        assert_eq!(
            messages(&trigger, &scene()),
            ["/LICENSE is required and not in the image"]
        );
    }

    #[test]
    fn required_paths_that_are_there_are_silent() {
        let trigger: Required = when("paths: '**/*.pem'");
        assert!(messages(&trigger, &scene()).is_empty());
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }

    #[test]
    fn devices_fire() {
        assert_eq!(
            messages(&when::<Device>("except: /dev/null"), &scene()),
            ["/dev/sda is a block device (mode 0660)"]
        );
    }

    #[test]
    fn files_and_devices_elsewhere_are_silent() {
        let trigger: Device = when("paths: /srv/**");
        assert!(messages(&trigger, &scene()).is_empty());
        let trigger: Device = when("except: /dev/*");
        assert!(messages(&trigger, &scene()).is_empty());
    }
}
