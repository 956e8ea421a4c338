use crate::Failure;
use crate::outputs::{place, print, say};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use plimsoll_policy::{EXCEPTION_FORMATS, ExceptionFormat};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What policies of Anchore are called beside the ignore files.
const ANCHORE: &str = "anchore";
/// Largest document that is read, in bytes; readers have bounds below it.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy or the ignore file of another tool
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What it is; told by its name or content when not given
    #[arg(long, value_name = "FORM", value_parser = forms())]
    from: Option<String>,

    /// Where the policy, or the allowlist, goes; standard output when not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn forms() -> PossibleValuesParser {
    let anchore = PossibleValue::new(ANCHORE).help("Policy bundles `1_0` and policies `2` (JSON)");
    let others = EXCEPTION_FORMATS.iter();
    let others = others.map(|format| PossibleValue::new(format.id).help(format.about));
    PossibleValuesParser::new(std::iter::once(anchore).chain(others))
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let name = arguments.file.display().to_string();
    let text = content(&arguments.file)
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read: {error}")))?;
    let (document, remarks) = match format(arguments.from.as_deref(), &name, &text)? {
        Some(format) => {
            let imported = format.import(&text, &name).map_err(Failure::usage)?;
            (imported.allowlist, imported.remarks)
        }
        None => {
            let imported = plimsoll_policy::import(&text, &name).map_err(Failure::usage)?;
            (imported.policy, imported.remarks)
        }
    };
    match &arguments.output {
        None => print(document.as_bytes())?,
        Some(path) => place(path, document.as_bytes()).map_err(|error| {
            Failure::unjudged(format!("`{}` cannot be written: {error}", path.display()))
        })?,
    }
    for remark in &remarks {
        say(&format!("plimsoll: {}", plimsoll_report::plain(remark)));
    }
    Ok(0)
}

/// The form of a document; `None` for a policy of Anchore.
fn format(
    from: Option<&str>,
    name: &str,
    text: &str,
) -> Result<Option<&'static ExceptionFormat>, Failure> {
    if let Some(from) = from {
        return Ok(EXCEPTION_FORMATS.iter().find(|format| format.id == from));
    }
    if let Some(format) = ExceptionFormat::of(name, text) {
        return Ok(Some(format));
    }
    if text.trim_start().starts_with('{') {
        return Ok(None);
    }
    Err(Failure::usage(format!(
        "`{name}`: neither its name nor its content tells what it is; say so with `--from`"
    )))
}

fn content(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let message = format!("it is longer than {} MiB", MAX_BYTES >> 20);
        return Err(std::io::Error::other(message));
    }
    Ok(text)
}
