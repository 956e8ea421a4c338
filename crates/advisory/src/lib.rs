//! Feeds, version schemes, the advisory store and matching.
//!
//! Knows packages and advisories; never images or layers.
//!
//! Start reading at [`find`], or at [`update`] for how data comes in.

mod advisory;
mod cpe;
pub mod cvss;
mod feeds;
mod fetch;
mod input;
mod intake;
mod matching;
mod namespace;
mod overlay;
mod store;
#[cfg(test)]
mod testing;
mod update;
pub mod versions;
mod vex;

pub use matching::{Matched, Repairs, explain, find};
pub use namespace::osv_ecosystem;
pub use overlay::{
    add as add_overlay, name_of as overlay_name, overlays, remove as remove_overlay,
};
pub use store::{
    BundleError, ClaimChange, FeedStatus, Open, Origin, PublishError, PublishOptions, Published,
    PullError, PullOptions, Pulled, Registry, ShardStatus, SignatureError, Snapshot, Status, Store,
    StoreError, import, pull,
};
pub use update::{UpdateError, UpdateOptions, UpdateReport, renew, update};
pub use vex::{Applied, Said, SaidImage, SaidProduct, Stated, Vex, VexError};

/// Every feed: its name and one line on what it is.
pub fn feeds() -> impl Iterator<Item = (&'static str, &'static str)> {
    feeds::ALL.iter().map(|feed| (feed.name(), feed.about()))
}
