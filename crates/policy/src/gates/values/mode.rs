use crate::document::{Node, Problems, Value, scalar, wrong};
use plimsoll_types::Mode;
use serde::{Serialize, Serializer};

/// Permission bits, written in octal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permissions(pub(crate) Mode);

impl Permissions {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix("0o").unwrap_or(text);
        let octal = !digits.is_empty() && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
        let bits = u16::from_str_radix(digits, 8).ok();
        bits.filter(|bits| octal && *bits <= 0o7777)
            .map(|bits| Self(Mode(bits)))
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Value for Permissions {
    fn expected() -> String {
        "permissions in octal such as `0644`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let mode = Self::parse(scalar::<Self>(node, field, problems)?);
        if mode.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_octal_however_they_are_written() {
        for text in ["644", "0644", "0o644"] {
            assert_eq!(Permissions::parse(text), Some(Permissions(Mode(0o644))));
        }
        for text in ["", "rw-r--r--", "888", "17777", "+644"] {
            assert_eq!(Permissions::parse(text), None, "{text}");
        }
    }
}
