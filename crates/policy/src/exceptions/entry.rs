use crate::text::one_line;
use crate::verdict::Assessment;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use plimsoll_types::PackageUrl;
use std::fmt::Write;

/// An entry of the allowlist that is to be written.
#[derive(Debug, Default)]
pub(super) struct Exception {
    /// Where it stands in the document.
    pub(super) line: Option<u64>,
    pub(super) id: Option<String>,
    /// A pattern.
    pub(super) package: Option<String>,
    /// A pattern.
    pub(super) version: Option<String>,
    /// As YAML.
    pub(super) images: Option<String>,
    /// Conditions as YAML, `name: value`.
    pub(super) when: Vec<String>,
    pub(super) vex: Option<Assessment>,
    pub(super) reason: Option<String>,
    pub(super) by: Option<String>,
    pub(super) until: Option<Date>,
}

impl Exception {
    /// The entry as an item of a list in YAML, indented by two.
    pub(super) fn written(&self, file: &str) -> String {
        let mut fields: Vec<(&str, String)> = Vec::new();
        let texts = [
            ("id", &self.id),
            ("package", &self.package),
            ("version", &self.version),
        ];
        for (name, text) in texts {
            fields.extend(text.as_deref().map(|text| (name, scalar(text))));
        }
        fields.extend(self.images.clone().map(|images| ("images", images)));
        if !self.when.is_empty() {
            fields.push(("when", format!("{{ {} }}", self.when.join(", "))));
        }
        if let Some(vex) = self.vex {
            let why = vex.justification;
            let why = why.map(|why| format!(", justification: {}", why.as_str()));
            let why = why.unwrap_or_default();
            fields.push(("vex", format!("{{ status: {}{why} }}", vex.status.as_str())));
        }
        let reason = self.reason.as_deref().map(folded);
        let reason = reason.filter(|reason| !reason.is_empty());
        let reason = reason.unwrap_or_else(|| format!("accepted in {file}, which gives no reason"));
        let by = self.by.as_deref().map(folded).filter(|by| !by.is_empty());
        let by = by.unwrap_or_else(|| format!("{file} (imported)"));
        fields.push(("reason", quoted(&reason)));
        fields.push(("by", quoted(&by)));
        let until = self.until.map(|day| day.to_string());
        fields.push(("until", until.unwrap_or_else(|| "never".to_owned())));
        let mut text = String::new();
        for (index, (name, value)) in fields.iter().enumerate() {
            let lead = if index == 0 { "  - " } else { "    " };
            let _ = writeln!(text, "{lead}{name}: {value}");
        }
        text
    }

    /// What it is about, for messages.
    pub(super) fn shown(&self) -> String {
        let texts = [&self.id, &self.package, &self.version];
        let texts: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
        match texts.is_empty() {
            true => "the rule".to_owned(),
            false => format!("`{}`", texts.join(" ")),
        }
    }
}

/// White space folded, so that it is one line.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// A text as YAML, without quotes where it plainly needs none.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.contains('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match is_plain {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// A text as YAML: JSON is, once control characters are gone.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(&one_line(text)).unwrap_or_else(|_| "\"\"".to_owned())
}

/// Texts as a list in YAML.
pub(super) fn list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let texts = texts.into_iter();
    let texts: Vec<String> = texts.map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// A text that patterns take as it is.
pub(super) fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if "*?[]{}\\".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The pattern for package URLs that say all that this one says.
pub(super) fn purl_pattern(purl: &PackageUrl) -> Result<String, String> {
    if !purl.subpath.is_empty() {
        return Err("entries do not tell apart the parts of a package".to_owned());
    }
    let mut bare = purl.clone();
    bare.qualifiers.clear();
    let mut pattern = bare.to_string();
    if purl.qualifiers.is_empty() {
        return Ok(pattern);
    }
    if purl.version.is_none() {
        pattern.push_str("{,@*}");
    }
    let mut only = PackageUrl::default();
    only.qualifiers.clone_from(&purl.qualifiers);
    // Written by the same hand: sorted, and encoded alike.
    let only = only.to_string();
    let pairs = only.split_once('?').map_or("", |(_, pairs)| pairs);
    for (index, pair) in pairs.split('&').enumerate() {
        pattern.push_str(if index == 0 { "\\?{,*&}" } else { "&{,*&}" });
        pattern.push_str(pair);
    }
    pattern.push_str("{,&*}");
    Ok(pattern)
}

/// The last whole day, in UTC, before a moment from which something no longer
/// holds: a day as `YYYY-MM-DD`, or a time. A time that ends a day to the
/// second counts as its end.
pub(super) fn last_day(moment: &str) -> Option<Date> {
    let moment = moment.trim();
    if let Ok(day) = Date::strptime("%Y-%m-%d", moment) {
        return day.yesterday().ok();
    }
    let time = match moment.parse::<Timestamp>() {
        Ok(time) => time,
        Err(_) => {
            let time: jiff::civil::DateTime = moment.parse().ok()?;
            TimeZone::UTC.to_timestamp(time).ok()?
        }
    };
    let time = time.checked_add(1.second()).ok()?;
    TimeZone::UTC.to_datetime(time).date().yesterday().ok()
}

/// Said where a document tells ends.
pub(super) const ENDS: &str = "the day of an end is the first on which the file no longer \
     accepts, so `until`, the last day on which an entry holds, is the day before";

/// Said where a document names ids exactly.
pub(super) const ALIASES: &str =
    "an id stands for all of its aliases here, in the file for that one id";
