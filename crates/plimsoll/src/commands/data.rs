//! `plimsoll data`: advisory data, its age and its update.

use crate::outputs::print;
use crate::{Failure, folders, progress};
use clap::{Args, Subcommand};
use plimsoll_advisory::{Store, UpdateOptions, renew, update};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,

    /// Where advisory data lives [env: PLIMSOLL_DATA_DIR]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Renew feeds, each in place of what it said before: from upstream, or
    /// with `--from` from files in upstream's format
    Update {
        /// Feeds to fetch (`plimsoll list feeds`), for example `debian-tracker`,
        /// `osv/PyPI` or all of `osv`; every feed when none is named
        #[arg(value_name = "FEED", conflicts_with = "from")]
        feeds: Vec<String>,

        /// Folder, file or URL that holds feeds; may be given many times
        #[arg(long, value_name = "DIR|FILE|URL", num_args = 1..)]
        from: Vec<String>,

        /// Fetch `https://HOST/PATH` from URL/HOST/PATH instead
        #[arg(
            long,
            value_name = "URL",
            env = "PLIMSOLL_FEED_MIRROR",
            conflicts_with = "from"
        )]
        mirror: Option<String>,

        /// Take feeds that bring far fewer records than they had
        #[arg(long)]
        allow_shrinking: bool,
    },
    /// Print feeds, records and age
    Status,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let folder = folders::data(arguments.data_dir.as_ref())?;
    let text = match &arguments.verb {
        Verb::Update {
            feeds,
            from,
            mirror,
            allow_shrinking,
        } => {
            let options = UpdateOptions {
                mirror: mirror
                    .clone()
                    .or_else(|| std::env::var("PLIMSOLL_FEED_MIRROR").ok()),
                allow_shrinking: *allow_shrinking,
            };
            let renewed = if from.is_empty() {
                let line = progress::Line::new("feeds");
                renew(&folder, feeds, &options, &|feed| {
                    line.say(&format!("fetching {feed}"))
                })
            } else {
                update(&folder, from, &options)
            };
            match renewed {
                Ok(report) if report.is_whole() => report.to_string(),
                Ok(report) => {
                    print(report.to_string().as_bytes())?;
                    return Err(Failure::unjudged(
                        "some of the data could not be renewed; what is named above stays as it was",
                    ));
                }
                Err(error) if error.is_usage() => return Err(Failure::usage(error)),
                Err(error) => {
                    return Err(Failure::unjudged(format!(
                        "{error}; the data stays as it was"
                    )));
                }
            }
        }
        Verb::Status => {
            let store = Store::open(&folder).map_err(Failure::unjudged)?;
            store.status().to_string()
        }
    };
    print(text.as_bytes())?;
    Ok(0)
}
