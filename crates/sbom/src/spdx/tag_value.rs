//! SPDX 2.2 and 2.3 as lines of `Tag: value`, brought into the form of JSON.
//!
//! <https://spdx.github.io/spdx-spec/v2.3/>, the tag of each field.

use super::{Document, FORMAT, bill};
use crate::{Bill, ReadError};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What the lines are about.
enum Section {
    Document,
    Package,
    File,
    /// Snippets, licence texts, reviews: nobody asks for them.
    Other,
}

pub(crate) fn read(text: &str) -> Result<Bill, ReadError> {
    let mut document = Document::default();
    let mut packages: Vec<Map<String, Value>> = Vec::new();
    let mut files: Vec<Map<String, Value>> = Vec::new();
    let mut annotations: HashMap<String, Vec<Value>> = HashMap::new();
    let mut about = String::new();
    let mut section = Section::Document;
    let mut license = String::new();
    let mut licenses: Vec<Value> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((tag, first)) = line.split_once(':') else {
            continue;
        };
        let value = whole(first.trim(), &mut lines)?;
        let value = value.as_str();
        match tag.trim() {
            "PackageName" => {
                section = Section::Package;
                packages.push(Map::new());
                set(packages.last_mut(), "name", value);
            }
            "FileName" => {
                section = Section::File;
                files.push(Map::new());
                set(files.last_mut(), "fileName", value);
            }
            "SnippetSPDXID" | "Reviewer" => section = Section::Other,
            "SPDXID" => match section {
                Section::Document => document.spdxid = value.into(),
                Section::Package => set(packages.last_mut(), "SPDXID", value),
                Section::File => set(files.last_mut(), "SPDXID", value),
                Section::Other => {}
            },
            "FileComment" => set(files.last_mut(), "comment", value),
            "Relationship" => {
                let mut words = value.split_whitespace();
                if let (Some(from), Some(kind), Some(to)) =
                    (words.next(), words.next(), words.next())
                {
                    document.relationships.push(json!({
                        "spdxElementId": from,
                        "relationshipType": kind,
                        "relatedSpdxElement": to,
                    }));
                }
            }
            "RelationshipComment" => {
                let last = document.relationships.last_mut();
                set(last.and_then(Value::as_object_mut), "comment", value);
            }
            "SPDXREF" => value.clone_into(&mut about),
            "AnnotationComment" => {
                let comments = annotations.entry(about.clone()).or_default();
                comments.push(json!({ "comment": value }));
            }
            "LicenseID" => {
                section = Section::Other;
                value.clone_into(&mut license);
            }
            "LicenseName" => licenses.push(json!({ "licenseId": license, "name": value })),
            tag => {
                if let (Section::Package, Some(package)) = (&section, packages.last_mut()) {
                    packaged(package, tag, value);
                }
            }
        }
    }
    if document.spdxid.is_null() && packages.is_empty() {
        return Err(ReadError::broken(
            FORMAT,
            "it names neither itself nor packages",
        ));
    }
    let own = document.spdxid.as_str().unwrap_or("SPDXRef-DOCUMENT");
    document.annotations = annotations.remove(own).unwrap_or_default().into();
    document.has_extracted_licensing_infos = licenses.into();
    document.packages = packages
        .into_iter()
        .map(|mut package| {
            let id = package
                .get("SPDXID")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if let Some(comments) = annotations.remove(id) {
                package.insert("annotations".to_owned(), comments.into());
            }
            Value::Object(package)
        })
        .collect();
    document.files = files.into_iter().map(Value::Object).collect();
    Ok(bill(&document))
}

/// A value with all its lines, where it is set in `<text>`.
fn whole<'a>(
    first: &'a str,
    lines: &mut impl Iterator<Item = &'a str>,
) -> Result<String, ReadError> {
    let Some(mut line) = first.strip_prefix("<text>") else {
        return Ok(first.to_owned());
    };
    let mut text = String::new();
    loop {
        if let Some((rest, _)) = line.split_once("</text>") {
            text.push_str(rest);
            return Ok(text);
        }
        text.push_str(line);
        text.push('\n');
        line = lines
            .next()
            .ok_or_else(|| ReadError::broken(FORMAT, "a `<text>` does not end"))?;
    }
}

fn set(member: Option<&mut Map<String, Value>>, key: &str, value: &str) {
    if let Some(member) = member {
        member.insert(key.to_owned(), value.into());
    }
}

fn packaged(package: &mut Map<String, Value>, tag: &str, value: &str) {
    let mut push = |key: &str, entry: Value| {
        let list = package.entry(key).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(entry);
        }
    };
    match tag {
        "PackageVersion" => set(Some(package), "versionInfo", value),
        "PackageSupplier" => set(Some(package), "supplier", value),
        "PackageOriginator" => set(Some(package), "originator", value),
        "PackageLicenseDeclared" => set(Some(package), "licenseDeclared", value),
        "PackageLicenseConcluded" => set(Some(package), "licenseConcluded", value),
        "PackageSourceInfo" => set(Some(package), "sourceInfo", value),
        "PrimaryPackagePurpose" => set(Some(package), "primaryPackagePurpose", value),
        "PackageAttributionText" => push("attributionTexts", value.into()),
        "PackageChecksum" => {
            if let Some((algorithm, hash)) = value.split_once(':') {
                push(
                    "checksums",
                    json!({ "algorithm": algorithm.trim(), "checksumValue": hash.trim() }),
                );
            }
        }
        "ExternalRef" => {
            let mut words = value.splitn(3, char::is_whitespace);
            if let (Some(_), Some(kind), Some(locator)) = (words.next(), words.next(), words.next())
            {
                push(
                    "externalRefs",
                    json!({ "referenceType": kind, "referenceLocator": locator.trim() }),
                );
            }
        }
        _ => {}
    }
}
