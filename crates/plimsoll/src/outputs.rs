//! `-o FORMAT[=FILE]`, many times in one run.

use crate::Failure;
use clap::Args;
use plimsoll_report::{Chosen, FORMATS, Report};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Flags {
    /// Output format, to standard output (or -) or to a file; may be given
    /// many times. Some take a version: cyclonedx-json@1.5. `plimsoll list formats` names them; `scan` prints text,
    /// `sbom` a table when none is given
    #[arg(short, long = "output", value_name = "FORMAT[@VERSION][=FILE]")]
    output: Vec<String>,
}

/// One format and where it goes.
pub(crate) struct Output {
    format: Chosen,
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
        for (at, output) in outputs.iter().enumerate() {
            let again = |other: &&Output| other.file.is_some() && other.file == output.file;
            if let Some(file) = outputs[..at].iter().find(again).and(output.file.as_ref()) {
                return Err(Failure::usage(format!(
                    "two outputs go to `{}`; give each a file of its own",
                    file.display()
                )));
            }
        }
        Ok(outputs)
    }
}

fn parse(text: &str) -> Result<Output, Failure> {
    let (name, file) = match text.split_once('=') {
        Some((name, "-")) => (name, None),
        Some((_, "")) => {
            return Err(Failure::usage(format!(
                "`-o {text}` names no file after `=`"
            )));
        }
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Chosen::of(name).ok_or_else(|| {
        let bare = name.split_once('@').map_or(name, |(bare, _)| bare);
        let named = FORMATS.iter().find(|format| format.name == bare);
        Failure::usage(match named.map(|format| format.versions) {
            Some([]) => format!("output format `{bare}` has no versions"),
            Some(versions) => format!(
                "output format `{bare}` is written in {}",
                versions.join(", ")
            ),
            None => {
                let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
                format!(
                    "there is no output format `{name}`; use one of {}",
                    known.join(", ")
                )
            }
        })
    })?;
    Ok(Output { format, file })
}

/// Renders every output.
pub(crate) fn write(outputs: &[Output], report: &Report<'_>) -> Result<(), Failure> {
    for output in outputs {
        let mut bytes = Vec::new();
        output
            .format
            .render(report, &mut bytes)
            .map_err(Failure::unjudged)?;
        match &output.file {
            None => print(&bytes)?,
            Some(path) => place(path, &bytes).map_err(|error| {
                Failure::unjudged(format!("`{}` cannot be written: {error}", path.display()))
            })?,
        }
    }
    Ok(())
}

/// Says a line on standard error; whoever listens may be gone.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| {
            Failure::unjudged(format!("standard output cannot be written: {error}"))
        }),
    }
}

/// A file appears under its name only when complete; a device, a pipe or what
/// a link leads to is written where it is.
pub(crate) fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let plain = match std::fs::symlink_metadata(path) {
        Ok(there) => there.is_file(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if !plain {
        return std::fs::write(path, bytes);
    }
    let part = path.with_added_extension("part");
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path)
}

/// `SOURCE_DATE_EPOCH`, the date of reproducible documents, where it is set
/// and a number of seconds.
pub(crate) fn source_date() -> Option<jiff::Timestamp> {
    let seconds = std::env::var("SOURCE_DATE_EPOCH")
        .ok()?
        .trim()
        .parse()
        .ok()?;
    jiff::Timestamp::from_second(seconds).ok()
}
