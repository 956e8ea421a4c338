//! Julia packages: `Manifest.toml` of an environment, and `Project.toml` of
//! what lies in a depot (Pkg's documentation of both).

use super::npm_lock::without_user;
use super::text::decode;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use toml::{Table, Value};

const LIMIT: u64 = 64 << 20;

pub(crate) struct Julia;

impl Collector for Julia {
    fn name(&self) -> &'static str {
        "julia"
    }

    fn about(&self) -> &'static str {
        "Julia packages: Manifest.toml, packages/*/*/Project.toml"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "Project.toml" | "JuliaProject.toml" => is_in_depot(file.path),
            name => is_manifest(name),
        };
        if wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| CollectError::new(error.message()))?;
        let records = if is_manifest(file.name()) {
            manifest(&table)
        } else {
            project(&table).into_iter().collect()
        };
        Ok(packages(self.name(), records))
    }
}

/// Also `Manifest-v1.11.toml`, for one version of Julia.
fn is_manifest(name: &str) -> bool {
    let stem = name.strip_suffix(".toml").unwrap_or_default();
    let stem = stem.strip_prefix("Julia").unwrap_or(stem);
    stem == "Manifest" || stem.starts_with("Manifest-v")
}

/// A depot keeps packages in `packages/NAME/SLUG/`.
fn is_in_depot(path: &str) -> bool {
    path.rsplit('/').nth(3) == Some("packages")
}

fn manifest(table: &Table) -> Vec<PackageRecord> {
    // Since format 2 the packages are below `deps`.
    let packages = match table.get("deps").and_then(Value::as_table) {
        Some(deps) => deps,
        None => table,
    };
    let julia = table.get("julia_version").and_then(Value::as_str);
    let entries = packages
        .iter()
        .filter_map(|(name, entries)| Some((name, entries.as_array()?)));
    let entries =
        entries.flat_map(|(name, entries)| entries.iter().map(move |entry| (name, entry)));
    let records = entries.filter_map(|(name, entry)| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let uuid = text("uuid")?;
        // The standard library has the version of Julia.
        let standard = text("git-tree-sha1").is_none() && text("path").is_none();
        let version = text("version").or(julia.filter(|_| standard));
        let mut record = declared(Ecosystem::Julia, name, version);
        record.qualifiers.insert("uuid".into(), uuid.to_owned());
        record.local = text("path").is_some();
        if let Some(url) = text("repo-url") {
            let revision = text("repo-rev").map(|revision| format!("@{revision}"));
            let url = format!("git+{}{}", without_user(url), revision.unwrap_or_default());
            record.qualifiers.insert("vcs_url".into(), url);
        }
        record.requires = match entry.get("deps") {
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::Table(names)) => names.keys().cloned().collect(),
            _ => Vec::new(),
        };
        Some(record)
    });
    records.collect()
}

fn project(table: &Table) -> Option<PackageRecord> {
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let mut record = declared(Ecosystem::Julia, text("name")?, text("version"));
    record.confidence = Confidence::Installed;
    record
        .qualifiers
        .insert("uuid".into(), text("uuid")?.to_owned());
    let needed = table.get("deps").and_then(Value::as_table);
    record.requires = needed.into_iter().flat_map(Table::keys).cloned().collect();
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};
    use plimsoll_types::Mode;

    #[test]
    fn both_formats_are_read_and_the_standard_library_has_julias_version() {
        let text = r#"
julia_version = "1.8.5"
manifest_format = "2.0"
[[deps.Dates]]
deps = ["Printf"]
uuid = "ade2ca70"
[[deps.JSON]]
git-tree-sha1 = "31e9"
repo-url = "https://github.com/o/JSON.jl"
uuid = "682c06a0"
version = "0.21.4"
[[deps.Own]]
path = "dev/Own"
uuid = "00"
"#;
        let found_two = records(&Julia, "app/Manifest.toml", text.as_bytes()).unwrap();
        let names: Vec<_> = found_two
            .iter()
            .map(|r| (r.name.as_str(), r.full_version(), r.local))
            .collect();
        assert_eq!(
            names,
            [
                ("Dates", "1.8.5".into(), false),
                ("JSON", "0.21.4".into(), false),
                ("Own", String::new(), true)
            ]
        );
        assert_eq!(found_two[0].requires, ["Printf"]);
        let one = "[[JSON]]\nuuid = '68'\nversion = '0.21.4'\n";
        assert_eq!(
            found(&Julia, "app/Manifest.toml", one.as_bytes()),
            ["JSON@0.21.4"]
        );
        assert_eq!(found(&Julia, "app/Manifest.toml", b"# nothing\n"), [""; 0]);
    }

    #[test]
    fn a_depot_holds_what_is_installed() {
        let path = "root/.julia/packages/JSON/93Ea8/Project.toml";
        let text = "name = 'JSON'\nuuid = '68'\nversion = '0.21.4'\n[deps]\nDates = 'ad'\n";
        let record = records(&Julia, path, text.as_bytes()).unwrap().remove(0);
        assert_eq!(
            (record.confidence, record.requires),
            (Confidence::Installed, vec!["Dates".to_owned()])
        );
        let project = FileHead::new("app/Project.toml", 1, Mode(0o644), b"");
        assert_eq!(Julia.wants(&project), Want::No);
    }
}
