//! The published form of policies agrees with the reader.
#![allow(clippy::unwrap_used)]

use plimsoll_policy::{PACKS, Policy, schema};
use serde_json::Value;

fn is_valid(text: &str) -> bool {
    let document: Value = serde_saphyr::from_str(text).unwrap();
    jsonschema::is_valid(&schema(), &document)
}

#[test]
fn the_schema_takes_the_built_in_policies_and_those_of_the_documentation() {
    let docs = include_str!("../../../docs/policy.md");
    let blocks = docs.split("```yaml\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let written = blocks.filter(|block| block.starts_with("version:"));
    let texts: Vec<&str> = PACKS.iter().map(|pack| pack.text).chain(written).collect();
    assert!(texts.len() > PACKS.len());
    for text in texts {
        let document: Value = serde_saphyr::from_str(text).unwrap();
        let schema = schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_the_reader_refuses_the_schema_refuses() {
    let head = "version: 1\nname: x\nrules:\n  - ";
    for rule in [
        "{ name: a, gate: nonsense, trigger: root }",
        "{ name: a, gate: user, trigger: rot }",
        "{ name: a, gate: user, trigger: root, when: { x: 1 } }",
        "{ name: a, gate: user, trigger: root, actions: stop }",
        "{ name: a, gate: user, trigger: root, action: halt }",
        "{ name: a, gate: ports, trigger: denied }",
        "{ name: a, gate: ports, trigger: denied, when: { ports: [] } }",
        "{ name: a, gate: vulnerabilities, trigger: package, when: { severity: bad } }",
        "{ name: a, gate: vulnerabilities, trigger: package, when: { epss_at_least: 2 } }",
        "{ name: a, gate: vulnerabilities, trigger: package, grace: 14 }",
        "{ name: a, all_of: [] }",
        "{ name: a, all_of: [{ gate: user, trigger: rot }] }",
        "{ name: a, more_than: some, gate: user, trigger: root }",
        "{ gate: user, trigger: root }",
    ] {
        let text = format!("{head}{rule}\n");
        assert!(Policy::parse(&text, "x").is_err(), "{rule}");
        assert!(!is_valid(&text), "{rule}");
    }
}
