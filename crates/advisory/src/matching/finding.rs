//! What all records of one vulnerability say about one package, as one
//! finding.

use super::lookup::{Hit, Lookup, Span};
use crate::advisory::Verdict;
use crate::versions::Version;
use plimsoll_types::{Finding, Fix, FixState, Match, Severity, SeverityClaim};
use std::collections::BTreeSet;

/// The finding of a class of hits; `None` when the vendor says that the
/// package is not affected.
pub(super) fn of(package: usize, mut hits: Vec<Hit>, lookup: &mut Lookup<'_>) -> Option<Finding> {
    if is_denied(&hits) {
        return None;
    }
    hits.sort_by(|a, b| {
        (rank(a), &a.head.feed, &a.head.record).cmp(&(rank(b), &b.head.feed, &b.head.record))
    });
    let ids: BTreeSet<&str> = hits
        .iter()
        .flat_map(|hit| std::iter::once(&hit.head.id).chain(&hit.head.aliases))
        .map(String::as_str)
        .collect();
    let id = canonical(&ids)?.to_owned();
    let severities = severities(&hits);
    let known_exploited = ids
        .iter()
        .filter(|id| id.starts_with("CVE-"))
        .find_map(|cve| lookup.known_exploited(cve));
    let matches: BTreeSet<Match> = hits
        .iter()
        .map(|hit| Match {
            feed: hit.head.feed.clone(),
            record: hit.head.record.clone(),
            namespace: hit.namespace.to_string(),
            subject: hit.subject.clone(),
            version: hit.version.clone(),
            range: hit.range.clone(),
        })
        .collect();
    let stated = |severity: &SeverityClaim| severity.severity != Severity::Unknown;
    Some(Finding {
        aliases: ids
            .iter()
            .filter(|other| **other != id)
            .map(|other| (*other).to_owned())
            .collect(),
        id,
        package,
        severity: severities
            .iter()
            .find(|s| stated(s))
            .map_or(Severity::Unknown, |s| s.severity),
        severities,
        fix: fix(&hits),
        known_exploited,
        title: hits
            .iter()
            .map(|hit| &hit.title)
            .find(|title| !title.is_empty())
            .cloned()
            .unwrap_or_default(),
        url: hits.iter().find_map(|hit| hit.head.url.clone()),
        published: hits
            .iter()
            .filter_map(|hit| hit.head.published.clone())
            .min(),
        matches: matches.into_iter().collect(),
    })
}

/// Whether the vendor says that the package is not affected.
pub(super) fn is_denied(hits: &[Hit]) -> bool {
    hits.iter().any(|hit| hit.verdict == Verdict::NotAffected)
}

/// The versions that no record calls affected, out of those that some record
/// calls repaired, above the installed one and in order.
pub(super) fn repaired<'a>(hits: &[&'a Hit]) -> Vec<(&'a Version, &'a str)> {
    let installed = hits.iter().map(|hit| &hit.installed).max();
    let spans = || hits.iter().flat_map(|hit| &hit.spans);
    let mut candidates: Vec<_> = spans()
        .filter_map(Span::fix)
        .filter(|(version, _)| installed.is_none_or(|installed| installed < version))
        .collect();
    candidates.sort();
    candidates.dedup_by(|a, b| a.0 == b.0);
    candidates.retain(|(version, _)| !spans().any(|span| span.holds(version)));
    candidates
}

/// Whose word counts first: the distribution's, then the reviewed advisories
/// of GitHub, then the others.
fn rank(hit: &Hit) -> u8 {
    if hit.namespace.ecosystem().is_os() {
        0
    } else if hit.head.record.starts_with("GHSA-") {
        1
    } else {
        2
    }
}

/// The CVE if there is exactly one, else the first GHSA, else the first id.
fn canonical<'a>(ids: &BTreeSet<&'a str>) -> Option<&'a str> {
    let mut cves = ids.iter().filter(|id| id.starts_with("CVE-"));
    match (cves.next(), cves.next()) {
        (Some(cve), None) => Some(cve),
        _ => {
            let ghsa = ids.iter().find(|id| id.starts_with("GHSA-"));
            ghsa.or_else(|| ids.iter().next()).copied()
        }
    }
}

/// Every claim once: what is said of this very package first.
fn severities(hits: &[Hit]) -> Vec<SeverityClaim> {
    let mut claims: Vec<SeverityClaim> = Vec::new();
    let specific = hits.iter().filter_map(|hit| hit.extra.severity.as_ref());
    let general = hits.iter().flat_map(|hit| &hit.head.severities);
    for claim in specific.chain(general) {
        if !claims.contains(claim) {
            claims.push(claim.clone());
        }
    }
    claims
}

/// The lowest version that no record calls affected, then further ones.
fn fix(hits: &[Hit]) -> Fix {
    let advisories: BTreeSet<String> = hits
        .iter()
        .flat_map(|hit| hit.extra.advisories.clone())
        .collect();
    let versions = repaired(&hits.iter().collect::<Vec<_>>());
    let mut claimed = hits.iter().map(|hit| hit.fix);
    let told = |state: &FixState| !matches!(state, FixState::Unknown | FixState::Fixed);
    let claimed = claimed.find(told);
    Fix {
        state: if versions.is_empty() {
            claimed.unwrap_or(FixState::NotFixed)
        } else {
            FixState::Fixed
        },
        versions: versions
            .iter()
            .map(|(_, text)| (*text).to_owned())
            .collect(),
        advisories: advisories.into_iter().collect(),
    }
}
