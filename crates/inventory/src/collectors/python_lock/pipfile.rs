//! `Pipfile.lock` of Pipenv.

use super::{from_repository, only_digest, package};
use crate::collector::CollectError;
use plimsoll_types::PackageRecord;
use serde_json::Value;

pub(super) fn read(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let mut records = Vec::new();
    // `_meta` is about the file; other sections are groups of Pipenv's users.
    let sections = lock.as_object().into_iter().flatten();
    for (section, entries) in sections.filter(|(section, _)| *section != "_meta") {
        for (name, entry) in entries.as_object().into_iter().flatten() {
            let text = |key: &str| entry.get(key).and_then(Value::as_str);
            let version = text("version").map(|version| version.trim_start_matches('='));
            let Some(mut record) = package(name, version) else {
                continue;
            };
            record.development = section == "develop";
            record.local = text("path").or(text("file")).is_some();
            if let Some(url) = text("git") {
                from_repository(&mut record, url, text("ref"));
            }
            let hashes = entry.get("hashes").and_then(Value::as_array);
            record.digests = only_digest(hashes.into_iter().flatten().filter_map(Value::as_str));
            records.push(record);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_tell_what_a_package_is_for() {
        let records = read(
            r#"{"_meta":{"hash":{"sha256":"0"}},"default":{"a":{"version":"==1.0","hashes":["sha256:00"]},"b":{"path":"./b","editable":true}},
            "develop":{"c":{"git":"https://h/c.git","ref":"12"}}}"#,
        )
        .unwrap();
        assert_eq!(records[0].full_version(), "1.0");
        assert_eq!(records[0].digests, ["sha256:00"]);
        assert!(records[1].local && records[2].development);
        assert_eq!(records[2].qualifiers["vcs_url"], "git+https://h/c.git@12");
    }
}
