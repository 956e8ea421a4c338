//! `-o FORMAT[=FILE]`, many times in one run.

use crate::Failure;
use clap::Args;
use plimsoll_report::{FORMATS, Format, Report};
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Flags {
    /// Output format, to standard output or to a file; may be given many
    /// times. `plimsoll list formats` names them
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<String>,
}

/// One format and where it goes.
pub(crate) struct Output {
    format: &'static Format,
    file: Option<PathBuf>,
}

impl Flags {
    /// What was asked for, or `default` to standard output.
    pub(crate) fn parse(&self, default: &str) -> Result<Vec<Output>, Failure> {
        let default = [default.to_owned()];
        let asked = if self.output.is_empty() {
            &default[..]
        } else {
            &self.output
        };
        let outputs: Vec<Output> = asked
            .iter()
            .map(|text| parse(text))
            .collect::<Result<_, _>>()?;
        if outputs
            .iter()
            .filter(|output| output.file.is_none())
            .count()
            > 1
        {
            return Err(Failure::usage(
                "two outputs go to standard output; write one to a file with `-o FORMAT=FILE`",
            ));
        }
        Ok(outputs)
    }
}

fn parse(text: &str) -> Result<Output, Failure> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => {
            return Err(Failure::usage(format!(
                "`-o {text}` names no file after `=`"
            )));
        }
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = FORMATS
        .iter()
        .find(|format| format.name == name)
        .ok_or_else(|| {
            let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
            Failure::usage(format!(
                "there is no output format `{name}`; use one of {}",
                known.join(", ")
            ))
        })?;
    Ok(Output { format, file })
}

/// Renders every output. A file appears under its name only when complete.
pub(crate) fn write(outputs: &[Output], report: &Report<'_>) -> Result<(), Failure> {
    for output in outputs {
        match &output.file {
            None => {
                let mut out = io::BufWriter::new(io::stdout().lock());
                let result = (output.format.render)(report, &mut out).and_then(|()| out.flush());
                match result {
                    // The reader has seen enough.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                    other => other.map_err(|error| {
                        Failure::unjudged(format!("standard output cannot be written: {error}"))
                    })?,
                }
            }
            Some(path) => {
                let mut bytes = Vec::new();
                let part = path.with_added_extension("part");
                (output.format.render)(report, &mut bytes)
                    .and_then(|()| std::fs::write(&part, &bytes))
                    .and_then(|()| std::fs::rename(&part, path))
                    .map_err(|error| {
                        Failure::unjudged(format!(
                            "`{}` cannot be written: {error}",
                            path.display()
                        ))
                    })?;
            }
        }
    }
    Ok(())
}
