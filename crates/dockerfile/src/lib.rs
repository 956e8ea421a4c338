//! Dockerfiles as instructions by line, and edits that leave everything else
//! as it stands.
//!
//! What is not understood is not edited: here-documents, the JSON form of
//! `RUN`, and words that are put together from variables.
//!
//! Start reading at [`Dockerfile::parse`].

mod diff;
mod edit;
mod parse;
mod words;

pub use edit::{Left, Patch, Pin, Step};
pub use parse::{Dockerfile, Instruction, Stage};
