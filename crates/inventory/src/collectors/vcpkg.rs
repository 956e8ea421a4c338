//! C and C++ packages of vcpkg: its status database and manifests
//! (<https://learn.microsoft.com/vcpkg>). The database looks like dpkg's and
//! lies elsewhere.

use super::deb822::{Paragraph, paragraphs};
use super::format::Format;
use super::lock::{LIMIT, sorted};
use super::text::written;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) struct Vcpkg;

impl Collector for Vcpkg {
    fn name(&self) -> &'static str {
        "vcpkg"
    }

    fn about(&self) -> &'static str {
        "vcpkg packages: installed vcpkg/status, vcpkg.json"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "status" => file.path_ends_with("vcpkg/status"),
            // The folder of ports holds what could be installed.
            "vcpkg.json" => !file.path.split('/').any(|part| part == "ports"),
            _ => false,
        };
        if wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        let mut named = Vec::new();
        let format = if file.name() == "status" {
            named.extend(paragraphs(&text).filter_map(|paragraph| installed(&paragraph)));
            STATUS
        } else {
            manifest(&text, &mut named)?;
            MANIFEST
        };
        format.hold(&text, packages(self.name(), named))
    }
}

const STATUS: Format = Format::of_lines("a list of what vcpkg installed", &[], &["Package:"]);
const MANIFEST: Format = Format::of_keys(
    "a manifest of vcpkg",
    &[
        "name",
        "dependencies",
        "features",
        "overrides",
        "builtin-baseline",
    ],
);

/// A paragraph is a port or one feature of it; what a feature needs, the port
/// needs.
fn installed(paragraph: &Paragraph<'_>) -> Option<PackageRecord> {
    if !paragraph.get("Status")?.ends_with(" installed") {
        return None;
    }
    let name = paragraph.get("Package")?;
    let version = paragraph.get("Version")?.to_owned();
    let mut record =
        PackageRecord::new(Ecosystem::Vcpkg, name, Some(version), Confidence::Installed);
    for (key, field) in [
        ("triplet", "Architecture"),
        ("port_version", "Port-Version"),
    ] {
        if let Some(value) = paragraph.get(field) {
            record.qualifiers.insert(key.to_owned(), value.to_owned());
        }
    }
    // `zlib, openssl[core] (linux), vcpkg-cmake:x64-linux`.
    let needs = paragraph.get("Depends").unwrap_or_default().split(',');
    let needs = needs.filter_map(|need| need.trim().split(['[', ':', ' ']).next());
    record.requires = sorted(needs.filter(|need| !need.is_empty()).map(str::to_owned));
    Some(record)
}

fn manifest(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let json: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let text = |value: &Value, keys: &[&str]| {
        let found = keys.iter().find_map(|key| value.get(key)?.as_str());
        found.map(str::to_owned)
    };
    let versions = [
        "version",
        "version-semver",
        "version-date",
        "version-string",
    ];
    let list = |key: &str| {
        json.get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let pinned: BTreeMap<String, String> = list("overrides")
        .filter_map(|pin| Some((text(pin, &["name"])?, text(pin, &versions)?)))
        .collect();
    let mut needs = Vec::new();
    for need in list("dependencies") {
        let Some(name) = need
            .as_str()
            .map(str::to_owned)
            .or_else(|| text(need, &["name"]))
        else {
            continue;
        };
        let mut record = declared(
            Ecosystem::Vcpkg,
            &name,
            pinned.get(&name).map(String::as_str),
        );
        record.development = need.get("host").and_then(Value::as_bool) == Some(true);
        named.push(record);
        needs.push(name);
    }
    if let Some(name) = text(&json, &["name"]) {
        let mut record = declared(Ecosystem::Vcpkg, name, text(&json, &versions).as_deref());
        record.local = true;
        record.requires = sorted(needs);
        record.licenses = text(&json, &["license"]).into_iter().collect();
        named.push(record);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collectors::debian::Dpkg;
    use crate::fixture::{found, records};
    use plimsoll_types::Mode;

    const STATUS: &str = "Package: zlib\nVersion: 1.2.13\nPort-Version: 2\nDepends: vcpkg-cmake:x64-linux\nArchitecture: x64-linux\nMulti-Arch: same\nAbi: 00\nStatus: install ok installed\n\nPackage: curl\nVersion: 8.0\nDepends: zlib, openssl[core] (linux)\nArchitecture: x64-linux\nStatus: install ok installed\n\nPackage: curl\nFeature: ssl\nArchitecture: x64-linux\nStatus: install ok installed\n\nPackage: gone\nVersion: 1\nArchitecture: x64-linux\nStatus: purge ok not-installed\n";

    #[test]
    fn its_status_is_not_that_of_dpkg() {
        let path = "opt/app/vcpkg_installed/vcpkg/status";
        let head = FileHead::new(path, 1, Mode(0o644), b"");
        assert_eq!(Dpkg.wants(&head), Want::No);
        let records = records(&Vcpkg, path, STATUS.as_bytes()).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].requires, ["openssl", "zlib"]);
        assert_eq!(
            records[0].purl(None).unwrap().to_string(),
            "pkg:vcpkg/zlib@1.2.13?port_version=2&triplet=x64-linux"
        );
    }

    #[test]
    fn a_manifest_names_no_versions_but_overrides() {
        let text = r#"{"name":"app","version":"1.0","dependencies":["fmt",{"name":"zlib","version>=":"1.2.13"},{"name":"cmake-x","host":true}],"overrides":[{"name":"fmt","version":"9.1.0"}]}"#;
        assert_eq!(
            found(&Vcpkg, "src/vcpkg.json", text.as_bytes()),
            ["fmt@9.1.0", "zlib@", "cmake-x@", "app@1.0"]
        );
        let port = FileHead::new("opt/vcpkg/ports/zlib/vcpkg.json", 1, Mode(0o644), b"");
        assert_eq!(Vcpkg.wants(&port), Want::No);
    }
}
