mod attributes;
mod capabilities;
mod content;
mod kinds;

use crate::Subject;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::{PathPattern, any_path};
use crate::text::shell_word;
use crate::verdict::Evidence;
use plimsoll_types::{Change, FileEntry, FileKind, Mode};

/// The files a container would see.
pub(crate) struct Files;

impl Gate for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn about(&self) -> &'static str {
        "paths, permissions and contents of files"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<Setuid>(),
                TriggerKind::of::<WorldWritable>(),
                TriggerKind::of::<Path>(),
                TriggerKind::of::<Altered>(),
                TriggerKind::of::<UnownedProgram>(),
                TriggerKind::of::<content::DeniedContent>(),
                TriggerKind::of::<kinds::Required>(),
                TriggerKind::of::<kinds::Device>(),
                TriggerKind::of::<attributes::Attributes>(),
                TriggerKind::of::<capabilities::Capabilities>(),
            ]
        }
    }
}

parameters! {
    Setuid {
        /// Only these files.
        paths: Option<Vec<PathPattern>>,
        /// Not these files.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for Setuid {
    const NAME: &'static str = "setuid";
    const ABOUT: &'static str = "fires for each regular file with a setuid or setgid bit";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (index, file) in chosen(subject, &self.paths, &self.except) {
            let Some((word, flags)) = set_id(file) else {
                continue;
            };
            fires.push(Fire {
                evidence: Evidence::File(index),
                about: file.path.clone(),
                message: format!("/{} is {word} (mode {})", file.path, file.mode),
                advice: Some(format!("RUN chmod {flags} {}", absolute(file))),
            });
        }
    }
}

fn set_id(file: &FileEntry) -> Option<(&'static str, &'static str)> {
    match (file.kind == FileKind::File, file.mode) {
        (true, Mode(bits)) if bits & 0o6000 == 0o6000 => Some(("setuid and setgid", "ug-s")),
        (true, mode) if mode.setuid() => Some(("setuid", "u-s")),
        (true, mode) if mode.setgid() => Some(("setgid", "g-s")),
        _ => None,
    }
}

parameters! {
    WorldWritable {
        /// Only these paths.
        paths: Option<Vec<PathPattern>>,
        /// Not these paths.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for WorldWritable {
    const NAME: &'static str = "world-writable";
    const ABOUT: &'static str = "fires for each regular file that everybody may write, and for each such directory \
         without the sticky bit";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (index, file) in chosen(subject, &self.paths, &self.except) {
            let exposed = match file.kind {
                FileKind::File => file.mode.world_writable(),
                FileKind::Directory => file.mode.world_writable() && !file.mode.sticky(),
                _ => false,
            };
            if exposed {
                fires.push(Fire {
                    evidence: Evidence::File(index),
                    about: file.path.clone(),
                    message: format!(
                        "/{} can be written by everybody (mode {})",
                        file.path, file.mode
                    ),
                    advice: Some(format!("RUN chmod o-w {}", absolute(file))),
                });
            }
        }
    }
}

parameters! {
    Path {
        /// The paths.
        paths: Vec<PathPattern>,
        /// Not these paths.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for Path {
    const NAME: &'static str = "path";
    const ABOUT: &'static str =
        "fires for each file, link or other entry at one of these paths, directories aside";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let except = self.except.as_deref().unwrap_or_default();
        for (index, file) in subject.inventory.files.iter().enumerate() {
            let wanted = file.kind != FileKind::Directory
                && any_path(&self.paths, &file.path)
                && !any_path(except, &file.path);
            if wanted {
                fires.push(Fire {
                    evidence: Evidence::File(index),
                    about: file.path.clone(),
                    message: format!("/{} must not be in the image", file.path),
                    advice: Some(format!(
                        "do not copy it in, or `RUN rm {}` in the same step that makes it",
                        absolute(file)
                    )),
                });
            }
        }
    }
}

parameters! {
    Altered {
        /// Only these kinds of change.
        changes: Option<Vec<Change>>,
        /// Only these paths.
        paths: Option<Vec<PathPattern>>,
        /// Not these paths.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for Altered {
    const NAME: &'static str = "altered";
    const ABOUT: &'static str = "fires for each file that is not what the record of its package says, \
         configuration and documentation aside";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let inventory = subject.inventory;
        for altered in &inventory.alterations {
            let package = usize::try_from(altered.package).ok();
            let Some((index, package)) =
                package.and_then(|index| Some((index, inventory.packages.get(index)?)))
            else {
                continue;
            };
            let wanted = (self.changes.as_ref()).is_none_or(|all| all.contains(&altered.change))
                && (self.paths.as_ref()).is_none_or(|paths| any_path(paths, &altered.path))
                && !any_path(self.except.as_deref().unwrap_or_default(), &altered.path);
            if !wanted {
                continue;
            }
            let what = match altered.change {
                Change::Content => "has other content than",
                Change::Kind => "is no longer the file of",
                Change::Missing => "is missing from",
            };
            let file = inventory
                .files
                .binary_search_by(|file| file.path.cmp(&altered.path));
            fires.push(Fire {
                evidence: file.map_or(Evidence::Package(index), Evidence::File),
                about: altered.path.clone(),
                message: format!("/{} {what} {}", altered.path, package.record.name),
                advice: Some(format!("install {} anew", package.record.name)),
            });
        }
    }
}

parameters! {
    UnownedProgram {
        /// Only these paths.
        paths: Option<Vec<PathPattern>>,
        /// Not these paths.
        except: Option<Vec<PathPattern>>,
    }
}

impl Trigger for UnownedProgram {
    const NAME: &'static str = "unowned-program";
    const ABOUT: &'static str =
        "fires for each executable or shared object that no known package brought";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let files = subject.inventory.files.iter().enumerate();
        for (index, file) in files.filter(|(_, file)| file.program && file.owner.is_none()) {
            let wanted = (self.paths.as_ref()).is_none_or(|paths| any_path(paths, &file.path))
                && !any_path(self.except.as_deref().unwrap_or_default(), &file.path);
            if wanted {
                fires.push(Fire {
                    evidence: Evidence::File(index),
                    about: file.path.clone(),
                    message: format!("/{} belongs to no known package", file.path),
                    advice: Some("install it as a package, or say with an SBOM what it is".into()),
                });
            }
        }
    }
}

fn chosen<'a>(
    subject: &Subject<'a>,
    paths: &'a Option<Vec<PathPattern>>,
    except: &'a Option<Vec<PathPattern>>,
) -> impl Iterator<Item = (usize, &'a FileEntry)> {
    let files = subject.inventory.files.iter().enumerate();
    files.filter(move |(_, file)| {
        // Most files are ordinary; patterns are asked for the rest only.
        file.mode.0 & 0o6002 != 0
            && paths
                .as_deref()
                .is_none_or(|paths| any_path(paths, &file.path))
            && !any_path(except.as_deref().unwrap_or_default(), &file.path)
    })
}

fn absolute(file: &FileEntry) -> String {
    shell_word(&format!("/{}", file.path)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, paths};
    use plimsoll_types::{Alteration, Ecosystem};

    fn messages<T: Trigger>(trigger: &T, scene: &Scene) -> Vec<String> {
        fired(trigger, scene)
            .into_iter()
            .map(|f| f.message)
            .collect()
    }

    #[test]
    fn setuid_names_mode_and_command() {
        let scene = Scene::default()
            .with_file("usr/bin/su", FileKind::File, 0o4755)
            .with_file("usr/bin/wall", FileKind::File, 0o2755)
            .with_file("usr/bin/x y", FileKind::File, 0o6755)
            .with_file("var/mail", FileKind::Directory, 0o2775)
            .with_file("usr/bin/ls", FileKind::File, 0o755);
        let setuid = Setuid {
            paths: None,
            except: paths(&["/usr/bin/su"]),
        };
        let fires = fired(&setuid, &scene);
        assert_eq!(fires.len(), 2);
        assert_eq!(fires[0].message, "/usr/bin/wall is setgid (mode 2755)");
        assert_eq!(
            fires[1].advice.as_deref(),
            Some("RUN chmod ug-s '/usr/bin/x y'")
        );
        assert_eq!(fires[0].evidence, Evidence::File(1));
    }

    #[test]
    fn altered_files_and_strange_programs_are_named() {
        let mut scene = Scene::default()
            .with_package(Ecosystem::Deb, "coreutils", "9.1-1")
            .with_file("usr/bin/ls", FileKind::File, 0o755)
            .with_file("usr/bin/miner", FileKind::File, 0o755);
        for file in &mut scene.inventory.files {
            file.program = true;
        }
        scene.inventory.files[0].owner = Some(0);
        let altered = |path: &str, change| Alteration {
            path: path.into(),
            package: 0,
            change,
            layer: None,
        };
        scene.inventory.alterations = vec![
            altered("usr/bin/ls", Change::Content),
            altered("usr/bin/true", Change::Missing),
        ];
        let trigger = |changes| Altered {
            changes,
            paths: None,
            except: paths(&["/usr/share/**"]),
        };
        assert_eq!(
            messages(&trigger(None), &scene),
            [
                "/usr/bin/ls has other content than coreutils",
                "/usr/bin/true is missing from coreutils",
            ]
        );
        let missing = fired(&trigger(Some(vec![Change::Missing])), &scene);
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].evidence, Evidence::Package(0));
        let unowned = UnownedProgram {
            paths: None,
            except: None,
        };
        assert_eq!(
            messages(&unowned, &scene),
            ["/usr/bin/miner belongs to no known package"]
        );
    }

    #[test]
    fn sticky_directories_may_be_writable() {
        let scene = Scene::default()
            .with_file("tmp", FileKind::Directory, 0o1777)
            .with_file("srv", FileKind::Directory, 0o777)
            .with_file("etc/x", FileKind::File, 0o666)
            .with_file("link", FileKind::Symlink("x".into()), 0o777);
        let trigger = WorldWritable {
            paths: None,
            except: None,
        };
        assert_eq!(
            messages(&trigger, &scene),
            [
                "/srv can be written by everybody (mode 0777)",
                "/etc/x can be written by everybody (mode 0666)"
            ]
        );
        let only = WorldWritable {
            paths: paths(&["opt/**"]),
            except: None,
        };
        assert!(messages(&only, &scene).is_empty());
    }

    #[test]
    fn path_finds_what_must_not_be_there() {
        let scene = Scene::default()
            .with_file("root/.ssh", FileKind::Directory, 0o700)
            .with_file("root/.ssh/id_rsa", FileKind::File, 0o600)
            .with_file("root/.ssh/id_rsa.pub", FileKind::File, 0o600);
        let trigger = Path {
            paths: paths(&["**/.ssh/**"]).unwrap(),
            except: paths(&["**/*.pub"]),
        };
        assert_eq!(
            messages(&trigger, &scene),
            ["/root/.ssh/id_rsa must not be in the image"]
        );
        assert!(messages(&trigger, &Scene::default()).is_empty());
    }
}
