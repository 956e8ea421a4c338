//! Red Hat's CSAF documents: which products they are about, and what they say
//! of them.

mod advisories;
mod vex;

pub(crate) use advisories::RhelAdvisories;
pub(crate) use vex::RhelVex;

use super::csaf::{
    Document, Product, Products, Remediation, Score, Statement, Status, Vulnerability,
};
use crate::advisory::{
    Advisory, Affected, Module, Role, Scope, Upper, Verdict, Window, architecture,
};
use crate::cvss;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{FixState, PackageUrl, Severity, SeverityClaim};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a document is one of Red Hat's of that category.
fn recognises(head: &str, category: &str) -> bool {
    head.starts_with('{') && head.contains(category) && head.contains("redhat.com")
}

/// Reads a document of either kind; `page` leads to its page.
fn read(feed: &str, page: &str, document: &Document, intake: &mut Intake) {
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
        let usual = severity(impact, vulnerability.scores.first());
        let affected = affected(feed, &products, vulnerability, usual.as_ref(), intake);
        if affected.is_empty() {
            intake.skipped(feed, "nothing about an rpm of RHEL");
            continue;
        }
        intake.replace(Advisory {
            feed: feed.to_owned(),
            record: tracking.id.clone(),
            id: cve.to_ascii_uppercase(),
            title: vulnerability.title.clone(),
            details: details.to_owned(),
            url: Some(format!("{page}{}", tracking.id)),
            published: vulnerability.release_date.clone(),
            modified: tracking.current_release_date.clone(),
            severities: usual.into_iter().collect(),
            affected,
            ..Advisory::default()
        });
    }
}

/// An rpm on a platform, whatever is said of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    namespace: Namespace,
    package: String,
    source: bool,
    /// `name:stream`.
    module: Option<String>,
}

/// Where a product id leads.
enum Place {
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

/// What `vulnerability` says of the rpms of RHEL.
fn affected(
    feed: &str,
    products: &Products<'_>,
    vulnerability: &Vulnerability,
    usual: Option<&SeverityClaim>,
    intake: &mut Intake,
) -> Vec<Affected> {
    let (statements, unknown) = vulnerability.statements(products);
    let mut subjects: BTreeMap<Subject, Rows<'_>> = BTreeMap::new();
    let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
    if unknown > 0 {
        elsewhere.insert("a product that the tree does not tell");
    }
    for statement in statements {
        match place(&statement) {
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
        intake.skipped(feed, reason);
    }
    let rows = subjects
        .into_iter()
        .flat_map(|(subject, rows)| told(&subject, rows, usual));
    rows.collect()
}

fn place(statement: &Statement<'_>) -> Place {
    let products = &statement.products;
    let cpe = |product: &&&Product| product.product_identification_helper.cpe.is_some();
    let Some(platform) = products.iter().rev().find(cpe) else {
        return Place::Elsewhere("a product without a platform");
    };
    let cpe = platform.product_identification_helper.cpe.as_deref();
    let Some(namespace) = cpe.and_then(Namespace::of_red_hat) else {
        return Place::Elsewhere("a Red Hat product other than RHEL");
    };
    let (mut package, mut module) = (None, None);
    for product in products {
        let text = product.product_identification_helper.purl.as_deref();
        let Some(purl) = text.and_then(|text| text.parse::<PackageUrl>().ok()) else {
            continue;
        };
        match purl.kind.as_str() {
            "rpm" => package = package.or(Some(purl)),
            // Of documents before 2025, which name the module as a product.
            "rpmmod" => module = module.or(purl.version.map(|v| format!("{}:{v}", purl.name))),
            _ => {}
        }
    }
    let Some(mut purl) = package else {
        return Place::Elsewhere("a container image or another thing that is no rpm");
    };
    let mut qualifier = |name: &str| purl.qualifiers.remove(name);
    let (arch, epoch) = (qualifier("arch"), qualifier("epoch"));
    let module = qualifier("rpmmod").or(module);
    let version = purl.version.map(|version| match epoch {
        Some(epoch) => format!("{epoch}:{version}"),
        None => version,
    });
    if version.is_none() && statement.status == Status::Fixed {
        return Place::Elsewhere("fixed in a version that is not told");
    }
    Place::Here {
        subject: Subject {
            namespace,
            package: purl.name,
            source: arch.as_deref() == Some("src"),
            module: module.map(|module| stream(&module)),
        },
        version,
        architecture: arch
            .filter(|arch| !matches!(arch.as_str(), "src" | "noarch"))
            .map(|arch| architecture(&arch).to_owned()),
    }
}

/// `perl-FCGI:0.78` of `perl-FCGI:0.78:8080020250603232512:bef19048`.
fn stream(module: &str) -> String {
    let parts: Vec<_> = module.split(':').take(2).collect();
    parts.join(":")
}

fn told(subject: &Subject, rows: Rows<'_>, usual: Option<&SeverityClaim>) -> Vec<Affected> {
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
        let severity = severity(statement.impact, statement.score);
        let row = Affected {
            scope: Scope {
                role: if subject.source {
                    Role::Source
                } else {
                    Role::Binary
                },
                module: match &subject.module {
                    Some(module) => Module::Stream(module.clone()),
                    None => Module::Outside,
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
            severity: severity.filter(|severity| Some(severity) != usual),
            because: statement.flag.map(|label| label.replace('_', " ")),
            ..Affected::new(subject.namespace.clone(), &subject.package, vec![window])
        };
        if !told.contains(&row) {
            told.push(row);
        }
    }
    told
}

/// The state where nothing is fixed, in the words that Red Hat uses.
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
    id.starts_with("RH").then(|| id.to_owned())
}

fn fixed_on(status: Status, remediation: Option<&Remediation>) -> Option<String> {
    let date = remediation
        .filter(|_| status == Status::Fixed)?
        .date
        .as_deref()?;
    date.get(..10).map(str::to_owned)
}

/// Red Hat's own word, and its vector.
fn severity(impact: Option<&str>, score: Option<&Score>) -> Option<SeverityClaim> {
    let cvss = score.and_then(Score::cvss);
    let word = impact.and_then(Severity::from_word);
    Some(SeverityClaim {
        source: "redhat".to_owned(),
        severity: word.or_else(|| cvss.as_ref().map(cvss::severity))?,
        cvss,
    })
}

#[cfg(test)]
mod tests;
