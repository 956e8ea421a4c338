//! `plimsoll sbom`: what is in this image?

use super::source::Source;
use crate::{Failure, outputs};
use clap::Args;
use plimsoll_report::{Report, plain};
use std::collections::BTreeMap;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    output: outputs::Flags,

    /// Also list packages that a later layer removed
    #[arg(long)]
    all_layers: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let outputs = arguments.output.parse("table")?;
    let inventory = arguments.source.inventory()?;
    let report = Report {
        inventory: &inventory,
        findings: &[],
        suppressed: &[],
        upgrades: &BTreeMap::new(),
        verdict: None,
        data: None,
        lifecycle: None,
        now: jiff::Timestamp::now(),
        source_date: outputs::source_date(),
        all: true,
        all_layers: arguments.all_layers,
    };
    outputs::write(&outputs, &report)?;
    let incomplete: Vec<_> = inventory
        .coverage
        .gaps
        .iter()
        .filter(|gap| gap.kind.is_incomplete())
        .collect();
    for gap in &incomplete {
        outputs::say(&format!(
            "plimsoll: not looked at: {}",
            plain(&gap.to_string())
        ));
    }
    Ok(if incomplete.is_empty() { 0 } else { 3 })
}
