//! `plimsoll explain`: why is a vulnerability reported, or why not?

use super::judging::Judging;
use super::source::Access;
use crate::Failure;
use crate::outputs::print;
use clap::{Args, ValueEnum};
use plimsoll_advisory::explain;
use plimsoll_report::{explanation_json, explanation_text};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The vulnerability, by any of its ids: a CVE, a GHSA, a feed's own
    #[arg(value_name = "ID")]
    id: String,

    /// The image, as `scan` takes it
    #[arg(long = "in", value_name = "IMAGE")]
    image: String,

    #[command(flatten)]
    access: Access,

    #[command(flatten)]
    judging: Judging,

    /// Output format
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let bench = arguments.judging.open(&arguments.access)?;
    let Some(store) = &bench.store else {
        return Err(Failure::unjudged(
            "there is no advisory data; load some with `plimsoll data update`",
        ));
    };
    let inventory = arguments.access.inventory(&arguments.image)?;
    let explanation = explain(&inventory, store, arguments.id.trim());
    let judged = bench.judge(inventory, None)?;
    let report = judged.report();
    let text = match arguments.output {
        Format::Text => explanation_text(&report, &explanation),
        Format::Json => format!("{:#}\n", explanation_json(&report, &explanation)),
    };
    print(text.as_bytes())?;
    Ok(0)
}
