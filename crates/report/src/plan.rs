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
    /// The version to go to.
    pub(crate) target: &'a str,
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
            Some(Edit::Upgrade(upgrade(report, at, group)?))
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

fn upgrade<'a>(report: &Report<'a>, at: usize, group: &Group<'a>) -> Option<Upgrade<'a>> {
    let fixable = group.findings.iter().filter(|finding| is_fixable(finding));
    let gone = fixable.clone().count();
    Some(Upgrade {
        at,
        target: group.upgrade(report)?,
        gone,
        critical: fixable
            .filter(|finding| finding.severity == Severity::Critical)
            .count(),
        left: group.findings.len() - gone,
    })
}
