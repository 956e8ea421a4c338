//! Bounds against hostile input (reference page "images", section 9).

pub(crate) const MANIFEST_BYTES: u64 = 4 << 20;
pub(crate) const CONFIG_BYTES: u64 = 8 << 20;
pub(crate) const AUTH_BYTES: u64 = 1 << 20;
pub(crate) const CA_BYTES: u64 = 4 << 20;
pub(crate) const LAYERS: usize = 512;
pub(crate) const INDEX_ENTRIES: usize = 256;
pub(crate) const INDEX_DEPTH: usize = 4;
pub(crate) const LAYER_BYTES: u64 = 64 << 30;
pub(crate) const ARCHIVE_BYTES: u64 = 128 << 30;
pub(crate) const ARCHIVE_ENTRIES: usize = 200_000;
pub(crate) const TREE_ENTRIES: usize = 2_000_000;
pub(crate) const LONG_NAME_BYTES: u64 = 1 << 20;
pub(crate) const LINK_DEPTH: usize = 8;
pub(crate) const EXPANSION_FREE: u64 = 64 << 20;
pub(crate) const EXPANSION_RATIO: u64 = 1000;
pub(crate) const ZSTD_WINDOW_LOG: u32 = 27;
