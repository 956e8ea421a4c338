use super::{Difference, Side};
use plimsoll_policy::Outcome;
use plimsoll_types::{
    Confidence, Digest, Ecosystem, Finding, ImageConfig, Inventory, KnownExploited, Layer, Package,
    PackageRecord, Severity,
};
use std::cmp::Ordering;

fn image(packages: &[(&str, &str)], layers: &[u8]) -> Inventory {
    let package = |(name, version): &(&str, &str)| Package {
        record: PackageRecord::new(
            Ecosystem::Npm,
            *name,
            Some((*version).to_owned()),
            Confidence::Installed,
        ),
        locations: Vec::new(),
        introduced: 0,
        removed: None,
        owned_by: None,
        license: None,
        depends_on: Vec::new(),
    };
    let layer = |byte: &u8| Layer {
        diff_id: Digest::sha256([*byte; 32]),
        blob: Digest::sha256([*byte; 32]),
        size: 1_000_000 * u64::from(*byte),
        instruction: Some(format!("RUN step {byte}")),
    };
    Inventory {
        packages: packages.iter().map(package).collect(),
        layers: layers.iter().map(layer).collect(),
        config: Some(ImageConfig::default()),
        ..Inventory::default()
    }
}

fn finding(package: usize, id: &str, severity: Severity) -> Finding {
    Finding {
        id: id.to_owned(),
        package,
        severity,
        ..Finding::default()
    }
}

fn side<'a>(inventory: &'a Inventory, findings: &'a [Finding]) -> Side<'a> {
    Side {
        inventory,
        findings: Some(findings),
        outcome: Some(Outcome::Pass),
        stops: [].into(),
    }
}

fn difference<'a>(before: Side<'a>, after: Side<'a>) -> Difference<'a> {
    Difference::of(before, after, &|_, one: &str, other: &str| {
        Some(one.len().cmp(&other.len()).then(one.cmp(other)))
    })
}

#[test]
fn packages_come_go_and_change_in_a_direction() {
    let before = image(
        &[("a", "1"), ("b", "1"), ("c", "2"), ("e", "1"), ("e", "2")],
        &[],
    );
    let after = image(
        &[("a", "1"), ("b", "2"), ("c", "1"), ("d", "1"), ("e", "3")],
        &[],
    );
    let json = difference(side(&before, &[]), side(&after, &[])).value();
    let changes = json["packages"].as_array().unwrap();
    let changes: Vec<_> = changes
        .iter()
        .map(|change| {
            let text = |key: &str| change[key].as_str().unwrap_or("-");
            format!(
                "{} {} {} {}",
                text("name"),
                text("change"),
                text("before"),
                text("after")
            )
        })
        .collect();
    let expected = [
        "b up 1 2",
        "c down 2 1",
        "d added - 1",
        // Which of two became the third is not known.
        "e removed 1 -",
        "e removed 2 -",
        "e added - 3",
    ];
    assert_eq!(changes, expected);
}

#[test]
fn findings_are_the_same_in_another_version_and_worse_when_rated_higher() {
    let before = image(&[("a", "1"), ("b", "1")], &[]);
    let after = image(&[("a", "2"), ("b", "1")], &[]);
    let old = [
        finding(0, "CVE-1", Severity::High),
        finding(0, "CVE-2", Severity::Low),
        finding(0, "CVE-3", Severity::Low),
        finding(1, "CVE-4", Severity::Low),
    ];
    let exploited = Finding {
        known_exploited: Some(KnownExploited {
            added: "2026-01-01".into(),
            due: "2026-02-01".into(),
            ransomware: false,
        }),
        ..finding(1, "CVE-4", Severity::Low)
    };
    let new = [
        finding(0, "CVE-1", Severity::High),
        finding(0, "CVE-2", Severity::Medium),
        exploited,
        finding(1, "CVE-5", Severity::Low),
    ];
    let difference = difference(side(&before, &old), side(&after, &new));
    assert_eq!(difference.new_findings(), Some(3));
    let json = difference.value();
    let ids = |list: &str| -> Vec<String> {
        let list = json["findings"][list].as_array().unwrap();
        list.iter()
            .map(|f| f["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids("new"), ["CVE-5"]);
    assert_eq!(ids("worse"), ["CVE-2", "CVE-4"]);
    assert_eq!(ids("gone"), ["CVE-3"]);
    assert_eq!(ids("still"), ["CVE-1"]);
}

#[test]
fn without_data_on_one_side_nothing_is_called_new_or_gone() {
    let image = image(&[("a", "1")], &[]);
    let findings = [finding(0, "CVE-1", Severity::High)];
    let blind = Side {
        findings: None,
        outcome: None,
        ..side(&image, &[])
    };
    let difference = difference(blind, side(&image, &findings));
    assert_eq!(difference.new_findings(), None);
    assert!(difference.value()["findings"].is_null());
    assert!(difference.text(false).contains("not compared"));
}

#[test]
fn layers_are_shared_from_the_bottom_only() {
    let (one, other) = (image(&[], &[1, 2, 4]), image(&[], &[1, 3, 4]));
    let json = difference(side(&one, &[]), side(&other, &[])).value();
    assert_eq!(json["layers"]["shared"], 1);
    assert_eq!(json["layers"]["after"][0]["instruction"], "RUN step 3");
    let text = difference(side(&one, &[]), side(&other, &[])).text(false);
    assert!(
        text.contains("Layers    3 -> 3, the first 1 shared"),
        "{text}"
    );
    let text = difference(side(&one, &[]), side(&one, &[])).text(false);
    assert!(text.contains("Layers    the same 3"), "{text}");
}

#[test]
fn settings_that_rules_look_at_are_compared_without_values_of_variables() {
    let before = image(&[], &[]);
    let mut after = image(&[], &[]);
    after.config = Some(ImageConfig {
        user: "10001".into(),
        exposed_ports: vec!["8080/tcp".into()],
        env: vec!["TOKEN=hunter2".into()],
        ..ImageConfig::default()
    });
    let text = difference(side(&before, &[]), side(&after, &[])).text(false);
    assert!(
        text.contains("  user           not set -> 10001\n"),
        "{text}"
    );
    assert!(text.contains("not set -> 8080/tcp") && text.contains("not set -> TOKEN"));
    assert!(!text.contains("hunter2"));
    let unknown = Inventory {
        config: None,
        ..image(&[], &[])
    };
    let json = difference(side(&unknown, &[]), side(&after, &[])).value();
    assert_eq!(json["settings"].as_array().unwrap().len(), 0);
}

#[test]
fn versions_that_cannot_be_compared_only_changed() {
    let (one, other) = (image(&[("a", "x")], &[]), image(&[("a", "y")], &[]));
    let order = |_, _: &str, _: &str| -> Option<Ordering> { None };
    let json = Difference::of(side(&one, &[]), side(&other, &[]), &order).value();
    assert_eq!(json["packages"][0]["change"], "changed");
}
