use super::*;
use crate::collectors::rpm::tests::{berkeley, database, log_of};
use crate::facts::LayerFacts;
use crate::fixture::{STATUS, archive, ended, entry, facts, facts_within, file};

const NEW: &str = "usr/lib/sysimage/rpm/rpmdb.sqlite";
const OLD: &str = "var/lib/rpm/rpmdb.sqlite";

fn layer(parts: &[Vec<u8>]) -> Vec<u8> {
    ended(parts.concat())
}

/// Names of the packages at a path.
fn packages<'a>(facts: &'a LayerFacts, path: &str) -> Vec<&'a str> {
    facts
        .evidence
        .iter()
        .filter(|evidence| evidence.path == path)
        .flat_map(|evidence| &evidence.facts)
        .flat_map(|fact| match fact {
            Fact::Packages(packages) => packages.as_slice(),
            _ => &[],
        })
        .map(|package| package.name.as_str())
        .collect()
}

#[test]
fn a_second_name_of_a_database_that_waits_has_its_packages() {
    let link = entry(&format!("{OLD}=>{NEW}"));
    let first = layer(&[file(NEW, b'0', "", &database(&["a"], 1)), link]);
    let first = facts(&first);
    assert_eq!(packages(&first, OLD), ["a"]);
    assert_eq!(first.gap_list(), []);
    let second = facts(&archive(&["usr/lib/sysimage/rpm/.wh.rpmdb.sqlite"]));
    let inventory = crate::merge::merge(&[first, second]);
    assert_eq!(inventory.packages.len(), 1);
    assert_eq!(inventory.packages[0].locations[0].path, OLD);
}

#[test]
fn each_name_of_a_database_has_the_log_beside_it() {
    let parts = [
        file(NEW, b'0', "", &database(&["a"], 1)),
        entry(&format!("{OLD}=>{NEW}")),
        entry(&format!("backup/db=>{NEW}")),
        file(&format!("{OLD}-wal"), b'0', "", &log_of(&["b"])),
    ];
    let facts = facts(&layer(&parts));
    assert_eq!(packages(&facts, NEW), ["a"]);
    assert_eq!(packages(&facts, OLD), ["b"]);
    assert_eq!(packages(&facts, "backup/db"), ["a"]);
    assert_eq!(facts.gap_list(), []);
}

#[test]
fn what_waits_is_read_as_what_its_name_says() {
    let parts = [
        file(&format!("x/{OLD}-wal"), b'0', "", &database(&["a"], 1)),
        entry(&format!("{OLD}=>x/{OLD}-wal")),
        file(&format!("y/{OLD}"), b'0', "", &berkeley(&["b"])),
        entry(&format!("var/lib/rpm/Packages=>y/{OLD}")),
    ];
    let facts = facts(&layer(&parts));
    assert_eq!(packages(&facts, OLD), ["a"]);
    assert_eq!(packages(&facts, "var/lib/rpm/Packages"), ["b"]);
}

#[test]
fn a_second_name_that_is_replaced_takes_nothing_away() {
    let parts = [
        file(NEW, b'0', "", &database(&["a"], 1)),
        entry(&format!("{OLD}=>{NEW}")),
        entry(&format!("{NEW}=")),
    ];
    let facts = facts(&layer(&parts));
    assert_eq!(packages(&facts, OLD), ["a"]);
}

#[test]
fn a_database_that_was_read_as_something_else_is_said_to_be() {
    let status = "var/lib/dpkg/status";
    for first in [
        "x/lib/dpkg/info/a.list",
        "x/lib/dpkg/status.d/status",
        "opt/x",
    ] {
        let parts = [
            file(first, b'0', "", STATUS.as_bytes()),
            entry(&format!("{status}=>{first}")),
        ];
        let facts = facts(&layer(&parts));
        assert_eq!(
            facts.gap_list(),
            [(GapKind::DatabaseUnreadable, status)],
            "{first}"
        );
    }
    let parts = [
        file("x/lib/dpkg/status", b'0', "", STATUS.as_bytes()),
        entry(&format!("{status}=>x/lib/dpkg/status")),
    ];
    let facts = facts(&layer(&parts));
    assert_eq!(packages(&facts, status), ["a"]);
    assert_eq!(facts.gap_list(), []);
}

#[test]
fn files_that_wait_have_a_budget() {
    let content = database(&["a"], 3_000);
    let size = content.len() as u64;
    let parts: Vec<_> = (0..10)
        .map(|n| file(&format!("{n}/{OLD}"), b'0', "", &content))
        .collect();
    let limits = Limits {
        memory: 2 * size,
        held: 4 * size,
        ..Limits::default()
    };
    let facts = facts_within(&layer(&parts), &limits);
    let found = (0..10).filter(|n| !packages(&facts, &format!("{n}/{OLD}")).is_empty());
    assert_eq!(found.count(), 4);
    let said: Vec<_> = facts.gap_list().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(said, [GapKind::DatabaseUnreadable; 6]);
    let all = facts_within(
        &layer(&parts),
        &Limits {
            held: 10 * size,
            ..limits
        },
    );
    assert_eq!(all.gap_list(), []);
    assert_eq!(all.evidence.len(), 10);
}

#[test]
fn further_names_have_a_budget() {
    let limits = Limits {
        facts: 40,
        ..Limits::default()
    };
    for (name, content) in [
        ("var/lib/dpkg/status", STATUS.as_bytes().to_vec()),
        (OLD, database(&["a"], 1)),
    ] {
        let mut parts = vec![file(name, b'0', "", &content)];
        parts.extend((0..10).map(|n| entry(&format!("{n}/{name}=>{name}"))));
        let facts = facts_within(&layer(&parts), &limits);
        assert!((1..11).contains(&facts.evidence.len()), "{name}");
        let limit = |gap: &&(GapKind, &str)| gap.0 == GapKind::LimitExceeded;
        assert_eq!(
            facts.gap_list().iter().filter(limit).count(),
            11 - facts.evidence.len(),
            "{name}"
        );
    }
}

#[test]
fn of_a_long_file_the_head_is_enough_for_who_asks_for_it() {
    let mut model = b"\xff\xff\xff\xff\xff\xff\xff\x7f".to_vec();
    model.resize(5000, 7);
    let limits = Limits {
        file: 1000,
        ..Limits::default()
    };
    let bytes = ended(file("srv/flux.safetensors", b'0', "", &model));
    let facts = facts_within(&bytes, &limits);
    assert_eq!(facts.evident(), ["srv/flux.safetensors"]);
    assert_eq!(facts.gap_list(), []);
}
