//! Haskell packages: what Stack and Cabal lock, and the package database of
//! GHC (<https://docs.haskellstack.org>, <https://cabal.readthedocs.io>).

use super::deb822::paragraphs;
use super::format::Format;
use super::lock::{LIMIT, edge, sorted};
use super::text::written;
use super::yaml::document;
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;

pub(crate) struct Haskell;

impl Collector for Haskell {
    fn name(&self) -> &'static str {
        "haskell"
    }

    fn about(&self) -> &'static str {
        "Haskell packages: stack.yaml, stack.yaml.lock, cabal.project.freeze, package.conf.d/*.conf"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "stack.yaml" | "stack.yaml.lock" | "cabal.project.freeze" => true,
            name => {
                name.ends_with(".conf") && file.path.rsplit('/').nth(1) == Some("package.conf.d")
            }
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
        let format = match file.name() {
            "stack.yaml" => {
                let yaml: Value = document(&text)?;
                let extra = yaml.get("extra-deps").and_then(Value::as_array);
                named.extend(extra.into_iter().flatten().filter_map(wanted));
                STACK
            }
            "stack.yaml.lock" => {
                let yaml: Value = document(&text)?;
                let packages = yaml.get("packages").and_then(Value::as_array);
                let completed = |package: &Value| wanted(package.get("completed")?);
                named.extend(packages.into_iter().flatten().filter_map(completed));
                STACK
            }
            "cabal.project.freeze" => {
                named.extend(frozen(&text));
                FROZEN
            }
            _ => {
                named.extend(installed(&text));
                INSTALLED
            }
        };
        format.hold(&text, packages(self.name(), named))
    }
}

const STACK: Format = Format::of_keys(
    "a file of Stack",
    &[
        "resolver",
        "snapshot",
        "snapshots",
        "packages",
        "extra-deps",
    ],
);
const FROZEN: Format = Format::of_lines(
    "a freeze file of Cabal",
    &["--"],
    &["constraints:", "index-state:", "active-repositories:"],
);
const INSTALLED: Format = Format::of_lines("a record of a Haskell package", &["--"], &[]);

/// `NAME-VERSION[@sha256:…]`, the same under `hackage`, or a repository.
fn wanted(package: &Value) -> Option<PackageRecord> {
    let text = |key: &str| package.get(key).and_then(Value::as_str);
    let hackage = package.as_str().or_else(|| text("hackage"));
    if let Some(hackage) = hackage {
        let (name, version) = split(hackage.split('@').next()?.trim())?;
        return Some(declared(Ecosystem::Hackage, name, Some(version)));
    }
    // Before a release and after it sources state the same version.
    let mut record = declared(Ecosystem::Hackage, text("name")?, None);
    match (text("git"), text("commit")) {
        (Some(url), Some(commit)) => {
            let url = format!("git+{url}@{commit}");
            record.qualifiers.insert("vcs_url".to_owned(), url);
        }
        _ => record.local = true,
    }
    Some(record)
}

/// The version follows the last hyphen, names have hyphens too.
fn split(text: &str) -> Option<(&str, &str)> {
    let (name, version) = text.rsplit_once('-')?;
    let number = |c: char| c.is_ascii_digit() || c == '.';
    (!name.is_empty() && !version.is_empty() && version.chars().all(number))
        .then_some((name, version))
}

/// `constraints: any.NAME ==VERSION, NAME +flag, any.NAME installed, …`.
fn frozen(text: &str) -> Vec<PackageRecord> {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    let items = lines.flat_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("constraints:").unwrap_or(line).split(',')
    });
    items
        .filter_map(|item| {
            let (name, rest) = item.trim().split_once(' ')?;
            let name = name.strip_prefix("any.").unwrap_or(name);
            let version = match rest.trim() {
                "installed" => None,
                // A version, not a range.
                rest => Some(rest.strip_prefix("==")?.trim()).filter(|v| !v.contains(' ')),
            };
            Some(declared(Ecosystem::Hackage, name, version))
        })
        .collect()
}

/// A record of the package database: fields at the start of a line, lists in
/// the lines that follow them.
fn installed(text: &str) -> Option<PackageRecord> {
    let fields = paragraphs(text).next()?;
    let version = fields.get("version").map(str::to_owned);
    let name = fields.get("package-name").or_else(|| fields.get("name"))?;
    let mut record = PackageRecord::new(Ecosystem::Hackage, name, version, Confidence::Installed);
    record.licenses = fields
        .get("license")
        .map(str::to_owned)
        .into_iter()
        .collect();
    record.vendor = fields.get("maintainer").map(str::to_owned);
    let mut inside = false;
    let mut needs = Vec::new();
    for line in text.lines() {
        let list = if line.starts_with([' ', '\t']) {
            Some(line).filter(|_| inside)
        } else {
            let list = line.strip_prefix("depends:");
            inside = list.is_some();
            list
        };
        for unit in list.into_iter().flat_map(str::split_whitespace) {
            // `NAME-VERSION[-HASH]`.
            let unit = split(unit).or_else(|| split(unit.rsplit_once('-')?.0));
            needs.extend(unit.map(|(name, version)| edge(name, Some(version))));
        }
    }
    record.requires = sorted(needs);
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    #[test]
    fn stack_names_packages_in_several_ways() {
        let yaml = "resolver: lts-18.28\npackages:\n- .\nextra-deps:\n  - ShellCheck-0.8.0@sha256:3539,3297\n  - hspec-core-2.9.4\n  - ./local\n  - git: https://example.org/x\n    commit: abc\n";
        assert_eq!(
            found(&Haskell, "stack.yaml", yaml.as_bytes()),
            ["ShellCheck@0.8.0", "hspec-core@2.9.4"]
        );
        let lock = "packages:\n- completed:\n    hackage: HTTP-4000.3.16@sha256:6042,5947\n    pantry-tree:\n      size: 1428\n  original:\n    hackage: HTTP-4000.3.16\n- completed:\n    name: forked\n    version: 1.0.1\n    git: https://example.org/x\n    commit: abc\n";
        let records = records(&Haskell, "stack.yaml.lock", lock.as_bytes()).unwrap();
        assert_eq!(records[0].full_version(), "4000.3.16");
        assert_eq!(
            records[1].qualifiers["vcs_url"],
            "git+https://example.org/x@abc"
        );
    }

    #[test]
    fn a_freeze_has_packages_without_versions() {
        let text = "active-repositories: hackage.haskell.org:merge\nconstraints: any.HTTP ==4000.3.16,\n             HTTP -conduit10 +network-uri,\n             any.base installed,\n             any.zlib ==0.6.3.0\nindex-state: hackage.haskell.org 2023\n";
        assert_eq!(
            found(&Haskell, "cabal.project.freeze", text.as_bytes()),
            ["HTTP@4000.3.16", "base@", "zlib@0.6.3.0"]
        );
    }

    #[test]
    fn the_database_of_the_compiler_is_installed() {
        let text = "name:            text\nversion:         1.2.5.0\nvisibility:      public\nid:              text-1.2.5.0\nlicense:         BSD-2-Clause\ndepends:\n    array-0.5.4.0 base-4.15.1.0\n    deepseq-1.4.5.0-9aBc\nhaddock-html: /x\n";
        let path = "opt/ghc/lib/package.conf.d/text-1.2.5.0.conf";
        let record = records(&Haskell, path, text.as_bytes()).unwrap().remove(0);
        assert_eq!(record.full_version(), "1.2.5.0");
        assert_eq!(
            record.requires,
            ["array@0.5.4.0", "base@4.15.1.0", "deepseq@1.4.5.0"]
        );
        assert_eq!(record.confidence, Confidence::Installed);
    }
}
