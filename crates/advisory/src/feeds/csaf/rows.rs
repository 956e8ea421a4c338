//! Rows out of CSAF statements, for vendors of rpms.

use super::{Document, Products, Remediation, Score, Statement, Status, Vulnerability};
use crate::advisory::{Advisory, Affected, Module, Role, Scope, Upper, Verdict, Window};
use crate::cvss;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{FixState, Severity, SeverityClaim};
use std::collections::{BTreeMap, BTreeSet};

/// Whoever publishes documents of one kind.
pub(in crate::feeds) struct Publisher {
    pub feed: &'static str,
    /// Source of its severities.
    pub source: &'static str,
    /// Leads to the page of a document, with the document's id.
    pub page: &'static str,
    /// Whether it tells rpm modules apart.
    pub tells_modules: bool,
    /// Where the products of a statement lead.
    pub place: fn(&Statement<'_>) -> Place,
}

impl Publisher {
    /// Reads a document.
    pub(in crate::feeds) fn read(&self, document: &Document, intake: &mut Intake) {
        let feed = self.feed;
        let tracking = &document.document.tracking;
        if tracking.status == "withdrawn" {
            intake.skipped(feed, "withdrawn");
            return;
        }
        intake.newest(feed, &tracking.current_release_date);
        if document.vulnerabilities.is_empty() {
            intake.skipped(feed, "bug fix or enhancement, no vulnerability");
        }
        let products = document.products();
        for vulnerability in &document.vulnerabilities {
            let Some(cve) = &vulnerability.cve else {
                intake.skipped(feed, "no CVE");
                continue;
            };
            let details = vulnerability.description();
            if details.starts_with("** REJECT") || details.starts_with("Rejected reason") {
                intake.skipped(feed, "the CVE was taken back");
                continue;
            }
            let general = document.document.aggregate_severity.as_ref();
            let impact = vulnerability
                .impact()
                .or(general.map(|word| word.text.as_str()));
            let usual = self.severity(impact, vulnerability.scores.first());
            let usual = (impact, usual.as_ref());
            let affected = self.affected(&products, vulnerability, usual, intake);
            if affected.is_empty() {
                intake.skipped(feed, "nothing about an rpm of a known release");
                continue;
            }
            intake.replace(Advisory {
                feed: feed.to_owned(),
                record: tracking.id.clone(),
                id: cve.to_ascii_uppercase(),
                title: vulnerability.title.clone(),
                details: details.to_owned(),
                url: Some(format!("{}{}", self.page, tracking.id)),
                published: vulnerability.release_date.clone(),
                modified: tracking.current_release_date.clone(),
                severities: usual.1.cloned().into_iter().collect(),
                affected,
                ..Advisory::default()
            });
        }
    }

    /// What `vulnerability` says of rpms; `usual` is the word and the claim for
    /// its severity that rows need not repeat.
    fn affected(
        &self,
        products: &Products<'_>,
        vulnerability: &Vulnerability,
        usual: (Option<&str>, Option<&SeverityClaim>),
        intake: &mut Intake,
    ) -> Vec<Affected> {
        let (statements, unknown) = vulnerability.statements(products);
        let mut subjects: BTreeMap<Subject, Rows<'_>> = BTreeMap::new();
        let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
        if unknown > 0 {
            elsewhere.insert("a product that the tree does not tell");
        }
        for statement in statements {
            match (self.place)(&statement) {
                Place::Elsewhere(reason) => {
                    elsewhere.insert(reason);
                }
                Place::Here {
                    subject,
                    version,
                    architecture,
                } => {
                    let rows = subjects.entry(subject).or_default();
                    let row = rows.entry((statement.status, version));
                    let (architectures, every, _) =
                        row.or_insert_with(|| (BTreeSet::new(), false, statement));
                    match architecture {
                        Some(architecture) => {
                            architectures.insert(architecture);
                        }
                        None => *every = true,
                    }
                }
            }
        }
        for reason in elsewhere {
            intake.skipped(self.feed, reason);
        }
        let rows = subjects
            .into_iter()
            .flat_map(|(subject, rows)| self.told(&subject, rows, usual));
        rows.collect()
    }

    fn told(
        &self,
        subject: &Subject,
        rows: Rows<'_>,
        usual: (Option<&str>, Option<&SeverityClaim>),
    ) -> Vec<Affected> {
        // Architectures tell rows apart only where they are built at different
        // versions.
        let fixes = rows.keys().filter(|(status, _)| *status == Status::Fixed);
        let limited = fixes.count() > 1;
        let denied_only = rows
            .keys()
            .all(|(status, _)| *status == Status::NotAffected);
        let mut told: Vec<Affected> = Vec::new();
        for ((status, version), (architectures, every, statement)) in rows {
            let window = match (status, version) {
                (Status::Fixed, Some(version)) => Window::before(&version),
                // Where other builds have the flaw, that one has not.
                (Status::NotAffected, Some(version)) if !denied_only => Window {
                    from: Some(version.clone()),
                    to: Upper::Through(version),
                    ..Window::ALL
                },
                _ => Window::ALL,
            };
            let impact = statement.impact.or(usual.0);
            let severity = self.severity(impact, statement.score);
            let row = Affected {
                scope: Scope {
                    role: if subject.source {
                        Role::Source
                    } else {
                        Role::Binary
                    },
                    module: match &subject.module {
                        Some(module) => Module::Stream(module.clone()),
                        None if self.tells_modules => Module::Outside,
                        None => Module::Unsaid,
                    },
                    architectures: if every || !limited {
                        Vec::new()
                    } else {
                        architectures.into_iter().collect()
                    },
                    ..Scope::default()
                },
                verdict: match status {
                    Status::NotAffected => Verdict::NotAffected,
                    Status::UnderInvestigation => Verdict::UnderInvestigation,
                    Status::Fixed | Status::Affected => Verdict::Affected,
                },
                fix: state(status, statement.remediation),
                advisories: shipped(statement.remediation).into_iter().collect(),
                fixed_on: fixed_on(status, statement.remediation),
                severity: severity
                    .filter(|_| statement.impact.is_some() || statement.score.is_some())
                    .filter(|severity| Some(severity) != usual.1),
                because: statement.flag.map(|label| label.replace('_', " ")),
                ..Affected::new(subject.namespace.clone(), &subject.package, vec![window])
            };
            if !told.contains(&row) {
                told.push(row);
            }
        }
        told
    }

    /// The publisher's own word, and its vector.
    fn severity(&self, impact: Option<&str>, score: Option<&Score>) -> Option<SeverityClaim> {
        let cvss = score.and_then(Score::cvss);
        let word = impact.and_then(Severity::from_word);
        Some(SeverityClaim {
            source: self.source.to_owned(),
            severity: word.or_else(|| cvss.as_ref().map(cvss::severity))?,
            cvss,
        })
    }
}

/// An rpm on a platform, whatever is said of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::feeds) struct Subject {
    pub namespace: Namespace,
    pub package: String,
    pub source: bool,
    /// `name:stream`.
    pub module: Option<String>,
}

/// Where a product id leads.
pub(in crate::feeds) enum Place {
    Here {
        subject: Subject,
        /// With its epoch.
        version: Option<String>,
        /// In the words of OCI; `None` is all of them.
        architecture: Option<String>,
    },
    /// Why it is left out.
    Elsewhere(&'static str),
}

/// Rows of a subject: what is said, with the architectures it is said of.
type Rows<'a> = BTreeMap<(Status, Option<String>), (BTreeSet<String>, bool, Statement<'a>)>;

/// The state where nothing is fixed, in Red Hat's words or by category.
fn state(status: Status, remediation: Option<&Remediation>) -> FixState {
    if status == Status::UnderInvestigation {
        return FixState::UnderInvestigation;
    }
    let told = remediation.map(|r| (r.category.as_str(), r.details.as_str()));
    match told {
        Some((_, "Out of support scope")) => FixState::EndOfLife,
        Some((_, "Will not fix")) | Some(("no_fix_planned", _)) => FixState::WontFix,
        Some((_, "Fix deferred" | "Deferred")) => FixState::Deferred,
        _ => FixState::NotFixed,
    }
}

/// The advisory at the end of the page's address.
fn shipped(remediation: Option<&Remediation>) -> Option<String> {
    let remediation = remediation.filter(|r| r.category == "vendor_fix")?;
    let (_, id) = remediation.url.as_deref()?.rsplit_once('/')?;
    let prefixes = ["RH", "SUSE-", "openSUSE-"];
    let known = prefixes.iter().any(|prefix| id.starts_with(prefix));
    known.then(|| id.to_owned())
}

fn fixed_on(status: Status, remediation: Option<&Remediation>) -> Option<String> {
    let date = remediation
        .filter(|_| status == Status::Fixed)?
        .date
        .as_deref()?;
    date.get(..10).map(str::to_owned)
}
