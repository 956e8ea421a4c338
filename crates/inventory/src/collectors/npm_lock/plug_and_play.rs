//! Plug'n'Play: packages that yarn runs from archives, without `node_modules`.

use super::{mark_origin, package};
use crate::collector::CollectError;
use crate::collectors::npm;
use crate::collectors::text::decode;
use crate::collectors::zip::Archive;
use plimsoll_types::PackageRecord;
use serde_json::Value;

const ENTRIES: usize = 1_000_000;
const MANIFEST: u64 = 64 << 20;

/// `.pnp.data.json`, or the same inside the loader `.pnp.cjs`.
pub(super) fn read(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let state = match text.find("RAW_RUNTIME_STATE") {
        Some(at) => literal(text.get(at..).unwrap_or_default()),
        // Older loaders pass an object to a function, in strict JSON but for
        // the call around it.
        None => match text.find("hydrateRuntimeState(") {
            Some(at) => object(text.get(at..).unwrap_or_default()),
            None => text.to_owned(),
        },
    };
    // More may follow the object.
    let mut values = serde_json::Deserializer::from_str(&state).into_iter::<Value>();
    let state = values
        .next()
        .ok_or_else(|| CollectError::new("it holds no package map"))?;
    let state = state.map_err(CollectError::new)?;
    let mut records = Vec::new();
    for item in list(state.get("packageRegistryData")) {
        // The project's own entry has no name.
        let (Some(name), references) = (item.get(0).and_then(Value::as_str), list(item.get(1)))
        else {
            continue;
        };
        for one in references {
            let Some(reference) = one.get(0).and_then(Value::as_str) else {
                continue;
            };
            if reference == "workspace:." {
                continue;
            }
            // `virtual:HASH#npm:1.0.0` is a copy for certain peers.
            let reference = reference
                .rsplit('#')
                .find(|part| part.contains(':'))
                .unwrap_or(reference);
            let version = reference.strip_prefix("npm:");
            let Some(mut record) = package(name, version) else {
                continue;
            };
            mark_origin(&mut record, reference);
            for needed in list(one.get(1).and_then(|of| of.get("packageDependencies"))) {
                let (Some(needed), reference) =
                    (needed.get(0).and_then(Value::as_str), needed.get(1))
                else {
                    continue;
                };
                if needed == name {
                    continue;
                }
                let version = reference
                    .and_then(Value::as_str)
                    .and_then(|r| r.rsplit("npm:").next());
                record.requires.push(match version {
                    Some(version) if !version.contains(':') => format!("{needed}@{version}"),
                    _ => needed.to_owned(),
                });
            }
            records.push(record);
        }
    }
    Ok(records)
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The single-quoted literal of an assignment; lines are continued with `\`.
fn literal(text: &str) -> String {
    let mut characters = text.chars().skip_while(|&c| c != '\'').skip(1);
    let mut out = String::new();
    while let Some(c) = characters.next() {
        match c {
            '\'' => break,
            '\\' => match characters.next() {
                Some('\n') | None => {}
                Some(c @ ('\'' | '\\')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    out
}

fn object(text: &str) -> String {
    text.find('{')
        .and_then(|at| text.get(at..))
        .unwrap_or_default()
        .to_owned()
}

/// An archive of `.yarn/cache`: it holds `node_modules/NAME/`.
pub(super) fn cached(bytes: &[u8]) -> Result<Vec<PackageRecord>, CollectError> {
    let archive = Archive::open(bytes, ENTRIES).map_err(CollectError::new)?;
    let manifest = archive.entries.iter().find(|entry| {
        let folder = entry.name.strip_suffix("/package.json");
        let name = folder.and_then(|folder| folder.strip_prefix("node_modules/"));
        name.is_some_and(npm::is_name)
    });
    let manifest = manifest.ok_or_else(|| CollectError::new("it holds no package"))?;
    let content = archive
        .content(manifest, MANIFEST)
        .map_err(CollectError::new)?;
    Ok(npm::manifest(&decode(&content))?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collectors::zip::build::zip;

    const DATA: &str = r#"{"packageRegistryData":[
        [null,[[null,{"packageLocation":"./","packageDependencies":[]}]]],
        ["app",[["workspace:.",{"packageDependencies":[]}]]],
        ["a",[["virtual:02bc#npm:1.0.0",{"packageDependencies":[["a","virtual:02bc#npm:1.0.0"],["b","npm:2.0.0"]]}],
              ["npm:1.0.0",{"packageDependencies":[["a","npm:1.0.0"]]}]]],
        ["b",[["npm:2.0.0",{"packageDependencies":[]}]]],
        ["w",[["workspace:packages/w",{"packageDependencies":[]}]]]]}"#;

    #[test]
    fn data_and_loader_say_the_same() {
        let quoted = DATA.replace('\'', "\\'").replace('\n', "\\\n");
        let loader = format!(
            "#!/usr/bin/env node\nconst RAW_RUNTIME_STATE =\n'{quoted}';\nfunction x() {{}}\n"
        );
        for text in [
            DATA.to_owned(),
            loader,
            format!("return hydrateRuntimeState({DATA}, {{}});"),
        ] {
            let records = read(&text).unwrap();
            let names: Vec<_> = records
                .iter()
                .map(|r| {
                    (
                        r.name.as_str(),
                        r.full_version(),
                        r.local,
                        r.requires.join(" "),
                    )
                })
                .collect();
            assert_eq!(names[0], ("a", "1.0.0".into(), false, "b@2.0.0".into()));
            assert_eq!(names[2], ("b", "2.0.0".into(), false, String::new()));
            assert_eq!(names[3], ("w", String::new(), true, String::new()));
            assert_eq!(names.len(), 4);
        }
    }

    #[test]
    fn an_archive_of_the_cache_is_an_installed_package() {
        let bytes = zip(&[
            ("node_modules/@s/x/test/package.json", b"{}"),
            (
                "node_modules/@s/x/package.json",
                br#"{"name":"@s/x","version":"1.2.3"}"#,
            ),
        ]);
        let records = cached(&bytes).unwrap();
        assert_eq!(
            (records[0].name.as_str(), records[0].full_version().as_str()),
            ("@s/x", "1.2.3")
        );
        assert!(cached(b"no archive").is_err());
    }
}
