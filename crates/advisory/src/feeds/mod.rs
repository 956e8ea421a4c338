//! One file per upstream; the table below is what exists.

mod alpine_secdb;
mod cisa_kev;
mod csaf;
mod debian_tracker;
mod epss;
mod osv;
mod oval;
mod red_hat;
mod xml;

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

    /// Reads one document.
    ///
    /// # Errors
    /// When the document is not what its first bytes promised: one line for
    /// people, without its name. Nothing of it may be used then.
    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String>;
}

/// Bytes of a document that recognition looks at.
pub(crate) const HEAD: usize = 64 << 10;

/// Every feed, in the order in which they are asked.
pub(crate) static ALL: &[&dyn Feed] = &[
    &debian_tracker::DebianTracker,
    &alpine_secdb::AlpineSecdb,
    &cisa_kev::CisaKev,
    &epss::EpssScores,
    &red_hat::RhelVex,
    &red_hat::RhelAdvisories,
    &oval::OracleOval,
    &oval::SuseOval,
    &oval::AzureLinuxOval,
    &oval::PhotonOval,
    &osv::Osv,
];

/// The feed that a document belongs to.
pub(crate) fn of(document: &[u8]) -> Option<&'static dyn Feed> {
    let head = String::from_utf8_lossy(&document[..document.len().min(HEAD)]);
    let head = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    ALL.iter().copied().find(|feed| feed.recognises(head))
}

/// Parses JSON and says where it breaks.
fn json<'a, T: serde::Deserialize<'a>>(document: &'a [u8]) -> Result<T, String> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    serde_json::from_slice(document).map_err(|error| error.to_string())
}
