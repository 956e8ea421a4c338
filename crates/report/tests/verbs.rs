//! Differences and remedies: that every field is documented, and how a remedy
//! reads that upgrades alone do not make.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod documented;
mod fixture;

use plimsoll_policy::{Evidence, Outcome, Outlook, Upgrade};
use plimsoll_report::{Base, Difference, Remedy, Report, Side};
use plimsoll_types::Ecosystem;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn fields(json: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let value: Value = serde_json::from_str(json).unwrap();
    documented::keys(&value, "", &mut found);
    found
}

fn side(case: &fixture::Case) -> Side<'_> {
    Side {
        inventory: &case.inventory,
        findings: Some(&case.findings),
        outcome: Some(Outcome::Fail),
        stops: ["root"].into(),
    }
}

#[test]
fn every_field_of_a_difference_is_documented() {
    let (before, mut after) = (fixture::fail(), fixture::fail());
    after.inventory.packages[3].record.version = Some("1.35".into());
    after.inventory.layers[4].diff_id = fixture::digest(0x77);
    after.inventory.config.as_mut().unwrap().user = "10001".into();
    after.findings.remove(0);
    let (old, new) = (side(&before), side(&after));
    let order = |_: Ecosystem, one: &str, other: &str| Some(one.cmp(other));
    let forth = Difference::of(old.clone(), new.clone(), &order).json();
    let back = Difference::of(new, old, &order).json();
    let form = |field: String| {
        ["worse", "gone", "still"]
            .iter()
            .fold(field, |field, list| {
                field.replacen(&format!("findings.{list}[]"), "findings.new[]", 1)
            })
    };
    let found = &fields(&forth) | &fields(&back);
    let found: BTreeSet<String> = found.into_iter().map(form).collect();
    let docs = include_str!("../../../docs/diff.md");
    documented::check(&found, docs, "docs/diff.md");
}

/// The failing image with log4j upgraded, whose zlib has no fix and is needed
/// by curl.
fn with_remedy(told: impl Fn(&Remedy<'_>) -> String) -> String {
    let mut case = fixture::fail();
    case.inventory.packages[0].depends_on = vec![4];
    let upgrades = [Upgrade {
        packages: vec![7],
        target: "2.17.1".to_owned(),
        cures: vec![13, 14],
        gone: 4,
        new: 0,
    }];
    let mut verdict = case.verdict.clone().unwrap();
    verdict.reasons.retain(
        |reason| !matches!(reason.evidence, Evidence::Finding(at) if matches!(at, 2 | 4 | 13 | 14)),
    );
    let after = Outlook {
        inventory: case.inventory.clone(),
        findings: case.findings.clone(),
        verdict,
    };
    told(&Remedy {
        report: Report {
            inventory: &case.inventory,
            findings: &case.findings,
            suppressed: &[],
            upgrades: &BTreeMap::new(),
            verdict: case.verdict.as_ref(),
            data: case.data.as_ref(),
            lifecycle: None,
            now: "2026-11-24T10:00:00Z".parse().unwrap(),
            source_date: None,
            all: false,
            all_layers: false,
        },
        upgrades: &upgrades,
        after: &after,
        base: Some(Base {
            layers: 1,
            name: None,
            own: &after,
            other: None,
        }),
    })
}

#[test]
fn what_no_upgrade_cures_is_said_with_what_needs_it() {
    insta::assert_snapshot!(with_remedy(|remedy| remedy.text()));
}

#[test]
fn every_field_of_a_remedy_is_documented() {
    let found = fields(&with_remedy(|remedy| remedy.json()));
    let docs = include_str!("../../../docs/fix.md");
    documented::check(&found, docs, "docs/fix.md");
}
