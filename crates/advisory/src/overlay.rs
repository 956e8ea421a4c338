//! What the user adds to the feeds: private advisories in any feed's format,
//! and corrections of records. An overlay is a feed of its own name, whose word
//! on a version outranks all others; a copy of its document is kept, so that it
//! outlives whatever happens to the rest of the data.

use crate::fetch::Fetcher;
use crate::input::{self, InputError};
use crate::intake::Intake;
use crate::store::{FeedStatus, Lock, Shrinking, Status, Store, StoreError, Writing};
use crate::update::{Reading, UpdateError};
use std::fs;
use std::io;
use std::path::Path;

/// Below the advisories' folder: the documents, by the names of the overlays.
const FOLDER: &str = "overlays";
/// What the names of their feeds begin with.
const PREFIX: &str = "overlay/";
/// Bytes of a document.
const MAX_BYTES: u64 = 256 << 20;

/// The feed of the overlay of that name.
fn feed_of(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Whether a feed is an overlay.
pub(crate) fn is_overlay(feed: &str) -> bool {
    feed.starts_with(PREFIX)
}

/// The overlays of a set of data, by name.
pub fn overlays(status: &Status) -> impl Iterator<Item = (&str, &FeedStatus)> {
    let feeds = status.feeds.iter();
    feeds.filter_map(|feed| Some((feed.name.strip_prefix(PREFIX)?, feed)))
}

/// Puts a document in as the overlay `name`, in place of what it said before.
///
/// # Errors
/// When the name is none, or the document is not read to its end; an overlay
/// counts whole or not at all. The old data then stays in place.
pub fn add(data: &Path, name: &str, document: &Path) -> Result<Status, UpdateError> {
    let sane = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(sane) {
        return Err(UpdateError::OverlayName(name.to_owned()));
    }
    let text = document.display().to_string();
    let fail = |reason: &str| UpdateError::Input {
        input: text.clone(),
        reason: reason.to_owned(),
    };
    let bytes = match fs::metadata(document) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(UpdateError::Missing { input: text });
        }
        Err(error) => return Err(fail(&error.to_string())),
        Ok(data) if !data.is_file() => return Err(fail("an overlay is one file")),
        Ok(data) if data.len() > MAX_BYTES => return Err(fail("it is longer than 256 MiB")),
        Ok(_) => fs::read(document).map_err(|error| fail(&error.to_string()))?,
    };
    let write = |error: io::Error| UpdateError::Write {
        folder: data.to_owned(),
        reason: error.to_string(),
    };
    let lock = Lock::take(data).map_err(write)?;
    let lock = lock.ok_or_else(|| UpdateError::Busy(data.to_owned()))?;
    let writing = Writing::begin(&lock, Shrinking::Allowed, false);
    let writing = writing.filter(|writing| !writing.is_of_set(None));
    let mut writing = writing.ok_or_else(|| UpdateError::Imported(data.to_owned()))?;
    let mut broken = Vec::new();
    restore(&lock, &mut writing, &mut broken).map_err(write)?;
    if let Some((input, reason)) = broken.into_iter().find(|(feed, _)| *feed != feed_of(name)) {
        return Err(UpdateError::Input { input, reason });
    }
    let mut intake = read(name, document)?;
    // From now on it counts, however old the file is.
    intake.taken_now(&feed_of(name));
    writing
        .take(&mut intake, &Default::default())
        .map_err(write)?;
    lock.keep(FOLDER, name, &bytes).map_err(write)?;
    writing.finish().map_err(write)
}

/// Takes the overlay `name` out again.
///
/// # Errors
/// When there is none of that name, or the data cannot be written.
pub fn remove(data: &Path, name: &str) -> Result<Status, UpdateError> {
    let write = |error: io::Error| UpdateError::Write {
        folder: data.to_owned(),
        reason: error.to_string(),
    };
    let lock = Lock::take(data).map_err(write)?;
    let lock = lock.ok_or_else(|| UpdateError::Busy(data.to_owned()))?;
    let kept = names(lock.folder()).map_err(write)?;
    let writing = Writing::begin(&lock, Shrinking::Allowed, false);
    let Some(mut writing) = writing.filter(|writing| !writing.is_of_set(None)) else {
        // Data that came as a whole does not hold it; only the copy is left.
        if !kept.iter().any(|own| own == name) {
            return Err(UpdateError::NoOverlay(name.to_owned()));
        }
        fs::remove_file(lock.folder().join(FOLDER).join(name)).map_err(write)?;
        let store = Store::open(data).map_err(|error| write(io::Error::other(error)))?;
        return Ok(store.status().clone());
    };
    let known = writing.remove(&feed_of(name));
    if kept.iter().any(|own| own == name) {
        fs::remove_file(lock.folder().join(FOLDER).join(name)).map_err(write)?;
    } else if !known {
        return Err(UpdateError::NoOverlay(name.to_owned()));
    }
    writing.finish().map_err(write)
}

/// Puts in the overlays whose documents are there and that the data does not
/// hold, because it was begun anew.
pub(crate) fn restore(
    lock: &Lock,
    writing: &mut Writing<'_>,
    broken: &mut Vec<(String, String)>,
) -> io::Result<()> {
    for name in names(lock.folder())? {
        if writing.has(&feed_of(&name)) {
            continue;
        }
        let path = lock.folder().join(FOLDER).join(&name);
        match read(&name, &path) {
            Ok(mut intake) => writing.take(&mut intake, &Default::default())?,
            Err(error) => broken.push((feed_of(&name), error.to_string())),
        }
    }
    Ok(())
}

/// Names of the overlays of a folder that a set of data does not hold.
pub(crate) fn missing(folder: &Path, status: &Status) -> Result<Vec<String>, StoreError> {
    let mut names = names(folder).map_err(|error| StoreError::Corrupt {
        path: folder.join(FOLDER),
        reason: error.to_string(),
    })?;
    names.retain(|name| overlays(status).all(|(known, _)| known != name));
    Ok(names)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // A file that was not finished begins so.
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Reads the document of an overlay, all of it.
fn read(name: &str, path: &Path) -> Result<Intake, UpdateError> {
    let text = path.display().to_string();
    let broken = |reason: String| {
        UpdateError::from(InputError {
            input: text.clone(),
            reason: Some(reason),
        })
    };
    let mut reading = Reading::of(&feed_of(name));
    for input in input::all(std::slice::from_ref(&text), &Fetcher::new(None, None))? {
        if !reading.input(input) {
            return Err(UpdateError::Unknown { input: text });
        }
    }
    if let Some((_, reason)) = reading.broken.into_iter().next() {
        return Err(broken(reason));
    }
    if let Some(stranger) = reading.strangers.into_iter().next() {
        return Err(broken(format!(
            "{stranger} is of no feed that is known here"
        )));
    }
    let feed = feed_of(name);
    let tally = reading.intake.tallies.get(&feed);
    if tally.is_some_and(|tally| !tally.tables.is_empty()) {
        return Err(broken(
            "it is a catalogue of CVEs, which an overlay cannot add to".to_owned(),
        ));
    }
    if reading.intake.records(&feed) == 0 {
        return Err(broken("it says nothing of any package".to_owned()));
    }
    Ok(reading.intake)
}

/// The name that a document gives its overlay: that of the file, up to the
/// first dot.
pub fn name_of(document: &Path) -> String {
    let file = document.file_name().unwrap_or_default().to_string_lossy();
    file.split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
