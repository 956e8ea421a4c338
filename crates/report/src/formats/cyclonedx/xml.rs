//! The same document in XML. Elements stand in the order that the schema
//! wants.

use super::choice::{Choice, License};
use super::component::{Component, Property};
use super::vulnerability::{Source, Vulnerability};
use super::{Bom, Dependency, Tools};
use crate::plain::is_hidden;
use std::fmt::Write;
use std::io;

pub(super) fn write(bom: &Bom, out: &mut dyn io::Write) -> io::Result<()> {
    let mut xml = Xml::default();
    xml.text
        .push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let namespace = format!("http://cyclonedx.org/schema/bom/{}", bom.spec_version);
    let version = bom.version.to_string();
    let serial = bom.serial_number.as_deref().unwrap_or_default();
    let attributes = [
        ("xmlns", namespace.as_str()),
        ("serialNumber", serial),
        ("version", &version),
    ];
    xml.element("bom", &attributes, |xml| {
        xml.element("metadata", &[], |xml| {
            xml.element("tools", &[], |xml| tools(xml, &bom.metadata.tools));
            let image = bom.metadata.component.iter();
            image.for_each(|image| component(xml, image));
            properties(xml, &bom.metadata.properties);
        });
        xml.element("components", &[], |xml| {
            bom.components.iter().for_each(|one| component(xml, one));
        });
        xml.element("dependencies", &[], |xml| {
            bom.dependencies.iter().for_each(|one| dependency(xml, one));
        });
        xml.list("compositions", &bom.compositions, |xml, composition| {
            xml.element("composition", &[], |xml| {
                xml.leaf("aggregate", composition.aggregate);
                xml.list("assemblies", &composition.assemblies, |xml, reference| {
                    xml.empty("assembly", &[("ref", reference)]);
                });
            });
        });
        xml.list("vulnerabilities", &bom.vulnerabilities, vulnerability);
    });
    out.write_all(xml.text.as_bytes())
}

fn tools(xml: &mut Xml, tools: &Tools) {
    match tools {
        Tools::Components { components } => xml.list("components", components, component),
        Tools::Names([tool]) => xml.element("tool", &[], |xml| {
            xml.leaf("name", tool.name);
            xml.leaf("version", tool.version);
        }),
    }
}

fn component(xml: &mut Xml, component: &Component) {
    let attributes = [
        ("type", component.r#type),
        ("bom-ref", component.bom_ref.as_str()),
    ];
    xml.element("component", &attributes, |xml| {
        if let Some(supplier) = &component.supplier {
            xml.element("supplier", &[], |xml| xml.leaf("name", &supplier.name));
        }
        xml.some("publisher", component.publisher.as_deref());
        xml.some("group", component.group.as_deref());
        xml.leaf("name", &component.name);
        xml.some("version", component.version.as_deref());
        xml.some("description", component.description.as_deref());
        xml.some("scope", component.scope);
        xml.list("hashes", &component.hashes, |xml, hash| {
            xml.leaf_with("hash", &[("alg", hash.alg)], &hash.content);
        });
        xml.list(
            "licenses",
            &component.licenses,
            |xml, choice| match choice {
                Choice::Expression { expression } => xml.leaf("expression", expression),
                Choice::License(license) => xml.element("license", &[], |xml| match license {
                    License::Id(id) => xml.leaf("id", id),
                    License::Name(name) => xml.leaf("name", name),
                }),
            },
        );
        xml.some("cpe", component.cpe.as_deref());
        xml.some("purl", component.purl.as_deref());
        properties(xml, &component.properties);
        if let Some(evidence) = &component.evidence {
            xml.element("evidence", &[], |xml| {
                xml.list("occurrences", &evidence.occurrences, |xml, occurrence| {
                    xml.element("occurrence", &[], |xml| {
                        xml.leaf("location", &occurrence.location);
                    });
                });
            });
        }
    });
}

fn properties(xml: &mut Xml, properties: &[Property]) {
    xml.list("properties", properties, |xml, property| {
        xml.leaf_with("property", &[("name", &property.name)], &property.value);
    });
}

fn dependency(xml: &mut Xml, dependency: &Dependency) {
    let attributes = [("ref", dependency.r#ref.as_str())];
    if dependency.depends_on.is_empty() {
        return xml.empty("dependency", &attributes);
    }
    xml.element("dependency", &attributes, |xml| {
        for needed in &dependency.depends_on {
            xml.empty("dependency", &[("ref", needed)]);
        }
    });
}

fn vulnerability(xml: &mut Xml, one: &Vulnerability) {
    xml.element("vulnerability", &[("bom-ref", &one.bom_ref)], |xml| {
        xml.leaf("id", &one.id);
        if let Some(from) = &one.source {
            source(xml, from);
        }
        xml.list("references", &one.references, |xml, reference| {
            xml.element("reference", &[], |xml| {
                xml.leaf("id", &reference.id);
                source(xml, &reference.source);
            });
        });
        xml.list("ratings", &one.ratings, |xml, rating| {
            xml.element("rating", &[], |xml| {
                source(xml, &rating.source);
                let score = rating.score.map(|score| score.to_string());
                xml.some("score", score.as_deref());
                xml.leaf("severity", rating.severity);
                xml.some("method", rating.method);
                xml.some("vector", rating.vector.as_deref());
            });
        });
        xml.some(
            "description",
            Some(one.description.as_str()).filter(|text| !text.is_empty()),
        );
        xml.some("recommendation", one.recommendation.as_deref());
        xml.list("advisories", &one.advisories, |xml, advisory| {
            xml.element("advisory", &[], |xml| {
                xml.some("title", advisory.title.as_deref());
                xml.leaf("url", &advisory.url);
            });
        });
        xml.some("published", one.published.as_deref());
        xml.list("affects", &one.affects, |xml, affected| {
            xml.element("target", &[], |xml| xml.leaf("ref", &affected.r#ref));
        });
        properties(xml, &one.properties);
    });
}

fn source(xml: &mut Xml, source: &Source) {
    xml.element("source", &[], |xml| {
        xml.leaf("name", &source.name);
        xml.some("url", source.url.as_deref());
    });
}

/// Indented elements.
#[derive(Default)]
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            let _ = write!(self.text, " {key}=\"");
            self.escape(value);
            self.text.push('"');
        }
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Self)) {
        self.tag(name, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        let _ = writeln!(self.text, "</{name}>");
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str("/>\n");
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.leaf_with(name, &[], text);
    }

    fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes);
        self.text.push('>');
        self.escape(text);
        let _ = writeln!(self.text, "</{name}>");
    }

    fn some(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// A list, where it has members.
    fn list<T>(&mut self, name: &str, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        if !items.is_empty() {
            self.element(name, &[], |xml| {
                items.iter().for_each(|item| each(xml, item))
            });
        }
    }

    /// What XML cannot hold at all is replaced; what must not reach a terminal
    /// is written by its number.
    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                c if !is_legal(c) => self.text.push(char::REPLACEMENT_CHARACTER),
                c if is_hidden(c) => {
                    let _ = write!(self.text, "&#x{:x};", u32::from(c));
                }
                c => self.text.push(c),
            }
        }
    }
}

/// Characters of XML 1.0, section 2.2.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
