//! One file per version scheme; the table below is what exists.
