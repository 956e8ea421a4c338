//! Lock files in TOML: Poetry, uv, PDM and the common `pylock.toml` (PEP 751).

use super::{from_repository, only_digest, package, requirement};
use crate::collector::CollectError;
use crate::collectors::graph::Graph;
use plimsoll_types::PackageRecord;
use toml::{Table, Value};

pub(super) fn table(text: &str) -> Result<Table, CollectError> {
    text.parse().map_err(|error: toml::de::Error| {
        let message = error.message();
        CollectError::new(message.lines().next().unwrap_or_default())
    })
}

/// `poetry.lock`, all versions: what a package is for was once its
/// `category`, then its `groups`.
pub(super) fn poetry(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock = table(text)?;
    let records = entries(&lock, "package").filter_map(|entry| {
        let mut record = package(string(entry, "name")?, string(entry, "version"))?;
        let mut groups = list(entry, "groups").peekable();
        record.development = match groups.peek() {
            Some(_) => !groups.any(|group| group.as_str() == Some("main")),
            None => string(entry, "category") == Some("dev"),
        };
        let needed = entry.get("dependencies").and_then(Value::as_table);
        record.requires = needed.into_iter().flat_map(Table::keys).cloned().collect();
        record.digests = only_digest(list(entry, "files").filter_map(hash));
        if let Some(source) = entry.get("source").and_then(Value::as_table) {
            let url = string(source, "url").unwrap_or_default();
            match string(source, "type") {
                Some("directory" | "file") => record.local = true,
                Some("git") => {
                    from_repository(&mut record, url, string(source, "resolved_reference"))
                }
                _ => {}
            }
        }
        Some(record)
    });
    Ok(records.collect())
}

/// `uv.lock`. The project's own entries tell what only development needs.
pub(super) fn uv(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock = table(text)?;
    let mut graph = Graph::default();
    for entry in entries(&lock, "package") {
        let Some(name) = string(entry, "name") else {
            continue;
        };
        let extras = entry.get("optional-dependencies").and_then(Value::as_table);
        let needed = list(entry, "dependencies").chain(extras.into_iter().flat_map(members));
        let edges = graph.edges.entry(name).or_default();
        edges.extend(needed.filter_map(named));
        if own(entry).is_some() {
            graph.runtime.push(name.to_owned());
            let groups = entry.get("dev-dependencies").and_then(Value::as_table);
            let groups = groups.into_iter().flat_map(members);
            graph.development.extend(groups.filter_map(named));
        }
    }
    let development = graph.only_development();
    let records = entries(&lock, "package").filter_map(|entry| {
        let place = own(entry);
        if place == Some(".") {
            return None;
        }
        let name = string(entry, "name")?;
        let mut record = package(name, string(entry, "version"))?;
        record.local = place.is_some();
        record.development = development.contains(name);
        record.requires = list(entry, "dependencies").filter_map(reference).collect();
        let source = entry.get("sdist").into_iter();
        let files = source.chain(list(entry, "wheels"));
        record.digests = only_digest(files.filter_map(hash));
        if let Some(url) = of(entry, "source", "git") {
            let commit = url.split_once('#').map(|(_, commit)| commit);
            from_repository(&mut record, url, commit);
        }
        Some(record)
    });
    Ok(records.collect())
}

/// The folder or file of the project that an entry is.
fn own(entry: &Table) -> Option<&str> {
    ["editable", "virtual", "directory", "path"]
        .iter()
        .find_map(|kind| of(entry, "source", kind))
}

/// `pdm.lock`. Its groups do not tell extras from development.
pub(super) fn pdm(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock = table(text)?;
    let records = entries(&lock, "package").filter_map(|entry| {
        let mut record = package(string(entry, "name")?, string(entry, "version"))?;
        record.local = string(entry, "path").is_some();
        if let Some(url) = string(entry, "git") {
            from_repository(&mut record, url, string(entry, "revision"));
        }
        let needed = list(entry, "dependencies").filter_map(Value::as_str);
        record.requires = needed.filter_map(name_of).collect();
        record.digests = only_digest(list(entry, "files").filter_map(hash));
        Some(record)
    });
    Ok(records.collect())
}

/// `pylock.toml`.
pub(super) fn pylock(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock = table(text)?;
    let records = entries(&lock, "packages").filter_map(|entry| {
        let folder = of(entry, "directory", "path");
        if folder == Some(".") {
            return None;
        }
        let mut record = package(string(entry, "name")?, string(entry, "version"))?;
        record.local = folder.is_some() || of(entry, "archive", "path").is_some();
        if let Some(url) = of(entry, "vcs", "url") {
            from_repository(&mut record, url, of(entry, "vcs", "commit-id"));
        }
        record.requires = list(entry, "dependencies").filter_map(reference).collect();
        Some(record)
    });
    Ok(records.collect())
}

/// What a requirement names, pinned or not.
fn name_of(text: &str) -> Option<String> {
    if let Some(record) = requirement(text) {
        return Some(match record.version {
            Some(version) => format!("{}@{version}", record.name),
            None => record.name,
        });
    }
    let name = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn reference(needed: &Value) -> Option<String> {
    let name = named(needed)?;
    Some(match needed.get("version").and_then(Value::as_str) {
        Some(version) => format!("{name}@{version}"),
        None => name,
    })
}

fn named(needed: &Value) -> Option<String> {
    needed.get("name")?.as_str().map(str::to_owned)
}

fn hash(file: &Value) -> Option<&str> {
    file.get("hash")?.as_str()
}

fn entries<'a>(lock: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    let list = lock.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_table)
}

fn list<'a>(entry: &'a Table, key: &str) -> impl Iterator<Item = &'a Value> {
    entry
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn members(groups: &Table) -> impl Iterator<Item = &Value> {
    groups.values().filter_map(Value::as_array).flatten()
}

fn string<'a>(entry: &'a Table, key: &str) -> Option<&'a str> {
    entry.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn of<'a>(entry: &'a Table, table: &str, key: &str) -> Option<&'a str> {
    entry.get(table)?.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uv_tells_what_only_development_needs() {
        let records = uv(r#"version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "httpx" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "httpx"
version = "0.28.1"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "idna", version = "3.10", marker = "x" }]
sdist = { url = "u", hash = "sha256:00" }
[[package]]
name = "idna"
version = "3.10"
[[package]]
name = "pytest"
version = "8.3.4"
dependencies = [{ name = "idna" }, { name = "pluggy" }]
[[package]]
name = "pluggy"
version = "1.5.0"
source = { git = "https://github.com/o/pluggy?rev=main#abc" }
[[package]]
name = "lib"
version = "0.2.0"
source = { editable = "packages/lib" }
"#)
        .unwrap();
        let flags: Vec<_> = records
            .iter()
            .map(|r| (r.name.as_str(), r.development, r.local))
            .collect();
        assert_eq!(
            flags,
            [
                ("httpx", false, false),
                ("idna", false, false),
                ("pytest", true, false),
                ("pluggy", true, false),
                ("lib", false, true),
            ]
        );
        assert_eq!(records[0].requires, ["idna@3.10"]);
        assert_eq!(records[0].digests, ["sha256:00"]);
        assert_eq!(
            records[3].qualifiers["vcs_url"],
            "git+https://github.com/o/pluggy@abc"
        );
    }

    #[test]
    fn poetry_had_categories_and_has_groups() {
        let lock = |extra: &str| {
            poetry(&format!("[[package]]\nname = 'a'\nversion = '1'\n{extra}"))
                .unwrap()
                .remove(0)
        };
        assert!(lock("category = 'dev'").development);
        assert!(!lock("category = 'main'").development);
        assert!(lock("groups = ['dev', 'docs']").development);
        assert!(!lock("groups = ['dev', 'main']").development);
        assert!(lock("[package.source]\ntype = 'directory'\nurl = '../a'").local);
        let git = lock(
            "[package.source]\ntype = 'git'\nurl = 'https://h/a'\nresolved_reference = 'cd66'",
        );
        assert_eq!(git.qualifiers["vcs_url"], "git+https://h/a@cd66");
        assert_eq!(lock("[package.dependencies]\nb = '*'").requires, ["b"]);
        assert!(poetry("[[package]").is_err());
    }

    #[test]
    fn nesting_without_end_is_an_error() {
        assert!(table(&format!("a = {}", "[".repeat(200_000))).is_err());
    }

    #[test]
    fn the_common_format_keeps_repositories_and_leaves_the_project_out() {
        let records = pylock(
            r#"
[[packages]]
name = "a"
version = "0.1.0"
vcs = { type = "git", url = "https://h/a.git", commit-id = "73" }
dependencies = [{name = "b"}]
[[packages]]
name = "app"
directory = { path = ".", editable = true }
"#,
        )
        .unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].qualifiers["vcs_url"], "git+https://h/a.git@73");
        assert_eq!(records[0].requires, ["b"]);
    }
}
