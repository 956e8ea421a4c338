//! NuGet packages that projects declare, and packages in the form in which
//! they are handed out (the NuGet documentation).

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::format::Format;
use crate::collectors::lock::{LIMIT, edge, sha512, sorted};
use crate::collectors::text::decode;
use crate::collectors::xml::Element;
use crate::collectors::zip::Archive;
use crate::collectors::{declared, packages};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

const ARCHIVE: u64 = 512 << 20;
const ENTRIES: usize = 100_000;

pub(crate) struct NugetLocks;

impl Collector for NugetLocks {
    fn name(&self) -> &'static str {
        "nuget"
    }

    fn about(&self) -> &'static str {
        "NuGet packages: packages.lock.json, packages.config, project.assets.json, Directory.Packages.props, paket.lock, libman.json, *.nupkg, *.nuspec"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match kind(file.name()) {
            Some(Kind::Archive) => Want::Whole { limit: ARCHIVE },
            Some(_) => Want::Whole { limit: LIMIT },
            None => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let mut named = Vec::new();
        let Some(kind) = kind(file.name()) else {
            return Ok(Collected::default());
        };
        if kind == Kind::Archive {
            named.extend(archived(file.bytes)?);
            return Ok(packages(self.name(), named));
        }
        let text = decode(file.bytes);
        match kind {
            Kind::Lock => lock(&text, &mut named)?,
            Kind::Assets => assets(&text, &mut named)?,
            Kind::Config => config(&text, &mut named)?,
            Kind::Props => props(&text, &mut named)?,
            Kind::Paket => paket(&text, &mut named),
            Kind::Libman => libman(&text, &mut named)?,
            Kind::Nuspec => named.extend(restored(file.path, &text)?),
            Kind::Archive => {}
        }
        let format = match kind {
            Kind::Paket => PAKET,
            _ => NUGET,
        };
        format.hold(&text, packages(self.name(), named))
    }
}

const NUGET: Format = Format::of_keys(
    "a list of NuGet packages",
    &[
        "dependencies",
        "packages",
        "libraries",
        "targets",
        "Project",
        "package",
    ],
);
const PAKET: Format = Format::of_lines(
    "a lock file of Paket",
    &["//"],
    &[
        "NUGET",
        "GITHUB",
        "HTTP",
        "GIST",
        "GIT",
        "GROUP ",
        "STORAGE:",
        "RESTRICTION:",
    ],
);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lock,
    Assets,
    Config,
    Props,
    Paket,
    Libman,
    Nuspec,
    Archive,
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "packages.lock.json" => Kind::Lock,
        "project.assets.json" => Kind::Assets,
        "packages.config" => Kind::Config,
        "Directory.Packages.props" | "Packages.props" => Kind::Props,
        "paket.lock" => Kind::Paket,
        "libman.json" => Kind::Libman,
        name if name.ends_with(".nuspec") => Kind::Nuspec,
        name if name.ends_with(".nupkg") => Kind::Archive,
        _ => return None,
    })
}

fn package(name: &str, version: Option<&str>) -> PackageRecord {
    declared(Ecosystem::Nuget, name.trim(), version)
}

#[derive(Deserialize)]
struct Lock {
    dependencies: BTreeMap<String, BTreeMap<String, Locked>>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(default, rename = "type")]
    kind: String,
    resolved: Option<String>,
    #[serde(default, rename = "contentHash")]
    hash: String,
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
}

fn lock(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let lock: Lock = serde_json::from_str(text).map_err(CollectError::new)?;
    for framework in lock.dependencies.values() {
        // Names compare without case, and are written in any.
        let known: HashMap<String, String> = framework
            .iter()
            .map(|(name, locked)| (name.to_lowercase(), edge(name, locked.resolved.as_deref())))
            .collect();
        for (name, locked) in framework {
            let mut record = package(name, locked.resolved.as_deref());
            record.local = locked.kind.eq_ignore_ascii_case("project");
            record.digests = sha512(&locked.hash).into_iter().collect();
            let needs = locked.dependencies.keys();
            record.requires = sorted(needs.map(|need| {
                let known = known.get(&need.to_lowercase());
                known.unwrap_or(need).clone()
            }));
            named.push(record);
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Assets {
    #[serde(default)]
    targets: BTreeMap<String, BTreeMap<String, AssetsTarget>>,
    libraries: BTreeMap<String, AssetsLibrary>,
}

#[derive(Deserialize)]
struct AssetsTarget {
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct AssetsLibrary {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    sha512: String,
}

fn assets(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let assets: Assets = serde_json::from_str(text).map_err(CollectError::new)?;
    for (key, library) in &assets.libraries {
        let Some((name, version)) = key.rsplit_once('/') else {
            continue;
        };
        let mut record = package(name, Some(version));
        record.local = library.kind == "project";
        record.digests = sha512(&library.sha512).into_iter().collect();
        let targets = assets.targets.values().filter_map(|target| target.get(key));
        record.requires = sorted(targets.flat_map(|target| target.dependencies.keys().cloned()));
        named.push(record);
    }
    Ok(())
}

/// What is for development only never reaches what is built.
fn config(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let root = Element::read(text)?;
    let packages = root.children.iter().filter(|child| child.name == "package");
    let kept =
        packages.filter(|package| package.attribute("developmentDependency") != Some("true"));
    named.extend(kept.filter_map(|element| {
        Some(package(
            element.attribute("id")?,
            element.attribute("version"),
        ))
    }));
    Ok(())
}

/// Versions that all projects below a folder share.
fn props(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let root = Element::read(text)?;
    let properties: HashMap<&str, &str> = root
        .children
        .iter()
        .filter(|child| child.name == "PropertyGroup")
        .flat_map(|group| &group.children)
        .filter_map(|property| Some((property.name.as_str(), property.text()?)))
        .collect();
    for element in root.all() {
        if !matches!(
            element.name.as_str(),
            "PackageVersion" | "PackageReference" | "GlobalPackageReference"
        ) {
            continue;
        }
        let name = element
            .attribute("Include")
            .or_else(|| element.attribute("Update"));
        let version = element
            .attribute("Version")
            .or_else(|| element.text_of("Version"));
        let version = version.map(|version| {
            let property = version
                .strip_prefix("$(")
                .and_then(|rest| rest.strip_suffix(')'));
            property
                .and_then(|property| properties.get(property).copied())
                .unwrap_or(version)
        });
        named.extend(name.map(|name| package(name, version.and_then(exact))));
    }
    Ok(())
}

/// The one version that a version range allows or begins with; none where it
/// floats or stands in another file.
fn exact(version: &str) -> Option<&str> {
    let version = version
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(version)
        .trim();
    (!version.contains(['$', '*', '[', '(', ',', ')', ']'])).then_some(version)
}

/// Names stand at four spaces, what they need at six.
fn paket(text: &str, named: &mut Vec<PackageRecord>) {
    let mut nuget = true;
    let mut open: Option<PackageRecord> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim();
        match indent {
            0 if !words.is_empty() => nuget = words == "NUGET" || words.starts_with("GROUP "),
            4 if nuget => {
                named.extend(open.take());
                open = words
                    .split_once(" (")
                    .map(|(name, rest)| package(name, rest.split(')').next().map(str::trim)));
            }
            6 if nuget => {
                if let Some(record) = &mut open
                    && let Some(name) = words.split(' ').next()
                {
                    record.requires.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    named.extend(open);
}

/// Client-side libraries that the .NET tools fetch; the sources that they
/// are fetched from distribute what npm does.
fn libman(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let json: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let usual = json
        .get("defaultProvider")
        .and_then(Value::as_str)
        .unwrap_or("cdnjs");
    let libraries = json.get("libraries").and_then(Value::as_array);
    for library in libraries.into_iter().flatten() {
        let provider = library
            .get("provider")
            .and_then(Value::as_str)
            .unwrap_or(usual);
        let Some((name, version)) = library
            .get("library")
            .and_then(Value::as_str)
            .and_then(|library| library.rsplit_once('@'))
        else {
            continue;
        };
        if matches!(provider, "cdnjs" | "jsdelivr" | "unpkg") {
            named.push(declared(Ecosystem::Npm, name, Some(version)));
        }
    }
    Ok(())
}

/// A package that was unpacked into a folder of packages
/// (`NAME/VERSION/NAME.nuspec`); elsewhere it is the recipe for one.
fn restored(path: &str, text: &str) -> Result<Option<PackageRecord>, CollectError> {
    let Some(mut record) = nuspec(text)? else {
        return Ok(None);
    };
    let mut parts = path.rsplit('/').skip(1);
    let (version, name) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if name.eq_ignore_ascii_case(&record.name)
        && record
            .version
            .as_deref()
            .is_some_and(|own| own.starts_with(version))
    {
        record.confidence = Confidence::Installed;
    }
    Ok(Some(record))
}

fn archived(bytes: &[u8]) -> Result<Option<PackageRecord>, CollectError> {
    let archive = Archive::open(bytes, ENTRIES).map_err(CollectError::new)?;
    let entry = archive
        .entries
        .iter()
        .find(|entry| entry.name.ends_with(".nuspec") && !entry.name.contains('/'))
        .ok_or_else(|| CollectError::new("it holds no nuspec"))?;
    let content = archive.content(entry, LIMIT).map_err(CollectError::new)?;
    nuspec(&decode(&content))
}

/// Recipes may leave values to the build: those say nothing.
fn nuspec(text: &str) -> Result<Option<PackageRecord>, CollectError> {
    let root = Element::read(text)?;
    let Some(metadata) = root.child("metadata") else {
        return Err(CollectError::new("it has no metadata"));
    };
    let value = |name: &str| metadata.text_of(name).filter(|text| !text.contains('$'));
    let Some(name) = value("id") else {
        return Ok(None);
    };
    let mut record = package(name, value("version"));
    record.vendor = value("authors").map(str::to_owned);
    record.licenses = metadata
        .child("license")
        .filter(|license| license.attribute("type") == Some("expression"))
        .and_then(Element::text)
        .map(str::to_owned)
        .into_iter()
        .collect();
    let needs = metadata.child("dependencies");
    let needs = needs.into_iter().flat_map(Element::all);
    record.requires = sorted(
        needs
            .filter(|element| element.name == "dependency")
            .filter_map(|element| element.attribute("id").map(str::to_owned)),
    );
    Ok(Some(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collectors::zip::build::zip;
    use crate::fixture::{found, records};

    #[test]
    fn edges_of_a_lock_lead_from_what_needs_to_what_is_needed() {
        let text = r#"{"version":1,"dependencies":{
            "net8.0":{
                "AutoMapper":{"type":"Direct","requested":"[13.0.1, )","resolved":"13.0.1","dependencies":{"microsoft.extensions.options":"6.0.0"}},
                "Microsoft.Extensions.Options":{"type":"Transitive","resolved":"9.0.0"},
                "my.project":{"type":"Project","dependencies":{"AutoMapper":"13.0.1"}}},
            "net48":{"AutoMapper":{"type":"Direct","resolved":"10.0.0"}}}}"#;
        let records = records(&NugetLocks, "src/packages.lock.json", text.as_bytes()).unwrap();
        let of = |version: &str| {
            records
                .iter()
                .find(|r| r.full_version() == version)
                .unwrap()
        };
        assert_eq!(
            of("13.0.1").requires,
            ["Microsoft.Extensions.Options@9.0.0"]
        );
        assert_eq!(of("9.0.0").requires, [""; 0]);
        assert_eq!(of("10.0.0").name, "AutoMapper");
        let project = of("");
        assert!(project.local && project.purl(None).is_none());
        assert_eq!(project.requires, ["AutoMapper@13.0.1"]);
    }

    #[test]
    fn what_only_builds_is_left_out_of_packages_config() {
        let text = "\u{feff}<?xml version=\"1.0\"?><packages><package id=\"Newtonsoft.Json\" version=\"8.0.3\" /><package id=\"Microsoft.Net.Compilers\" version=\"1.0.0\" developmentDependency=\"true\" /></packages>";
        assert_eq!(
            found(&NugetLocks, "packages.config", text.as_bytes()),
            ["Newtonsoft.Json@8.0.3"]
        );
    }

    #[test]
    fn shared_versions_may_stand_in_properties() {
        let text = "<Project><PropertyGroup><V>6.0.0</V></PropertyGroup><ItemGroup><PackageVersion Include=\"A \" Version=\" [6.2.3] \" /><PackageVersion Include=\"B\" Version=\"$(V)\" /><PackageReference Include=\"C\"><Version>1.*</Version></PackageReference></ItemGroup></Project>";
        assert_eq!(
            found(&NugetLocks, "Directory.Packages.props", text.as_bytes()),
            ["A@6.2.3", "B@6.0.0", "C@"]
        );
    }

    #[test]
    fn paket_locks_other_things_too() {
        let text = "NUGET\n  remote: https://api.nuget.org/v3/index.json\n    Argu (1.1.3)\n      Chessie (>= 0.6)\n    Chessie (0.6)\nGITHUB\n  remote: a/b\n    x.fs (0123)\n\nGROUP Test\nNUGET\n  remote: https://api.nuget.org/v3/index.json\n    Expecto (9.0) - restriction: >= net461\n";
        let records = records(&NugetLocks, "paket.lock", text.as_bytes()).unwrap();
        let names: Vec<_> = records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect();
        assert_eq!(names, ["Argu@1.1.3", "Chessie@0.6", "Expecto@9.0"]);
        assert_eq!(records[0].requires, ["Chessie"]);
    }

    #[test]
    fn packages_say_what_they_are() {
        let spec = "<package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id>Serilog</id><version>2.10.0</version><authors>A</authors><license type=\"expression\">Apache-2.0</license><dependencies><group targetFramework=\"net5\"><dependency id=\"X\" version=\"1.0\"/></group></dependencies></metadata></package>";
        let archive = zip(&[("Serilog.nuspec", spec.as_bytes())]);
        let record = records(&NugetLocks, "p/serilog.2.10.0.nupkg", &archive)
            .unwrap()
            .remove(0);
        assert_eq!(
            (record.licenses[0].as_str(), record.requires[0].as_str()),
            ("Apache-2.0", "X")
        );
        assert_eq!(record.confidence, Confidence::Declared);
        let path = "root/.nuget/packages/serilog/2.10.0/serilog.nuspec";
        let record = records(&NugetLocks, path, spec.as_bytes())
            .unwrap()
            .remove(0);
        assert_eq!(record.confidence, Confidence::Installed);
        let recipe =
            "<package><metadata><id>$id$</id><version>$version$</version></metadata></package>";
        assert_eq!(
            found(&NugetLocks, "src/x.nuspec", recipe.as_bytes()),
            [""; 0]
        );
    }

    #[test]
    fn client_libraries_and_restored_assets_are_read() {
        let text = r#"{"version":"1.0","defaultProvider":"cdnjs","libraries":[{"library":"jquery@3.3.1"},{"provider":"unpkg","library":"@s/x@1.0"},{"provider":"filesystem","library":"../y@1"}]}"#;
        assert_eq!(
            found(&NugetLocks, "libman.json", text.as_bytes()),
            ["jquery@3.3.1", "@s/x@1.0"]
        );
        let text = r#"{"version":3,"targets":{"net8.0":{"A/1.0":{"type":"package","dependencies":{"B":"2.0"}}}},"libraries":{"A/1.0":{"type":"package","sha512":""},"B/2.0":{"type":"project"}}}"#;
        let records = records(&NugetLocks, "obj/project.assets.json", text.as_bytes()).unwrap();
        assert_eq!(records[0].requires, ["B"]);
        assert!(records[1].local);
    }
}
