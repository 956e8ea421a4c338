//! JSON objects by their top: which members there are, and one of them.

use crate::{Keys, ReadError};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

struct Top;

impl<'de> Visitor<'de> for Top {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Keys::new();
        while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
            keys.insert(key);
        }
        Ok(keys)
    }
}

/// The keys of an object, whose members are read over.
pub(crate) fn keys(text: &str) -> Result<Keys, serde_json::Error> {
    let mut input = serde_json::Deserializer::from_str(text);
    let keys = input.deserialize_map(Top)?;
    input.end()?;
    Ok(keys)
}

/// A member as text. Attestations may hold it as a string.
pub(crate) fn member(text: &str, key: &str) -> Result<String, ReadError> {
    let mut document: Value = parse(text, "JSON")?;
    match document.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => Ok(text),
        Some(member @ Value::Object(_)) => Ok(member.to_string()),
        _ => Err(ReadError::Unknown),
    }
}

/// A whole document with the members that `T` names.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(
    text: &str,
    format: &'static str,
) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError::broken(format, error))
}

/// The texts of a list, or of one text in place of a list.
pub(crate) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
