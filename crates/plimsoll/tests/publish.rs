//! `plimsoll data publish` and `data update --from oci://…`, against a
//! registry in this process that can be made to fail, and against a real one
//! where it is installed.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "../../image/tests/fixture/shelf.rs"]
mod shelf;

use common::{plimsoll, stderr, stdout};
use shelf::{Fault, Shelf};
use std::path::Path;
use std::process::Output;

/// Records of two ecosystems; one was repaired with `fixed`.
fn load(home: &Path, fixed: &str) {
    let feeds = home.join("feeds");
    for ecosystem in ["PyPI", "crates.io"] {
        std::fs::create_dir_all(feeds.join(ecosystem)).unwrap();
        for number in 0..100 {
            let fixed = match (ecosystem, number) {
                ("PyPI", 7) => fixed,
                _ => "2.0.0",
            };
            // Names that do not compress, as little as real ones do.
            let name = common::sha256(format!("{ecosystem} {number}").as_bytes());
            let name = match (ecosystem, number) {
                ("PyPI", 7) => "x",
                _ => &name[..20],
            };
            let record = format!(
                r#"{{"id":"X-{ecosystem}-{number}","modified":"2024-01-01T00:00:00Z","affected":[
                {{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},
                "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
            );
            std::fs::write(feeds.join(format!("{ecosystem}/{number}.json")), record).unwrap();
        }
    }
    let feeds = feeds.display().to_string();
    done(&plimsoll(home, &["data", "update", "--from", &feeds]));
}

fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    stdout(output)
}

/// Runs a verb that fails, and says why in one line.
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(3), "{}", stdout(output));
    let said = stderr(output);
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

fn position(home: &Path) -> String {
    let status = done(&plimsoll(home, &["data", "status"]));
    let line = status.lines().find(|line| line.starts_with("position "));
    line.unwrap().to_owned()
}

fn scan(home: &Path, more: &[&str]) -> Output {
    let arguments = [&["scan", "pkg:pypi/x@1.0", "-o", "json"], more].concat();
    plimsoll(home, &arguments)
}

struct Place {
    home: tempfile::TempDir,
    reference: String,
}

impl Place {
    fn new(address: &str) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            reference: format!("{address}/security/advisories:latest"),
        }
    }

    fn publish(&self, more: &[&str]) -> Output {
        let arguments = [&["data", "publish", &self.reference], more].concat();
        plimsoll(self.home.path(), &arguments)
    }

    fn update(&self, more: &[&str]) -> Output {
        let from = format!("oci://{}", self.reference);
        let arguments = [&["data", "update", "--from", &from], more].concat();
        plimsoll(self.home.path(), &arguments)
    }

    /// The same place, seen from another machine.
    fn reader(&self) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            reference: self.reference.clone(),
        }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }
}

#[test]
fn only_what_changed_travels_in_either_direction() {
    let shelf = Shelf::start();
    let writer = Place::new(&shelf.address);
    load(writer.home(), "2.0.0");
    let said = done(&writer.publish(&[]));
    assert!(said.contains("files 2, differences 0;"), "{said}");
    let all = shelf.pushed();
    let reader = writer.reader();
    let said = done(&reader.update(&["--unsigned"]));
    assert!(
        said.contains("files whole 2, from differences 0,"),
        "{said}"
    );
    assert!(
        said.contains(&format!("from oci://{} (sha256:", writer.reference)),
        "{said}"
    );
    let whole = shelf.fetched();

    shelf.mend();
    load(writer.home(), "3.0.0");
    let said = done(&writer.publish(&[]));
    assert!(said.contains("files 2, differences 1;"), "{said}");
    assert!(shelf.pushed() * 10 < all * 8, "{} of {all}", shelf.pushed());
    shelf.mend();
    let said = done(&reader.update(&["--unsigned"]));
    assert!(
        said.contains("files whole 0, from differences 1,"),
        "{said}"
    );
    assert!(
        shelf.fetched() * 2 < whole,
        "{} of {whole}",
        shelf.fetched()
    );
    assert_eq!(position(reader.home()), position(writer.home()));
    assert!(stdout(&scan(reader.home(), &[])).contains("3.0.0"));

    // Nothing new is nothing sent but the manifest.
    let pushed = |shelf: &Shelf| shelf.log().iter().filter(|l| l.starts_with("PUT")).count();
    shelf.mend();
    done(&writer.publish(&[]));
    assert_eq!(pushed(&shelf), 1, "{:?}", shelf.log());
}

#[test]
fn whatever_fails_the_old_data_stays_and_the_reason_is_said() {
    let shelf = Shelf::start();
    let writer = Place::new(&shelf.address);
    load(writer.home(), "2.0.0");
    done(&writer.publish(&[]));
    let reader = writer.reader();
    done(&reader.update(&["--unsigned"]));
    let before = position(reader.home());
    load(writer.home(), "3.0.0");
    done(&writer.publish(&[]));

    let blob = |path: &str| path.contains("/blobs/");
    type Faults = Box<dyn FnMut(&str, &str) -> Fault + Send>;
    let on_blobs = |fault: fn() -> Fault| -> Faults {
        Box::new(move |_, path| if blob(path) { fault() } else { Fault::None })
    };
    for (faults, reason) in [
        (
            on_blobs(|| Fault::Answer(429, "Retry-After: 600")),
            "rate limited by the registry; try again in 600 s",
        ),
        (
            on_blobs(|| Fault::Answer(500, "")),
            "the registry fails (500",
        ),
        (on_blobs(|| Fault::Cut(20)), "a blob was cut 5 times"),
        (on_blobs(|| Fault::Alter), "is damaged: expected sha256:"),
        (
            Box::new(|_, _| Fault::Answer(404, "")),
            "no such set of data",
        ),
        (Box::new(|_, _| Fault::Answer(403, "")), "access denied"),
    ] {
        shelf.fail(faults);
        let said = failed(&reader.update(&["--unsigned"]));
        assert!(said.contains(reason), "{said}");
        assert!(said.ends_with("the data stays as it was\n"), "{said}");
        assert_eq!(position(reader.home()), before);
    }
    shelf.mend();

    // Of two files the second does not come; then only it is fetched.
    let fresh = writer.reader();
    let mut blobs = 0;
    shelf.fail(move |_, path| {
        blobs += i32::from(blob(path));
        if blobs > 2 {
            Fault::Answer(404, "")
        } else {
            Fault::None
        }
    });
    failed(&fresh.update(&["--unsigned"]));
    shelf.mend();
    let said = done(&fresh.update(&["--unsigned"]));
    assert!(said.contains("files whole 1,"), "{said}");
    assert_eq!(position(fresh.home()), position(writer.home()));

    // What is published is all there before the tag moves.
    load(writer.home(), "4.0.0");
    shelf.fail(
        |method, path| match method == "PUT" && path.contains("/upload/") {
            true => Fault::Answer(507, ""),
            false => Fault::None,
        },
    );
    let said = failed(&writer.publish(&[]));
    assert!(
        said.contains("507") && said.ends_with("the tag was not moved\n"),
        "{said}"
    );
    shelf.mend();
    done(&reader.update(&["--unsigned"]));
    assert!(stdout(&scan(reader.home(), &[])).contains("3.0.0"));
}

#[test]
fn nobody_is_believed_without_being_asked_to() {
    let shelf = Shelf::start();
    let writer = Place::new(&shelf.address);
    load(writer.home(), "2.0.0");
    done(&writer.publish(&[]));
    let said = failed(&writer.reader().update(&[]));
    assert!(
        said.contains("is not signed") && said.contains("--unsigned"),
        "{said}"
    );
    for (arguments, problem) in [
        (
            vec!["data", "update", "--on-demand"],
            "are for data of a registry",
        ),
        (
            vec![
                "data",
                "update",
                "--from",
                "oci://r.example/a",
                "examples/advisories",
            ],
            "no other --from",
        ),
        (
            vec!["data", "update", "--from", "oci://r.example/A"],
            "is not an image reference",
        ),
        (
            vec![
                "data",
                "publish",
                "r.example/a@sha256:0000000000000000000000000000000000000000000000000000000000000000",
            ],
            "name a tag",
        ),
    ] {
        let output = plimsoll(writer.home(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(problem), "{}", stderr(&output));
    }
}

#[test]
fn a_shard_comes_with_the_first_image_that_needs_it() {
    let shelf = Shelf::start();
    let writer = Place::new(&shelf.address);
    load(writer.home(), "2.0.0");
    done(&writer.publish(&[]));
    let reader = writer.reader();
    let said = done(&reader.update(&["--unsigned", "--on-demand"]));
    assert!(said.contains("left until an image needs them 2"), "{said}");
    let status = done(&plimsoll(reader.home(), &["data", "status"]));
    assert!(status.contains("until an image needs them 2"), "{status}");

    let output = scan(reader.home(), &["--offline"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    let report = stdout(&output);
    assert!(
        report.contains("the advisory data of `pypi` is not here: offline mode forbids"),
        "{report}"
    );
    assert!(!report.contains("X-PyPI-7"), "{report}");

    // The tag has moved on; the set that is here is still to be had.
    load(writer.home(), "3.0.0");
    done(&writer.publish(&[]));
    shelf.mend();
    let report = stdout(&scan(reader.home(), &[]));
    assert!(
        report.contains("X-PyPI-7") && report.contains("2.0.0"),
        "{report}"
    );
    let blobs = shelf
        .log()
        .iter()
        .filter(|line| line.contains("/blobs/"))
        .count();
    assert_eq!(blobs, 1, "{:?}", shelf.log());
    shelf.fail(|_, _| Fault::Answer(500, ""));
    assert_eq!(stdout(&scan(reader.home(), &[])), report, "it stays");
    assert_eq!(stdout(&scan(reader.home(), &["--offline"])), report);
}

#[test]
fn a_real_registry_takes_it_and_gives_it_back() {
    let home = tempfile::tempdir().unwrap();
    let Some(registry) = common::registry::Registry::start(home.path()) else {
        eprintln!("skipped: docker-registry is not installed");
        return;
    };
    let writer = Place::new(&registry.address);
    let key = writer.home().join("key.pem");
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-algorithm", "ed25519", "-out"])
        .arg(&key)
        .output();
    let signing = made.is_ok_and(|made| made.status.success());
    let key = key.display().to_string();
    let public = writer.home().join("public.pem").display().to_string();
    let (sign, trust) = match signing {
        true => {
            let made = std::process::Command::new("openssl")
                .args(["pkey", "-in", &key, "-pubout", "-out", &public])
                .status();
            assert!(made.unwrap().success());
            (vec!["--key", &key], vec!["--trust", &public])
        }
        false => {
            eprintln!("skipped: signatures, since openssl is not installed");
            (vec![], vec!["--unsigned"])
        }
    };
    load(writer.home(), "2.0.0");
    let said = done(&writer.publish(&sign));
    let digest = said.split(['(', ')']).nth(1).unwrap().to_owned();
    let reader = writer.reader();
    done(&reader.update(&trust));
    load(writer.home(), "3.0.0");
    done(&writer.publish(&sign));
    let said = done(&reader.update(&trust));
    assert!(
        said.contains("files whole 0, from differences 1,"),
        "{said}"
    );
    assert_eq!(position(reader.home()), position(writer.home()));
    assert!(stdout(&scan(reader.home(), &[])).contains("3.0.0"));

    // Back to the first set, by its digest.
    let (repository, _) = writer.reference.rsplit_once(':').unwrap();
    let pinned = Place {
        home: reader.home,
        reference: format!("{repository}@{digest}"),
    };
    done(&pinned.update(&trust));
    assert!(stdout(&scan(pinned.home(), &[])).contains("2.0.0"));
    assert_eq!(
        done(&plimsoll(pinned.home(), &["data", "history"]))
            .lines()
            .count(),
        3
    );
}
