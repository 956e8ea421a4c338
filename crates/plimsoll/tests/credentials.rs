//! Where credentials go, and what is said where they do not.
#![allow(clippy::unwrap_used)]

mod common;

use common::{root, stderr};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

/// `user:word`.
const BASIC: &str = "Basic dXNlcjp3b3Jk";
const PAIR: [(&str, &str); 2] = [
    ("PLIMSOLL_REGISTRY_USERNAME", "user"),
    ("PLIMSOLL_REGISTRY_PASSWORD", "word"),
];

/// A server that gives every HTTP request one answer and keeps its head.
struct Server {
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(head: String, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                let text = String::from_utf8_lossy(&request[..read]).into_owned();
                if text.starts_with("GET ") {
                    kept.lock().unwrap().push(text);
                }
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
        Self { port, log }
    }

    fn demanding(challenge: &str) -> Self {
        let head = format!("401 Unauthorized\r\nWWW-Authenticate: {challenge}");
        Self::start(head, "")
    }

    fn got_credentials(&self) -> bool {
        let log = self.log.lock().unwrap();
        assert!(!log.is_empty());
        log.iter().any(|request| request.contains(BASIC))
    }
}

fn scan(home: &Path, registry: &Server, variables: &[(&str, &str)]) -> Output {
    let image = format!("registry:127.0.0.1:{}/shop/api:1", registry.port);
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["scan", &image])
        .current_dir(root())
        .env_clear()
        .env("HOME", home)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(
        !said.contains("dXNlcjp3b3Jk") && !said.contains("word;"),
        "{said}"
    );
    output
}

#[test]
fn a_pair_goes_to_the_registry_that_is_named_and_to_no_other() {
    let home = tempfile::tempdir().unwrap();
    let registry = || Server::demanding("Basic realm=\"x\"");
    let to = |registry: &Server, host: &str| {
        let variables = [&PAIR[..], &[("PLIMSOLL_REGISTRY_HOST", host)]].concat();
        scan(home.path(), registry, &variables)
    };
    let other = registry();
    let output = to(&other, "registry.example");
    assert!(!other.got_credentials());
    assert!(
        stderr(&output).contains("PLIMSOLL_REGISTRY_HOST names another registry"),
        "{}",
        stderr(&output)
    );
    let mine = registry();
    to(&mine, &format!("127.0.0.1:{}", mine.port));
    assert!(mine.got_credentials());
    let asked = registry();
    scan(home.path(), &asked, &PAIR);
    assert!(asked.got_credentials());
}

#[test]
fn a_token_service_elsewhere_gets_no_credentials() {
    let home = tempfile::tempdir().unwrap();
    let tokens = Server::start("200 OK".into(), r#"{"token":"anonymous"}"#);
    let realm = |host: &str| format!("Bearer realm=\"http://{host}:{}/token\"", tokens.port);
    let elsewhere = Server::demanding(&realm("localhost"));
    let output = scan(home.path(), &elsewhere, &PAIR);
    assert!(!tokens.got_credentials());
    let said = stderr(&output);
    assert!(said.contains("`localhost`"), "{said}");
    assert!(said.contains("PLIMSOLL_REGISTRY_REALM"), "{said}");
    // Listing it does not send them over plain http either.
    let elsewhere = Server::demanding(&realm("localhost"));
    let host = format!("127.0.0.1:{}", elsewhere.port);
    let service = format!("localhost:{}", tokens.port);
    let listed = [
        ("PLIMSOLL_REGISTRY_HOST", host.as_str()),
        ("PLIMSOLL_REGISTRY_REALM", &service),
    ];
    scan(home.path(), &elsewhere, &[&PAIR[..], &listed].concat());
    assert!(!tokens.got_credentials());
    let home_realm = Server::demanding(&realm("127.0.0.1"));
    scan(home.path(), &home_realm, &PAIR);
    assert!(tokens.got_credentials());
}

#[test]
fn a_helper_that_is_not_asked_is_named() {
    let home = tempfile::tempdir().unwrap();
    let docker = home.path().join(".docker");
    std::fs::create_dir(&docker).unwrap();
    std::fs::write(docker.join("config.json"), r#"{"credsStore":"desktop"}"#).unwrap();
    let registry = Server::demanding("Basic realm=\"x\"");
    let said = stderr(&scan(home.path(), &registry, &[]));
    assert!(
        said.contains("`desktop`") && said.contains(".docker/config.json"),
        "{said}"
    );
    let registry = Server::demanding("Basic realm=\"x\"");
    let said = stderr(&scan(home.path(), &registry, &PAIR));
    assert!(!said.contains("desktop"), "{said}");
    assert!(registry.got_credentials());
}
