use super::*;
use crate::testing::finding;
use crate::{Action, Evidence, Outcome};
use plimsoll_types::{Cvss, Ecosystem, Finding, Fix, FixState, GapKind, Severity, SeverityClaim};

fn stop_root() -> Value {
    rule(
        "dockerfile",
        "effective_user",
        "STOP",
        json!({"users": "root", "type": "blacklist"}),
    )
}

fn root() -> Scene {
    Scene::default().with_config(ImageConfig::default())
}

#[test]
fn an_image_without_mapping_passes_and_that_is_said() {
    let mut document = bundle(json!([stop_root()]));
    document["mappings"] = json!([mapping("v9", "p", json!([]))]);
    let verdict = verdict(&document, &root());
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert_eq!(verdict.mapping, None);
    assert_eq!(verdict.evaluation.as_ref().unwrap().mapping, None);
    assert!(verdict.reasons[0].message.contains("no mapping"));
}

#[test]
fn the_first_mapping_that_matches_decides_alone() {
    let mut document = bundle(json!([stop_root()]));
    let other = json!({"id": "q", "version": "1_0", "name": "q", "rules": []});
    document["policies"].as_array_mut().unwrap().push(other);
    document["mappings"] = json!([
        mapping("1.4.2", "q", json!([])),
        mapping("*", "p", json!([])),
    ]);
    let verdict = verdict(&document, &root());
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert_eq!(verdict.mapping.as_deref(), Some("1.4.2 q"));
}

#[test]
fn image_lists_come_after_rules_and_the_denied_one_wins() {
    let image = json!({
        "id": "i", "name": "ours", "registry": "registry.example", "repository": "shop/*",
        "image": {"type": "tag", "value": "1.4.2"},
    });
    let mut document = bundle(json!([stop_root()]));
    document["whitelisted_images"] = json!([image]);
    let allowed = verdict(&document, &root());
    assert_eq!(allowed.outcome, Outcome::Pass);
    // The row still says stop: no allowlist took its effect.
    let reasons = findings(&allowed);
    assert_eq!(reasons[0].action, Action::Stop);
    assert!(reasons[0].allowed.as_ref().unwrap().item.is_none());

    document["blacklisted_images"] = json!([image]);
    let denied = verdict(&document, &root());
    assert_eq!(denied.outcome, Outcome::Fail);
    let evaluation = denied.evaluation.as_ref().unwrap();
    assert!(evaluation.denied_image.is_some() && evaluation.allowed_image.is_some());
}

#[test]
fn image_lists_know_digests_and_ids() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let mut scene = root();
    scene.inventory.image.manifest = Some(digest.parse().unwrap());
    scene.inventory.image.config = Some(format!("sha256:{}", "b".repeat(64)).parse().unwrap());
    for (kind, value) in [("digest", digest), ("id", "b".repeat(64))] {
        let mut document = bundle(json!([]));
        document["blacklisted_images"] = json!([{
            "name": "x", "registry": "*", "repository": "*",
            "image": {"type": kind, "value": value},
        }]);
        assert_eq!(verdict(&document, &scene).outcome, Outcome::Fail, "{kind}");
        assert_eq!(verdict(&document, &root()).outcome, Outcome::Pass, "{kind}");
    }
}

fn with_items(rules: Value, items: Value) -> Value {
    let mut document = bundle(rules);
    document["whitelists"] = json!([{"id": "w", "version": "1_0", "name": "w", "items": items}]);
    document["mappings"] = json!([mapping("*", "p", json!(["w"]))]);
    document
}

#[test]
fn a_warning_is_left_where_every_stop_is_allowed() {
    let warn = rule(
        "dockerfile",
        "instruction",
        "WARN",
        json!({"instruction": "HEALTHCHECK", "check": "not_exists"}),
    );
    let items = json!([{"id": "i", "gate": "Dockerfile", "trigger_id": "cbff271f45d32e78dcc1979dbca9c14d"}]);
    let document = with_items(json!([stop_root(), warn]), items);
    let verdict = verdict(&document, &root());
    assert_eq!(verdict.outcome, Outcome::Warn);
    assert_eq!(verdict.outcome.exit_code(), 0);
    let item = findings(&verdict)[0]
        .allowed
        .as_ref()
        .unwrap()
        .item
        .as_ref()
        .unwrap();
    assert_eq!((item.list.as_str(), item.item.as_str()), ("w", "i"));
}

#[test]
fn an_item_holds_up_to_its_second() {
    let item = |end: &str| {
        let item = json!([{"gate": "dockerfile", "trigger_id": "*", "expires_on": end}]);
        verdict(&with_items(json!([stop_root()]), item), &root()).outcome
    };
    // Scenes play on 2026-10-15 at noon.
    assert_eq!(item("2026-10-15T11:59:59Z"), Outcome::Fail);
    assert_eq!(item("2026-10-15T12:00:00Z"), Outcome::Fail);
    assert_eq!(item("2026-10-15T12:00:01Z"), Outcome::Pass);
    assert_eq!(item("2026-10-15T12:00:01:000Z"), Outcome::Pass);
}

#[test]
fn a_star_covers_every_trigger_of_the_gate() {
    let rules = json!([
        stop_root(),
        rule("dockerfile", "no_dockerfile_provided", "STOP", json!({})),
        rule("always", "always", "WARN", json!({})),
    ]);
    let items = json!([{"gate": "dockerfile", "trigger_id": "*"}]);
    let verdict = verdict(&with_items(rules, items), &root());
    assert_eq!(verdict.outcome, Outcome::Warn);
}

/// One vulnerability of each severity, in packages of their own.
fn vulnerable() -> Scene {
    let mut scene = Scene::default();
    for (at, severity) in Severity::WORST_FIRST.into_iter().enumerate() {
        let name = format!("{severity}-lib");
        scene = scene.with_package(Ecosystem::Deb, &name, "1.0-1");
        scene = scene.with_finding(finding(&format!("CVE-{at}"), at, severity));
    }
    scene
}

fn ids(params: Value, scene: &Scene) -> Vec<String> {
    let found = found("vulnerabilities", "package", params, scene);
    found
        .into_iter()
        .map(|reason| reason.legacy_id.unwrap())
        .collect()
}

#[test]
fn without_severity_unknown_ones_are_silent() {
    let ids = ids(json!({"package_type": "all"}), &vulnerable());
    assert_eq!(ids.len(), 5);
    assert!(!ids.iter().any(|id| id.ends_with("unknown-lib")));
}

#[test]
fn severities_are_compared_by_rank() {
    let compared = |comparison: &str, severity: &str| {
        let params = json!({
            "package_type": "ALL", "severity_comparison": comparison, "severity": severity,
        });
        ids(params, &vulnerable()).len()
    };
    assert_eq!(compared(">=", "negligible"), 5);
    assert_eq!(compared("=", "medium"), 1);
    assert_eq!(compared(">", "medium"), 2);
    assert_eq!(compared("!=", "High"), 5);
    assert_eq!(compared("<", "low"), 2);
}

fn scored(source: &str, version: &str, vector: &str, score: f64) -> Finding {
    Finding {
        severities: vec![SeverityClaim {
            source: source.into(),
            severity: Severity::Critical,
            cvss: Some(Cvss {
                version: version.into(),
                vector: vector.into(),
                score,
            }),
        }],
        ..finding("CVE-1", 0, Severity::Critical)
    }
}

fn with_finding(finding: Finding) -> Scene {
    Scene::default()
        .with_package(Ecosystem::Deb, "zlib1g", "1.2-1")
        .with_finding(finding)
}

#[test]
fn what_has_no_score_counts_as_minus_one() {
    let below = json!({
        "package_type": "all", "cvss_v3_base_score_comparison": "<", "cvss_v3_base_score": "5",
    });
    let unscored = with_finding(finding("CVE-1", 0, Severity::High));
    assert_eq!(ids(below.clone(), &unscored), ["CVE-1+zlib1g"]);
    let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    let nvd = with_finding(scored("nvd", "3.1", vector, 9.8));
    assert!(ids(below, &nvd).is_empty());
    for (parameter, least, fires) in [
        ("cvss_v3_base_score", 9.8, true),
        ("cvss_v3_base_score", 9.9, false),
        ("cvss_v3_exploitability_score", 3.9, true),
        ("cvss_v3_exploitability_score", 4.0, false),
        ("cvss_v3_impact_score", 5.9, true),
        ("cvss_v3_impact_score", 6.0, false),
        ("vendor_cvss_v3_base_score", 1.0, false),
    ] {
        let params = json!({"package_type": "all", parameter: least});
        assert_eq!(!ids(params, &nvd).is_empty(), fires, "{parameter} {least}");
    }
    let vendor = with_finding(scored("redhat", "3.1", vector, 9.8));
    let params = json!({
        "package_type": "all", "vendor_cvss_v3_base_score": 9, "vendor_cvss_v3_impact_score": 5,
        "vendor_cvss_v3_exploitability_score": "3",
    });
    let reasons = found("vulnerabilities", "package", params, &vendor);
    assert_eq!(
        reasons[0].message,
        "CRITICAL Vulnerability found in os package type (dpkg) - zlib1g \
         (vendor_cvss_v3_base_score=9.8 vendor_cvss_v3_exploitability_score=3.9 \
         vendor_cvss_v3_impact_score=5.9)(CVE-1 - None)"
    );
}

fn fixed(state: FixState, since: Option<&str>) -> Scene {
    let versions = match state {
        FixState::Fixed => vec!["1.2-2".to_owned()],
        _ => Vec::new(),
    };
    with_finding(Finding {
        fix: Fix {
            state,
            versions,
            since: since.map(str::to_owned),
            ..Fix::default()
        },
        published: Some("2026-10-10T12:00:00Z".into()),
        ..finding("CVE-1", 0, Severity::High)
    })
}

#[test]
fn fixes_and_ages_narrow() {
    let none = fixed(FixState::NotFixed, None);
    let new = fixed(FixState::Fixed, Some("2026-10-01"));
    let wont = fixed(FixState::WontFix, None);
    for (params, scene, fires) in [
        (json!({"fix_available": "false"}), &none, true),
        (json!({"fix_available": "true"}), &none, false),
        (json!({"fix_available": false}), &new, false),
        // Without fix_available the age of the fix is not asked for.
        (json!({"max_days_since_fix": "30"}), &new, true),
        (
            json!({"max_days_since_fix": "30", "fix_available": "true"}),
            &new,
            false,
        ),
        (
            json!({"max_days_since_fix": "14", "fix_available": "true"}),
            &new,
            true,
        ),
        (json!({"max_days_since_creation": "5"}), &none, true),
        (json!({"max_days_since_creation": 6}), &none, false),
        (json!({}), &wont, false),
        (json!({"vendor_only": "true"}), &wont, false),
        // Anchore forgets such records before the rule sees them.
        (json!({"vendor_only": "false"}), &wont, true),
    ] {
        let mut all = params.clone();
        all["package_type"] = json!("all");
        assert_eq!(!ids(all, scene).is_empty(), fires, "{params}");
    }
}

#[test]
fn language_packages_are_called_by_where_they_lie() {
    let place = |ecosystem, path: &str| {
        let mut scene = Scene::default().with_package(ecosystem, "left-pad", "1.0.0");
        scene.inventory.packages[0].locations[0].path = path.into();
        scene.with_finding(finding("CVE-1", 0, Severity::High))
    };
    let id = |scene: &Scene| ids(json!({"package_type": "non-os"}), scene);
    let jar = place(Ecosystem::Maven, "app/left-pad-1.0.0.jar");
    assert_eq!(id(&jar), ["CVE-1+left-pad-1.0.0.jar"]);
    let npm = place(Ecosystem::Npm, "app/node_modules/left-pad/package.json");
    assert_eq!(id(&npm), ["CVE-1+left-pad"]);
    let pypi = place(Ecosystem::Pypi, "usr/lib/left_pad.dist-info/METADATA");
    assert_eq!(id(&pypi), ["CVE-1+left-pad-1.0.0"]);
    // Anchore takes a crate for a package of the system; here it is both.
    let cargo = place(Ecosystem::Cargo, "usr/bin/x");
    assert_eq!(id(&cargo), ["CVE-1+left-pad"]);
    assert_eq!(
        ids(json!({"package_type": "os"}), &cargo),
        ["CVE-1+left-pad"]
    );
    let left_out = json!({"package_type": "all", "package_path_exclude": "/app/.*\\.jar"});
    assert!(ids(left_out.clone(), &jar).is_empty());
    assert_eq!(ids(left_out, &npm).len(), 1);
}

#[test]
fn aliases_are_allowed_and_denied_too() {
    let scene = with_finding(Finding {
        aliases: vec!["GHSA-1".into()],
        ..finding("CVE-1", 0, Severity::High)
    });
    let package = rule(
        "vulnerabilities",
        "package",
        "STOP",
        json!({"package_type": "all"}),
    );
    for id in [
        "GHSA-1+zlib1g",
        "CVE-1+*",
        "*+zlib1g",
        "regexp:CVE-[0-9]+\\+zlib",
    ] {
        let items = json!([{"gate": "vulnerabilities", "trigger_id": id}]);
        let verdict = verdict(&with_items(json!([package]), items), &scene);
        assert_eq!(verdict.outcome, Outcome::Pass, "{id}");
    }
    let denied = found(
        "vulnerabilities",
        "blacklist",
        json!({"vulnerability_ids": "CVE-7, GHSA-1"}),
        &scene,
    );
    assert_eq!(
        denied[0].message,
        "Blacklisted vulnerabilities detected: ['GHSA-1']"
    );
}

#[test]
fn ports_of_every_builder_are_seen() {
    let denied = json!({"ports": "22", "type": "blacklist"});
    let allowed = json!({"ports": "80", "type": "whitelist"});
    let ids = |params: &Value, config: ImageConfig| {
        let scene = Scene::default().with_config(config);
        let found = found("dockerfile", "exposed_ports", params.clone(), &scene);
        found
            .into_iter()
            .map(|r| r.legacy_id.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&denied, exposing("22/tcp")),
        ["94f1be4261f132c97cbb7a32f631a0e1"]
    );
    let buildkit = ImageConfig {
        exposed_ports: vec!["22/tcp".into()],
        ..built(&["EXPOSE map[22/tcp:{}]"])
    };
    assert_eq!(ids(&denied, buildkit), ["94f1be4261f132c97cbb7a32f631a0e1"]);
    assert_eq!(ids(&denied, exposing("8022")).len(), 0);
    assert_eq!(ids(&allowed, exposing("80 443")).len(), 1);
    // What Anchore overlooks.
    let any = json!({"ports": "0", "type": "denylist"});
    assert_eq!(ids(&any, exposing("8080")).len(), 1);
    let range = ImageConfig {
        exposed_ports: vec!["20-30/tcp".into()],
        ..ImageConfig::default()
    };
    assert_eq!(ids(&denied, range).len(), 1);
}

#[test]
fn root_is_root_however_it_is_written() {
    for user in ["", "root", "root:root", "0", "0:0", "toor"] {
        let scene = Scene::default().with_user("root", 0).with_user("toor", 0);
        let scene = scene.with_config(ImageConfig {
            user: user.into(),
            ..ImageConfig::default()
        });
        let params = json!({"users": "root,docker", "type": "blacklist"});
        let found = found("dockerfile", "effective_user", params, &scene);
        assert_eq!(found.len(), 1, "{user:?}");
    }
}

#[test]
fn missing_data_and_gaps_stop_whatever_the_rules_say() {
    let warn = rule(
        "vulnerabilities",
        "package",
        "WARN",
        json!({"package_type": "all"}),
    );
    let document = bundle(json!([warn]));
    let outcome = |scene: Scene| verdict(&document, &scene).outcome;
    assert_eq!(outcome(Scene::default()), Outcome::Pass);
    assert_eq!(
        outcome(Scene::default().without_data()),
        Outcome::CannotTell
    );
    assert_eq!(
        outcome(Scene::default().with_data("2026-09-01T00:00:00Z")),
        Outcome::CannotTell
    );
    let gap = Scene::default().with_gap(GapKind::DatabaseUnreadable, "var/lib/dpkg/status");
    assert_eq!(outcome(gap), Outcome::CannotTell);
}

#[test]
fn a_rule_that_speaks_of_the_data_decides_about_it() {
    let document = bundle(json!([
        rule(
            "vulnerabilities",
            "stale_feed_data",
            "WARN",
            json!({"max_days_since_sync": "2"})
        ),
        rule(
            "vulnerabilities",
            "vulnerability_data_unavailable",
            "WARN",
            json!({})
        ),
    ]));
    let mut scene = Scene::default().with_data("2026-09-01T00:00:00Z");
    scene.inventory.distro = Some(plimsoll_types::Distro {
        id: "newcomer".into(),
        version: Some("1".into()),
        ..plimsoll_types::Distro::default()
    });
    let old = verdict(&document, &scene);
    assert_eq!(old.outcome, Outcome::Warn);
    assert_eq!(findings(&old).len(), 1);
    let unknown = scene.with_gap(GapKind::NoAdvisoryData, "newcomer:1");
    let unknown = verdict(&document, &unknown);
    assert_eq!(unknown.outcome, Outcome::Warn);
    assert!(
        findings(&unknown)[1]
            .message
            .contains("namespace: newcomer:1.")
    );
}

#[test]
fn a_rule_without_facts_is_a_problem_with_its_own_action() {
    for (action, outcome) in [
        ("STOP", Outcome::CannotTell),
        ("WARN", Outcome::Warn),
        ("GO", Outcome::Pass),
    ] {
        let document = bundle(json!([rule(
            "secret_scans",
            "content_regex_checks",
            action,
            json!({})
        ),]));
        let verdict = verdict(&document, &Scene::default());
        assert_eq!(verdict.outcome, outcome, "{action}");
        assert_eq!(verdict.reasons[0].evidence, Evidence::Unknown);
        assert_eq!(
            verdict.reasons[0].message,
            "this rule cannot be judged: the image is not searched for secrets"
        );
    }
}

#[test]
fn gates_that_are_gone_are_judged_by_what_replaced_them() {
    let document = bundle(json!([
        rule("anchoresec", "vulnhigh", "STOP", json!({})),
        rule("dockerfilecheck", "nohealthcheck", "WARN", json!({})),
        rule("suiddiff", "suidfileadd", "STOP", json!({})),
    ]));
    let scene = vulnerable().with_config(ImageConfig::default());
    let verdict = verdict(&document, &scene);
    let triggers: Vec<String> = findings(&verdict)
        .iter()
        .map(|reason| {
            format!(
                "{}.{} {}",
                reason.gate,
                reason.trigger,
                reason.action.as_str()
            )
        })
        .collect();
    assert_eq!(
        triggers,
        [
            "vulnerabilities.package stop",
            "suiddiff.suidfileadd stop",
            "dockerfile.instruction warn",
        ]
    );
    let notes = verdict
        .reasons
        .iter()
        .filter(|reason| reason.rule == "bundle");
    let notes: Vec<&str> = notes.map(|note| note.message.as_str()).collect();
    assert_eq!(notes.len(), 3);
    assert!(notes[0].ends_with(
        "rule 1 of `p`: Anchore no longer judges `anchoresec.vulnhigh`; it is judged as \
         `vulnerabilities.package`"
    ));
}

/// The bundle that new accounts of Anchore have.
#[test]
fn the_default_bundle_has_the_actions_of_anchore() {
    let document = bundle(json!([
        rule(
            "dockerfile",
            "exposed_ports",
            "STOP",
            json!({"ports": "22", "type": "blacklist"})
        ),
        rule(
            "dockerfile",
            "instruction",
            "WARN",
            json!({"instruction": "HEALTHCHECK", "check": "not_exists"}),
        ),
        rule(
            "vulnerabilities",
            "stale_feed_data",
            "WARN",
            json!({"max_days_since_sync": "2"})
        ),
        rule(
            "vulnerabilities",
            "vulnerability_data_unavailable",
            "WARN",
            json!({})
        ),
        rule(
            "vulnerabilities",
            "package",
            "WARN",
            json!({"package_type": "all", "severity_comparison": "=", "severity": "medium"}),
        ),
        rule(
            "vulnerabilities",
            "package",
            "STOP",
            json!({"package_type": "all", "severity_comparison": ">", "severity": "medium"}),
        ),
    ]));
    let debian = |mut scene: Scene| {
        scene.inventory.distro = Some(plimsoll_types::Distro {
            id: "debian".into(),
            version: Some("12".into()),
            ..plimsoll_types::Distro::default()
        });
        verdict(&document, &scene)
    };
    let healthy = "/bin/sh -c #(nop)  HEALTHCHECK &{[\"CMD-SHELL\" \"true\"]}";
    let clean = Scene::default().with_config(built(&[healthy]));
    assert_eq!(debian(clean).outcome, Outcome::Pass);
    let plain = Scene::default().with_config(ImageConfig::default());
    assert_eq!(debian(plain).outcome, Outcome::Warn);
    assert_eq!(
        debian(Scene::default().with_config(exposing("22"))).outcome,
        Outcome::Fail
    );
    let medium = with_finding(finding("CVE-1", 0, Severity::Medium)).with_config(built(&[healthy]));
    assert_eq!(debian(medium).outcome, Outcome::Warn);
    let high = with_finding(finding("CVE-1", 0, Severity::High)).with_config(built(&[healthy]));
    assert_eq!(debian(high).outcome, Outcome::Fail);
}

#[test]
fn verdicts_are_equal_for_equal_inputs_and_have_their_own_ids() {
    let one = bundle(json!([stop_root()]));
    assert_eq!(verdict(&one, &root()), verdict(&one, &root()));
    let other = bundle(json!([rule("always", "always", "STOP", json!({}))]));
    assert_ne!(verdict(&one, &root()).id, verdict(&other, &root()).id);
}
