//! Small XML documents as trees, without namespaces and entities of their
//! own. Not a collector itself.

use crate::collector::CollectError;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// Elements in elements, and elements at all: project files have a few
/// thousand at most.
const DEPTH: usize = 64;
const ELEMENTS: usize = 1_000_000;

/// An element with what stands in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// The outermost element of a document.
    pub fn read(text: &str) -> Result<Self, CollectError> {
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Element> = vec![Element::default()];
        let mut elements = 0;
        loop {
            let event = reader.read_event().map_err(CollectError::new)?;
            let (start, closed) = match event {
                Event::Start(start) => (Some(Element::start(&start)), false),
                Event::Empty(start) => (Some(Element::start(&start)), true),
                Event::End(_) => (None, true),
                Event::Text(text) => {
                    push(&mut open, &text.xml_content(XmlVersion::Implicit1_0));
                    continue;
                }
                Event::CData(text) => {
                    push(&mut open, &text.xml_content(XmlVersion::Implicit1_0));
                    continue;
                }
                Event::GeneralRef(name) => {
                    let character = name.resolve_char_ref().ok().flatten();
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    match (character, known) {
                        (Some(character), _) => push(&mut open, &character.to_string()),
                        (None, known) => push(&mut open, known.unwrap_or_default()),
                    }
                    continue;
                }
                Event::Eof => break,
                _ => continue,
            };
            if let Some(start) = start {
                elements += 1;
                if open.len() > DEPTH || elements > ELEMENTS {
                    return Err(CollectError::new(
                        "it has or nests more elements than are read",
                    ));
                }
                open.push(start);
            }
            if closed && open.len() > 1 {
                let element = open.pop().unwrap_or_default();
                if let Some(parent) = open.last_mut() {
                    parent.children.push(element);
                }
            }
        }
        if open.len() != 1 {
            return Err(CollectError::new("it ends inside an element"));
        }
        let document = open.pop().unwrap_or_default();
        let root = document.children.into_iter().next();
        root.ok_or_else(|| CollectError::new("it is no XML document"))
    }

    fn start(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().flatten().filter_map(|attribute| {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            let name = attribute.key.local_name().as_ref().to_owned();
            Some((name, value.trim().to_owned()))
        });
        Self {
            name: start.local_name().as_ref().to_owned(),
            attributes: attributes.collect(),
            ..Self::default()
        }
    }

    /// The text that stands in it, trimmed; `None` if there is none.
    pub fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Text of the child of that name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name)?.text()
    }

    /// Children of the child `list` that are called `name`.
    pub fn list<'a>(&'a self, list: &str, name: &'a str) -> impl Iterator<Item = &'a Element> {
        let children = self.child(list).map_or(&[][..], |list| &list.children);
        children.iter().filter(move |child| child.name == name)
    }

    /// Every element below this one, and this one itself.
    pub fn all(&self) -> impl Iterator<Item = &Element> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(next.children.iter().rev());
            Some(next)
        })
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_a_tree() {
        let text = "\u{feff}<?xml version=\"1.0\"?><!-- x --><p:a xmlns:p=\"u\"><b k=\" 1 \">x &amp; y</b><c><d/><d>2</d></c></p:a>";
        let root = Element::read(text).unwrap();
        assert_eq!(root.name, "a");
        assert_eq!(root.text_of("b"), Some("x & y"));
        assert_eq!(root.child("b").unwrap().attribute("k"), Some("1"));
        assert_eq!(root.list("c", "d").count(), 2);
        assert_eq!(root.all().count(), 5);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for bad in ["", "text", "<a>", "<a></b>"] {
            assert!(Element::read(bad).is_err(), "{bad}");
        }
        let deep = "<a>".repeat(1000) + &"</a>".repeat(1000);
        assert!(Element::read(&deep).is_err());
    }
}
