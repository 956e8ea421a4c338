use crate::document::Problems;
use crate::document::node::{Content, Entry, Node, Place};
use crate::text::{quoted, suggestion};
use serde_json::json;
use std::collections::BTreeSet;

/// The fields of a mapping; each is taken once, and what is left over at the
/// end is unknown.
pub(crate) struct Fields<'a> {
    /// What the mapping describes, for messages: ``rule `x` ``.
    what: String,
    place: Place,
    entries: &'a [Entry],
    known: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of `node`; a problem when it is no mapping.
    pub(crate) fn of(node: &'a Node, what: &str, problems: &mut Problems) -> Option<Self> {
        let entries = match &node.content {
            Content::Map(entries) => entries.as_slice(),
            _ => {
                let message = format!("{what} is {}, not a mapping of fields", node.shown());
                problems.add(node.place, message);
                return None;
            }
        };
        Some(Self {
            what: what.to_owned(),
            place: node.place,
            entries,
            known: BTreeSet::new(),
        })
    }

    /// No fields at all, for a mapping that was left out at `place`.
    pub(crate) fn none(what: &str, place: Place) -> Fields<'static> {
        Fields {
            what: what.to_owned(),
            place,
            entries: &[],
            known: BTreeSet::new(),
        }
    }

    /// Names the mapping better, once its own name is known.
    pub(crate) fn rename(&mut self, what: String) {
        self.what = what;
    }

    /// What the mapping describes.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Where the mapping begins.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The node of a field; an empty value counts as left out.
    pub(crate) fn node(&mut self, name: &'static str) -> Option<&'a Node> {
        self.known.insert(name);
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        (!matches!(entry.node.content, Content::Null)).then_some(&entry.node)
    }

    /// Whether the field is written at all, even without a value.
    pub(crate) fn is_present(&mut self, name: &'static str) -> bool {
        self.known.insert(name);
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// Whether every field was left out.
    pub(crate) fn is_empty(&self) -> bool {
        let empty = |entry: &Entry| matches!(entry.node.content, Content::Null);
        self.entries.iter().all(empty)
    }

    /// A typed field.
    pub(crate) fn take<F: Field>(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
    ) -> Option<F> {
        F::take(self, name, problems)
    }

    /// Reports a field that must be there.
    pub(crate) fn missing(&self, name: &str, expected: &str, problems: &mut Problems) {
        problems.add(
            self.place,
            format!("{} has no `{name}`; write {expected}", self.what),
        );
    }

    /// Place and name of every field that nobody took.
    pub(crate) fn left(self) -> Vec<(Place, String)> {
        let known = &self.known;
        let left = self.entries.iter();
        let left = left.filter(|entry| !known.contains(entry.name.as_str()));
        left.map(|entry| (entry.place, entry.name.clone()))
            .collect()
    }

    /// Reports every field that nobody took.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for entry in self.entries {
            if !self.known.contains(entry.name.as_str()) {
                let hint = suggestion(&entry.name, self.known.iter().copied());
                let name = quoted(&entry.name);
                problems.add(
                    entry.place,
                    format!("unknown field {name} in {}{hint}", self.what),
                );
            }
        }
    }
}

/// A typed value of a document.
pub(crate) trait Value: Sized {
    /// What to write, for messages and documentation: `a number of days …`.
    fn expected() -> String;

    /// The same as JSON Schema; a scalar of any kind when nothing closer is
    /// said.
    fn schema() -> serde_json::Value {
        json!({ "type": ["string", "number", "boolean"] })
    }

    /// Reads it; `None` after a problem was added.
    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self>;
}

/// A field of a document: a value that must be there, or one that may be left
/// out (`Option`).
pub(crate) trait Field: Sized {
    /// Whether leaving it out is a problem.
    const REQUIRED: bool;

    /// What to write.
    fn expected() -> String;

    /// The same as JSON Schema.
    fn schema() -> serde_json::Value;

    /// Takes it out of `fields`; `None` after a problem was added.
    fn take(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Self>;
}

impl<T: Value> Field for T {
    const REQUIRED: bool = true;

    fn expected() -> String {
        <T as Value>::expected()
    }

    fn schema() -> serde_json::Value {
        <T as Value>::schema()
    }

    fn take(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Self> {
        match fields.node(name) {
            Some(node) => T::read(node, name, problems),
            None => {
                fields.missing(name, &<T as Value>::expected(), problems);
                None
            }
        }
    }
}

impl<T: Value> Field for Option<T> {
    const REQUIRED: bool = false;

    fn expected() -> String {
        <T as Value>::expected()
    }

    fn schema() -> serde_json::Value {
        <T as Value>::schema()
    }

    fn take(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Self> {
        match fields.node(name) {
            Some(node) => T::read(node, name, problems).map(Some),
            None => Some(None),
        }
    }
}

/// The scalar of `node`, or a problem that says what was expected.
pub(crate) fn scalar<'a, T: Value>(
    node: &'a Node,
    field: &str,
    problems: &mut Problems,
) -> Option<&'a str> {
    if node.scalar().is_none() {
        wrong::<T>(node, field, "", problems);
    }
    node.scalar()
}

/// Adds the problem that `node` is not a `T`.
pub(crate) fn wrong<T: Value>(node: &Node, field: &str, hint: &str, problems: &mut Problems) {
    let (shown, expected) = (node.shown(), T::expected());
    problems.add(
        node.place,
        format!("`{field}`: {shown} is not {expected}{hint}"),
    );
}
