//! A registry as people run it, where one is installed: `docker-registry` and
//! `skopeo` (Debian packages of these names).
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{oci_layout, plain_layer, plimsoll, stderr, stdout};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A registry on a free port of loopback, gone with the value.
struct Registry {
    child: Child,
    address: String,
}

impl Registry {
    fn start(folder: &Path) -> Option<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let settings = folder.join("registry.yml");
        let data = folder.join("registry");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{address}\", secret: test}}\n",
            data.display()
        );
        std::fs::write(&settings, text).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let registry = Self { child, address };
        let start = Instant::now();
        while std::net::TcpStream::connect(&registry.address).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "the registry does not come up"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
