//! XML documents of many like elements, read one element at a time.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// Elements that may lie in each other.
const DEEPEST: usize = 64;

/// An element with all that is in it. Names are without prefix.
#[derive(Default)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> &str {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }

    /// Its own text, trimmed.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name; empty without one.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", Element::text)
    }
}

/// Hands over every element that lies `depth` elements deep and is `wanted`
/// by name.
pub(super) fn each(
    document: &[u8],
    depth: usize,
    wanted: impl Fn(&str) -> bool,
    mut take: impl FnMut(Element),
) -> Result<(), String> {
    let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut above, mut open): (usize, Vec<Element>) = (0, Vec::new());
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let deep = above + open.len();
        let inside = open.last_mut();
        match event {
            Event::Start(start) => {
                if deep > DEEPEST {
                    return Err("elements lie too deep in each other".to_owned());
                }
                let name = start.local_name().as_ref().to_owned();
                if inside.is_some() || above == depth && wanted(&name) {
                    open.push(Element {
                        name,
                        attributes: attributes(&start),
                        ..Element::default()
                    });
                } else {
                    above += 1;
                }
            }
            Event::End(_) => match open.pop() {
                None if above == 1 => return Ok(()),
                None => above = above.saturating_sub(1),
                Some(element) => match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => {
                        take(element);
                        if above == 0 {
                            return Ok(());
                        }
                    }
                },
            },
            Event::Text(text) => {
                if let Some(element) = inside {
                    element.text.push_str(&text.xml10_content());
                }
            }
            Event::CData(data) => {
                if let Some(element) = inside {
                    element.text.push_str(&data.xml10_content());
                }
            }
            Event::GeneralRef(reference) => {
                let Some(element) = inside else {
                    continue;
                };
                if let Ok(Some(c)) = reference.resolve_char_ref() {
                    element.text.push(c);
                } else {
                    // Entities of a document's own making are not expanded.
                    let known = quick_xml::escape::resolve_predefined_entity(reference.as_ref());
                    element.text.push_str(known.unwrap_or_default());
                }
            }
            Event::Eof => return Err("it ends within an element".to_owned()),
            _ => {}
        }
    }
}

fn attributes(start: &BytesStart<'_>) -> Vec<(String, String)> {
    let mut attributes = start.attributes();
    let attributes = attributes.with_checks(false).filter_map(Result::ok);
    let attributes = attributes.filter_map(|attribute| {
        let name = attribute.key.local_name().as_ref().to_owned();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some((name, value.into_owned()))
    });
    attributes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(document: &str) -> Result<Vec<String>, String> {
        let mut texts = Vec::new();
        each(
            document.as_bytes(),
            1,
            |name| name == "a",
            |element| {
                texts.push(format!("{}{}", element.attribute("n"), element.text()));
            },
        )?;
        Ok(texts)
    }

    #[test]
    fn elements_are_handed_over_one_by_one() {
        let document = "<r><b><a n='0'/></b><x:a n='1'>p &amp; q<![CDATA[<]]></x:a><a n='2'/></r>";
        assert_eq!(texts(document).unwrap(), ["1p & q<", "2"]);
    }

    #[test]
    fn a_cut_or_bottomless_document_is_an_error() {
        assert!(texts("<r><a n='1'>").is_err());
        assert!(texts(&"<a>".repeat(100)).is_err());
        assert!(texts("<r><a></b></r>").is_err());
    }
}
