use crate::gates::{ALL, Parameter};
use std::fmt::Write;

/// The reference of all gates (or of one; empty where there is none by that
/// name), triggers and parameters as Markdown, as it stands in
/// `docs/policy.md`.
pub fn reference(only: Option<&str>) -> String {
    let mut text = String::new();
    let wanted = ALL
        .iter()
        .filter(|gate| only.is_none_or(|name| name == gate.name()));
    for gate in wanted {
        let _ = writeln!(text, "### `{}`: {}\n", gate.name(), gate.about());
        for trigger in gate.triggers() {
            let _ = writeln!(text, "**`{}`** {}.", trigger.name, trigger.about);
            let parameters = (trigger.parameters)();
            if !parameters.is_empty() {
                text.push_str("\n| Parameter | Value | Meaning |\n| --- | --- | --- |\n");
            }
            for parameter in &parameters {
                row(&mut text, parameter);
            }
            text.push('\n');
        }
    }
    text
}

fn row(text: &mut String, parameter: &Parameter) {
    let needed = if parameter.required {
        " (required)"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "| `{}`{needed} | {} | {} |",
        parameter.name, parameter.expected, parameter.about
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCS: &str = include_str!("../../../../docs/policy.md");

    #[test]
    fn the_documentation_has_every_gate_trigger_and_parameter() {
        let reference = reference(None);
        let expected = reference.trim();
        assert!(
            DOCS.contains(expected),
            "docs/policy.md lacks this reference:\n\n{expected}"
        );
        let headings = DOCS.matches("\n### `").count();
        assert_eq!(headings, ALL.len(), "docs/policy.md has gates twice");
    }

    #[test]
    fn every_policy_in_the_documentation_is_read() {
        let blocks: Vec<&str> = DOCS
            .split("```yaml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .collect();
        let whole = blocks.iter().filter(|block| block.starts_with("version:"));
        assert!(whole.clone().count() > 0);
        for block in whole {
            if let Err(error) = crate::Policy::parse(block, "docs/policy.md") {
                panic!("{error}\n\n{block}");
            }
        }
    }
}
