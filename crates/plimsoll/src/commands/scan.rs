//! `plimsoll scan`: may this image ship?

use super::source::Source;
use crate::{Failure, folders, outputs};
use clap::Args;
use plimsoll_advisory::{Matched, Store, StoreError, UpdateOptions, Vex, VexError, update};
use plimsoll_policy::{DataPosition, Policy, Subject, judge};
use plimsoll_report::{Report, plain};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,

    /// Policy document (YAML or JSON); the built-in `starter` when not given
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    #[command(flatten)]
    output: outputs::Flags,

    /// Show every package and every finding, not only packages with something
    /// above medium or unrated
    #[arg(short, long)]
    all: bool,

    /// Also list packages that a later layer removed
    #[arg(long)]
    all_layers: bool,

    /// Where advisory data lives [env: PLIMSOLL_DATA_DIR]
    #[arg(long, value_name = "DIR", conflicts_with = "advisories")]
    data_dir: Option<PathBuf>,

    /// Read feeds for this scan only, instead of the stored advisory data; may
    /// be given many times
    #[arg(long, value_name = "DIR|FILE|URL")]
    advisories: Vec<String>,

    /// VEX documents (OpenVEX, CSAF, CycloneDX, SPDX 3; JSON), or folders of
    /// them: findings that they call not affected or fixed do not count; may
    /// be given many times
    #[arg(long, value_name = "FILE|DIR")]
    vex: Vec<PathBuf>,

    /// Judge as on this day (YYYY-MM-DD, UTC) instead of today
    #[arg(long, value_name = "DAY")]
    as_of: Option<jiff::civil::Date>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    // Everything that can be wrong about the call is found before any work.
    let outputs = arguments.output.parse("text")?;
    let policy = match &arguments.policy {
        Some(path) => read_policy(path)?,
        None => Policy::starter(),
    };
    let now = match arguments.as_of {
        Some(day) => jiff::tz::TimeZone::UTC
            .to_timestamp(day.at(0, 0, 0, 0))
            .map_err(Failure::usage)?,
        None => jiff::Timestamp::now(),
    };
    let remote = arguments
        .advisories
        .iter()
        .find(|from| from.contains("://"));
    if let (true, Some(url)) = (arguments.source.offline, remote) {
        return Err(Failure::usage(format!(
            "`--advisories {url}` needs the network, which `--offline` forbids; name a folder or a file"
        )));
    }
    let vex = Vex::open(&arguments.vex).map_err(unusable)?;
    let scratch;
    let folder = if arguments.advisories.is_empty() {
        folders::data(arguments.data_dir.as_ref())?
    } else {
        scratch = tempfile::tempdir().map_err(Failure::unjudged)?;
        let options = UpdateOptions::default();
        let report = update(scratch.path(), &arguments.advisories, &options).map_err(|error| {
            if error.is_usage() {
                Failure::usage(error)
            } else {
                Failure::unjudged(error)
            }
        })?;
        if !report.is_whole() {
            eprint!("{report}");
            return Err(Failure::unjudged(
                "some of the advisories could not be read",
            ));
        }
        scratch.path().to_owned()
    };
    let store = match Store::open(&folder) {
        Ok(store) => Some(store),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(Failure::unjudged(error)),
    };
    let mut inventory = arguments.source.inventory()?;
    let mut matched = match &store {
        Some(store) => plimsoll_advisory::find(&inventory, store),
        None => Matched::default(),
    };
    let applied = vex.apply(&inventory, &mut matched).map_err(unusable)?;
    if let Some(warning) = applied.warning() {
        eprintln!("plimsoll: {}", plain(&warning));
    }
    let Matched {
        findings,
        suppressed,
        upgrades,
        coverage,
    } = matched;
    inventory.coverage.extend(coverage);
    let data = store.as_ref().map(|store| DataPosition {
        position: store.status().position.clone(),
        built: store.status().built.clone(),
    });
    let subject = Subject {
        inventory: &inventory,
        findings: &findings,
        suppressed: &suppressed,
        data: data.clone(),
        now,
    };
    let verdict = judge(&policy, &subject);
    let report = Report {
        inventory: &inventory,
        findings: &findings,
        suppressed: &suppressed,
        upgrades: &upgrades,
        verdict: Some(&verdict),
        data: data.as_ref(),
        now,
        source_date: outputs::source_date(),
        all: arguments.all,
        all_layers: arguments.all_layers,
    };
    outputs::write(&outputs, &report)?;
    eprintln!("{}", plimsoll_report::closing_line(&verdict));
    Ok(verdict.outcome.exit_code())
}

fn unusable(error: VexError) -> Failure {
    match error {
        VexError::Unreadable(..) | VexError::Broken(..) => Failure::usage(error),
        VexError::TooMuch => Failure::unjudged(error),
    }
}

fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("policy `{name}` cannot be read: {error}")))?;
    Policy::parse(&text, &name).map_err(Failure::usage)
}
