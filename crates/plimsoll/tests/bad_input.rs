//! Each bad input gives one clear line that names it, the right exit code, no
//! backtrace, and nothing on standard output that could pass for a result.
#![allow(clippy::unwrap_used)]

mod common;

use common::{docker_archive, plain_layer, plimsoll, stderr, stdout};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

/// Scans and expects one line on standard error that holds all of `words`.
fn refused(home: &Path, arguments: &[&str], code: i32, words: &[&str]) {
    let output = plimsoll(home, arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(stdout(&output), "");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(said.starts_with("plimsoll: "), "{said}");
    for word in words {
        assert!(said.contains(word), "{said} should name {word}");
    }
}

fn archive(home: &Path, name: &str, bytes: &[u8]) -> String {
    let path = home.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

#[test]
fn broken_archives() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let whole = docker_archive(&[plain_layer()], None);

    let path = archive(home, "truncated.tar", &whole[..whole.len() / 2]);
    refused(
        home,
        &["scan", &format!("docker-archive:{path}")],
        3,
        &["truncated.tar"],
    );

    let path = archive(
        home,
        "config.tar",
        &docker_archive(&[plain_layer()], Some("not json")),
    );
    refused(
        home,
        &["scan", &format!("docker-archive:{path}")],
        3,
        &["config.tar"],
    );

    let path = archive(
        home,
        "nottar.tar",
        &docker_archive(&[b"this is no tar".repeat(100)], None),
    );
    refused(
        home,
        &["scan", &format!("docker-archive:{path}")],
        3,
        &["nottar.tar", "layer 1", "not a tar archive"],
    );

    let other = docker_archive(&[plain_layer()], None);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}}}}"#,
        "0".repeat(64)
    );
    assert_ne!(other, docker_archive(&[plain_layer()], Some(&config)));
    let path = archive(
        home,
        "digest.tar",
        &docker_archive(&[plain_layer()], Some(&config)),
    );
    refused(
        home,
        &["scan", &format!("docker-archive:{path}")],
        3,
        &["digest.tar", "sha256:0000"],
    );

    refused(
        home,
        &["scan", "docker-archive:/nowhere/x.tar"],
        3,
        &["/nowhere/x.tar"],
    );
}

#[test]
fn wrong_usage() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let flag = "--no-such-flag";
    refused(home, &["scan", flag, "x"], 2, &[flag, "--help"]);
    refused(home, &["scan"], 2, &["<IMAGE>"]);
    refused(home, &["scna", "x"], 2, &["scna", "scan"]);

    let path = archive(
        home,
        "policy.yaml",
        b"version: 1\nname: x\nrules:\n  - name: a\n    gate: nonsense\n",
    );
    refused(
        home,
        &["scan", "dir:/etc", "--policy", &path],
        2,
        &["policy.yaml", "nonsense"],
    );
    refused(
        home,
        &["scan", "dir:/etc", "--policy", "/nowhere.yaml"],
        2,
        &["/nowhere.yaml"],
    );
    refused(
        home,
        &["scan", "dir:/etc", "-o", "nonsense"],
        2,
        &["nonsense", "json"],
    );
    refused(home, &["scan", "lower/UPPER"], 2, &["lower/UPPER"]);
    refused(home, &["scan", "pkg:nonsense"], 2, &["pkg:nonsense"]);
    refused(
        home,
        &["scan", "--platform", "arm", "dir:/etc"],
        2,
        &["arm"],
    );
    let bare = "pkg:pypi/jinja2";
    refused(home, &["scan", bare], 2, &[bare, "version"]);
    let odd = "pkg:pypi/jinja2@notaversion";
    refused(home, &["scan", odd], 2, &[odd, "pep440"]);
    let url = "http://127.0.0.1:1/all.zip";
    let offline = ["scan", "--offline", "--advisories", url, "dir:/etc"];
    refused(home, &offline, 2, &[url, "--offline"]);
    let nowhere = ["scan", "--advisories", "/nowhere", "dir:/etc"];
    refused(home, &nowhere, 2, &["/nowhere"]);
    let twice = ["scan", "-o", "text=x", "-o", "json=x", "dir:/etc"];
    refused(home, &twice, 2, &["`x`"]);
}

#[test]
fn a_device_stays_a_device() {
    let home = tempfile::tempdir().unwrap();
    let link = home.path().join("link");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let output = format!("json={}", link.display());
    let arguments = ["sbom", "pkg:pypi/jinja2@2.10", "-o", &output];
    assert_eq!(plimsoll(home.path(), &arguments).status.code(), Some(0));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
}

/// A registry that gives every request the same answer; `None` hangs.
fn registry(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                match answer {
                    Some(status) => {
                        let _ = write!(
                            stream,
                            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        );
                    }
                    None => std::thread::sleep(std::time::Duration::from_secs(30)),
                }
            });
        }
    });
    address.to_string()
}

/// A registry whose answer comes byte by byte.
fn dripping() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let mut drop = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".as_bytes();
                while stream.write_all(drop).is_ok() {
                    drop = b"x";
                    std::thread::sleep(std::time::Duration::from_millis(200));
                }
            });
        }
    });
    address.to_string()
}

#[test]
fn a_registry_that_drips_is_given_up() {
    let home = tempfile::tempdir().unwrap();
    let image = format!("registry:{}/a/b:1", dripping());
    let scan = ["scan", "--timeout", "1", &image];
    refused(home.path(), &scan, 3, &["a/b", "no answer"]);
}

#[test]
fn registries_that_refuse_fail_or_hang() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let answers = [
        (
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"",
            "access",
        ),
        ("404 Not Found", "no such image"),
        ("429 Too Many Requests\r\nRetry-After: 3600", "rate limited"),
        ("500 Internal Server Error", "500"),
    ];
    for (answer, word) in answers {
        let image = format!("registry:{}/a/b:1", registry(Some(answer)));
        refused(home, &["scan", &image], 3, &["a/b", word]);
    }
    let image = format!("registry:{}/a/b:1", registry(None));
    let start = std::time::Instant::now();
    refused(
        home,
        &["scan", "--timeout", "1", &image],
        3,
        &["a/b", "no answer"],
    );
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
    refused(home, &["scan", "--offline", &image], 3, &["a/b", "offline"]);
}
