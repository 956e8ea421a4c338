use super::score::{CvssVersion, Source, Unscored};
use crate::Subject;
use crate::day;
use crate::document::{Days, Percent, Score, Share};
use crate::gates::package::{compare, has_purl, is_named};
use crate::gates::values::{Comparison, Versions, choice, given};
use crate::gates::{Fire, Trigger, parameters};
use crate::pattern::{PathPattern, Pattern, any, any_path};
use crate::verdict::Evidence;
use jiff::civil::Date;
use plimsoll_types::{Distro, Ecosystem, Finding, FindingClass, FixState, Package, Severity};

parameters! {
    OfPackage {
        /// Only of this severity or a worse one.
        severity_at_least: Option<Severity>,
        /// Only of these severities.
        severity: Option<Vec<Severity>>,
        /// Whose severity counts for the two above: the best source that rates it (`best`, as when left out), NVD (`nvd`), or the first that is not NVD (`vendor`). Who does not rate it says `unknown`.
        severity_source: Option<Source>,
        /// Only with this CVSS base score or a higher one.
        cvss_at_least: Option<Score>,
        /// Only with a lower CVSS base score than this.
        cvss_below: Option<Score>,
        /// Only with this exploitability sub-score or a higher one, of the vector whose base score is compared; CVSS 4 has none.
        exploitability_at_least: Option<Score>,
        /// Only with this impact sub-score or a higher one, of the same vector.
        impact_at_least: Option<Score>,
        /// Whose vectors count: everybody's (`best`, as when left out), NVD's (`nvd`), or those of all others (`vendor`).
        cvss_source: Option<Source>,
        /// The CVSS version whose highest score is compared; the newest that was claimed when left out.
        cvss_version: Option<CvssVersion>,
        /// Whether the four conditions on scores take vulnerabilities without such a score; `skip` when left out.
        unscored: Option<Unscored>,
        /// Only with (`true`) or only without (`false`) a fixed version.
        fix_available: Option<bool>,
        /// Only with one of these states of the fix.
        fix: Option<Vec<FixState>>,
        /// Only those that are (`true`) or are not (`false`) in CISA's catalogue of known exploited vulnerabilities.
        exploited: Option<bool>,
        /// Only those in that catalogue that are due within so long, or were due already; an unknown day counts as past.
        exploited_due_within: Option<Days>,
        /// Only with this EPSS probability of exploitation or a higher one; a vulnerability without estimate has none.
        epss_at_least: Option<Share>,
        /// Only with this EPSS percentile or a higher one.
        epss_percentile_at_least: Option<Share>,
        /// Only with this risk or a higher one.
        risk_at_least: Option<Percent>,
        /// Only those that are (`true`) or are not (`false`) disputed by somebody who should know.
        disputed: Option<bool>,
        /// Only of these kinds; `vulnerability` and `malware` when left out.
        kinds: Option<Vec<FindingClass>>,
        /// Only those published at least so long ago; an unknown day counts as long ago.
        published_for: Option<Days>,
        /// Only those that a version is known to repair since at least so long; an unknown day counts as long ago.
        fixed_for: Option<Days>,
        /// Only with one of these ids, any alias included.
        ids: Option<Vec<Pattern>>,
        /// Only of the operating system's (`os`) or of other (`language`) packages.
        class: Option<Class>,
        /// Only of packages of these ecosystems.
        ecosystems: Option<Vec<Ecosystem>>,
        /// Only of packages with these names.
        packages: Option<Vec<Pattern>>,
        /// Not of packages with these names.
        except_packages: Option<Vec<Pattern>>,
        /// Only of packages in these versions; a version that cannot be compared counts as one of them.
        package_versions: Option<Vec<Versions>>,
        /// Only of packages with these package URLs, qualifiers and version aside where the pattern has none.
        purls: Option<Vec<Pattern>>,
        /// Only of packages of which one place matches.
        paths: Option<Vec<PathPattern>>,
        /// Not of packages of which every place matches.
        except_paths: Option<Vec<PathPattern>>,
    }
}

choice! {
    /// Who ships a package.
    Class { Os = "os", Language = "language" }
}

impl Trigger for OfPackage {
    const NAME: &'static str = "package";
    const ABOUT: &'static str =
        "fires for each vulnerability of a package that meets every condition";

    fn fire(&self, subject: &Subject<'_>, fires: &mut Vec<Fire>) {
        for (index, finding) in subject.findings.iter().enumerate() {
            let Some(package) = subject.inventory.packages.get(finding.package) else {
                continue;
            };
            if self.holds(finding, subject) {
                fires.push(Fire {
                    evidence: Evidence::Finding(index),
                    about: String::new(),
                    message: self.message(finding, package),
                    advice: Some(advice(finding, package)),
                });
            }
        }
    }
}

/// Kinds of findings that a rule means when it names none.
const DEFAULT_KINDS: &[FindingClass] = &[FindingClass::Vulnerability, FindingClass::Malware];

impl OfPackage {
    /// Whether a finding meets every condition.
    pub(crate) fn holds(&self, finding: &Finding, subject: &Subject<'_>) -> bool {
        let package = subject.inventory.packages.get(finding.package);
        package.is_some_and(|package| {
            self.wants_finding(finding, subject.day())
                && self.wants_package(package, subject.inventory.distro.as_ref())
        })
    }

    fn wants_finding(&self, finding: &Finding, today: Date) -> bool {
        let severity = self.severity_of(finding);
        given(&self.severity_at_least, |least| severity >= *least)
            && given(&self.severity, |list| list.contains(&severity))
            && self.wants_score(finding)
            && given(&self.fix_available, |wanted| *wanted == has_fix(finding))
            && given(&self.fix, |states| states.contains(&finding.fix.state))
            && given(&self.exploited, |wanted| {
                *wanted == finding.known_exploited.is_some()
            })
            && given(&self.exploited_due_within, |days| {
                let known = finding.known_exploited.as_ref();
                known.is_some_and(|known| is_due(&known.due, *days, today))
            })
            && given(&self.epss_at_least, |Share(least)| {
                let epss = finding.epss.as_ref();
                epss.is_some_and(|epss| epss.score >= *least)
            })
            && given(&self.epss_percentile_at_least, |Share(least)| {
                let epss = finding.epss.as_ref();
                epss.is_some_and(|epss| epss.percentile >= *least)
            })
            && given(&self.risk_at_least, |Percent(least)| finding.risk >= *least)
            && given(&self.disputed, |wanted| *wanted == finding.disputed)
            && match &self.kinds {
                Some(kinds) => kinds.contains(&finding.class),
                None => DEFAULT_KINDS.contains(&finding.class),
            }
            && given(&self.published_for, |days| {
                is_old(finding.published.as_deref(), *days, today)
            })
            && given(&self.fixed_for, |days| {
                has_fix(finding) && is_old(finding.fix.since.as_deref(), *days, today)
            })
            && given(&self.ids, |ids| {
                any(ids, &finding.id) || finding.aliases.iter().any(|alias| any(ids, alias))
            })
    }

    fn wants_package(&self, package: &Package, distro: Option<&Distro>) -> bool {
        let (record, places) = (&package.record, &package.locations);
        given(&self.class, |class| {
            (*class == Class::Os) == record.ecosystem.is_os()
        }) && given(&self.ecosystems, |list| list.contains(&record.ecosystem))
            && given(&self.packages, |names| is_named(names, record))
            && given(&self.except_packages, |names| !is_named(names, record))
            && given(&self.package_versions, |versions| {
                compare(versions, record) != Comparison::Outside
            })
            && given(&self.purls, |purls| has_purl(purls, record, distro))
            && given(&self.paths, |paths| {
                places.iter().any(|place| any_path(paths, &place.path))
            })
            && given(&self.except_paths, |paths| {
                places.is_empty() || !places.iter().all(|place| any_path(paths, &place.path))
            })
    }

    fn message(&self, finding: &Finding, package: &Package) -> String {
        let record = &package.record;
        let mut text = record.name.clone();
        let version = record.full_version();
        if !version.is_empty() {
            text += &format!(" {version}");
        }
        text += &format!(": {} {}", finding.id, self.severity_of(finding));
        if let Some(cvss) = self.score_of(finding) {
            text += &format!(" (CVSS {:.1})", cvss.score);
        }
        if let Some(known) = &finding.known_exploited {
            text += ", exploited";
            if self.exploited_due_within.is_some() {
                text += &format!(", due {}", known.due);
            }
        }
        if let (Some(_), Some(epss)) = (&self.epss_at_least, &finding.epss) {
            text += &format!(", EPSS {:.3} of {}", epss.score, epss.day);
        }
        if let (Some(_), Some(epss)) = (&self.epss_percentile_at_least, &finding.epss) {
            text += &format!(", EPSS percentile {:.3}", epss.percentile);
        }
        if self.risk_at_least.is_some() {
            text += &format!(", risk {:.1}", finding.risk);
        }
        match finding.class {
            FindingClass::Vulnerability => {}
            FindingClass::Malware => text += ", malware",
            FindingClass::Unmaintained => text += ", unmaintained",
            FindingClass::Notice => text += ", no vulnerability by itself",
        }
        if self.published_for.is_some() {
            match &finding.published {
                Some(day) => text += &format!(", published {}", day.get(..10).unwrap_or(day)),
                None => text += ", published at an unknown time",
            }
        }
        if let (Some(_), Some(day)) = (&self.fixed_for, &finding.fix.since) {
            text += &format!(", repaired since {day}");
        }
        text += ", ";
        if !finding.fix.versions.is_empty() {
            return text + "fixed in " + &finding.fix.versions.join(", ");
        }
        text += match finding.fix.state {
            FixState::Fixed => "fixed",
            FixState::NotFixed => "not fixed",
            FixState::WontFix => "will not be fixed",
            FixState::Deferred => "fix deferred",
            FixState::EndOfLife => "out of support",
            FixState::UnderInvestigation => "under investigation",
            FixState::Unknown => "fix unknown",
        };
        text
    }
}

fn has_fix(finding: &Finding) -> bool {
    finding.fix.state == FixState::Fixed || !finding.fix.versions.is_empty()
}

fn is_old(published: Option<&str>, Days(least): Days, today: Date) -> bool {
    let published = published.and_then(day::parse);
    published.is_none_or(|published| day::days(published, today) >= i64::from(least))
}

fn is_due(due: &str, Days(within): Days, today: Date) -> bool {
    day::parse(due).is_none_or(|due| day::days(today, due) <= i64::from(within))
}

fn advice(finding: &Finding, package: &Package) -> String {
    let name = &package.record.name;
    let accept = format!("or accept {} in the allowlist with an end", finding.id);
    if let Some(version) = finding.fix.versions.first() {
        return format!("upgrade {name} to {version}");
    }
    match finding.fix.state {
        FixState::Fixed => format!("upgrade {name}"),
        FixState::WontFix | FixState::EndOfLife => format!("replace or remove {name}, {accept}"),
        _ => format!("remove {name} if it is not needed, {accept}"),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
