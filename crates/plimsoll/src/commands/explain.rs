//! `plimsoll explain`: why is a vulnerability reported, or why not?

use super::judging::read_policy;
use super::source::Access;
use crate::outputs::print;
use crate::{Failure, folders};
use clap::{Args, ValueEnum};
use plimsoll_advisory::{Store, explain, find};
use plimsoll_policy::{DataPosition, Policy, Subject, judge};
use plimsoll_report::{Report, explanation_json, explanation_text};
use std::path::PathBuf;

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

    /// Policy document (YAML or JSON); the built-in `starter` when not given
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Output format
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,

    /// Where advisory data lives [env: PLIMSOLL_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let policy = match &arguments.policy {
        Some(path) => read_policy(path)?,
        None => Policy::starter(),
    };
    let folder = folders::data(arguments.data_dir.as_ref())?;
    let store = Store::open(&folder).map_err(Failure::unjudged)?;
    let mut inventory = arguments.access.inventory(&arguments.image)?;
    let matched = find(&inventory, &store);
    let explanation = explain(&inventory, &store, arguments.id.trim());
    inventory.coverage.extend(matched.coverage);
    let now = jiff::Timestamp::now();
    let data = DataPosition {
        position: store.status().position.clone(),
        built: store.status().built.clone(),
    };
    let subject = Subject {
        inventory: &inventory,
        findings: &matched.findings,
        data: Some(data.clone()),
        now,
        baseline: None,
    };
    let verdict = judge(&policy, &subject);
    let report = Report {
        inventory: &inventory,
        findings: &matched.findings,
        suppressed: &matched.suppressed,
        upgrades: &matched.upgrades,
        verdict: Some(&verdict),
        data: Some(&data),
        now,
        source_date: None,
        all: true,
        all_layers: false,
    };
    let text = match arguments.output {
        Format::Text => explanation_text(&report, &explanation),
        Format::Json => format!("{:#}\n", explanation_json(&report, &explanation)),
    };
    print(text.as_bytes())?;
    Ok(0)
}
