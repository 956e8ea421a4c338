//! Signatures of sets of data: Ed25519 over the index, which names every file
//! by its content.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// What an index is signed behind, so that no other document can be taken for
/// one.
const CONTEXT: &[u8; 8] = b"plmbndl\x01";
/// What precedes the 32 bytes of an Ed25519 key in a `PUBLIC KEY` (RFC 8410).
const SPKI: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Data that nobody vouches for, or a key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The key is none.
    #[error("`{}` is no Ed25519 {kind} key in PEM; `openssl genpkey -algorithm ed25519` makes one", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// `private` or `public`.
        kind: &'static str,
    },
    /// It is signed by nobody, or by somebody else.
    #[error("`{input}` {problem}")]
    Untrusted {
        /// File or reference.
        input: String,
        /// What is wrong with its signature, and what to do.
        problem: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
struct Signature {
    algorithm: String,
    /// The public key, in base64.
    key: String,
    /// Over the context and the index, in base64.
    signature: String,
}

fn message(index: &[u8]) -> Vec<u8> {
    [CONTEXT, index].concat()
}

/// Signs an index with the private key of a file (PEM).
pub(super) fn sign(path: &Path, index: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let key = pem(path, "PRIVATE KEY").and_then(|der| {
        // OpenSSL leaves the public half out.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok()
    });
    let key = key.ok_or_else(|| SignatureError::Key {
        path: path.to_owned(),
        kind: "private",
    })?;
    let signature = Signature {
        algorithm: "ed25519".to_owned(),
        key: STANDARD.encode(key.public_key()),
        signature: STANDARD.encode(key.sign(&message(index))),
    };
    // Three strings cannot fail.
    Ok(serde_json::to_vec(&signature).unwrap_or_default())
}

/// Checks that an index is signed with one of the `trusted` public keys (PEM),
/// or that `unsigned` allows otherwise. Where there is no signature it is
/// empty.
pub(super) fn verify(
    input: &str,
    index: &[u8],
    signature: &[u8],
    trusted: &[PathBuf],
    unsigned: bool,
) -> Result<(), SignatureError> {
    let untrusted = |problem| SignatureError::Untrusted {
        input: input.to_owned(),
        problem,
    };
    let mut keys = Vec::new();
    for path in trusted {
        let key = pem(path, "PUBLIC KEY");
        let key = key.and_then(|der| der.strip_prefix(SPKI).map(<[u8]>::to_vec));
        keys.push(key.ok_or_else(|| SignatureError::Key {
            path: path.clone(),
            kind: "public",
        })?);
    }
    if keys.is_empty() && unsigned {
        return Ok(());
    }
    if signature.is_empty() {
        return Err(untrusted(
            "is not signed; make it with --key, or take it as it is with --unsigned",
        ));
    }
    if keys.is_empty() {
        return Err(untrusted(
            "is signed, but no key is trusted; name the public key with --trust",
        ));
    }
    let read: Option<(Vec<u8>, Vec<u8>)> = (|| {
        let signature: Signature = serde_json::from_slice(signature).ok()?;
        let known = signature.algorithm == "ed25519";
        let key = STANDARD.decode(signature.key).ok().filter(|_| known)?;
        Some((key, STANDARD.decode(signature.signature).ok()?))
    })();
    let (key, signature) = read.ok_or_else(|| untrusted("has a signature that cannot be read"))?;
    if !keys.contains(&key) {
        return Err(untrusted("is signed with a key that is not trusted"));
    }
    let key = UnparsedPublicKey::new(&ED25519, &key);
    let holds = key.verify(&message(index), &signature);
    holds.map_err(|_| untrusted("has a signature that does not hold"))
}

/// The content of the first PEM block of that label (RFC 7468).
fn pem(path: &Path, label: &str) -> Option<Vec<u8>> {
    let text = fs::read_to_string(path).ok()?;
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}
