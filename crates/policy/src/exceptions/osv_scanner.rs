//! `osv-scanner.toml`: ignored vulnerabilities and overrides for packages.

use super::entry::{ENDS, Exception, last_day, list, literal};
use super::{ExceptionFormat, Import};
use crate::document::{Place, Problems};
use crate::text::quoted;
use plimsoll_advisory::osv_ecosystem;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

pub(super) const FORMAT: ExceptionFormat = ExceptionFormat {
    id: "osv-scanner",
    about: "`osv-scanner.toml` of OSV-Scanner",
    is: |file, text| {
        file.ends_with("osv-scanner.toml")
            || ["[[IgnoredVulns]]", "[[PackageOverrides]]"]
                .iter()
                .any(|head| text.contains(head))
    },
    read,
};

#[derive(Deserialize)]
struct Root {
    #[serde(rename = "IgnoredVulns", default)]
    vulnerabilities: Vec<Spanned<Ignored>>,
    #[serde(rename = "PackageOverrides", default)]
    packages: Vec<Spanned<Override>>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Ignored {
    id: String,
    #[serde(rename = "ignoreUntil")]
    until: Option<Moment>,
    reason: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Override {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    ecosystem: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    ignore: bool,
    #[serde(default)]
    vulnerability: Switch,
    license: Option<Value>,
    #[serde(rename = "effectiveUntil")]
    until: Option<Moment>,
    reason: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
struct Switch {
    #[serde(default)]
    ignore: bool,
}

/// A day or a time, as TOML has them or as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Time(toml::value::Datetime),
    Text(String),
}

impl Moment {
    fn text(&self) -> String {
        match self {
            Moment::Time(time) => time.to_string(),
            Moment::Text(text) => text.clone(),
        }
    }
}

/// Distributions of OSV by the package URLs of all of their packages.
const DISTRIBUTIONS: &[(&str, &str)] = &[
    ("Debian", "pkg:deb/debian/**"),
    ("Ubuntu", "pkg:deb/ubuntu/**"),
    ("Alpine", "pkg:apk/alpine/**"),
    ("Wolfi", "pkg:apk/wolfi/**"),
    ("Chainguard", "pkg:apk/chainguard/**"),
    ("Red Hat", "pkg:rpm/redhat/**"),
    ("Rocky Linux", "pkg:rpm/rocky/**"),
    ("AlmaLinux", "pkg:rpm/almalinux/**"),
    ("SUSE", "pkg:rpm/suse/**"),
    ("openSUSE", "pkg:rpm/opensuse/**"),
];

fn read(text: &str, import: &mut Import, problems: &mut Problems) {
    let lines = Lines::of(text);
    let root: Root = match toml::from_str(text) {
        Ok(root) => root,
        Err(error) => {
            let message = error.message();
            match error.span() {
                Some(span) => problems.add(lines.place(span.start), message),
                None => problems.add_without_place(message),
            }
            return;
        }
    };
    for entry in &root.vulnerabilities {
        let place = lines.place(entry.span().start);
        ignored(entry.get_ref(), place, import, problems);
    }
    for entry in &root.packages {
        let place = lines.place(entry.span().start);
        package(entry.get_ref(), place, import, problems);
    }
    for name in root.rest.keys() {
        import.left_out(None, &quoted(name), "it accepts nothing");
    }
}

fn ignored(entry: &Ignored, place: Place, import: &mut Import, problems: &mut Problems) {
    let mut exception = Exception {
        line: Some(place.line),
        id: Some(entry.id.clone()),
        reason: entry.reason.clone(),
        ..Exception::default()
    };
    if let Some(name) = entry.rest.keys().next() {
        let why = format!("its field {} is not known", quoted(name));
        return import.left_out(exception.line, &exception.shown(), &why);
    }
    if end(
        &entry.until,
        "ignoreUntil",
        place,
        &mut exception,
        import,
        problems,
    ) {
        import.add(&exception);
    }
}

fn package(entry: &Override, place: Place, import: &mut Import, problems: &mut Problems) {
    let given = |text: &str| (!text.is_empty()).then(|| literal(text));
    let mut exception = Exception {
        line: Some(place.line),
        package: given(&entry.name),
        version: given(&entry.version),
        reason: entry.reason.clone(),
        ..Exception::default()
    };
    let shown = exception.shown();
    if entry.license.is_some() {
        let why = "licences are accepted in the rules of the gate `licenses`";
        import.left_out(exception.line, &format!("`license` of {shown}"), why);
    }
    if !entry.ignore && !entry.vulnerability.ignore {
        return;
    }
    if entry.ignore {
        import.note(WHOLE);
    }
    match condition(entry) {
        Ok(condition) => exception.when.push(condition),
        Err(why) => return import.left_out(exception.line, &shown, &why),
    }
    if end(
        &entry.until,
        "effectiveUntil",
        place,
        &mut exception,
        import,
        problems,
    ) {
        import.add(&exception);
    }
}

const WHOLE: &str = "`ignore` takes a package out of the scan; here its vulnerabilities are \
     accepted, and what else rules say of it counts";

/// What holds of the packages beside name and version.
fn condition(entry: &Override) -> Result<String, String> {
    if let Some(name) = entry.rest.keys().next() {
        return Err(format!("its field {} is not known", quoted(name)));
    }
    if !entry.group.is_empty() {
        return Err("entries do not choose packages by group".to_owned());
    }
    let ecosystem = entry.ecosystem.as_str();
    if ecosystem.is_empty() {
        if entry.name.is_empty() && entry.version.is_empty() {
            return Err("it accepts everything".to_owned());
        }
        // It is about vulnerabilities, not about the package.
        return Ok("kinds: [vulnerability, malware]".to_owned());
    }
    if let Some(known) = osv_ecosystem(ecosystem) {
        return Ok(format!("ecosystems: [{}]", known.as_str()));
    }
    if let Some((_, purls)) = DISTRIBUTIONS.iter().find(|(name, _)| *name == ecosystem) {
        return Ok(format!("purls: {}", list([purls])));
    }
    Err(format!(
        "entries do not choose packages by the ecosystem {}",
        quoted(ecosystem)
    ))
}

/// Takes the end over; `false` after a problem was added.
fn end(
    until: &Option<Moment>,
    field: &str,
    place: Place,
    exception: &mut Exception,
    import: &mut Import,
    problems: &mut Problems,
) -> bool {
    let Some(until) = until else { return true };
    let text = until.text();
    exception.until = last_day(&text);
    if exception.until.is_none() {
        let shown = quoted(&text);
        problems.add(
            place,
            format!("`{field}`: {shown} is not a day as `YYYY-MM-DD`"),
        );
        return false;
    }
    import.note(ENDS);
    true
}

/// Where the lines of a text begin, in bytes.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(
            std::iter::once(0)
                .chain(ends.map(|(at, _)| at + 1))
                .collect(),
        )
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.0.get(line));
        let column = offset - start.copied().unwrap_or_default() + 1;
        Place {
            line: line as u64,
            column: column as u64,
        }
    }
}
