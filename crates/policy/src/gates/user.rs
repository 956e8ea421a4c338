use crate::Subject;
use crate::gates::{Fire, Gate, Trigger, TriggerKind, instruction, parameters};
use crate::text::{quoted, shell_word};
use crate::verdict::Evidence;
use plimsoll_types::ImageConfig;

/// The user the image runs as.
pub(crate) struct User;

impl Gate for User {
    fn name(&self) -> &'static str {
        "user"
    }

    fn about(&self) -> &'static str {
        "the user that the image runs as"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const {
            &[
                TriggerKind::of::<Root>(),
                TriggerKind::of::<Unresolved>(),
                TriggerKind::of::<Denied>(),
                TriggerKind::of::<NotAllowed>(),
            ]
        }
    }
}

parameters! { Root {} }

impl Trigger for Root {
    const NAME: &'static str = "root";
    const ABOUT: &'static str = "fires when the user is root: no `USER`, uid 0, or a name that `/etc/passwd` of the image \
         gives uid 0";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(user) = Effective::of(subject) else {
            return;
        };
        if user.ids.contains(&0) {
            let message = match user.name {
                "" => "runs as root: no USER is set".to_owned(),
                name if user.written_as_root() => format!("runs as root: USER is {}", quoted(name)),
                name => format!("runs as root: USER {} has uid 0", quoted(name)),
            };
            let advice = "add `USER 10001` (any uid but 0) as the last USER instruction";
            fires.push(user.fire(message, advice.to_owned()));
        }
    }
}

parameters! { Unresolved {} }

impl Trigger for Unresolved {
    const NAME: &'static str = "unresolved";
    const ABOUT: &'static str = "fires when the user is a name that `/etc/passwd` of the image does not have; engines \
         refuse to start such an image";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(user) = Effective::of(subject) else {
            return;
        };
        if user.ids.is_empty() {
            let name = quoted(user.name);
            let message = format!("USER {name} is not in /etc/passwd of the image");
            let advice = format!(
                "add the account (`useradd {}`), or write a numeric USER",
                shell_word(user.name)
            );
            fires.push(user.fire(message, advice));
        }
    }
}

parameters! {
    Denied {
        /// Names or numeric ids.
        users: Vec<String>,
    }
}

impl Trigger for Denied {
    const NAME: &'static str = "denied";
    const ABOUT: &'static str = "fires when the user is one of these, by name or by uid";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(user) = Effective::of(subject) else {
            return;
        };
        if let Some(denied) = self.users.iter().find(|listed| user.is(listed, subject)) {
            let message = format!("runs as {}, which is denied ({denied})", user.shown());
            fires.push(user.fire(message, "choose another USER".to_owned()));
        }
    }
}

parameters! {
    NotAllowed {
        /// Names or numeric ids.
        users: Vec<String>,
    }
}

impl Trigger for NotAllowed {
    const NAME: &'static str = "not-allowed";
    const ABOUT: &'static str = "fires when the user is none of these, by name or by uid";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        let Some(user) = Effective::of(subject) else {
            return;
        };
        if !self.users.iter().any(|listed| user.is(listed, subject)) {
            let allowed = self.users.join(", ");
            let message = format!("runs as {}; allowed are {allowed}", user.shown());
            let advice = format!("set USER to one of {allowed}");
            fires.push(user.fire(message, advice));
        }
    }
}

/// The user as engines resolve it.
struct Effective<'a> {
    config: &'a ImageConfig,
    /// As written, without the group; empty when there is no USER.
    name: &'a str,
    /// Ids it may have: one for a number, none for an unknown name. A name
    /// that stands twice in `/etc/passwd` hides no id.
    ids: Vec<i64>,
}

impl<'a> Effective<'a> {
    fn of(subject: &Subject<'a>) -> Option<Self> {
        let config = subject.inventory.config.as_ref()?;
        let user = config.user.trim();
        let name = user.split_once(':').map_or(user, |(user, _)| user).trim();
        Some(Self {
            config,
            name,
            ids: ids(name, subject),
        })
    }

    /// Whether `listed`, a name or a uid, is this user.
    fn is(&self, listed: &str, subject: &Subject<'_>) -> bool {
        let listed = listed.trim();
        listed == self.name || ids(listed, subject).iter().any(|id| self.ids.contains(id))
    }

    fn written_as_root(&self) -> bool {
        self.name == "root" || self.name.parse::<i64>().is_ok()
    }

    fn shown(&self) -> String {
        match self.name {
            "" => "root (no USER is set)".to_owned(),
            name => quoted(name),
        }
    }

    fn fire(&self, message: String, advice: String) -> Fire {
        let set_by = instruction::last(self.config, "USER", |_| !self.name.is_empty());
        Fire {
            evidence: Evidence::Config(set_by),
            about: String::new(),
            message,
            advice: Some(advice),
        }
    }
}

/// A number is a uid even when there is a user of that name, as in engines.
fn ids(name: &str, subject: &Subject<'_>) -> Vec<i64> {
    if name.is_empty() {
        return vec![0];
    }
    if let Ok(id) = name.parse::<i64>() {
        return vec![id];
    }
    let users = &subject.inventory.users;
    let mut ids: Vec<i64> = users
        .iter()
        .filter(|user| user.name == name)
        .map(|user| i64::from(user.uid))
        .collect();
    if ids.is_empty() && name == "root" {
        ids.push(0);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, fired};
    use plimsoll_types::HistoryEntry;

    fn scene(user: &str) -> Scene {
        let config = ImageConfig {
            user: user.into(),
            history: vec![HistoryEntry {
                created_by: format!("USER {user}"),
                ..HistoryEntry::default()
            }],
            ..ImageConfig::default()
        };
        Scene::default()
            .with_config(config)
            .with_user("root", 0)
            .with_user("toor", 0)
            .with_user("app", 10001)
    }

    #[test]
    fn root_in_every_spelling_fires() {
        for user in [
            "", "root", "0", "0:0", "root:app", "toor", "00", "+0", ":app",
        ] {
            assert_eq!(fired(&Root {}, &scene(user)).len(), 1, "{user}");
        }
        for user in ["app", "10001", "app:root", "1", "nobody"] {
            assert!(fired(&Root {}, &scene(user)).is_empty(), "{user}");
        }
        assert!(fired(&Root {}, &Scene::default()).is_empty());
    }

    #[test]
    fn root_names_the_value_and_the_instruction() {
        let fire = &fired(&Root {}, &scene("toor"))[0];
        assert_eq!(fire.message, "runs as root: USER `toor` has uid 0");
        assert_eq!(fire.evidence, Evidence::Config(Some("USER toor".into())));
        let fire = &fired(&Root {}, &scene(""))[0];
        assert_eq!(fire.message, "runs as root: no USER is set");
        assert_eq!(fire.evidence, Evidence::Config(None));
    }

    #[test]
    fn unresolved_fires_for_unknown_names_only() {
        assert_eq!(fired(&Unresolved {}, &scene("ghost")).len(), 1);
        for user in ["", "app", "4242", "root"] {
            assert!(fired(&Unresolved {}, &scene(user)).is_empty(), "{user}");
        }
    }

    #[test]
    fn lists_compare_names_and_ids() {
        let denied = Denied {
            users: vec!["app".into()],
        };
        assert_eq!(fired(&denied, &scene("10001")).len(), 1);
        assert!(fired(&denied, &scene("42")).is_empty());
        let allowed = NotAllowed {
            users: vec!["10001".into()],
        };
        assert!(fired(&allowed, &scene("app:app")).is_empty());
        assert_eq!(
            fired(&allowed, &scene(""))[0].message,
            "runs as root (no USER is set); allowed are 10001"
        );
    }
}
