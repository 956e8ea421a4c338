//! One file per output format; the table below is what exists.

mod anchore;
mod cyclonedx;
mod json;
mod license;
mod openvex;
mod reference;
mod spdx;
mod spdx3;
mod syft;
mod table;
mod text;
mod vex;

use crate::Report;
use crate::plain::is_hidden;
use std::io;

/// An output format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What it is asked for by.
    pub name: &'static str,
    /// Versions of its specification that can be asked for as `name@version`;
    /// the first is written where none is.
    pub versions: &'static [&'static str],
    /// One line for people.
    pub about: &'static str,
    render: Render,
}

/// Writes a report in a version of a format.
type Render = fn(&Report<'_>, &str, &mut dyn io::Write) -> io::Result<()>;

/// Every format.
pub const FORMATS: &[Format] = &[
    Format {
        name: "text",
        versions: &[],
        about: "the verdict, why, what turns it green, then findings by layer and package",
        render: |report, _, out| text::render(report, out),
    },
    Format {
        name: "json",
        versions: &[],
        about: "everything, in the versioned form of docs/json.md",
        render: |report, _, out| json::render(report, out),
    },
    Format {
        name: "cyclonedx",
        versions: cyclonedx::VERSIONS,
        about: "short for cyclonedx-json",
        render: cyclonedx::json,
    },
    Format {
        name: "cyclonedx-json",
        versions: cyclonedx::VERSIONS,
        about: "CycloneDX in JSON, with vulnerabilities where they were looked for",
        render: cyclonedx::json,
    },
    Format {
        name: "cyclonedx-xml",
        versions: cyclonedx::VERSIONS,
        about: "the same in XML",
        render: cyclonedx::xml,
    },
    Format {
        name: "spdx-json",
        versions: &["2.3", "3.0"],
        about: "SPDX in JSON; 3.0 is JSON-LD",
        render: |report, version, out| match version {
            "3.0" => spdx3::render(report, out),
            _ => spdx::json(report, out),
        },
    },
    Format {
        name: "spdx-tag-value",
        versions: &["2.3"],
        about: "SPDX as lines of tags and values",
        render: |report, _, out| spdx::tag_value(report, out),
    },
    Format {
        name: "syft-json",
        versions: &["16"],
        about: "the JSON of Syft, as Grype and others read it",
        render: |report, _, out| syft::render(report, out),
    },
    Format {
        name: "openvex",
        versions: &["0.2.0"],
        about: "VEX in OpenVEX: what is said of each finding",
        render: |report, _, out| openvex::render(report, out),
    },
    Format {
        name: "cyclonedx-vex",
        versions: cyclonedx::VERSIONS,
        about: "the same in CycloneDX (JSON)",
        render: cyclonedx::vex,
    },
    Format {
        name: "anchore-v1",
        versions: &[],
        about: "the check result of Anchore Engine, which anchore-cli and its kin read",
        render: |report, _, out| anchore::v1(report, out),
    },
    Format {
        name: "anchore-v2",
        versions: &[],
        about: "the evaluation of Anchore Enterprise",
        render: |report, _, out| anchore::v2(report, out),
    },
    Format {
        name: "anchore-gates-json",
        versions: &[],
        about: "the table of an Anchore check by image, as its Jenkins plugin keeps it",
        render: |report, _, out| anchore::gates(report, out),
    },
    Format {
        name: "table",
        versions: &[],
        about: "one line per package",
        render: |report, _, out| table::render(report, out),
    },
];

/// A format in one version.
#[derive(Clone, Copy, Debug)]
pub struct Chosen {
    format: &'static Format,
    version: &'static str,
}

impl Chosen {
    /// What `name` or `name@version` asks for.
    pub fn of(text: &str) -> Option<Self> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let format = FORMATS.iter().find(|format| format.name == name)?;
        let mut versions = format.versions.iter();
        Some(Self {
            format,
            version: match version {
                Some(asked) => versions.find(|known| **known == asked)?,
                None => versions.next().unwrap_or(&""),
            },
        })
    }

    /// Writes a report in it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn render(&self, report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        (self.format.render)(report, self.version, out)
    }
}

/// Writes `value` as indented JSON with a line feed at its end.
fn write_json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = visible(&serde_json::to_string_pretty(value)?);
    text.push('\n');
    out.write_all(text.as_bytes())
}

/// A JSON value in the same form.
pub(crate) fn json_text(value: &serde_json::Value) -> String {
    visible(&format!("{value:#}\n"))
}

/// JSON with escapes for what must not reach a terminal, which mean the same.
fn visible(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
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
    text
}

/// A UUID of version 8 over a document.
fn uuid(document: &[u8]) -> String {
    let hash = blake3::hash(document);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_bytes()[..16]);
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

/// The name and version of this program.
const TOOL: &str = concat!("plimsoll-", env!("CARGO_PKG_VERSION"));

/// When a document was made, for forms that must tell: when the image was, so
/// that one image makes one document.
fn created(report: &Report<'_>) -> String {
    let config = report.inventory.config.as_ref();
    let stated = config.and_then(|config| config.created.as_deref()?.parse().ok());
    let time: jiff::Timestamp = stated.or(report.source_date).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
