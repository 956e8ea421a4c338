use crate::document::{Node, Problems, Value, scalar, wrong};
use plimsoll_types::Digest;
use serde::Serialize;

/// A SHA-256 of content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Sha256(pub(crate) Digest);

impl Sha256 {
    fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let hex = lower.strip_prefix("sha256:").unwrap_or(&lower);
        format!("sha256:{hex}").parse().ok().map(Self)
    }
}

impl Value for Sha256 {
    fn expected() -> String {
        "a SHA-256 of 64 hexadecimal digits".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let digest = Self::parse(scalar::<Self>(node, field, problems)?);
        if digest.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_with_and_without_its_algorithm() {
        let hex = "AB".repeat(32);
        let with = Sha256::parse(&format!("sha256:{}", "ab".repeat(32)));
        assert!(with.is_some());
        assert_eq!(Sha256::parse(&hex), with);
        for text in ["", "sha256:", "ab", &"zz".repeat(32), &"a".repeat(128)] {
            assert_eq!(Sha256::parse(text), None, "{text}");
        }
    }
}
