//! The distribution protocol against a registry in this process, and against
//! a real one where it is installed.
#![allow(clippy::unwrap_used)]

mod fixture;

use fixture::registry::{Registry, content};
use fixture::*;
use plimsoll_image::{Image, ImageError, Options};
use std::net::TcpListener;

fn check(image: &Image) {
    image.layer(0).unwrap().finish().unwrap();
    assert_eq!(
        image.identity.resolved.as_ref().unwrap().hex(),
        sha256(&blobs("amd64").manifest)
    );
    assert!(!image.identity.secure_channel);
}

#[test]
fn anonymous() {
    let registry = Registry::start(|path, _| content(path));
    let image = registry.open().unwrap();
    check(&image);
    assert_eq!(
        image.identity.reference.as_deref(),
        Some(format!("{}/shop/api:1.4", registry.address).as_str())
    );
    let tags = registry
        .log
        .lock()
        .unwrap()
        .iter()
        .filter(|line| line.contains("manifests/1.4"))
        .count();
    assert_eq!(tags, 1, "the tag is resolved once");
}

#[test]
fn redirects_lose_the_authorization_and_are_bounded() {
    let storage = Registry::start(|path, _| content(path));
    let target = storage.address.clone();
    let registry = Registry::start(move |path, authorization| match authorization {
        None => (
            401,
            vec![("WWW-Authenticate".into(), "Bearer realm=\"/\"".into())],
            Vec::new(),
        ),
        Some(_) => (
            307,
            vec![("Location".into(), format!("http://{target}{path}"))],
            Vec::new(),
        ),
    });
    // A realm that is no URL is an error, not a request.
    assert!(matches!(
        registry.open().err().unwrap(),
        ImageError::Protocol { .. }
    ));
    let address = storage.address.clone();
    let tokens = Registry::start(|_, _| (200, Vec::new(), br#"{"token":"abc"}"#.to_vec()));
    let realm = tokens.address.clone();
    let registry = Registry::start(move |path, authorization| match authorization {
        Some("Bearer abc") if path.contains("/blobs/") => (
            307,
            vec![("Location".into(), format!("http://{address}{path}"))],
            Vec::new(),
        ),
        Some("Bearer abc") => content(path),
        _ => {
            let challenge = format!("Bearer realm=\"http://{realm}/token\"");
            (
                401,
                vec![("WWW-Authenticate".into(), challenge)],
                Vec::new(),
            )
        }
    });
    check(&registry.open().unwrap());
    let log = storage.log.lock().unwrap();
    assert!(
        !log.is_empty() && log.iter().all(|line| line.ends_with(" -")),
        "{log:?}"
    );

    let around = Registry::start(|path, _| {
        let location = ("Location".into(), path.to_owned());
        (302, vec![location], Vec::new())
    });
    let error = around.open().err().unwrap().to_string();
    assert!(error.contains("redirects"), "{error}");
    assert_eq!(around.log.lock().unwrap().len(), 6);
}

#[test]
fn bearer_challenge() {
    let tokens = Registry::start(|path, _| {
        assert!(
            path.contains("service=test") && path.contains("shop%2Fapi"),
            "{path}"
        );
        (200, Vec::new(), br#"{"access_token":"abc"}"#.to_vec())
    });
    let realm = tokens.address.clone();
    let registry = Registry::start(move |path, authorization| match authorization {
        Some("Bearer abc") => content(path),
        _ => {
            // Two challenges in one header, with a comma inside quotes.
            let challenge = format!(
                "Basic realm=\"x, y\", Bearer realm=\"http://{realm}/token\",service=\"test\",scope=\"repository:shop/api:pull\""
            );
            (
                401,
                vec![("WWW-Authenticate".into(), challenge)],
                Vec::new(),
            )
        }
    });
    check(&registry.open().unwrap());
    assert_eq!(tokens.log.lock().unwrap().len(), 1, "the token is kept");
}

#[test]
fn refusals_have_their_own_classes() {
    let with = |status: u16| {
        move |_: &str, _: Option<&str>| {
            (
                status,
                vec![("Retry-After".into(), "90".into())],
                Vec::new(),
            )
        }
    };
    let class = |status| Registry::start(with(status)).open().err().unwrap();
    assert!(matches!(class(401), ImageError::Auth { .. }));
    assert!(matches!(class(403), ImageError::Auth { .. }));
    assert!(matches!(class(404), ImageError::NotFound { .. }));
    assert!(matches!(class(429), ImageError::RateLimited { when, .. } if when.contains("90")));
    assert!(matches!(class(503), ImageError::Transient { .. }));
}

#[test]
fn a_registry_that_lies_about_digests_is_caught() {
    let registry = Registry::start(|path, _| {
        let (status, mut headers, body) = content(path);
        if path.contains("/manifests/") {
            headers.push((
                "Docker-Content-Digest".into(),
                format!("sha256:{}", "0".repeat(64)),
            ));
        }
        (status, headers, body)
    });
    assert!(matches!(
        registry.open().err().unwrap(),
        ImageError::DigestMismatch { .. }
    ));
}

#[test]
fn schema_1_and_artifacts_are_refused_with_the_reason() {
    let bodies = [
        (
            r#"{"schemaVersion":1,"name":"a","fsLayers":[]}"#,
            "schema 1",
        ),
        (
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#,
            "helm",
        ),
    ];
    for (body, word) in bodies {
        let registry = Registry::start(move |_, _| (200, Vec::new(), body.as_bytes().to_vec()));
        let error = registry.open().err().unwrap().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_real_registry() {
    let Ok(version) = std::process::Command::new("docker-registry")
        .arg("--version")
        .output()
    else {
        println!("skipped: docker-registry is not installed");
        return;
    };
    println!("{}", String::from_utf8_lossy(&version.stdout));
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let configuration = folder.path().join("registry.yml");
    std::fs::write(
        &configuration,
        format!("version: 0.1\nlog: {{level: error}}\nstorage: {{inmemory: {{}}}}\nhttp: {{addr: \"127.0.0.1:{port}\", secret: test}}\n"),
    )
    .unwrap();
    let mut process = std::process::Command::new("docker-registry")
        .arg("serve")
        .arg(&configuration)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let image = blobs("amd64");
    let result = push(port, &image).and_then(|()| {
        Image::open(
            &format!("registry:127.0.0.1:{port}/shop/api:1.4"),
            &Options::default(),
        )
        .map_err(|error| error.to_string())
    });
    if let Ok(image) = &result {
        check(image);
    }
    let _ = process.kill();
    let _ = process.wait();
    assert!(result.is_ok(), "{:?}", result.err());
}

/// Pushes the blobs and the manifest with the upload requests of the protocol.
fn push(port: u16, image: &Blobs) -> Result<(), String> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let base = format!("http://127.0.0.1:{port}/v2");
    let ready = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        agent.get(format!("{base}/")).call().is_ok()
    });
    if !ready {
        return Err("the registry did not start".into());
    }
    for blob in [&image.layer, &image.config] {
        let answer = agent
            .post(format!("{base}/shop/api/blobs/uploads/"))
            .send_empty()
            .map_err(|e| e.to_string())?;
        let location = answer
            .headers()
            .get("location")
            .and_then(|l| l.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let put = agent
            .put(format!("{location}&digest=sha256:{}", sha256(blob)))
            .send(blob.as_slice());
        put.map_err(|e| e.to_string())?;
    }
    let put = agent
        .put(format!("{base}/shop/api/manifests/1.4"))
        .header("content-type", OCI_MANIFEST)
        .send(image.manifest.as_slice())
        .map_err(|e| e.to_string())?;
    if put.status() == 201 {
        Ok(())
    } else {
        Err(format!("manifest: {}", put.status()))
    }
}
