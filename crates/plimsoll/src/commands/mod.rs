//! One file per verb.

mod against;
pub(crate) mod data;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fix;
mod judging;
pub(crate) mod list;
mod overlay;
mod policies;
pub(crate) mod policy;
mod record;
pub(crate) mod replay;
pub(crate) mod sbom;
pub(crate) mod scan;
mod set;
mod source;
