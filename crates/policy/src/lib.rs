//! The policy document, gates and the verdict.
//!
//! Judging is pure: inventory, findings, data position, policy and moment in,
//! verdict out. Nothing here reads a file or a clock.

mod verdict;

pub use verdict::{
    Action, Allowance, DataPosition, Evidence, Outcome, PolicyIdentity, Reason, Verdict,
};
