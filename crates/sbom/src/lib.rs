//! Bills of materials in, inventories out: CycloneDX 1.2 to 1.7 (JSON, XML),
//! SPDX 2.2 and 2.3 (JSON, tag-value), SPDX 3.0 (JSON-LD), Syft JSON and the
//! report of this program.
//!
//! Each reader states [`component::Component`]s as its format has them; what
//! package a component is, is decided in one place ([`record`]). Documents
//! come from anybody: whatever is odd in one costs a component or a field,
//! never the document, as long as it can be parsed at all.
//!
//! Start reading at [`read`].

mod component;
mod cyclonedx;
mod draft;
mod hashes;
mod json;
pub mod properties;
mod record;
mod report;
mod spdx;
mod syft;
mod text;

pub use hashes::algorithm;
pub use report::Recorded;

use plimsoll_types::Inventory;
use serde_json::Value;
use std::collections::BTreeSet;

/// Bytes of the largest document that is read.
pub const LIMIT: u64 = 512 << 20;

/// A document that was read.
#[derive(Clone, Debug)]
pub struct Bill {
    /// What kind of document it is, for people.
    pub format: &'static str,
    /// What it says. Packages are sorted by identity and those of one identity
    /// are one; what could not be understood is a gap.
    pub inventory: Inventory,
    /// The package that the document is about, as an index: described, or
    /// never part of another, or the only one.
    pub main: Option<usize>,
}

/// Text that is not a bill of materials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is none of the known documents.
    #[error("it is not CycloneDX, SPDX, Syft JSON or a plimsoll report")]
    Unknown,
    /// It is one, and broken.
    #[error("{format}: {reason}")]
    Broken {
        /// What it seems to be.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It is longer than [`LIMIT`].
    #[error("it is longer than {} MiB", LIMIT >> 20)]
    TooLong,
}

impl ReadError {
    pub(crate) fn broken(format: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Broken {
            format,
            reason: reason.to_string(),
        }
    }
}

/// Whether the beginning of a file may be that of a bill of materials: enough
/// to tell it from archives, not from other JSON and XML.
pub fn may_be(start: &[u8]) -> bool {
    let text = text::decode(start);
    let text = text.trim_start();
    text.starts_with(['{', '<']) || text.starts_with("SPDXVersion:") || text.starts_with('#')
}

/// Reads a document, whatever it is.
///
/// # Errors
/// When it is none of the known documents, or cannot be parsed as what it is.
pub fn read(bytes: &[u8]) -> Result<Bill, ReadError> {
    if bytes.len() as u64 > LIMIT {
        return Err(ReadError::TooLong);
    }
    let text = text::decode(bytes);
    let text = text.trim_start();
    if text.starts_with('<') {
        return cyclonedx::xml(text);
    }
    if text.starts_with('{') {
        return of_json(text, 0);
    }
    if text
        .lines()
        .take(1000)
        .any(|line| line.starts_with("SPDXVersion:"))
    {
        return spdx::tag_value(text);
    }
    Err(ReadError::Unknown)
}

/// Reads a report of this program with what it says of vulnerabilities and
/// verdict; `None` for every other document.
///
/// # Errors
/// When it is a report, and broken or longer than [`LIMIT`].
pub fn recorded(bytes: &[u8]) -> Result<Option<Recorded>, ReadError> {
    if bytes.len() as u64 > LIMIT {
        return Err(ReadError::TooLong);
    }
    let text = text::decode(bytes);
    let text = text.trim_start();
    let schema = text.starts_with('{') && json::keys(text).is_ok_and(|keys| is_report(&keys));
    match schema {
        true => report::recorded(text).map(Some),
        false => Ok(None),
    }
}

fn is_report(keys: &Keys) -> bool {
    ["schema", "packages", "coverage"]
        .iter()
        .all(|key| keys.contains(*key))
}

/// How deep a document may be wrapped.
const WRAPPERS: u8 = 3;

/// A document by the keys at its top.
fn of_json(text: &str, depth: u8) -> Result<Bill, ReadError> {
    let keys = json::keys(text).map_err(|error| ReadError::broken("JSON", error))?;
    let has = |key: &str| keys.contains(key);
    if has("bomFormat") || has("specVersion") && has("components") {
        return cyclonedx::json(text);
    }
    if has("@graph") {
        return spdx::graph(text);
    }
    if has("spdxVersion") || has("SPDXID") && has("packages") {
        return spdx::json(text);
    }
    if has("artifacts") && (has("descriptor") || has("schema")) {
        return syft::read(text);
    }
    if is_report(&keys) {
        return report::read(text);
    }
    // GitHub's dependency graph, and attestations (in-toto).
    for wrapper in ["sbom", "predicate", "Data"] {
        if has(wrapper) && depth < WRAPPERS {
            return of_json(&json::member(text, wrapper)?, depth + 1);
        }
    }
    Err(ReadError::Unknown)
}

/// Keys at the top of a document.
pub(crate) type Keys = BTreeSet<String>;

/// The text of a string member.
pub(crate) fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value
        .get(key)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// The members of a list; nothing where there is none.
pub(crate) fn list_of<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
