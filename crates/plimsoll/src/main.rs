//! The `plimsoll` command: verbs, flags and streams.
//!
//! Results go to standard output, everything else to standard error. Exit
//! codes: 0 pass, 1 the policy stops the image, 2 wrong usage or
//! configuration, 3 could not judge.

mod commands;
mod folders;
mod outputs;
mod progress;

use clap::{Parser, Subcommand};
use plimsoll_report::plain;
use std::process::ExitCode;

/// The load line for container images: scans an image, judges it by policy.
#[derive(Parser)]
#[command(name = "plimsoll", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 pass, 1 the policy stops the image, 2 wrong usage or \
configuration, 3 could not judge."
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// May this image ship? Why not, and what turns it green?
    Scan(commands::scan::Arguments),
    /// What is in this image? A bill of materials.
    Sbom(commands::sbom::Arguments),
    /// What changed between two images?
    Diff(commands::diff::Arguments),
    /// Why is a vulnerability reported of an image, or why not?
    Explain(commands::explain::Arguments),
    /// What is the smallest change that turns this image green?
    Fix(commands::fix::Arguments),
    /// Does my policy do what I think? Write, check, test and try policies.
    Policy(commands::policy::Arguments),
    /// The same verdict from what a scan recorded.
    Replay(commands::replay::Arguments),
    /// Advisory data: how old, from where; update.
    Data(commands::data::Arguments),
    /// What this build knows: collectors, feeds, gates, formats.
    List(commands::list::Arguments),
}

/// An error with the exit code it leads to.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Wrong usage or configuration; one line for each problem.
    pub(crate) fn usage(error: impl std::fmt::Display) -> Self {
        let error = error.to_string();
        let lines: Vec<_> = error.lines().map(plain).collect();
        Self {
            code: 2,
            message: lines.join("\n"),
        }
    }

    /// Says it on standard error.
    pub(crate) fn tell(&self) {
        for line in self.message.lines() {
            outputs::say(&format!("plimsoll: {line}"));
        }
    }

    /// Could not judge. The message may quote names from an image, so it is
    /// one line whatever they hold.
    pub(crate) fn unjudged(error: impl std::fmt::Display) -> Self {
        Self {
            code: 3,
            message: plain(&error.to_string()),
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return answer(&error),
    };
    let result = match cli.verb {
        Verb::Scan(arguments) => commands::scan::run(&arguments),
        Verb::Sbom(arguments) => commands::sbom::run(&arguments),
        Verb::Diff(arguments) => commands::diff::run(&arguments),
        Verb::Explain(arguments) => commands::explain::run(&arguments),
        Verb::Fix(arguments) => commands::fix::run(&arguments),
        Verb::Policy(arguments) => commands::policy::run(&arguments),
        Verb::Replay(arguments) => commands::replay::run(&arguments),
        Verb::Data(arguments) => commands::data::run(&arguments),
        Verb::List(arguments) => commands::list::run(&arguments),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.tell();
            ExitCode::from(failure.code)
        }
    }
}

/// Help and version are answers; everything else is wrong usage, in one line.
fn answer(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() || error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    let text = error.to_string();
    let mut paragraphs = text.split("\n\n").map(|paragraph| {
        let lines: Vec<_> = paragraph.lines().map(str::trim).collect();
        lines.join(" ")
    });
    let problem = paragraphs.next().unwrap_or_default();
    let problem = problem.strip_prefix("error: ").unwrap_or(&problem);
    let tip = paragraphs.find_map(|paragraph| {
        let tip = paragraph.strip_prefix("tip: ")?;
        Some(format!("; {tip}"))
    });
    let tip = tip.unwrap_or_default();
    outputs::say(&format!(
        "plimsoll: {}; see `plimsoll --help`",
        plain(&format!("{problem}{tip}"))
    ));
    ExitCode::from(2)
}
