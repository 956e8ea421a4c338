//! Which packages one archive is, by the evidence in it: `pom.properties` and
//! `pom.xml`, else the manifest and the file name.

use super::file_name;
use super::group;
use super::metadata::{Coordinates, Manifest, is_token};
use crate::collectors::lock::sorted;
use crate::collectors::pom::Pom;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use std::collections::{BTreeMap, BTreeSet};

/// Where Maven puts what it knows of an archive.
const MAVEN: &str = "META-INF/maven/";

/// What an archive without its nested archives holds.
#[derive(Default)]
pub(super) struct Contents<'a> {
    /// File name without extension.
    pub stem: &'a str,
    pub extension: &'a str,
    /// Complete `pom.properties`, with their paths.
    pub poms: Vec<(String, Coordinates)>,
    /// Project files, by the directory in `META-INF/maven` that holds them.
    pub projects: BTreeMap<String, Pom>,
    /// Group and artifact of directories in `META-INF/maven`.
    pub directories: BTreeSet<(String, String)>,
    pub manifest: Manifest,
    /// Directories of classes, with how many lie in each.
    pub classes: BTreeMap<String, usize>,
}

impl Contents<'_> {
    /// Notes that the archive has an entry of this name.
    pub fn note(&mut self, name: &str) {
        if let Some(inside) = name.strip_prefix(MAVEN) {
            let mut parts = inside.split('/');
            if let (Some(group), Some(artifact), Some("pom.xml" | "pom.properties"), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            {
                self.directories
                    .insert((group.to_owned(), artifact.to_owned()));
            }
        } else if name.ends_with(".class") && !name.starts_with("META-INF/") {
            let name = ["BOOT-INF/classes/", "WEB-INF/classes/"]
                .iter()
                .find_map(|folder| name.strip_prefix(folder))
                .unwrap_or(name);
            if let Some((directory, _)) = name.rsplit_once('/') {
                *self.classes.entry(directory.to_owned()).or_default() += 1;
            }
        }
    }

    /// Reads a project file of the archive; one that says nothing is none.
    pub fn project(&mut self, name: &str, text: &str) {
        if let Some((directory, _)) = name.rsplit_once('/')
            && let Ok(pom) = Pom::read(text)
        {
            self.projects.insert(directory.to_owned(), pom);
        }
    }

    /// Projects whose `pom.properties` is missing or leaves something out.
    fn only_projects(&self) -> impl Iterator<Item = (String, Coordinates)> {
        let paths = self.poms.iter().map(|(path, _)| crate::path::parent(path));
        let stated: BTreeSet<&str> = paths.collect();
        let projects = self.projects.iter();
        let missing = projects.filter(move |(directory, _)| !stated.contains(directory.as_str()));
        missing.filter_map(|(directory, pom)| {
            let value = |value: Option<String>| value.filter(|text| is_token(text));
            let known = Coordinates {
                group: value(pom.group())?,
                artifact: value(pom.artifact())?,
                version: value(pom.version())?,
            };
            Some((format!("{directory}/pom.xml"), known))
        })
    }

    /// The records, each with where it stands if that is not the archive as a
    /// whole.
    pub fn records(&self) -> Vec<(PackageRecord, Option<String>)> {
        if self.manifest.is_weaver() {
            return Vec::new();
        }
        let projects: Vec<_> = self.only_projects().collect();
        let poms = || self.poms.iter().chain(&projects);
        let maven: Vec<_> = poms().filter(|(path, _)| path.starts_with(MAVEN)).collect();
        // A file may be named anything where there is nothing else it can be.
        let only = maven.len() == 1;
        let own = |pom: &Coordinates| {
            let versioned = format!("{}-{}", pom.artifact, pom.version);
            self.stem == pom.artifact
                || self.stem.ends_with(&versioned)
                || self.stem.starts_with(&versioned)
                || only && self.stem.starts_with(&pom.artifact)
        };
        let mut records: Vec<_> = poms()
            .map(|(path, pom)| {
                let mut record = PackageRecord::new(
                    Ecosystem::Maven,
                    format!("{}:{}", pom.group, pom.artifact),
                    Some(pom.version.clone()),
                    if path.starts_with(MAVEN) {
                        Confidence::Embedded
                    } else {
                        Confidence::Guessed
                    },
                );
                let directory = crate::path::parent(path);
                let project = self.projects.get(directory);
                record.licenses = project.map(Pom::licenses).unwrap_or_default();
                record.requires = project.map(needs).unwrap_or_default();
                // What is not the archive itself was shaded into it.
                (record, (!own(pom)).then(|| path.clone()))
            })
            .collect();
        if !maven.iter().any(|(_, pom)| own(pom)) && (!only || self.names_itself()) {
            records.extend(self.own_record(only).map(|record| (record, None)));
        }
        let whole = records.iter_mut().filter(|(_, inside)| inside.is_none());
        whole.for_each(|(record, _)| self.describe(record));
        records
    }

    /// What the archive says of itself as a file.
    fn describe(&self, record: &mut PackageRecord) {
        let version = record.version.as_deref().unwrap_or_default();
        if let Some(classifier) = file_name::classifier(self.stem, version) {
            let classifier = classifier.to_owned();
            record
                .qualifiers
                .insert("classifier".to_owned(), classifier);
        }
        let extension = self.extension.to_ascii_lowercase();
        if matches!(extension.as_str(), "war" | "ear" | "rar" | "hpi" | "jpi") {
            record.qualifiers.insert("type".to_owned(), extension);
        }
        if record.licenses.is_empty() {
            let stated = self.manifest.get("Bundle-License").unwrap_or_default();
            let names = stated
                .split(',')
                .filter_map(|license| license.split(';').next());
            let names = names.map(str::trim).filter(|name| !name.is_empty());
            record.licenses = names.map(str::to_owned).collect();
        }
        record.vendor = ["Bundle-Vendor", "Implementation-Vendor"]
            .iter()
            .find_map(|name| self.manifest.get(name))
            .map(str::to_owned);
    }

    /// Whether the manifest says what the file name says.
    fn names_itself(&self) -> bool {
        let stated: Vec<&str> = self.manifest_versions().collect();
        let artifact = file_name::split(self.stem, &stated).artifact;
        let names = ["Bundle-Name", "Implementation-Title", "Extension-Name"].into_iter();
        let names = names.filter_map(|name| self.manifest.get(name));
        let bundle = self.manifest.get("Bundle-SymbolicName").unwrap_or_default();
        let bundle = bundle.split(';').next().unwrap_or_default().trim();
        let last = bundle.rsplit('.').next().unwrap_or_default();
        names
            .chain([last])
            .any(|name| name.eq_ignore_ascii_case(artifact))
    }

    /// `shaded`: the only project in it is another's.
    fn own_record(&self, shaded: bool) -> Option<PackageRecord> {
        let manifest = &self.manifest;
        let stated: Vec<&str> = self.manifest_versions().collect();
        let file = file_name::split(self.stem, &stated);
        let plugin = manifest.get("Short-Name").filter(|name| is_token(name));
        let only = self.directories.len() == 1 && !shaded;
        let directory = self
            .directories
            .iter()
            .find(|(_, artifact)| only || artifact == file.artifact);
        let mut version = file.version.or(stated.first().copied());
        let (artifact, group, confidence) = match (directory, plugin) {
            (Some((group, artifact)), _) => {
                (artifact.as_str(), Some(group.clone()), Confidence::Embedded)
            }
            (None, Some(plugin)) if manifest.get("Plugin-Version").is_some() => {
                version = manifest.get("Plugin-Version");
                let group = manifest.get("Group-Id").unwrap_or("org.jenkins-ci.plugins");
                (plugin, Some(group.to_owned()), Confidence::Embedded)
            }
            _ if file.version.is_some() => (file.artifact, None, Confidence::Guessed),
            _ => (self.title(file.artifact), None, Confidence::Guessed),
        };
        let version = version.filter(|version| is_token(version))?;
        let group = group.unwrap_or_else(|| {
            let code = self.code();
            group::guess(artifact, Some(version), manifest, code.as_deref())
        });
        (is_token(artifact) && is_token(&group)).then(|| {
            PackageRecord::new(
                Ecosystem::Maven,
                format!("{group}:{artifact}"),
                Some(version.to_owned()),
                confidence,
            )
        })
    }

    /// The title of the manifest if it looks like the name of an artifact and
    /// not of a product or a package.
    fn title<'a>(&'a self, stem: &'a str) -> &'a str {
        let artifact = |title: &&str| {
            is_token(title) && !title.contains(|c: char| c.is_uppercase() || c == '.')
        };
        ["Implementation-Title", "Extension-Name"]
            .iter()
            .filter_map(|name| self.manifest.get(name))
            .find(artifact)
            .unwrap_or(stem)
    }

    /// Versions of the manifest, most trusted first. Texts with spaces are
    /// notes of a build.
    fn manifest_versions(&self) -> impl Iterator<Item = &str> {
        let holds = |directory: &str| {
            let directory = directory.trim_end_matches('/');
            let mut from = self.classes.range(directory.to_owned()..);
            from.next()
                .is_some_and(|(key, _)| key.starts_with(directory))
        };
        [
            "Plugin-Version",
            "Implementation-Version",
            "Specification-Version",
            "Bundle-Version",
        ]
        .iter()
        .filter_map(|name| self.manifest.get(name))
        .chain(self.manifest.section_version(holds))
        .filter(|version| is_token(version) && version.contains(|c: char| c.is_ascii_digit()))
    }

    /// The package that nearly all classes are in.
    fn code(&self) -> Option<String> {
        let total: usize = self.classes.values().sum();
        let mut package = String::new();
        // Groups are hardly ever longer than this.
        for _ in 0..6 {
            let mut next: BTreeMap<&str, usize> = BTreeMap::new();
            for (directory, count) in &self.classes {
                let inside = match package.as_str() {
                    "" => Some(directory.as_str()),
                    package => directory
                        .strip_prefix(package)
                        .and_then(|rest| rest.strip_prefix('/')),
                };
                if let Some(part) = inside.and_then(|inside| inside.split('/').next()) {
                    *next.entry(part).or_default() += count;
                }
            }
            match next.into_iter().max_by_key(|(_, count)| *count) {
                Some((part, count)) if count * 5 >= total * 4 => {
                    if !package.is_empty() {
                        package.push('/');
                    }
                    package.push_str(part);
                }
                _ => break,
            }
        }
        (!package.is_empty()).then(|| package.replace('/', "."))
    }
}

/// What a project needs when it runs. Which versions that are is decided by
/// whoever puts it together with others.
fn needs(project: &Pom) -> Vec<String> {
    let dependencies = project.dependencies().into_iter();
    let runs = dependencies.filter(|dependency| {
        !matches!(
            dependency.scope.as_deref(),
            Some("test" | "provided" | "system" | "import")
        )
    });
    sorted(runs.map(|dependency| format!("{}:{}", dependency.group, dependency.artifact)))
}
