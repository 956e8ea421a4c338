//! Assemblies by their version resources, and applications that are one file.

use super::bundle::{self, Host};
use super::deps_json::Published;
use super::version_resource::Executable;
use super::{framework, plain};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::packages;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};

const LIMIT: u64 = 512 << 20;

pub(crate) struct Assemblies;

impl Collector for Assemblies {
    fn name(&self) -> &'static str {
        "dotnet"
    }

    fn about(&self) -> &'static str {
        ".NET assemblies and single-file applications: version resources, bundles"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.magic {
            [b'M', b'Z', ..] => is_library(file.name()) && !is_of_system(file.path),
            [0x7f, b'E', b'L', b'F', ..] => file.mode.executable() && !file.name().contains(".so"),
            _ => false,
        };
        if wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let host = bundle::host(file.bytes);
        let mut named = Vec::new();
        if let Some(Host::Bundle(deps)) = host {
            let text = String::from_utf8_lossy(deps);
            let records = Published::read(&text)?.records().into_iter();
            named.extend(records.map(|mut record| {
                record.confidence = Confidence::Embedded;
                record.nested = vec![format!("{}.deps.json", stem(file.name()))];
                record
            }));
        }
        if let Some(executable) = Executable::read(file.bytes) {
            named.extend(record(&executable, file.name(), host.is_some()));
        }
        Ok(packages(self.name(), named))
    }
}

/// Code, not what is translated in it.
fn is_library(name: &str) -> bool {
    let ends = |end: &str| {
        name.len().checked_sub(end.len()).is_some_and(|at| {
            name.get(at..)
                .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
        })
    };
    (ends(".dll") || ends(".exe")) && !ends(".resources.dll")
}

/// Files of a framework count as the framework, of Windows as Windows, and of
/// a folder of packages as what its nuspec says; reference packs hold no code.
fn is_of_system(path: &str) -> bool {
    framework(path).is_some()
        || path.starts_with("Files/Windows/")
        || path.contains("/packs/Microsoft.")
        || path.contains(".nuget/packages/")
        // Starters for Windows that Python distributions carry.
        || path.contains("/site-packages/")
        || path.contains("/dist-packages/")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn record(executable: &Executable, file: &str, starts_another: bool) -> Option<PackageRecord> {
    // The resources of a starting program are those of what it starts.
    let managed = executable.managed || starts_another;
    let ecosystem = match managed {
        true => Ecosystem::Nuget,
        false => Ecosystem::Generic,
    };
    let name = name(executable, stem(file))?;
    let version = match starts_another {
        true => executable.get("FileVersion").map(str::to_owned),
        false => version(executable, managed && name.starts_with("System.")),
    };
    let mut record = PackageRecord::new(ecosystem, name, version, Confidence::Embedded);
    record.local = starts_another;
    record.vendor = executable.get("CompanyName").map(str::to_owned);
    Some(record)
}

/// Assemblies are called like the package that brings them, far more often
/// than products are. Where the file has another name than the assembly, it
/// is the description for Microsoft's, the product for others.
fn name<'a>(executable: &'a Executable, stem: &str) -> Option<&'a str> {
    let own = ["InternalName", "OriginalFilename"].iter().find_map(|key| {
        let own = stem_of_library(executable.get(key)?);
        own.eq_ignore_ascii_case(stem).then_some(own)
    });
    let microsoft = ["CompanyName", "LegalCopyright"].iter().any(|key| {
        executable
            .get(key)
            .is_some_and(|text| text.contains("Microsoft"))
    });
    let keys = match microsoft {
        true => ["FileDescription", "InternalName", "ProductName"],
        false => ["ProductName", "InternalName", "FileDescription"],
    };
    own.or_else(|| {
        keys.iter()
            .find_map(|key| executable.get(key))
            .map(stem_of_library)
    })
    .map(plain)
    .filter(|name| !name.is_empty() && name.len() <= 256)
}

fn stem_of_library(name: &str) -> &str {
    match is_library(name) {
        true => stem(name),
        false => name,
    }
}

/// The version of the product; that of the file where the product's is none,
/// except for parts of .NET, where it counts builds.
fn version(executable: &Executable, of_system: bool) -> Option<String> {
    let product = executable.get("ProductVersion").map(without_build);
    let file = executable.get("FileVersion").filter(|_| !of_system);
    product
        .filter(|version| is_version(version))
        .or_else(|| file.and_then(|file| file.split_whitespace().next()))
        .or(product
            .filter(|version| !of_system && version.starts_with(|c: char| c.is_ascii_digit())))
        .map(str::to_owned)
}

fn without_build(version: &str) -> &str {
    version.split('+').next().unwrap_or(version).trim()
}

/// Up to four numbers, perhaps with the name of a preview.
fn is_version(text: &str) -> bool {
    let (numbers, preview) = text.split_once('-').unwrap_or((text, ""));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    let parts = numbers.split('.').count();
    (2..=4).contains(&parts) && numbers.split('.').all(number) && preview.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::super::bundle::build::host;
    use super::*;
    use crate::fixture::records;
    use plimsoll_types::Mode;

    fn executable(managed: bool, strings: &[(&str, &str)]) -> Executable {
        let strings = strings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Executable {
            managed,
            strings: strings.collect(),
        }
    }

    fn described(
        managed: bool,
        file: &str,
        strings: &[(&str, &str)],
    ) -> (Ecosystem, String, String) {
        let record = record(&executable(managed, strings), file, false).unwrap();
        let version = record.full_version();
        (record.ecosystem, record.name, version)
    }

    #[test]
    fn an_assembly_is_called_like_its_package() {
        let json = described(
            true,
            "Newtonsoft.Json.dll",
            &[
                ("ProductName", "Json.NET"),
                ("InternalName", "Newtonsoft.Json.dll"),
                (
                    "ProductVersion",
                    "13.0.1+ae9fe44e1323e91bcbd185ca1a14099fba7c021f",
                ),
                ("FileVersion", "13.0.1.25517"),
            ],
        );
        assert_eq!(
            json,
            (Ecosystem::Nuget, "Newtonsoft.Json".into(), "13.0.1".into())
        );
        let renamed = described(
            true,
            "x.dll",
            &[
                ("ProductName", "Humanizer (net8.0)"),
                ("FileVersion", "2.14.1.0 \0"),
            ],
        );
        assert_eq!(renamed.1, "Humanizer");
        assert_eq!(renamed.2, "2.14.1.0");
    }

    #[test]
    fn the_build_of_a_system_assembly_is_not_its_version() {
        let old = described(
            true,
            "System.Data.SqlClient.dll",
            &[
                ("InternalName", "System.Data.SqlClient.dll"),
                ("ProductVersion", "4.6.26515.06 @BuiltBy: dlab"),
                ("FileVersion", "4.700.22.51706"),
            ],
        );
        assert_eq!(old.2, "");
        let new = described(
            true,
            "System.Data.SqlClient.dll",
            &[
                ("FileDescription", "System.Data.SqlClient"),
                ("CompanyName", "Microsoft Corporation"),
                ("ProductVersion", "4.8.5+0e4b3bb"),
                ("FileVersion", "4.700.22.51706"),
            ],
        );
        assert_eq!(
            (new.1.as_str(), new.2.as_str()),
            ("System.Data.SqlClient", "4.8.5")
        );
    }

    #[test]
    fn native_libraries_are_no_packages_of_nuget() {
        let found = described(
            false,
            "sqlite3.dll",
            &[
                ("ProductName", "SQLite"),
                ("ProductVersion", "3.41.2"),
                ("FileVersion", "3.41.2"),
            ],
        );
        assert_eq!(
            found,
            (Ecosystem::Generic, "SQLite".into(), "3.41.2".into())
        );
        assert!(record(&executable(false, &[]), "x.dll", false).is_none());
    }

    #[test]
    fn a_starting_program_is_the_application() {
        let strings = [
            ("InternalName", "App.dll"),
            ("ProductVersion", "1.0"),
            ("FileVersion", "1.0.0.0"),
        ];
        let record = record(&executable(false, &strings), "App.exe", true).unwrap();
        assert!(record.local);
        assert_eq!(record.full_version(), "1.0.0.0");
    }

    #[test]
    fn extensions_have_any_case() {
        let wants = |path, magic: &[u8]| {
            Assemblies.wants(&FileHead::new(path, 1, Mode(0o755), magic)) != Want::No
        };
        assert!(wants("app/FOO.DLL", b"MZ"));
        assert!(wants("app/x.Exe", b"MZ"));
        assert!(wants("app/x", b"\x7fELF"));
        for path in [
            "app/de/x.resources.dll",
            "app/x.sys",
            "d/shared/Microsoft.NETCore.App/8.0.1/System.Net.Http.dll",
            "d/packs/Microsoft.NETCore.App.Ref/8.0.0/ref/net8.0/System.dll",
            "root/.nuget/packages/x/1.0.0/lib/net8.0/x.dll",
        ] {
            assert!(!wants(path, b"MZ"), "{path}");
        }
        assert!(!wants("app/x.dll", b"PK"));
    }

    #[test]
    fn an_application_in_one_file_names_its_packages() {
        let deps = r#"{"runtimeTarget":{"name":"t"},"targets":{"t":{"Serilog/2.10.0":{"runtime":{"lib/Serilog.dll":{}}}}},"libraries":{"Serilog/2.10.0":{"type":"package"}}}"#;
        for (start, path) in [(b"\x7fELF", "app/App"), (b"MZ\0\0", "app/App.exe")] {
            let file = host(start, Some(deps));
            let records = records(&Assemblies, path, &file).unwrap();
            assert_eq!(records.len(), 1);
            assert_eq!(records[0].full_version(), "2.10.0");
            assert_eq!(records[0].nested, ["App.deps.json"]);
        }
    }
}
