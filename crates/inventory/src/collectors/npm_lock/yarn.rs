//! `yarn.lock`: the format of version 1, and the YAML of later versions
//! ("Berry"), which looks alike where it matters.

use super::{integrity, mark_origin, package, split};
use plimsoll_types::PackageRecord;
use std::collections::BTreeMap;

/// What Berry writes as the version of every workspace.
const UNVERSIONED: &str = "0.0.0-use.local";

#[derive(Default)]
struct Entry<'a> {
    /// What dependants ask for: `name@range`.
    patterns: Vec<&'a str>,
    version: &'a str,
    /// Version 1: the address of the archive.
    resolved: &'a str,
    /// Berry: `name@protocol:reference`.
    resolution: &'a str,
    integrity: &'a str,
    requires: Vec<(&'a str, &'a str)>,
}

/// The packages; `unread` counts the lines that head no entry.
pub(super) fn read(text: &str, unread: &mut usize) -> Vec<PackageRecord> {
    let entries = entries(text, unread);
    let mut by_pattern: BTreeMap<&str, &Entry<'_>> = BTreeMap::new();
    for entry in &entries {
        by_pattern.extend(entry.patterns.iter().map(|pattern| (*pattern, entry)));
    }
    let requirement = |&(name, range): &(&str, &str)| {
        let patterns = [format!("{name}@{range}"), format!("{name}@npm:{range}")];
        let found = patterns.iter().find_map(|p| by_pattern.get(p.as_str()));
        match found.and_then(|entry| Some((entry.name()?, entry.version))) {
            Some((name, version)) => format!("{name}@{version}"),
            None => name.to_owned(),
        }
    };
    let records = entries.iter().filter_map(|entry| {
        let mut record = entry.record()?;
        record.requires = entry.requires.iter().map(requirement).collect();
        Some(record)
    });
    records.collect()
}

impl<'a> Entry<'a> {
    fn name(&self) -> Option<&'a str> {
        match split(self.resolution) {
            Some((name, reference)) if !reference.starts_with("workspace:") => return Some(name),
            _ => {}
        }
        // The address knows the package behind an alias.
        if let Some(name) = name_in_address(self.resolved) {
            return Some(name);
        }
        let pattern = self.patterns.first()?;
        match split(pattern) {
            Some((name, range)) => match range.strip_prefix("npm:").map(|real| (split(real), real))
            {
                Some((Some((real, _)), _)) => Some(real),
                Some((None, real)) if real.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    Some(real)
                }
                _ => Some(name),
            },
            None => Some(pattern),
        }
    }

    fn record(&self) -> Option<PackageRecord> {
        let root = self.resolution.ends_with("@workspace:.") && self.version == UNVERSIONED;
        // A patch changes a package that has an entry of its own, and an
        // archive that the project keeps is no registry's.
        let patch = self.resolution.contains("@patch:");
        if root || patch || self.resolved.starts_with("file:") {
            return None;
        }
        let mut record = package(self.name()?, Some(self.version))?;
        record.digests = integrity(self.integrity);
        let ranges = self
            .patterns
            .iter()
            .filter_map(|p| split(p))
            .map(|(_, range)| range);
        let resolution = split(self.resolution).map(|(_, reference)| reference);
        let resolved = Some(self.resolved).filter(|address| name_in_address(address).is_none());
        for reference in ranges.chain(resolution).chain(resolved) {
            mark_origin(&mut record, reference);
        }
        Some(record)
    }
}

/// `…/@scope/name/-/name-1.0.0.tgz`, as registries lay out their archives.
fn name_in_address(address: &str) -> Option<&str> {
    let (front, _) = address.split_once("/-/")?;
    let bare = front.rfind('/')?;
    let scope = front.get(..bare)?.rfind('/').map_or(bare, |at| at);
    let scoped = front.get(scope + 1..)?;
    if scoped.starts_with('@') {
        Some(scoped)
    } else {
        front.get(bare + 1..)
    }
}

fn entries<'a>(text: &'a str, unread: &mut usize) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let mut inside = "";
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if indent == 0 {
            *unread += usize::from(!content.ends_with(':') && !content.starts_with("? "));
            let patterns = patterns(content.trim_end_matches(':'));
            entries.push(Entry {
                patterns,
                ..Entry::default()
            });
            continue;
        }
        let (Some(entry), (key, value)) = (entries.last_mut(), pair(content)) else {
            continue;
        };
        match (indent, key) {
            (..=2, "version") => entry.version = value,
            (..=2, "resolved") => entry.resolved = value,
            (..=2, "resolution") => entry.resolution = value,
            (..=2, "integrity") => entry.integrity = value,
            (..=2, section) => inside = section,
            (3..=4, name) if matches!(inside, "dependencies" | "optionalDependencies") => {
                entry.requires.push((name, value));
            }
            _ => {}
        }
    }
    // `__metadata` has a version of its own.
    entries.retain(|entry| !entry.version.is_empty() && entry.patterns != ["__metadata"]);
    entries
}

/// `"a@^1, a@^2"` or `a@^1, "b@>= 2"`.
fn patterns(header: &str) -> Vec<&str> {
    let parts = header
        .split(',')
        .map(|part| part.trim().trim_matches('"').trim());
    parts.filter(|part| !part.is_empty()).collect()
}

/// `key value`, `"key" "value"`, `key: value`.
fn pair(content: &str) -> (&str, &str) {
    let (key, rest) = match content.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => match content.split_once([' ', ':']) {
            Some((key, _)) => (key, content.get(key.len()..).unwrap_or_default()),
            None => (content, ""),
        },
    };
    let value = rest.trim_start_matches(':').trim().trim_matches('"');
    (key.trim_end_matches(':'), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let name = |r: &PackageRecord| {
            let local = if r.local { " local" } else { "" };
            format!(
                "{}@{}{local} {}",
                r.name,
                r.full_version(),
                r.requires.join(",")
            )
        };
        read(text, &mut 0).iter().map(name).collect()
    }

    #[test]
    fn an_alias_is_the_package_that_it_stands_for() {
        let text = r#"
"old-async@npm:async@0.9.2":
  version "0.9.2"

async@^3:
  version "3.2.3"
  dependencies:
    old-async "npm:async@0.9.2"

observer@^1.5.1:
  name "observer"
  version "1.5.2"
  resolved "https://registry.yarnpkg.com/@4lolo/observer/-/observer-1.5.2.tgz#58868f"
"#;
        assert_eq!(
            found(text),
            [
                "async@0.9.2 ",
                "async@3.2.3 async@0.9.2",
                "@4lolo/observer@1.5.2 "
            ]
        );
        let text = r#"__metadata:
  version: 8

"old-async@npm:async@0.9.2":
  version: 0.9.2
  resolution: "async@npm:0.9.2"
"#;
        assert_eq!(found(text), ["async@0.9.2 "]);
    }

    #[test]
    fn two_versions_of_a_name_are_two_packages() {
        let text = r#"
"ms@npm:2.0.0, ms@npm:~2.0.0":
  version: 2.0.0
  resolution: "ms@npm:2.0.0"

"debug@npm:^2":
  version: 2.6.9
  resolution: "debug@npm:2.6.9"
  dependencies:
    ms: ~2.0.0

"ms@npm:2.1.2":
  version: 2.1.2
  resolution: "ms@npm:2.1.2"
"#;
        assert_eq!(
            found(text),
            ["ms@2.0.0 ", "debug@2.6.9 ms@2.0.0", "ms@2.1.2 "]
        );
    }

    #[test]
    fn what_lies_in_the_project_is_local() {
        let text = r#"
"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."

"@ws/a@workspace:^, @ws/a@workspace:a":
  version: 0.0.0-use.local
  resolution: "@ws/a@workspace:a"

"dep@file:./dep", dep@~1.0.2:
  version "0.0.0"

"fsevents@patch:fsevents@~2.1.2#builtin<compat/fsevents>":
  version: 2.1.3
  resolution: "fsevents@patch:fsevents@npm%3A2.1.3#builtin<compat/fsevents>::version=2.1.3"
"#;
        assert_eq!(
            found(text),
            ["@ws/a@0.0.0-use.local local ", "dep@0.0.0 local "]
        );
        let git = read(
            "x@a/x#1:\n  version \"1.0.0\"\n  resolved \"git+ssh://git@h/a/x.git#1\"\n",
            &mut 0,
        );
        assert_eq!(git[0].qualifiers["vcs_url"], "git+ssh://h/a/x.git#1");
    }
}
