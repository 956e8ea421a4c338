//! A registry as people run it, where one is installed: `docker-registry` and
//! `skopeo` (Debian packages of these names).
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::registry::Registry;
use common::{oci_layout, plain_layer, plimsoll, stderr, stdout};
use std::process::Command;

#[test]
fn an_image_is_the_same_in_a_registry_and_in_a_layout() {
    let home = tempfile::tempdir().unwrap();
    let Some(registry) = Registry::start(home.path()) else {
        eprintln!("skipped: docker-registry is not installed");
        return;
    };
    let layout = home.path().join("layout");
    oci_layout(&layout, &[plain_layer()]);
    let image = format!("{}/test/plain:1", registry.address);
    let pushed = Command::new("skopeo")
        .args(["copy", "--dest-tls-verify=false"])
        .arg(format!("oci:{}", layout.display()))
        .arg(format!("docker://{image}"))
        .output();
    let Ok(pushed) = pushed else {
        eprintln!("skipped: skopeo is not installed");
        return;
    };
    assert!(pushed.status.success(), "{}", stderr(&pushed));
    let report = |image: &str| {
        let output = plimsoll(
            home.path(),
            &[
                "scan",
                image,
                "-o",
                "json",
                "--advisories",
                "examples/advisories",
            ],
        );
        let mut report: serde_json::Value = serde_json::from_str(&stdout(&output))
            .unwrap_or_else(|_| panic!("{}", stderr(&output)));
        let identity = report.as_object_mut().unwrap().remove("image").unwrap();
        (identity["reference"].clone(), report)
    };
    let (reference, stored) = report(&image);
    let (_, local) = report(&format!("oci-dir:{}", layout.display()));
    assert_eq!(reference, image.as_str());
    assert_eq!(stored, local);
    let missing = plimsoll(
        home.path(),
        &["scan", &format!("{}/test/plain:2", registry.address)],
    );
    assert_eq!(missing.status.code(), Some(3));
    assert!(
        stderr(&missing).contains("no such image"),
        "{}",
        stderr(&missing)
    );
}
