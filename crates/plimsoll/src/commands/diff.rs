//! `plimsoll diff`: what changed between two images?

use super::against::Other;
use super::judging::Judging;
use super::source::Access;
use crate::Failure;
use crate::outputs::{print, say};
use clap::{Args, ValueEnum};
use plimsoll_advisory::versions::Scheme;
use plimsoll_policy::Outcome;
use plimsoll_report::Difference;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What it was: an image as `scan` takes it, or a JSON report of an
    /// earlier scan, taken at its word (`sbom:FILE` matches and judges its
    /// packages anew)
    #[arg(value_name = "BEFORE")]
    before: String,

    /// What it is now: likewise
    #[arg(value_name = "AFTER")]
    after: String,

    #[command(flatten)]
    access: Access,

    #[command(flatten)]
    judging: Judging,

    /// Output format
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,

    /// Show every line of every list
    #[arg(short, long)]
    all: bool,

    /// End with exit code 1 when a vulnerability is new, rated higher or
    /// exploited since, and with 3 when that cannot be told
    #[arg(long)]
    fail_on_new: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let access = &arguments.access;
    let bench = arguments.judging.open(access)?;
    let before = Other::open(&arguments.before, access, &bench)?;
    let after = Other::open(&arguments.after, access, &bench)?;
    let sides = [before.side(), after.side()];
    let blind = sides
        .iter()
        .position(|side| matches!(side.outcome, None | Some(Outcome::CannotTell)));
    let [old, new] = sides;
    let difference = Difference::of(old, new, &|ecosystem, one, other| {
        Scheme::of(ecosystem).compare(one, other)
    });
    let text = match arguments.output {
        Format::Text => difference.text(arguments.all),
        Format::Json => difference.json(),
    };
    print(text.as_bytes())?;
    if !arguments.fail_on_new {
        return Ok(0);
    }
    let name = [&arguments.before, &arguments.after];
    match (difference.new_findings(), blind.and_then(|at| name.get(at))) {
        (None, _) => Err(Failure::unjudged("the findings could not be compared")),
        (_, Some(name)) => Err(Failure::unjudged(format!(
            "what is new cannot be told: `{name}` could not be judged"
        ))),
        (Some(0), None) => Ok(0),
        (Some(number), None) => {
            let findings = if number == 1 {
                "finding is"
            } else {
                "findings are"
            };
            say(&format!("plimsoll: {number} {findings} new or worse"));
            Ok(1)
        }
    }
}
