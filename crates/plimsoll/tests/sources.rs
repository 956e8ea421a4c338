//! What an image is does not depend on where its bytes come from, and what
//! cannot be read to its end is never called whole.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{docker_archive, oci_layout, plain_layer, plimsoll, stderr, stdout, tar};
use std::path::Path;

const METADATA: &[u8] = b"Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.10\n\n";
const PLACE: &str = "usr/lib/python3/site-packages/Jinja2-2.10.dist-info/METADATA";
const WHITEOUT: &str = "usr/lib/python3/site-packages/.wh.Jinja2-2.10.dist-info";

/// The JSON report of a scan with the example's advisories.
fn report(home: &Path, image: &str, more: &[&str]) -> serde_json::Value {
    let scan = [
        "scan",
        image,
        "-o",
        "json",
        "--advisories",
        "examples/advisories",
    ];
    let output = plimsoll(home, &[&scan[..], more].concat());
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

#[test]
fn an_archive_and_a_layout_of_one_image_have_one_verdict() {
    let home = tempfile::tempdir().unwrap();
    let layers = [plain_layer(), tar(&[(PLACE, METADATA)])];
    let archive = home.path().join("image.tar");
    std::fs::write(&archive, docker_archive(&layers, None)).unwrap();
    let layout = home.path().join("layout");
    oci_layout(&layout, &layers);
    let from = |image: String| {
        let mut report = report(home.path(), &image, &[]);
        let identity = report.as_object_mut().unwrap().remove("image").unwrap();
        (identity, report.to_string())
    };
    let (archive, one) = from(format!("docker-archive:{}", archive.display()));
    let (layout, other) = from(format!("oci-dir:{}", layout.display()));
    assert_eq!(one, other);
    assert!(one.contains("CVE-2019-10906"), "{one}");
    assert_eq!(archive["config"], layout["config"]);
    assert_ne!(archive["blobs"], layout["blobs"]);
}

#[test]
fn what_a_later_layer_removes_is_listed_only_when_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let layout = home.path().join("layout");
    oci_layout(
        &layout,
        &[
            plain_layer(),
            tar(&[(PLACE, METADATA)]),
            tar(&[(WHITEOUT, b"")]),
        ],
    );
    let image = format!("oci-dir:{}", layout.display());
    let squashed = report(home.path(), &image, &[]);
    assert_eq!(squashed["packages"].as_array().unwrap().len(), 0);
    assert_eq!(squashed["findings"].as_array().unwrap().len(), 0);
    let all = report(home.path(), &image, &["--all-layers"]);
    assert_eq!(all["packages"][0]["name"], "Jinja2");
    assert_eq!(
        (
            all["packages"][0]["layer"].as_u64(),
            all["packages"][0]["removed"].as_u64()
        ),
        (Some(1), Some(2))
    );
}

#[test]
fn a_bomb_is_a_gap_that_nobody_can_judge() {
    let home = tempfile::tempdir().unwrap();
    let layout = home.path().join("layout");
    let zeros = vec![0; 120 << 20];
    oci_layout(
        &layout,
        &[plain_layer(), tar(&[("zeros", &zeros), (PLACE, METADATA)])],
    );
    let image = format!("oci-dir:{}", layout.display());
    let output = plimsoll(
        home.path(),
        &["scan", &image, "--advisories", "examples/advisories"],
    );
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(
        stdout(&output).starts_with("CAN'T TELL"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("limit-exceeded"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_bare_path_is_recognised_by_what_it_holds() {
    let home = tempfile::tempdir().unwrap();
    let layout = home.path().join("layout");
    oci_layout(&layout, &[plain_layer()]);
    let bare = report(home.path(), &layout.display().to_string(), &[]);
    assert_eq!(bare["image"]["source"], "oci-dir");
    assert_eq!(bare["distro"]["id"], "debian");
}

#[test]
fn a_known_layer_that_is_gone_or_cut_is_no_longer_an_image() {
    let home = tempfile::tempdir().unwrap();
    let layout = home.path().join("layout");
    let layers = [plain_layer(), tar(&[(PLACE, METADATA)])];
    oci_layout(&layout, &layers);
    let image = format!("oci-dir:{}", layout.display());
    report(home.path(), &image, &[]);
    let blob = layout
        .join("blobs/sha256")
        .join(common::sha256(&common::gzip(&layers[1])));
    let whole = std::fs::read(&blob).unwrap();
    std::fs::write(&blob, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(
        plimsoll(home.path(), &["scan", &image]).status.code(),
        Some(3)
    );
    std::fs::remove_file(&blob).unwrap();
    let output = plimsoll(home.path(), &["scan", &image]);
    assert_eq!(
        (output.status.code(), stdout(&output).as_str()),
        (Some(3), "")
    );
}

#[test]
fn a_path_that_is_not_there_is_not_looked_for_elsewhere() {
    let home = tempfile::tempdir().unwrap();
    for path in ["./nowhere", "/nowhere/image", "nowhere.tar"] {
        let output = plimsoll(home.path(), &["scan", path]);
        assert_eq!(output.status.code(), Some(3));
        let said = stderr(&output);
        assert!(
            said.contains("no such file") && said.contains(path),
            "{said}"
        );
    }
}

#[test]
fn a_layer_that_is_listed_twice_is_there_twice() {
    let home = tempfile::tempdir().unwrap();
    let layout = home.path().join("layout");
    let jinja = || tar(&[(PLACE, METADATA)]);
    oci_layout(
        &layout,
        &[plain_layer(), jinja(), tar(&[(WHITEOUT, b"")]), jinja()],
    );
    let report = report(home.path(), &format!("oci-dir:{}", layout.display()), &[]);
    assert_eq!(report["layers"].as_array().unwrap().len(), 4);
    assert_eq!(report["packages"][0]["layer"], 3);
}
