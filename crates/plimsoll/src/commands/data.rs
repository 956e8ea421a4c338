//! `plimsoll data`: advisory data, its age and its update.

use crate::{Failure, folders};
use clap::{Args, Subcommand};
use plimsoll_advisory::{Store, update};
use std::io::Write;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,

    /// Where advisory data lives
    #[arg(long, value_name = "DIR", env = "PLIMSOLL_DATA_DIR", global = true)]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Read feeds in their upstream format and replace the data as a whole
    Update {
        /// Folder, file or URL that holds feeds; may be given many times
        #[arg(long, required = true, value_name = "DIR|FILE|URL", num_args = 1..)]
        from: Vec<String>,
    },
    /// Print feeds, records and age
    Status,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let folder = folders::data(arguments.data_dir.as_ref());
    match &arguments.verb {
        Verb::Update { from } => {
            let report = update(&folder, from).map_err(Failure::unjudged)?;
            let mut out = std::io::stdout().lock();
            write!(out, "{report}").map_err(Failure::unjudged)?;
        }
        Verb::Status => {
            let store = Store::open(&folder).map_err(Failure::unjudged)?;
            let mut out = std::io::stdout().lock();
            write!(out, "{}", store.status()).map_err(Failure::unjudged)?;
        }
    }
    Ok(0)
}
