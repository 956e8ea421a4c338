//! Licences: what people write in package metadata as SPDX expressions, and
//! the text of licence files as SPDX ids.
//!
//! Nothing is dropped: a name that is no SPDX licence stays in the expression
//! as a `LicenseRef-`, so that a policy sees it.

mod expression;
mod names;
mod text;

pub use expression::{Licenses, expression};
pub use text::classify;
