//! The report for people.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixture;

use fixture::Case;
use plimsoll_policy::{Action, Evidence, Outcome};
use plimsoll_report::closing_line;
use plimsoll_types::{Gap, GapKind, Severity};

#[test]
fn fail() {
    insta::assert_snapshot!(fixture::fail().render("text"));
}

#[test]
fn fail_with_everything() {
    let case = Case {
        all: true,
        all_layers: true,
        ..fixture::fail()
    };
    insta::assert_snapshot!(case.render("text"));
}

#[test]
fn warn() {
    insta::assert_snapshot!(fixture::warn().render("text"));
}

#[test]
fn pass() {
    let text = fixture::pass().render("text");
    assert_eq!(text.lines().count(), 3);
    insta::assert_snapshot!(text);
}

#[test]
fn cannot_tell() {
    insta::assert_snapshot!(fixture::cannot_tell().render("text"));
}

#[test]
fn without_a_verdict() {
    let case = Case {
        verdict: None,
        data: None,
        ..fixture::pass()
    };
    insta::assert_snapshot!(case.render("text"));
}

#[test]
fn a_distribution_that_is_not_repaired_any_more_is_told() {
    let case = Case {
        lifecycle: Some(fixture::lifecycle("2026-07-11")),
        ..fixture::pass()
    };
    let text = case.render("text");
    let line = text.lines().nth(1).unwrap_or_default();
    assert_eq!(
        line.trim(),
        "Debian 12 was repaired until 2026-07-11; some repairs for subscribers until 2028-06-30"
    );
    let case = Case {
        lifecycle: Some(fixture::lifecycle("2026-11-24")),
        ..fixture::pass()
    };
    assert_eq!(case.render("text"), fixture::pass().render("text"));
}

#[test]
fn known_findings_stand_apart_from_those_that_stop() {
    insta::assert_snapshot!(fixture::compared().render("text"));
}

#[test]
fn closing_lines() {
    let lines = [
        fixture::compared(),
        fixture::pass(),
        fixture::warn(),
        fixture::fail(),
        fixture::cannot_tell(),
    ]
    .map(|case| closing_line(&case.verdict.unwrap()));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn one_rule_stops_in_the_singular() {
    let stop = fixture::reason("r", Action::Stop, Evidence::Image, "m");
    let verdict = fixture::verdict(Outcome::Fail, vec![stop]).unwrap();
    assert_eq!(
        closing_line(&verdict),
        "plimsoll: fail: 1 rule stops (policy starter@7f3a21)"
    );
}

#[test]
fn nothing_is_called_clean_that_was_not_looked_at() {
    let unmatched = Case {
        data: None,
        ..fixture::pass()
    };
    let text = unmatched.render("text");
    assert!(text.contains("not matched: no advisory data"), "{text}");
    assert!(!text.contains("none with known findings"), "{text}");

    let mut partial = fixture::pass();
    partial.inventory.coverage.gaps.insert(Gap {
        kind: GapKind::LayerUnreadable,
        subject: String::new(),
        layer: Some(1),
        detail: "encrypted".to_owned(),
    });
    let text = partial.render("text");
    assert!(
        text.contains("none with known findings where it could be looked"),
        "{text}"
    );
    assert!(
        text.contains("layer-unreadable (layer 2): encrypted"),
        "{text}"
    );
}

/// Every string that an image chooses.
fn poison(case: &mut Case, evil: &str) {
    let inventory = &mut case.inventory;
    inventory.image.name.push_str(evil);
    for layer in &mut inventory.layers {
        layer.instruction.get_or_insert_default().push_str(evil);
    }
    let removed = &mut inventory.removed_packages;
    for package in inventory.packages.iter_mut().chain(removed) {
        package.record.name.push_str(evil);
        package
            .record
            .version
            .get_or_insert_default()
            .push_str(evil);
        package.record.licenses.push(evil.to_owned());
        package.owned_by = Some(evil.to_owned());
        for location in &mut package.locations {
            location.path.push_str(evil);
            location.nested.push(evil.to_owned());
        }
    }
    for file in &mut inventory.files {
        file.path.push_str(evil);
    }
    inventory.coverage.looked.insert(evil.to_owned());
    inventory.coverage.gaps.insert(Gap {
        kind: GapKind::EvidenceUnreadable,
        subject: evil.to_owned(),
        layer: Some(0),
        detail: evil.to_owned(),
    });
    for finding in &mut case.findings {
        finding.id.push_str(evil);
        finding.title.push_str(evil);
        for version in &mut finding.fix.versions {
            version.push_str(evil);
        }
    }
    for reason in case
        .verdict
        .iter_mut()
        .flat_map(|verdict| &mut verdict.reasons)
    {
        reason.rule.push_str(evil);
        reason.message.push_str(evil);
        reason.advice.get_or_insert_default().push_str(evil);
        if let Some(allowed) = &mut reason.allowed {
            allowed.reason.push_str(evil);
        }
    }
}

#[test]
fn nothing_from_an_image_moves_the_cursor() {
    let evil = "\x1b[2J\u{9b}31m\r\n\t\x07\u{202e}\u{2066}\u{200b}\u{10ff9b}\u{e0041}";
    for mut case in [
        fixture::fail(),
        fixture::warn(),
        fixture::cannot_tell(),
        fixture::pass(),
    ] {
        poison(&mut case, evil);
        for all in [false, true] {
            case.all = all;
            case.all_layers = all;
            for format in ["text", "table"] {
                let text = case.render(format);
                let bad = text.chars().find(|&c| {
                    (c.is_control() && c != '\n')
                        || ('\u{2000}'..='\u{206f}').contains(&c)
                        || c > '\u{e000}'
                });
                assert_eq!(bad, None, "{format}: {text}");
            }
            let last = closing_line(case.verdict.as_ref().unwrap());
            assert!(!last.contains(char::is_control), "{last:?}");
        }
    }
}

#[test]
fn lines_keep_their_width() {
    for case in [
        fixture::fail(),
        fixture::warn(),
        fixture::cannot_tell(),
        fixture::pass(),
    ] {
        for line in case.render("text").lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn a_finding_of_a_package_that_is_not_there_is_left_out() {
    let mut case = fixture::warn();
    case.findings
        .push(fixture::finding(99, "CVE-1", Severity::High, &[]));
    for format in ["text", "json", "cyclonedx", "table"] {
        assert!(!case.render(format).contains("\"CVE-1\""));
    }
}

#[test]
fn wide_names_stay_in_their_columns() {
    let mut case = fixture::fail();
    case.inventory.packages[7].record.name = "g:漢字漢字".to_owned();
    let text = case.render("text");
    let line = text
        .lines()
        .find(|line| line.starts_with("漢字漢字 "))
        .unwrap();
    let other = text.lines().find(|line| line.starts_with("curl ")).unwrap();
    // Four wide characters take four columns more than characters.
    assert_eq!(
        line.chars().position(|c| c == '2').map(|at| at + 4),
        other.find("7.88")
    );
}
