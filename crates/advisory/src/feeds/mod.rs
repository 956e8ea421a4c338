//! One file per upstream; the table below is what exists.

mod alpine_rejections;
mod alpine_secdb;
mod amazon;
mod arch;
mod cisa_kev;
mod corrections;
mod csaf;
mod debian_lists;
mod debian_tracker;
mod endoflife;
mod epss;
mod fedora;
mod friendsofphp;
mod gentoo;
mod nvd;
mod openvex;
mod osv;
mod oval;
mod photon;
mod red_hat;
mod rubysec;
mod suse_vex;
mod ubuntu_vex;
mod xml;

use crate::advisory::Advisory;
use crate::intake::Intake;

/// Reads one upstream's format into the common form.
pub(crate) trait Feed: Sync {
    /// Short name, unique.
    fn name(&self) -> &'static str;

    /// One line on what it is, for `plimsoll list feeds`.
    fn about(&self) -> &'static str;

    /// Whether a document is of this format, judged by its first bytes (up to
    /// [`HEAD`]). Exactly one feed may say yes.
    fn recognises(&self, head: &str) -> bool;

    /// Whether a document is one record of very many, so that a broken one
    /// costs that record. Otherwise it costs the feed, which stays as it was.
    fn is_per_record(&self) -> bool {
        false
    }

    /// Reads one document.
    ///
    /// # Errors
    /// When the document is not what its first bytes promised: one line for
    /// people, without its name. Nothing of it may be used then.
    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String>;

    /// Where it is fetched from; a family of feeds has one entry for each.
    fn upstreams(&self) -> Vec<Upstream> {
        Vec::new()
    }

    /// Joins what it said of a namespace with what other feeds said of it,
    /// before that is compiled.
    fn settle(&self, _told: &mut [Advisory]) {}
}

/// Where one feed of the store comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upstream {
    /// Its name in the store, for example `osv/PyPI`.
    pub feed: String,
    /// Its documents, each with the mirrors that have it, the first first.
    pub documents: Vec<Vec<String>>,
    /// Where more of them are found.
    pub places: Vec<Place>,
    /// How to learn what has changed, where there is a better way than to
    /// fetch everything again.
    pub changes: Option<Changes>,
}

/// Where documents are whose addresses something else tells.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Beside this text, which names one.
    Named(String),
    /// Pages of this list, by the parameter `page`.
    Pages(String),
    /// The `updateinfo` of an rpm repository, by the list of its mirrors.
    Repository(String),
    /// Likewise of every repository of a catalogue of Amazon Linux's extras;
    /// `{}` in the address of the list stands for the topic.
    Extras { catalogue: String, mirrors: String },
}

/// Lists by which single records are kept current.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    /// Of those that changed.
    pub list: String,
    pub form: ListForm,
    /// Of those that were taken back, in the same form.
    pub deletions: Option<String>,
    /// The folder that single records lie in.
    pub records: String,
}

/// How a list of changes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListForm {
    /// `RFC 3339,ID` in each line, of records called `ID.json`; the zip archive
    /// holds them all.
    Osv,
    /// `"PATH","RFC 3339"` in each line (CSAF 2.0 section 7.1.13); the archive
    /// is older.
    Csaf,
}

impl Changes {
    /// Those of a folder of CSAF documents.
    pub(crate) fn csaf(folder: &str, deletions: bool) -> Self {
        Self {
            list: format!("{folder}/changes.csv"),
            form: ListForm::Csaf,
            deletions: deletions.then(|| format!("{folder}/deletions.csv")),
            records: format!("{folder}/"),
        }
    }
}

impl Upstream {
    /// A feed of one document.
    pub(crate) fn one(feed: &str, mirrors: &[&str]) -> Self {
        Self::many(
            feed,
            [mirrors.iter().map(|url| (*url).to_owned()).collect()],
        )
    }

    /// A feed of several documents.
    pub(crate) fn many(feed: &str, documents: impl IntoIterator<Item = Vec<String>>) -> Self {
        Self {
            feed: feed.to_owned(),
            documents: documents.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A feed whose documents are found at places.
    pub(crate) fn at(feed: &str, places: impl IntoIterator<Item = Place>) -> Self {
        Self {
            feed: feed.to_owned(),
            places: places.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// Every feed that can be fetched.
pub(crate) fn upstreams() -> impl Iterator<Item = Upstream> {
    ALL.iter().flat_map(|feed| feed.upstreams())
}

/// Bytes of a document that recognition looks at.
pub(crate) const HEAD: usize = 64 << 10;

/// Every feed, in the order in which they are asked.
pub(crate) static ALL: &[&dyn Feed] = &[
    &debian_tracker::DebianTracker,
    &debian_lists::DebianLists,
    &alpine_secdb::AlpineSecdb,
    &alpine_rejections::AlpineRejections,
    &cisa_kev::CisaKev,
    &epss::EpssScores,
    &ubuntu_vex::UbuntuVex,
    &nvd::Nvd,
    &endoflife::EndOfLife,
    &rubysec::RubySec,
    &friendsofphp::FriendsOfPhp,
    &red_hat::VEX,
    &red_hat::ADVISORIES,
    &suse_vex::SuseVex,
    &oval::OracleOval,
    &oval::SuseOval,
    &oval::AzureLinuxOval,
    &oval::PhotonOval,
    &photon::PhotonMetadata,
    &amazon::AmazonUpdateinfo,
    &arch::ArchTracker,
    &fedora::FedoraBodhi,
    &gentoo::GentooGlsa,
    &osv::Osv,
    &corrections::Corrections,
];

/// The feed that a document belongs to.
pub(crate) fn of(document: &[u8]) -> Option<&'static dyn Feed> {
    let head = String::from_utf8_lossy(&document[..document.len().min(HEAD)]);
    let head = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    #[cfg(test)]
    assert!(ALL.iter().filter(|feed| feed.recognises(head)).count() < 2);
    ALL.iter().copied().find(|feed| feed.recognises(head))
}

/// Parses JSON and says where it breaks.
fn json<'a, T: serde::Deserialize<'a>>(document: &'a [u8]) -> Result<T, String> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    serde_json::from_slice(document).map_err(|error| error.to_string())
}

/// Parses one YAML document, within bounds, and says where it breaks.
fn yaml<T: serde::de::DeserializeOwned>(document: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: 20_000_000,
            max_events: 40_000_000,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 1_000_000,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let message = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        message.lines().next().unwrap_or_default().to_owned()
    })
}

/// Lines that say something, for recognising YAML: no comments, no markers.
fn lines(head: &str) -> impl Iterator<Item = &str> {
    let lines = head.lines().map(str::trim_end);
    lines.filter(|line| !line.is_empty() && *line != "---" && !line.trim_start().starts_with('#'))
}
