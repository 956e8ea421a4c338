//! Lists of what has changed, and of what was taken back.

use crate::feeds::ListForm;
use crate::input::{InputError, failed};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One record of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub at: Timestamp,
    /// Below the folder of the records.
    pub path: String,
}

/// A list of records: by id, when each changed last.
#[derive(Debug, Default)]
pub(super) struct List {
    pub entries: BTreeMap<String, Entry>,
    /// The moment of the youngest.
    pub latest: Option<Timestamp>,
}

impl List {
    /// # Errors
    /// Where a line is none of such a list.
    pub(super) fn read(url: &str, text: &str, form: ListForm) -> Result<Self, InputError> {
        let mut list = Self::default();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let broken = || failed(url, format!("line {} is none of such a list", number + 1));
            let (id, entry) = entry(line, form).ok_or_else(broken)?;
            list.latest = list.latest.max(Some(entry.at));
            let known = list.entries.get(&id);
            if known.is_none_or(|known| known.at < entry.at) {
                list.entries.insert(id, entry);
            }
        }
        Ok(list)
    }

    /// What changed after a moment.
    pub(super) fn since(&self, moment: Timestamp) -> BTreeMap<String, Entry> {
        let newer = self.entries.iter().filter(|(_, entry)| entry.at > moment);
        newer
            .map(|(id, entry)| (id.clone(), entry.clone()))
            .collect()
    }
}

fn entry(line: &str, form: ListForm) -> Option<(String, Entry)> {
    let (first, second) = line.split_once(',')?;
    let bare = |text: &str| text.trim().trim_matches('"').to_owned();
    let (first, second) = (bare(first), bare(second));
    let (time, path, id) = match form {
        ListForm::Osv => (first, format!("{second}.json"), second),
        ListForm::Csaf => {
            let name = first.rsplit('/').next()?.strip_suffix(".json")?;
            // A document's name is its id with all that is odd replaced.
            let id = name.to_ascii_uppercase().replace('_', ":");
            (second, first, id)
        }
    };
    let odd = |c: char| !c.is_ascii_alphanumeric() && !"-_.:/".contains(c);
    let sane = |part: &str| !part.is_empty() && !part.starts_with('.');
    if path.contains(odd) || !path.split('/').all(sane) {
        return None;
    }
    let at = time.parse().ok()?;
    Some((id, Entry { at, path }))
}

/// The moment of an archive: the day in its name, from its beginning, else when
/// the server says it was made.
pub(super) fn moment_of(url: &str, last_modified: Option<&str>) -> Option<Timestamp> {
    let stem = url.rsplit('/').next().unwrap_or_default();
    let day = stem.rsplit_once('_').and_then(|(_, rest)| rest.get(..10));
    let day = day.and_then(|day| format!("{day}T00:00:00Z").parse().ok());
    day.or_else(|| {
        let date = jiff::fmt::rfc2822::parse(last_modified?).ok()?;
        Some(date.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_records_and_where_they_are() {
        let csaf = "\"2024/rhsa-2024_1234.json\",\"2024-11-20T10:00:00+00:00\"\n\"2024/cve-2024-1.json\",\"2024-11-19T10:00:00+01:00\"\n";
        let list = List::read("x", csaf, ListForm::Csaf).unwrap();
        let paths: Vec<_> = list
            .entries
            .iter()
            .map(|(id, entry)| (id.as_str(), entry.path.as_str()))
            .collect();
        assert_eq!(
            paths,
            [
                ("CVE-2024-1", "2024/cve-2024-1.json"),
                ("RHSA-2024:1234", "2024/rhsa-2024_1234.json")
            ]
        );
        let since = list.since("2024-11-19T09:00:00Z".parse().unwrap());
        assert_eq!(since.keys().collect::<Vec<_>>(), ["RHSA-2024:1234"]);
        let osv = "2026-01-02T00:00:00Z,PYSEC-2\n2026-01-01T00:00:00Z,PYSEC-1\n";
        let list = List::read("x", osv, ListForm::Osv).unwrap();
        assert_eq!(list.entries["PYSEC-2"].path, "PYSEC-2.json");
        assert_eq!(list.latest.unwrap().to_string(), "2026-01-02T00:00:00Z");
    }

    #[test]
    fn a_line_that_leads_elsewhere_is_an_error() {
        for line in [
            "<html>",
            "\"../x.json\",\"2024-11-20T10:00:00Z\"",
            "\"https://x.org/x.json\",\"2024-11-20T10:00:00Z\"",
            "\"2024/x.json\",\"yesterday\"",
        ] {
            assert!(List::read("x", line, ListForm::Csaf).is_err(), "{line}");
        }
    }

    #[test]
    fn an_archive_is_of_the_day_in_its_name() {
        let text = |url, modified| moment_of(url, modified).map(|moment| moment.to_string());
        assert_eq!(
            text("https://x.org/csaf_vex_2026-11-20.tar.zst", None).as_deref(),
            Some("2026-11-20T00:00:00Z")
        );
        let modified = Some("Fri, 20 Nov 2026 05:00:00 GMT");
        assert_eq!(
            text("https://x.org/csaf-vex.tar.bz2", modified).as_deref(),
            Some("2026-11-20T05:00:00Z")
        );
        assert_eq!(text("https://x.org/csaf-vex.tar.bz2", None), None);
    }
}
