//! Rules on several triggers, with thresholds and time left.

use super::{counting, rules, verdict, vulnerable};
use crate::testing::{Scene, finding};
use crate::verdict::{Action, Hold, Outcome};
use plimsoll_types::{Ecosystem, Finding, ImageConfig, Severity};

fn exposing(ports: &[&str], user: &str) -> Scene {
    Scene::default().with_config(ImageConfig {
        user: user.to_owned(),
        exposed_ports: ports.iter().map(|port| (*port).to_owned()).collect(),
        ..ImageConfig::default()
    })
}

#[test]
fn a_composed_rule_fires_once_when_its_parts_agree() {
    let text = "
  - name: root-with-ssh
    all_of:
      - { gate: user, trigger: root }
      - any_of:
          - { gate: ports, trigger: denied, when: { ports: 22 } }
          - { gate: ports, trigger: denied, when: { ports: [3389, 5900] } }
    none_of:
      - { gate: packages, trigger: denied, when: { packages: bastion } }
";
    let policy = rules(text, "");
    let found = verdict(&policy, &exposing(&["22/tcp"], ""));
    assert_eq!(counting(&found), [("root-with-ssh", Action::Stop)]);
    assert_eq!(
        found.reasons[0].message,
        "runs as root: no USER is set; and exposes port 22/tcp, which is denied (22/tcp); and packages.denied does not fire"
    );
    for scene in [
        exposing(&["22/tcp"], "app"),
        exposing(&["80/tcp"], ""),
        exposing(&["22/tcp"], "").with_package(Ecosystem::Deb, "bastion", "1"),
    ] {
        assert_eq!(verdict(&policy, &scene).reasons, []);
    }
}

#[test]
fn vulnerabilities_inside_a_composed_rule_still_need_data() {
    let text = "
  - name: both
    all_of:
      - { gate: user, trigger: root }
      - { gate: vulnerabilities, trigger: package }
";
    let scene = exposing(&[], "app").without_data();
    assert_eq!(
        verdict(&rules(text, ""), &scene).outcome,
        Outcome::CannotTell
    );
}

#[test]
fn a_threshold_counts_what_is_not_allowed() {
    let text = "
  - name: few
    gate: vulnerabilities
    trigger: package
    more_than: 1
";
    let two = || vulnerable().with_finding(finding("CVE-2026-0002", 0, Severity::Low));
    let policy = rules(text, "");
    assert_eq!(verdict(&policy, &two()).outcome, Outcome::Fail);
    let one = verdict(&policy, &vulnerable());
    assert_eq!(one.outcome, Outcome::Pass);
    let hold = Hold::Threshold {
        found: 1,
        more_than: 1,
    };
    assert_eq!(one.reasons[0].hold, Some(hold));
    let allowed = rules(
        text,
        "allowlist: [{id: CVE-2026-0002, reason: r, by: b, until: never}]",
    );
    assert_eq!(verdict(&allowed, &two()).outcome, Outcome::Pass);
}

#[test]
fn time_left_is_shown_with_its_last_day_and_then_runs_out() {
    let text = "
  - name: grace
    gate: vulnerabilities
    trigger: package
    grace: 30d
";
    let policy = rules(text, "");
    let scene = |published: Option<&str>| {
        Scene::default()
            .with_package(Ecosystem::Npm, "left-pad", "1.0.0")
            .with_finding(Finding {
                published: published.map(str::to_owned),
                ..finding("CVE-2026-0001", 0, Severity::Critical)
            })
    };
    let held = verdict(&policy, &scene(Some("2026-09-15T10:00:00Z")));
    assert_eq!(held.outcome, Outcome::Warn);
    assert_eq!(held.reasons[0].action, Action::Stop);
    let hold = held.reasons[0].hold.as_ref().map(ToString::to_string);
    assert_eq!(hold.as_deref(), Some("stops after 2026-10-15"));
    let over = verdict(&policy, &scene(Some("2026-09-14T23:00:00Z")));
    assert_eq!(over.outcome, Outcome::Fail);
    assert_ne!(held.id, over.id);
    // Nobody knows how long it has been there.
    assert_eq!(verdict(&policy, &scene(None)).outcome, Outcome::Fail);
}

#[test]
fn a_new_rule_may_begin_later() {
    let text = "
  - { name: root, gate: user, trigger: root, grace: { until: 2026-10-15 } }
";
    let policy = rules(text, "");
    let scene = exposing(&[], "");
    assert_eq!(verdict(&policy, &scene).outcome, Outcome::Warn);
    let tomorrow = scene
        .at("2026-10-16T00:00:00Z")
        .with_data("2026-10-15T00:00:00Z");
    assert_eq!(verdict(&policy, &tomorrow).outcome, Outcome::Fail);
}

#[test]
fn an_exception_may_hold_only_while_there_is_no_fix() {
    let text = "
  - { name: all, gate: vulnerabilities, trigger: package }
";
    let policy = rules(
        text,
        "allowlist: [{id: CVE-2026-0001, when: {fix_available: false}, reason: r, by: b, until: never}]",
    );
    assert_eq!(verdict(&policy, &vulnerable()).outcome, Outcome::Fail);
    let unfixed = Scene::default()
        .with_package(Ecosystem::Npm, "left-pad", "1.0.0")
        .with_finding(finding("CVE-2026-0001", 0, Severity::Critical));
    assert_eq!(verdict(&policy, &unfixed).outcome, Outcome::Pass);
}

#[test]
fn denied_images_stop_and_allowed_ones_pass_but_for_what_is_not_known() {
    let text = "
  - { name: all, gate: vulnerabilities, trigger: package }
";
    let allowed = "allowed_images: [{images: 'registry.example/shop/**', reason: known good, by: ana, until: 2026-12-31}]";
    let policy = rules(text, allowed);
    let passed = verdict(&policy, &vulnerable());
    assert_eq!(passed.outcome, Outcome::Pass);
    let reason = passed.reasons[0]
        .allowed
        .as_ref()
        .map(|allowance| &allowance.reason);
    assert_eq!(reason.map(String::as_str), Some("known good"));
    assert_eq!(
        verdict(&policy, &vulnerable().without_data()).outcome,
        Outcome::CannotTell
    );

    let denied = "denied_images: [{images: 'registry.example/shop/*', reason: retired}]";
    let denied = rules(text, &format!("{allowed}\n{denied}"));
    let stopped = verdict(&denied, &Scene::default());
    assert_eq!(counting(&stopped), [("denied-images", Action::Stop)]);
    assert!(stopped.reasons[0].message.ends_with("is denied: retired"));
}

#[test]
fn the_default_action_is_for_images_that_no_mapping_is_for() {
    let text = "mappings: [{name: ours, images: 'other/**'}]\ndefault_action: ";
    for (action, outcome) in [
        ("warn", Outcome::Warn),
        ("go", Outcome::Pass),
        ("stop", Outcome::Fail),
    ] {
        let policy = rules(
            "\n  - { name: root, gate: user, trigger: root }\n",
            &format!("{text}{action}"),
        );
        let verdict = verdict(&policy, &Scene::default());
        assert_eq!(verdict.outcome, outcome, "{action}");
        assert_eq!(verdict.reasons[0].rule, "mapping");
    }
}

#[test]
fn an_exception_that_ends_soon_says_so() {
    let text = "
  - { name: all, gate: vulnerabilities, trigger: package }
";
    let entry = |until: &str| {
        format!("allowlist: [{{id: CVE-2026-0001, reason: r, by: b, until: {until}}}]")
    };
    let soon = verdict(&rules(text, &entry("2026-10-20")), &vulnerable());
    assert_eq!(counting(&soon), [("allowlist", Action::Info)]);
    assert!(soon.reasons.iter().any(|reason| reason.message
        == "the allowlist entry for CVE-2026-0001 ends on 2026-10-20, 5 days from now, and covers 1 reason"));
    let later = verdict(&rules(text, &entry("2026-10-30")), &vulnerable());
    assert_eq!(counting(&later), []);
}

#[test]
fn what_a_document_extends_comes_first_and_can_be_replaced() {
    let base = "version: 1
name: company
rule_sets:
  base:
    - { name: root, gate: user, trigger: root }
    - { name: ssh, gate: ports, trigger: denied, when: { ports: 22 } }
    - { name: check, gate: healthcheck, trigger: missing }
mappings: [{ name: all, images: '*', rule_sets: base }]
allowlist: [{ rule: ssh, path: x, reason: r, by: b, until: never }]
";
    let team = "version: 1
name: team
extends: company.yaml
disable: check
rules:
  - { name: root, gate: user, trigger: root, action: warn }
  - { name: telnet, gate: ports, trigger: denied, when: { ports: 23 } }
allowlist: [{ rule: telnet, path: x, reason: r, by: b, until: never }]
";
    let read = |team: &str, base: &str| {
        let document = |name: &str, text: &str| crate::Document {
            name: name.into(),
            text: text.into(),
        };
        let base = document("company.yaml", base);
        let team = document("team.yaml", team);
        crate::Policy::read(&team, &mut |reference, from| match reference {
            "company.yaml" => Ok(base.clone()),
            "team.yaml" => Ok(team.clone()),
            _ => Err(format!("no such file beside {from}")),
        })
        .map_err(|error| error.to_string())
    };
    let policy = read(team, base).unwrap();
    let found = verdict(&policy, &exposing(&["22/tcp", "23/tcp"], ""));
    assert_eq!(
        counting(&found),
        [
            ("ssh", Action::Stop),
            ("telnet", Action::Stop),
            ("root", Action::Warn)
        ]
    );
    for (team, base, error) in [
        (
            team,
            "version: 1\nname: x\nrules: [{name: a, gate: user, trigger: rot}]\n",
            "company.yaml:3:40: rule `a`: unknown trigger `rot`; did you mean `root`?",
        ),
        (
            "version: 1\nname: t\nextends: nowhere.yaml\n",
            base,
            "team.yaml:3:10: `extends`: `nowhere.yaml` cannot be read: no such file beside team.yaml",
        ),
        (
            team,
            "version: 1\nname: x\nextends: team.yaml\n",
            "company.yaml:3:10: `extends`: `team.yaml` extends this document in turn; take one of them out",
        ),
        (
            "version: 1\nname: t\nextends: company.yaml\ndisable: [chek]\n",
            base,
            "team.yaml:4:10: unknown inherited rule `chek`; did you mean `check`?",
        ),
    ] {
        assert_eq!(read(team, base).unwrap_err().lines().next(), Some(error));
    }
    let unknown = policy_error("version: 1\nname: t\nextends: x.yaml\n");
    assert!(unknown.contains("cannot extend another here"), "{unknown}");
}

#[test]
fn what_cannot_be_told_is_neither_a_yes_nor_a_no() {
    let unknown =
        "{ gate: expression, trigger: image, when: { holds: \"image.labels.signed == 'yes'\" } }";
    let never = "{ gate: ports, trigger: denied, when: { ports: 9999 } }";
    let root = "{ gate: user, trigger: root }";
    let scene = || exposing(&["80/tcp"], "");
    for (rule, outcome) in [
        (format!("none_of: [{unknown}]"), Outcome::CannotTell),
        (format!("all_of: [{unknown}, {root}]"), Outcome::CannotTell),
        (format!("all_of: [{unknown}, {never}]"), Outcome::Pass),
        (format!("any_of: [{unknown}, {root}]"), Outcome::Fail),
        (format!("any_of: [{unknown}, {never}]"), Outcome::CannotTell),
        (format!("none_of: [{root}, {unknown}]"), Outcome::Pass),
        (format!("none_of: [{never}]"), Outcome::Fail),
    ] {
        let policy = rules(&format!("\n  - {{ name: r, {rule} }}\n"), "");
        assert_eq!(verdict(&policy, &scene()).outcome, outcome, "{rule}");
    }
    let alone = unknown.trim_start_matches("{ ");
    for more in ["", "more_than: 5, "] {
        let policy = rules(&format!("\n  - {{ name: r, {more}{alone}\n"), "");
        assert_eq!(
            verdict(&policy, &scene()).outcome,
            Outcome::CannotTell,
            "{more}"
        );
    }
}

#[test]
fn a_rule_that_mentions_missing_data_inside_another_is_no_word_on_it() {
    for rule in [
        "none_of: [{ gate: advisory-data, trigger: missing }], action: info",
        "all_of: [{ gate: advisory-data, trigger: missing }, { gate: ports, trigger: denied, when: { ports: 9 } }]",
        "gate: advisory-data, trigger: missing, more_than: 5",
    ] {
        let text = format!(
            "\n  - {{ name: r, {rule} }}\n  - {{ name: v, gate: vulnerabilities, trigger: package }}\n"
        );
        let verdict = verdict(&rules(&text, ""), &vulnerable().without_data());
        assert!(verdict.outcome >= Outcome::CannotTell, "{rule}");
    }
}

#[test]
fn an_image_that_is_let_through_is_still_not_known_where_it_is_not() {
    let policy = rules(
        "\n  - { name: m, gate: advisory-data, trigger: missing }\n",
        "allowed_images: [{images: '*', reason: r, by: b, until: never}]",
    );
    let verdict = verdict(&policy, &vulnerable().without_data());
    assert_eq!(verdict.outcome, Outcome::CannotTell);
}

#[test]
fn an_exception_does_not_rest_on_what_is_not_known() {
    let error = policy_error(
        "version: 1\nname: p\nrules: []\nallowlist: [{id: X, when: {published_for: 3d}, reason: r, by: b, until: never}]\n",
    );
    assert!(error.contains("an exception cannot rest on it"), "{error}");
}

#[test]
fn a_mapping_without_rules_is_said() {
    let policy = rules(" []", "");
    let verdict = verdict(&policy, &Scene::default());
    assert_eq!(verdict.outcome, Outcome::Warn);
    assert_eq!(
        verdict.reasons[0].message,
        "mapping `*` chooses no rule, so nothing is judged"
    );
}

#[test]
fn extending_loses_no_rule() {
    let top = "version: 1\nname: top\nrules: [{ name: root, gate: user, trigger: root }]\n";
    let mapped = "version: 1\nname: mapped\nrule_sets: { base: [{ name: ssh, gate: ports, trigger: denied, when: { ports: 22 } }] }\nmappings: [{ name: all, images: '*', rule_sets: base }]\n";
    let read = |text: &str| {
        let document = |name: &str, text: &str| crate::Document {
            name: name.into(),
            text: text.into(),
        };
        crate::Policy::read(&document("own.yaml", text), &mut |reference, _| {
            Ok(match reference {
                "top.yaml" => document(reference, top),
                _ => document(reference, mapped),
            })
        })
        .unwrap_or_else(|error| panic!("{error}"))
    };
    let stops = |policy: &crate::Policy| {
        let verdict = verdict(policy, &exposing(&["22/tcp"], ""));
        let names: Vec<String> = verdict.reasons.iter().map(|r| r.rule.clone()).collect();
        names
    };
    for order in ["top.yaml, mapped.yaml", "mapped.yaml, top.yaml"] {
        let policy = read(&format!("version: 1\nname: own\nextends: [{order}]\n"));
        let mut names = stops(&policy);
        names.sort();
        assert_eq!(names, ["root", "ssh"], "{order}");
    }
    // The rule that takes another's place judges the same images.
    let policy = read(
        "version: 1\nname: own\nextends: mapped.yaml\nrules: [{ name: ssh, gate: ports, trigger: denied, when: { ports: 22 }, advice: ours }]\nmappings: [{ name: team, images: 'team/**' }]\n",
    );
    assert_eq!(stops(&policy), ["ssh"]);
}

fn policy_error(text: &str) -> String {
    crate::Policy::parse(text, "p").unwrap_err().to_string()
}
