//! `plimsoll data overlay`: what the user adds to the feeds.

use crate::Failure;
use clap::Subcommand;
use plimsoll_advisory::{
    Status, Store, UpdateError, add_overlay, overlay_name, overlays, remove_overlay,
};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Put a document in, in place of what an overlay of that name said before
    Add {
        /// Advisories in the format of any feed (OSV, CSAF, …), or corrections
        /// (YAML); each file is an overlay of its own
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,

        /// What to call it; the file's name up to the first dot when not given
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Print overlays, what they hold and since when
    List,
    /// Take an overlay out
    Remove {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

pub(super) fn run(folder: &Path, verb: &Verb) -> Result<String, Failure> {
    match verb {
        Verb::Add { files, name } => {
            if name.is_some() && files.len() > 1 {
                return Err(Failure::usage("--name is for one FILE"));
            }
            let mut text = String::new();
            for file in files {
                let name = name.clone().unwrap_or_else(|| overlay_name(file));
                let status = add_overlay(folder, &name, file).map_err(failure)?;
                text = listed(&status);
            }
            Ok(text)
        }
        Verb::List => {
            let store = Store::open(folder).map_err(Failure::unjudged)?;
            Ok(listed(store.status()))
        }
        Verb::Remove { name } => {
            let status = remove_overlay(folder, name).map_err(failure)?;
            Ok(listed(&status))
        }
    }
}

fn failure(error: UpdateError) -> Failure {
    match error.is_usage() {
        true => Failure::usage(error),
        false => Failure::unjudged(format!("{error}; the data stays as it was")),
    }
}

/// One line for each overlay, and the position of the data with them.
fn listed(status: &Status) -> String {
    let names = overlays(status).map(|(name, _)| name.len());
    let width = names.max().unwrap_or(0).max(7);
    let mut text = format!(
        "{:width$}  {:>8}  {:>8}  TAKEN\n",
        "OVERLAY", "RECORDS", "LEFT OUT"
    );
    for (name, feed) in overlays(status) {
        let skipped: usize = status.skipped(feed).values().sum();
        text += &format!(
            "{name:width$}  {:>8}  {skipped:>8}  {}\n",
            feed.records, feed.taken
        );
    }
    let position = status.position.get(..16).unwrap_or(&status.position);
    text + &format!("\nposition {position}\n")
}
