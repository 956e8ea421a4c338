//! Where feeds come from: folders, files and URLs, as documents in one order.

mod archive;
mod tar;

use crate::fetch::{Fetched, Fetcher};
pub(crate) use archive::Document;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files that one folder may hold.
const MAX_FILES: usize = 1_000_000;
/// An input that cannot be read: which, and why; without a reason it does not
/// exist.
#[derive(Debug)]
pub(crate) struct InputError {
    pub input: String,
    pub reason: Option<String>,
}

/// One file that may hold feed documents.
pub(crate) struct Input {
    /// Path or URL, for people.
    pub name: String,
    /// When it was taken: a file's time of change, the moment of a download.
    pub taken: jiff::Timestamp,
    /// Whether the user named it, rather than a folder that holds it.
    pub named: bool,
    file: File,
}

/// Everything below what the user named, sorted by name.
pub(crate) fn all(from: &[String], fetcher: &Fetcher) -> Result<Vec<Input>, InputError> {
    let mut inputs = Vec::new();
    for text in from {
        if text.starts_with("https://") || text.starts_with("http://") {
            inputs.push(download(text, fetcher)?);
            continue;
        }
        let path = Path::new(text);
        let data = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let input = text.clone();
                return Err(InputError {
                    input,
                    reason: None,
                });
            }
            other => other.map_err(|error| failed(text, error))?,
        };
        if data.is_dir() {
            let mut files = Vec::new();
            walk(path, &mut files).map_err(|error| failed(text, error))?;
            files.sort();
            for file in files {
                inputs.push(open(&file, false)?);
            }
        } else {
            inputs.push(open(path, true)?);
        }
    }
    Ok(inputs)
}

pub(crate) fn failed(input: &str, reason: impl std::fmt::Display) -> InputError {
    InputError {
        input: input.to_owned(),
        reason: Some(reason.to_string()),
    }
}

/// Regular files only; links are not followed out of the folder.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
        if files.len() > MAX_FILES {
            return Err(io::Error::other(format!(
                "it holds more than {MAX_FILES} files"
            )));
        }
    }
    Ok(())
}

fn open(path: &Path, named: bool) -> Result<Input, InputError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| failed(&name, error))?;
    let changed = file.metadata().and_then(|data| data.modified());
    Ok(Input {
        taken: seconds(changed.map_err(|error| failed(&name, error))?),
        name,
        named,
        file,
    })
}

/// Whole seconds, as every file system keeps them.
fn seconds(time: SystemTime) -> jiff::Timestamp {
    jiff::Timestamp::try_from(time)
        .ok()
        .and_then(|time| jiff::Timestamp::from_second(time.as_second()).ok())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn download(url: &str, fetcher: &Fetcher) -> Result<Input, InputError> {
    match fetcher.get(&[url], None)? {
        Fetched::New(input, _) => Ok(Input {
            named: true,
            ..input
        }),
        Fetched::Unchanged => Err(failed(url, "answered nothing")),
    }
}

impl Input {
    /// What was downloaded at `now`: what upstream serves then is current,
    /// however long ago it changed.
    pub(crate) fn downloaded(url: &str, file: File, now: SystemTime) -> Self {
        Self {
            name: url.to_owned(),
            taken: seconds(now),
            named: false,
            file,
        }
    }
}
