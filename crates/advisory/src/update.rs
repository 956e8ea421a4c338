//! Feeds in, data out: each feed whole or not at all.

mod changes;
mod places;
mod renew;

pub use renew::renew;

use crate::feeds;
use crate::fetch::Fetcher;
use crate::input::{self, Document, Input, InputError};
use crate::intake::Intake;
use crate::overlay;
use crate::store::{Lock, Shrinking, Status, Writing};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use ureq::tls::RootCerts;

/// What an update loaded.
#[derive(Debug)]
pub struct UpdateReport {
    status: Status,
    /// What could not be read, and why.
    broken: Vec<(String, String)>,
    /// Files that no feed recognises.
    strangers: Vec<String>,
}

impl UpdateReport {
    /// Whether all that was asked for is in use now.
    pub fn is_whole(&self) -> bool {
        self.broken.is_empty()
            && self
                .status
                .feeds
                .iter()
                .all(|feed| feed.held_back.is_none())
    }
}

/// What an update may do.
#[derive(Clone, Debug, Default)]
pub struct UpdateOptions {
    /// Where upstream's hosts are mirrored: `https://HOST/PATH` is fetched
    /// from `MIRROR/HOST/PATH`.
    pub mirror: Option<String>,
    /// Certificate authorities in the place of the built-in ones.
    pub authorities: Option<RootCerts>,
    /// Begin with nothing instead of with what is there.
    pub from_scratch: bool,
    /// Believe feeds that bring far fewer records than they had.
    pub allow_shrinking: bool,
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
    /// Something that the user named is no feed.
    #[error("`{input}` holds no feed that is known here; `plimsoll list feeds` names them")]
    Unknown {
        /// Path or URL.
        input: String,
    },
    /// A feed is named that cannot be fetched.
    #[error("`{name}` is no feed that can be fetched; those are {known}")]
    NoUpstream {
        /// What the user named.
        name: String,
        /// What can be fetched.
        known: String,
    },
    /// The data came as a whole, and a part of it cannot be replaced.
    #[error("the data in `{}` came as a whole, from a file or a registry (`plimsoll data status`); take it from there again, name feeds that the registry has not got, or begin anew with `plimsoll data update --from-scratch`; overlays are added where it is exported or published", .0.display())]
    Imported(PathBuf),
    /// An overlay cannot be called so.
    #[error(
        "`{0}` is no name for an overlay; take up to 64 of a-z, 0-9, `-`, `_` and `.` with --name"
    )]
    OverlayName(String),
    /// There is no overlay of that name.
    #[error("there is no overlay `{0}`; `plimsoll data overlay list` names them")]
    NoOverlay(String),
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
        matches!(
            self,
            Self::Missing { .. }
                | Self::NoUpstream { .. }
                | Self::OverlayName(_)
                | Self::NoOverlay(_)
        )
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

/// Reads every feed below `from` (folders, files, URLs) and puts each in the
/// place of what it said before; other feeds stay. A feed that cannot be read
/// to its end, or that brings far fewer records than it had, is held back and
/// stays as it was.
///
/// # Errors
/// When nothing new came of it, or the data cannot be written. The old data
/// then stays in place.
pub fn update(
    folder: &Path,
    from: &[String],
    options: &UpdateOptions,
) -> Result<UpdateReport, UpdateError> {
    let write = |error: std::io::Error| UpdateError::Write {
        folder: folder.to_owned(),
        reason: error.to_string(),
    };
    let lock = Lock::take(folder).map_err(write)?;
    let lock = lock.ok_or_else(|| UpdateError::Busy(folder.to_owned()))?;
    let mut reading = Reading::default();
    let fetcher = Fetcher::new(None, options.authorities.clone());
    for input in input::all(from, &fetcher)? {
        let (named, name) = (input.named, input.name.clone());
        if !reading.input(input) {
            if named {
                return Err(UpdateError::Unknown { input: name });
            }
            reading.strangers.push(name);
        }
    }
    let Reading {
        mut intake,
        mut broken,
        held,
        unread,
        strangers,
    } = reading;
    if intake.is_empty() {
        return Err(match broken.into_iter().next() {
            Some((input, reason)) => UpdateError::Input { input, reason },
            None => UpdateError::Unknown {
                input: from.join("`, `"),
            },
        });
    }
    let shrinking = match (options.allow_shrinking, unread) {
        (true, _) => Shrinking::Allowed,
        (false, true) => Shrinking::Refused,
        (false, false) => Shrinking::Moderate,
    };
    let writing = Writing::begin(&lock, shrinking, options.from_scratch);
    let mut writing = writing.ok_or_else(|| UpdateError::Imported(folder.to_owned()))?;
    overlay::restore(&lock, &mut writing, &mut broken).map_err(write)?;
    writing.take(&mut intake, &held).map_err(write)?;
    let status = writing.finish().map_err(write)?;
    Ok(UpdateReport {
        status,
        broken,
        strangers,
    })
}

/// Inputs on their way into an intake.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) intake: Intake,
    pub(crate) broken: Vec<(String, String)>,
    /// Feeds that were not read to their end, and why.
    held: BTreeMap<String, String>,
    /// Some input was not read to its end.
    unread: bool,
    pub(crate) strangers: Vec<String>,
}

impl Reading {
    /// Of inputs that are all of one feed.
    pub(crate) fn of(feed: &str) -> Self {
        Self {
            intake: Intake::of(feed),
            ..Self::default()
        }
    }

    /// Reads one input; `false` where it holds nothing of a feed.
    pub(crate) fn input(&mut self, mut input: Input) -> bool {
        let mut known = false;
        let (mut unknown, mut first) = (0, String::new());
        let taken = input.taken.to_string();
        let read = input.documents(|document| {
            let Document {
                name,
                is_member,
                content,
            } = document;
            let content = match content {
                Ok(content) => content,
                Err(reason) => {
                    self.broken.push((name, reason));
                    return Ok(());
                }
            };
            let Some(feed) = feeds::of(&content) else {
                if unknown == 0 {
                    first = name;
                }
                unknown += 1;
                return Ok(());
            };
            known = true;
            if let Err(reason) = feed.read(&content, &mut self.intake) {
                if is_member || feed.is_per_record() {
                    self.intake.skipped(feed.name(), "broken");
                } else {
                    self.held.insert(feed.name().to_owned(), reason.clone());
                }
                let reason = format!("feed {}: {reason}", feed.name());
                self.broken.push((name, reason));
            }
            Ok(())
        });
        let feeds = self.intake.taken(&taken);
        if let Err(InputError { input, reason }) = read {
            let reason = reason.unwrap_or_default();
            let held = feeds.into_iter().map(|feed| (feed, reason.clone()));
            self.held.extend(held);
            self.unread = true;
            self.broken.push((input, reason));
            known = true;
        }
        if known && unknown > 0 {
            let more = match unknown {
                1 => String::new(),
                count => format!(" and {} more of it", count - 1),
            };
            self.strangers.push(format!("{first}{more}"));
        }
        known
    }
}

impl fmt::Display for UpdateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        write_list(
            f,
            "broken and not in use",
            self.broken
                .iter()
                .map(|(input, reason)| format!("{input}: {reason}")),
        )?;
        let strangers = self.strangers.iter().cloned();
        write_list(f, "not read, no feed that is known here", strangers)
    }
}

fn write_list(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    lines: impl ExactSizeIterator<Item = String>,
) -> fmt::Result {
    const MOST: usize = 20;
    let count = lines.len();
    if count > 0 {
        writeln!(f, "\n{title} ({count}):")?;
    }
    for line in lines.take(MOST) {
        writeln!(f, "  {line}")?;
    }
    if count > MOST {
        writeln!(f, "  and {} more", count - MOST)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
