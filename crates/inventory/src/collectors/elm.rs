//! Elm packages that the `elm.json` of an application names
//! (<https://github.com/elm/compiler/blob/master/docs/elm.json/application.md>).

use super::format::Format;
use super::lock::LIMIT;
use super::text::decode;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::Ecosystem;
use serde_json::Value;

pub(crate) struct Elm;

impl Collector for Elm {
    fn name(&self) -> &'static str {
        "elm"
    }

    fn about(&self) -> &'static str {
        "Elm packages that sources declare: elm.json"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "elm.json" {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let json: Value = serde_json::from_str(&text).map_err(CollectError::new)?;
        let mut named = Vec::new();
        // Packages state ranges of what they can be built with.
        if json.get("type").and_then(Value::as_str) != Some("application") {
            return FORMAT.hold(&text, Collected::default());
        }
        for (list, development) in [("dependencies", false), ("test-dependencies", true)] {
            for part in ["direct", "indirect"] {
                let pins = json.get(list).and_then(|list| list.get(part)?.as_object());
                for (name, version) in pins.into_iter().flatten() {
                    let mut record = declared(Ecosystem::Elm, name, version.as_str());
                    record.development = development;
                    named.push(record);
                }
            }
        }
        FORMAT.hold(&text, packages(self.name(), named))
    }
}

const FORMAT: Format = Format::of_keys("a manifest of Elm", &["elm-version", "dependencies"]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn applications_pin_what_packages_leave_open() {
        let text = r#"{"type":"application","elm-version":"0.19.1","dependencies":{"direct":{"elm/core":"1.0.5"},"indirect":{"elm/json":"1.1.3"}},"test-dependencies":{"direct":{"elm-explorations/test":"2.1.1"},"indirect":{}}}"#;
        let records = records(&Elm, "elm.json", text.as_bytes()).unwrap();
        assert_eq!(records.len(), 3);
        assert!(records[2].development);
        assert_eq!(
            records[0].purl(None).unwrap().to_string(),
            "pkg:elm/elm/core@1.0.5"
        );
        let package = r#"{"type":"package","dependencies":{"elm/core":"1.0.0 <= v < 2.0.0"}}"#;
        assert_eq!(found(&Elm, "elm.json", package.as_bytes()), [""; 0]);
    }
}
