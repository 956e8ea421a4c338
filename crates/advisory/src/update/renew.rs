//! Feeds from where upstream serves them, as far as they have changed.

use super::changes::{self, Entry, List};
use super::{Reading, UpdateError, UpdateOptions, UpdateReport, places};
use crate::feeds::{self, Changes, ListForm, Upstream};
use crate::fetch::{Fetched, Fetcher, Seen};
use crate::input::{Input, InputError, failed};
use crate::intake::Intake;
use crate::overlay;
use crate::store::{Lock, Shrinking, Source, Writing};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// Records that are fetched one by one; where more have changed, everything is
/// fetched again.
const SINGLE: usize = 300;
/// Likewise where everything is hundreds of times as much.
const SINGLE_CSAF: usize = 10_000;
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
    let fetcher = Fetcher::new(options.mirror.as_deref(), options.authorities.clone());
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
    let of_set = |feed: Option<&str>| writing.is_of_set(feed);
    if names.is_empty() && of_set(None) || chosen.iter().any(|u| of_set(Some(&u.feed))) {
        return Err(UpdateError::Imported(folder.to_owned()));
    }
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

/// A list of changes, and what to remember of it.
struct Listed {
    list: List,
    seen: Seen,
}

/// What came of fetching everything.
enum Whole {
    Unchanged,
    /// The moment that it was made, where that is known.
    Taken(Option<Timestamp>),
}

/// Why a feed is not renewed.
enum Stop {
    /// The data cannot be written.
    Write(io::Error),
    /// Something cannot be fetched or read, which costs the feed.
    Input(InputError),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl From<InputError> for Stop {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl Renewal<'_, '_> {
    /// # Errors
    /// When the data cannot be written; whatever else goes wrong costs the
    /// feed.
    fn run(&mut self) -> io::Result<()> {
        match self.attempt() {
            Ok(()) => Ok(()),
            Err(Stop::Write(error)) => Err(error),
            Err(Stop::Input(InputError { input, reason })) => {
                let reason = reason.unwrap_or_default();
                self.writing.hold_back(&self.upstream.feed, &reason);
                self.broken.push((input, reason));
                Ok(())
            }
        }
    }

    fn attempt(&mut self) -> Result<(), Stop> {
        let Some(changes) = &self.upstream.changes else {
            self.whole(None)?;
            return Ok(());
        };
        let since = self.since(changes);
        let known = since.and(self.seen(&changes.list));
        let fetched = self.fetcher.get(&[&changes.list], known.as_ref())?;
        let listed = match fetched {
            Fetched::Unchanged => Listed {
                list: List::default(),
                seen: known.unwrap_or_default(),
            },
            Fetched::New(mut input, seen) => {
                let text = text(&mut input, MAX_LIST)?;
                let list = List::read(&changes.list, &text, changes.form)?;
                Listed { list, seen }
            }
        };
        if let Some(since) = since
            && self.follow(changes, &listed, since)?
        {
            self.renewed();
            return Ok(());
        }
        let older = since.filter(|_| changes.form == ListForm::Csaf);
        let Whole::Taken(made) = self.whole(older)? else {
            return Ok(());
        };
        if !self.writing.is_current(&self.upstream.feed) {
            return Ok(());
        }
        let latest = match changes.form {
            ListForm::Osv => listed.list.latest,
            // An archive is made now and then, and the list goes on.
            ListForm::Csaf => made.or(listed.list.latest),
        };
        self.remember(changes, listed.seen.clone(), latest);
        if let Some(made) = made
            && changes.form == ListForm::Csaf
            && !self.follow(changes, &listed, made)?
        {
            let feed = &self.upstream.feed;
            let reason = format!(
                "more has changed since the archive of {made} than is fetched one by one; try again when there is a newer one"
            );
            self.writing.hold_back(feed, &reason);
            self.broken.push((changes.list.clone(), reason));
        }
        Ok(())
    }

    /// The moment up to which the changes of a list are known.
    fn since(&self, changes: &Changes) -> Option<Timestamp> {
        let known = self.writing.has(&self.upstream.feed);
        let source = self.writing.source(&changes.list).filter(|_| known)?;
        source.latest.parse().ok()
    }

    fn remember(&mut self, changes: &Changes, seen: Seen, latest: Option<Timestamp>) {
        let latest = latest.map(|latest| latest.to_string()).unwrap_or_default();
        self.writing
            .remember(&changes.list, Source { seen, latest });
    }

    /// Fetches what changed after a moment record by record, and drops what was
    /// taken back; `false` where that is too much.
    fn follow(
        &mut self,
        changes: &Changes,
        listed: &Listed,
        since: Timestamp,
    ) -> Result<bool, Stop> {
        let mut changed = listed.list.since(since);
        let most = match changes.form {
            ListForm::Osv => SINGLE,
            ListForm::Csaf => SINGLE_CSAF,
        };
        if changed.len() > most {
            return Ok(false);
        }
        let mut gone = BTreeSet::new();
        for (id, deleted) in self.deleted(changes)?.since(since) {
            // It may have come back.
            let again = listed.list.entries.get(&id);
            if again.is_none_or(|again| again.at <= deleted.at) {
                changed.remove(&id);
                gone.insert(id);
            }
        }
        if !changed.is_empty() || !gone.is_empty() {
            let mut intake = self.records(changes, &changed)?;
            let ids: BTreeSet<String> = changed.into_keys().chain(gone).collect();
            self.writing.patch(&self.upstream.feed, &mut intake, &ids)?;
        }
        let latest = listed.list.latest.max(Some(since));
        self.remember(changes, listed.seen.clone(), latest);
        Ok(true)
    }

    fn deleted(&self, changes: &Changes) -> Result<List, InputError> {
        let Some(url) = &changes.deletions else {
            return Ok(List::default());
        };
        match self.fetcher.get(&[url], None)? {
            Fetched::New(mut input, _) => {
                List::read(url, &text(&mut input, MAX_LIST)?, changes.form)
            }
            Fetched::Unchanged => Ok(List::default()),
        }
    }

    /// Fetches everything, unless nothing has changed. What was made before
    /// `since` is older than what is known.
    fn whole(&mut self, since: Option<Timestamp>) -> Result<Whole, Stop> {
        let Some(documents) = self.documents()? else {
            self.renewed();
            return Ok(Whole::Unchanged);
        };
        let moments = documents
            .iter()
            .filter_map(|(url, _, seen)| changes::moment_of(url, seen.last_modified.as_deref()));
        let made = moments.max();
        if let (Some(since), Some(made), Some((url, ..))) = (since, made, documents.first())
            && made <= since
        {
            let reason = format!(
                "more has changed since {since} than is fetched one by one, and the archive is of {made}; try again when there is a newer one"
            );
            return Err(failed(url, reason).into());
        }
        let feed = self.upstream.feed.clone();
        let mut reading = Reading::of(&feed);
        let mut sources = Vec::new();
        for (url, input, seen) in documents {
            let name = input.name.clone();
            if !reading.input(input) {
                return Err(failed(&name, "it is no feed that is known here").into());
            }
            let latest = String::new();
            sources.push((url, Source { seen, latest }));
        }
        // A broken document is the feed's, whatever it calls itself.
        let held = reading.held.into_values().next();
        let held = held
            .map(|reason| (feed.clone(), reason))
            .into_iter()
            .collect();
        self.broken.extend(reading.broken);
        self.writing.take(&mut reading.intake, &held)?;
        if self.writing.is_current(&feed) {
            for (url, source) in sources {
                self.writing.remember(&url, source);
            }
        }
        Ok(Whole::Taken(made))
    }

    fn renewed(&mut self) {
        let now = Timestamp::now();
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
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
        let mut wanted = self.upstream.documents.clone();
        for place in &self.upstream.places {
            wanted.extend(places::documents(place, self.fetcher)?);
        }
        // Records are newer than the archive that they are in: one that is
        // asked for again is wanted.
        let changes = self.upstream.changes.as_ref();
        let follows = changes.is_some_and(|changes| changes.form == ListForm::Csaf);
        let mut documents = Vec::new();
        let mut unchanged = Vec::new();
        for mirrors in &wanted {
            let url = key(mirrors);
            let seen = self.seen(&url).filter(|_| !follows);
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

    /// Fetches records one by one. What is gone by then has nothing to say.
    fn records(
        &self,
        changes: &Changes,
        changed: &BTreeMap<String, Entry>,
    ) -> Result<Intake, InputError> {
        let mut reading = Reading::of(&self.upstream.feed);
        for entry in changed.values() {
            let url = format!("{}{}", changes.records, entry.path);
            let record = match changes.form {
                ListForm::Csaf => self.fetcher.find(&url)?,
                ListForm::Osv => match self.fetcher.get(&[&url], None)? {
                    Fetched::New(input, seen) => Some((input, seen)),
                    Fetched::Unchanged => None,
                },
            };
            if let Some((input, _)) = record
                && !reading.input(input)
            {
                return Err(failed(&url, "it is no feed that is known here"));
            }
        }
        match reading.broken.into_iter().next() {
            Some((input, reason)) => Err(failed(&input, reason)),
            None => Ok(reading.intake),
        }
    }
}

/// The one document of an input, of so many bytes at most.
pub(super) fn text(input: &mut Input, most: usize) -> Result<String, InputError> {
    let mut text = String::new();
    let name = input.name.clone();
    let broken = |reason: String| InputError {
        input: name.clone(),
        reason: Some(reason),
    };
    input.documents(|document| {
        let content = document.content.map_err(&broken)?;
        if content.len() > most {
            return Err(broken(format!("it is longer than {most} bytes")));
        }
        text = String::from_utf8_lossy(&content).into_owned();
        Ok(())
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests;
