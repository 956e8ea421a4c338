//! What protects the way from a registry, against one in this process.
#![allow(clippy::unwrap_used)]

mod fixture;

use fixture::registry::{CA, Registry, content};
use plimsoll_image::{ImageError, Options};

fn with_ca() -> Options {
    Options {
        ca_file: Some(CA.into()),
        ..Options::default()
    }
}

fn insecure() -> Options {
    Options {
        insecure: true,
        ..Options::default()
    }
}

#[test]
fn loopback_that_speaks_tls_is_verified() {
    let registry = Registry::start_tls(|path, _| content(path));
    let image = registry.open_with(&with_ca()).unwrap();
    image.layer(0).unwrap().finish().unwrap();
    assert!(image.identity.secure_channel);
}

#[test]
fn a_certificate_that_does_not_hold_is_no_reason_to_go_on_without_tls() {
    let registry = Registry::start_tls(|path, _| content(path));
    let error = registry.open().err().unwrap();
    assert!(matches!(error, ImageError::Protocol { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("certificate") && error.contains("--ca-file"),
        "{error}"
    );
    assert!(registry.log.lock().unwrap().is_empty());
}

#[test]
fn insecure_accepts_any_certificate_and_says_so() {
    let registry = Registry::start_tls(|path, _| content(path));
    let image = registry.open_with(&insecure()).unwrap();
    image.layer(0).unwrap().finish().unwrap();
    assert!(!image.identity.secure_channel);
    // A certificate that holds is no worse for the flag.
    let both = Options {
        ca_file: Some(CA.into()),
        ..insecure()
    };
    assert!(registry.open_with(&both).unwrap().identity.secure_channel);
}

#[test]
fn plain_http_is_spoken_where_nobody_speaks_tls() {
    let registry = Registry::start(|path, _| content(path));
    for options in [Options::default(), insecure(), with_ca()] {
        let image = registry.open_with(&options).unwrap();
        image.layer(0).unwrap().finish().unwrap();
        assert!(!image.identity.secure_channel);
    }
}

#[test]
fn tls_is_never_left_for_plain_http() {
    let storage = Registry::start(|path, _| content(path));
    let target = storage.address.clone();
    let registry = Registry::start_tls(move |path, _| {
        if path.contains("/blobs/") {
            let location = format!("http://{target}{path}");
            return (307, vec![("Location".into(), location)], Vec::new());
        }
        content(path)
    });
    for options in [with_ca(), insecure()] {
        let error = registry.open_with(&options).err().unwrap();
        assert!(matches!(error, ImageError::Protocol { .. }), "{error}");
    }
    assert!(storage.log.lock().unwrap().is_empty());
}

#[test]
fn a_bad_ca_file_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.pem");
    let ca = std::fs::read_to_string(CA).unwrap();
    let broken = format!("{ca}-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n");
    std::fs::write(&file, broken).unwrap();
    let registry = Registry::start(|path, _| content(path));
    for path in [file, "/nowhere/ca.pem".into()] {
        let options = Options {
            ca_file: Some(path.clone()),
            ..Options::default()
        };
        let error = registry.open_with(&options).err().unwrap();
        assert!(error.is_usage(), "{error}");
        let name = path.display().to_string();
        assert!(error.to_string().contains(&name), "{error}");
    }
    assert!(registry.log.lock().unwrap().is_empty());
}
