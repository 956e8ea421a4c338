//! Policies come from outside: no text makes the reader panic, and every
//! problem stays on its line.

use plimsoll_policy::Policy;
use proptest::prelude::*;

/// Lines that resemble a policy, so that the reader gets past the first field.
fn resembling() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("version: 1".to_owned()),
        Just("name: x".to_owned()),
        Just("rules:".to_owned()),
        Just("mappings:".to_owned()),
        Just("allowlist:".to_owned()),
        Just("  - name: r".to_owned()),
        Just("    gate: vulnerabilities".to_owned()),
        Just("    trigger: package".to_owned()),
        Just("    when:".to_owned()),
        "      (severity|ports|packages|paths|max_age|until): \\PC{0,12}",
        "    (images|rule_sets|id|until|reason|by): \\PC{0,12}",
        "[ &*{}\\[\\]:,'\"a-z0-9<!|>%@`~-]{0,20}",
    ];
    prop::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn text_that_resembles_a_policy_never_panics(text in resembling()) {
        check(&text);
    }
}

fn check(text: &str) {
    if let Err(error) = Policy::parse(text, "p") {
        let text = error.to_string();
        assert_eq!(text.lines().count(), error.count());
        assert!(text.lines().all(|line| line.starts_with("p:")));
    }
}
