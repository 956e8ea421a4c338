use serde::{Deserialize, Serialize};

/// A line of `/etc/passwd`, with what `/etc/shadow` says of it. Neither password
/// nor hash is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Numeric id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
    /// Whether and how it is protected.
    #[serde(default)]
    pub password: Password,
}

/// How an account is protected by a password (crypt(5)).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Password {
    /// No password opens it.
    Locked,
    /// It is open without a password.
    None,
    /// A hash of today's kinds.
    Set,
    /// A hash that is soon guessed: DES, MD5, NT, SHA-1.
    Weak,
    /// Kept in `/etc/shadow`, which has no entry for it or was not read.
    #[default]
    Shadowed,
}

impl Password {
    /// What a password field of `/etc/passwd` or `/etc/shadow` means.
    pub fn of_field(field: &str) -> Self {
        const WEAK: &[&str] = &["$1$", "$md5", "$3$", "$sha1$", "_"];
        match field {
            "" => Self::None,
            "x" => Self::Shadowed,
            _ if field.starts_with(['!', '*']) => Self::Locked,
            _ if WEAK.iter().any(|kind| field.starts_with(kind)) => Self::Weak,
            _ if field.starts_with('$') => Self::Set,
            // The traditional hash: two characters of salt, then eleven.
            _ if field.len() == 13 && field.bytes().all(is_crypt) => Self::Weak,
            // What is no hash is what no password hashes to.
            _ => Self::Locked,
        }
    }
}

fn is_crypt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}

/// A line of `/etc/group`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Group name.
    pub name: String,
    /// Numeric id.
    pub gid: u32,
    /// Login names of members.
    pub members: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_field_is_known_by_its_form() {
        for (field, expected) in [
            ("", Password::None),
            ("x", Password::Shadowed),
            ("*", Password::Locked),
            ("!!", Password::Locked),
            ("!$6$salt$hash", Password::Locked),
            ("NP", Password::Locked),
            ("$6$salt$hash", Password::Set),
            ("$y$j9T$salt$hash", Password::Set),
            ("$1$salt$hash", Password::Weak),
            ("ab.CDefgh/123", Password::Weak),
        ] {
            assert_eq!(Password::of_field(field), expected, "{field}");
        }
    }
}
