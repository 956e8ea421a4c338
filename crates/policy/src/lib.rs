//! The policy document, gates and the verdict.
