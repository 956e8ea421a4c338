//! OSV records (schema 1.x): one JSON document each, as the export's
//! `all.zip`, `<ID>.json` and many databases serve them.

use super::{Changes, Feed, ListForm, Upstream, json};
use crate::advisory::{Advisory, Affected, Import, Module, Scope, Upper, Window};
use crate::cvss;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::{Ecosystem, FindingClass, FixState, Severity, SeverityClaim};
use serde::Deserialize;
use std::collections::BTreeSet;

mod range;

pub(crate) struct Osv;

#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    modified: String,
    published: Option<String>,
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    upstream: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    severity: Vec<Vector>,
    #[serde(default)]
    affected: Vec<Subject>,
    #[serde(default)]
    references: Vec<Link>,
    #[serde(default)]
    database_specific: Specific,
}

#[derive(Deserialize)]
struct Vector {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    score: String,
}

#[derive(Deserialize)]
struct Link {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    url: String,
}

#[derive(Deserialize)]
struct Subject {
    package: Option<Package>,
    #[serde(default)]
    severity: Vec<Vector>,
    #[serde(default)]
    ranges: Vec<range::Range>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    ecosystem_specific: Specific,
    #[serde(default)]
    database_specific: Specific,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    ecosystem: String,
    #[serde(default)]
    name: String,
}

/// The members of the open-ended parts that are known here; databases put
/// anything there, of any type.
#[derive(Default)]
struct Specific {
    severity: Option<String>,
    urgency: Option<String>,
    informational: Option<String>,
    /// GitHub's bound where no release repairs it yet: `<= 1.2.3`.
    last_known: Option<String>,
    custom_ranges: Vec<range::Range>,
    imports: Vec<Import>,
    /// RustSec's `affects`.
    architectures: Vec<String>,
    systems: Vec<String>,
}

impl<'de> Deserialize<'de> for Specific {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = |name: &str| {
            let member = value.get(name).and_then(serde_json::Value::as_str);
            member.map(str::to_owned)
        };
        let ranges = value.get("custom_ranges").cloned();
        let list = |value: Option<&serde_json::Value>| -> Vec<String> {
            let items = value.and_then(serde_json::Value::as_array);
            let items = items.into_iter().flatten();
            items
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        };
        let imports = value.get("imports").and_then(serde_json::Value::as_array);
        let imports = imports.into_iter().flatten().map(|import| Import {
            path: import
                .get("path")
                .and_then(|path| path.as_str())
                .unwrap_or_default()
                .to_owned(),
            symbols: list(import.get("symbols")),
            systems: list(import.get("goos")),
            architectures: list(import.get("goarch")),
        });
        let affects = value.get("affects");
        Ok(Self {
            severity: text("severity"),
            urgency: text("urgency"),
            informational: text("informational"),
            last_known: text("last_known_affected_version_range"),
            custom_ranges: ranges
                .and_then(|ranges| serde_json::from_value(ranges).ok())
                .unwrap_or_default(),
            imports: imports.collect(),
            architectures: list(affects.and_then(|affects| affects.get("arch"))),
            systems: list(affects.and_then(|affects| affects.get("os"))),
        })
    }
}

/// Prefixes of advisories that cover several vulnerabilities, which they name
/// as related, upstream or alias.
const UMBRELLAS: &[&str] = &[
    "ALBA-",
    "ALEA-",
    "ALSA-",
    "DLA-",
    "DSA-",
    "DTSA-",
    "ELSA-",
    "LSN-",
    "MGASA-",
    "OESA-",
    "RHBA-",
    "RHEA-",
    "RHSA-",
    "RLBA-",
    "RLEA-",
    "RLSA-",
    "RXSA-",
    "SUSE-",
    "USN-",
    "openSUSE-",
];

/// Ecosystems of the export that are fetched. Those whose own feed says more
/// (Debian, Alpine, Red Hat) are not among them.
const FETCHED: &[&str] = &[
    "AlmaLinux",
    "Bitnami",
    "ConanCenter",
    "CRAN",
    "crates.io",
    "Echo",
    "Go",
    "Hackage",
    "Hex",
    "Julia",
    "Mageia",
    "Maven",
    "MinimOS",
    "npm",
    "NuGet",
    "opam",
    "openSUSE",
    "Packagist",
    "Pub",
    "PyPI",
    "Rocky Linux",
    "RubyGems",
    "SUSE",
    "SwiftURL",
    "Ubuntu",
];

/// Prefixes whose id is a CVE in other words.
const WRAPPED: &[&str] = &["ALPINE-", "DEBIAN-", "UBUNTU-"];

/// Prefixes of ids, and whose records they are.
#[rustfmt::skip]
const HOMES: &[(&str, &str)] = &[
    ("A-", "android"), ("ALBA-", "almalinux"), ("ALEA-", "almalinux"), ("ALPINE-", "alpine"),
    ("ALSA-", "almalinux"), ("ASB-", "android"), ("AZL-", "azure"), ("BELL-", "bellsoft"),
    ("BIT-", "bitnami"), ("CGA-", "chainguard"), ("CLEANSTART-", "cleanstart"), ("CURL-", "curl"),
    ("CVE-", "cve"), ("DEBIAN-", "debian"), ("DLA-", "debian"), ("DRUPAL-", "drupal"),
    ("DSA-", "debian"), ("DTSA-", "debian"), ("ECHO-", "echo"), ("EEF-", "eef"),
    ("GHSA-", "ghsa"), ("GO-", "go"), ("HSEC-", "haskell"), ("JLSEC-", "julia"),
    ("LSN-", "ubuntu"), ("MAL-", "openssf"), ("MGASA-", "mageia"), ("MINI-", "minimos"),
    ("OESA-", "openeuler"), ("OSEC-", "ocaml"), ("OSV-", "oss-fuzz"), ("PSF-", "psf"),
    ("PUB-", "android"), ("PYSEC-", "pypa"), ("RHBA-", "redhat"), ("RHEA-", "redhat"),
    ("RHSA-", "redhat"), ("RLBA-", "rocky"), ("RLEA-", "rocky"), ("RLSA-", "rocky"),
    ("ROOT-", "root"), ("RSEC-", "r"), ("RUSTSEC-", "rustsec"), ("RXSA-", "rocky"),
    ("SUSE-", "suse"), ("UBUNTU-", "ubuntu"), ("USN-", "ubuntu"), ("UVI-", "uvi"),
    ("openSUSE-", "suse"),
];

/// The CVE that an id wraps, else the id.
fn unwrapped(id: &str) -> &str {
    let bare = |prefix: &&str| id.strip_prefix(*prefix);
    WRAPPED.iter().find_map(bare).unwrap_or(id)
}

impl Feed for Osv {
    fn name(&self) -> &'static str {
        "osv"
    }

    fn about(&self) -> &'static str {
        "OSV records of any database, loose or as all.zip"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{')
            && head.contains("\"id\"")
            && (head.contains("\"affected\"") || head.contains("\"schema_version\""))
            && (head.contains("\"modified\"") || head.contains("\"ecosystem\""))
    }

    fn upstreams(&self) -> Vec<Upstream> {
        const BUCKET: &str = "https://storage.googleapis.com/osv-vulnerabilities";
        let one = |ecosystem: &&str| {
            let base = format!("{BUCKET}/{}", ecosystem.replace(' ', "%20"));
            Upstream {
                changes: Some(Changes {
                    list: format!("{base}/modified_id.csv"),
                    form: ListForm::Osv,
                    deletions: None,
                    records: format!("{base}/"),
                }),
                ..Upstream::many(
                    &format!("osv/{ecosystem}"),
                    [vec![format!("{base}/all.zip")]],
                )
            }
        };
        FETCHED.iter().map(one).collect()
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let record: Record = json(document)?;
        let Some(feed) = record.feed() else {
            intake.skipped(self.name(), record.no_feed());
            return Ok(());
        };
        if record.withdrawn.is_some() {
            intake.skipped(&feed, "withdrawn");
            return Ok(());
        }
        let affected = record.affected(&feed, intake);
        if affected.is_empty() {
            let commits = |range: &range::Range| range.is_of_commits();
            let mut ranges = record.affected.iter().flat_map(|subject| &subject.ranges);
            let reason = match ranges.any(commits) {
                true => "commits, and no version of a known ecosystem",
                false => "no version range of a known ecosystem",
            };
            intake.skipped(&feed, reason);
            return Ok(());
        }
        let vulnerabilities = record.vulnerabilities();
        if vulnerabilities.is_empty() {
            intake.skipped(&feed, "bug fix or enhancement, no vulnerability");
            return Ok(());
        }
        intake.newest(&feed, &record.modified);
        for (id, aliases) in vulnerabilities {
            intake.replace(Advisory {
                feed: feed.clone(),
                record: record.name(),
                id,
                class: record.class(),
                disputed: record.details.starts_with("** DISPUTED **"),
                aliases,
                title: record.summary.clone(),
                details: record.details.clone(),
                url: record.url(),
                published: record.published.clone(),
                modified: record.modified.clone(),
                severities: record.severities(&record.severity),
                affected: affected.clone(),
            });
        }
        Ok(())
    }
}

impl Record {
    /// `osv/` and the first ecosystem that has a place here.
    fn feed(&self) -> Option<String> {
        let packages = self.affected.iter().filter_map(|s| s.package.as_ref());
        let mut known = packages.filter(|p| Namespace::from_osv(&p.ecosystem).is_some());
        let base = known.next()?.ecosystem.split(':').next()?;
        Some(format!("osv/{base}"))
    }

    /// Docker keeps a record of one vulnerability for each of its products.
    fn name(&self) -> String {
        let first = self.affected.iter().find_map(|s| s.package.as_ref());
        match first {
            Some(package) if package.ecosystem == "DHI" => {
                format!("{}/{}", package.name, self.id)
            }
            _ => self.id.clone(),
        }
    }

    fn no_feed(&self) -> &'static str {
        if self.withdrawn.is_some() {
            "withdrawn"
        } else if self
            .affected
            .iter()
            .all(|subject| subject.package.is_none())
        {
            "no package"
        } else {
            "an ecosystem that is not known here"
        }
    }

    /// RustSec's informational records are about packages that are no longer
    /// looked after, or about flaws that are no vulnerabilities.
    fn class(&self) -> FindingClass {
        if self.id.starts_with("MAL-") {
            return FindingClass::Malware;
        }
        let said = |subject: &Subject| subject.database_specific.informational.clone();
        let said: Option<Vec<String>> = self.affected.iter().map(said).collect();
        match said.as_deref() {
            None | Some([]) => FindingClass::Vulnerability,
            Some(words) if words.iter().all(|word| word == "unmaintained") => {
                FindingClass::Unmaintained
            }
            Some(_) => FindingClass::Notice,
        }
    }

    fn is_umbrella(&self) -> bool {
        UMBRELLAS.iter().any(|prefix| self.id.starts_with(prefix))
    }

    /// The vulnerabilities that the record is about, each with its aliases.
    ///
    /// What it names as upstream is the same vulnerability where that is one,
    /// and what it covers where there are several. Related records are others,
    /// except that some umbrella advisories name what they cover so.
    fn vulnerabilities(&self) -> Vec<(String, Vec<String>)> {
        let cves = |ids: &mut dyn Iterator<Item = &String>| -> BTreeSet<String> {
            let ids = ids.map(|id| unwrapped(id));
            let cves = ids.filter(|id| id.starts_with("CVE-"));
            cves.map(str::to_owned).collect()
        };
        let upstream = cves(&mut self.upstream.iter());
        let covered = if self.is_umbrella() {
            let named = self.aliases.iter().chain(&self.related);
            let named = cves(&mut named.chain(&self.upstream));
            if named.is_empty() {
                return self
                    .is_security()
                    .then(|| (self.id.clone(), Vec::new()))
                    .into_iter()
                    .collect();
            }
            named
        } else if upstream.len() > 1 {
            upstream
        } else {
            let mut aliases: BTreeSet<String> = self.aliases.iter().cloned().collect();
            aliases.extend(upstream);
            aliases.insert(unwrapped(&self.id).to_owned());
            aliases.remove(&self.id);
            return vec![(self.id.clone(), aliases.into_iter().collect())];
        };
        covered.into_iter().map(|cve| (cve, Vec::new())).collect()
    }

    /// Distributions also publish bug fixes and enhancements.
    fn is_security(&self) -> bool {
        const OTHERS: &[&str] = &["ALBA-", "ALEA-", "RHBA-", "RHEA-", "RLBA-", "RLEA-"];
        !OTHERS.iter().any(|prefix| self.id.starts_with(prefix))
    }

    /// Who says so, for severities.
    fn source(&self) -> &'static str {
        let mut homes = HOMES.iter();
        let home = homes.find(|(prefix, _)| self.id.starts_with(prefix));
        home.map_or("osv", |(_, source)| source)
    }

    fn severities(&self, vectors: &[Vector]) -> Vec<SeverityClaim> {
        let word = self.database_specific.severity.as_deref();
        // AlmaLinux and Rocky tell it in the summary only.
        let summary = self.summary.split_once(": ").map(|(word, _)| word);
        let word = word.or(summary.filter(|_| self.is_umbrella()));
        let word = word.and_then(Severity::from_word);
        let mut claims = Vec::new();
        for vector in vectors {
            if let Some(cvss) = cvss::score(&vector.score) {
                claims.push(SeverityClaim {
                    source: self.source().to_owned(),
                    severity: word.unwrap_or_else(|| cvss::severity(&cvss)),
                    cvss: Some(cvss),
                });
            } else if let Some(severity) = Severity::from_word(&vector.score)
                && !vector.kind.starts_with("CVSS")
            {
                claims.push(SeverityClaim::in_word(self.source(), severity));
            }
        }
        if claims.is_empty() {
            claims.extend(word.map(|severity| SeverityClaim::in_word(self.source(), severity)));
        }
        // A vendor's word, then the newest vector.
        claims.sort_by(|a, b| {
            let version = |claim: &SeverityClaim| claim.cvss.as_ref().map(|c| c.version.clone());
            (a.cvss.is_some(), version(b)).cmp(&(b.cvss.is_some(), version(a)))
        });
        claims
    }

    fn affected(&self, feed: &str, intake: &mut Intake) -> Vec<Affected> {
        let mut affected = Vec::new();
        let covers = self.is_umbrella();
        for subject in &self.affected {
            let Some(package) = &subject.package else {
                continue;
            };
            let Some(namespace) = Namespace::from_osv(&package.ecosystem) else {
                continue;
            };
            let ranges = if subject.ecosystem_specific.custom_ranges.is_empty() {
                &subject.ranges
            } else {
                &subject.ecosystem_specific.custom_ranges
            };
            let (mut windows, unreadable) = range::windows(namespace.scheme(), ranges);
            for _ in 0..unreadable {
                intake.skipped(feed, crate::store::NO_VERSION);
            }
            windows.extend(subject.versions.iter().map(|version| Window::only(version)));
            if let Some(last) = subject.last_known() {
                for window in windows.iter_mut().filter(|w| w.to == Upper::Open) {
                    window.to = Upper::Through(last.to_owned());
                }
            }
            if windows.is_empty() {
                let whole = self.id.starts_with("MAL-") && subject.ranges.is_empty();
                if !whole {
                    continue;
                }
                windows.push(Window::ALL);
            }
            let urgency = subject.ecosystem_specific.urgency.as_deref();
            let word = urgency.or(subject.database_specific.severity.as_deref());
            let word = word
                .and_then(Severity::from_word)
                .map(|severity| SeverityClaim::in_word(self.source(), severity));
            let own = || match subject.severity.is_empty() {
                true => None,
                false => self.severities(&subject.severity).into_iter().next(),
            };
            let scope = Scope {
                module: self.module(&namespace, &windows),
                imports: subject.ecosystem_specific.imports.clone(),
                architectures: subject.ecosystem_specific.architectures.clone(),
                systems: subject.ecosystem_specific.systems.clone(),
                ..Scope::default()
            };
            affected.push(Affected {
                scope,
                advisories: if covers {
                    vec![self.id.clone()]
                } else {
                    Vec::new()
                },
                fixed_on: if covers { self.day() } else { None },
                severity: word.or_else(own),
                ..Affected::new(namespace, &package.name, windows)
            });
        }
        ubuntu_states(&mut affected);
        affected
    }

    /// The day on which it was published.
    fn day(&self) -> Option<String> {
        let published = self.published.as_deref()?;
        published.get(..10).map(str::to_owned)
    }

    /// AlmaLinux names the module only in the summary: `nginx:1.22 security
    /// update`.
    fn module(&self, namespace: &Namespace, windows: &[Window]) -> Module {
        if namespace.ecosystem() != Ecosystem::Rpm || !windows.iter().any(Window::is_modular) {
            return Module::Unsaid;
        }
        let words = self.summary.split_whitespace();
        let mut words = words.map(|word| word.trim_matches(','));
        let named = words.find(|word| {
            let parts = word.split_once(':');
            parts.is_some_and(|(name, stream)| !name.is_empty() && !stream.is_empty())
        });
        named.map_or(Module::Unsaid, |word| Module::Stream(word.to_owned()))
    }

    fn url(&self) -> Option<String> {
        let links = || {
            self.references
                .iter()
                .filter(|link| link.url.starts_with("https://"))
        };
        let advisory = links().find(|link| link.kind == "ADVISORY" && link.url.contains(&self.id));
        let link = advisory.or_else(|| links().find(|link| link.kind == "ADVISORY"));
        let known = || format!("https://osv.dev/vulnerability/{}", self.id);
        Some(link.map_or_else(known, |link| link.url.clone()))
    }
}

impl Subject {
    /// The last version that GitHub knows to be affected.
    fn last_known(&self) -> Option<&str> {
        let range = self.database_specific.last_known.as_deref()?;
        Some(range.trim().strip_prefix("<=")?.trim())
    }
}

/// Ubuntu's records do not tell what becomes of a package that is not
/// repaired, except that subscribers have a repair that others do not get.
fn ubuntu_states(affected: &mut [Affected]) {
    let is_fixed = |row: &Affected| row.windows.iter().all(|w| matches!(w.to, Upper::Fixed(_)));
    let paid: BTreeSet<(Namespace, String)> = affected
        .iter()
        .filter(|row| is_fixed(row))
        .filter_map(|row| Some((row.namespace.without_channel()?, row.package.clone())))
        .collect();
    for row in affected {
        if row.namespace.is_of("ubuntu") && !is_fixed(row) {
            let key = (row.namespace.clone(), row.package.clone());
            row.fix = match paid.contains(&key) {
                true => FixState::WontFix,
                false => FixState::Unknown,
            };
        }
    }
}

#[cfg(test)]
mod tests;
