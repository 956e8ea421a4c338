use crate::Failure;
use crate::outputs::{place, print};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy of another tool
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Which tool it is of
    #[arg(long, value_enum, default_value = "anchore")]
    from: From,

    /// Where the policy goes; standard output when not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    /// Policy bundles `1_0` and policies `2` (JSON)
    Anchore,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let name = arguments.file.display().to_string();
    let text = std::fs::read_to_string(&arguments.file)
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read: {error}")))?;
    let imported = match arguments.from {
        From::Anchore => plimsoll_policy::import(&text, &name).map_err(Failure::usage)?,
    };
    match &arguments.output {
        None => print(imported.policy.as_bytes())?,
        Some(path) => place(path, imported.policy.as_bytes()).map_err(|error| {
            Failure::unjudged(format!("`{}` cannot be written: {error}", path.display()))
        })?,
    }
    for remark in &imported.remarks {
        eprintln!("plimsoll: {}", plimsoll_report::plain(remark));
    }
    Ok(0)
}
