//! Reading a policy document: text to nodes with places, nodes to typed
//! values, every problem collected on the way.

mod fields;
mod node;
mod policy;
mod problems;
mod values;

pub(crate) use fields::{Field, Fields, Value, scalar, wrong};
pub(crate) use node::{Content, Node, Place};
pub(crate) use policy::read;
pub use problems::PolicyError;
pub(crate) use problems::Problems;
pub(crate) use values::words;
pub(crate) use values::{Days, LastDay, Percent, Score, Share, one_of};
