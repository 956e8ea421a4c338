//! Accounts and groups: passwd(5), shadow(5) and group(5).

use super::format::Format;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Group, Password, User};

const LIMIT: u64 = 16 << 20;

pub(crate) struct Users;

impl Collector for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    fn about(&self) -> &'static str {
        "accounts and groups: /etc/passwd, /etc/shadow, /etc/group"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.path {
            "etc/passwd" | "etc/shadow" | "etc/group" => Want::Whole { limit: LIMIT },
            _ => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        // A line that does not parse is no account to the C library either.
        let fact = match file.path {
            "etc/passwd" => Fact::Users(lines.filter_map(user).collect()),
            "etc/shadow" => Fact::Passwords(lines.filter_map(password).collect()),
            _ => Fact::Groups(lines.filter_map(group).collect()),
        };
        FORMAT.hold(&text, vec![fact].into())
    }
}

/// Entries that begin so are those of a directory service.
const FORMAT: Format = Format::of_lines("a list of accounts", &["#", "+", "-"], &[]);

fn user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let password = Password::of_field(fields.next()?);
    let uid = fields.next()?.trim().parse().ok()?;
    let gid = fields.next()?.trim().parse().ok()?;
    fields.next();
    Some(User {
        name: name.to_owned(),
        uid,
        gid,
        home: fields.next().unwrap_or_default().to_owned(),
        shell: fields.next().unwrap_or_default().to_owned(),
        password,
    })
}

fn password(line: &str) -> Option<(String, Password)> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let password = match Password::of_field(fields.next()?) {
        // It stands here or nowhere.
        Password::Shadowed => Password::Locked,
        password => password,
    };
    Some((name.to_owned(), password))
}

fn group(line: &str) -> Option<Group> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    fields.next()?;
    let gid = fields.next()?.trim().parse().ok()?;
    let members = fields.next().unwrap_or_default().split(',').map(str::trim);
    Some(Group {
        name: name.to_owned(),
        gid,
        members: members
            .filter(|member| !member.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_and_nonsense_is_skipped() {
        let root = user("root:x:0:0:root:/root:/bin/bash").unwrap();
        assert_eq!((root.uid, root.shell.as_str()), (0, "/bin/bash"));
        assert_eq!(user("short:x:1:1").unwrap().home, "");
        assert_eq!(user("+::::::"), None);
        assert_eq!(user("bad:x:many:0::/:"), None);
        assert_eq!(root.password, Password::Shadowed);
        let open = |line| password(line).map(|(_, password)| password);
        assert_eq!(open("guest::19000:0:99999:7:::"), Some(Password::None));
        assert_eq!(open("bin:x:19000::::::"), Some(Password::Locked));
        assert_eq!(open("nonsense"), None);
        assert_eq!(group("wheel:x:10:a, b").unwrap().members, ["a", "b"]);
    }
}
