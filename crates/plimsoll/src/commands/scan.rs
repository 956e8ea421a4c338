//! `plimsoll scan`: may this image ship?

use super::against::Other;
use super::judging::Judging;
use super::record::{self, Record};
use super::source::Source;
use crate::{Failure, outputs};
use clap::Args;
use plimsoll_report::Report;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    output: outputs::Flags,

    /// Show every package and every finding, not only packages with something
    /// above medium or unrated
    #[arg(short, long)]
    all: bool,

    /// Also list packages that a later layer removed
    #[arg(long)]
    all_layers: bool,

    /// Keep everything that the verdict rests on, for `replay` and `policy
    /// what-if`: in FILE, or in a folder under the verdict's id. It holds the
    /// image's whole configuration, its environment included
    #[arg(long, value_name = "FILE|DIR")]
    record: Option<PathBuf>,

    /// Vulnerabilities that `--against` has too, no worse, do not stop
    #[arg(long, requires = "against")]
    fail_on_new: bool,

    /// What to compare with, for `--fail-on-new` and for rules on the gate
    /// `drift`: an image, judged by the same policy and data, or a JSON report
    /// of an earlier scan, taken at its word
    #[arg(long, value_name = "IMAGE|FILE")]
    against: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    // Everything that can be wrong about the call is found before any work.
    let outputs = arguments.output.parse("text")?;
    if let Some(path) = &arguments.record {
        record::check_place(path)?;
    }
    let access = &arguments.source.access;
    let bench = arguments.judging.open(access)?;
    let baseline = match &arguments.against {
        Some(name) => {
            let other = Other::open(name, access, &bench)?;
            Some(match arguments.fail_on_new {
                true => other.baseline(name)?,
                false => other.compared(name),
            })
        }
        None => None,
    };
    let judged = bench.judge(arguments.source.inventory()?, baseline.as_ref())?;
    let report = Report {
        all: arguments.all,
        all_layers: arguments.all_layers,
        ..judged.report()
    };
    outputs::write(&outputs, &report)?;
    if let Some(path) = &arguments.record {
        Record::of(&judged, &bench, baseline.as_ref()).write(path)?;
    }
    outputs::say(&plimsoll_report::closing_line(&judged.verdict));
    Ok(judged.verdict.outcome.exit_code())
}
