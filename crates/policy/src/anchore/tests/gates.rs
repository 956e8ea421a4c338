//! Every trigger fires on one image and stays silent on another.

use super::*;
use crate::anchore::gates;
use crate::testing::finding;
use plimsoll_types::{
    Alteration, Change, Distro, Ecosystem, FileKind, Finding, KnownExploited, Severity,
};
use std::collections::BTreeSet;

/// A trigger that cannot be judged always says so.
const UNJUDGED: Option<fn() -> Scene> = None;

struct Row {
    name: &'static str,
    params: Value,
    fires: fn() -> Scene,
    silent: Option<fn() -> Scene>,
}

fn row(name: &'static str, params: Value, fires: fn() -> Scene, silent: fn() -> Scene) -> Row {
    Row {
        name,
        params,
        fires,
        silent: Some(silent),
    }
}

/// Fires whatever the image is.
fn constant(name: &'static str, params: Value) -> Row {
    Row {
        name,
        params,
        fires: Scene::default,
        silent: UNJUDGED,
    }
}

fn labelled() -> Scene {
    let mut config = ImageConfig::default();
    for (name, value) in [
        (
            "org.opencontainers.image.base.name",
            "docker.io/library/debian:12",
        ),
        ("org.opencontainers.image.base.digest", "sha256:abc"),
    ] {
        config.labels.insert(name.into(), value.into());
    }
    Scene::default().with_config(config)
}

fn unlabelled() -> Scene {
    Scene::default().with_config(ImageConfig::default())
}

fn debian(version: &str) -> Scene {
    let mut scene = Scene::default();
    scene.inventory.distro = Some(Distro {
        id: "debian".into(),
        version: Some(version.into()),
        id_like: vec!["other".into()],
        ..Distro::default()
    });
    scene
}

fn package(ecosystem: Ecosystem, name: &str, version: &str) -> Scene {
    Scene::default().with_package(ecosystem, name, version)
}

fn file(path: &str, mode: u16) -> Scene {
    let mut scene = Scene::default().with_file(path, FileKind::File, mode);
    scene.inventory.files[0].digest = Some(format!("sha256:{}", "c".repeat(64)).parse().unwrap());
    scene
}

fn altered() -> Scene {
    let mut scene = file("usr/bin/x", 0o755).with_package(Ecosystem::Deb, "x", "1");
    scene.inventory.alterations.push(Alteration {
        path: "usr/bin/x".into(),
        package: 0,
        change: Change::Content,
        layer: Some(0),
    });
    scene
}

fn account() -> Scene {
    Scene::default().with_user("ftp", 14)
}

fn no_account() -> Scene {
    Scene::default().with_user("root", 0)
}

fn licensed(license: &str) -> Scene {
    let mut scene = package(Ecosystem::Pypi, "x", "1");
    scene.inventory.packages[0]
        .record
        .licenses
        .push(license.into());
    scene
}

fn vulnerable() -> Scene {
    package(Ecosystem::Deb, "x", "1").with_finding(Finding {
        known_exploited: Some(KnownExploited {
            added: "2026-01-01".into(),
            due: "2026-02-01".into(),
            ransomware: false,
        }),
        ..finding("CVE-1", 0, Severity::High)
    })
}

fn rows() -> Vec<Row> {
    let user = |users: &str| json!({"users": users, "type": "blacklist"});
    vec![
        constant("always.always", json!({})),
        row(
            "ancestry.allowed_base_image_digest",
            json!({"base_digest": "sha256:abc"}),
            unlabelled,
            labelled,
        ),
        row(
            "ancestry.allowed_base_image_tag",
            json!({"base_tag": "debian:12"}),
            unlabelled,
            labelled,
        ),
        row(
            "ancestry.denylist_ancestor_image_digest",
            json!({"ancestor_digest": "sha256:abc"}),
            labelled,
            || {
                let mut scene = labelled();
                let labels = &mut scene.inventory.config.as_mut().unwrap().labels;
                labels.insert(
                    "org.opencontainers.image.base.digest".into(),
                    "sha256:d".into(),
                );
                scene
            },
        ),
        row(
            "ancestry.denylist_ancestor_image_tag",
            json!({"ancestor_tag": ["debian:12"]}),
            labelled,
            || {
                let mut scene = labelled();
                let labels = &mut scene.inventory.config.as_mut().unwrap().labels;
                labels.insert(
                    "org.opencontainers.image.base.name".into(),
                    "debian:13".into(),
                );
                scene
            },
        ),
        row(
            "ancestry.no_ancestors_analyzed",
            json!({}),
            unlabelled,
            labelled,
        ),
        row(
            "distro.deny",
            json!({"distro": "debian", "version": "10", "check": "<"}),
            || debian("9"),
            || debian("10"),
        ),
        row(
            "dockerfile.instruction",
            json!({"instruction": "RUN", "check": "like", "value": ".*sudo.*"}),
            || Scene::default().with_config(built(&["RUN /bin/sh -c sudo x # buildkit"])),
            || Scene::default().with_config(built(&["RUN /bin/sh -c ls # buildkit"])),
        ),
        row(
            "dockerfile.effective_user",
            user("root"),
            unlabelled,
            || {
                Scene::default().with_config(ImageConfig {
                    user: "1000".into(),
                    ..ImageConfig::default()
                })
            },
        ),
        row(
            "dockerfile.exposed_ports",
            json!({"ports": [22, 23], "type": "denylist"}),
            || Scene::default().with_config(exposing("23/udp")),
            || Scene::default().with_config(exposing("80")),
        ),
        constant("dockerfile.no_dockerfile_provided", json!({})),
        constant("files.content_regex_match", json!({"regex_name": "x"})),
        row(
            "files.name_match",
            json!({"regex": ".*\\.pem"}),
            || file("etc/x.pem", 0o644),
            || file("etc/x.pub", 0o644),
        ),
        row(
            "files.attribute_match",
            json!({"filename": "/etc/x", "mode": "00600", "mode_op": "not_equals"}),
            || file("etc/x", 0o644),
            || file("etc/x", 0o600),
        ),
        row(
            "files.suid_or_guid_set",
            json!({}),
            || file("bin/su", 0o4755),
            || file("bin/ls", 0o755),
        ),
        row(
            "licenses.blacklist_exact_match",
            json!({"licenses": "Apache License 2.0,GPL"}),
            || licensed("Apache License 2.0"),
            || licensed("GPLv3"),
        ),
        row(
            "licenses.blacklist_partial_match",
            json!({"licenses": "GPL"}),
            || licensed("LGPLv3"),
            || licensed("MIT"),
        ),
        row(
            "metadata.attribute",
            json!({"attribute": "distro_version", "check": "<", "value": "10"}),
            || debian("9"),
            || debian("10"),
        ),
        row(
            "packages.required_package",
            json!({"name": "x"}),
            Scene::default,
            || package(Ecosystem::Deb, "x", "1"),
        ),
        row(
            "packages.verify",
            json!({"only_directories": "/usr", "check": "changed"}),
            altered,
            || file("usr/bin/x", 0o755),
        ),
        row(
            "packages.blacklist",
            json!({"name": "x", "version": "1.0"}),
            || package(Ecosystem::Deb, "x", "1.0-3"),
            || package(Ecosystem::Deb, "x", "1.1-1"),
        ),
        row(
            "packages.metadata",
            json!({"name": "lib.*", "name_comparison": "like", "version": "1.10", "version_comparison": "<"}),
            || package(Ecosystem::Deb, "libx", "1.9"),
            || package(Ecosystem::Deb, "libx", "1.10"),
        ),
        row(
            "passwd_file.content_not_available",
            json!({}),
            Scene::default,
            account,
        ),
        row(
            "passwd_file.blacklist_usernames",
            json!({"usernameblacklist": "ftp"}),
            account,
            no_account,
        ),
        row(
            "passwd_file.blacklist_userids",
            json!({"user_ids": "14,15"}),
            account,
            no_account,
        ),
        row(
            "passwd_file.blacklist_groupids",
            json!({"group_ids": 14}),
            account,
            no_account,
        ),
        row(
            "passwd_file.blacklist_shells",
            json!({"shells": "/bin/sh"}),
            account,
            || {
                let mut scene = account();
                scene.inventory.users[0].shell = "/sbin/nologin".into();
                scene
            },
        ),
        row(
            "passwd_file.blacklist_full_entry",
            json!({"entry": "ftp:x:14:14:FTP User:/:/bin/sh"}),
            account,
            no_account,
        ),
        constant("npms.newer_version_in_feed", json!({})),
        constant("npms.unknown_in_feeds", json!({})),
        constant("npms.version_not_in_feeds", json!({})),
        constant("npms.feed_data_unavailable", json!({})),
        row(
            "npms.blacklisted_name_version",
            json!({"name": "x", "version": "1"}),
            || package(Ecosystem::Npm, "x", "1"),
            || package(Ecosystem::Gem, "x", "1"),
        ),
        constant("ruby_gems.newer_version_found_in_feed", json!({})),
        constant("ruby_gems.not_found_in_feed", json!({})),
        constant("ruby_gems.version_not_found_in_feed", json!({})),
        constant("ruby_gems.feed_data_unavailable", json!({})),
        row(
            "ruby_gems.blacklist",
            json!({"name": "x"}),
            || package(Ecosystem::Gem, "x", "1"),
            || package(Ecosystem::Npm, "x", "1"),
        ),
        constant(
            "image_source_drift.package_removed",
            json!({"anything": "1"}),
        ),
        constant("malware.scans", json!({})),
        constant("malware.scan_not_run", json!({})),
        row(
            "retrieved_files.content_not_available",
            json!({"path": "/etc/passwd"}),
            Scene::default,
            account,
        ),
        constant(
            "retrieved_files.content_regex",
            json!({"path": "/etc/x", "regex": "x", "check": "match"}),
        ),
        constant(
            "secret_scans.content_regex_checks",
            json!({"content_regex_name": "API_KEY", "filename_regex": "/etc/.*"}),
        ),
        constant("stig.evaluations_outdated", json!({"days": 3})),
        constant("tag_drift.packages_added", json!({"package_type": "apk"})),
        constant("tag_drift.packages_removed", json!({})),
        constant("tag_drift.packages_modified", json!({})),
        row(
            "vulnerabilities.package",
            json!({"package_type": "os"}),
            vulnerable,
            || package(Ecosystem::Deb, "x", "1"),
        ),
        row(
            "vulnerabilities.stale_feed_data",
            json!({"max_days_since_sync": "2"}),
            || debian("12").with_data("2026-10-13T11:59:59Z"),
            || debian("12").with_data("2026-10-13T12:00:00Z"),
        ),
        row(
            "vulnerabilities.vulnerability_data_unavailable",
            json!({}),
            Scene::default,
            || debian("12"),
        ),
        row(
            "vulnerabilities.blacklist",
            json!({"vulnerability_ids": "CVE-1"}),
            vulnerable,
            || debian("12"),
        ),
        row("vulnerabilities.kev_list", json!({}), vulnerable, || {
            let mut scene = vulnerable();
            scene.findings[0].known_exploited = None;
            scene
        }),
    ]
}

#[test]
fn every_trigger_fires_and_stays_silent() {
    let rows = rows();
    for row in &rows {
        let (gate, trigger) = row.name.split_once('.').unwrap();
        let fires = found(gate, trigger, row.params.clone(), &(row.fires)());
        assert!(!fires.is_empty(), "{} is silent", row.name);
        if let Some(silent) = row.silent {
            let silent = found(gate, trigger, row.params.clone(), &silent());
            assert!(silent.is_empty(), "{} fires: {silent:?}", row.name);
        }
    }
    let tested: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    for gate in gates::ALL {
        for trigger in gate.triggers {
            let name = format!("{}.{}", gate.name, trigger.name());
            let any = |name: &&str| name.split('.').next() == Some(gate.name);
            let tested = match trigger.name() {
                gates::ANY => tested.iter().any(any),
                _ => tested.contains(name.as_str()),
            };
            assert!(tested, "{name} has no row");
        }
    }
}

#[test]
fn attributes_are_compared_by_their_kind() {
    let scene = || {
        let mut scene = debian("12").with_file("x", FileKind::File, 0o644);
        scene.inventory.image.platform = Some(plimsoll_types::Platform {
            os: "linux".into(),
            architecture: "arm64".into(),
            variant: String::new(),
        });
        scene.inventory.files[0].size = 3 << 20;
        scene
    };
    for (attribute, check, value, fires) in [
        ("size", ">", "3mb", true),
        ("size", ">", "4MB", false),
        ("size", "<", "1gb", true),
        ("architecture", "=", "arm64", true),
        ("architecture", "in", "amd64, arm64", true),
        ("architecture", "not_in", "amd64", true),
        ("os_type", "!=", "linux", false),
        ("distro", "like", "deb", true),
        ("distro", "not_like", "deb", false),
        ("like_distro", "=", "other", true),
        ("distro_version", ">=", "9", true),
        ("layer_count", "=", "0", true),
        ("layer_count", "exists", "x", false),
        ("distro", "exists", "x", true),
        ("distro", "not_exists", "x", false),
    ] {
        let params = json!({"attribute": attribute, "check": check, "value": value});
        let found = found("metadata", "attribute", params, &scene());
        assert_eq!(!found.is_empty(), fires, "{attribute} {check} {value}");
    }
    let params = json!({"attribute": "distro", "check": "=", "value": "debian"});
    assert_eq!(
        found("metadata", "attribute", params, &scene())[0].message,
        "Attribute check for attribute: 'distro' check: '=' check_value: 'debian' matched image \
         value: 'debian'"
    );
}

#[test]
fn files_are_compared_by_what_is_given() {
    let digest = "c".repeat(64);
    for (params, fires) in [
        (json!({}), false),
        (json!({"checksum": digest}), true),
        (
            json!({"checksum": digest, "checksum_match": "not_equals"}),
            false,
        ),
        (json!({"checksum": digest, "mode": "0644"}), true),
        (json!({"checksum": digest, "mode": "0755"}), false),
        (json!({"filename": "/etc/y"}), false),
        (json!({"filename": "/etc/y", "skip_missing": "false"}), true),
    ] {
        let mut all = json!({"filename": "/etc/x"});
        for (name, value) in params.as_object().unwrap() {
            all[name] = value.clone();
        }
        let found = found("files", "attribute_match", all, &file("etc/x", 0o644));
        assert_eq!(!found.is_empty(), fires, "{params}");
    }
}

#[test]
fn required_versions_are_exact_or_the_least() {
    for (version, kind, fires) in [
        ("1:2.0-1", "exact", false),
        ("1:2.0-2", "exact", true),
        ("1:1.9", "minimum", false),
        ("1:2.0~rc1", "minimum", false),
        ("1:2.1", "minimum", true),
    ] {
        let params = json!({"name": "x", "version": version, "version_match_type": kind});
        let scene = package(Ecosystem::Deb, "x", "1:2.0-1");
        let found = found("packages", "required_package", params, &scene);
        assert_eq!(!found.is_empty(), fires, "{version} {kind}");
    }
}

#[test]
fn instructions_are_compared_by_line() {
    let scene = || {
        let config = built(&[
            "/bin/sh -c #(nop) ADD file:1 in / ",
            "/bin/sh -c apt-get update",
            "ENV A=b",
        ]);
        Scene::default().with_config(config)
    };
    for (instruction, check, value, fires) in [
        ("ADD", "exists", "", 1),
        ("add", "NOT_EXISTS", "", 0),
        ("RUN", "=", "/bin/sh -c apt-get update", 1),
        ("RUN", "!=", "x", 1),
        ("ENV", "in", "A=b, C=d", 1),
        ("ENV", "not_in", "A=b", 0),
        ("ENV", "not_like", "B", 1),
        ("FROM", "=", "scratch", 1),
        ("FROM", "not_like", ".+:.+", 1),
        ("COPY", "exists", "", 0),
    ] {
        let params = json!({"instruction": instruction, "check": check, "value": value});
        let found = found("dockerfile", "instruction", params, &scene());
        assert_eq!(found.len(), fires, "{instruction} {check} {value}");
    }
    let params = json!({"instruction": "RUN", "check": "like"});
    let found = found("dockerfile", "instruction", params, &scene());
    assert!(found[0].message.contains("needs the parameter `value`"));
}
