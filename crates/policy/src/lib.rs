//! The policy document, gates and the verdict.
//!
//! Judging is pure: inventory, findings, data position, policy and moment in,
//! verdict out. Nothing here reads a file or a clock.

mod allowlist;
mod anchore;
mod baseline;
mod cases;
mod condition;
mod day;
mod document;
mod exceptions;
mod gates;
mod hold;
mod image;
mod judge;
mod lint;
mod packs;
mod pattern;
mod policy;
mod repair;
mod schema;
mod subject;
#[cfg(test)]
mod testing;
mod text;
mod verdict;

pub use anchore::{Evaluation, Imported, ListItem, Origin, import};
pub use baseline::Baseline;
pub use cases::{Case, CaseImage, Cases};
pub use document::{Document, Fetch, GUARDS, PolicyError};
pub use exceptions::{EXCEPTION_FORMATS, ExceptionFormat, Exceptions};
pub use gates::{gates, reference};
pub use judge::{Trail, TriedMapping, TriedRule, judge, trail};
pub use lint::{Remark, lint};
pub use packs::{PACKS, Pack};
pub use policy::Policy;
pub use repair::{Found, Means, Outlook, Upgrade, outlook, repair};
pub use schema::schema;
pub use subject::Subject;
pub use verdict::{
    Action, Against, Allowance, Assessment, DataPosition, Evidence, Hold, Outcome, PolicyIdentity,
    Reason, Verdict,
};
