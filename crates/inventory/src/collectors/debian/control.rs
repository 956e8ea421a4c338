//! One package as a control paragraph states it (deb-control(5)).

use crate::collectors::deb822::Paragraph;
use crate::collectors::needs::Needs;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, SourcePackage};

/// The third word of `Status` says whether files are on disk; `None` where
/// there is no status.
pub(super) fn present(paragraph: &Paragraph<'_>) -> Option<bool> {
    let status = paragraph.get("Status")?;
    let state = status.split_whitespace().nth(2).unwrap_or_default();
    Some(matches!(
        state,
        "installed"
            | "unpacked"
            | "half-configured"
            | "half-installed"
            | "triggers-awaited"
            | "triggers-pending"
    ))
}

pub(super) fn record(
    paragraph: &Paragraph<'_>,
    ecosystem: Ecosystem,
    confidence: Confidence,
) -> Option<PackageRecord> {
    let name = paragraph.get("Package")?;
    let version = paragraph.get("Version")?;
    // Ports of vcpkg keep a database of the same name and form.
    if paragraph.get("Port-Version").is_some() || paragraph.get("Abi").is_some() {
        return None;
    }
    let mut record = PackageRecord::new(ecosystem, name, Some(version.to_owned()), confidence);
    record.arch = paragraph.get("Architecture").map(str::to_owned);
    record.vendor = paragraph.get("Maintainer").map(str::to_owned);
    let license = paragraph.get("License").map(str::to_owned);
    record.licenses = license.into_iter().collect();
    record.source = paragraph
        .get("Source")
        // A feed of OpenWrt names a folder of its build system.
        .filter(|_| ecosystem == Ecosystem::Deb)
        .and_then(|source| self::source(source, name, version));
    Some(record)
}

/// `name` or `name (version)`; `None` where it says nothing new.
fn source(field: &str, name: &str, version: &str) -> Option<SourcePackage> {
    let (source, stated) = match field.split_once('(') {
        Some((source, rest)) => (source.trim(), Some(rest.trim_end_matches(')').trim())),
        None => (field, None),
    };
    let stated = stated.filter(|stated| !stated.is_empty() && *stated != version);
    (source != name || stated.is_some()).then(|| SourcePackage {
        name: source.to_owned(),
        version: stated.map(str::to_owned),
    })
}

/// What the package in `paragraph`, at position `package`, gives and needs.
pub(super) fn relate(paragraph: &Paragraph<'_>, package: usize, needs: &mut Needs) {
    for name in provided(paragraph) {
        needs.give(package, name);
    }
    for alternatives in needed(paragraph) {
        needs.need(package, alternatives.split('|').map(bare));
    }
}

/// Names that the package answers to besides its own.
pub(super) fn provided<'a>(paragraph: &Paragraph<'a>) -> impl Iterator<Item = &'a str> {
    let lines = paragraph.lines("Provides");
    lines
        .flat_map(|line| line.split(','))
        .map(bare)
        .filter(|name| !name.is_empty())
}

/// Every package that `Depends` and `Pre-Depends` name, alternatives included.
pub(super) fn required(paragraph: &Paragraph<'_>) -> Vec<String> {
    let names = needed(paragraph)
        .flat_map(|alternatives| alternatives.split('|'))
        .map(bare);
    let mut names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn needed<'a>(paragraph: &Paragraph<'a>) -> impl Iterator<Item = &'a str> {
    let lines = paragraph
        .lines("Pre-Depends")
        .chain(paragraph.lines("Depends"));
    lines.flat_map(|line| line.split(','))
}

/// `name` of `name:any (>= 1) [amd64]`.
fn bare(relation: &str) -> &str {
    let relation = relation.trim();
    let end = relation.find([' ', '(', ':', '[', '<', '=', '\t']);
    &relation[..end.unwrap_or(relation.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collectors::deb822::paragraphs;

    #[test]
    fn relations_lose_versions_and_architectures() {
        let text = "Package: a\nPre-Depends: libc6:any (>= 2.36)\nDepends: b | c [amd64],\n d (= 1)\nProvides: mta, x (= 2)\n";
        let paragraph = paragraphs(text).next().unwrap();
        assert_eq!(required(&paragraph), ["b", "c", "d", "libc6"]);
        assert_eq!(provided(&paragraph).collect::<Vec<_>>(), ["mta", "x"]);
    }

    #[test]
    fn a_source_is_named_only_where_it_differs() {
        assert_eq!(source("glibc", "libc6", "2").unwrap().name, "glibc");
        let rebuilt = source("a (1)", "a", "1+b1").unwrap();
        assert_eq!(rebuilt.version.as_deref(), Some("1"));
        assert_eq!(source("a", "a", "1"), None);
        assert_eq!(source("a (1)", "a", "1"), None);
    }
}
