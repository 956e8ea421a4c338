//! Which feeds may not be passed on.

use super::history;
use super::index::Status;
use std::collections::BTreeSet;

/// Feeds whose terms forbid passing them on, and the namespaces that hold
/// nothing else. Wolfi's and Chainguard's data is under CC BY-NC-ND with terms
/// of the vendor, MinimOS' under those of its vendor.
const FORBIDDEN: &[(&str, &str)] = &[
    ("wolfi-secdb", "wolfi"),
    ("osv/Wolfi", "wolfi"),
    ("chainguard-secdb", "chainguard"),
    ("osv/Chainguard", "chainguard"),
    ("minimos-secdb", "minimos"),
    ("osv/MinimOS", "minimos"),
];

/// The set without what may not be passed on, bare, and the feeds that are
/// left out. A namespace to which such a feed adds is left out as a whole.
pub(super) fn passable(status: &Status) -> (Status, Vec<String>) {
    let is_forbidden = |feed: &str| FORBIDDEN.iter().any(|(name, _)| *name == feed);
    let (left, feeds): (Vec<_>, Vec<_>) = status
        .feeds
        .iter()
        .cloned()
        .partition(|feed| is_forbidden(&feed.name));
    let parts: BTreeSet<&str> = left
        .iter()
        .flat_map(|feed| feed.parts.values().map(String::as_str))
        .collect();
    let mut shards = status.shards.clone();
    shards.retain(|shard| {
        let own = FORBIDDEN.iter().any(|(_, name)| *name == shard.namespace);
        !own && !shard.parts.iter().any(|part| parts.contains(part.as_str()))
    });
    let set = Status::new(feeds, shards, status.tables.clone(), Default::default());
    let names = left.into_iter().map(|feed| feed.name).collect();
    (history::bare(&set), names)
}
