use crate::Subject;
use crate::day;
use crate::document::{Days, Node, Percent, Problems, Score, Share, Value, scalar, words};
use crate::gates::{Fire, Gate, Trigger, TriggerKind, parameters};
use crate::pattern::{PathPattern, Pattern, any, any_path};
use crate::text::suggestion;
use crate::verdict::Evidence;
use jiff::civil::Date;
use plimsoll_types::{Cvss, Ecosystem, Finding, FindingClass, FixState, Package, Severity};
use serde::Serialize;

/// What advisories say about the packages.
pub(crate) struct Vulnerabilities;

/// Name of the gate that needs advisory data.
pub(crate) const NAME: &str = "vulnerabilities";

impl Gate for Vulnerabilities {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "known vulnerabilities of the packages"
    }

    fn triggers(&self) -> &'static [TriggerKind] {
        const { &[TriggerKind::of::<OfPackage>()] }
    }
}

parameters! {
    OfPackage {
        /// Only of this severity or a worse one.
        severity_at_least: Option<Severity>,
        /// Only of these severities.
        severity: Option<Vec<Severity>>,
        /// Only with this CVSS base score or a higher one.
        cvss_at_least: Option<Score>,
        /// The CVSS version whose highest score is compared; the newest that was claimed when left out.
        cvss_version: Option<CvssVersion>,
        /// Whether `cvss_at_least` takes vulnerabilities without such a score; `skip` when left out.
        unscored: Option<Unscored>,
        /// Only with (`true`) or only without (`false`) a fixed version.
        fix_available: Option<bool>,
        /// Only with one of these states of the fix.
        fix: Option<Vec<FixState>>,
        /// Only those that are (`true`) or are not (`false`) in CISA's catalogue of known exploited vulnerabilities.
        exploited: Option<bool>,
        /// Only with this EPSS probability of exploitation or a higher one; a vulnerability without estimate has none.
        epss_at_least: Option<Share>,
        /// Only with this risk or a higher one.
        risk_at_least: Option<Percent>,
        /// Only those that are (`true`) or are not (`false`) disputed by somebody who should know.
        disputed: Option<bool>,
        /// Only of these kinds; `vulnerability` and `malware` when left out.
        kinds: Option<Vec<FindingClass>>,
        /// Only those published at least so long ago; an unknown day counts as long ago.
        published_for: Option<Days>,
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
        /// Not of packages of which every place matches.
        except_paths: Option<Vec<PathPattern>>,
    }
}

macro_rules! choice {
    ($(#[doc = $doc:literal])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub(crate) enum $name { $( #[serde(rename = $word)] $variant ),* }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        words! { $name: $name::ALL; }
    };
}

choice! {
    /// A major version of CVSS.
    CvssVersion { Two = "2", Three = "3", Four = "4" }
}
choice! {
    /// What to do about a vulnerability without score.
    Unscored { Skip = "skip", Match = "match" }
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
            if self.wants_finding(finding, subject.day()) && self.wants_package(package) {
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
            self.wants_finding(finding, subject.day()) && self.wants_package(package)
        })
    }

    fn wants_finding(&self, finding: &Finding, today: Date) -> bool {
        given(&self.severity_at_least, |least| finding.severity >= *least)
            && given(&self.severity, |list| list.contains(&finding.severity))
            && given(&self.cvss_at_least, |least| self.scores(finding, *least))
            && given(&self.fix_available, |wanted| *wanted == has_fix(finding))
            && given(&self.fix, |states| states.contains(&finding.fix.state))
            && given(&self.exploited, |wanted| {
                *wanted == finding.known_exploited.is_some()
            })
            && given(&self.epss_at_least, |Share(least)| {
                finding
                    .epss
                    .as_ref()
                    .is_some_and(|epss| epss.score >= *least)
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
            && given(&self.ids, |ids| {
                any(ids, &finding.id) || finding.aliases.iter().any(|alias| any(ids, alias))
            })
    }

    fn wants_package(&self, package: &Package) -> bool {
        let (record, places) = (&package.record, &package.locations);
        given(&self.class, |class| {
            (*class == Class::Os) == record.ecosystem.is_os()
        }) && given(&self.ecosystems, |list| list.contains(&record.ecosystem))
            && given(&self.packages, |names| any(names, &record.name))
            && given(&self.except_packages, |names| !any(names, &record.name))
            && given(&self.except_paths, |paths| {
                places.is_empty() || !places.iter().all(|place| any_path(paths, &place.path))
            })
    }

    fn scores(&self, finding: &Finding, Score(least): Score) -> bool {
        match self.cvss(finding) {
            Some(cvss) => cvss.score >= least,
            None => self.unscored == Some(Unscored::Match),
        }
    }

    fn cvss<'a>(&self, finding: &'a Finding) -> Option<&'a Cvss> {
        let Some(version) = self.cvss_version else {
            return finding.cvss();
        };
        let claims = finding.severities.iter();
        claims
            .filter_map(|claim| claim.cvss.as_ref())
            .filter(|cvss| cvss.version.starts_with(version.as_str()))
            .max_by(|a, b| a.score.total_cmp(&b.score))
    }

    fn message(&self, finding: &Finding, package: &Package) -> String {
        let record = &package.record;
        let mut text = record.name.clone();
        let version = record.full_version();
        if !version.is_empty() {
            text += &format!(" {version}");
        }
        text += &format!(": {} {}", finding.id, finding.severity);
        if let Some(cvss) = self.cvss(finding) {
            text += &format!(" (CVSS {:.1})", cvss.score);
        }
        if finding.known_exploited.is_some() {
            text += ", exploited";
        }
        if let (Some(_), Some(epss)) = (&self.epss_at_least, &finding.epss) {
            text += &format!(", EPSS {:.3} of {}", epss.score, epss.day);
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

/// A condition that was left out holds.
fn given<T>(condition: &Option<T>, holds: impl Fn(&T) -> bool) -> bool {
    condition.as_ref().is_none_or(holds)
}

fn is_old(published: Option<&str>, Days(least): Days, today: Date) -> bool {
    let published = published.and_then(day::parse);
    published.is_none_or(|published| day::days(published, today) >= i64::from(least))
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
mod tests {
    use super::*;
    use crate::testing::{Scene, finding, fired, paths, patterns};
    use plimsoll_types::{Epss, Fix, KnownExploited, SeverityClaim};

    fn rule() -> OfPackage {
        OfPackage {
            severity_at_least: None,
            severity: None,
            cvss_at_least: None,
            cvss_version: None,
            unscored: None,
            fix_available: None,
            fix: None,
            exploited: None,
            epss_at_least: None,
            risk_at_least: None,
            disputed: None,
            kinds: None,
            published_for: None,
            ids: None,
            class: None,
            ecosystems: None,
            packages: None,
            except_packages: None,
            except_paths: None,
        }
    }

    fn log4shell() -> Finding {
        Finding {
            aliases: vec!["GHSA-jfh8-c2jp-5v3q".into()],
            severities: vec![
                SeverityClaim {
                    source: "ghsa".into(),
                    severity: Severity::Critical,
                    cvss: Some(Cvss {
                        version: "3.1".into(),
                        vector: String::new(),
                        score: 10.0,
                    }),
                },
                SeverityClaim {
                    source: "nvd".into(),
                    severity: Severity::Critical,
                    cvss: Some(Cvss {
                        version: "2.0".into(),
                        vector: String::new(),
                        score: 9.3,
                    }),
                },
            ],
            fix: Fix {
                state: FixState::Fixed,
                versions: vec!["2.15.0".into()],
                advisories: Vec::new(),
                ..Fix::default()
            },
            known_exploited: Some(KnownExploited {
                added: "2021-12-10".into(),
                due: "2021-12-24".into(),
                ransomware: true,
            }),
            published: Some("2021-12-10T00:40:56Z".into()),
            epss: Some(Epss {
                score: 0.94,
                percentile: 0.99,
                day: "2026-10-01".into(),
            }),
            risk: 100.0,
            ..finding("CVE-2021-44228", 0, Severity::Critical)
        }
    }

    /// Log4Shell in an archive and an OS package with an open vulnerability
    /// that nobody has scored.
    fn scene() -> Scene {
        Scene::default()
            .with_package(Ecosystem::Maven, "log4j-core", "2.14.1")
            .with_package(Ecosystem::Deb, "zlib1g", "1:1.2.13")
            .with_finding(log4shell())
            .with_finding(Finding {
                fix: Fix {
                    state: FixState::WontFix,
                    ..Fix::default()
                },
                ..finding("CVE-2023-45853", 1, Severity::Low)
            })
    }

    fn ids(rule: &OfPackage) -> Vec<usize> {
        let fires = fired(rule, &scene());
        let index = |fire: Fire| match fire.evidence {
            Evidence::Finding(index) => index,
            other => panic!("{other:?}"),
        };
        fires.into_iter().map(index).collect()
    }

    #[test]
    fn messages_name_the_values_that_decided() {
        let fires = fired(&rule(), &scene());
        assert_eq!(
            fires[0].message,
            "log4j-core 2.14.1: CVE-2021-44228 critical (CVSS 10.0), exploited, fixed in 2.15.0"
        );
        assert_eq!(
            fires[0].advice.as_deref(),
            Some("upgrade log4j-core to 2.15.0")
        );
        assert_eq!(
            fires[1].message,
            "zlib1g 1:1.2.13: CVE-2023-45853 low, will not be fixed"
        );
    }

    #[test]
    fn every_condition_narrows() {
        let none: [usize; 0] = [];
        let r = rule;
        let cases: Vec<(OfPackage, &[usize])> = vec![
            (r(), &[0, 1]),
            (
                OfPackage {
                    severity_at_least: Some(Severity::High),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    severity: Some(vec![Severity::Low]),
                    ..r()
                },
                &[1],
            ),
            (
                OfPackage {
                    cvss_at_least: Some(Score(9.5)),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    cvss_at_least: Some(Score(9.5)),
                    cvss_version: Some(CvssVersion::Two),
                    ..r()
                },
                &none,
            ),
            (
                OfPackage {
                    cvss_at_least: Some(Score(9.5)),
                    unscored: Some(Unscored::Match),
                    ..r()
                },
                &[0, 1],
            ),
            (
                OfPackage {
                    fix_available: Some(true),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    fix_available: Some(false),
                    ..r()
                },
                &[1],
            ),
            (
                OfPackage {
                    fix: Some(vec![FixState::WontFix]),
                    ..r()
                },
                &[1],
            ),
            (
                OfPackage {
                    exploited: Some(true),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    epss_at_least: Some(Share(0.9)),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    risk_at_least: Some(Percent(50.0)),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    disputed: Some(true),
                    ..r()
                },
                &none,
            ),
            (
                OfPackage {
                    kinds: Some(vec![FindingClass::Malware]),
                    ..r()
                },
                &none,
            ),
            (
                OfPackage {
                    ids: patterns(&["GHSA-jfh8-*"]),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    class: Some(Class::Os),
                    ..r()
                },
                &[1],
            ),
            (
                OfPackage {
                    ecosystems: Some(vec![Ecosystem::Maven]),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    packages: patterns(&["zlib*"]),
                    ..r()
                },
                &[1],
            ),
            (
                OfPackage {
                    except_packages: patterns(&["zlib*"]),
                    ..r()
                },
                &[0],
            ),
            (
                OfPackage {
                    except_paths: paths(&["/place/of/log4j-core"]),
                    ..r()
                },
                &[1],
            ),
        ];
        for (rule, expected) in cases {
            assert_eq!(ids(&rule), expected, "{rule:?}");
        }
    }

    #[test]
    fn what_is_no_vulnerability_is_left_to_rules_that_name_it() {
        let scene = Scene::default()
            .with_package(Ecosystem::Cargo, "ansi_term", "0.12.1")
            .with_finding(Finding {
                class: FindingClass::Unmaintained,
                ..finding("RUSTSEC-2021-0139", 0, Severity::Unknown)
            });
        assert!(fired(&rule(), &scene).is_empty());
        let named = OfPackage {
            kinds: Some(vec![FindingClass::Unmaintained]),
            ..rule()
        };
        let fires = fired(&named, &scene);
        assert_eq!(
            fires[0].message,
            "ansi_term 0.12.1: RUSTSEC-2021-0139 unknown, unmaintained, fix unknown"
        );
    }

    #[test]
    fn an_unknown_day_of_publication_counts_as_long_ago() {
        let today: Date = "2026-10-15".parse().unwrap();
        let old = |published| is_old(published, Days(14), today);
        assert!(old(Some("2026-10-01T23:59:59Z")));
        assert!(!old(Some("2026-10-02T00:00:00Z")));
        assert!(old(Some("2026-10-01")));
        assert!(old(None));
        assert!(old(Some("yesterday")));
    }
}
