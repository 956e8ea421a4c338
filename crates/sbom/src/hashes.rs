//! Names of hash algorithms: every format spells them in its own way.

/// Canonical name, CycloneDX, SPDX 2, SPDX 3, hex digits.
type Row = (
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    &'static str,
    usize,
);

#[rustfmt::skip]
const ALGORITHMS: &[Row] = &[
    ("md5", Some("MD5"), Some("MD5"), "md5", 32),
    ("sha1", Some("SHA-1"), Some("SHA1"), "sha1", 40),
    ("sha224", None, Some("SHA224"), "sha224", 56),
    ("sha256", Some("SHA-256"), Some("SHA256"), "sha256", 64),
    ("sha384", Some("SHA-384"), Some("SHA384"), "sha384", 96),
    ("sha512", Some("SHA-512"), Some("SHA512"), "sha512", 128),
    ("sha3-256", Some("SHA3-256"), Some("SHA3-256"), "sha3_256", 64),
    ("sha3-384", Some("SHA3-384"), Some("SHA3-384"), "sha3_384", 96),
    ("sha3-512", Some("SHA3-512"), Some("SHA3-512"), "sha3_512", 128),
    ("blake2b-256", Some("BLAKE2b-256"), Some("BLAKE2b-256"), "blake2b256", 64),
    ("blake2b-384", Some("BLAKE2b-384"), Some("BLAKE2b-384"), "blake2b384", 96),
    ("blake2b-512", Some("BLAKE2b-512"), Some("BLAKE2b-512"), "blake2b512", 128),
    ("blake3", Some("BLAKE3"), Some("BLAKE3"), "blake3", 64),
];

/// How the formats name an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// In CycloneDX.
    pub cyclonedx: Option<&'static str>,
    /// In SPDX 2.
    pub spdx2: Option<&'static str>,
    /// In SPDX 3.
    pub spdx3: &'static str,
}

/// Names for the algorithm of a digest `algorithm:hex`, with its hash; `None`
/// where the formats have no name, or the hash has not its length.
pub fn algorithm(digest: &str) -> Option<(Names, &str)> {
    let (algorithm, hash) = digest.split_once(':')?;
    let (_, cyclonedx, spdx2, spdx3, length) =
        ALGORITHMS.iter().find(|(name, ..)| *name == algorithm)?;
    let hex = hash.bytes().all(|b| b.is_ascii_hexdigit());
    (hash.len() == *length && hex).then_some((
        Names {
            cyclonedx: *cyclonedx,
            spdx2: *spdx2,
            spdx3,
        },
        hash,
    ))
}

/// `algorithm:hex` of a hash as a document states it; `None` without content.
pub(crate) fn digest(algorithm: &str, hash: &str) -> Option<String> {
    let hash = hash.trim();
    let bare = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    let wanted = bare(algorithm.trim());
    let known = ALGORITHMS.iter().find(|(name, ..)| bare(name) == wanted);
    if hash.is_empty() || wanted.is_empty() {
        return None;
    }
    Some(match known {
        Some((name, ..)) => format!("{name}:{}", hash.to_ascii_lowercase()),
        None => format!("{}:{hash}", algorithm.trim().to_ascii_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_one_algorithm() {
        for (algorithm, expected) in [
            ("SHA-1", "sha1:ab"),
            ("SHA1", "sha1:ab"),
            ("sha3_256", "sha3-256:ab"),
            ("BLAKE2b-256", "blake2b-256:ab"),
            ("Whirlpool", "whirlpool:AB"),
        ] {
            assert_eq!(digest(algorithm, "AB").as_deref(), Some(expected));
        }
        assert_eq!(digest("SHA-1", " "), None);
        assert_eq!(algorithm("sha1:ab"), None);
    }
}
