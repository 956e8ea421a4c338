//! The layer pass, the collectors, the merge and the inventory they make.
//!
//! A layer is read once; every collector sees it then. What they say is a
//! value per layer ([`LayerFacts`]) that is cached by digest; the merge is the
//! only place that knows about layers on top of each other.
//!
//! Start reading at [`take`].

mod base;
mod cache;
pub mod collector;
pub mod collectors;
mod content;
mod facts;
#[cfg(test)]
mod fixture;
mod history;
mod merge;
mod pass;
mod path;
mod take;
mod tar;
mod tree;

pub use base::{built_on, inherited, rebased};
pub use cache::FactCache;
pub use facts::{Algorithm, Fact, FileDigest, LayerFacts, OwnedFile, Ownership};
pub use pass::Limits;
pub use take::{InventoryError, Options, Progress, Silent, of_packages, take};
