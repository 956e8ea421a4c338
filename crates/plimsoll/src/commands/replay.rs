//! `plimsoll replay`: the same verdict from what was recorded.

use super::record::Record;
use crate::{Failure, outputs};
use clap::Args;
use plimsoll_report::Report;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What `plimsoll scan --record` wrote
    #[arg(value_name = "RECORD")]
    record: PathBuf,

    #[command(flatten)]
    output: outputs::Flags,

    /// Show every package and every finding
    #[arg(short, long)]
    all: bool,

    /// Also list packages that a later layer removed
    #[arg(long)]
    all_layers: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let outputs = arguments.output.parse("text")?;
    let record = Record::read(&arguments.record)?;
    let judged = record.judge(&record.policy()?);
    if judged.verdict.id != record.verdict {
        return Err(Failure::unjudged(format!(
            "the record says verdict {}, this build comes to {}: the record was changed, or the \
             build judges otherwise than the one that wrote it",
            record.verdict, judged.verdict.id
        )));
    }
    let report = Report {
        all: arguments.all,
        all_layers: arguments.all_layers,
        ..judged.report()
    };
    outputs::write(&outputs, &report)?;
    outputs::say(&plimsoll_report::closing_line(&judged.verdict));
    Ok(judged.verdict.outcome.exit_code())
}
