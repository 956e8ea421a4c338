//! What all records of one vulnerability say about one package, as one
//! finding.

use super::curated;
use super::lookup::{Hit, Lookup, Span};
use super::repairs;
use super::risk::risk;
use crate::advisory::Verdict;
use crate::intake::Description;
use crate::store::{Head, title};
use plimsoll_types::{
    Ecosystem, Finding, FindingClass, Fix, FixState, Match, Package, Severity, SeverityClaim,
    Suppressed, Suppression,
};
use std::collections::BTreeSet;

/// What a class of hits amounts to.
pub(super) enum Outcome {
    /// Nobody calls the package affected.
    Nothing,
    Counts(Finding),
    Suppressed(Suppressed),
}

/// The finding of a class of hits on `package`, which is the inventory's number
/// `index`; `owned` when the word of the distribution decides instead.
pub(super) fn of(
    (index, package): (usize, &Package),
    hits: &mut Vec<Hit>,
    owned: bool,
    lookup: &mut Lookup<'_>,
) -> Outcome {
    hits.sort_by(|a, b| {
        (rank(a), &a.head.feed, &a.head.record).cmp(&(rank(b), &b.head.feed, &b.head.record))
    });
    let overlaid = overlaid(hits);
    let denial = hits.iter().find(|hit| hit.verdict == Verdict::NotAffected);
    let denial = denial.map(denied);
    hits.retain(|hit| hit.verdict != Verdict::NotAffected);
    // Who lists a version and knows no state yields to who says that nobody
    // has looked yet.
    let open = hits
        .iter()
        .any(|hit| hit.verdict == Verdict::UnderInvestigation);
    let told = |hit: &Hit| !open || hit.fix != FixState::Unknown;
    let looked_into = hits
        .iter()
        .any(|hit| hit.verdict == Verdict::Affected && told(hit));
    if hits.iter().all(|hit| hit.verdict == Verdict::Rated) {
        return Outcome::Nothing;
    }
    let Some(finding) = finding(index, hits, lookup) else {
        return Outcome::Nothing;
    };
    let ids = || {
        std::iter::once(&finding.id)
            .chain(&finding.aliases)
            .map(String::as_str)
    };
    let (reason, detail) = if overlaid == Some(Verdict::Affected) {
        return Outcome::Counts(finding);
    } else if let Some(denial) = denial.as_ref().filter(|_| overlaid.is_some()) {
        (Suppression::Overlay, denial.clone())
    } else if owned {
        let owner = "the distribution installed it, and its own word decides";
        (Suppression::OwnedByDistribution, owner.to_owned())
    } else if let Some(denial) = denial {
        (Suppression::NotAffected, denial)
    } else if let Some((reason, detail)) = curated::reason(&package.record, ids()) {
        (reason, detail.to_owned())
    } else if is_of_other_source(package, &finding) {
        let detail = "it was built from a repository, and the advisory is about the registry's";
        (Suppression::OtherSource, detail.to_owned())
    } else if is_rejected(hits, &finding, lookup) {
        (
            Suppression::Rejected,
            format!("{} was taken back", finding.id),
        )
    } else if !looked_into {
        let detail = format!("{} has not looked into it yet", hits[0].head.feed);
        (Suppression::UnderInvestigation, detail)
    } else {
        return Outcome::Counts(finding);
    };
    Outcome::Suppressed(Suppressed {
        finding,
        reason,
        detail,
    })
}

/// What overlays say of the version, if anything: affected where one of them
/// does. What feeds say of it then counts no more, but for ids, titles and
/// severities.
fn overlaid(hits: &mut Vec<Hit>) -> Option<Verdict> {
    let says = |verdict| {
        let mut hits = hits.iter();
        hits.any(|hit| hit.is_overlaid() && hit.verdict == verdict)
    };
    let word = [Verdict::Affected, Verdict::NotAffected];
    let word = word.into_iter().find(|verdict| says(*verdict));
    if word == Some(Verdict::Affected) {
        hits.retain(|hit| hit.verdict != Verdict::NotAffected);
    }
    for hit in hits {
        let counts = hit.is_overlaid() || word != Some(Verdict::Affected);
        if !counts || hit.verdict == Verdict::Rated {
            hit.spans.clear();
            hit.fix = FixState::Unknown;
        }
    }
    word
}

/// Who says in which words that a package is not affected.
fn denied(hit: &Hit) -> String {
    let Head { feed, record, .. } = &hit.head;
    match &hit.extra.because {
        Some(because) => format!("{feed} {record}: {because}"),
        None => format!("{feed} {record}: not affected"),
    }
}

/// Whether an advisory about what a registry has under a name is asked about
/// something that was built from a repository.
fn is_of_other_source(package: &Package, finding: &Finding) -> bool {
    let record = &package.record;
    let of_registry = record.ecosystem == Ecosystem::Npm || finding.class == FindingClass::Malware;
    of_registry && record.qualifiers.contains_key("vcs_url")
}

/// Whether the CVE was taken back, and the vendor did not ship a repair for it
/// all the same.
fn is_rejected(hits: &[Hit], finding: &Finding, lookup: &mut Lookup<'_>) -> bool {
    let borrowed = |hit: &Hit| hit.namespace.ecosystem().is_os() || hit.head.feed == "nvd";
    hits.iter().all(borrowed)
        && finding.fix.advisories.is_empty()
        && lookup
            .description(&finding.id)
            .is_some_and(|description| description.rejected)
}

/// `None` where there are no hits.
fn finding(package: usize, hits: &[Hit], lookup: &mut Lookup<'_>) -> Option<Finding> {
    let ids: BTreeSet<&str> = hits.iter().flat_map(|hit| hit.head.ids()).collect();
    let id = canonical(&ids)?.to_owned();
    let cves = || ids.iter().filter(|id| id.starts_with("CVE-"));
    let known_exploited = cves().find_map(|cve| lookup.known_exploited(cve));
    let epss = cves()
        .filter_map(|cve| lookup.epss(cve))
        .max_by(|a, b| a.score.total_cmp(&b.score));
    let descriptions: Vec<_> = cves().filter_map(|cve| lookup.description(cve)).collect();
    let severities = severities(hits, &descriptions);
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
    let severity = severities
        .iter()
        .find(|s| stated(s))
        .map_or(Severity::Unknown, |s| s.severity);
    let titles = hits.iter().map(|hit| hit.head.title.clone());
    let titles = titles.chain(descriptions.iter().map(|d| title("", &d.text)));
    let days = hits.iter().filter_map(|hit| hit.head.published.clone());
    let days = days.chain(descriptions.iter().filter_map(|d| d.published.clone()));
    Some(Finding {
        aliases: ids
            .iter()
            .filter(|other| **other != id)
            .map(|other| (*other).to_owned())
            .collect(),
        id,
        class: hits
            .iter()
            .map(|hit| hit.head.class)
            .min()
            .unwrap_or_default(),
        package,
        severity,
        fix: fix(hits),
        risk: risk(
            severity,
            &severities,
            epss.as_ref(),
            known_exploited.as_ref(),
        ),
        severities,
        known_exploited,
        epss,
        disputed: hits.iter().any(|hit| hit.head.disputed)
            || descriptions.iter().any(|description| description.disputed),
        title: titles
            .into_iter()
            .find(|title| !title.is_empty())
            .unwrap_or_default(),
        url: hits.iter().find_map(|hit| hit.head.url.clone()),
        published: days.min(),
        matches: matches.into_iter().collect(),
        vex: None,
    })
}

/// Whose word counts first: the overlays', the distribution's, then the reviewed advisories
/// of GitHub, then the others.
fn rank(hit: &Hit) -> u8 {
    if hit.is_overlaid() {
        0
    } else if hit.namespace.ecosystem().is_os() {
        1
    } else if hit.head.record.starts_with("GHSA-") {
        2
    } else {
        3
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

/// Every claim once: what is said of this very package first, then what its
/// records say, then the catalogues of CVEs.
fn severities(hits: &[Hit], descriptions: &[Description]) -> Vec<SeverityClaim> {
    let mut claims: Vec<SeverityClaim> = Vec::new();
    let specific = hits.iter().filter_map(|hit| hit.extra.severity.as_ref());
    let general = hits.iter().flat_map(|hit| &hit.head.severities);
    let borrowed = descriptions
        .iter()
        .flat_map(|described| &described.severities);
    for claim in specific.chain(general).chain(borrowed) {
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
    let installed = hits.iter().map(|hit| &hit.installed).max();
    let spans: Vec<&Span> = hits.iter().flat_map(|hit| &hit.spans).collect();
    let versions = repairs::versions(installed, &spans);
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
        since: hits
            .iter()
            .filter_map(|hit| hit.extra.fixed_on.clone())
            .min(),
    }
}
