//! One file per output format; the table below is what exists.

mod cyclonedx;
mod json;
mod table;
mod text;

use crate::Report;
use crate::plain::is_hidden;
use std::io;

/// An output format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What it is asked for by.
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// Writes a report in it.
    pub render: fn(&Report<'_>, &mut dyn io::Write) -> io::Result<()>,
}

/// Every format.
pub const FORMATS: &[Format] = &[
    Format {
        name: "text",
        about: "the verdict, why, what turns it green, then findings by layer and package",
        render: text::render,
    },
    Format {
        name: "json",
        about: "everything, in the versioned form of docs/json.md",
        render: json::render,
    },
    Format {
        name: "cyclonedx",
        about: "CycloneDX 1.6 JSON, with vulnerabilities where they were looked for",
        render: cyclonedx::render,
    },
    Format {
        name: "table",
        about: "one line per package",
        render: table::render,
    },
];

/// Writes `value` as indented JSON with a line feed at its end. What must not
/// reach a terminal is escaped there too, which means the same in JSON.
fn write_json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = String::new();
    for c in serde_json::to_string_pretty(value)?.chars() {
        match c {
            '\n' => text.push(c),
            c if is_hidden(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => text.push(c),
        }
    }
    text.push('\n');
    out.write_all(text.as_bytes())
}
