//! Everything that feeds said, gathered and put in order before it is
//! compiled.

use crate::advisory::Advisory;
use plimsoll_types::{Epss, KnownExploited, SeverityClaim};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What all feeds of one update said.
#[derive(Default)]
pub(crate) struct Intake {
    /// Feeds that spoke since the last call of [`Self::taken`].
    fresh: BTreeSet<String>,
    /// By feed, record and vulnerability.
    advisories: BTreeMap<(String, String, String), Advisory>,
    /// What is said of CVEs as such.
    pub tables: Tables,
    /// By feed name.
    pub tallies: BTreeMap<String, Tally>,
}

/// What feeds say of a CVE whatever package has it, by CVE.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tables {
    pub known_exploited: BTreeMap<String, KnownExploited>,
    pub epss: BTreeMap<String, Epss>,
    pub descriptions: BTreeMap<String, Description>,
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
    /// Records left out, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// The newest date that a record or the feed itself states.
    pub newest: String,
    /// When the youngest of its documents was taken, RFC 3339.
    pub taken: String,
}

impl Intake {
    /// Adds to what is known under the same feed, record and vulnerability.
    pub(crate) fn merge(&mut self, advisory: Advisory) {
        self.tally(&advisory.feed);
        let key = key(&advisory);
        match self.advisories.get_mut(&key) {
            Some(known) => known.affected.extend(advisory.affected),
            None => {
                self.advisories.insert(key, advisory);
            }
        }
    }

    /// Takes a whole record; of two copies the one modified last stays.
    pub(crate) fn replace(&mut self, advisory: Advisory) {
        self.tally(&advisory.feed);
        let key = key(&advisory);
        let newer = self
            .advisories
            .get(&key)
            .is_none_or(|known| known.modified < advisory.modified);
        if newer {
            self.advisories.insert(key, advisory);
        }
    }

    /// Notes that a vulnerability is exploited.
    pub(crate) fn exploited(&mut self, feed: &str, cve: &str, known: KnownExploited) {
        self.tally(feed).records += 1;
        let cve = cve.to_ascii_uppercase();
        self.tables.known_exploited.insert(cve, known);
    }

    /// Notes how likely a vulnerability is to be exploited.
    pub(crate) fn scored(&mut self, feed: &str, cve: &str, epss: Epss) {
        self.tally(feed).records += 1;
        self.tables.epss.insert(cve.to_ascii_uppercase(), epss);
    }

    /// Notes what a catalogue says of a vulnerability.
    pub(crate) fn described(&mut self, feed: &str, cve: &str, description: Description) {
        self.tally(feed).records += 1;
        let cve = cve.to_ascii_uppercase();
        self.tables.descriptions.insert(cve, description);
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

    /// Notes when the documents were taken that were read since the last call.
    pub(crate) fn taken(&mut self, moment: &str) {
        for feed in std::mem::take(&mut self.fresh) {
            let tally = self.tallies.entry(feed).or_default();
            if tally.taken.as_str() < moment {
                tally.taken = moment.to_owned();
            }
        }
    }

    /// Whether no feed said anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.advisories.is_empty() && self.tables.is_empty()
    }

    fn tally(&mut self, feed: &str) -> &mut Tally {
        if !self.fresh.contains(feed) {
            self.fresh.insert(feed.to_owned());
        }
        self.tallies.entry(feed.to_owned()).or_default()
    }

    /// Every advisory, to be changed.
    pub(crate) fn advisories_mut(&mut self) -> impl Iterator<Item = &mut Advisory> {
        self.advisories.values_mut()
    }

    /// Every advisory, by feed, record and vulnerability.
    pub(crate) fn advisories(&self) -> impl Iterator<Item = &Advisory> {
        self.advisories.values()
    }
}

fn key(advisory: &Advisory) -> (String, String, String) {
    (
        advisory.feed.clone(),
        advisory.record.clone(),
        advisory.id.clone(),
    )
}
