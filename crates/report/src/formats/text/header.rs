use super::{Page, WIDTH};
use crate::Report;
use crate::group::{Counts, Group};
use crate::plain::{count, plain, shorten, width};
use plimsoll_policy::{Against, Outcome};
use plimsoll_types::Finding;
use std::collections::BTreeMap;

const INDENT: &str = "      ";

/// The line that answers, and how much was looked at.
pub(super) fn write(report: &Report<'_>, groups: &[Group<'_>], page: &mut Page) {
    let image = &report.inventory.image;
    let word = report
        .verdict
        .map_or("SBOM", |verdict| verdict.outcome.word());
    let mut subject = vec![word.to_owned(), plain(&image.name)];
    subject.extend(image.platform.as_ref().map(|p| plain(&p.to_string())));
    let digests = [&image.manifest, &image.resolved, &image.config];
    if let Some(digest) = digests.into_iter().flatten().next() {
        let hex = digest.hex();
        let (head, tail) = (&hex[..4], &hex[hex.len() - 4..]);
        subject.push(format!("{}:{head}..{tail}", digest.algorithm()));
    }
    let subject = subject.join("  ");
    let basis = basis(report).join("   ");
    if basis.is_empty() {
        page.line(subject);
    } else if width(&subject) + 3 + width(&basis) <= WIDTH {
        page.line(format!("{subject}   {basis}"));
    } else {
        page.line(subject);
        page.line(format!("{INDENT}{basis}"));
    }
    if let Some(past) = past(report) {
        page.line(format!("{INDENT}{past}"));
    }
    match report.verdict.map(|verdict| verdict.outcome) {
        Some(Outcome::Fail) => {}
        Some(Outcome::CannotTell) => super::reasons::write_missing(report, page),
        _ => page.line(format!("{INDENT}{}", summary(report, groups))),
    }
    if let Some(against) = report.verdict.and_then(|verdict| verdict.against.as_ref()) {
        page.line(format!("{INDENT}{}", compared(against)));
    }
}

/// How much is new, in one line.
fn compared(against: &Against) -> String {
    let name = shorten(&plain(&against.name), WIDTH / 2);
    let new = count(against.new.len(), "new finding");
    format!("against {name}: {new}, {} known", against.known)
}

/// By which policy and from which data it was judged.
fn basis(report: &Report<'_>) -> Vec<String> {
    let Some(verdict) = report.verdict else {
        return Vec::new();
    };
    let data = match report.data {
        None => "no advisory data".to_owned(),
        Some(data) => age(&data.built, report.now)
            .map_or(format!("data of {}", plain(&data.built)), |age| {
                format!("data {age} old")
            }),
    };
    vec![format!("policy {}", plain(&verdict.policy.name)), data]
}

/// That the distribution is not looked after any more, and since when.
fn past(report: &Report<'_>) -> Option<String> {
    let lifecycle = report.lifecycle?;
    let now = report.now.to_string();
    let today = now.get(..10)?;
    let end = lifecycle.end(false).filter(|end| *end < today)?;
    let extended = match lifecycle.extended_until.as_deref() {
        Some(last) if last >= today => format!("; some repairs for subscribers until {last}"),
        Some(last) if last > end => format!("; the last for subscribers on {last}"),
        _ => String::new(),
    };
    let name = plain(&lifecycle.name);
    Some(plain(&format!("{name} was repaired until {end}{extended}")))
}

fn age(built: &str, now: jiff::Timestamp) -> Option<String> {
    let built: jiff::Timestamp = built.parse().ok()?;
    let minutes = now.as_second().saturating_sub(built.as_second()) / 60;
    // Whole days are counted as calendars and policies count them.
    let day = |moment: jiff::Timestamp| moment.as_second().div_euclid(86400);
    Some(match minutes {
        // Clocks differ, and a day that is given begins at midnight.
        -2880..60 => format!("{} min", minutes.max(0)),
        60..2880 => format!("{} h", minutes / 60),
        2880.. => format!("{} days", day(now) - day(built)),
        _ => return None,
    })
}

/// How many packages there are and how many have findings, in one sentence
/// that claims nothing about what was not matched.
pub(super) fn summary(report: &Report<'_>, groups: &[Group<'_>]) -> String {
    let packages = count(report.inventory.packages.len(), "package");
    if report.verdict.is_none() && report.data.is_none() {
        return match report.inventory.layers.len() {
            0 => packages,
            layers => format!("{packages} in {}", count(layers, "layer")),
        };
    }
    if groups.is_empty() {
        if report.inventory.packages.is_empty() {
            return "no packages of a known kind".to_owned();
        }
        return match (report.data, report.inventory.coverage.gaps.len()) {
            (None, _) => format!("{packages}, not matched: no advisory data"),
            (_, 0) => format!("{packages}, none with known findings"),
            (_, _) => format!("{packages}, none with known findings where it could be looked"),
        };
    }
    let affected = count_affected(groups);
    let worst = by_id(report.findings);
    let mut counts = Counts::default();
    worst.values().for_each(|finding| counts.add(finding));
    let severities = [
        (counts.critical, "critical"),
        (counts.high, "high"),
        (counts.medium, "medium"),
        (counts.low, "low"),
        (counts.negligible, "negligible"),
        (counts.unknown, "unrated"),
    ];
    let severities: Vec<_> = severities
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, severity)| format!("{number} {severity}"))
        .collect();
    let ids = count(worst.len(), "id");
    format!(
        "{packages}, {affected} with findings ({ids}: {})",
        severities.join(", ")
    )
}

/// How many packages have findings.
pub(super) fn count_affected(groups: &[Group<'_>]) -> usize {
    groups.iter().map(|group| group.packages.len()).sum()
}

/// The worst finding of each id.
pub(super) fn by_id<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
) -> BTreeMap<&'a str, &'a Finding> {
    let mut worst: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in findings {
        let known = worst.entry(&finding.id).or_insert(finding);
        if finding.severity > known.severity {
            *known = finding;
        }
    }
    worst
}
