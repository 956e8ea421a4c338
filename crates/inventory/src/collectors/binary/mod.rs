//! Programs and libraries that no package manager installed, told by their
//! names and by text inside them.
//!
//! The tables beside this file say what there is to find: a row is a kind of
//! file by its name, and the places where the version of a product may stand
//! in it. A product is added by adding a row.

mod databases;
mod go_trace;
mod java;
mod libraries;
mod rule;
mod runtimes;
mod search;
mod servers;
#[cfg(test)]
mod tests;
mod tools;

use super::cpe::cpe;
use super::executable::{LIMIT, is_linked};
use super::jvm;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use go_trace::{GoTrace, Word};
use memchr::memmem;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use regex::bytes::Regex;
use rule::{Content, Find, Product, Rule};
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

/// Text that is longer than this is no text of a row.
const TEXT_LIMIT: u64 = 1 << 20;

const TABLES: &[&[Rule]] = &[
    runtimes::RULES,
    databases::RULES,
    servers::RULES,
    tools::RULES,
    libraries::RULES,
    java::RULES,
];

pub(crate) struct Binary;

impl Collector for Binary {
    fn name(&self) -> &'static str {
        "binary"
    }

    fn about(&self) -> &'static str {
        "Programs that no package manager installed: known names, versions inside"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let is_program = || is_linked(file.magic) || file.magic.contains(&0);
        let limit = match NAMES.rule(file.name()).map(|row| row.rule.content) {
            Some(Content::Program) if is_program() => LIMIT,
            Some(Content::Script) if is_program() || is_script(file.magic) => LIMIT,
            Some(Content::Text) if file.size <= TEXT_LIMIT => TEXT_LIMIT,
            _ => return Want::No,
        };
        Want::Whole { limit }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let records = match NAMES.rule(file.name()) {
            Some(row) => row.records(file),
            None => Vec::new(),
        };
        if records.is_empty() {
            return Ok(Collected::default());
        }
        Ok(vec![Fact::Packages(records)].into())
    }
}

fn is_script(magic: &[u8]) -> bool {
    magic.starts_with(b"#!") || magic.starts_with(b"<?php")
}

/// CPE names of a Go module that is a product of the tables.
pub(super) fn cpes_of_module(module: &str, version: Option<&str>) -> Vec<String> {
    let Some(version) = version else {
        return Vec::new();
    };
    let version = version.strip_prefix('v').unwrap_or(version);
    let products = TABLES
        .iter()
        .flat_map(|rules| rules.iter())
        .flat_map(|rule| rule.finds)
        .flat_map(|find| find.products);
    // A module of which there are several products is none of them.
    let mut named: Vec<&[&str]> = products
        .filter(|product| product.is_module(module))
        .map(|product| product.cpes)
        .collect();
    named.dedup();
    match named.as_slice() {
        [cpes] => cpes.iter().map(|name| cpe(name, version, None)).collect(),
        _ => Vec::new(),
    }
}

/// The rows by the names of their files.
struct Names {
    exact: HashMap<&'static str, usize>,
    patterns: Vec<(&'static str, usize)>,
    rows: Vec<Row>,
}

/// A rule with its patterns, which are compiled when first needed.
struct Row {
    rule: &'static Rule,
    patterns: Vec<OnceLock<Option<Regex>>>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        exact: HashMap::new(),
        patterns: Vec::new(),
        rows: Vec::new(),
    };
    for rule in TABLES.iter().flat_map(|rules| rules.iter()) {
        for &file in rule.files {
            if file.contains(['*', '?']) {
                names.patterns.push((file, names.rows.len()));
            } else {
                names.exact.insert(file, names.rows.len());
            }
        }
        names.rows.push(Row {
            rule,
            patterns: rule.finds.iter().map(|_| OnceLock::new()).collect(),
        });
    }
    names
});

impl Names {
    fn rule(&self, name: &str) -> Option<&Row> {
        let name = name.strip_suffix(".exe").unwrap_or(name);
        let exact = self.exact.get(name).copied();
        let row = exact.or_else(|| {
            let mut patterns = self.patterns.iter();
            let (_, row) = patterns.find(|(pattern, _)| is_like(name, pattern))?;
            Some(*row)
        })?;
        self.rows.get(row)
    }
}

/// Whether a name is like a pattern of `*` and `?`.
fn is_like(name: &str, pattern: &str) -> bool {
    let (mut name, mut pattern) = (name.as_bytes(), pattern.as_bytes());
    // Where to go on when the last `*` takes one byte more.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (name.split_first(), pattern.split_first()) {
            (_, Some((b'*', rest))) => {
                retry = Some((name, rest));
                pattern = rest;
            }
            (Some((byte, name_rest)), Some((wanted, rest)))
                if matches!(wanted, b'?') || wanted == byte =>
            {
                (name, pattern) = (name_rest, rest);
            }
            (None, None) => return true,
            _ => match retry.take() {
                Some(([_, longer @ ..], rest)) => {
                    retry = Some((longer, rest));
                    (name, pattern) = (longer, rest);
                }
                _ => return false,
            },
        }
    }
}

impl Row {
    /// What the file is, by the first place that tells.
    fn records(&self, file: &File<'_>) -> Vec<PackageRecord> {
        let go = GoTrace::new(file.bytes);
        for (find, pattern) in self.rule.finds.iter().zip(&self.patterns) {
            if !file.path.contains(find.below) {
                continue;
            }
            if let Some(product) = find.products.first().filter(|p| p.module.is_some()) {
                match go.says(product) {
                    // The build information names it under its module.
                    Word::Told => return Vec::new(),
                    Word::Version(version) => return vec![record(product, version)],
                    Word::Other => continue,
                    Word::Unknown => {}
                }
            }
            let pattern = pattern.get_or_init(|| search::compile(find.pattern));
            let Some(pattern) = pattern else { continue };
            let versions = search::first(file.bytes, find.near, pattern, |versions| {
                versions
                    .iter()
                    .flatten()
                    .all(|version| is_plausible(version, find, file, &go))
            });
            let Some(versions) = versions.filter(|_| is_known(find, file.bytes)) else {
                continue;
            };
            let named = find.products.iter().zip(versions);
            return named
                .filter_map(|(product, version)| Some(record(product, version?)))
                .collect();
        }
        Vec::new()
    }
}

fn is_known(find: &Find, bytes: &[u8]) -> bool {
    find.known_by.is_empty()
        || find
            .known_by
            .iter()
            .any(|text| memmem::find(bytes, text.as_bytes()).is_some())
}

/// Neither a version that means none, nor one of the toolchain, nor one that
/// the name of the file contradicts.
fn is_plausible(version: &str, find: &Find, file: &File<'_>, go: &GoTrace<'_>) -> bool {
    if version == "0.0.0" {
        return false;
    }
    if find.named && !named_version(file.name()).is_some_and(|named| begins(version, named)) {
        return false;
    }
    let by_go = find.products.iter().any(|product| product.is_built_by_go());
    !(by_go && go.is_toolchain(version))
}

/// The first `N.N` in the name of a file.
fn named_version(name: &str) -> Option<&str> {
    let text = name.get(name.find(|c: char| c.is_ascii_digit())?..)?;
    let dot = text.find('.')?;
    let minor = text.get(dot + 1..)?;
    let length = minor
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(minor.len());
    let whole = text.get(..dot)?.bytes().all(|byte| byte.is_ascii_digit());
    text.get(..dot + 1 + length).filter(|_| whole && length > 0)
}

fn begins(version: &str, with: &str) -> bool {
    version
        .strip_prefix(with)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn record(product: &Product, version: String) -> PackageRecord {
    if let Some(vendor) = product.vendor {
        return jvm::record(
            vendor,
            product.name,
            product.cpes,
            &version,
            Confidence::Guessed,
        );
    }
    let cpes = product.cpes.iter();
    let cpes = cpes.map(|name| cpe(name, &version, None)).collect();
    let confidence = Confidence::Guessed;
    let mut record = PackageRecord::new(Ecosystem::Binary, product.name, Some(version), confidence);
    record.cpes = cpes;
    record
}
