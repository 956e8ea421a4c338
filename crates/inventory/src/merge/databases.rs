//! Package databases that programs find through links.
//!
//! Collectors go by the names of files, and a link may give a database any
//! name: what a well-known place leads to and no collector saw is a gap.

use super::files::Tree;
use crate::collector::{Collector, FileHead, Want};
use crate::collectors;
use crate::path::{name, read_alike};
use plimsoll_types::{FileKind, Gap, GapKind};

/// A gap for each database that lies behind a link and was not read.
pub(super) fn unseen(tree: &Tree<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for &collector in collectors::ALL {
        for place in collector.places() {
            // A link that leads nowhere or in circles hides nothing.
            let Some(real) = tree.real(place) else {
                continue;
            };
            match tree.entry(&real).map(|entry| &entry.kind) {
                Some(FileKind::File) => gaps.extend(file(tree, collector, place)),
                Some(FileKind::Directory) => {
                    let files = tree.children(&real);
                    let hidden = files.iter().find_map(|child| {
                        file(tree, collector, &format!("{place}/{}", name(child)))
                    });
                    gaps.extend(hidden);
                }
                _ => {}
            }
        }
    }
    gaps
}

/// The gap of the database file that `place` leads to, if no collector read
/// it as what it is.
fn file(tree: &Tree<'_>, collector: &dyn Collector, place: &str) -> Option<Gap> {
    let real = tree.real(place)?;
    let entry = tree.entry(&real)?;
    if real == place || entry.kind != FileKind::File || entry.size == 0 {
        return None;
    }
    let want = collector.wants(&FileHead::new(&real, entry.size, entry.mode, &[]));
    if want != Want::No && read_alike(place, &real) {
        return None;
    }
    let link = first_link(tree, place)?;
    Some(Gap {
        kind: GapKind::DatabaseUnreadable,
        subject: place.to_owned(),
        layer: tree
            .layer_of(link)
            .and_then(|layer| u32::try_from(layer).ok()),
        detail: format!(
            "{}: the link `{link}` makes a database of `{real}`, which was not read as one",
            collector.name()
        ),
    })
}

/// The first link on the way to `path`.
fn first_link<'p>(tree: &Tree<'_>, path: &'p str) -> Option<&'p str> {
    let ends = path.match_indices('/').map(|(at, _)| at);
    ends.chain([path.len()])
        .map(|end| &path[..end])
        .find(|part| {
            tree.entry(part)
                .is_some_and(|entry| matches!(entry.kind, FileKind::Symlink(_)))
        })
}
