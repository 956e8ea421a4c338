//! The layer pass, the collectors, the merge and the inventory they make.
//!
//! A layer is read once; every collector sees it then. What they say is a
//! value per layer ([`LayerFacts`]) that can be cached; [`merge`](crate::merge)
//! is the only place that knows about layers on top of each other.

pub mod collector;
pub mod collectors;
mod facts;

pub use facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
