//! Debian's lists of advisories (`data/DSA/list`, `DLA/list`, `DTSA/list` of
//! the security tracker): which advisory repaired what, in which version, on
//! which day.

use super::{Feed, Upstream};
use crate::advisory::{Advisory, Affected, Upper, Verdict, Window};
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::FixState;
use std::collections::BTreeMap;

pub(crate) struct DebianLists;

/// `[29 Mar 2023] DSA-5380-1 xorg-server - security update`.
#[derive(Default)]
struct Entry<'a> {
    id: &'a str,
    day: Option<String>,
    title: &'a str,
    vulnerabilities: Vec<&'a str>,
    rows: Vec<Affected>,
}

impl Feed for DebianLists {
    fn name(&self) -> &'static str {
        "debian-lists"
    }

    fn about(&self) -> &'static str {
        "Debian's lists of security advisories: DSA, DLA and DTSA"
    }

    fn recognises(&self, head: &str) -> bool {
        header(head.lines().next().unwrap_or_default()).is_some()
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let tracker = "https://salsa.debian.org/security-tracker-team/security-tracker/raw/master";
        let lists = ["DSA", "DLA"].map(|list| vec![format!("{tracker}/data/{list}/list")]);
        vec![Upstream::many(self.name(), lists)]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let text = String::from_utf8_lossy(document);
        let mut entry: Option<Entry<'_>> = None;
        for line in text.lines() {
            if let Some(next) = header(line) {
                self.take(entry.replace(next), intake);
            } else if line.starts_with('[') {
                self.take(entry.take(), intake);
                intake.skipped(self.name(), "a heading that cannot be read");
            } else if let Some(entry) = &mut entry {
                let line = line.trim();
                if let Some(ids) = line.strip_prefix('{') {
                    let ids = ids.trim_end_matches('}').split_whitespace();
                    entry.vulnerabilities.extend(ids);
                } else if let Some(line) = line.strip_prefix('[') {
                    match row(line) {
                        Some(row) => entry.rows.push(row),
                        None => intake.skipped(self.name(), "a row of a release without a number"),
                    }
                }
            }
        }
        self.take(entry, intake);
        Ok(())
    }

    /// What an advisory repaired is repaired, also where the tracker's copy is
    /// older and calls it open.
    fn settle(&self, told: &mut [Advisory]) {
        let mut repaired: BTreeMap<(String, String), Vec<Window>> = BTreeMap::new();
        for advisory in told.iter().filter(|a| a.feed == self.name()) {
            for row in &advisory.affected {
                let fixed = row.windows.iter().all(|w| matches!(w.to, Upper::Fixed(_)));
                if fixed && row.verdict == Verdict::Affected {
                    let key = (advisory.id.clone(), row.package.clone());
                    let windows = repaired.entry(key).or_default();
                    windows.extend(row.windows.iter().cloned());
                }
            }
        }
        for advisory in told.iter_mut().filter(|a| a.feed == "debian-tracker") {
            for row in &mut advisory.affected {
                let is_open = |w: &Window| matches!(w.to, Upper::Open | Upper::Before(_));
                let open = row.windows.iter().any(is_open);
                let key = (advisory.id.clone(), row.package.clone());
                if open
                    && row.verdict == Verdict::Affected
                    && let Some(fixes) = repaired.get(&key)
                {
                    row.windows.clone_from(fixes);
                }
            }
        }
    }
}

impl DebianLists {
    fn take(&self, entry: Option<Entry<'_>>, intake: &mut Intake) {
        let Some(entry) = entry else {
            return;
        };
        if entry.rows.is_empty() {
            intake.skipped(
                self.name(),
                "an advisory without a version of a known release",
            );
            return;
        }
        if let Some(day) = &entry.day {
            intake.newest(self.name(), day);
        }
        let rows = entry.rows.into_iter().map(|row| Affected {
            advisories: vec![entry.id.to_owned()],
            fixed_on: entry.day.clone(),
            ..row
        });
        let rows: Vec<_> = rows.collect();
        let own = entry.vulnerabilities.is_empty().then_some(entry.id);
        for id in entry.vulnerabilities.iter().copied().chain(own) {
            intake.merge(Advisory {
                feed: self.name().to_owned(),
                record: entry.id.to_owned(),
                id: id.to_owned(),
                title: entry.title.to_owned(),
                url: Some(format!(
                    "https://security-tracker.debian.org/tracker/{}",
                    entry.id
                )),
                published: entry.day.clone(),
                affected: rows.clone(),
                ..Advisory::default()
            });
        }
    }
}

fn header(line: &str) -> Option<Entry<'_>> {
    let (date, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (id, title) = rest.split_once(' ').unwrap_or((rest, ""));
    let known = ["DSA-", "DLA-", "DTSA-"];
    known
        .iter()
        .any(|prefix| id.starts_with(prefix))
        .then(|| Entry {
            id,
            day: day(date),
            title: title.trim(),
            ..Entry::default()
        })
}

/// `29 Mar 2023`, `August 26th, 2005` and what lies between.
fn day(date: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let (mut day, mut month, mut year) = (None, None, None);
    for word in date.split([' ', ',']) {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        match digits.parse::<u16>() {
            Ok(number) if number > 31 => year = Some(number),
            Ok(number) => day = Some(number),
            Err(_) => {
                let word = word.to_ascii_lowercase();
                month = month.or_else(|| MONTHS.iter().position(|m| word.starts_with(m)));
            }
        }
    }
    Some(format!("{:04}-{:02}-{:02}", year?, month? + 1, day?))
}

/// `bullseye] - curl 7.74.0-1.3+deb11u7`, `woody] - xpdf <not-affected> (why)`.
fn row(line: &str) -> Option<Affected> {
    let (codename, rest) = line.split_once(']')?;
    let mut words = rest.trim_start().strip_prefix("- ")?.split_whitespace();
    let (source, version) = (words.next()?, words.next()?);
    let remark = words.collect::<Vec<_>>().join(" ");
    let remark = remark.trim_matches(['(', ')']);
    let row = Affected::new(Namespace::debian(codename)?, source, vec![Window::ALL]);
    let state = version.trim_matches(['<', '>']);
    Some(match (version.starts_with('<'), state) {
        (false, version) => Affected {
            windows: vec![Window::before(version)],
            ..row
        },
        (true, "not-affected") => Affected {
            verdict: Verdict::NotAffected,
            because: (!remark.is_empty()).then(|| remark.to_owned()),
            ..row
        },
        (true, "end-of-life") => Affected {
            fix: FixState::EndOfLife,
            ..row
        },
        (true, "ignored") => Affected {
            fix: FixState::WontFix,
            ..row
        },
        (true, "postponed") => Affected {
            fix: FixState::Deferred,
            ..row
        },
        (true, _) => row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds;
    use crate::matching::find;
    use crate::testing::{deb, inventory, store};

    const LIST: &str = "[29 Mar 2023] DSA-5380-1 xorg-server - security update\n\t{CVE-2023-1393 CVE-2023-2}\n\t[bullseye] - xorg-server 2:1.20.11-1+deb11u6\n\t[buster] - xorg-server <not-affected> (vulnerable code not present)\n\tNOTE: x\n[07 Jun 2015] DSA-3281-1 change of a key\n[17 Mar 2023] DSA-5356-2 sox - regression update\n\t[bullseye] - sox 14.4.2-2\n";

    fn read(list: &str) -> Intake {
        assert_eq!(feeds::of(list.as_bytes()).unwrap().name(), "debian-lists");
        let mut intake = Intake::default();
        DebianLists.read(list.as_bytes(), &mut intake).unwrap();
        intake
    }

    #[test]
    fn an_advisory_is_told_by_its_vulnerabilities() {
        let intake = read(LIST);
        let told: Vec<_> = intake.advisories().map(|a| a.id.clone()).collect();
        assert_eq!(told, ["DSA-5356-2", "CVE-2023-1393", "CVE-2023-2"]);
        let rows = &intake.advisories().nth(1).unwrap().affected;
        assert_eq!(rows[0].advisories, ["DSA-5380-1"]);
        assert_eq!(rows[0].fixed_on.as_deref(), Some("2023-03-29"));
        assert_eq!(rows[0].windows, [Window::before("2:1.20.11-1+deb11u6")]);
        assert_eq!(rows[1].verdict, Verdict::NotAffected);
        assert_eq!(
            rows[1].because.as_deref(),
            Some("vulnerable code not present")
        );
        assert_eq!(intake.tallies["debian-lists"].skipped.len(), 1);
        assert_eq!(day("August 26th, 2005").as_deref(), Some("2005-08-26"));
    }

    #[test]
    fn an_advisory_closes_what_the_tracker_calls_open() {
        let tracker = r#"{"xorg-server": {"CVE-2023-1393": {"releases": {"bullseye": {"status": "open", "urgency": "high", "nodsa_reason": ""}}}}}"#;
        let (_folder, store) = store(&[LIST, tracker]);
        let on = |version| {
            let package = deb("xserver-common", version, "xorg-server");
            find(&inventory(Some(("debian", "11")), vec![package]), &store).findings
        };
        assert!(on("2:1.20.11-1+deb11u6").is_empty());
        let before = on("2:1.20.11-1+deb11u5");
        assert_eq!(before.len(), 2);
        assert_eq!(before[0].fix.advisories, ["DSA-5380-1"]);
        assert_eq!(before[0].fix.since.as_deref(), Some("2023-03-29"));
    }
}
