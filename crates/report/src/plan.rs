//! What turns a verdict green: the fewest edits that take away every reason
//! to stop, as far as they are known.

use crate::Report;
use crate::group::{Group, is_fixable, label};
use crate::plain::plain;
use plimsoll_policy::{Action, Evidence, Reason};
use plimsoll_types::{Finding, Severity};
use std::collections::BTreeSet;

/// The way to green.
pub(crate) struct Plan<'a> {
    pub(crate) edits: Vec<Edit<'a>>,
    /// Rules that stop for reasons about which no advice is known.
    pub(crate) unmended: BTreeSet<&'a str>,
}

/// One thing to do.
pub(crate) enum Edit<'a> {
    /// Upgrade packages.
    Upgrade(Upgrade<'a>),
    /// Anything else, in plain words.
    Advice(String),
}

/// A version change of one package or of the binaries of one source package.
pub(crate) struct Upgrade<'a> {
    pub(crate) at: usize,
    pub(crate) target: Target<'a>,
    /// Findings that it takes away, and how many of them are critical.
    pub(crate) gone: usize,
    pub(crate) critical: usize,
    /// Findings without a fix, which stay.
    pub(crate) left: usize,
}

impl<'a> Plan<'a> {
    /// The plan for a report whose packages are `groups`.
    pub(crate) fn of(report: &Report<'a>, groups: &[Group<'a>]) -> Self {
        let mut upgrades = BTreeSet::new();
        let mut advice: Vec<String> = Vec::new();
        let mut unmended = BTreeSet::new();
        for reason in report.reasons(Action::Stop) {
            let finding = match reason.evidence {
                Evidence::Finding(index) => report.findings.get(index),
                _ => None,
            };
            if let Some(finding) = finding.filter(|finding| is_fixable(finding)) {
                let at = groups
                    .iter()
                    .position(|group| group.indices.contains(&finding.package));
                upgrades.extend(at);
                continue;
            }
            match advice_of(report, reason, finding) {
                Some(text) if advice.contains(&text) => {}
                Some(text) => advice.push(text),
                None => {
                    unmended.insert(&*reason.rule);
                }
            }
        }
        let upgrades = upgrades.into_iter().filter_map(|at| {
            let group = groups.get(at)?;
            Some(Edit::Upgrade(upgrade(at, group)?))
        });
        Self {
            edits: upgrades
                .chain(advice.into_iter().map(Edit::Advice))
                .collect(),
            unmended,
        }
    }
}

fn advice_of(report: &Report<'_>, reason: &Reason, finding: Option<&Finding>) -> Option<String> {
    if let Some(advice) = &reason.advice {
        return Some(plain(advice));
    }
    let finding = finding?;
    let package = label(report.package_of(finding)?);
    let id = plain(&finding.id);
    Some(format!(
        "{package}: no fix of {id} is known; remove it, replace it, or allow {id} for a time"
    ))
}

fn upgrade<'a>(at: usize, group: &Group<'a>) -> Option<Upgrade<'a>> {
    let fixable = group.findings.iter().filter(|finding| is_fixable(finding));
    let gone = fixable.clone().count();
    Some(Upgrade {
        at,
        target: Target::of(group)?,
        gone,
        critical: fixable
            .filter(|finding| finding.severity == Severity::Critical)
            .count(),
        left: group.findings.len() - gone,
    })
}

/// The version to go to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// It repairs every finding that has a fix.
    Version(&'a str),
    /// The versions that repair one finding each; the order among them is the
    /// business of the ecosystem's own comparator, which is not here.
    HighestOf(Vec<&'a str>),
}

impl<'a> Target<'a> {
    /// `None` where no finding of the group has a fix.
    pub(crate) fn of(group: &Group<'a>) -> Option<Self> {
        let fixes: Vec<&[String]> = group
            .findings
            .iter()
            .map(|finding| &*finding.fix.versions)
            .filter(|versions| !versions.is_empty())
            .collect();
        let mut nearest: Vec<&str> = Vec::new();
        for version in fixes.iter().filter_map(|versions| versions.first()) {
            if !nearest.contains(&&**version) {
                nearest.push(version);
            }
        }
        if let [only] = nearest[..] {
            return Some(Target::Version(only));
        }
        let installed = dotted(&group.package()?.record.full_version());
        if let Some(version) = numeric_target(&fixes, installed.as_deref()) {
            return Some(Target::Version(version));
        }
        (!nearest.is_empty()).then_some(Target::HighestOf(nearest))
    }
}

/// The lowest version that surely repairs all: for each finding it is one of
/// the fixed versions or not below any of them. Only for versions that are
/// plain numbers with dots, on whose order all ecosystems agree.
fn numeric_target<'a>(fixes: &[&'a [String]], installed: Option<&[u64]>) -> Option<&'a str> {
    let installed = installed?;
    let parse = |versions: &&'a [String]| -> Option<Vec<(Vec<u64>, &'a str)>> {
        versions.iter().map(|v| Some((dotted(v)?, &**v))).collect()
    };
    let fixes: Vec<_> = fixes.iter().map(parse).collect::<Option<_>>()?;
    let repairs = |version: &Vec<u64>| {
        fixes.iter().all(|candidates| {
            let mut numbers = candidates.iter().map(|(number, _)| number);
            numbers.clone().any(|number| number == version)
                || numbers.all(|number| number <= version)
        })
    };
    let candidates = fixes.iter().flatten();
    candidates
        .filter(|(number, _)| number.as_slice() > installed && repairs(number))
        .min()
        .map(|(_, version)| *version)
}

/// `1.20.3` as numbers without trailing zeros.
fn dotted(version: &str) -> Option<Vec<u64>> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let parts = version.split('.').map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    let mut numbers: Vec<u64> = parts.collect::<Option<_>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::{Confidence, Ecosystem, Fix, FixState, Package, PackageRecord};

    fn target(installed: &str, fixes: &[&[&str]]) -> Option<String> {
        let record = PackageRecord::new(
            Ecosystem::Maven,
            "g:a",
            Some(installed.to_owned()),
            Confidence::Embedded,
        );
        let package = Package {
            record,
            locations: Vec::new(),
            introduced: 0,
            removed: None,
            owned_by: None,
        };
        let findings: Vec<_> = fixes
            .iter()
            .map(|versions| Finding {
                id: "CVE-1".into(),
                aliases: Vec::new(),
                package: 0,
                severity: Severity::High,
                severities: Vec::new(),
                fix: Fix {
                    state: FixState::Fixed,
                    versions: versions.iter().map(|&v| v.to_owned()).collect(),
                    advisories: Vec::new(),
                },
                known_exploited: None,
                title: String::new(),
                url: None,
                published: None,
                matches: Vec::new(),
            })
            .collect();
        let group = Group {
            packages: vec![&package],
            indices: vec![0],
            findings: findings.iter().collect(),
        };
        Target::of(&group).map(|target| match target {
            Target::Version(version) => version.to_owned(),
            Target::HighestOf(versions) => format!("highest of {}", versions.join(" ")),
        })
    }

    #[test]
    fn one_version_repairs_all_where_numbers_tell() {
        for (installed, fixes, expected) in [
            (
                "2.14.1",
                &[&["2.15.0"][..], &["2.16.0"], &["2.17.1"]][..],
                "2.17.1",
            ),
            ("1.9", &[&["1.10"], &["1.9.1"]], "1.10"),
            // A release between two repaired lines is not repaired.
            ("1.9.1", &[&["1.9.5", "2.0.3"], &["2.0.1"]], "2.0.3"),
            // An older line that is repaired is no upgrade.
            (
                "2.14.1",
                &[&["2.15.0", "2.12.2"], &["2.16.0", "2.12.2"]],
                "2.16.0",
            ),
            ("1:1.0-1", &[&["1:1.0-2"], &["1:1.0-2"]], "1:1.0-2"),
            (
                "1.0-1",
                &[&["1.0-2"], &["1.0-10"]],
                "highest of 1.0-2 1.0-10",
            ),
        ] {
            assert_eq!(target(installed, fixes).as_deref(), Some(expected));
        }
        assert_eq!(target("1.0", &[&[], &[]]), None);
        assert_eq!(target("1.0", &[&[], &["1.1"]]).as_deref(), Some("1.1"));
    }
}
