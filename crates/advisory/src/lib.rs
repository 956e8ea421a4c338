//! Feeds, version schemes, the advisory store and matching.
//!
//! Knows packages and advisories; never images or layers.

pub mod cvss;
pub mod versions;
