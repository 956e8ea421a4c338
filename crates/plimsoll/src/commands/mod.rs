//! One file per verb.

pub(crate) mod data;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod sbom;
pub(crate) mod scan;
mod source;
