use super::super::judging::Judging;
use super::super::source::Source;
use crate::Failure;
use crate::outputs::print;
use clap::Args;
use plimsoll_policy::{Reason, trail};
use plimsoll_report::plain;
use std::fmt::Write;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    judging: Judging,

    /// Also show rules that other mappings would have asked, and exceptions
    /// that cover nothing of this image
    #[arg(short, long)]
    all: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let bench = arguments.judging.open(&arguments.source.access)?;
    let judged = bench.judge(arguments.source.inventory()?, None)?;
    let verdict = &judged.verdict;
    let trail = trail(&bench.policy, &judged.subject(None), verdict);

    let mut text = String::new();
    let name = &judged.inventory.image.name;
    let identity = &verdict.policy;
    let _ = writeln!(
        text,
        "{}  {}  by {}@{}  {}\n\nMappings, in the order in which they are asked",
        plain(name),
        verdict.outcome.word(),
        plain(&identity.name),
        identity.digest.get(..6).unwrap_or_default(),
        verdict.id
    );
    for asked in &trail.mappings {
        let name = plain(&asked.name);
        let _ = match &asked.mismatch {
            Some(why) => writeln!(text, "  no   {name}: {}", plain(why)),
            None => writeln!(text, "  yes  {name}"),
        };
    }
    if verdict.mapping.is_none() {
        text.push_str("  none is for this image\n");
    }
    text.push_str("\nRules\n");
    for ran in &trail.rules {
        let name = plain(&ran.name);
        if !ran.chosen {
            if arguments.all {
                let set = plain(&ran.set);
                let _ = writeln!(
                    text,
                    "  {:<7}  {name}: its set {set} is not chosen",
                    "unasked"
                );
            }
            continue;
        }
        let reasons: Vec<&Reason> = ran
            .reasons
            .iter()
            .filter_map(|index| verdict.reasons.get(*index))
            .collect();
        if reasons.is_empty() {
            let _ = writeln!(text, "  {:<7}  {name}", "silent");
        }
        for reason in reasons {
            tell(&name, reason, &mut text);
        }
    }
    let unasked = trail.rules.iter().filter(|ran| !ran.chosen).count();
    if unasked > 0 && !arguments.all {
        let _ = writeln!(
            text,
            "  {unasked} more in sets that are not chosen: add --all"
        );
    }
    let own = |reason: &&Reason| !trail.rules.iter().any(|ran| ran.name == reason.rule);
    let guards: Vec<&Reason> = verdict.reasons.iter().filter(own).collect();
    if !guards.is_empty() {
        text.push_str("\nBuilt-in guards\n");
    }
    for reason in guards {
        tell(&reason.rule, reason, &mut text);
    }
    if arguments.all && !trail.idle_exceptions.is_empty() {
        text.push_str("\nExceptions that cover nothing of this image\n");
        for exception in &trail.idle_exceptions {
            let _ = writeln!(text, "  {}", plain(exception));
        }
    }
    print(text.as_bytes())?;
    Ok(0)
}

fn tell(name: &str, reason: &Reason, text: &mut String) {
    let word = match (&reason.allowed, reason.effect()) {
        (Some(_), _) => "allowed",
        (None, effect) => effect.as_str(),
    };
    let _ = writeln!(text, "  {word:<7}  {name}: {}", plain(&reason.message));
    if let Some(hold) = &reason.hold {
        let _ = writeln!(text, "           {hold}");
    }
    if let Some(allowance) = &reason.allowed {
        let by = allowance.by.as_deref().unwrap_or("somebody");
        let until = match &allowance.until {
            Some(until) => format!("until {until}"),
            None => "without end".to_owned(),
        };
        let _ = writeln!(
            text,
            "           accepted by {} {until}: {}",
            plain(by),
            plain(&allowance.reason)
        );
    }
}
