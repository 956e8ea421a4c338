//! Whether a page of documentation names every field of a JSON document, and
//! no other.
#![allow(dead_code)]

use serde_json::Value;
use std::collections::BTreeSet;

/// Every key, with `[]` for the elements of a list.
pub fn keys(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(_) if path == "config.labels" => {}
        Value::Object(map) => {
            for (key, value) in map {
                let path = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                keys(value, &path, out);
                out.insert(path);
            }
        }
        Value::Array(items) => {
            for item in items {
                keys(item, &format!("{path}[]"), out);
            }
        }
        _ => {}
    }
}

/// Compares what was found with the tables of a page.
pub fn check(found: &BTreeSet<String>, docs: &str, name: &str) {
    // A table row is `| name | type | meaning |` below a heading that names
    // the object.
    let mut documented = BTreeSet::new();
    let mut object = String::new();
    for line in docs.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            object = title.split('`').nth(1).unwrap_or_default().to_owned();
        } else if let Some(name) = line.strip_prefix("| `").and_then(|l| l.split('`').next()) {
            let path = match &*object {
                "" => name.to_owned(),
                object => format!("{object}.{name}"),
            };
            documented.insert(path);
        }
    }
    let missing: Vec<_> = found.difference(&documented).collect();
    assert!(missing.is_empty(), "not in {name}: {missing:#?}");
    let gone: Vec<_> = documented.difference(found).collect();
    assert!(gone.is_empty(), "only in {name}: {gone:#?}");
}
