//! Policy bundles of Anchore, judged as Anchore judges them.
//!
//! What Anchore passes in silence because something failed, was not looked at
//! or is no longer judged is not passed here; docs/anchore.md says where.
//! Start at [`judge`].

mod allowlist;
mod bundle;
mod eol;
mod evaluation;
mod gates;
mod images;
mod import;
mod json;
mod judge;
mod params;
mod reader;
#[cfg(test)]
mod tests;
mod trail;

pub use evaluation::{Evaluation, ListItem, Origin};
pub use import::{Imported, import};

pub(crate) use bundle::Bundle;
pub(crate) use judge::judge;
pub(crate) use reader::{is_bundle, read};
pub(crate) use trail::trail;

use crate::document::{Content, Node, Problems};

/// The items of a list.
fn lists<'a>(node: &'a Node, name: &str, problems: &mut Problems) -> &'a [Node] {
    match &node.content {
        Content::List(items) => items,
        _ => {
            let message = format!("`{name}` is {}, not a list", node.shown());
            problems.add(node.place, message);
            &[]
        }
    }
}
