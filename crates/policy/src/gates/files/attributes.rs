use crate::Subject;
use crate::gates::values::{Bytes, Permissions};
use crate::gates::{Fire, Trigger, parameters};
use crate::pattern::{PathPattern, any_path};
use crate::verdict::Evidence;
use plimsoll_types::{FileEntry, FileKind, Inventory};

parameters! {
    Attributes {
        /// The paths.
        paths: Vec<PathPattern>,
        /// Not these paths.
        except: Option<Vec<PathPattern>>,
        /// Permissions that they may have.
        modes: Option<Vec<Permissions>>,
        /// Permissions beyond which they may have none: `0644` denies every bit that it has not got.
        mode_at_most: Option<Permissions>,
        /// Who may own them: names of `/etc/passwd`, or numeric ids.
        owners: Option<Vec<String>>,
        /// Which groups they may have: names of `/etc/group`, or numeric ids.
        groups: Option<Vec<String>>,
        /// The most bytes that a file may have.
        size_at_most: Option<Bytes>,
        /// The fewest bytes that a file must have.
        size_at_least: Option<Bytes>,
    }
}

impl Trigger for Attributes {
    const NAME: &'static str = "attributes";
    const ABOUT: &'static str = "fires for each file or directory at these paths that is not as one of the conditions says; links \
         have no attributes of their own";

    fn problem(&self) -> Option<&'static str> {
        let says_nothing = self.modes.is_none()
            && self.mode_at_most.is_none()
            && self.owners.is_none()
            && self.groups.is_none()
            && self.size_at_most.is_none()
            && self.size_at_least.is_none();
        says_nothing.then_some(
            "asks for no attribute; write at least one of `modes`, `mode_at_most`, `owners`, \
             `groups`, `size_at_most`, `size_at_least`",
        )
    }

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let inventory = subject.inventory;
        let ids = Allowed {
            owners: self.owners.as_ref().map(|names| uids(names, inventory)),
            groups: self.groups.as_ref().map(|names| gids(names, inventory)),
        };
        let except = self.except.as_deref().unwrap_or_default();
        for (index, file) in inventory.files.iter().enumerate() {
            let wanted = !matches!(file.kind, FileKind::Symlink(_))
                && any_path(&self.paths, &file.path)
                && !any_path(except, &file.path);
            if !wanted {
                continue;
            }
            let wrong = self.wrong(file, &ids);
            if !wrong.is_empty() {
                fires.push(Fire {
                    evidence: Evidence::File(index),
                    about: file.path.clone(),
                    message: format!("/{} has {}", file.path, wrong.join(", ")),
                    advice: Some("set what the policy asks for in the step that adds it".into()),
                });
            }
        }
    }
}

/// Ids of the names that are allowed.
struct Allowed {
    owners: Option<Vec<u32>>,
    groups: Option<Vec<u32>>,
}

impl Attributes {
    /// Everything that is not as it should be.
    fn wrong(&self, file: &FileEntry, allowed: &Allowed) -> Vec<String> {
        let mut wrong = Vec::new();
        let is_other =
            |ids: &Option<Vec<u32>>, id| ids.as_ref().is_some_and(|ids| !ids.contains(&id));
        let named = (self.modes.as_ref())
            .is_some_and(|modes| !modes.iter().any(|mode| mode.0 == file.mode));
        let beyond =
            (self.mode_at_most).is_some_and(|Permissions(most)| file.mode.0 & !most.0 != 0);
        if named || beyond {
            wrong.push(format!("mode {}", file.mode));
        }
        if is_other(&allowed.owners, file.uid) {
            wrong.push(format!("owner {}", file.uid));
        }
        if is_other(&allowed.groups, file.gid) {
            wrong.push(format!("group {}", file.gid));
        }
        let size = Bytes(file.size);
        let is_file = file.kind == FileKind::File;
        let outside = self.size_at_most.is_some_and(|most| size > most)
            || self.size_at_least.is_some_and(|least| size < least);
        if is_file && outside {
            wrong.push(size.to_string());
        }
        wrong
    }
}

fn uids(names: &[String], inventory: &Inventory) -> Vec<u32> {
    let users = inventory.users.iter();
    let users: Vec<_> = users.map(|user| (user.name.as_str(), user.uid)).collect();
    ids(names, &users)
}

fn gids(names: &[String], inventory: &Inventory) -> Vec<u32> {
    let groups = inventory.groups.iter();
    let groups: Vec<_> = groups
        .map(|group| (group.name.as_str(), group.gid))
        .collect();
    ids(names, &groups)
}

/// The ids that names stand for; `root` is 0 even where nothing says so.
fn ids(names: &[String], known: &[(&str, u32)]) -> Vec<u32> {
    let mut ids = Vec::new();
    for name in names {
        match name.parse() {
            Ok(id) => ids.push(id),
            Err(_) if name == "root" => ids.push(0),
            Err(_) => ids.extend(
                known
                    .iter()
                    .filter(|(other, _)| other == name)
                    .map(|(_, id)| id),
            ),
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, messages, when};

    fn scene() -> Scene {
        let mut scene = Scene::default()
            .with_file("etc/app.conf", FileKind::File, 0o664)
            .with_file("etc/link", FileKind::Symlink("app.conf".into()), 0o777)
            .with_user("app", 1000);
        scene.inventory.files[0].uid = 1000;
        scene.inventory.files[0].size = 12;
        scene
    }

    #[test]
    fn what_is_not_as_it_should_be_is_named() {
        for (conditions, expected) in [
            ("modes: [644, 0600]", "/etc/app.conf has mode 0664"),
            ("mode_at_most: 0644", "/etc/app.conf has mode 0664"),
            ("owners: root", "/etc/app.conf has owner 1000"),
            (
                "{ owners: nobody, groups: 10 }",
                "/etc/app.conf has owner 1000, group 0",
            ),
            ("size_at_most: 10", "/etc/app.conf has 12 bytes"),
            ("size_at_least: 1kB", "/etc/app.conf has 12 bytes"),
        ] {
            let conditions = match conditions.strip_prefix('{') {
                Some(rest) => format!("{{ paths: /etc/*, {rest}"),
                None => format!("{{ paths: /etc/*, {conditions} }}"),
            };
            let trigger: Attributes = when(&conditions);
            assert_eq!(messages(&trigger, &scene()), [expected], "{conditions}");
        }
    }

    #[test]
    fn attributes_as_they_should_be_are_silent() {
        for conditions in [
            "paths: /etc/*, modes: 664, owners: app, groups: root, size_at_most: 12",
            "paths: /etc/*, mode_at_most: 775",
            "paths: /etc/*, except: /etc/app.conf, modes: 0",
        ] {
            let trigger: Attributes = when(&format!("{{ {conditions} }}"));
            assert!(messages(&trigger, &scene()).is_empty(), "{conditions}");
        }
    }

    #[test]
    fn a_rule_that_asks_for_nothing_is_a_mistake() {
        let nothing: Attributes = when("paths: /etc/*");
        assert!(nothing.problem().is_some());
    }
}
