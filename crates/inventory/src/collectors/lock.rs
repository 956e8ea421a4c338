//! What lock files and manifests have in common: edges and hashes. Not a
//! collector itself.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Longest file of this kind that is read.
pub(super) const LIMIT: u64 = 64 << 20;

/// A dependency as records name it.
pub(super) fn edge(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) => format!("{name}@{version}"),
        None => name.to_owned(),
    }
}

/// Names of dependencies as records hold them.
pub(super) fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `sha512-BASE64` or bare base64 of a SHA-512, as a digest of a record.
pub(super) fn sha512(text: &str) -> Option<String> {
    let text = text.strip_prefix("sha512-").unwrap_or(text);
    let hash = BASE64_STANDARD.decode(text).ok()?;
    (hash.len() == 64).then(|| format!("sha512:{}", hex(&hash)))
}

/// Bytes in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the text is a hash of this many bytes in hexadecimal digits.
pub(super) fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == bytes * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrity_becomes_hexadecimal() {
        let text = format!("sha512-{}", BASE64_STANDARD.encode([0xab; 64]));
        assert_eq!(
            sha512(&text).unwrap(),
            format!("sha512:{}", "ab".repeat(64))
        );
        assert_eq!(sha512("sha512-AAAA"), None);
    }
}
