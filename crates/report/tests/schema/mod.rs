//! Official schemas, see schemas/README.md.
#![allow(dead_code)]

use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// A schema by its name, compressed or not.
pub fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    if let Ok(text) = std::fs::read_to_string(folder.join(name)) {
        return text;
    }
    let packed = std::fs::File::open(folder.join(format!("{name}.gz"))).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut text)
        .unwrap();
    text
}

pub fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

/// Fails with every error that a schema finds in a document.
pub fn check(validator: &jsonschema::Validator, document: &str) -> Value {
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    document
}

pub fn validator(name: &str) -> jsonschema::Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(&json(name))
        .unwrap()
}
