use crate::document::Problems;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;
use std::sync::Arc;

/// Largest document that is read, in bytes.
const MAX_BYTES: usize = 32 << 20;
/// Largest number of nodes after aliases are put in place: an allowlist of a
/// hundred thousand entries fits.
const MAX_NODES: usize = 2_000_000;
/// Largest number of nodes that come from aliases.
const MAX_ALIASED: usize = 200_000;

/// Where a value stands, both counted from one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// A place in one of the documents that a policy is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) document: Arc<str>,
    pub(crate) place: Place,
}

/// A value of a YAML or JSON document and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What a node holds. Numbers stay as they were written, because `1.10` may be
/// a version.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A field of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) node: Node,
}

impl Node {
    /// Reads a whole document.
    pub(crate) fn parse(text: &str, problems: &mut Problems) -> Option<Self> {
        if text.len() > MAX_BYTES {
            problems.add_without_place(format!(
                "the document has {} bytes; at most {MAX_BYTES} are read",
                text.len()
            ));
            return None;
        }
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: 32,
                max_nodes: MAX_NODES,
                max_events: 2 * MAX_NODES,
                max_recorded_anchor_bytes: 1 << 20,
            },
            alias_limits: serde_saphyr::alias_limits! {
                max_total_replayed_events: MAX_ALIASED,
            },
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
            Ok(raw) => Some(Node::from_raw(raw, text)),
            Err(error) => {
                let message = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
                let message = message.lines().next().unwrap_or_default();
                // The place stands before the message.
                let message = message.split(" at line ").next().unwrap_or(message);
                let message = match message.contains("limits") {
                    true => format!(
                        "the document is too large: at most {MAX_NODES} values, 32 of them in \
                         each other, and {MAX_ALIASED} by alias"
                    ),
                    false => message.to_owned(),
                };
                match error.location() {
                    Some(location) => problems.add(place(&location), message),
                    None => problems.add_without_place(message),
                }
                None
            }
        }
    }

    fn from_raw(raw: Spanned<Raw>, text: &str) -> Self {
        let content = match raw.value {
            Raw::Null => Content::Null,
            Raw::Bool(value) => Content::Bool(value),
            Raw::Text(value) => Content::Text(value),
            Raw::Number(value) => {
                Content::Number(as_written(&raw.defined, text).map_or(value, str::to_owned))
            }
            Raw::List(items) => {
                Content::List(items.into_iter().map(|i| Node::from_raw(i, text)).collect())
            }
            Raw::Map(entries) => Content::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        place: place(&key.referenced),
                        name: key.value,
                        node: Node::from_raw(value, text),
                    })
                    .collect(),
            ),
        };
        Self {
            place: place(&raw.referenced),
            content,
        }
    }

    /// The value of a scalar as text.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.content {
            Content::Bool(true) => Some("true"),
            Content::Bool(false) => Some("false"),
            Content::Number(text) | Content::Text(text) => Some(text),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The items of a list; none where it is none.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// Whether nothing is written.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.content, Content::Null)
    }

    /// The fields of a mapping of names to what `of` says; a problem where it
    /// is none.
    pub(crate) fn entries(&self, field: &str, of: &str, problems: &mut Problems) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => {
                let shown = self.shown();
                let message = format!("`{field}` is {shown}, not a mapping of names to {of}");
                problems.add(self.place, message);
                &[]
            }
        }
    }

    /// The value for a message.
    pub(crate) fn shown(&self) -> String {
        match &self.content {
            Content::Null => "an empty value".to_owned(),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a mapping".to_owned(),
            Content::Bool(_) | Content::Number(_) | Content::Text(_) => {
                crate::text::quoted(self.scalar().unwrap_or_default())
            }
        }
    }
}

fn place(location: &serde_saphyr::Location) -> Place {
    Place {
        line: location.line(),
        column: location.column(),
    }
}

fn as_written<'a>(location: &serde_saphyr::Location, text: &'a str) -> Option<&'a str> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let end = start.checked_add(usize::try_from(span.byte_len()?).ok()?)?;
    let written = text.get(start..end)?.trim();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"+-._".contains(&b);
    (!written.is_empty() && written.bytes().all(plain)).then_some(written)
}

/// What the YAML reader hands over.
#[derive(Clone, Debug)]
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Node, String> {
        let mut problems = Problems::default();
        Node::parse(text, &mut problems).ok_or_else(|| problems.into_error().to_string())
    }

    #[test]
    fn values_keep_their_place_and_numbers_their_spelling() {
        let node = parse("a: x\nlist:\n  - 1.10\n  - 22\n  - no\n").unwrap();
        let Content::Map(entries) = node.content else {
            panic!("not a mapping")
        };
        assert_eq!(entries[1].place, Place { line: 2, column: 1 });
        let Content::List(items) = &entries[1].node.content else {
            panic!("not a list")
        };
        assert_eq!(items[0].place, Place { line: 3, column: 5 });
        assert!(matches!(&items[0].content, Content::Number(n) if n == "1.10"));
        assert!(matches!(&items[1].content, Content::Number(n) if n == "22"));
        assert!(matches!(&items[2].content, Content::Text(n) if n == "no"));
    }

    #[test]
    fn json_reads_the_same() {
        let node = parse(r#"{"a": [true, null, "x", 1.10]}"#).unwrap();
        let Content::Map(entries) = node.content else {
            panic!("not a mapping")
        };
        let Content::List(items) = &entries[0].node.content else {
            panic!("not a list")
        };
        assert_eq!(items[3].scalar(), Some("1.10"));
    }

    #[test]
    fn broken_twice_named_and_exploding_documents_are_refused_in_one_line() {
        let bomb = {
            let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
            for i in 1..9 {
                let refs = vec![format!("*a{}", i - 1); 10].join(", ");
                text.push_str(&format!("a{i}: &a{i} [{refs}]\n"));
            }
            text
        };
        let deep = "[".repeat(5000);
        for text in [
            "a: [",
            "a: 1\na: 2\n",
            "---\na: 1\n---\nb: 2\n",
            &bomb,
            &deep,
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        assert!(parse(&" ".repeat(MAX_BYTES + 1)).is_err());
    }
}
