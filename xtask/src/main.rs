//! Commands of this repository: conformance, bench, comparison, the example.

mod bench;
mod beside;
mod conformance;
mod example;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Commands of the Plimsoll repository")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run one suite of a corpus folder, or `all`, against its floor
    Conformance(conformance::Arguments),
    /// Time a cold and a repeated scan beside inflating the same layer
    Bench(bench::Arguments),
    /// Read the same sources with this program and with Syft, and compare
    Beside(beside::Arguments),
    /// Write the example image anew
    Example {
        /// Folder of the OCI layout
        #[arg(default_value = "examples/shop")]
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Conformance(arguments) => conformance::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
        Verb::Beside(arguments) => beside::run(&arguments),
        Verb::Example { folder } => example::run(&folder),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}
