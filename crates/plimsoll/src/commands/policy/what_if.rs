use super::super::policies;
use super::super::record::{self, Record};
use crate::Failure;
use crate::outputs::print;
use clap::Args;
use plimsoll_policy::{Action, Verdict};
use plimsoll_report::plain;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What `plimsoll scan --record` wrote: files, or folders of them
    #[arg(value_name = "RECORD|DIR", required = true)]
    records: Vec<PathBuf>,

    /// The policy to try: a file, or builtin:NAME
    #[arg(long, value_name = "FILE")]
    policy: String,

    /// Compare with this policy instead of the one that each was judged by
    #[arg(long, value_name = "FILE")]
    against: Option<String>,

    /// Also show images that are judged alike
    #[arg(short, long)]
    all: bool,

    /// End with exit code 1 where an image is judged worse
    #[arg(long)]
    fail_on_worse: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let candidate = policies::read(&arguments.policy)?.policy;
    let current = match &arguments.against {
        Some(name) => Some(policies::read(name)?.policy),
        None => None,
    };
    let mut text = String::new();
    let (mut images, mut worse, mut better, mut otherwise) = (0_u32, 0_u32, 0_u32, 0_u32);
    for path in record::find(&arguments.records)? {
        let record = Record::read(&path)?;
        let before = match &current {
            Some(policy) => record.judge(policy).verdict,
            None => record.judge(&record.policy()?).verdict,
        };
        let judged = record.judge(&candidate);
        let after = &judged.verdict;
        images += 1;
        worse += u32::from(after.outcome > before.outcome);
        better += u32::from(after.outcome < before.outcome);
        let is_same = stops(&before) == stops(after);
        otherwise += u32::from(after.outcome == before.outcome && !is_same);
        if after.outcome == before.outcome && !arguments.all {
            continue;
        }
        let image = &judged.inventory.image;
        let name = plain(image.reference.as_ref().unwrap_or(&image.name));
        let (from, to) = (before.outcome.word(), after.outcome.word());
        let _ = match from == to {
            true => writeln!(text, "{from:<10}  {:<10}  {name}", ""),
            false => writeln!(text, "{from:<10}  {to:<10}  {name}"),
        };
        let (old, new) = (stops(&before), stops(after));
        for (sign, rules) in [("+", new.difference(&old)), ("-", old.difference(&new))] {
            for rule in rules {
                let _ = writeln!(text, "{:<24}{sign} {}", "", plain(rule));
            }
        }
    }
    let things = if images == 1 { "image" } else { "images" };
    let _ = write!(text, "{images} {things}: {worse} worse, {better} better");
    if otherwise > 0 {
        let _ = write!(
            text,
            ", {otherwise} alike for other rules (--all names them)"
        );
    }
    text.push('\n');
    print(text.as_bytes())?;
    Ok(u8::from(arguments.fail_on_worse && worse > 0))
}

/// The rules that stop.
fn stops(verdict: &Verdict) -> BTreeSet<&str> {
    let reasons = verdict.reasons.iter();
    reasons
        .filter(|reason| reason.counts() && reason.effect() == Action::Stop)
        .map(|reason| reason.rule.as_str())
        .collect()
}
