use plimsoll_types::Digest;
use sha2::Digest as _;
use sha2::{Sha256, Sha384, Sha512};

/// A running digest in the algorithm of the digest to compare with.
pub(crate) enum Digester {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Digester {
    /// SHA-256 where nothing is expected.
    pub(crate) fn like(expected: Option<&Digest>) -> Self {
        match expected.map(Digest::algorithm) {
            Some("sha384") => Self::Sha384(Sha384::new()),
            Some("sha512") => Self::Sha512(Sha512::new()),
            _ => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(h) => h.update(bytes),
            Self::Sha384(h) => h.update(bytes),
            Self::Sha512(h) => h.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        let long = |name: &str, hash: &[u8]| {
            let hex: String = hash.iter().map(|b| format!("{b:02x}")).collect();
            format!("{name}:{hex}")
                .parse()
                .unwrap_or_else(|_| Digest::sha256([0; 32]))
        };
        match self {
            Self::Sha256(h) => Digest::sha256(h.finalize().into()),
            Self::Sha384(h) => long("sha384", h.finalize().as_slice()),
            Self::Sha512(h) => long("sha512", h.finalize().as_slice()),
        }
    }

    /// The digest of `bytes` in the algorithm of `expected`.
    pub(crate) fn of(bytes: &[u8], expected: Option<&Digest>) -> Digest {
        let mut digester = Self::like(expected);
        digester.update(bytes);
        digester.finish()
    }
}
