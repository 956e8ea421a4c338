use crate::Failure;
use crate::outputs::{print, say};
use clap::Args;
use plimsoll_policy::{PACKS, Pack};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The file to write; standard output when not given
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Which built-in policy to start from
    #[arg(long, value_name = "NAME", default_value = "starter")]
    pack: String,

    /// List the built-in policies
    #[arg(long)]
    list: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.list {
        let width = PACKS.iter().map(|pack| pack.name.len()).max().unwrap_or(0);
        let lines = PACKS
            .iter()
            .map(|pack| format!("{:width$}  {}\n", pack.name, pack.about));
        print(lines.collect::<String>().as_bytes())?;
        return Ok(0);
    }
    let pack = Pack::named(&arguments.pack).ok_or_else(|| {
        let known: Vec<&str> = PACKS.iter().map(|pack| pack.name).collect();
        Failure::usage(format!(
            "there is no built-in policy `{}`; use one of {}",
            arguments.pack,
            known.join(", ")
        ))
    })?;
    let Some(path) = &arguments.file else {
        print(pack.text.as_bytes())?;
        return Ok(0);
    };
    // Nobody's policy is overwritten.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| {
            Failure::usage(format!("`{}` cannot be written: {error}", path.display()))
        })?;
    file.write_all(pack.text.as_bytes())
        .map_err(Failure::unjudged)?;
    say(&format!(
        "plimsoll: wrote `{0}`; try it with `plimsoll scan --policy {0} IMAGE`",
        path.display()
    ));
    Ok(0)
}
