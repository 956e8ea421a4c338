//! Reading a policy document: text to nodes with places, nodes to typed
//! values, every problem collected on the way.

mod allowlist;
mod fields;
mod mappings;
mod node;
mod policy;
mod problems;
mod rules;
mod values;

pub(crate) use allowlist::{FOR_RULES, read_entry};
pub(crate) use fields::{Field, Fields, Value, scalar, wrong};
pub(crate) use node::{Content, Entry, Node, Place, Spot};
pub(crate) use policy::read;
pub use problems::PolicyError;
pub(crate) use problems::Problems;
pub use rules::GUARDS;
pub(crate) use values::words;
pub(crate) use values::{Days, LastDay, Percent, Score, Share, one_of};

use crate::text::{quoted, suggestion};
use serde::{Deserialize, Serialize};

/// A policy document as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Stands for it in messages: the path it was read from.
    pub name: String,
    /// YAML or JSON.
    pub text: String,
}

/// Hands over a document that another extends: what is written there, and the
/// name of the document in which it is written.
///
/// # Errors
/// Why it cannot be had, in one line.
pub type Fetch<'a> = dyn FnMut(&str, &str) -> Result<Document, String> + 'a;

/// Reports a name that nothing in the policy has.
fn unknown<'a>(
    kind: &str,
    name: &str,
    place: Place,
    known: impl IntoIterator<Item = &'a str>,
    problems: &mut Problems,
) {
    let hint = suggestion(name, known);
    problems.add(place, format!("unknown {kind} {}{hint}", quoted(name)));
}

/// The readable items of a list field; none where it is not there.
pub(crate) fn read_list<T>(
    fields: &mut Fields<'_>,
    field: &'static str,
    problems: &mut Problems,
    mut read: impl FnMut(&Node, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let items = match fields.node(field) {
        Some(node) => items(node, field, problems),
        None => &[],
    };
    let items = items.iter();
    items.filter_map(|item| read(item, problems)).collect()
}

fn items<'a>(node: &'a Node, what: &str, problems: &mut Problems) -> &'a [Node] {
    match &node.content {
        Content::List(items) => items,
        Content::Null => &[],
        _ => {
            let shown = node.shown();
            problems.add(
                node.place,
                format!("{} is {shown}, not a list", quoted(what)),
            );
            &[]
        }
    }
}
