//! Java packages that build tools lock: Gradle, sbt, Bazel, and what Maven
//! prints of a project's dependencies.

use super::format::Format;
use super::lock::{LIMIT, edge, is_hex, sorted};
use super::text::written;
use super::xml::Element;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Ecosystem, PackageRecord};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) struct JvmLocks;

impl Collector for JvmLocks {
    fn name(&self) -> &'static str {
        "jvm-locks"
    }

    fn about(&self) -> &'static str {
        "Java packages that builds lock: gradle.lockfile, verification-metadata.xml, *.sbt.lock, maven_install.json, dependency-tree.txt"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match kind(file.path, file.name()) {
            Some(_) => Want::Whole { limit: LIMIT },
            None => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = written(file.bytes)?;
        let (mut named, mut unread) = (Vec::new(), 0);
        let format = match kind(file.path, file.name()) {
            Some(Kind::Gradle) => {
                named.extend(gradle(&text, &mut unread));
                GRADLE
            }
            Some(Kind::GradleBuild) => {
                // What runs the build is not in what is built.
                let development = |record| PackageRecord {
                    development: true,
                    ..record
                };
                named.extend(gradle(&text, &mut unread).map(development));
                GRADLE
            }
            Some(Kind::Verification) => {
                named.extend(verification(&text)?);
                VERIFICATION
            }
            Some(Kind::Sbt) => {
                named.extend(sbt(&text)?);
                SBT
            }
            Some(Kind::Bazel) => {
                bazel(&text, &mut named)?;
                BAZEL
            }
            Some(Kind::Tree) => {
                named.extend(tree(&text));
                TREE
            }
            None => return Ok(Collected::default()),
        };
        let collected = packages(self.name(), named);
        format.hold_lines(self.name(), &text, collected, unread)
    }
}

const GRADLE: Format = Format::of_lines("a lock file of Gradle", &["#"], &["empty="]);
const VERIFICATION: Format = Format::of_keys(
    "verification metadata of Gradle",
    &["verification-metadata"],
);
const SBT: Format = Format::of_keys("a lock file of sbt", &["lockVersion", "dependencies"]);
const BAZEL: Format = Format::of_keys(
    "a lock file of rules_jvm_external",
    &["artifacts", "dependency_tree"],
);
const TREE: Format = Format::of_lines("a dependency tree of Maven", &[], &[]);

enum Kind {
    Gradle,
    GradleBuild,
    Verification,
    Sbt,
    Bazel,
    Tree,
}

fn kind(path: &str, name: &str) -> Option<Kind> {
    Some(match name {
        "buildscript-gradle.lockfile" => Kind::GradleBuild,
        "verification-metadata.xml" => Kind::Verification,
        "maven_install.json" => Kind::Bazel,
        "dependency-tree.txt" => Kind::Tree,
        name if name.starts_with("gradle.lockfile") => Kind::Gradle,
        // Before version 7 there was one file for each configuration.
        name if name.ends_with(".lockfile") && path.contains("gradle/dependency-locks/") => {
            Kind::Gradle
        }
        name if name.ends_with(".sbt.lock") => Kind::Sbt,
        _ => return None,
    })
}

/// `GROUP:ARTIFACT:VERSION=CONFIGURATION,…`.
/// `unread` counts the lines that are anything else.
fn gradle(text: &str, unread: &mut usize) -> impl Iterator<Item = PackageRecord> {
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (coordinates, configurations) = line.split_once('=').unwrap_or((line, ""));
        let Some([group, artifact, version]) = parts(coordinates) else {
            // The configurations that have nothing.
            *unread += usize::from(coordinates.trim() != "empty");
            return None;
        };
        let mut record = artifact_of(group, artifact, version);
        record.development = only_tests(configurations.split(','));
        Some(record)
    })
}

/// The parts of `GROUP:ARTIFACT:VERSION`.
fn parts(coordinates: &str) -> Option<[&str; 3]> {
    let mut parts = coordinates.split(':').map(str::trim);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && three.iter().all(|part| !part.is_empty())).then_some(three)
}

fn artifact_of(group: &str, artifact: &str, version: &str) -> PackageRecord {
    declared(
        Ecosystem::Maven,
        format!("{group}:{artifact}"),
        Some(version),
    )
}

/// Whether there are configurations, all of them for tests.
fn only_tests<'a>(mut configurations: impl Iterator<Item = &'a str>) -> bool {
    let is_test = |name: &str| name.trim().starts_with("test") || name.trim().contains("Test");
    configurations.next().is_some_and(is_test) && configurations.all(is_test)
}

/// Checksums of everything that a Gradle build downloads.
fn verification(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let root = Element::read(text)?;
    let components = root.list("components", "component");
    Ok(components
        .filter_map(|component| {
            let mut record = artifact_of(
                component.attribute("group")?,
                component.attribute("name")?,
                component.attribute("version")?,
            );
            let jars = component.children.iter().filter(|artifact| {
                artifact
                    .attribute("name")
                    .is_some_and(|name| name.ends_with(".jar"))
            });
            let hashes = jars
                .flat_map(|jar| &jar.children)
                .filter(|hash| hash.name == "sha256");
            record.digests = sorted(
                hashes
                    .filter_map(|hash| hash.attribute("value"))
                    .filter(|hash| is_hex(hash, 32))
                    .map(|hash| format!("sha256:{hash}")),
            );
            Some(record)
        })
        .collect())
}

#[derive(Deserialize)]
struct SbtLock {
    dependencies: Vec<SbtModule>,
}

#[derive(Deserialize)]
struct SbtModule {
    org: String,
    name: String,
    version: String,
    #[serde(default)]
    artifacts: Vec<SbtArtifact>,
    #[serde(default)]
    configurations: Vec<String>,
}

#[derive(Deserialize)]
struct SbtArtifact {
    #[serde(default)]
    hash: String,
}

fn sbt(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let lock: SbtLock = serde_json::from_str(text).map_err(CollectError::new)?;
    let record = |module: &SbtModule| {
        let mut record = artifact_of(&module.org, &module.name, &module.version);
        let hashes = module
            .artifacts
            .iter()
            .map(|artifact| artifact.hash.clone());
        record.digests = sorted(hashes.filter(|hash| {
            hash.strip_prefix("sha1:")
                .is_some_and(|hash| is_hex(hash, 20))
        }));
        record
    };
    // What only tests need is no part of what sbt packs.
    let tests = |module: &&SbtModule| only_tests(module.configurations.iter().map(String::as_str));
    let packed = lock.dependencies.iter().filter(|module| !tests(module));
    Ok(packed.map(record).collect())
}

/// What `rules_jvm_external` pins, in its second form and its first.
fn bazel(text: &str, named: &mut Vec<PackageRecord>) -> Result<(), CollectError> {
    let json: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let map = |key: &str| json.get(key).and_then(Value::as_object);
    let strings = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    // Names may go on with packaging and classifier.
    let plain = |name: &str| name.split(':').take(2).collect::<Vec<_>>().join(":");
    let versions: BTreeMap<String, &str> = map("artifacts")
        .into_iter()
        .flatten()
        .filter_map(|(name, about)| Some((plain(name), about.get("version")?.as_str()?)))
        .collect();
    for (name, version) in &versions {
        let mut record = declared(Ecosystem::Maven, name, Some(version));
        let needs = map("dependencies").and_then(|needs| needs.get(name));
        record.requires = sorted(strings(needs).iter().map(|need| {
            let need = plain(need);
            edge(&need, versions.get(&need).copied())
        }));
        let hash = map("artifacts")
            .and_then(|artifacts| artifacts.get(name)?.get("shasums")?.get("jar")?.as_str());
        let hash = hash.filter(|hash| is_hex(hash, 32));
        record.digests = hash
            .map(|hash| format!("sha256:{hash}"))
            .into_iter()
            .collect();
        named.push(record);
    }
    let first = json
        .get("dependency_tree")
        .and_then(|tree| tree.get("dependencies")?.as_array());
    for locked in first.into_iter().flatten() {
        let coordinates = locked
            .get("coord")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some(mut record) = coordinate(coordinates) else {
            continue;
        };
        let needs = strings(locked.get("directDependencies"));
        let needs = needs.iter().filter_map(|need| coordinate(need));
        record.requires = sorted(needs.map(|need| edge(&need.name, need.version.as_deref())));
        named.push(record);
    }
    Ok(())
}

/// `GROUP:ARTIFACT[:PACKAGING[:CLASSIFIER]]:VERSION`.
fn coordinate(text: &str) -> Option<PackageRecord> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [group, artifact, version] | [group, artifact, _, version] => {
            Some(artifact_of(group, artifact, version))
        }
        [group, artifact, _, classifier, version] => {
            let mut record = artifact_of(group, artifact, version);
            let classifier = (*classifier).to_owned();
            record
                .qualifiers
                .insert("classifier".to_owned(), classifier);
            Some(record)
        }
        _ => None,
    }
}

/// The tree that `mvn dependency:tree` prints: `+- G:A:PACKAGING:VERSION:SCOPE`,
/// three characters deeper than what needs it. The first is the project.
fn tree(text: &str) -> Vec<PackageRecord> {
    let mut records: Vec<PackageRecord> = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("[INFO] ").unwrap_or(line).trim_end();
        let Some(indent) = line.find(|c: char| !"|+\\- ".contains(c)) else {
            continue;
        };
        let words = line.get(indent..).unwrap_or_default();
        let coordinates = words.split(' ').next().unwrap_or_default();
        let record = match indent {
            0 => coordinate(coordinates).map(|record| PackageRecord {
                local: true,
                ..record
            }),
            _ => scoped(coordinates),
        };
        let Some(record) = record.filter(|record| !record.name.starts_with("---")) else {
            continue;
        };
        while open.last().is_some_and(|(above, _)| *above >= indent) {
            open.pop();
        }
        let need = edge(&record.name, record.version.as_deref());
        if let Some(parent) = open.last().and_then(|(_, at)| records.get_mut(*at)) {
            parent.requires.push(need);
        }
        open.push((indent, records.len()));
        records.push(record);
    }
    for record in &mut records {
        record.requires = sorted(std::mem::take(&mut record.requires));
    }
    records
}

fn scoped(text: &str) -> Option<PackageRecord> {
    let (coordinates, scope) = text.rsplit_once(':')?;
    let mut record = coordinate(coordinates).filter(|_| coordinates.matches(':').count() >= 3)?;
    record.development = scope == "test";
    record.local = scope == "system";
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    fn names(records: &[PackageRecord]) -> Vec<String> {
        records
            .iter()
            .map(|r| format!("{}@{}", r.name, r.full_version()))
            .collect()
    }

    #[test]
    fn comments_of_a_gradle_lock_are_no_packages() {
        let text = "# This is a Gradle generated file: do:not:edit=1\ncglib:cglib-nodep:2.1.2=testRuntimeClasspath,classpath\njunit:junit:4.13.2=testCompileClasspath\n org.example:x:5.0.RELEASE=compileClasspath, runtimeClasspath\nempty=annotationProcessor\n";
        let lock = records(&JvmLocks, "app/gradle.lockfile", text.as_bytes()).unwrap();
        assert_eq!(
            names(&lock),
            [
                "cglib:cglib-nodep@2.1.2",
                "junit:junit@4.13.2",
                "org.example:x@5.0.RELEASE"
            ]
        );
        assert_eq!(
            lock.iter().map(|r| r.development).collect::<Vec<_>>(),
            [false, true, false]
        );
        let build = records(&JvmLocks, "buildscript-gradle.lockfile", text.as_bytes()).unwrap();
        assert!(build.iter().all(|record| record.development));
    }

    #[test]
    fn verified_downloads_have_checksums() {
        let hash = "ab".repeat(32);
        let text = format!(
            "<?xml version=\"1.0\"?><verification-metadata xmlns=\"https://schema.gradle.org/x\"><configuration/><components><component group=\"g\" name=\"a\" version=\"1\"><artifact name=\"a-1.jar\"><sha256 value=\"{hash}\" origin=\"x\"/></artifact><artifact name=\"a-1.pom\"><sha256 value=\"00\"/></artifact></component></components></verification-metadata>"
        );
        let records = records(
            &JvmLocks,
            "gradle/verification-metadata.xml",
            text.as_bytes(),
        )
        .unwrap();
        assert_eq!(records[0].name, "g:a");
        assert_eq!(records[0].digests, [format!("sha256:{hash}")]);
    }

    #[test]
    fn locks_of_sbt_and_bazel_are_read() {
        let sbt = r#"{"lockVersion":1,"dependencies":[{"org":"org.typelevel","name":"cats-core_2.12","version":"2.9.0","artifacts":[{"name":"x.jar","hash":"sha1:0122c7cee69b53ed4a7681c03d4ee4c0e2765da5"}],"configurations":["test","compile"]},{"org":"org.scalatest","name":"scalatest_2.12","version":"3.2.15","configurations":["test"]}]}"#;
        let records = records(&JvmLocks, "build.sbt.lock", sbt.as_bytes()).unwrap();
        assert_eq!(names(&records), ["org.typelevel:cats-core_2.12@2.9.0"]);
        assert_eq!(records[0].digests.len(), 1);
        let second = r#"{"artifacts":{"g:a":{"shasums":{"jar":"00"},"version":"1"},"g:b:aar":{"version":"2"}},"dependencies":{"g:a":["g:b"]},"version":"2"}"#;
        let records =
            crate::fixture::records(&JvmLocks, "maven_install.json", second.as_bytes()).unwrap();
        assert_eq!(names(&records), ["g:a@1", "g:b@2"]);
        assert_eq!(records[0].requires, ["g:b@2"]);
        let first = r#"{"dependency_tree":{"dependencies":[{"coord":"g:a:jar:sources:1","directDependencies":["g:b:2"]},{"coord":"g:b:2"}]}}"#;
        let records =
            crate::fixture::records(&JvmLocks, "maven_install.json", first.as_bytes()).unwrap();
        assert_eq!(names(&records), ["g:a@1", "g:b@2"]);
        assert_eq!(records[0].qualifiers["classifier"], "sources");
    }

    #[test]
    fn a_printed_tree_has_edges() {
        let text = "[INFO] --- dependency:3.6.0:tree (default-cli) @ app ---\n[INFO] com.example:app:jar:1.0\n[INFO] +- g:a:jar:1.2:compile\n[INFO] |  \\- g:b:jar:linux:2.0:runtime\n[INFO] \\- junit:junit:jar:4.12:test (optional)\n";
        let records = records(&JvmLocks, "dependency-tree.txt", text.as_bytes()).unwrap();
        assert_eq!(
            names(&records),
            [
                "com.example:app@1.0",
                "g:a@1.2",
                "g:b@2.0",
                "junit:junit@4.12"
            ]
        );
        assert_eq!(records[0].requires, ["g:a@1.2", "junit:junit@4.12"]);
        assert_eq!(records[1].requires, ["g:b@2.0"]);
        assert!(records[3].development && records[0].local);
        assert!(crate::fixture::records(&JvmLocks, "dependency-tree.txt", b"nothing\n").is_err());
    }
}
