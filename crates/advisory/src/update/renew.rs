//! Feeds from where upstream serves them, as far as they have changed.

use super::{Reading, UpdateError, UpdateOptions, UpdateReport};
use crate::feeds::{self, Changes, Upstream};
use crate::fetch::{Fetched, Fetcher, Seen};
use crate::input::{Input, InputError};
use crate::intake::Intake;
use crate::overlay;
use crate::store::{Lock, Shrinking, Source, Writing};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// Records that are fetched one by one; where more have changed, everything is
/// fetched again.
const SINGLE: usize = 300;
/// Bytes of a list of changes.
const MAX_LIST: usize = 256 << 20;

/// Fetches the feeds of that name, or all of them, and puts each in the place
/// of what it said before. What has not changed is not sent again. A feed that
/// cannot be fetched or read is held back and stays as it was.
///
/// `say` is told what is going on.
///
/// # Errors
/// When a name is unknown, or the data cannot be written. The old data then
/// stays in place.
pub fn renew(
    folder: &Path,
    names: &[String],
    options: &UpdateOptions,
    say: &dyn Fn(&str),
) -> Result<UpdateReport, UpdateError> {
    let fetcher = Fetcher::new(options.mirror.as_deref());
    renew_with(&fetcher, folder, names, options, say)
}

fn renew_with(
    fetcher: &Fetcher,
    folder: &Path,
    names: &[String],
    options: &UpdateOptions,
    say: &dyn Fn(&str),
) -> Result<UpdateReport, UpdateError> {
    let write = |error: io::Error| UpdateError::Write {
        folder: folder.to_owned(),
        reason: error.to_string(),
    };
    let chosen = chosen(names)?;
    let lock = Lock::take(folder).map_err(write)?;
    let lock = lock.ok_or_else(|| UpdateError::Busy(folder.to_owned()))?;
    let shrinking = match options.allow_shrinking {
        true => Shrinking::Allowed,
        false => Shrinking::Moderate,
    };
    let writing = Writing::begin(&lock, shrinking, options.from_scratch);
    let mut writing = writing.ok_or_else(|| UpdateError::Imported(folder.to_owned()))?;
    let mut broken = Vec::new();
    overlay::restore(&lock, &mut writing, &mut broken).map_err(write)?;
    for upstream in &chosen {
        say(&upstream.feed);
        let mut renewal = Renewal {
            fetcher,
            writing: &mut writing,
            upstream,
            broken: &mut broken,
        };
        renewal.run().map_err(write)?;
    }
    let status = writing.finish().map_err(write)?;
    Ok(UpdateReport {
        status,
        broken,
        strangers: Vec::new(),
    })
}

/// The upstreams of those names; of a family, such as `osv`, all.
fn chosen(names: &[String]) -> Result<Vec<Upstream>, UpdateError> {
    let all: Vec<Upstream> = feeds::upstreams().collect();
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen: BTreeMap<String, Upstream> = BTreeMap::new();
    for name in names {
        let family = format!("{name}/");
        let fits =
            |upstream: &&Upstream| upstream.feed == *name || upstream.feed.starts_with(&family);
        let fitting: Vec<_> = all.iter().filter(fits).collect();
        if fitting.is_empty() {
            let known: Vec<_> = all.iter().map(|upstream| upstream.feed.as_str()).collect();
            return Err(UpdateError::NoUpstream {
                name: name.clone(),
                known: known.join(", "),
            });
        }
        chosen.extend(fitting.into_iter().map(|u| (u.feed.clone(), u.clone())));
    }
    Ok(chosen.into_values().collect())
}

/// One feed on its way.
struct Renewal<'a, 'b> {
    fetcher: &'a Fetcher,
    writing: &'a mut Writing<'b>,
    upstream: &'a Upstream,
    broken: &'a mut Vec<(String, String)>,
}

/// A document by its first URL, and what to remember of it.
type Served = (String, Input, Seen);

/// What a list of changes says.
struct Changed {
    source: Source,
    /// Records that changed since the last time; `None` for too many, or where
    /// there was no last time.
    ids: Option<BTreeSet<String>>,
}

impl Renewal<'_, '_> {
    /// # Errors
    /// When the data cannot be written; whatever else goes wrong costs the
    /// feed.
    fn run(&mut self) -> io::Result<()> {
        match self.attempt()? {
            Ok(()) => Ok(()),
            Err(InputError { input, reason }) => {
                let reason = reason.unwrap_or_default();
                self.writing.hold_back(&self.upstream.feed, &reason);
                self.broken.push((input, reason));
                Ok(())
            }
        }
    }

    fn attempt(&mut self) -> io::Result<Result<(), InputError>> {
        let mut changed = None;
        if let Some(changes) = &self.upstream.changes {
            let list = match self.changed(changes) {
                Ok(Some(list)) => list,
                Ok(None) => {
                    self.renewed();
                    return Ok(Ok(()));
                }
                Err(error) => return Ok(Err(error)),
            };
            if let Some(ids) = &list.ids {
                match self.records(changes, ids) {
                    Ok(mut intake) => {
                        let feed = &self.upstream.feed;
                        self.writing.patch(feed, &mut intake, ids)?;
                        self.writing.remember(&changes.list, list.source);
                        self.renewed();
                        return Ok(Ok(()));
                    }
                    Err(error) => return Ok(Err(error)),
                }
            }
            changed = Some((changes.list.clone(), list.source));
        }
        let documents = match self.documents() {
            Ok(Some(documents)) => documents,
            Ok(None) => {
                self.renewed();
                return Ok(Ok(()));
            }
            Err(error) => return Ok(Err(error)),
        };
        let mut reading = Reading::of(&self.upstream.feed);
        let mut sources: Vec<_> = changed.into_iter().collect();
        for (url, input, seen) in documents {
            let name = input.name.clone();
            if !reading.input(input) {
                let reason = "it is no feed that is known here".to_owned();
                return Ok(Err(InputError {
                    input: name,
                    reason: Some(reason),
                }));
            }
            let latest = String::new();
            sources.push((url, Source { seen, latest }));
        }
        // A broken document is the feed's, whatever it calls itself.
        let feed = &self.upstream.feed;
        let held = reading.held.into_values().next();
        let held = held
            .map(|reason| (feed.clone(), reason))
            .into_iter()
            .collect();
        self.broken.extend(reading.broken);
        self.writing.take(&mut reading.intake, &held)?;
        if self.writing.is_current(feed) {
            for (url, source) in sources {
                self.writing.remember(&url, source);
            }
        }
        Ok(Ok(()))
    }

    fn renewed(&mut self) {
        let now = jiff::Timestamp::now();
        let now = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
        self.writing.renewed(&self.upstream.feed, &now.to_string());
    }

    /// What was seen of a URL, as long as what came of it is still there.
    fn seen(&self, url: &str) -> Option<Seen> {
        let known = self.writing.is_current(&self.upstream.feed);
        let source = self.writing.source(url).filter(|_| known)?;
        Some(source.seen.clone())
    }

    /// All documents, or `None` where none has changed.
    fn documents(&self) -> Result<Option<Vec<Served>>, InputError> {
        let fetch = |mirrors: &Vec<String>, seen: Option<&Seen>| {
            let urls: Vec<_> = mirrors.iter().map(String::as_str).collect();
            self.fetcher.get(&urls, seen)
        };
        let key = |mirrors: &Vec<String>| mirrors.first().cloned().unwrap_or_default();
        let mut documents = Vec::new();
        let mut unchanged = Vec::new();
        for mirrors in &self.upstream.documents {
            let url = key(mirrors);
            let seen = self.seen(&url);
            match fetch(mirrors, seen.as_ref())? {
                Fetched::New(input, seen) => documents.push((url, input, seen)),
                Fetched::Unchanged => unchanged.push(mirrors),
            }
        }
        if documents.is_empty() {
            return Ok(None);
        }
        // A feed is replaced as a whole, so it is read as a whole.
        for mirrors in unchanged {
            if let Fetched::New(input, seen) = fetch(mirrors, None)? {
                documents.push((key(mirrors), input, seen));
            }
        }
        documents.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Some(documents))
    }

    /// Reads the list of changes; `None` where it has not changed itself.
    fn changed(&self, changes: &Changes) -> Result<Option<Changed>, InputError> {
        let seen = self.seen(&changes.list);
        let fetched = self.fetcher.get(&[&changes.list], seen.as_ref())?;
        let Fetched::New(mut input, seen) = fetched else {
            return Ok(None);
        };
        let known = self.writing.is_current(&self.upstream.feed);
        let source = self.writing.source(&changes.list).filter(|_| known);
        let since = source.map(|source| source.latest.clone());
        let text = text(&mut input)?;
        let lines = || text.lines().filter_map(|line| line.split_once(','));
        let latest = lines().next().map_or("", |(time, _)| time).to_owned();
        let ids = since.filter(|since| !since.is_empty()).and_then(|since| {
            let newer = lines().take_while(|(time, _)| *time > since.as_str());
            let ids: BTreeSet<String> = newer
                .take(SINGLE + 1)
                .map(|(_, id)| id.trim().to_owned())
                .collect();
            (ids.len() <= SINGLE).then_some(ids)
        });
        let source = Source { seen, latest };
        Ok(Some(Changed { source, ids }))
    }

    /// Fetches records one by one.
    fn records(&self, changes: &Changes, ids: &BTreeSet<String>) -> Result<Intake, InputError> {
        let mut reading = Reading::of(&self.upstream.feed);
        for id in ids {
            let odd = |c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c);
            if id.contains(odd) {
                continue;
            }
            let url = format!("{}{id}.json", changes.records);
            if let Fetched::New(input, _) = self.fetcher.get(&[&url], None)? {
                reading.input(input);
            }
        }
        match reading.broken.into_iter().next() {
            Some((input, reason)) => Err(InputError {
                input,
                reason: Some(reason),
            }),
            None => Ok(reading.intake),
        }
    }
}

/// The one document of an input.
fn text(input: &mut Input) -> Result<String, InputError> {
    let mut text = String::new();
    let name = input.name.clone();
    let broken = |reason: String| InputError {
        input: name.clone(),
        reason: Some(reason),
    };
    input.documents(|document| {
        let content = document.content.map_err(&broken)?;
        if content.len() > MAX_LIST {
            return Err(broken("it is longer than a list of changes can be".into()));
        }
        text = String::from_utf8_lossy(&content).into_owned();
        Ok(())
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests;
