//! `plimsoll list`: what this build knows, read off its tables.

use crate::Failure;
use crate::outputs::print;
use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct Arguments {
    /// What to list
    what: Table,
}

#[derive(Clone, Copy, ValueEnum)]
enum Table {
    Collectors,
    Ecosystems,
    Feeds,
    Gates,
    Formats,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let rows: Vec<(String, String)> = match arguments.what {
        Table::Collectors => plimsoll_inventory::collectors::ALL
            .iter()
            .map(|collector| (collector.name().to_owned(), collector.about().to_owned()))
            .collect(),
        Table::Ecosystems => plimsoll_types::Ecosystem::ALL
            .iter()
            .map(|ecosystem| (ecosystem.to_string(), ecosystem.about().to_owned()))
            .collect(),
        Table::Feeds => plimsoll_advisory::feeds()
            .map(|(name, about)| (name.to_owned(), about.to_owned()))
            .collect(),
        Table::Gates => plimsoll_policy::gates()
            .map(|(name, about)| (name.to_owned(), about.to_owned()))
            .collect(),
        Table::Formats => plimsoll_report::FORMATS
            .iter()
            .map(|format| {
                let about = match format.versions {
                    [] => format.about.to_owned(),
                    versions => format!("{} ({})", format.about, versions.join(", ")),
                };
                (format.name.to_owned(), about)
            })
            .collect(),
    };
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows
        .iter()
        .map(|(name, about)| format!("{name:width$}  {about}\n"));
    print(lines.collect::<String>().as_bytes())?;
    Ok(0)
}
