use crate::Subject;
use crate::document::{LastDay, Spot};
use crate::gates::{OfPackage, is_named};
use crate::image::{Images, Target};
use crate::pattern::{PathPattern, Pattern};
use crate::verdict::{Allowance, Assessment, Evidence, Reason};
use jiff::civil::Date;
use plimsoll_types::{Package, pep503};
use serde::Serialize;
use std::collections::HashMap;

/// An accepted reason. Every selector that is given must match.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Vulnerability id or alias, in any case.
    pub(crate) id: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) fingerprint: Option<String>,
    pub(crate) package: Option<Pattern>,
    pub(crate) version: Option<Pattern>,
    pub(crate) path: Option<PathPattern>,
    pub(crate) images: Images,
    pub(crate) reason: String,
    pub(crate) by: String,
    pub(crate) until: LastDay,
    /// It holds only while this is so of the vulnerability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Box<OfPackage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vex: Option<Assessment>,
    #[serde(skip)]
    pub(crate) spot: Spot,
}

/// Entries in the order of the document, found without asking each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowlist {
    entries: Vec<Entry>,
    /// By lower-case vulnerability id.
    by_id: HashMap<String, Vec<usize>>,
    by_fingerprint: HashMap<String, Vec<usize>>,
    /// By package name, where no other of these is given, folded as the
    /// registry that tells the fewest names apart does.
    by_package: HashMap<String, Vec<usize>>,
    /// By what the names of packages begin with.
    by_prefix: HashMap<String, Vec<usize>>,
    /// All others.
    others: Vec<usize>,
}

impl Allowlist {
    pub(crate) fn of(entries: Vec<Entry>) -> Self {
        let mut list = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let package = entry.package.as_ref();
            let literal = package.and_then(Pattern::literal);
            let prefix = package.map_or("", Pattern::prefix);
            let place = match (&entry.id, &entry.fingerprint, literal) {
                (Some(id), ..) => list.by_id.entry(id.to_ascii_lowercase()).or_default(),
                (_, Some(fingerprint), _) => {
                    list.by_fingerprint.entry(fingerprint.clone()).or_default()
                }
                (.., Some(name)) => list.by_package.entry(pep503(name)).or_default(),
                _ if !prefix.is_empty() => list.by_prefix.entry(prefix.to_owned()).or_default(),
                _ => &mut list.others,
            };
            place.push(index);
        }
        list.entries = entries;
        list
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries that cover `reason`, their end aside, in their order.
    pub(crate) fn covering(
        &self,
        reason: &Reason,
        subject: &Subject<'_>,
        target: &Target<'_>,
    ) -> Vec<(usize, &Entry)> {
        let mut found: Vec<usize> = self.others.clone();
        let mut add = |entries: Option<&Vec<usize>>| found.extend(entries.into_iter().flatten());
        add(self.by_fingerprint.get(&reason.fingerprint));
        if !self.by_id.is_empty()
            && let Evidence::Finding(index) = reason.evidence
            && let Some(finding) = subject.findings.get(index)
        {
            for id in std::iter::once(&finding.id).chain(&finding.aliases) {
                add(self.by_id.get(&id.to_ascii_lowercase()));
            }
        }
        if let Some(package) = package_of(reason, subject) {
            let name = package.record.name.as_str();
            add(self.by_package.get(&pep503(name)));
            let canonical = package.record.canonical_name();
            for name in [name, &canonical] {
                let ends = name.char_indices().map(|(start, c)| start + c.len_utf8());
                let prefixes = ends.filter_map(|end| name.get(..end));
                for prefix in prefixes.filter(|_| !self.by_prefix.is_empty()) {
                    add(self.by_prefix.get(prefix));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let entries = found
            .into_iter()
            .filter_map(|index| Some((index, self.entries.get(index)?)));
        entries
            .filter(|(_, entry)| entry.covers(reason, subject, target))
            .collect()
    }
}

impl Entry {
    /// Whether it is about `reason`, its end aside.
    pub(crate) fn covers(
        &self,
        reason: &Reason,
        subject: &Subject<'_>,
        target: &Target<'_>,
    ) -> bool {
        let equals = |selector: &Option<String>, value: &str| {
            selector.as_deref().is_none_or(|wanted| wanted == value)
        };
        equals(&self.rule, &reason.rule)
            && equals(&self.fingerprint, &reason.fingerprint)
            && self.covers_id(reason, subject)
            && self.covers_package(reason, subject)
            && self.covers_path(reason, subject)
            && self.holds(reason, subject)
            && self.images.matches(target)
    }

    pub(crate) fn is_over(&self, day: Date) -> bool {
        self.until.is_over(day)
    }

    pub(crate) fn allowance(&self) -> Allowance {
        Allowance {
            reason: self.reason.clone(),
            by: Some(self.by.clone()),
            until: self.until.text(),
            vex: self.vex,
            item: None,
        }
    }

    /// The selectors on one line, for messages.
    pub(crate) fn shown(&self) -> String {
        let texts = [&self.id, &self.rule, &self.fingerprint];
        let texts = texts.into_iter().flatten().map(String::as_str);
        let package = self.package.as_ref().map(Pattern::text);
        let version = self.version.as_ref().map(Pattern::text);
        let path = self.path.as_ref().map(PathPattern::text);
        let all: Vec<&str> = texts.chain(package).chain(version).chain(path).collect();
        all.join(" ")
    }

    /// Whether it is about no one thing.
    pub(crate) fn is_about_everything(&self) -> bool {
        self.shown().is_empty() && self.when.is_none()
    }

    fn holds(&self, reason: &Reason, subject: &Subject<'_>) -> bool {
        let Some(when) = &self.when else { return true };
        let Evidence::Finding(index) = reason.evidence else {
            return false;
        };
        let finding = subject.findings.get(index);
        finding.is_some_and(|finding| when.holds(finding, subject))
    }

    fn covers_id(&self, reason: &Reason, subject: &Subject<'_>) -> bool {
        let Some(wanted) = &self.id else { return true };
        let Evidence::Finding(index) = reason.evidence else {
            return false;
        };
        subject.findings.get(index).is_some_and(|finding| {
            let mut ids = std::iter::once(&finding.id).chain(&finding.aliases);
            ids.any(|id| id.eq_ignore_ascii_case(wanted))
        })
    }

    fn covers_package(&self, reason: &Reason, subject: &Subject<'_>) -> bool {
        if self.package.is_none() && self.version.is_none() {
            return true;
        }
        package_of(reason, subject).is_some_and(|package| {
            let record = &package.record;
            let named = self
                .package
                .as_ref()
                .is_none_or(|name| is_named(std::slice::from_ref(name), record));
            named
                && (self.version.as_ref())
                    .is_none_or(|version| version.matches(&record.full_version()))
        })
    }

    /// A package that lies in several places is covered only where all of them
    /// match: the entry speaks for the places it names.
    fn covers_path(&self, reason: &Reason, subject: &Subject<'_>) -> bool {
        let Some(pattern) = &self.path else {
            return true;
        };
        match &reason.evidence {
            Evidence::File(index) => {
                let file = subject.inventory.files.get(*index);
                file.is_some_and(|file| pattern.matches(&file.path))
            }
            Evidence::Gap(gap) => pattern.matches(&gap.subject),
            _ => package_of(reason, subject).is_some_and(|package| {
                let places = &package.locations;
                !places.is_empty() && places.iter().all(|place| pattern.matches(&place.path))
            }),
        }
    }
}

fn package_of<'a>(reason: &Reason, subject: &Subject<'a>) -> Option<&'a Package> {
    let index = match reason.evidence {
        Evidence::Finding(index) => subject.findings.get(index)?.package,
        Evidence::Package(index) => index,
        _ => return None,
    };
    subject.inventory.packages.get(index)
}
