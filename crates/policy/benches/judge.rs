//! How long a policy of a thousand rules and a hundred thousand exceptions takes
//! to read and to judge by, as a bundle of Anchore and as a document of ours.
#![allow(clippy::expect_used)]

use jiff::Timestamp;
use plimsoll_policy::{Policy, Subject, judge};
use plimsoll_types::{Confidence, Ecosystem, Finding, Inventory, Package, PackageRecord, Severity};
use std::fmt::Write as _;
use std::time::Instant;

const RULES: usize = 1_000;
const ITEMS: usize = 100_000;
const FINDINGS: usize = 1_000;

fn main() {
    let (inventory, findings) = image();
    for (kind, text) in [("bundle", bundle()), ("native", native())] {
        let start = Instant::now();
        let policy = Policy::parse(&text, "bench").expect("a policy");
        println!(
            "{kind}  read   {:.0} ms, {:.1} MB",
            start.elapsed().as_secs_f64() * 1e3,
            text.len() as f64 / 1e6
        );
        let subject = Subject {
            inventory: &inventory,
            findings: &findings,
            suppressed: &[],
            data: None,
            lifecycle: None,
            now: Timestamp::UNIX_EPOCH,
            baseline: None,
        };
        let start = Instant::now();
        let verdict = judge(&policy, &subject);
        let took = start.elapsed().as_secs_f64() * 1e3;
        let allowed = verdict.reasons.iter().filter(|reason| !reason.counts());
        println!(
            "{kind}  judge  {took:.0} ms: {} reasons, {} of them allowed",
            verdict.reasons.len(),
            allowed.count()
        );
    }
}

/// An image of a thousand packages, each with a vulnerability.
fn image() -> (Inventory, Vec<Finding>) {
    let mut inventory = Inventory::default();
    inventory.image.name = "bench".to_owned();
    for number in 0..FINDINGS {
        let version = Some("1.0-1".to_owned());
        let name = format!("package-{number}");
        inventory.packages.push(Package {
            record: PackageRecord::new(Ecosystem::Deb, name, version, Confidence::Installed),
            locations: Vec::new(),
            introduced: 0,
            removed: None,
            owned_by: None,
            license: None,
            depends_on: Vec::new(),
        });
    }
    let findings = (0..FINDINGS).map(|number| Finding {
        id: format!("CVE-2026-{number}"),
        package: number,
        severity: Severity::High,
        ..Finding::default()
    });
    (inventory, findings.collect())
}

/// The same as a document of ours; one entry in twenty has a wildcard.
fn native() -> String {
    let mut text = String::from(
        "version: 1\nname: b\nrules:\n  - { name: all, gate: vulnerabilities, trigger: package }\n",
    );
    for number in 1..RULES {
        let _ = writeln!(
            text,
            "  - {{ name: r{number}, gate: packages, trigger: denied, when: {{ packages: package-{number} }} }}"
        );
    }
    text.push_str("allowlist:\n");
    for number in 0..ITEMS {
        let selectors = match number % 20 {
            0 if number < ITEMS / 10 => format!("package: 'other-{number}*'"),
            0 | 1 => format!("package: other-{number}"),
            _ => format!("id: CVE-2026-{number}, package: package-{number}"),
        };
        let _ = writeln!(
            text,
            "  - {{ {selectors}, reason: r, by: b, until: never }}"
        );
    }
    text
}

/// One rule finds all vulnerabilities, the others a package each; nine items
/// in ten are exact, the rest begin or end with a wildcard.
fn bundle() -> String {
    let mut rules = String::from(
        r#"{"gate":"vulnerabilities","trigger":"package","action":"STOP","params":[{"name":"package_type","value":"all"}]}"#,
    );
    for number in 1..RULES {
        let _ = write!(
            rules,
            r#",{{"gate":"packages","trigger":"blacklist","action":"STOP","params":[{{"name":"name","value":"package-{number}"}}]}}"#
        );
    }
    let items = (0..ITEMS).map(|number| {
        let id = match number % 20 {
            0 => format!("CVE-2025-{number}+*"),
            1 => format!("*+other-{number}"),
            _ => format!("CVE-2026-{number}+package-{number}"),
        };
        format!(r#"{{"gate":"vulnerabilities","trigger_id":"{id}"}}"#)
    });
    let items = items.collect::<Vec<_>>().join(",");
    format!(
        r#"{{"id":"b","version":"1_0","name":"b","policies":[{{"id":"p","rules":[{rules}]}}],"whitelists":[{{"id":"w","items":[{items}]}}],"mappings":[{{"name":"m","registry":"*","repository":"*","image":{{"type":"tag","value":"*"}},"policy_ids":["p"],"whitelist_ids":["w"]}}]}}"#
    )
}
