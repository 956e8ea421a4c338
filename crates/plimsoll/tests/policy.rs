//! The tools around policies, on the example image.
#![allow(clippy::unwrap_used)]

mod common;

use common::{plimsoll, stderr, stdout};
use std::path::Path;

const JUDGING: [&str; 4] = [
    "--advisories",
    "examples/advisories",
    "--as-of",
    "2026-11-24",
];

fn run(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = plimsoll(home, arguments);
    (output.status.code(), stdout(&output), stderr(&output))
}

/// Records a scan of the example image and returns the record's path.
fn record(home: &Path) -> String {
    let folder = home.join("records");
    std::fs::create_dir_all(&folder).unwrap();
    let shown = folder.display().to_string();
    let arguments = [
        &["scan", "oci-dir:examples/shop", "--record", &shown][..],
        &JUDGING,
    ]
    .concat();
    assert_eq!(run(home, &arguments).0, Some(1));
    let mut records = std::fs::read_dir(&folder).unwrap();
    let record = records.next().unwrap().unwrap().path();
    record.display().to_string()
}

#[test]
fn a_recorded_verdict_is_given_again_byte_for_byte() {
    let home = tempfile::tempdir().unwrap();
    let record = record(home.path());
    let scan = [
        &["scan", "oci-dir:examples/shop", "-o", "json"][..],
        &JUDGING,
    ]
    .concat();
    let (_, first, closing) = run(home.path(), &scan);
    let (code, again, said) = run(home.path(), &["replay", &record, "-o", "json"]);
    assert_eq!((code, again, said), (Some(1), first, closing));
}

#[test]
fn a_record_that_was_changed_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let record = record(home.path());
    let json = zstd::decode_all(std::fs::File::open(&record).unwrap()).unwrap();
    let json = String::from_utf8(json).unwrap();
    let broken = home.path().join("broken.plimsoll");
    for (from, to, code, part) in [
        (
            "CVE-2021-44228",
            "CVE-2021-44229",
            3,
            "the record was changed",
        ),
        (
            "\"form\":1",
            "\"form\":99",
            2,
            "has form 99; this build reads form 1",
        ),
        ("{\"form\"", "[\"form\"", 2, "is none"),
    ] {
        let changed = json.replace(from, to);
        std::fs::write(&broken, zstd::encode_all(changed.as_bytes(), 1).unwrap()).unwrap();
        let name = broken.display().to_string();
        let (found, _, said) = run(home.path(), &["replay", &name]);
        assert_eq!(found, Some(code), "{said}");
        assert!(said.contains(part) && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn a_place_for_records_that_is_not_there_is_said_before_any_work() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("no/such/x").display().to_string();
    let (code, told, said) = run(
        home.path(),
        &["scan", "nowhere.invalid/x", "--record", &place],
    );
    assert_eq!((code, told.as_str()), (Some(2), ""));
    assert!(said.contains("make it first"), "{said}");
}

#[test]
fn what_if_names_who_flips_and_which_rules_do_it() {
    let home = tempfile::tempdir().unwrap();
    record(home.path());
    let mild = home.path().join("mild.yaml");
    let text = "version: 1\nname: mild\nrules:\n  - { name: root, gate: user, trigger: root, action: warn }\n";
    std::fs::write(&mild, text).unwrap();
    let (records, mild) = (home.path().join("records"), mild.display().to_string());
    let records = records.display().to_string();
    let arguments = ["policy", "what-if", &records, "--policy", &mild];
    let (code, told, _) = run(home.path(), &arguments);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(told, @r"
    FAIL        WARN        examples/shop
                            - critical-with-fix
                            - known-exploited
    1 image: 0 worse, 1 better
    ");
    let arguments = [
        &["policy", "what-if", &records, "--policy", "builtin:starter"][..],
        &["--against", &mild, "--fail-on-worse"],
    ]
    .concat();
    assert_eq!(run(home.path(), &arguments).0, Some(1));
}

#[test]
fn cases_hold_or_say_what_is_otherwise_and_which_rules_never_fire() {
    let home = tempfile::tempdir().unwrap();
    let record = record(home.path());
    let cases = home.path().join("cases.yaml");
    std::fs::write(
        &cases,
        format!(
            "policy: builtin:starter
as_of: 2026-11-24
cases:
  - {{ name: recorded, record: '{record}', expect: fail, fires: known-exploited }}
  - {{ name: read, image: 'pkg:pypi/jinja2@2.10', expect: warn, fires: high-with-fix }}
  - {{ name: given, given: {{ user: app }}, expect: pass, silent: no-healthcheck }}
"
        ),
    )
    .unwrap();
    let cases = cases.display().to_string();
    let arguments = [
        "policy",
        "test",
        &cases,
        "--advisories",
        "examples/advisories",
    ];
    let (code, told, said) = run(home.path(), &arguments);
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!("policy-test", told);
}

#[test]
fn the_tour_of_a_policy_from_its_first_line_to_its_mistakes() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("prod.yaml");
    let file = path.display().to_string();
    assert_eq!(run(home.path(), &["policy", "init", &file]).0, Some(0));
    let (code, _, said) = run(home.path(), &["policy", "init", &file]);
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(
        run(home.path(), &["policy", "lint", &file]),
        (Some(0), String::new(), String::new())
    );
    let text = std::fs::read_to_string(&path).unwrap();
    let again = "  - { name: again, gate: user, trigger: root, action: warn }\n";
    std::fs::write(&path, format!("{text}{again}")).unwrap();
    let (code, told, _) = run(home.path(), &["policy", "lint", &file]);
    assert_eq!(code, Some(0));
    assert!(
        told.ends_with("rule `again` has no effect: on all that it fires on, rule `runs-as-root` does the same (warn)\n"),
        "{told}"
    );
    assert_eq!(
        run(home.path(), &["policy", "lint", "--strict", &file]).0,
        Some(2)
    );
    std::fs::write(&path, text.replace("trigger: root", "trigger: rot")).unwrap();
    let (code, _, said) = run(home.path(), &["policy", "lint", &file]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("unknown trigger `rot`; did you mean `root`?"),
        "{said}"
    );
}

#[test]
fn explaining_says_why_mappings_are_not_for_the_image() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("p.yaml");
    std::fs::write(
        &path,
        "version: 1
name: p
rule_sets:
  strict: [{ name: root, gate: user, trigger: root }]
  mild: [{ name: ssh, gate: ports, trigger: denied, when: { ports: 22 }, action: warn }]
mappings:
  - { name: production, images: { registry: registry.example, tag: 'v*' }, rule_sets: strict }
  - { name: labelled, images: { label: { team: shop } }, rule_sets: strict }
  - { name: layouts, images: { source: oci-dir }, rule_sets: mild }
  - { name: rest, images: '*' }
allowlist:
  - { id: CVE-2020-0001, reason: gone, by: ana, until: never }
",
    )
    .unwrap();
    let file = path.display().to_string();
    let arguments = [
        &[
            "policy",
            "explain",
            "oci-dir:examples/shop",
            "--all",
            "--policy",
            &file,
        ][..],
        &JUDGING,
    ]
    .concat();
    let (code, told, said) = run(home.path(), &arguments);
    assert_eq!(code, Some(0), "{said}");
    let told = told.lines().skip(1).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("policy-explain", told);
}

#[test]
fn ignore_files_of_other_tools_become_an_allowlist_that_policies_take() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let rule = "version: 1\nname: p\nrules:\n  - { name: log4j, gate: vulnerabilities, \
                trigger: package, when: { ids: CVE-2021-44228 } }\n";
    let scan = |policy: &str| {
        let arguments = ["scan", "oci-dir:examples/shop", "--policy", policy];
        run(home.path(), &[&arguments[..], &JUDGING].concat()).0
    };
    assert_eq!(scan(&write("bare.yaml", rule)), Some(1));

    let vex = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.org/1","author":"ana",
        "timestamp":"2026-05-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-2021-44228"},
        "products":[{"@id":"pkg:maven/org.apache.logging.log4j/log4j-core"}],"status":"not_affected",
        "impact_statement":"lookups are off"}]}"#;
    for (name, text, reason) in [
        (
            ".trivyignore",
            "# lookups are off\nCVE-2021-44228 exp:2030-01-01\nAVD-DS-0002\n",
            "lookups are off",
        ),
        (
            ".trivyignore.yaml",
            "vulnerabilities:\n  - { id: CVE-2021-44228, statement: lookups are off }\n",
            "lookups are off",
        ),
        (
            ".grype.yaml",
            "ignore:\n  - { vulnerability: CVE-2021-44228, package: { name: log4j-core } }\n",
            ".grype.yaml, which gives no reason",
        ),
        (
            "osv-scanner.toml",
            "[[IgnoredVulns]]\nid = 'CVE-2021-44228'\nreason = 'lookups are off'\n",
            "lookups are off",
        ),
        ("shop.json", vex, "lookups are off"),
    ] {
        let file = write(name, text);
        let (code, allowlist, said) = run(home.path(), &["policy", "import", &file]);
        assert_eq!(code, Some(0), "{said}");
        assert!(allowlist.contains(reason), "{allowlist}");
        let policy = write("with.yaml", &format!("{rule}{allowlist}"));
        assert_eq!(scan(&policy), Some(0), "{name}: {allowlist}");
        if name == ".trivyignore" {
            assert!(allowlist.contains("until: 2029-12-31"), "{allowlist}");
            assert!(said.contains("line 3: `AVD-DS-0002`: left out"), "{said}");
        }
    }

    let file = write("notes.txt", "CVE-2021-44228\n");
    let (code, _, said) = run(home.path(), &["policy", "import", &file]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("say so with `--from`"), "{said}");
    let from = ["policy", "import", "--from", "trivyignore", &file];
    assert_eq!(run(home.path(), &from).0, Some(0));
}
