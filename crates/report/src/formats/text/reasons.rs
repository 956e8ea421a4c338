use super::{Page, WIDTH, header, layer_label};
use crate::Report;
use crate::group::Group;
use crate::plain::{count, fit, pad, plain, shorten, width, wrap};
use crate::plan::{Edit, Plan, Upgrade};
use crate::report::{rules, rules_that};
use plimsoll_policy::{Action, Evidence, Outcome, Reason};
use plimsoll_types::{Finding, GapKind};
use std::collections::{BTreeMap, BTreeSet};

/// Widest column of rule names.
const RULE: usize = 24;
/// Ids named for one package.
const IDS: usize = 3;

/// Why, what turns it green, warnings and what is allowed.
pub(super) fn write(report: &Report<'_>, groups: &[Group<'_>], page: &mut Page) {
    let Some(verdict) = report.verdict else {
        return;
    };
    if verdict.outcome == Outcome::Fail {
        let stops: Vec<_> = report.reasons(Action::Stop).collect();
        let number = rules(stops.iter().copied());
        page.section(format!("Why ({})", rules_that(number, "stop")));
        write_rules(report, groups, &stops, 2, page);
        write_plan(report, groups, page);
    }
    let (known, warnings): (Vec<_>, Vec<_>) = report
        .reasons(Action::Warn)
        .partition(|reason| reason.action == Action::Stop && reason.hold.is_none());
    if let (Some(against), false) = (&verdict.against, known.is_empty()) {
        let number = count(rules(known.iter().copied()), "rule");
        let name = shorten(&plain(&against.name), 50);
        page.section(format!("Known in {name} ({number} would stop)"));
        write_rules(report, groups, &known, 1, page);
    }
    let (held, warnings): (Vec<_>, Vec<_>) = warnings
        .into_iter()
        .partition(|reason| reason.action == Action::Stop);
    for (hold, reasons) in by_hold(&held) {
        let number = rules_that(rules(reasons.iter().copied()), "warn");
        page.section(format!("{hold} ({number} until then)"));
        write_rules(report, groups, &reasons, 1, page);
    }
    if !warnings.is_empty() {
        let number = rules(warnings.iter().copied());
        page.section(format!("Warnings ({})", rules_that(number, "warn")));
        write_rules(report, groups, &warnings, 1, page);
    }
    if report.all {
        let notes = report.reasons(Action::Info);
        let notes: Vec<_> = notes.chain(report.reasons(Action::Go)).collect();
        if !notes.is_empty() {
            page.section("Notes");
            write_rules(report, groups, &notes, 1, page);
        }
    }
    write_allowed(report, groups, &verdict.reasons, page);
}

/// What has time left, by its last day, the nearest first.
fn by_hold<'a>(reasons: &[&'a Reason]) -> BTreeMap<String, Vec<&'a Reason>> {
    let mut holds: BTreeMap<String, Vec<&Reason>> = BTreeMap::new();
    for reason in reasons {
        let hold = reason
            .hold
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let mut letters = hold.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let hold = first.into_iter().chain(letters).collect();
        holds.entry(hold).or_default().push(reason);
    }
    holds
}

/// What is missing for a verdict and how to get it.
pub(super) fn write_missing(report: &Report<'_>, page: &mut Page) {
    let stops: Vec<_> = report.reasons(Action::Stop).collect();
    let summary = header::summary(report, &crate::group::groups(report));
    page.line(format!("  done      {summary}"));
    let mut messages: Vec<String> = Vec::new();
    let mut advice: Vec<String> = Vec::new();
    for reason in &stops {
        let message = plain(&reason.message);
        if !messages.contains(&message) {
            messages.push(message);
        }
        if let Some(text) = reason.advice.as_deref().map(plain)
            && !advice.contains(&text)
        {
            advice.push(text);
        }
    }
    if advice.is_empty() && stops.iter().any(|reason| wants_data(reason)) {
        advice.push("plimsoll data update --from FOLDER_OR_URL".to_owned());
    }
    for (title, lines) in [("missing", messages), ("do", advice)] {
        let mut title = title;
        for line in lines.iter().flat_map(|line| wrap(line, WIDTH - 12)) {
            page.line(format!("  {title:<8}  {line}"));
            title = "";
        }
    }
}

fn wants_data(reason: &Reason) -> bool {
    match &reason.evidence {
        Evidence::Data => true,
        Evidence::Gap(gap) => gap.kind == GapKind::NoAdvisoryData,
        _ => false,
    }
}

/// One numbered entry of about `lines` lines for each rule.
fn write_rules(
    report: &Report<'_>,
    groups: &[Group<'_>],
    reasons: &[&Reason],
    lines: usize,
    page: &mut Page,
) {
    let rules = by_rule(reasons);
    let column = rules.iter().map(|(rule, _)| width(rule)).max();
    let column = column.unwrap_or(0).min(RULE);
    for (number, (rule, reasons)) in (1..).zip(rules) {
        let items = items(report, groups, &reasons);
        let head = format!("{number:>3}  {}  ", pad(&rule, column));
        write_list(&head, &items, lines, page);
    }
}

/// A list on about `lines` lines, or its first item on more.
fn write_list(head: &str, items: &[String], lines: usize, page: &mut Page) {
    let indent = width(head);
    let columns = WIDTH.saturating_sub(indent).max(WIDTH / 3);
    let mut head = head.to_owned();
    for line in wrap(&fit(items, "; ", columns * lines), columns) {
        page.line(format!("{head}{line}"));
        head = " ".repeat(indent);
    }
}

/// Reasons by rule, in the order in which the rules appear.
fn by_rule<'a>(reasons: &[&'a Reason]) -> Vec<(String, Vec<&'a Reason>)> {
    let mut rules: Vec<(String, Vec<&Reason>)> = Vec::new();
    for reason in reasons {
        let rule = plain(&reason.rule);
        match rules.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, reasons)) => reasons.push(reason),
            None => rules.push((rule, vec![reason])),
        }
    }
    rules
}

/// What one rule found: packages with their ids, other things by message.
fn items(report: &Report<'_>, groups: &[Group<'_>], reasons: &[&Reason]) -> Vec<String> {
    let mut packages: Vec<(usize, BTreeMap<&str, &Finding>)> = Vec::new();
    let mut messages = Vec::new();
    let mut said = BTreeSet::new();
    for reason in reasons {
        let finding = match reason.evidence {
            Evidence::Finding(index) => report.findings.get(index),
            _ => None,
        };
        let at = finding.and_then(|finding| {
            groups
                .iter()
                .position(|group| group.indices.contains(&finding.package))
        });
        if let (Some(finding), Some(at)) = (finding, at) {
            match packages.iter_mut().find(|(known, _)| *known == at) {
                Some((_, ids)) => {
                    ids.insert(&finding.id, finding);
                }
                None => packages.push((at, BTreeMap::from([(&*finding.id, finding)]))),
            }
        } else {
            if said.insert(&reason.message) {
                messages.push(plain(&reason.message));
            }
        }
    }
    packages.sort_by_key(|(at, _)| *at);
    let packages = packages.iter().map(|(at, ids)| {
        let mut findings: Vec<_> = ids.values().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.known_exploited.is_some()));
        let mut named: Vec<_> = findings.iter().take(IDS).map(|f| id(f)).collect();
        if findings.len() > IDS {
            named.push(format!("{} more", findings.len() - IDS));
        }
        format!("{} ({})", groups[*at].label(), named.join(", "))
    });
    packages.chain(messages).collect()
}

fn id(finding: &Finding) -> String {
    let mark = finding.known_exploited.as_ref().map_or("", |_| " EXP");
    format!("{}{mark}", plain(&finding.id))
}

fn write_plan(report: &Report<'_>, groups: &[Group<'_>], page: &mut Page) {
    let plan = Plan::of(report, groups);
    let edits = count(plan.edits.len(), "edit");
    page.section(format!("What turns it green ({edits})"));
    let changes: Vec<_> = plan.edits.iter().map(|edit| change(edit, groups)).collect();
    let column = changes.iter().flatten().map(|(change, _)| width(change));
    let column = column.filter(|&columns| columns <= 50).max().unwrap_or(0);
    for (number, (edit, change)) in (1..).zip(plan.edits.iter().zip(&changes)) {
        match (edit, change) {
            (Edit::Upgrade(upgrade), Some((change, effect))) => {
                let layer = groups[upgrade.at]
                    .package()
                    .map(|package| package.introduced);
                let layer = layer.filter(|_| !report.inventory.layers.is_empty());
                let mut line = format!("{number:>3}  {}  {effect}", pad(change, column));
                // The layer follows on the same line, in a few columns at least.
                if width(&line) + layer.map_or(0, |_| 14) > WIDTH {
                    page.line(format!("{number:>3}  {change}"));
                    line = format!("     {effect}");
                }
                if let Some(layer) = layer {
                    let rest = WIDTH.saturating_sub(width(&line) + 3).max(9);
                    line = format!("{line}   {}", layer_label(report, layer, rest));
                }
                page.line(line);
            }
            (Edit::Advice(text), _) => {
                write_list(
                    &format!("{number:>3}  "),
                    std::slice::from_ref(text),
                    1,
                    page,
                );
            }
            _ => {}
        }
    }
    if !plan.unmended.is_empty() {
        let rules: Vec<_> = plan.unmended.iter().map(|rule| plain(rule)).collect();
        write_list("  -  no edit is known for: ", &rules, 1, page);
    }
}

/// What an upgrade changes and what it does.
fn change(edit: &Edit<'_>, groups: &[Group<'_>]) -> Option<(String, String)> {
    let Edit::Upgrade(Upgrade {
        at,
        target,
        gone,
        critical,
        left,
    }) = edit
    else {
        return None;
    };
    let group = groups.get(*at)?;
    let names = fit(&group.names(), ", ", 40);
    let mut effect = format!("{} gone", count(*gone, "finding"));
    if *critical > 0 {
        effect.push_str(&format!(", {critical} critical"));
    }
    if *left > 0 {
        let verb = if *left == 1 { "stays" } else { "stay" };
        effect.push_str(&format!(", {left} {verb}"));
    }
    let change = format!("{names} {} -> {}", group.version(), plain(target));
    Some((change, effect))
}

fn write_allowed(report: &Report<'_>, groups: &[Group<'_>], reasons: &[Reason], page: &mut Page) {
    let mut lines: Vec<(String, Vec<&Reason>)> = Vec::new();
    for reason in reasons {
        let Some(allowance) = &reason.allowed else {
            continue;
        };
        let until = match &allowance.until {
            Some(day) => format!("until {}", plain(day)),
            None => "without end".to_owned(),
        };
        let by = allowance.by.as_deref().map(plain);
        let by = by.map_or(String::new(), |by| format!(" by {by}"));
        let why = shorten(&plain(&allowance.reason), 60);
        let terms = format!("{}  {until}{by}: {why}", plain(&reason.rule));
        match lines.iter_mut().find(|(known, _)| *known == terms) {
            Some((_, reasons)) => reasons.push(reason),
            None => lines.push((terms, vec![reason])),
        }
    }
    if lines.is_empty() {
        return;
    }
    let number = lines.iter().map(|(_, reasons)| reasons.len()).sum();
    page.section(format!("Allowed ({})", count(number, "reason")));
    for (terms, reasons) in lines {
        page.line(format!("  {terms}"));
        write_list("      ", &items(report, groups, &reasons), 1, page);
    }
}
