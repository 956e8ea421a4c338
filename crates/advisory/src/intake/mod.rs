//! Everything that feeds said, gathered and put in order before it is
//! compiled.

mod spill;

use crate::advisory::{Advisory, Affected};
use crate::namespace::Namespace;
use crate::store::Row;
use plimsoll_types::{Epss, KnownExploited, Lifecycle, SeverityClaim};
use serde::{Deserialize, Serialize};
pub(crate) use spill::PartKey;
use spill::Spill;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;

/// What all feeds of one update said.
#[derive(Default)]
pub(crate) struct Intake {
    /// Feeds that spoke since the last call of [`Self::taken`].
    fresh: BTreeSet<String>,
    /// The feed that everything is told for, whatever it calls itself.
    speaker: Option<String>,
    /// As they came.
    pieces: Vec<Piece>,
    /// Bytes that they take up, roughly.
    weight: usize,
    spill: Spill,
    /// Why they could not be put aside.
    failure: Option<io::Error>,
    /// Distinct records, by feed.
    records: BTreeMap<String, HashSet<u64>>,
    /// What is said of CVEs as such.
    pub tables: Tables,
    /// By feed name.
    pub tallies: BTreeMap<String, Tally>,
}

/// Bytes of advisories that are held in memory before they are put aside.
const MAX_WEIGHT: usize = 64 << 20;

/// An advisory, and what becomes of an earlier copy of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Piece {
    advisory: Advisory,
    /// The copy modified last stays as a whole; otherwise they add up.
    whole: bool,
}

/// What feeds say of a CVE whatever package has it, by CVE.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tables {
    pub known_exploited: BTreeMap<String, KnownExploited>,
    pub epss: BTreeMap<String, Epss>,
    pub descriptions: BTreeMap<String, Description>,
    /// By `id:release` of os-release, not by CVE.
    pub lifecycles: BTreeMap<String, Lifecycle>,
}

impl Tables {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a catalogue of vulnerabilities says of one, packages aside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Description {
    /// The best first.
    pub severities: Vec<SeverityClaim>,
    /// The id was taken back.
    pub rejected: bool,
    /// Somebody who should know says that it is no vulnerability.
    pub disputed: bool,
    /// RFC 3339, verbatim.
    pub published: Option<String>,
    /// Text for people.
    pub text: String,
}

/// What became of one feed's records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Records that say something about a package or a vulnerability.
    pub records: usize,
    /// Tables that it filled.
    pub tables: BTreeSet<&'static str>,
    /// Records left out, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// The newest date that a record or the feed itself states.
    pub newest: String,
    /// When the youngest of its documents was taken, RFC 3339.
    pub taken: String,
}

impl Intake {
    /// An intake of one feed: a record that names several ecosystems stays
    /// with the feed that served it.
    pub(crate) fn of(feed: &str) -> Self {
        Self {
            speaker: Some(feed.to_owned()),
            ..Self::default()
        }
    }

    /// Whether it is what an overlay says.
    pub(crate) fn is_of_overlay(&self) -> bool {
        let speaker = self.speaker.as_deref();
        speaker.is_some_and(crate::overlay::is_overlay)
    }

    /// Notes that what a feed said is taken at this moment.
    pub(crate) fn taken_now(&mut self, feed: &str) {
        let now = jiff::Timestamp::now();
        let now = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
        if let Some(tally) = self.tallies.get_mut(feed) {
            tally.taken = now.to_string();
        }
    }

    /// Adds to what is known under the same feed, record and vulnerability.
    pub(crate) fn merge(&mut self, advisory: Advisory) {
        self.add(Piece {
            advisory,
            whole: false,
        });
    }

    /// Takes a whole record; of two copies the one modified last stays.
    pub(crate) fn replace(&mut self, advisory: Advisory) {
        self.add(Piece {
            advisory,
            whole: true,
        });
    }

    fn add(&mut self, mut piece: Piece) {
        if let Some(speaker) = &self.speaker {
            piece.advisory.feed.clone_from(speaker);
        }
        let Advisory { feed, record, .. } = &piece.advisory;
        self.tally(feed);
        let number = hash(record);
        match self.records.get_mut(feed) {
            Some(records) => {
                records.insert(number);
            }
            None => {
                self.records.insert(feed.clone(), HashSet::from([number]));
            }
        }
        self.weight += weight(&piece.advisory);
        self.pieces.push(piece);
        if self.weight > MAX_WEIGHT
            && let Err(error) = self.put_aside()
        {
            self.failure = Some(error);
        }
    }

    /// Moves what is in memory to disk, each namespace apart.
    fn put_aside(&mut self) -> io::Result<()> {
        self.weight = 0;
        let mut parts: BTreeMap<PartKey, Vec<Piece>> = BTreeMap::new();
        for Piece {
            mut advisory,
            whole,
        } in self.pieces.drain(..)
        {
            let mut rows: BTreeMap<Namespace, Vec<Affected>> = BTreeMap::new();
            for row in std::mem::take(&mut advisory.affected) {
                rows.entry(row.namespace.clone()).or_default().push(row);
            }
            for (namespace, affected) in rows {
                let advisory = Advisory {
                    affected,
                    ..advisory.clone()
                };
                let part = parts.entry((advisory.feed.clone(), namespace));
                part.or_default().push(Piece { advisory, whole });
            }
        }
        for (key, pieces) in parts {
            self.spill.push(key, &pieces)?;
        }
        Ok(())
    }

    /// What each feed says in each namespace, one part after the other, sorted
    /// by record and vulnerability.
    ///
    /// # Errors
    /// When what was put aside on disk cannot be written or read.
    pub(crate) fn parts(
        &mut self,
        mut each: impl FnMut(PartKey, Vec<Advisory>) -> io::Result<()>,
    ) -> io::Result<()> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        self.put_aside()?;
        let keys: Vec<_> = self.spill.keys().cloned().collect();
        for key in keys {
            let mut known = BTreeMap::new();
            self.spill.read(&key, |pieces| {
                for piece in pieces {
                    let Advisory { record, id, .. } = &piece.advisory;
                    join(&mut known, (record.clone(), id.clone()), piece);
                }
            })?;
            let advisories = known.into_values().map(|piece| piece.advisory);
            each(key, advisories.collect())?;
        }
        Ok(())
    }

    /// Distinct records of a feed that say something of a package.
    pub(crate) fn records(&self, feed: &str) -> usize {
        self.records.get(feed).map_or(0, HashSet::len)
    }

    /// Notes that a vulnerability is exploited.
    pub(crate) fn exploited(&mut self, feed: &str, cve: &str, known: KnownExploited) {
        self.row::<KnownExploited>(feed);
        let cve = cve.to_ascii_uppercase();
        self.tables.known_exploited.insert(cve, known);
    }

    /// Notes how likely a vulnerability is to be exploited.
    pub(crate) fn scored(&mut self, feed: &str, cve: &str, epss: Epss) {
        self.row::<Epss>(feed);
        self.tables.epss.insert(cve.to_ascii_uppercase(), epss);
    }

    /// Notes what a catalogue says of a vulnerability.
    pub(crate) fn described(&mut self, feed: &str, cve: &str, description: Description) {
        self.row::<Description>(feed);
        let cve = cve.to_ascii_uppercase();
        self.tables.descriptions.insert(cve, description);
    }

    /// Notes until when a release of a distribution is looked after, by each
    /// `id:release` that it goes by.
    pub(crate) fn lives(&mut self, feed: &str, keys: Vec<String>, lifecycle: Lifecycle) {
        self.row::<Lifecycle>(feed);
        let rows = keys.into_iter().map(|key| (key, lifecycle.clone()));
        self.tables.lifecycles.extend(rows);
    }

    /// Counts a row of a table.
    fn row<T: Row>(&mut self, feed: &str) {
        let tally = self.tally(feed);
        tally.records += 1;
        tally.tables.insert(T::NAME);
    }

    /// Counts a record that is left out on purpose.
    pub(crate) fn skipped(&mut self, feed: &str, reason: &str) {
        *self
            .tally(feed)
            .skipped
            .entry(reason.to_owned())
            .or_default() += 1;
    }

    /// Notes a date that the feed states; some state the beginning of time.
    pub(crate) fn newest(&mut self, feed: &str, date: &str) {
        let tally = self.tally(feed);
        if date > "1970" && tally.newest.as_str() < date {
            tally.newest = date.to_owned();
        }
    }

    /// Notes when the documents were taken that were read since the last call;
    /// which feeds they were of.
    pub(crate) fn taken(&mut self, moment: &str) -> BTreeSet<String> {
        let fresh = std::mem::take(&mut self.fresh);
        for feed in &fresh {
            let tally = self.tally(feed);
            if tally.taken.as_str() < moment {
                moment.clone_into(&mut tally.taken);
            }
        }
        self.fresh.clear();
        fresh
    }

    /// Whether no feed said anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.tables.is_empty()
    }

    fn tally(&mut self, feed: &str) -> &mut Tally {
        let speaker = self.speaker.clone();
        let feed = speaker.as_deref().unwrap_or(feed);
        if !self.fresh.contains(feed) {
            self.fresh.insert(feed.to_owned());
        }
        self.tallies.entry(feed.to_owned()).or_default()
    }

    /// Every advisory, by feed, record and vulnerability.
    #[cfg(test)]
    pub(crate) fn advisories(&self) -> impl Iterator<Item = Advisory> {
        let mut known = BTreeMap::new();
        for piece in &self.pieces {
            let Advisory {
                feed, record, id, ..
            } = &piece.advisory;
            let key = (feed.clone(), record.clone(), id.clone());
            join(&mut known, key, piece.clone());
        }
        known.into_values().map(|piece| piece.advisory)
    }
}

/// Puts an advisory among others, one of which may be an earlier copy.
fn join<K: Ord>(known: &mut BTreeMap<K, Piece>, key: K, piece: Piece) {
    match known.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(piece);
        }
        Entry::Occupied(mut there) if piece.whole => {
            if there.get().advisory.modified < piece.advisory.modified {
                there.insert(piece);
            }
        }
        Entry::Occupied(mut there) => {
            let affected = &mut there.get_mut().advisory.affected;
            affected.extend(piece.advisory.affected);
        }
    }
}

/// Bytes that an advisory takes up in memory, roughly.
fn weight(advisory: &Advisory) -> usize {
    let rows = advisory
        .affected
        .iter()
        .map(|row| 320 + 96 * row.windows.len());
    512 + advisory.title.len() + advisory.details.len() + rows.sum::<usize>()
}

/// A number for a record, of which no two in a feed are likely to share one.
fn hash(record: &str) -> u64 {
    let hash = blake3::hash(record.as_bytes());
    let (first, _) = hash
        .as_bytes()
        .split_first_chunk()
        .unwrap_or((&[0; 8], &[]));
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests;
