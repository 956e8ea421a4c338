use crate::Subject;
use crate::gates::values::{IdRange, given};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::{Pattern, any};
use crate::text::{quoted, shell_word};
use crate::verdict::Evidence;
use plimsoll_types::{Password, User};
use std::collections::{BTreeMap, BTreeSet};

/// The accounts that the image brings.
pub(crate) struct Accounts;

impl Gate for Accounts {
    fn name(&self) -> &'static str {
        "accounts"
    }

    fn about(&self) -> &'static str {
        "the accounts of `/etc/passwd`, `/etc/shadow` and `/etc/group` of the image"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<Denied>(),
                TriggerKind::of::<UidZero>(),
                TriggerKind::of::<DuplicateUid>(),
                TriggerKind::of::<DuplicateName>(),
                TriggerKind::of::<LoginShell>(),
                TriggerKind::of::<GroupMember>(),
                TriggerKind::of::<EmptyPassword>(),
                TriggerKind::of::<WeakPassword>(),
                TriggerKind::of::<Unreadable>(),
            ]
        }
    }
}

/// The last uid of service accounts (`SYS_UID_MAX` of distributions).
const LAST_SERVICE: u32 = 999;

/// Programs that let nobody work.
const NO_SHELLS: &[&str] = &["nologin", "false", "sync", "shutdown", "halt", "null"];

parameters! {
    Denied {
        /// Only accounts with these names.
        names: Option<Vec<Pattern>>,
        /// Only with these user ids.
        uids: Option<Vec<IdRange>>,
        /// Only with these primary groups.
        gids: Option<Vec<IdRange>>,
        /// Only with these login shells.
        shells: Option<Vec<Pattern>>,
        /// Not accounts with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires for each account that meets every condition";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let has = |ids: &Option<Vec<IdRange>>, id: u32| {
            given(ids, |ids| ids.iter().any(|range| range.contains(id)))
        };
        for user in &subject.inventory.users {
            let denied = given(&self.names, |names| any(names, &user.name))
                && has(&self.uids, user.uid)
                && has(&self.gids, user.gid)
                && given(&self.shells, |shells| any(shells, &user.shell))
                && given(&self.except, |except| !any(except, &user.name));
            if denied {
                fires.push(fire(
                    subject,
                    user,
                    format!("{} is denied", shown(user)),
                    delete(user),
                ));
            }
        }
    }
}

parameters! { UidZero {} }

impl Trigger for UidZero {
    const NAME: &'static str = "uid-zero";
    const ABOUT: &'static str = "fires for each account but `root` that has uid 0";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let users = subject.inventory.users.iter();
        for user in users.filter(|user| user.uid == 0 && user.name != "root") {
            let message = format!("{} is another name of root", shown(user));
            fires.push(fire(subject, user, message, delete(user)));
        }
    }
}

parameters! { DuplicateUid {} }

impl Trigger for DuplicateUid {
    const NAME: &'static str = "duplicate-uid";
    const ABOUT: &'static str = "fires for each user id that several names have";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let mut by_uid: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for user in &subject.inventory.users {
            by_uid.entry(user.uid).or_default().insert(&user.name);
        }
        for (uid, names) in by_uid.into_iter().filter(|(_, names)| names.len() > 1) {
            let names: Vec<String> = names.into_iter().map(quoted).collect();
            fires.push(Fire {
                evidence: passwd(subject),
                about: uid.to_string(),
                message: format!("{} all have uid {uid}", names.join(", ")),
                advice: Some("give each account an id of its own".into()),
            });
        }
    }
}

parameters! { DuplicateName {} }

impl Trigger for DuplicateName {
    const NAME: &'static str = "duplicate-name";
    const ABOUT: &'static str = "fires for each name that stands on several lines of `/etc/passwd`";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
        for user in &subject.inventory.users {
            *lines.entry(&user.name).or_default() += 1;
        }
        for (name, lines) in lines.into_iter().filter(|(_, lines)| *lines > 1) {
            fires.push(Fire {
                evidence: passwd(subject),
                about: name.to_owned(),
                message: format!("{} stands on {lines} lines of /etc/passwd", quoted(name)),
                advice: Some("keep one of them".into()),
            });
        }
    }
}

parameters! {
    LoginShell {
        /// Not accounts with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for LoginShell {
    const NAME: &'static str = "login-shell";
    const ABOUT: &'static str = "fires for each service account (uid 1 to 999) whose shell lets people work; none at all means \
         `/bin/sh`";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for user in &subject.inventory.users {
            let program = user.shell.rsplit('/').next().unwrap_or_default();
            let is_service = (1..=LAST_SERVICE).contains(&user.uid);
            if is_service
                && !NO_SHELLS.contains(&program)
                && given(&self.except, |except| !any(except, &user.name))
            {
                let shell = if user.shell.is_empty() {
                    "/bin/sh"
                } else {
                    &user.shell
                };
                let message = format!("{} has the login shell {}", shown(user), quoted(shell));
                let name = shell_word(&user.name);
                let advice = format!("RUN usermod -s /usr/sbin/nologin {name}");
                fires.push(fire(subject, user, message, advice));
            }
        }
    }
}

parameters! {
    GroupMember {
        /// Names of groups, such as `sudo`, `wheel` or `docker`.
        groups: Vec<Pattern>,
        /// Not accounts with these names.
        except: Option<Vec<Pattern>>,
    }
}

impl Trigger for GroupMember {
    const NAME: &'static str = "group-member";
    const ABOUT: &'static str =
        "fires for each account in one of these groups, as a member or by its primary group";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let inventory = subject.inventory;
        let groups = inventory.groups.iter();
        for group in groups.filter(|group| any(&self.groups, &group.name)) {
            let primary = inventory.users.iter().filter(|user| user.gid == group.gid);
            let primary = primary.map(|user| user.name.as_str());
            let members: BTreeSet<&str> = group
                .members
                .iter()
                .map(String::as_str)
                .chain(primary)
                .collect();
            let members = members.into_iter();
            for name in members.filter(|name| given(&self.except, |except| !any(except, name))) {
                fires.push(Fire {
                    evidence: evidence(subject, "etc/group"),
                    about: format!("{} {name}", group.name),
                    message: format!("{} is in the group {}", quoted(name), quoted(&group.name)),
                    advice: Some(format!(
                        "RUN gpasswd -d {} {}",
                        shell_word(name),
                        shell_word(&group.name)
                    )),
                });
            }
        }
    }
}

parameters! { EmptyPassword {} }

impl Trigger for EmptyPassword {
    const NAME: &'static str = "empty-password";
    const ABOUT: &'static str = "fires for each account that is open without a password";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for user in with_password(subject, Password::None) {
            let message = format!("{} is open without a password", shown(user));
            fires.push(fire(subject, user, message, lock(user)));
        }
    }
}

parameters! { WeakPassword {} }

impl Trigger for WeakPassword {
    const NAME: &'static str = "weak-password";
    const ABOUT: &'static str = "fires for each account whose password is kept as a hash that is soon guessed (DES, MD5, NT, SHA-1)";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for user in with_password(subject, Password::Weak) {
            let message = format!("the password of {} is kept as a weak hash", shown(user));
            fires.push(fire(subject, user, message, lock(user)));
        }
    }
}

parameters! { Unreadable {} }

impl Trigger for Unreadable {
    const NAME: &'static str = "unreadable";
    const ABOUT: &'static str = "fires when an image with files has no `/etc/passwd`, or none that names an account, so that no \
         other trigger of this gate can fire";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let inventory = subject.inventory;
        if inventory.users.is_empty() && !inventory.files.is_empty() {
            let evidence = passwd(subject);
            let message = match evidence {
                Evidence::File(_) => "/etc/passwd names no account",
                _ => "there is no /etc/passwd",
            };
            fires.push(Fire {
                evidence,
                about: String::new(),
                message: message.into(),
                advice: Some("keep /etc/passwd in the image".into()),
            });
        }
    }
}

fn with_password<'a>(subject: &Subject<'a>, password: Password) -> impl Iterator<Item = &'a User> {
    let users = subject.inventory.users.iter();
    users.filter(move |user| user.password == password)
}

fn fire(subject: &Subject<'_>, user: &User, message: String, advice: String) -> Fire {
    Fire {
        evidence: passwd(subject),
        about: user.name.clone(),
        message,
        advice: Some(advice),
    }
}

fn shown(user: &User) -> String {
    format!("{} (uid {})", quoted(&user.name), user.uid)
}

fn delete(user: &User) -> String {
    format!("RUN userdel {}", shell_word(&user.name))
}

fn lock(user: &User) -> String {
    format!("RUN passwd -l {}", shell_word(&user.name))
}

fn passwd(subject: &Subject<'_>) -> Evidence {
    evidence(subject, "etc/passwd")
}

fn evidence(subject: &Subject<'_>, path: &str) -> Evidence {
    let files = &subject.inventory.files;
    let found = files.binary_search_by(|file| file.path.as_str().cmp(path));
    found.map_or(Evidence::Image, Evidence::File)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired, messages, when};
    use plimsoll_types::{FileKind, Group};

    fn scene() -> Scene {
        let mut scene = Scene::default()
            .with_file("etc/passwd", FileKind::File, 0o644)
            .with_user("root", 0)
            .with_user("daemon", 1)
            .with_user("app", 1000);
        scene.inventory.users[1].shell = "/usr/sbin/nologin".into();
        scene.inventory.groups.push(Group {
            name: "wheel".into(),
            gid: 10,
            members: vec!["app".into()],
        });
        scene
    }

    #[test]
    fn denied_accounts_fire_by_every_field() {
        for (conditions, expected) in [
            ("names: d*", "`daemon` (uid 1) is denied"),
            ("uids: 0", "`root` (uid 0) is denied"),
            ("gids: 1000-2000", "`app` (uid 1000) is denied"),
            (
                "{ shells: /bin/sh, except: root }",
                "`app` (uid 1000) is denied",
            ),
        ] {
            assert_eq!(messages(&when::<Denied>(conditions), &scene()), [expected]);
        }
        let fires = fired(&when::<Denied>("uids: 0"), &scene());
        assert_eq!(fires[0].evidence, Evidence::File(0));
    }

    #[test]
    fn other_accounts_are_not_denied() {
        for conditions in [
            "names: ap",
            "{ names: app, uids: 1-999 }",
            "shells: /bin/bash",
        ] {
            assert!(messages(&when::<Denied>(conditions), &scene()).is_empty());
        }
    }

    #[test]
    fn another_root_fires() {
        let scene = scene().with_user("toor", 0);
        let expected = ["`toor` (uid 0) is another name of root"];
        assert_eq!(messages(&when::<UidZero>("{}"), &scene), expected);
        let expected = ["`root`, `toor` all have uid 0"];
        assert_eq!(messages(&when::<DuplicateUid>("{}"), &scene), expected);
    }

    #[test]
    fn root_alone_is_no_other_root() {
        assert!(messages(&when::<UidZero>("{}"), &scene()).is_empty());
        assert!(messages(&when::<DuplicateUid>("{}"), &scene()).is_empty());
    }

    #[test]
    fn a_name_on_two_lines_fires() {
        let scene = scene().with_user("app", 0);
        let expected = ["`app` stands on 2 lines of /etc/passwd"];
        assert_eq!(messages(&when::<DuplicateName>("{}"), &scene), expected);
    }

    #[test]
    fn names_on_one_line_are_silent() {
        assert!(messages(&when::<DuplicateName>("{}"), &scene()).is_empty());
    }

    #[test]
    fn a_service_with_a_login_shell_fires() {
        let mut scene = scene().with_user("postgres", 70).with_user("bare", 71);
        scene.inventory.users[4].shell = String::new();
        assert_eq!(
            messages(&when::<LoginShell>("{}"), &scene),
            [
                "`postgres` (uid 70) has the login shell `/bin/sh`",
                "`bare` (uid 71) has the login shell `/bin/sh`"
            ]
        );
    }

    #[test]
    fn people_root_and_services_without_shell_are_silent() {
        assert!(messages(&when::<LoginShell>("{}"), &scene()).is_empty());
        let scene = scene().with_user("postgres", 70);
        assert!(messages(&when::<LoginShell>("except: postgres"), &scene).is_empty());
    }

    #[test]
    fn members_of_a_group_fire_by_list_and_by_primary_group() {
        let mut scene = scene();
        scene.inventory.users[1].gid = 10;
        assert_eq!(
            messages(&when::<GroupMember>("groups: [sudo, wheel]"), &scene),
            [
                "`app` is in the group `wheel`",
                "`daemon` is in the group `wheel`"
            ]
        );
    }

    #[test]
    fn other_groups_and_members_are_silent() {
        for conditions in ["groups: docker", "{ groups: wheel, except: app }"] {
            assert!(messages(&when::<GroupMember>(conditions), &scene()).is_empty());
        }
    }

    #[test]
    fn open_and_weakly_protected_accounts_fire() {
        let mut scene = scene();
        scene.inventory.users[0].password = Password::None;
        scene.inventory.users[2].password = Password::Weak;
        let expected = ["`root` (uid 0) is open without a password"];
        assert_eq!(messages(&when::<EmptyPassword>("{}"), &scene), expected);
        let expected = ["the password of `app` (uid 1000) is kept as a weak hash"];
        assert_eq!(messages(&when::<WeakPassword>("{}"), &scene), expected);
    }

    #[test]
    fn locked_shadowed_and_well_protected_accounts_are_silent() {
        let mut scene = scene();
        scene.inventory.users[0].password = Password::Shadowed;
        scene.inventory.users[2].password = Password::Set;
        assert!(messages(&when::<EmptyPassword>("{}"), &scene).is_empty());
        assert!(messages(&when::<WeakPassword>("{}"), &scene).is_empty());
    }

    #[test]
    fn an_image_without_accounts_fires() {
        let mut scene = scene();
        scene.inventory.users.clear();
        let trigger: Unreadable = when("{}");
        assert_eq!(messages(&trigger, &scene), ["/etc/passwd names no account"]);
        let other = Scene::default().with_file("app", FileKind::File, 0o755);
        assert_eq!(messages(&trigger, &other), ["there is no /etc/passwd"]);
    }

    #[test]
    fn accounts_and_sources_without_files_are_readable() {
        assert!(messages(&when::<Unreadable>("{}"), &scene()).is_empty());
        assert!(messages(&when::<Unreadable>("{}"), &Scene::default()).is_empty());
    }
}
