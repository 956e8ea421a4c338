//! R packages: `DESCRIPTION` files, and what renv locked.

use super::format::Format;
use super::text::decode;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;
use std::collections::BTreeMap;

const LIMIT: u64 = 64 << 20;

pub(crate) struct R;

impl Collector for R {
    fn name(&self) -> &'static str {
        "r"
    }

    fn about(&self) -> &'static str {
        "R packages: DESCRIPTION, renv.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match file.name() {
            "DESCRIPTION" | "renv.lock" => Want::Whole { limit: LIMIT },
            _ => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        match file.name() {
            "renv.lock" => RENV.hold(&text, packages(self.name(), locked(&text)?)),
            _ if is_library(file.path) => {
                DESCRIPTION.hold(&text, packages(self.name(), described(&text)))
            }
            _ => Ok(packages(self.name(), described(&text))),
        }
    }
}

const RENV: Format = Format::of_keys("a lock file of renv", &["Packages", "R"]);
const DESCRIPTION: Format = Format::of_lines("a description of an R package", &[], &[]);

/// Elsewhere anything may be described by a file of that name.
fn is_library(path: &str) -> bool {
    path.rsplit('/')
        .nth(2)
        .is_some_and(|folder| matches!(folder, "library" | "site-library"))
}

/// Other programs have files of that name, which lack the fields. Only what
/// was built is installed; the rest is somebody's source.
fn described(text: &str) -> Option<PackageRecord> {
    let fields = fields(text);
    let get = |key: &str| fields.get(key).map(String::as_str);
    let (name, version) = (get("Package")?, get("Version")?);
    let built = get("Built").or(get("Packaged")).is_some();
    let mut record = declared(Ecosystem::Cran, name, Some(version));
    if built {
        record.confidence = Confidence::Installed;
    } else {
        record.local = true;
    }
    record.licenses = get("License").map(str::to_owned).into_iter().collect();
    record.vendor = get("Maintainer").or(get("Author")).map(str::to_owned);
    let lists = ["Depends", "Imports", "LinkingTo"]
        .into_iter()
        .filter_map(get);
    record.requires = lists
        .flat_map(|list| list.split(','))
        .filter_map(name_of)
        .collect();
    Some(record)
}

/// The name in `name (>= 1.0)`, without R itself.
fn name_of(wish: &str) -> Option<String> {
    let name = wish.split(['(', ' ', '\n']).find(|part| !part.is_empty())?;
    (name != "R").then(|| name.to_owned())
}

/// Fields of a Debian-like control file, with lines that go on.
fn fields(text: &str) -> BTreeMap<&str, String> {
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    let mut current = "";
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = fields.get_mut(current) {
                value.push(' ');
                *value += line.trim();
            }
        } else if let Some((key, value)) = line.split_once(':') {
            current = key;
            fields.insert(key, value.trim().to_owned());
        }
    }
    fields.retain(|_, value| !value.is_empty());
    fields
}

/// `renv.lock`. What comes from Bioconductor is none of CRAN's.
fn locked(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let entries = lock.get("Packages").and_then(Value::as_object);
    let entries = entries.into_iter().flat_map(|map| map.iter());
    let records = entries.filter_map(|(key, entry)| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let repository = text("Repository").unwrap_or("CRAN");
        // Posit's package manager mirrors CRAN.
        let mirror = ["CRAN", "RSPM", "P3M"].contains(&repository) || repository.contains("://");
        if !mirror || text("Source") == Some("Bioconductor") {
            return None;
        }
        let mut record = declared(
            Ecosystem::Cran,
            text("Package").unwrap_or(key),
            text("Version"),
        );
        if let (Some(user), Some(repository)) = (text("RemoteUsername"), text("RemoteRepo")) {
            let host =
                text("RemoteHost").map_or("github.com", |host| host.trim_start_matches("api."));
            let commit = text("RemoteSha").map(|commit| format!("@{commit}"));
            let url = format!(
                "git+https://{host}/{user}/{repository}{}",
                commit.unwrap_or_default()
            );
            record.qualifiers.insert("vcs_url".into(), url);
        }
        record.local = text("Source") == Some("Local");
        let needed = entry.get("Requirements").and_then(Value::as_array);
        let needed = needed.into_iter().flatten().filter_map(Value::as_str);
        record.requires = needed.filter_map(name_of).collect();
        Some(record)
    });
    Ok(records.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    #[test]
    fn only_what_was_built_is_installed() {
        let text = "Package: stringr\nVersion: 1.5.0.9000\nLicense: MIT + file LICENSE\nDepends: \n    R (>= 3.3)\nImports: \n    cli,\n    glue (>= 1.6.1)\n";
        let source = records(&R, "src/DESCRIPTION", text.as_bytes())
            .unwrap()
            .remove(0);
        assert!(source.local && source.confidence == Confidence::Declared);
        assert_eq!(source.requires, ["cli", "glue"]);
        let built = format!("{text}Built: R 4.3.0; ; 2023-04-21; unix\n");
        let built = records(
            &R,
            "usr/lib/R/library/stringr/DESCRIPTION",
            built.as_bytes(),
        )
        .unwrap()
        .remove(0);
        assert!(!built.local && built.confidence == Confidence::Installed);
        assert_eq!(built.licenses, ["MIT + file LICENSE"]);
        assert_eq!(records(&R, "x/DESCRIPTION", b"A program.").unwrap(), []);
    }

    #[test]
    fn a_lock_names_what_cran_has() {
        let text = r#"{"R":{"Version":"4.1.0"},"Packages":{
            "BH":{"Package":"BH","Version":"1.75.0-0","Source":"Repository","Repository":"CRAN","Requirements":["R","mime"]},
            "BSgenome":{"Package":"BSgenome","Version":"1.60.0","Source":"Bioconductor"},
            "own":{"Package":"own","Version":"0.1.0","Source":"GitHub","RemoteUsername":"o","RemoteRepo":"own","RemoteHost":"api.github.com","RemoteSha":"12"}}}"#;
        let found = records(&R, "app/renv.lock", text.as_bytes()).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].requires, ["mime"]);
        assert_eq!(
            found[1].qualifiers["vcs_url"],
            "git+https://github.com/o/own@12"
        );
    }
}
