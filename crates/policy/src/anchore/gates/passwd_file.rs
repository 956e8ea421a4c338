use super::{Facts, Fires, Gate, Trigger};
use crate::anchore::params::{Kind, Values, required};
use crate::verdict::Evidence;
use plimsoll_types::User;

/// The accounts in `/etc/passwd`.
pub(super) const GATE: Gate = Gate {
    name: "passwd_file",
    triggers: &[
        Trigger {
            names: &["content_not_available"],
            parameters: &[],
            check: content_not_available,
        },
        Trigger {
            names: &["blacklist_usernames", "denylist_usernames"],
            parameters: &[required(&["user_names", "usernameblacklist"], Kind::List)],
            check: |values, facts, fires| {
                let names = values.list("user_names");
                let listed = |user: &User| names.contains(&user.name).then(|| user.name.clone());
                accounts("user", listed, facts, fires);
            },
        },
        Trigger {
            names: &["blacklist_userids", "denylist_userids"],
            parameters: &[required(&["user_ids", "useridblacklist"], Kind::Numbers)],
            check: |values, facts, fires| {
                let ids = values.numbers("user_ids");
                let listed = |user: &User| {
                    let id = u64::from(user.uid);
                    ids.contains(&id).then(|| id.to_string())
                };
                accounts("uid", listed, facts, fires);
            },
        },
        Trigger {
            names: &["blacklist_groupids", "denylist_groupids"],
            parameters: &[required(&["group_ids"], Kind::Numbers)],
            check: |values, facts, fires| {
                let ids = values.numbers("group_ids");
                let listed = |user: &User| {
                    let id = u64::from(user.gid);
                    ids.contains(&id).then(|| id.to_string())
                };
                accounts("gid", listed, facts, fires);
            },
        },
        Trigger {
            names: &["blacklist_shells", "denylist_shells", "shellmatch"],
            parameters: &[required(&["shells"], Kind::List)],
            check: |values, facts, fires| {
                let shells = values.list("shells");
                let listed = |user: &User| shells.contains(&user.shell).then(|| user.shell.clone());
                accounts("shell", listed, facts, fires);
            },
        },
        Trigger {
            names: &["blacklist_full_entry", "denylist_full_entry"],
            parameters: &[required(&["entry"], Kind::Text)],
            check: full_entry,
        },
    ],
};

fn content_not_available(_: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    if facts.subject.inventory.users.is_empty() {
        let message =
            "Cannot locate /etc/passwd in image stored files archive: check analyzer settings.";
        fires.add(Evidence::Image, message);
    }
}

fn accounts(
    word: &str,
    listed: impl Fn(&User) -> Option<String>,
    facts: &Facts<'_>,
    fires: &mut Fires,
) {
    for user in &facts.subject.inventory.users {
        if let Some(found) = listed(user) {
            hit(word, |_| found.clone(), user, facts, fires);
        }
    }
}

fn hit(
    word: &str,
    found: impl Fn(&str) -> String,
    user: &User,
    facts: &Facts<'_>,
    fires: &mut Fires,
) {
    let [likely, other] = lines(user);
    let message = |line: &str| {
        let found = found(line);
        format!("Blacklisted {word} '{found}' found in image's /etc/passwd: pentry={line}")
    };
    let evidence = match facts.file("/etc/passwd") {
        Some((index, _)) => Evidence::File(index),
        None => Evidence::Image,
    };
    let fire = fires.add(evidence, message(&likely));
    fire.also.push(message(&other));
}

/// The line, whose password and comment are not kept: distributions write the
/// name or nothing for the comment.
fn lines(user: &User) -> [String; 2] {
    [user.name.as_str(), ""].map(|comment| {
        format!(
            "{}:x:{}:{}:{comment}:{}:{}",
            user.name, user.uid, user.gid, user.home, user.shell
        )
    })
}

/// Compares the fields that are kept.
fn full_entry(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let entry = values.text("entry").unwrap_or_default().trim();
    let fields: Vec<&str> = entry.split(':').collect();
    let [name, _, uid, gid, _, home, shell] = fields[..] else {
        return fires.missing(&format!(
            "`entry` is `{entry}`, which is no line of /etc/passwd"
        ));
    };
    for user in &facts.subject.inventory.users {
        let (own_uid, own_gid) = (user.uid.to_string(), user.gid.to_string());
        let own = [&user.name, &own_uid, &own_gid, &user.home, &user.shell];
        if own
            .iter()
            .map(|field| field.as_str())
            .eq([name, uid, gid, home, shell])
        {
            let message = format!(
                "Blacklisted pentry '{entry}' found in image's /etc/passwd: pentry={entry}"
            );
            fires.add(Evidence::Image, message);
        }
    }
}
