//! Feeds in, data out: all of it or nothing.

use crate::feeds;
use crate::input::{self, InputError};
use crate::intake::Intake;
use crate::store::{Status, Writer};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// What an update loaded.
#[derive(Debug)]
pub struct UpdateReport {
    status: Status,
    /// Files that no feed recognises.
    strangers: Vec<String>,
    /// Members of archives that are broken, and why.
    broken: Vec<(String, String)>,
}

/// An update that changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// An input cannot be read.
    #[error("`{input}` cannot be read: {reason}")]
    Input {
        /// Path or URL.
        input: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no such file or folder.
    #[error("`{input}` is no file, folder or https URL")]
    Missing {
        /// What the user named.
        input: String,
    },
    /// A feed document is broken.
    #[error(
        "feed {feed}: `{input}` is broken: {reason}; the data stays as it was, fetch the file again"
    )]
    Feed {
        /// Name of the feed.
        feed: &'static str,
        /// Path or URL, with the member of an archive.
        input: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that the user named is no feed.
    #[error("`{input}` holds no feed that is known here; `plimsoll list feeds` names them")]
    Unknown {
        /// Path or URL.
        input: String,
    },
    /// Somebody else is at it.
    #[error("another update of `{}` is running; wait for it to end", .0.display())]
    Busy(PathBuf),
    /// The data folder cannot be written.
    #[error("advisory data cannot be written to `{}`: {reason}", folder.display())]
    Write {
        /// The data folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl UpdateError {
    /// Whether the request itself is wrong, rather than what it names.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

impl From<InputError> for UpdateError {
    fn from(InputError { input, reason }: InputError) -> Self {
        match reason {
            Some(reason) => UpdateError::Input { input, reason },
            None => UpdateError::Missing { input },
        }
    }
}

/// Reads every feed below `from` (folders, files, URLs) and replaces the data
/// in `folder` as a whole.
///
/// # Errors
/// When anything that is a feed cannot be read to its end, or nothing is one.
/// The old data then stays in place.
pub fn update(folder: &Path, from: &[String]) -> Result<UpdateReport, UpdateError> {
    let write = |error: std::io::Error| UpdateError::Write {
        folder: folder.to_owned(),
        reason: error.to_string(),
    };
    let writer = Writer::open(folder).map_err(write)?;
    let writer = writer.ok_or_else(|| UpdateError::Busy(folder.to_owned()))?;
    let mut intake = Intake::default();
    let (mut strangers, mut broken) = (Vec::new(), Vec::new());
    for mut input in input::all(from)? {
        let mut known = BTreeSet::new();
        let mut failure = None;
        let taken = input.taken.to_string();
        let before = broken.len();
        input
            .documents(|document| {
                let name = document.name;
                let content = match document.content {
                    Ok(content) => content,
                    Err(reason) => {
                        broken.push((name, reason));
                        return Ok(());
                    }
                };
                let Some(feed) = feeds::of(&content) else {
                    return Ok(());
                };
                match feed.read(&content, &mut intake) {
                    Ok(()) => {
                        known.insert(feed.name());
                    }
                    Err(reason) if document.is_member => {
                        broken.push((name, format!("feed {}: {reason}", feed.name())));
                    }
                    Err(reason) => {
                        failure = Some(feed.name());
                        return Err(InputError {
                            input: name,
                            reason: Some(reason),
                        });
                    }
                }
                Ok(())
            })
            .map_err(|error| match failure {
                Some(feed) => UpdateError::Feed {
                    feed,
                    input: error.input,
                    reason: error.reason.unwrap_or_default(),
                },
                None => error.into(),
            })?;
        intake.taken(&taken);
        if known.is_empty() {
            // An archive of which nothing can be read is broken itself.
            if let Some((input, reason)) = broken.get(before) {
                return Err(UpdateError::Input {
                    input: input.clone(),
                    reason: reason.clone(),
                });
            }
            if input.named {
                return Err(UpdateError::Unknown { input: input.name });
            }
            strangers.push(input.name);
        }
    }
    if intake.is_empty() {
        return Err(UpdateError::Unknown {
            input: from.join("`, `"),
        });
    }
    for feed in feeds::ALL {
        feed.settle(&mut intake);
    }
    let status = writer.replace(&intake).map_err(write)?;
    Ok(UpdateReport {
        status,
        strangers,
        broken,
    })
}

impl fmt::Display for UpdateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let broken = self.broken.iter();
        let broken = broken.map(|(name, reason)| format!("{name}: {reason}"));
        list(f, "broken", broken.collect())?;
        let strangers = self.strangers.clone();
        list(f, "no feed that is known here", strangers)
    }
}

/// What was not read, as far as anybody wants to see it.
fn list(f: &mut fmt::Formatter<'_>, why: &str, names: Vec<String>) -> fmt::Result {
    const SHOWN: usize = 20;
    if names.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nnot read, {why} ({} files):", names.len())?;
    for name in names.iter().take(SHOWN) {
        writeln!(f, "  {name}")?;
    }
    if names.len() > SHOWN {
        writeln!(f, "  and {} more", names.len() - SHOWN)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
