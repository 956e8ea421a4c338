use crate::Subject;
use crate::gates::values::given;
use crate::gates::{Fire, Trigger, parameters};
use crate::pattern::{PathPattern, Pattern, any, any_path};
use crate::text::shell_word;
use crate::verdict::Evidence;

parameters! {
    Capabilities {
        /// Only these, such as `cap_sys_admin`.
        capabilities: Option<Vec<Pattern>>,
        /// Only these files.
        paths: Option<Vec<PathPattern>>,
        /// Not these files.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for Capabilities {
    const NAME: &'static str = "capabilities";
    const ABOUT: &'static str = "fires for each file that is given capabilities when it starts, as its extended attribute in the \
         layer says; folders are read without theirs";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let files = subject.inventory.files.iter().enumerate();
        for (index, file) in files.filter(|(_, file)| !file.capabilities.is_empty()) {
            let mut names = file.capabilities.names();
            names.retain(|name| given(&self.capabilities, |wanted| any(wanted, name)));
            let wanted = !names.is_empty()
                && given(&self.paths, |paths| any_path(paths, &file.path))
                && given(&self.except, |except| !any_path(except, &file.path));
            if wanted {
                let path = format!("/{}", file.path);
                fires.push(Fire {
                    evidence: Evidence::File(index),
                    about: file.path.clone(),
                    message: format!("{path} is given {}", names.join(", ")),
                    advice: Some(format!("RUN setcap -r {}", shell_word(&path))),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, messages, when};
    use plimsoll_types::FileKind;

    fn scene() -> Scene {
        let mut scene = Scene::default()
            .with_file("usr/bin/ping", FileKind::File, 0o755)
            .with_file("usr/bin/ls", FileKind::File, 0o755);
        scene.inventory.files[0].capabilities = plimsoll_types::Capabilities(1 << 13 | 1 << 12);
        scene
    }

    #[test]
    fn a_file_with_capabilities_fires() {
        for (conditions, expected) in [
            ("{}", "/usr/bin/ping is given cap_net_admin, cap_net_raw"),
            (
                "capabilities: cap_net_raw",
                "/usr/bin/ping is given cap_net_raw",
            ),
        ] {
            assert_eq!(
                messages(&when::<Capabilities>(conditions), &scene()),
                [expected]
            );
        }
    }

    #[test]
    fn other_capabilities_and_files_are_silent() {
        for conditions in [
            "capabilities: cap_sys_*",
            "paths: /bin/*",
            "except: '**/ping'",
        ] {
            assert!(messages(&when::<Capabilities>(conditions), &scene()).is_empty());
        }
    }
}
