//! Pushing to a registry in this process, which can be made to fail.
#![allow(clippy::unwrap_used)]

#[path = "fixture/shelf.rs"]
mod shelf;

use plimsoll_image::{ImageError, Options, Repository, digest_of};
use shelf::{Fault, Shelf};
use std::io::Read;

fn open(shelf: &Shelf) -> Repository {
    let reference = format!("{}/data/set:1", shelf.address).parse().unwrap();
    Repository::open(&reference, &Options::default()).unwrap()
}

const BLOB: &[u8] = b"some bytes that are pushed and fetched";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn push(repository: &Repository) -> Result<(), ImageError> {
    repository.push_blob(&digest_of(BLOB), &BLOB)
}

fn fetch(repository: &Repository) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = Vec::new();
    let mut blob = repository
        .blob(&digest_of(BLOB), BLOB.len() as u64)
        .map_err(std::io::Error::other)?;
    blob.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn what_is_pushed_is_there_and_what_is_not_is_not() {
    let shelf = Shelf::start();
    let repository = open(&shelf);
    assert!(!repository.has_blob(&digest_of(BLOB)).unwrap());
    assert!(repository.manifest().unwrap().is_none());
    push(&repository).unwrap();
    assert!(repository.has_blob(&digest_of(BLOB)).unwrap());
    assert_eq!(fetch(&repository).unwrap(), BLOB);
    let digest = repository.push_manifest(MANIFEST, b"{}").unwrap();
    assert_eq!(digest, digest_of(b"{}"));
    let (bytes, same) = repository.manifest().unwrap().unwrap();
    assert_eq!((bytes.as_slice(), same), (b"{}".as_slice(), digest));
}

#[test]
fn passing_failures_are_repeated_and_lasting_ones_said() {
    let shelf = Shelf::start();
    let repository = open(&shelf);
    let mut left = 3;
    shelf.fail(move |method, _| {
        left -= i32::from(method == "PUT");
        match (method, left) {
            ("PUT", 2) => Fault::Answer(429, "Retry-After: 0"),
            ("PUT", 1) => Fault::Answer(500, ""),
            _ => Fault::None,
        }
    });
    push(&repository).unwrap();
    let begun = shelf
        .log()
        .iter()
        .filter(|line| line.starts_with("POST"))
        .count();
    assert_eq!(begun, 3, "each try has an upload of its own");
    shelf.fail(|_, _| Fault::Answer(429, "Retry-After: 900"));
    let error = push(&repository).unwrap_err().to_string();
    assert!(
        error.contains("rate limited") && error.contains("in 900 s"),
        "{error}"
    );
    shelf.fail(|_, _| Fault::Answer(503, ""));
    let error = push(&repository).unwrap_err();
    assert!(matches!(error, ImageError::Transient { .. }), "{error}");
    shelf.fail(|method, _| match method {
        "PUT" => Fault::Answer(413, ""),
        _ => Fault::None,
    });
    let error = push(&repository).unwrap_err().to_string();
    assert!(error.contains("413"), "{error}");
}

#[test]
fn a_stream_goes_on_after_a_cut_and_never_ends_in_something_else() {
    let shelf = Shelf::start();
    let repository = open(&shelf);
    push(&repository).unwrap();
    let mut cuts = 2;
    shelf.fail(move |_, _| {
        cuts -= 1;
        if cuts >= 0 {
            Fault::Cut(10)
        } else {
            Fault::None
        }
    });
    assert_eq!(fetch(&repository).unwrap(), BLOB);
    shelf.fail(|_, _| Fault::Cut(0));
    let error = fetch(&repository).unwrap_err().to_string();
    assert!(error.contains("cut 5 times"), "{error}");
    shelf.fail(|_, _| Fault::Alter);
    let error = fetch(&repository).unwrap_err().to_string();
    assert!(error.contains("is damaged: expected sha256:"), "{error}");
}

#[test]
fn another_host_that_takes_uploads_gets_no_credentials() {
    let shelf = Shelf::start();
    let storage = Shelf::start();
    let tokens = Shelf::start();
    let token = br#"{"token":"abc"}"#.to_vec();
    tokens.state.lock().unwrap().blobs.insert(
        "token?service=s&scope=repository%3Adata%2Fset%3Apull%2Cpush".into(),
        token,
    );
    {
        let mut state = shelf.state.lock().unwrap();
        state.uploads = format!("http://{}", storage.address);
        let challenge = format!(
            "Bearer realm=\"http://{}/token\",service=\"s\"",
            tokens.address
        );
        state.lock = Some(("Bearer abc".into(), challenge));
    }
    let repository = open(&shelf);
    push(&repository).unwrap();
    assert_eq!(tokens.log().len(), 1, "the token is kept");
    assert!(
        shelf
            .log()
            .iter()
            .any(|line| line.starts_with("POST") && line.ends_with("Bearer abc"))
    );
    assert_eq!(storage.log().len(), 1);
    assert!(storage.log()[0].ends_with(" -"), "{:?}", storage.log());
    assert_eq!(storage.state.lock().unwrap().blobs.len(), 1);
}

#[test]
fn a_registry_that_took_something_else_is_caught() {
    let shelf = Shelf::start();
    let repository = open(&shelf);
    shelf.fail(|_, _| {
        let other = "Docker-Content-Digest: sha256:0000000000000000000000000000000000000000000000000000000000000000";
        Fault::Answer(201, other)
    });
    let error = repository.push_manifest(MANIFEST, b"{}").unwrap_err();
    assert!(
        matches!(error, ImageError::DigestMismatch { .. }),
        "{error}"
    );
}
