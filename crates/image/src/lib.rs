//! References, sources and verified layer streams.
