//! One file per output format; the table below is what exists.

mod cyclonedx;
mod json;
mod table;
mod text;

use crate::Report;
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

/// Writes `value` as indented JSON with a line feed at its end.
fn write_json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}
