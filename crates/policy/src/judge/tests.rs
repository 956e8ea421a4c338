mod composed;

use crate::testing::{Scene, finding};
use crate::verdict::{Action, Evidence, Outcome, Reason, Verdict};
use crate::{Policy, judge};
use plimsoll_types::{
    Digest, Ecosystem, Finding, Fix, FixState, GapKind, ImageConfig, Justification, KnownExploited,
    Severity, Suppressed, Suppression, VexStatement, VexStatus,
};
use std::collections::BTreeSet;

const CRITICAL: &str = "
  - name: critical
    gate: vulnerabilities
    trigger: package
    when: {severity_at_least: critical}
";

fn policy(text: &str) -> Policy {
    Policy::parse(text, "test").unwrap_or_else(|error| panic!("{error}"))
}

/// A policy of these rules, with more at the top.
fn rules(rules: &str, more: &str) -> Policy {
    policy(&format!("version: 1\nname: test\n{more}\nrules:{rules}"))
}

fn verdict(policy: &Policy, scene: &Scene) -> Verdict {
    judge(policy, &scene.subject())
}

fn counting(verdict: &Verdict) -> Vec<(&str, Action)> {
    let reasons = verdict.reasons.iter().filter(|reason| reason.counts());
    reasons
        .map(|reason| (reason.rule.as_str(), reason.action))
        .collect()
}

/// An image with one critical vulnerability that has a fix.
fn vulnerable() -> Scene {
    Scene::default()
        .with_package(Ecosystem::Npm, "left-pad", "1.0.0")
        .with_finding(Finding {
            aliases: vec!["GHSA-aaaa-bbbb-cccc".into()],
            fix: Fix {
                state: FixState::Fixed,
                versions: vec!["1.0.1".into()],
                advisories: Vec::new(),
                ..Fix::default()
            },
            ..finding("CVE-2026-0001", 0, Severity::Critical)
        })
}

#[test]
fn outcomes_follow_the_strongest_counting_reason() {
    let warn = CRITICAL.replace("when:", "action: warn\n    when:");
    let info = CRITICAL.replace("when:", "action: info\n    when:");
    for (text, outcome) in [
        (CRITICAL, Outcome::Fail),
        (warn.as_str(), Outcome::Warn),
        (info.as_str(), Outcome::Pass),
    ] {
        let verdict = verdict(&rules(text, ""), &vulnerable());
        assert_eq!(verdict.outcome, outcome);
        assert_eq!(verdict.reasons.len(), 1);
        assert_eq!(verdict.mapping.as_deref(), Some("*"));
    }
    let clean = verdict(&rules(CRITICAL, ""), &Scene::default());
    assert_eq!((clean.outcome, clean.reasons.len()), (Outcome::Pass, 0));
}

#[test]
fn an_image_that_no_mapping_is_for_is_stopped() {
    let policy = rules(
        CRITICAL,
        "mappings: [{name: ours, images: 'registry.example/other/**'}]",
    );
    let verdict = verdict(&policy, &Scene::default());
    assert_eq!(verdict.outcome, Outcome::Fail);
    assert_eq!(verdict.mapping, None);
    assert_eq!(counting(&verdict), [("mapping", Action::Stop)]);
    assert!(
        verdict.reasons[0]
            .message
            .contains("registry.example/shop/api:1.4.2")
    );
    let empty = rules(CRITICAL, "mappings: []");
    assert_eq!(
        judge(&empty, &Scene::default().subject()).outcome,
        Outcome::Fail
    );
}

#[test]
fn the_first_mapping_that_matches_chooses() {
    let policy = policy(
        "
version: 1
name: test
rule_sets:
  base:
    - {name: health, gate: healthcheck, trigger: missing, action: warn}
  strict:
    - {name: root, gate: user, trigger: root}
mappings:
  - {name: releases, images: {repository: 'shop/*', tag: '*.*.*'}, rule_sets: [strict, base]}
  - {name: rest, images: '*', rule_sets: base}
",
    );
    let scene = Scene::default().with_config(ImageConfig::default());
    let strict = verdict(&policy, &scene);
    assert_eq!(strict.mapping.as_deref(), Some("releases"));
    assert_eq!(
        counting(&strict),
        [("root", Action::Stop), ("health", Action::Warn)]
    );
    let mut other = scene;
    other.inventory.image.reference = Some("registry.example/shop/api:latest".into());
    let base = verdict(&policy, &other);
    assert_eq!(base.mapping.as_deref(), Some("rest"));
    assert_eq!(base.outcome, Outcome::Warn);
}

#[test]
fn silence_about_data_is_no_permission() {
    let missing = Scene::default().without_data();
    let old = Scene::default().with_data("2026-10-01T00:00:00Z");
    for scene in [&missing, &old] {
        let verdict = verdict(&rules(CRITICAL, ""), scene);
        assert_eq!(verdict.outcome, Outcome::CannotTell);
        assert_eq!(counting(&verdict), [("advisory-data", Action::Stop)]);
    }
    let explicit = format!(
        "{CRITICAL}
  - {{name: no-data, gate: advisory-data, trigger: missing, action: warn}}
  - {{name: old-data, gate: advisory-data, trigger: stale, when: {{max_age: 30d}}, action: warn}}
"
    );
    let policy = rules(&explicit, "");
    assert_eq!(
        counting(&verdict(&policy, &missing)),
        [("no-data", Action::Warn)]
    );
    assert_eq!(counting(&verdict(&policy, &old)), []);
}

#[test]
fn a_policy_without_vulnerabilities_needs_no_data() {
    let policy = rules("\n  - {name: root, gate: user, trigger: root}", "");
    let scene = Scene::default()
        .without_data()
        .with_gap(GapKind::NoAdvisoryData, "npm");
    assert_eq!(verdict(&policy, &scene).outcome, Outcome::Pass);
    let vulnerabilities = verdict(&rules(CRITICAL, ""), &scene);
    assert_eq!(vulnerabilities.outcome, Outcome::CannotTell);
    assert_eq!(vulnerabilities.reasons.len(), 2);
}

#[test]
fn only_the_gaps_that_a_rule_speaks_of_are_weakened() {
    let scene = Scene::default()
        .with_gap(GapKind::LimitExceeded, "opt/big.jar")
        .with_gap(GapKind::LayerUnreadable, "")
        .with_gap(GapKind::VersionUnknown, "app/x.jar");
    let silent = verdict(&rules(CRITICAL, ""), &scene);
    assert_eq!(silent.outcome, Outcome::CannotTell);
    assert_eq!(
        counting(&silent),
        [("coverage", Action::Stop), ("coverage", Action::Stop)]
    );
    let some = format!(
        "{CRITICAL}
  - {{name: big, gate: coverage, trigger: gap, when: {{kinds: limit-exceeded}}, action: warn}}
"
    );
    assert_eq!(
        counting(&verdict(&rules(&some, ""), &scene)),
        [("coverage", Action::Stop), ("big", Action::Warn)]
    );
    let all = some.replace(", when: {kinds: limit-exceeded}", "");
    assert_eq!(verdict(&rules(&all, ""), &scene).outcome, Outcome::Warn);
}

#[test]
fn a_vulnerability_weighs_more_than_ignorance() {
    let scene = vulnerable().with_gap(GapKind::LayerUnreadable, "");
    assert_eq!(verdict(&rules(CRITICAL, ""), &scene).outcome, Outcome::Fail);
}

fn allowing(entry: &str) -> Policy {
    rules(
        CRITICAL,
        &format!("allowlist: [{{reason: not reachable, by: ana, {entry}}}]"),
    )
}

#[test]
fn an_entry_holds_through_its_last_day() {
    let policy = allowing("id: cve-2026-0001, until: 2026-10-15");
    let last = verdict(&policy, &vulnerable().at("2026-10-15T23:59:59Z"));
    assert_eq!(last.outcome, Outcome::Pass);
    let allowance = last.reasons[0].allowed.as_ref().unwrap();
    assert_eq!(allowance.by.as_deref(), Some("ana"));
    assert_eq!(allowance.until.as_deref(), Some("2026-10-15"));

    let after = verdict(&policy, &vulnerable().at("2026-10-16T00:00:00Z"));
    assert_eq!(after.outcome, Outcome::Fail);
    assert_eq!(
        counting(&after),
        [("critical", Action::Stop), ("allowlist", Action::Warn)]
    );
    assert_eq!(
        after.reasons[1].message,
        "the allowlist entry for cve-2026-0001 ended on 2026-10-15, so 1 reason counts again \
         (accepted by ana: not reachable)"
    );
    let unused = verdict(&policy, &Scene::default().at("2026-10-16T00:00:00Z"));
    assert!(unused.reasons.is_empty());
}

#[test]
fn an_ended_entry_is_silent_where_another_allows() {
    let policy = rules(
        CRITICAL,
        "allowlist:
  - {id: CVE-2026-0001, reason: old, by: ana, until: 2026-01-01}
  - {package: left-pad, reason: new, by: bob, until: never}",
    );
    let verdict = verdict(&policy, &vulnerable());
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert_eq!(verdict.reasons.len(), 1);
}

#[test]
fn every_selector_of_an_entry_must_match() {
    let fingerprint = {
        let verdict = verdict(&rules(CRITICAL, ""), &vulnerable());
        verdict.reasons[0].fingerprint.clone()
    };
    let fingerprint = format!("fingerprint: '{fingerprint}'");
    for covering in [
        "id: GHSA-AAAA-BBBB-CCCC",
        "rule: critical",
        &fingerprint,
        "package: left-*",
        "package: left-pad, version: 1.0.*",
        "path: /place/**",
        "id: CVE-2026-0001, images: 'registry.example/shop/*'",
    ] {
        let policy = allowing(&format!("{covering}, until: never"));
        assert_eq!(
            verdict(&policy, &vulnerable()).outcome,
            Outcome::Pass,
            "{covering}"
        );
    }
    for other in [
        "id: CVE-2026-0002",
        "fingerprint: 'plm1:00000000000000000000'",
        "package: right-*",
        "package: left-pad, version: 2.*",
        "path: /app/**",
        "id: CVE-2026-0001, images: 'registry.example/bank/*'",
        "id: CVE-2026-0001, package: right-pad",
    ] {
        let policy = allowing(&format!("{other}, until: never"));
        assert_eq!(
            verdict(&policy, &vulnerable()).outcome,
            Outcome::Fail,
            "{other}"
        );
    }
}

#[test]
fn a_path_speaks_for_a_package_only_where_it_names_every_place() {
    let mut scene = vulnerable();
    let mut elsewhere = scene.inventory.packages[0].locations[0].clone();
    elsewhere.path = "srv/left-pad".into();
    scene.inventory.packages[0].locations.push(elsewhere);
    let policy = allowing("path: /place/**, until: never");
    assert_eq!(verdict(&policy, &scene).outcome, Outcome::Fail);
}

#[test]
fn no_allowlist_reaches_the_guards() {
    let scene = Scene::default().with_gap(GapKind::LayerUnreadable, "");
    let guard = verdict(&rules(CRITICAL, ""), &scene);
    let fingerprint = &guard.reasons[0].fingerprint;
    let policy = allowing(&format!("fingerprint: '{fingerprint}', until: never"));
    assert_eq!(verdict(&policy, &scene).outcome, Outcome::CannotTell);
}

#[test]
fn equal_inputs_have_equal_ids_and_any_difference_shows() {
    let starter = Policy::starter();
    let base = verdict(&starter, &vulnerable());
    assert!(base.id.starts_with("plv1:"));
    assert_eq!(base.id.len(), "plv1:".len() + 64);
    assert_eq!(base, verdict(&starter, &vulnerable()));
    let same_day = vulnerable().at("2026-10-15T00:00:00Z");
    assert_eq!(base, verdict(&starter, &same_day));

    let mut renamed = vulnerable();
    renamed.inventory.image.name.push('x');
    renamed.inventory.image.source = "registry".into();
    assert_eq!(base, verdict(&starter, &renamed));

    let mut other_image = vulnerable();
    other_image.inventory.image.config = Some(Digest::sha256([1; 32]));
    let others = [
        verdict(&starter, &vulnerable().at("2026-10-16T00:00:00Z")),
        verdict(&starter, &vulnerable().with_data("2026-10-13T00:00:00Z")),
        verdict(
            &starter,
            &vulnerable().with_finding(finding("CVE-1", 0, Severity::Low)),
        ),
        verdict(&starter, &other_image),
        verdict(&rules(CRITICAL, ""), &vulnerable()),
    ];
    for other in others {
        assert_ne!(base.id, other.id);
    }
}

#[test]
fn an_entry_may_say_that_it_is_no_danger() {
    let vex = "vex: {status: not_affected, justification: vulnerable_code_not_present}";
    let entry = |more: &str| allowing(&format!("id: CVE-2026-0001, until: never{more}"));
    let of = |policy: &Policy| {
        let judged = verdict(policy, &vulnerable());
        judged.reasons[0].allowed.clone().unwrap().vex
    };
    let said = of(&entry(&format!(", {vex}"))).unwrap();
    assert_eq!(said.status, VexStatus::NotAffected);
    assert_eq!(
        said.justification,
        Some(Justification::VulnerableCodeNotPresent)
    );
    assert_eq!(of(&entry("")), None);
    let wrong = vex.replace("not_affected", "affected");
    let document = format!(
        "version: 1\nname: t\nallowlist: [{{id: a, reason: r, by: b, until: never, {wrong}}}]\nrules: []"
    );
    let error = Policy::parse(&document, "t").unwrap_err().to_string();
    assert!(error.contains("is for what is `not_affected`"), "{error}");
}

#[test]
fn the_id_names_the_vex_statements_that_had_an_effect() {
    let starter = Policy::starter();
    let stated = |author: &str, status: VexStatus| VexStatement {
        status,
        justification: None,
        words: String::new(),
        author: author.into(),
        document: String::new(),
        time: None,
    };
    let suppressed = |author: &str| {
        let mut scene = vulnerable();
        let mut finding = scene.findings.remove(0);
        finding.vex = Some(stated(author, VexStatus::NotAffected));
        scene.suppressed.push(Suppressed {
            finding,
            reason: Suppression::Vex,
            detail: String::new(),
        });
        verdict(&starter, &scene)
    };
    let mut annotated = vulnerable();
    annotated.findings[0].vex = Some(stated("vendor", VexStatus::Affected));
    let ids = [
        verdict(&starter, &vulnerable()).id,
        suppressed("vendor").id,
        suppressed("somebody").id,
        verdict(&starter, &annotated).id,
    ];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn the_digest_of_a_policy_is_of_its_meaning() {
    let yaml = rules(CRITICAL, "");
    let json = policy(
        r#"{"name": "test", "rules": [{"name": "critical", "when": {"severity_at_least": "CRITICAL"},
            "trigger": "package", "gate": "vulnerabilities", "action": "stop"}], "version": 1}"#,
    );
    assert_eq!(yaml.identity(), json.identity());
    let other = rules(&CRITICAL.replace("least: critical", "least: high"), "");
    assert_ne!(yaml.identity().digest, other.identity().digest);
}

#[test]
fn reasons_come_strongest_first_then_by_rule_then_by_evidence() {
    let policy = rules(
        "
  - {name: second, gate: user, trigger: root, action: warn}
  - {name: first, gate: packages, trigger: denied, when: {packages: '*'}}
  - {name: third, gate: healthcheck, trigger: missing, action: warn}",
        "",
    );
    let scene = Scene::default()
        .with_config(ImageConfig::default())
        .with_package(Ecosystem::Npm, "b", "1")
        .with_package(Ecosystem::Npm, "a", "1");
    let verdict = verdict(&policy, &scene);
    let order: Vec<(&str, &Evidence)> = verdict
        .reasons
        .iter()
        .map(|reason| (reason.rule.as_str(), &reason.evidence))
        .collect();
    assert_eq!(
        order,
        [
            ("first", &Evidence::Package(0)),
            ("first", &Evidence::Package(1)),
            ("second", &Evidence::Config(None)),
            ("third", &Evidence::Config(None)),
        ]
    );
}

#[test]
fn fingerprints_outlive_versions_and_belong_to_no_rule() {
    let of = |policy: &Policy, version: &str| -> Vec<String> {
        let scene = vulnerable().with_package(Ecosystem::Npm, "telnet", version);
        let reasons = verdict(policy, &scene).reasons;
        reasons.into_iter().map(|r: Reason| r.fingerprint).collect()
    };
    let denied = "
  - {name: one, gate: packages, trigger: denied, when: {packages: telnet}}";
    let one = of(&rules(&format!("{CRITICAL}{denied}"), ""), "1.0");
    let two = of(
        &rules(&format!("{CRITICAL}{}", denied.replace("one", "two")), ""),
        "2.0",
    );
    assert_eq!(one, two);
    assert_eq!(one.len(), 2);
    assert!(one.iter().all(|f| f.starts_with("plm1:") && f.len() == 25));
}

#[test]
fn the_advice_of_a_rule_replaces_that_of_the_gate() {
    let text = CRITICAL.replace("when:", "advice: ask the platform team\n    when:");
    let verdict = verdict(&rules(&text, ""), &vulnerable());
    assert_eq!(
        verdict.reasons[0].advice.as_deref(),
        Some("ask the platform team")
    );
}

#[test]
fn the_starter_policy_does_what_the_readme_says() {
    let starter = Policy::starter();
    assert_eq!(starter.identity().name, "starter");
    let sloppy = vulnerable()
        .with_package(Ecosystem::Deb, "openssh-server", "1:9.2p1-2")
        .with_file("usr/bin/su", plimsoll_types::FileKind::File, 0o4755)
        .with_file("usr/bin/pwn", plimsoll_types::FileKind::File, 0o4755)
        .with_config(ImageConfig {
            exposed_ports: vec!["22/tcp".into(), "8080/tcp".into()],
            ..ImageConfig::default()
        });
    let sloppy = verdict(&starter, &sloppy);
    assert_eq!(sloppy.outcome, Outcome::Fail);
    assert_eq!(
        counting(&sloppy),
        [
            ("critical-with-fix", Action::Stop),
            ("runs-as-root", Action::Warn),
            ("no-healthcheck", Action::Warn),
            ("unusual-setuid", Action::Warn),
            ("remote-login-port", Action::Warn),
            ("remote-login-server", Action::Warn),
        ]
    );
    let package = verdict(&starter, &Scene::default());
    assert_eq!((package.outcome, package.reasons.len()), (Outcome::Pass, 0));
    for ignorant in [
        Scene::default().without_data(),
        Scene::default().with_data("2026-10-09T00:00:00Z"),
        Scene::default().with_gap(GapKind::DistroUnknown, ""),
    ] {
        assert_eq!(verdict(&starter, &ignorant).outcome, Outcome::CannotTell);
    }
}

#[test]
fn what_the_other_image_has_too_warns_instead_of_stopping() {
    let policy = rules(CRITICAL, "");
    let older = Scene::default()
        .with_package(Ecosystem::Npm, "left-pad", "0.9.0")
        .with_finding(finding("CVE-2026-0001", 0, Severity::Critical));
    let known = verdict(&policy, &vulnerable().against(&older));
    assert_eq!(known.outcome, Outcome::Warn);
    let reason = &known.reasons[0];
    assert!(reason.known && reason.counts());
    assert_eq!(
        (reason.action, reason.effect()),
        (Action::Stop, Action::Warn)
    );
    let against = known.against.as_ref().unwrap();
    assert_eq!((against.known, against.new.len()), (1, 0));

    let scene = vulnerable().with_finding(finding("CVE-2026-0002", 0, Severity::Critical));
    let new = verdict(&policy, &scene.against(&older));
    assert_eq!(new.outcome, Outcome::Fail);
    let against = new.against.as_ref().unwrap();
    assert_eq!((against.known, &against.new[..]), (1, &[1][..]));
    let effects: Vec<_> = new.reasons.iter().map(Reason::effect).collect();
    assert_eq!(effects, [Action::Stop, Action::Warn]);
}

#[test]
fn a_finding_that_became_worse_is_new() {
    let policy = rules(CRITICAL, "");
    let other = |severity| {
        Scene::default()
            .with_package(Ecosystem::Npm, "left-pad", "1.0.0")
            .with_finding(finding("CVE-2026-0001", 0, severity))
    };
    for severity in [Severity::High, Severity::Unknown] {
        let verdict = verdict(&policy, &vulnerable().against(&other(severity)));
        assert_eq!(verdict.outcome, Outcome::Fail, "{severity}");
    }
    let mut exploited = vulnerable();
    exploited.findings[0].known_exploited = Some(KnownExploited {
        added: "2026-10-01".into(),
        due: "2026-10-22".into(),
        ransomware: false,
    });
    let exploited = exploited.against(&other(Severity::Critical));
    assert_eq!(verdict(&policy, &exploited).outcome, Outcome::Fail);
    // The worst of several packages of one name is what is known of them.
    let two = other(Severity::Low)
        .with_package(Ecosystem::Npm, "left-pad", "2.0.0")
        .with_finding(finding("CVE-2026-0001", 1, Severity::Critical));
    let known = verdict(&policy, &vulnerable().against(&two));
    assert_eq!(known.outcome, Outcome::Warn);
}

#[test]
fn a_baseline_excuses_vulnerabilities_and_nothing_else() {
    let policy = rules(
        "
  - {name: root, gate: user, trigger: root}",
        "",
    );
    let scene = || Scene::default().with_config(ImageConfig::default());
    let root = verdict(&policy, &scene().against(&scene()));
    assert_eq!(root.outcome, Outcome::Fail);
    let blind = vulnerable().with_gap(GapKind::LayerUnreadable, "");
    let blind = verdict(&rules(CRITICAL, ""), &blind.against(&vulnerable()));
    assert_eq!(blind.outcome, Outcome::CannotTell);
}

#[test]
fn the_id_depends_on_what_was_known_and_not_on_what_it_was_called() {
    let policy = rules(CRITICAL, "");
    let empty = Scene::default();
    let plain = verdict(&policy, &vulnerable()).id;
    let new = verdict(&policy, &vulnerable().against(&empty)).id;
    let known = verdict(&policy, &vulnerable().against(&vulnerable())).id;
    assert_eq!(
        [&plain, &new, &known].iter().collect::<BTreeSet<_>>().len(),
        3
    );
    let mut renamed = vulnerable();
    let other = vulnerable();
    renamed.baseline = Some(crate::Baseline::of("x", &other.inventory, &other.findings));
    assert_eq!(verdict(&policy, &renamed).id, known);
}
