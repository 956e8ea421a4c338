//! Why a vulnerability is reported of an image, or why it is not.

use crate::Report;
use crate::plain::{one_line, plain, shorten};
use plimsoll_policy::Evidence;
use plimsoll_types::{Claim, Explanation, Finding, Suppressed};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const WIDTH: usize = 100;
/// Lines of the description that are shown.
const LINES: usize = 4;
/// Names that records speak of and the image does not have.
const ELSEWHERE: usize = 8;

/// What `report` and the data behind it make of a vulnerability, for people.
pub fn explanation_text(report: &Report<'_>, explanation: &Explanation) -> String {
    let mut out = String::new();
    let name = plain(&report.inventory.image.name);
    let _ = writeln!(out, "{} in {name}", plain(&explanation.id));
    if !explanation.aliases.is_empty() {
        let aliases: Vec<_> = explanation.aliases.iter().map(|id| plain(id)).collect();
        let _ = writeln!(out, "also {}", shorten(&aliases.join(", "), WIDTH - 5));
    }
    for line in wrapped(&explanation.text) {
        let _ = writeln!(out, "{line}");
    }
    if let Some(url) = &explanation.url {
        let _ = writeln!(out, "{}", plain(url));
    }
    let mut packages: BTreeMap<usize, Vec<&Claim>> = BTreeMap::new();
    for claim in &explanation.claims {
        packages.entry(claim.package).or_default().push(claim);
    }
    // What counts first, then what does not, then what is not affected.
    let mut order: Vec<_> = packages.keys().copied().collect();
    order.sort_by_key(|package| match outcome(report, explanation, *package) {
        Outcome::Counts(..) => (0, *package),
        Outcome::Suppressed(_) => (1, *package),
        Outcome::Nothing => (2, *package),
    });
    for package in order {
        out.push('\n');
        write_package(report, explanation, package, &packages[&package], &mut out);
    }
    for unsearched in &explanation.unsearched {
        let label = label(report, unsearched.package);
        let reason = plain(&unsearched.reason);
        let _ = writeln!(out, "\n{label}\n  not looked up: {reason}");
    }
    if explanation.claims.is_empty() && explanation.unsearched.is_empty() {
        let _ = writeln!(out, "\nNot reported: {}", nothing(explanation));
    }
    write_elsewhere(explanation, &mut out);
    let searched: Vec<_> = explanation
        .searched
        .iter()
        .map(|name| plain(name))
        .collect();
    let _ = writeln!(
        out,
        "\nsearched: {}",
        match searched.is_empty() {
            true => "nothing, there is no advisory data for this image".to_owned(),
            false => searched.join(", "),
        }
    );
    out
}

/// The same for machines.
pub fn explanation_json(report: &Report<'_>, explanation: &Explanation) -> Value {
    let claims = explanation.claims.iter().map(|claim| {
        let windows = claim.windows.iter();
        let windows: Vec<_> = windows
            .map(|(range, holds)| json!({"range": range, "holds": holds}))
            .collect();
        json!({
            "package": claim.package,
            "feed": claim.feed,
            "record": claim.record,
            "namespace": claim.namespace,
            "subject": claim.subject,
            "version": claim.version,
            "verdict": claim.verdict,
            "windows": windows,
            "holds": claim.holds(),
            "not_about": claim.not_about,
            "because": claim.because,
            "fix": claim.fix,
            "advisories": claim.advisories,
            "fixed_on": claim.fixed_on,
            "published": claim.published,
        })
    });
    let mut indices: BTreeSet<usize> = explanation.claims.iter().map(|c| c.package).collect();
    indices.extend(explanation.unsearched.iter().map(|u| u.package));
    let packages = indices.iter().filter_map(|index| {
        let package = report.inventory.packages.get(*index)?;
        let (state, suppressed, rules) = match outcome(report, explanation, *index) {
            Outcome::Counts(_, rules) => ("reported", None, rules),
            Outcome::Suppressed(suppressed) => ("suppressed", Some(suppressed), Vec::new()),
            Outcome::Nothing => ("not-reported", None, Vec::new()),
        };
        Some(json!({
            "package": index,
            "name": package.record.name,
            "version": package.record.full_version(),
            "type": package.record.ecosystem.as_str(),
            "layer": package.introduced,
            "instruction": report.instruction(package.introduced),
            "paths": package.locations.iter().map(|place| &place.path).collect::<Vec<_>>(),
            "state": state,
            "suppressed": suppressed.map(|s| json!({"reason": s.reason.as_str(), "detail": s.detail})),
            "rules": rules,
        }))
    });
    json!({
        "schema": "plimsoll.explanation/1",
        "image": report.inventory.image.name,
        "id": explanation.id,
        "aliases": explanation.aliases,
        "text": explanation.text,
        "url": explanation.url,
        "packages": packages.collect::<Vec<_>>(),
        "claims": claims.collect::<Vec<_>>(),
        "elsewhere": explanation.elsewhere,
        "unsearched": explanation.unsearched,
        "searched": explanation.searched,
    })
}

/// What became of the vulnerability in one package.
enum Outcome<'a> {
    /// With what rules of the policy say of it.
    Counts(&'a Finding, Vec<String>),
    Suppressed(&'a Suppressed),
    Nothing,
}

fn outcome<'a>(report: &Report<'a>, explanation: &Explanation, package: usize) -> Outcome<'a> {
    let is_it = |finding: &Finding| {
        let mut ids = std::iter::once(&finding.id).chain(&finding.aliases);
        finding.package == package
            && ids.any(|id| *id == explanation.id || explanation.aliases.contains(id))
    };
    let found = report.findings.iter().position(&is_it);
    if let Some(index) = found {
        let reasons = report.verdict.map_or(&[][..], |verdict| &verdict.reasons);
        let reasons = reasons
            .iter()
            .filter(|reason| reason.evidence == Evidence::Finding(index));
        let rules = reasons.map(|reason| match &reason.allowed {
            None => format!("{}: {}", reason.rule, reason.action.as_str()),
            Some(allowance) => format!("{}: allowed, {}", reason.rule, allowance.reason),
        });
        return Outcome::Counts(&report.findings[index], rules.collect());
    }
    let mut suppressed = report.suppressed.iter();
    match suppressed.find(|suppressed| is_it(&suppressed.finding)) {
        Some(suppressed) => Outcome::Suppressed(suppressed),
        None => Outcome::Nothing,
    }
}

fn label(report: &Report<'_>, index: usize) -> String {
    let Some(package) = report.inventory.packages.get(index) else {
        return String::new();
    };
    let record = &package.record;
    let mut label = format!(
        "{} {} ({}",
        record.name,
        record.full_version(),
        record.ecosystem
    );
    if let Some(source) = &record.source {
        let _ = write!(label, ", source {}", source.name);
    }
    shorten(&one_line(&(label + ")")), WIDTH)
}

/// Where a package lies, and which instruction brought it.
fn places(report: &Report<'_>, index: usize) -> Vec<String> {
    let Some(package) = report.inventory.packages.get(index) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some(place) = package.locations.first() {
        let nested = place.nested.iter().map(|inner| format!("!/{inner}"));
        let more = match package.locations.len() {
            1 => String::new(),
            places => format!(" and {} more places", places - 1),
        };
        lines.push(format!(
            "at /{}{}{more}",
            place.path,
            nested.collect::<String>()
        ));
    }
    if !report.inventory.layers.is_empty() {
        let number = package.introduced + 1;
        lines.push(match report.instruction(package.introduced) {
            Some(instruction) => format!("from layer {number}: {instruction}"),
            None => format!("from layer {number}"),
        });
    }
    let lines = lines.iter().map(|line| shorten(&one_line(line), WIDTH - 2));
    lines.collect()
}

fn write_package(
    report: &Report<'_>,
    explanation: &Explanation,
    package: usize,
    claims: &[&Claim],
    out: &mut String,
) {
    let _ = writeln!(out, "{}", label(report, package));
    for line in places(report, package) {
        let _ = writeln!(out, "  {line}");
    }
    match outcome(report, explanation, package) {
        Outcome::Counts(finding, rules) => {
            let mut said = vec![finding.severity.to_string()];
            if finding.known_exploited.is_some() {
                said.push("exploited".to_owned());
            }
            said.extend(
                finding
                    .epss
                    .as_ref()
                    .map(|e| format!("EPSS {:.3}", e.score)),
            );
            if finding.risk > 0.0 {
                said.push(format!("risk {:.1}", finding.risk));
            }
            said.push(match finding.fix.versions.as_slice() {
                [] => finding.fix.state.as_str().to_owned(),
                versions => format!("fixed in {}", versions.join(", ")),
            });
            said.extend(finding.fix.since.as_ref().map(|day| format!("since {day}")));
            let _ = writeln!(out, "  reported: {}", plain(&said.join(", ")));
            for rule in rules {
                let _ = writeln!(out, "  rule {}", plain(&rule));
            }
        }
        Outcome::Suppressed(suppressed) => {
            let (reason, detail) = (suppressed.reason.as_str(), plain(&suppressed.detail));
            let _ = writeln!(out, "  not counted, {reason}: {detail}");
        }
        Outcome::Nothing => {
            let _ = writeln!(out, "  not reported");
        }
    }
    for claim in claims {
        let _ = writeln!(out, "  {}", one_line(&told(claim)));
    }
}

/// One record's word, and what it amounts to.
fn told(claim: &Claim) -> String {
    let mark = if claim.holds() { "holds" } else { "    -" };
    let ranges = |wanted: bool| {
        let windows = claim.windows.iter().filter(|(_, holds)| *holds == wanted);
        let ranges: Vec<_> = windows.map(|(range, _)| range.as_str()).collect();
        ranges.join(" or ")
    };
    let inside = claim.windows.iter().any(|(_, holds)| *holds);
    let mut text = format!(
        "{mark}  {} {} ({}, {}): {}",
        claim.feed, claim.record, claim.namespace, claim.subject, claim.verdict
    );
    let place = match (inside, &claim.not_about) {
        (_, Some(why)) => format!(", but {why}"),
        (true, None) => format!(" {}, which holds {}", ranges(true), claim.version),
        (false, None) => format!(" {}, which does not hold {}", ranges(false), claim.version),
    };
    text += &place;
    if let Some(because) = &claim.because {
        text += &format!(", because: {because}");
    }
    if !claim.advisories.is_empty() {
        text += &format!(", {}", claim.advisories.join(", "));
    }
    if let Some(day) = &claim.fixed_on {
        text += &format!(" of {day}");
    }
    text
}

fn nothing(explanation: &Explanation) -> String {
    match (
        explanation.searched.is_empty(),
        explanation.elsewhere.is_empty(),
    ) {
        (true, _) => "there is no advisory data for what is in this image".into(),
        (false, false) => "no package of the image has a name that the records use".into(),
        (false, true) => "no record of the data that this image needs has that id".into(),
    }
}

fn write_elsewhere(explanation: &Explanation, out: &mut String) {
    if explanation.elsewhere.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nNot in this image, although records speak of it:");
    for row in explanation.elsewhere.iter().take(ELSEWHERE) {
        let text = format!(
            "  {} ({}), {}: {}",
            row.subject,
            row.namespace,
            row.record,
            row.windows.join(" or ")
        );
        let _ = writeln!(out, "{}", shorten(&plain(&text), WIDTH));
    }
    if explanation.elsewhere.len() > ELSEWHERE {
        let more = explanation.elsewhere.len() - ELSEWHERE;
        let _ = writeln!(out, "  and {more} more");
    }
}

/// The beginning of a text, as lines.
fn wrapped(text: &str) -> Vec<String> {
    let paragraph = text.split("\n\n").find(|part| !part.trim().is_empty());
    let mut lines = vec![String::new()];
    for word in one_line(paragraph.unwrap_or_default()).split(' ') {
        let full = lines.len() == LINES;
        let Some(line) = lines.last_mut() else { break };
        if line.len() + word.len() < WIDTH {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        } else if full {
            line.push_str(" ..");
            break;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}
