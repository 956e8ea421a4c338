//! Bills of materials as sources: what was written of an image is judged like
//! the image.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{docker_archive, plain_layer, plimsoll, stderr, stdout, tar};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

const FILES: &[(&str, &[u8])] = &[
    (
        "var/lib/dpkg/status",
        b"Package: libssl3\nStatus: install ok installed\nVersion: 3.0.11-1~deb12u2\nArchitecture: amd64\nSource: openssl\nMaintainer: A B <a@example.org>\n\nPackage: zlib1g\nStatus: install ok installed\nVersion: 1:1.2.13.dfsg-1\nArchitecture: amd64\nSource: zlib\n\n",
    ),
    (
        "usr/lib/python3/site-packages/Jinja2-2.10.dist-info/METADATA",
        b"Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.10\nLicense: BSD\n\n",
    ),
    (
        "app/node_modules/@s/a/package.json",
        br#"{"name":"@s/a","version":"1.0.0","license":"MIT"}"#,
    ),
    ("app/go.mod", b"module example.org/app\n\ngo 1.22\n\nrequire github.com/a/b v1.0.0\n"),
];

const FORMATS: &[&str] = &[
    "json",
    "cyclonedx",
    "cyclonedx-json@1.4",
    "cyclonedx-json@1.5",
    "cyclonedx-json@1.7",
    "cyclonedx-xml",
    "spdx-json",
    "spdx-json@3.0",
    "spdx-tag-value",
    "syft-json",
];

fn json(home: &Path, arguments: &[&str]) -> Value {
    let output = plimsoll(home, &[arguments, &["-o", "json"]].concat());
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

fn image(home: &Path) -> String {
    let archive = home.join("image.tar");
    let layers = [plain_layer(), tar(FILES)];
    std::fs::write(&archive, docker_archive(&layers, None)).unwrap();
    format!("docker-archive:{}", archive.display())
}

#[test]
fn a_bill_has_the_findings_of_its_image() {
    let home = tempfile::tempdir().unwrap();
    let image = image(home.path());
    let scan = |source: &str| {
        let arguments = ["scan", source, "--advisories", "examples/advisories"];
        let mut report = json(home.path(), &arguments);
        assert!(!report["findings"].as_array().unwrap().is_empty());
        report["findings"].take()
    };
    let findings = scan(&image);
    for format in FORMATS {
        let bill = home.path().join("bill");
        let output = format!("{format}={}", bill.display());
        let written = plimsoll(home.path(), &["sbom", &image, "-o", &output]);
        assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
        assert_eq!(
            scan(&format!("sbom:{}", bill.display())),
            findings,
            "{format}"
        );
        // A file that begins like one needs no prefix.
        assert_eq!(scan(&bill.display().to_string()), findings, "{format}");
    }
}

#[test]
fn conversions_of_a_folder_keep_its_packages() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("root");
    for (path, content) in FILES {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let root = format!("dir:{}", root.display());
    let packages = json(home.path(), &["sbom", &root])["packages"].take();
    assert!(packages.as_array().unwrap().len() >= 5);
    let mut source = root;
    for (number, format) in FORMATS.iter().enumerate() {
        let bill = home.path().join(number.to_string());
        let output = format!("{format}={}", bill.display());
        plimsoll(home.path(), &["sbom", &source, "-o", &output]);
        source = format!("sbom:{}", bill.display());
        let read = json(home.path(), &["sbom", &source])["packages"].take();
        assert_eq!(read, packages, "{format}");
    }
}

#[test]
fn standard_input_is_a_source() {
    let home = tempfile::tempdir().unwrap();
    let bill = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a","purl":"pkg:npm/a@1"}]}"#;
    let mut run = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["sbom", "sbom:-"])
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut run.stdin.take().unwrap(), bill.as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(stdout(&output).contains("npm"), "{}", stdout(&output));
}

#[test]
fn the_date_of_a_document_is_that_of_the_source() {
    let home = tempfile::tempdir().unwrap();
    let written = |epoch: Option<&str>| {
        let mut run = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        run.args(["sbom", "pkg:npm/a@1", "-o", "spdx-json"]);
        run.env("HOME", home.path()).env_remove("SOURCE_DATE_EPOCH");
        run.envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch)));
        let document: Value = serde_json::from_str(&stdout(&run.output().unwrap())).unwrap();
        document["creationInfo"]["created"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(written(None), "1970-01-01T00:00:00Z");
    assert_eq!(written(Some("1700000000")), "2023-11-14T22:13:20Z");
}

#[test]
fn what_is_no_bill_is_said_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("notes.json");
    std::fs::write(&file, "{\"a\":1}").unwrap();
    let path = file.display().to_string();
    for (source, code, said) in [
        (format!("sbom:{path}"), 3, "not CycloneDX, SPDX, Syft JSON"),
        ("sbom:/nowhere".to_owned(), 2, "cannot be read"),
        ("sbom:".to_owned(), 2, "names no file"),
    ] {
        let output = plimsoll(home.path(), &["scan", &source]);
        assert_eq!(output.status.code(), Some(code), "{source}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let output = plimsoll(
        home.path(),
        &["sbom", "pkg:npm/a@1", "-o", "cyclonedx-json@2.0"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("is written in 1.6, 1.4"),
        "{}",
        stderr(&output)
    );
}
