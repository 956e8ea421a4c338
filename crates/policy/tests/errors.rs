//! What people read when a policy document is wrong.

use plimsoll_policy::Policy;

fn error(text: &str) -> String {
    match Policy::parse(text, "prod.yaml") {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// A document of one rule with these lines.
fn rule(lines: &str) -> String {
    let mut text = "version: 1\nname: prod\nrules:\n  - name: r\n".to_owned();
    for line in lines.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

#[test]
fn an_unknown_gate_lists_the_gates() {
    assert_eq!(
        error(&rule("gate: nonsense\ntrigger: x")),
        "prod.yaml:5:11: rule `r`: unknown gate `nonsense`; known are accounts, advisory-data, always, base, coverage, distribution, drift, \
         expression, files, healthcheck, image, instructions, licenses, packages, ports, user, \
         vulnerabilities"
    );
    assert_eq!(
        error(&rule("gate: vulnerability\ntrigger: package")),
        "prod.yaml:5:11: rule `r`: unknown gate `vulnerability`; did you mean `vulnerabilities`?"
    );
}

#[test]
fn triggers_and_parameters_are_checked_against_the_gate() {
    assert_eq!(
        error(&rule("gate: user\ntrigger: admin")),
        "prod.yaml:6:14: rule `r`: unknown trigger `admin`; known are root, unresolved, denied, \
         not-allowed"
    );
    assert_eq!(
        error(&rule(
            "gate: vulnerabilities\ntrigger: package\nwhen:\n  severity_atleast: high"
        )),
        "prod.yaml:8:7: unknown field `severity_atleast` in `when` of rule `r`; did you mean \
         `severity_at_least`?"
    );
    assert_eq!(
        error(&rule("gate: ports\ntrigger: denied")),
        "prod.yaml:4:5: `when` of rule `r` has no `ports`; write a port such as `22`, `53/udp`, \
         `6000-6063` or `22/*` (any protocol; `tcp` when left out), or a list of them"
    );
}

#[test]
fn wrong_values_are_quoted_with_what_to_write() {
    for (lines, expected) in [
        (
            "gate: vulnerabilities\ntrigger: package\nwhen:\n  severity_at_least: hihg",
            "prod.yaml:8:26: `severity_at_least`: unknown value `hihg`; did you mean `high`?",
        ),
        (
            "gate: vulnerabilities\ntrigger: package\nwhen:\n  cvss_at_least: 11",
            "prod.yaml:8:22: `cvss_at_least`: `11` is not a score from `0.0` to `10.0`",
        ),
        (
            "gate: vulnerabilities\ntrigger: package\nwhen:\n  fix_available: yes",
            "prod.yaml:8:22: `fix_available`: `yes` is not `true` or `false`",
        ),
        (
            "gate: advisory-data\ntrigger: stale\nwhen:\n  max_age: 5",
            "prod.yaml:8:16: `max_age`: `5` is not a time such as `14d` or `2w`; did you mean `5d`?",
        ),
        (
            "gate: ports\ntrigger: denied\nwhen:\n  ports: [22, 70000]",
            "prod.yaml:8:19: `ports`: `70000` is not a port such as `22`, `53/udp`, `6000-6063` or \
             `22/*` (any protocol; `tcp` when left out)",
        ),
        (
            "gate: packages\ntrigger: denied\nwhen:\n  packages: []",
            "prod.yaml:8:17: `packages` is an empty list; name something or leave it out",
        ),
        (
            "gate: files\ntrigger: attributes\nwhen:\n  paths: /etc/*",
            "prod.yaml:8:7: `when` of rule `r` asks for no attribute; write at least one of \
             `modes`, `mode_at_most`, `owners`, `groups`, `size_at_most`, `size_at_least`",
        ),
        (
            "gate: base\ntrigger: not-allowed",
            "prod.yaml:4:5: `when` of rule `r` allows nothing; write `names` or `digests`",
        ),
        (
            "gate: instructions\ntrigger: denied\nwhen: { instructions: USR, matches: '(' }",
            "prod.yaml:7:27: `instructions`: unknown value `USR`; did you mean `user`?\n\
             prod.yaml:7:41: `matches`: `(` is no regular expression: unclosed group",
        ),
        (
            "gate: packages\ntrigger: denied\nwhen:\n  versions: ~> 1.2",
            "prod.yaml:8:17: `versions`: `~> 1.2` is not bounds such as `>= 1.2, < 2`, or a \
             pattern such as `1.2.*`",
        ),
        (
            "gate: user\ntrigger: root\naction: halt",
            "prod.yaml:7:13: `action`: unknown value `halt`; known are stop, warn, go, info",
        ),
        (
            "gate: user\ntrigger: root\nwhen: always",
            "prod.yaml:7:11: `when` of rule `r` is `always`, not a mapping of fields",
        ),
    ] {
        assert_eq!(error(&rule(lines)), expected);
    }
}

#[test]
fn every_problem_is_reported_one_line_each() {
    let text = "\
version: 2
name: prod
rules:
  - name: a
    gate: user
    trigger: rot
  - name: a
    gate: ports
    trigger: denied
    when: {ports: ssh, prots: 1}
  - name: coverage
    gate: user
    trigger: root
allowlist:
  - rule: b
    by: ana
    until: 2026-13-01
mappings:
  - name: m
    images: {registri: x}
    rule_sets: strict
surplus: 1
";
    let expected = "\
prod.yaml:1:10: `version`: `2` is not known; this build reads version `1`
prod.yaml:6:14: rule `a`: unknown trigger `rot`; did you mean `root`?
prod.yaml:7:5: there is more than one rule `a`; name each rule once
prod.yaml:10:19: `ports`: `ssh` is not a port such as `22`, `53/udp`, `6000-6063` or `22/*` (any protocol; `tcp` when left out)
prod.yaml:10:24: unknown field `prots` in `when` of rule `a`; did you mean `ports`?
prod.yaml:11:5: a rule must not be called `coverage`: a built-in guard is; choose another name
prod.yaml:15:5: the allowlist entry has no `reason`; write a text
prod.yaml:15:11: unknown rule `b`; known are a, coverage
prod.yaml:17:12: `until`: `2026-13-01` is not its last day as `YYYY-MM-DD`, or `never`
prod.yaml:20:14: unknown field `registri` in `images`; did you mean `registry`?
prod.yaml:21:16: unknown rule set `strict`; known are rules
prod.yaml:22:1: unknown field `surplus` in the policy; known are allowed_images, allowlist, default_action, denied_images, description, disable, extends, mappings, name, rule_sets, rules, version";
    let actual = error(text);
    assert_eq!(actual, expected, "\n{actual}\n");
}

#[test]
fn the_document_as_a_whole_is_checked() {
    for (text, expected) in [
        (
            "",
            "prod.yaml: the policy is empty; write `version: 1`, `name` and `rules`",
        ),
        (
            "- a",
            "prod.yaml:1:1: the policy is a list, not a mapping of fields",
        ),
        (
            "version: 1\nname: x",
            "prod.yaml:1:1: the policy has no `rules`; write a list of rules",
        ),
        (
            "version: 1\nname: x\nrule_sets: {a: []}",
            "prod.yaml:1:1: the policy has no `mappings`; write which rule sets judge which images",
        ),
        (
            "version: 1\nname: x\nrules: []\nallowlist: [{reason: r, by: b, until: never}]",
            "prod.yaml:4:13: the allowlist entry accepts everything; write at least one of `id`, \
             `rule`, `fingerprint`, `package`, `version`, `path`, `when`",
        ),
        (
            "version: 1\nname: x\nrules: []\nallowlist: [{id: CVE-1, reason: r, by: b}]",
            "prod.yaml:4:13: the allowlist entry has no `until`; write its last day as \
             `YYYY-MM-DD`, or `never`",
        ),
    ] {
        assert_eq!(error(text), expected);
    }
}

#[test]
fn broken_yaml_is_one_line_with_its_place() {
    for (text, expected) in [
        ("rules: [", "prod.yaml:1:8: unclosed bracket '['"),
        (
            "a: b: c",
            "prod.yaml:1:5: mapping values are not allowed in this context",
        ),
        (
            "name: x\nname: y\n",
            "prod.yaml:2:1: duplicate mapping key `name` is not allowed here",
        ),
        ("{\"a\": }}", "prod.yaml:1:8: misplaced bracket"),
    ] {
        assert_eq!(error(text), expected);
    }
}

#[test]
fn rules_on_several_triggers_are_checked_like_any_other() {
    for (lines, expected) in [
        (
            "all_of:\n  - { gate: user, trigger: rot }",
            "prod.yaml:6:32: `all_of` of rule `r`: unknown trigger `rot`; did you mean `root`?",
        ),
        (
            "gate: user\ntrigger: root\nany_of: [{ gate: user, trigger: root }]",
            "prod.yaml:4:5: rule `r` has a `gate` beside `all_of`, `any_of` or `none_of`; move it into one",
        ),
        (
            "all_of: []",
            "prod.yaml:5:13: `all_of` of rule `r` is empty; name conditions or leave it out",
        ),
        (
            "gate: user\ntrigger: root\ngrace: 14d",
            "prod.yaml:7:12: `grace` counts from a day that only vulnerabilities have; write `grace: { until: YYYY-MM-DD }`",
        ),
        (
            "gate: user\ntrigger: root\ngrace: { until: 2026-12-01, for: 3d }",
            "prod.yaml:7:12: `grace`: a mapping is not a time such as `14d` since publication, `{ for: 14d, from: fix }`, or `{ until: YYYY-MM-DD }`",
        ),
        (
            "gate: user\ntrigger: root\nmore_than: many",
            "prod.yaml:7:16: `more_than`: `many` is not a whole number",
        ),
    ] {
        let found = error(&rule(lines));
        assert_eq!(found.lines().next(), Some(expected), "{lines}");
    }
}
