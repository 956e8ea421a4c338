use crate::formats::license::{is_expression, is_id};
use serde::Serialize;

/// An entry of `licenses`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Choice {
    License(License),
    #[serde(untagged)]
    Expression {
        /// As SPDX has it.
        expression: String,
    },
}

/// One licence.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum License {
    Id(String),
    Name(String),
}

/// `licenses` of a component. An expression stands alone, as the schema wants.
pub(super) fn choices(declared: &[String]) -> Vec<Choice> {
    if let [one] = declared
        && is_expression(one)
    {
        return vec![Choice::Expression {
            expression: one.clone(),
        }];
    }
    let mut choices = Vec::new();
    for text in declared.iter().filter(|text| !text.trim().is_empty()) {
        let license = match is_id(text) {
            true => License::Id(text.clone()),
            false => License::Name(text.clone()),
        };
        let choice = Choice::License(license);
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_licences_have_ids() {
        let declared = ["MIT", "GPL v2+", "MIT", " "].map(String::from);
        assert_eq!(
            choices(&declared),
            [
                Choice::License(License::Id("MIT".into())),
                Choice::License(License::Name("GPL v2+".into())),
            ]
        );
    }
}
