//! `*.deps.json`: what an application or a framework was published with.

use super::framework;
use super::plain;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::format::Format;
use crate::collectors::lock::{LIMIT, edge, sha512, sorted};
use crate::collectors::packages;
use crate::collectors::text::decode;
use crate::facts::{Fact, OwnedFile, Ownership};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct DepsJson;

impl Collector for DepsJson {
    fn name(&self) -> &'static str {
        "dotnet-deps"
    }

    fn about(&self) -> &'static str {
        ".NET applications and frameworks: *.deps.json"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name().ends_with(".deps.json") {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let published = Published::read(&text)?;
        let mut named = Vec::new();
        named.extend(framework(file.path).and_then(|(name, version)| runtime(file, name, version)));
        named.extend(published.records());
        let mut collected = packages(self.name(), named);
        let owners = published.owners(crate::path::parent(file.path));
        if !owners.is_empty() {
            collected.facts.push(Fact::Listed(owners));
        }
        FORMAT.hold(&text, collected)
    }
}

const FORMAT: Format = Format::of_keys(
    "a list of .NET assemblies",
    &["libraries", "targets", "runtimeTarget"],
);

/// The framework whose own file this is. Its versions are those of .NET
/// itself, which is how the NVD knows it.
fn runtime(file: &File<'_>, name: &str, version: &str) -> Option<PackageRecord> {
    if file.name().strip_suffix(".deps.json") != Some(name) {
        return None;
    }
    let mut record = PackageRecord::new(
        Ecosystem::Nuget,
        name,
        Some(version.to_owned()),
        Confidence::Installed,
    );
    let major: u32 = version.split('.').next()?.parse().ok()?;
    let product = match name {
        "Microsoft.AspNetCore.App" | "Microsoft.AspNetCore.All" => "asp.net_core",
        _ if major < 5 => ".net_core",
        _ => ".net",
    };
    record.cpes = vec![format!(
        "cpe:2.3:a:microsoft:{product}:{version}:*:*:*:*:*:*:*"
    )];
    Some(record)
}

/// What such a file says.
#[derive(Deserialize)]
pub(super) struct Published {
    #[serde(default, rename = "runtimeTarget")]
    runtime_target: Value,
    /// Assets of libraries, by target, then by `NAME/VERSION`.
    #[serde(default)]
    targets: BTreeMap<String, BTreeMap<String, Target>>,
    #[serde(default)]
    libraries: BTreeMap<String, Library>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Target {
    dependencies: BTreeMap<String, String>,
    runtime: BTreeMap<String, Value>,
    native: BTreeMap<String, Value>,
    resources: BTreeMap<String, Value>,
    #[serde(rename = "runtimeTargets")]
    runtime_targets: BTreeMap<String, Value>,
}

impl Target {
    fn assets(&self) -> impl Iterator<Item = (&String, &Value)> {
        let assets = [
            &self.runtime,
            &self.native,
            &self.resources,
            &self.runtime_targets,
        ];
        assets.into_iter().flatten()
    }
}

#[derive(Deserialize)]
struct Library {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    sha512: String,
}

impl Library {
    fn is_package(&self) -> bool {
        matches!(self.kind.as_str(), "package" | "runtimepack")
    }

    fn is_project(&self) -> bool {
        self.kind == "project"
    }
}

impl Published {
    pub fn read(text: &str) -> Result<Self, CollectError> {
        serde_json::from_str(text).map_err(CollectError::new)
    }

    /// Assets of libraries on the target that is run; of the only one known
    /// where that one is missing.
    fn target(&self) -> Option<&BTreeMap<String, Target>> {
        let name = self.runtime_target.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let generic = name.split('/').next().unwrap_or_default();
        self.targets
            .get(name)
            .or_else(|| self.targets.get(generic))
            .or_else(|| self.targets.values().max_by_key(|target| target.len()))
    }

    pub fn records(&self) -> Vec<PackageRecord> {
        let target = self.target();
        let root: BTreeSet<&str> = target
            .map(|target| self.wanted_by_roots(target))
            .unwrap_or_default();
        let mut records = Vec::new();
        for (key, library) in &self.libraries {
            let Some((name, version)) = key.rsplit_once('/') else {
                continue;
            };
            let assets = target.and_then(|target| target.get(key));
            // What the framework has in a newer version was left out.
            let shipped =
                root.contains(name) || assets.is_none_or(|target| target.assets().next().is_some());
            if !(library.is_project() || library.is_package() && shipped) {
                continue;
            }
            let mut record = PackageRecord::new(
                Ecosystem::Nuget,
                package_name(name, library),
                Some(version.to_owned()),
                Confidence::Installed,
            );
            record.local = library.is_project();
            record.digests = sha512(&library.sha512).into_iter().collect();
            let wanted = assets.into_iter().flat_map(|target| &target.dependencies);
            record.requires = sorted(wanted.map(|(name, version)| {
                let known = self.libraries.contains_key(&format!("{name}/{version}"));
                edge(name, known.then_some(version))
            }));
            records.push(record);
        }
        records
    }

    /// What projects need that no other library needs: the application, and
    /// nothing where the file is that of a framework.
    fn wanted_by_roots<'a>(&'a self, target: &'a BTreeMap<String, Target>) -> BTreeSet<&'a str> {
        let needed: BTreeSet<&str> = target
            .values()
            .flat_map(|target| target.dependencies.keys())
            .map(String::as_str)
            .collect();
        target
            .iter()
            .filter(|(key, _)| {
                let project = self.libraries.get(*key).is_some_and(Library::is_project);
                let name = key.rsplit_once('/').map_or("", |(name, _)| name);
                project && !needed.contains(name)
            })
            .flat_map(|(_, target)| target.dependencies.keys())
            .map(String::as_str)
            .collect()
    }

    /// The assemblies of each library, where publishing puts them below
    /// `folder`.
    fn owners(&self, folder: &str) -> Vec<Ownership> {
        let Some(target) = self.target() else {
            return Vec::new();
        };
        let mut owners = Vec::new();
        for (key, assets) in target {
            let Some(((name, _), library)) = key.rsplit_once('/').zip(self.libraries.get(key))
            else {
                continue;
            };
            if !library.is_package() && !library.is_project() {
                continue;
            }
            let mut files = BTreeSet::new();
            for (path, about) in assets.assets() {
                let file = path.rsplit('/').next().unwrap_or(path);
                let Some((stem, "dll" | "exe")) = file.rsplit_once('.') else {
                    continue;
                };
                files.insert(path.clone());
                match about.get("locale").and_then(Value::as_str) {
                    Some(locale) => files.insert(format!("{locale}/{file}")),
                    None => files.insert(file.to_owned()),
                };
                if library.is_project() {
                    // The program that starts the assembly.
                    files.insert(format!("{stem}.exe"));
                    files.insert(stem.to_owned());
                }
            }
            let files: Vec<_> = files
                .into_iter()
                .map(|path| OwnedFile::new(format!("{folder}/{path}").trim_start_matches('/')))
                .collect();
            if !files.is_empty() {
                owners.push(Ownership {
                    ecosystem: Ecosystem::Nuget,
                    package: package_name(name, library).to_owned(),
                    arch: None,
                    files,
                });
            }
        }
        owners
    }
}

fn package_name<'a>(name: &'a str, library: &Library) -> &'a str {
    let name = match library.kind.as_str() {
        "runtimepack" => name.strip_prefix("runtimepack.").unwrap_or(name),
        _ => name,
    };
    plain(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    fn document(target: &str, targets: &str, libraries: &str) -> String {
        format!(
            r#"{{"runtimeTarget":{{"name":"{target}","signature":""}},"targets":{targets},"libraries":{libraries}}}"#
        )
    }

    const TARGET: &str = ".NETCoreApp,Version=v8.0";

    #[test]
    fn what_the_framework_replaces_is_not_shipped() {
        let text = document(
            TARGET,
            r#"{".NETCoreApp,Version=v8.0":{
                "app/1.0.0":{"dependencies":{"Direct":"1.0.0","Dapper":"2.1.0"},"runtime":{"app.dll":{}}},
                "Dapper/2.1.0":{"dependencies":{"System.Net.Http":"4.3.0"},"runtime":{"lib/net7.0/Dapper.dll":{"assemblyVersion":"2.0.0.0","fileVersion":"2.1.0.1"}}},
                "System.Net.Http/4.3.0":{"dependencies":{"Libuv":"1.9.1"}},
                "Libuv/1.9.1":{"runtimeTargets":{"runtimes/x/native/libuv.so":{"rid":"x"}}},
                "Direct/1.0.0":{},
                "Framework.Ref/8.0.0":{"compile":{"Framework.Ref.dll":{}}}}}"#,
            r#"{"app/1.0.0":{"type":"project"},"Dapper/2.1.0":{"type":"package","sha512":""},
                "System.Net.Http/4.3.0":{"type":"package"},"Libuv/1.9.1":{"type":"package"},
                "Direct/1.0.0":{"type":"package"},"Unsaid/1.0.0":{"type":"package"},"Framework.Ref/8.0.0":{"type":"referenceassembly"}}"#,
        );
        let records = records(&DepsJson, "app/app.deps.json", text.as_bytes()).unwrap();
        let names: Vec<_> = records.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["Dapper", "Direct", "Libuv", "Unsaid", "app"]);
        assert_eq!(records[0].requires, ["System.Net.Http@4.3.0"]);
        assert!(records[4].local);
        assert_eq!(records[4].requires, ["Dapper@2.1.0", "Direct@1.0.0"]);
    }

    #[test]
    fn reference_assemblies_are_no_packages() {
        let text = document(
            TARGET,
            "{}",
            r#"{"A.Ref/1":{"type":"referenceassembly"},"B/1":{"type":"reference"}}"#,
        );
        assert_eq!(found(&DepsJson, "x.deps.json", text.as_bytes()), [""; 0]);
    }

    #[test]
    fn the_target_of_a_platform_is_the_one_that_runs() {
        let text = document(
            &format!("{TARGET}/linux-x64"),
            r#"{".NETCoreApp,Version=v8.0":{},".NETCoreApp,Version=v8.0/linux-x64":{
                "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"runtime":{"System.Net.Http.dll":{"fileVersion":"8.0.123.58001"}}}}}"#,
            r#"{"runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"type":"runtimepack"}}"#,
        );
        assert_eq!(
            found(&DepsJson, "app/app.deps.json", text.as_bytes()),
            ["Microsoft.NETCore.App.Runtime.linux-x64@8.0.1"]
        );
    }

    #[test]
    fn a_file_without_a_root_still_names_its_packages() {
        let libraries = r#"{"X (net8.0)/1.0":{"type":"package"},"p/1":{"type":"project"}}"#;
        let text = document(TARGET, "{}", libraries);
        assert_eq!(
            found(&DepsJson, "other.deps.json", text.as_bytes()),
            ["X@1.0", "p@1"]
        );
        assert!(records(&DepsJson, "x.deps.json", b"{\"targets\":").is_err());
    }

    #[test]
    fn a_shared_framework_is_one_package_with_its_cpe() {
        let text = document(
            TARGET,
            r#"{".NETCoreApp,Version=v8.0":{"Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"runtime":{"System.Net.Http.dll":{}}}}}"#,
            r#"{"Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"type":"package"}}"#,
        );
        let path = |name: &str, version: &str| {
            format!("usr/share/dotnet/shared/{name}/{version}/{name}.deps.json")
        };
        let path = |name, version| {
            let path = path(name, version);
            records(&DepsJson, &path, text.as_bytes()).unwrap()
        };
        let records = path("Microsoft.NETCore.App", "8.0.1");
        assert_eq!(records.len(), 2);
        assert_eq!(
            records[0].cpes,
            ["cpe:2.3:a:microsoft:.net:8.0.1:*:*:*:*:*:*:*"]
        );
        assert_eq!(
            path("Microsoft.NETCore.App", "3.1.32")[0].cpes,
            ["cpe:2.3:a:microsoft:.net_core:3.1.32:*:*:*:*:*:*:*"]
        );
        assert_eq!(
            path("Microsoft.AspNetCore.App", "8.0.1")[0].cpes,
            ["cpe:2.3:a:microsoft:asp.net_core:8.0.1:*:*:*:*:*:*:*"]
        );
    }
}
