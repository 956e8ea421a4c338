//! Java runtimes by the `release` file that every one has in its home.

use super::cpe::cpe;
use super::text::decode;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, PackageUrl};
use std::collections::BTreeMap;

const LIMIT: u64 = 1 << 20;

pub(crate) struct Jvm;

impl Collector for Jvm {
    fn name(&self) -> &'static str {
        "jvm"
    }

    fn about(&self) -> &'static str {
        "Java runtimes: release files"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.name() == "release" && file.size <= LIMIT {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = decode(file.bytes);
        let pairs = text.lines().filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            Some((key.trim(), value.trim().trim_matches('"').trim()))
        });
        let release = Release(pairs.filter(|(_, value)| !value.is_empty()).collect());
        let Some(version) = release.version() else {
            return Ok(Collected::default());
        };
        let Runtime { vendor, name, cpes } = release.runtime(file.path);
        let mut record = record(&vendor, name, cpes, version, Confidence::Installed);
        record.vendor = release.get("IMPLEMENTOR").map(str::to_owned);
        record.arch = release.get("OS_ARCH").map(str::to_owned);
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

/// Keys and values of the file.
struct Release<'a>(BTreeMap<&'a str, &'a str>);

/// Whose runtime it is and which.
struct Runtime {
    vendor: String,
    name: &'static str,
    cpes: &'static [&'static str],
}

impl Release<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).copied()
    }

    /// The most exact version that the file has. `FULL_VERSION` may be that of
    /// the virtual machine, with another numbering.
    fn version(&self) -> Option<&str> {
        let java = self.get("JAVA_VERSION");
        let full = self
            .get("FULL_VERSION")
            .filter(|full| java.is_none_or(|java| major(full) == major(java)));
        self.get("JAVA_RUNTIME_VERSION").or(full).or(java)
    }

    fn runtime(&self, path: &str) -> Runtime {
        let implementor = self.get("IMPLEMENTOR").unwrap_or_default().to_lowercase();
        let is = |name: &str| implementor.contains(name);
        let runtime = |vendor: &str, name, cpes| Runtime {
            vendor: vendor.to_owned(),
            name,
            cpes,
        };
        if self.get("GRAALVM_VERSION").is_some() || is("graalvm") {
            runtime(
                "oracle",
                "graalvm",
                &["oracle:graalvm", "oracle:graalvm_for_jdk"],
            )
        } else if is("azul") {
            runtime("azul", "zulu", &["azul:zulu"])
        } else if (is("oracle") || is("sun microsystems")) && self.is_kit(path) {
            runtime("oracle", "jdk", &["oracle:jdk"])
        } else if is("oracle") || is("sun microsystems") {
            runtime("oracle", "jre", &["oracle:jre"])
        } else if is("ibm") || is("international business machines") {
            runtime("ibm", "java", &["ibm:java"])
        } else {
            // The first word of a company is its name.
            let word = implementor.split(|c: char| !c.is_ascii_alphanumeric());
            let vendor = word.into_iter().find(|word| !word.is_empty());
            runtime(vendor.unwrap_or("oracle"), "openjdk", &["oracle:openjdk"])
        }
    }

    /// Whether there is a compiler in it.
    fn is_kit(&self, path: &str) -> bool {
        match self.get("IMAGE_TYPE") {
            Some(kind) => kind.eq_ignore_ascii_case("JDK"),
            None => match self.get("MODULES") {
                Some(modules) => modules.split(' ').any(|module| module == "jdk.compiler"),
                None => path.contains("jdk") || !path.contains("jre"),
            },
        }
    }
}

/// `21` of `21.0.4+7`, `8` of `1.8.0_412`.
fn major(version: &str) -> &str {
    let version = version.strip_prefix("1.").unwrap_or(version);
    let end = version.find(|c: char| !c.is_ascii_digit());
    version
        .get(..end.unwrap_or(version.len()))
        .unwrap_or(version)
}

/// The record of a Java runtime, however it was found.
pub(super) fn record(
    vendor: &str,
    name: &str,
    cpes: &[&str],
    version: &str,
    confidence: Confidence,
) -> PackageRecord {
    let mut record = PackageRecord::new(Ecosystem::Jvm, name, Some(version.to_owned()), confidence);
    let purl = PackageUrl {
        kind: Ecosystem::Jvm.purl_type().to_owned(),
        namespace: vendor.to_owned(),
        name: name.to_owned(),
        version: record.version.clone(),
        ..PackageUrl::default()
    };
    record.purl = Some(purl.to_string());
    let (number, update) = release(version);
    let update = update.map(|update| format!("update{update}"));
    record.cpes = cpes
        .iter()
        .map(|name| cpe(name, number, update.as_deref()))
        .collect();
    record
}

/// What NVD takes for the version of `21.0.4+7-LTS`, and for the version and
/// update of `1.8.0_412-b08`.
fn release(version: &str) -> (&str, Option<&str>) {
    let number = version.split(['+', '-']).next().unwrap_or(version);
    match number.split_once('_') {
        Some((number, update)) => (number, Some(update)),
        None => (number, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    fn of(path: &str, text: &str) -> Option<PackageRecord> {
        records(&Jvm, path, text.as_bytes())
            .unwrap()
            .into_iter()
            .next()
    }

    #[test]
    fn runtimes_are_named_after_who_made_them() {
        for (text, purl, cpe) in [
            (
                "IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_RUNTIME_VERSION=\"21.0.4+7-LTS\"\nJAVA_VERSION=\"21.0.4\"\n",
                "pkg:generic/eclipse/openjdk@21.0.4%2B7-LTS",
                "cpe:2.3:a:oracle:openjdk:21.0.4:*:*:*:*:*:*:*",
            ),
            (
                "IMPLEMENTOR=\"Azul Systems, Inc.\"\nJAVA_VERSION=\"17.0.1\"\n",
                "pkg:generic/azul/zulu@17.0.1",
                "cpe:2.3:a:azul:zulu:17.0.1:*:*:*:*:*:*:*",
            ),
            (
                "IMPLEMENTOR=\"Oracle Corporation\"\nJAVA_VERSION=\"17.0.1\"\nIMAGE_TYPE=\"JRE\"\n",
                "pkg:generic/oracle/jre@17.0.1",
                "cpe:2.3:a:oracle:jre:17.0.1:*:*:*:*:*:*:*",
            ),
            (
                "JAVA_VERSION=\"1.8.0_412\"\nFULL_VERSION=\"1.8.0_412-b08\"\n",
                "pkg:generic/oracle/openjdk@1.8.0_412-b08",
                "cpe:2.3:a:oracle:openjdk:1.8.0:update412:*:*:*:*:*:*",
            ),
            (
                "JAVA_VERSION=\"1.8.0_412\"\nFULL_VERSION=\"0.46.0\"\n",
                "pkg:generic/oracle/openjdk@1.8.0_412",
                "cpe:2.3:a:oracle:openjdk:1.8.0:update412:*:*:*:*:*:*",
            ),
        ] {
            let record = of("usr/lib/jvm/java/release", text).unwrap();
            assert_eq!(record.purl.as_deref(), Some(purl));
            assert_eq!(record.cpes, [cpe]);
        }
    }

    #[test]
    fn a_kit_has_a_compiler() {
        let kind = |path, more: &str| {
            let text = format!("IMPLEMENTOR=\"Oracle Corporation\"\nJAVA_VERSION=\"11\"\n{more}");
            of(path, &text).unwrap().name
        };
        assert_eq!(
            kind("opt/java/release", "MODULES=\"java.base jdk.compiler\"\n"),
            "jdk"
        );
        assert_eq!(kind("opt/java/release", "MODULES=\"java.base\"\n"), "jre");
        assert_eq!(kind("opt/jre1.8/release", ""), "jre");
    }

    #[test]
    fn other_files_of_that_name_are_none() {
        assert_eq!(of("etc/release", "Fedora release 41\n"), None);
    }
}
