//! What archives say of themselves: `MANIFEST.MF` and `pom.properties`.

use std::collections::BTreeMap;

/// A jar manifest (JAR file specification).
#[derive(Clone, Debug, Default)]
pub(super) struct Manifest {
    /// The main section, by lower-case name.
    main: BTreeMap<String, String>,
    /// `Name` and `Implementation-Version` of the other sections.
    sections: Vec<(String, String)>,
}

impl Manifest {
    pub fn read(bytes: &[u8]) -> Self {
        let mut manifest = Self::default();
        let text = String::from_utf8_lossy(&unwrapped(bytes)).into_owned();
        let mut sections = text.split("\n\n").map(attributes);
        manifest.main = sections.next().unwrap_or_default();
        for section in sections {
            let name = section.get("name");
            let version = section.get("implementation-version");
            if let (Some(name), Some(version)) = (name, version) {
                manifest.sections.push((name.clone(), version.clone()));
            }
        }
        manifest
    }

    /// A value of the main section; the other sections describe packages
    /// inside the archive.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.main
            .get(&name.to_ascii_lowercase())
            .map(String::as_str)
    }

    /// Version of a section about a directory that holds something.
    pub fn section_version(&self, holds: impl Fn(&str) -> bool) -> Option<&str> {
        let (_, version) = self
            .sections
            .iter()
            .find(|(name, _)| name.ends_with('/') && holds(name))?;
        Some(version)
    }

    /// Instrumentation for another library, named after it.
    pub fn is_weaver(&self) -> bool {
        self.get("Weave-Classes").is_some()
    }
}

/// With one kind of line end, and lines put together that were wrapped after
/// 72 bytes, be it inside a character.
fn unwrapped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line {
            // The space only marks the continuation.
            [b' ', rest @ ..] => text.extend_from_slice(rest),
            line => {
                if at > 0 {
                    text.push(b'\n');
                }
                text.extend_from_slice(line);
            }
        }
    }
    text
}

fn attributes(section: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    for line in section.lines() {
        if let Some((name, value)) = line.split_once(':')
            && !value.trim().is_empty()
        {
            attributes
                .entry(name.trim().to_ascii_lowercase())
                .or_insert_with(|| value.trim().to_owned());
        }
    }
    attributes
}

/// Coordinates of a Maven artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::collectors) struct Coordinates {
    pub group: String,
    pub artifact: String,
    pub version: String,
}

impl Coordinates {
    /// From a `pom.properties` file that states all three.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut values = BTreeMap::new();
        for line in text.lines() {
            let line = line.trim_start();
            if !line.starts_with(['#', '!'])
                && let Some((key, value)) = line.split_once(['=', ':'])
            {
                values.insert(key.trim(), value.trim());
            }
        }
        let value = |key: &str| {
            let value = *values.get(key)?;
            // A placeholder that the build did not fill in says nothing.
            (is_token(value) && !value.contains("${")).then(|| value.to_owned())
        };
        Some(Self {
            group: value("groupId")?,
            artifact: value("artifactId")?,
            version: value("version")?,
        })
    }
}

/// Whether the text can be part of coordinates.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && text
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"/\\:\"<>|*?@".contains(c))
}
