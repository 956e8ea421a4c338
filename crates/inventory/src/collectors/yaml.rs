//! YAML documents as values, within bounds.

use crate::collector::CollectError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Mappings, lists and scalars of a text: the largest lock files have fewer.
const NODES: usize = 1_000_000;
/// What aliases may add to that.
const REPLAYED: usize = 1_000_000;

/// The first document of a text, in a form in which a version that looks like
/// a number keeps its zeros.
pub(super) fn document<T: DeserializeOwned>(text: &str) -> Result<T, CollectError> {
    let first = read(text)?.into_iter().next();
    first.ok_or_else(|| CollectError::new("it is empty"))
}

/// The documents of a text, one after the other.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, CollectError> {
    read(text)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, CollectError> {
    serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| explained(&error))
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: NODES,
            max_events: 2 * NODES,
            max_documents: 64,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: REPLAYED,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
    }
}

fn explained(error: &serde_saphyr::Error) -> CollectError {
    let message = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    CollectError::new(message.lines().next().unwrap_or_default())
}

/// A scalar as text; what looks like a number was often meant as a version.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_documents_are_several_values() {
        let documents = documents("---\na: 1.5\n---\na: '1.5'\na: x\n").unwrap();
        let values: Vec<_> = documents.iter().map(|d| scalar(&d["a"])).collect();
        assert_eq!(values, [Some("1.5".into()), Some("x".into())]);
        assert_eq!(scalar(&Value::Null), None);
    }

    #[test]
    fn aliases_do_not_multiply_without_end() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let lower = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![lower; 10].join(", "));
        }
        assert!(documents(&text).is_err());
    }
}
