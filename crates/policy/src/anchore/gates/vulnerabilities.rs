use super::facts::{is_os, package_type};
use super::{COMPARISONS, Facts, Fires, Gate, STALE, Trigger, UNAVAILABLE, holds, python_list};
use crate::anchore::params::{Kind, Values, optional, required};
use crate::verdict::Evidence;
use plimsoll_advisory::cvss::sub_scores;
use plimsoll_types::{
    Ecosystem, Finding, FindingClass, FixState, Gap, GapKind, Inventory, Location, Package,
    Severity,
};
use std::collections::BTreeSet;

/// What advisories say about the packages.
pub(super) const GATE: Gate = Gate {
    name: "vulnerabilities",
    triggers: &[
        Trigger {
            names: &["package"],
            parameters: &[
                required(&["package_type"], Kind::OneOf(&["all", "os", "non-os"])),
                optional(&["severity_comparison"], Kind::OneOf(COMPARISONS)),
                optional(&["severity"], Kind::OneOf(SEVERITIES)),
                optional(&["cvss_v3_base_score_comparison"], Kind::OneOf(COMPARISONS)),
                optional(&["cvss_v3_base_score"], Kind::Float),
                optional(
                    &["cvss_v3_exploitability_score_comparison"],
                    Kind::OneOf(COMPARISONS),
                ),
                optional(&["cvss_v3_exploitability_score"], Kind::Float),
                optional(
                    &["cvss_v3_impact_score_comparison"],
                    Kind::OneOf(COMPARISONS),
                ),
                optional(&["cvss_v3_impact_score"], Kind::Float),
                optional(&["fix_available"], Kind::Bool),
                optional(&["vendor_only"], Kind::Bool),
                optional(&["max_days_since_creation"], Kind::Number),
                optional(&["max_days_since_fix"], Kind::Number),
                optional(
                    &["vendor_cvss_v3_base_score_comparison"],
                    Kind::OneOf(COMPARISONS),
                ),
                optional(&["vendor_cvss_v3_base_score"], Kind::Float),
                optional(
                    &["vendor_cvss_v3_exploitability_score_comparison"],
                    Kind::OneOf(COMPARISONS),
                ),
                optional(&["vendor_cvss_v3_exploitability_score"], Kind::Float),
                optional(
                    &["vendor_cvss_v3_impact_score_comparison"],
                    Kind::OneOf(COMPARISONS),
                ),
                optional(&["vendor_cvss_v3_impact_score"], Kind::Float),
                optional(&["package_path_exclude"], Kind::Regex),
            ],
            check: package,
        },
        Trigger {
            names: &[STALE],
            parameters: &[required(&["max_days_since_sync"], Kind::Number)],
            check: stale,
        },
        Trigger {
            names: &[UNAVAILABLE],
            parameters: &[],
            check: data_unavailable,
        },
        Trigger {
            names: &["blacklist", "denylist"],
            parameters: &[
                required(&["vulnerability_ids"], Kind::List),
                optional(&["vendor_only"], Kind::Bool),
            ],
            check: blacklist,
        },
        Trigger {
            names: &["kev_list"],
            parameters: &[],
            check: kev_list,
        },
    ],
};

const SEVERITIES: &[&str] = &["unknown", "negligible", "low", "medium", "high", "critical"];

/// Scores that rules compare: parameter, whether the vendor's, which of three.
const SCORES: [(&str, bool, usize); 6] = [
    ("cvss_v3_base_score", false, 0),
    ("cvss_v3_exploitability_score", false, 1),
    ("cvss_v3_impact_score", false, 2),
    ("vendor_cvss_v3_base_score", true, 0),
    ("vendor_cvss_v3_exploitability_score", true, 1),
    ("vendor_cvss_v3_impact_score", true, 2),
];

/// What Anchore calls vulnerabilities: other findings are native ideas.
fn counted<'a>(
    facts: &Facts<'a>,
    values: &Values,
) -> impl Iterator<Item = (usize, &'a Finding, &'a Package)> {
    let vendor_only = values.flag("vendor_only") != Some(false);
    let inventory = facts.subject.inventory;
    let findings = facts.subject.findings.iter().enumerate();
    findings.filter_map(move |(index, finding)| {
        let package = inventory.packages.get(finding.package)?;
        let class = matches!(
            finding.class,
            FindingClass::Vulnerability | FindingClass::Malware
        );
        let denied = vendor_only && finding.fix.state == FixState::WontFix;
        (class && !denied).then_some((index, finding, package))
    })
}

fn package(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let wanted = values.text("package_type").unwrap_or("all");
    let comparison = values.text("severity_comparison").unwrap_or(">");
    let severity = values.text("severity").unwrap_or("unknown");
    let severity = Severity::WORST_FIRST
        .into_iter()
        .find(|known| known.as_str() == severity)
        .unwrap_or_default();
    for (index, finding, package) in counted(facts, values) {
        let ecosystem = package.record.ecosystem;
        let class_fits = match wanted {
            "os" => is_os(ecosystem),
            // More than Anchore's own list: a crate is no OS package.
            "non-os" => !ecosystem.is_os(),
            _ => true,
        };
        if !class_fits || !holds(comparison, finding.severity.cmp(&severity)) {
            continue;
        }
        let places = places(package, values);
        if places.is_empty() {
            continue;
        }
        let Some(brackets) = brackets(finding, values, facts) else {
            continue;
        };
        let mut seen = BTreeSet::new();
        for place in places {
            let id = format!("{}+{}", finding.id, name(package, place));
            if !seen.insert(id.clone()) {
                continue;
            }
            let message = message(finding, package, place, &brackets);
            let fire = fires.add(Evidence::Finding(index), message);
            fire.ids.push(id);
            let aliases = finding.aliases.iter();
            fire.ids
                .extend(aliases.map(|alias| format!("{alias}+{}", name(package, place))));
            fire.advice = advice(finding, package);
        }
    }
}

/// Where the package lies, without what the rule leaves out; one nowhere for
/// packages of the operating system.
fn places<'a>(package: &'a Package, values: &Values) -> Vec<Option<&'a Location>> {
    if package.record.ecosystem.is_os() || package.locations.is_empty() {
        return vec![None];
    }
    let excluded = |place: &Location| {
        let regex = values.regex("package_path_exclude");
        regex.is_some_and(|regex| regex.matches(&path(place)))
    };
    let places = package.locations.iter();
    places.filter(|place| !excluded(place)).map(Some).collect()
}

fn path(place: &Location) -> String {
    let inner = place.nested.iter().map(|part| format!(":{part}"));
    format!("/{}{}", place.path, inner.collect::<String>())
}

/// What Anchore calls the package in ids.
fn name(package: &Package, place: Option<&Location>) -> String {
    let record = &package.record;
    let Some(place) = place.filter(|_| !is_os(record.ecosystem)) else {
        return record.name.clone();
    };
    let full = path(place);
    let mut parts = full.rsplit(['/', ':']);
    let named = match record.ecosystem {
        Ecosystem::Maven | Ecosystem::Gem => parts.next(),
        // The folder that `package.json` lies in.
        Ecosystem::Npm => parts.nth(1),
        _ => None,
    };
    match named.filter(|named| !named.is_empty()) {
        Some(named) => named.to_owned(),
        None => format!("{}-{}", record.name, record.full_version()),
    }
}

/// Checks ages and scores; what was compared is shown. `None` where one of
/// them does not hold.
fn brackets(finding: &Finding, values: &Values, facts: &Facts<'_>) -> Option<String> {
    let mut dates = Vec::new();
    let date = |moment: &str| moment.get(..10).unwrap_or(moment).to_owned();
    if let Some(days) = values.number("max_days_since_creation") {
        // An unknown day counts as long ago.
        if let Some(published) = &finding.published {
            if facts.is_past(published, days) == Some(false) {
                return None;
            }
            dates.push(format!("max_days_since_creation={}", date(published)));
        }
    }
    let fixed = finding
        .fix
        .versions
        .iter()
        .any(|version| !version.is_empty())
        || finding.fix.state == FixState::Fixed;
    if values.flag("fix_available") == Some(true)
        && let Some(days) = values.number("max_days_since_fix")
        && let Some(since) = &finding.fix.since
    {
        if facts.is_past(since, days) == Some(false) {
            return None;
        }
        dates.push(format!("max_days_since_fix={}", date(since)));
    }
    if values
        .flag("fix_available")
        .is_some_and(|wanted| wanted != fixed)
    {
        return None;
    }
    let (mut nvd, mut vendor) = (Vec::new(), Vec::new());
    for (parameter, of_vendor, which) in SCORES {
        let Some(wanted) = values.float(parameter) else {
            continue;
        };
        let comparison = values.text(&format!("{parameter}_comparison"));
        let found = score(finding, of_vendor, which);
        if !holds(comparison.unwrap_or(">="), found.total_cmp(&wanted)) {
            return None;
        }
        if found != 0.0 {
            let list = if of_vendor { &mut vendor } else { &mut nvd };
            list.push(format!("{parameter}={found:?}"));
        }
    }
    let groups = [nvd, dates, vendor]
        .into_iter()
        .filter(|group| !group.is_empty());
    Some(
        groups
            .map(|group| format!("({})", group.join(" ")))
            .collect(),
    )
}

/// The highest score of its kind in CVSS 3, each for itself; -1 without.
fn score(finding: &Finding, of_vendor: bool, which: usize) -> f64 {
    let claims = finding.severities.iter();
    let claims = claims.filter(|claim| (claim.source == "nvd") != of_vendor);
    let vectors = claims.filter_map(|claim| claim.cvss.as_ref());
    let vectors = vectors.filter(|cvss| cvss.version.starts_with('3'));
    let scores = vectors.filter_map(|cvss| match which {
        0 => Some(cvss.score),
        1 => sub_scores(&cvss.vector).map(|parts| parts.exploitability),
        _ => sub_scores(&cvss.vector).map(|parts| parts.impact),
    });
    // As published: with one digit.
    let scores = scores.map(|score| (score * 10.0).round() / 10.0);
    scores.fold(-1.0, f64::max)
}

fn message(
    finding: &Finding,
    package: &Package,
    place: Option<&Location>,
    brackets: &str,
) -> String {
    let ecosystem = package.record.ecosystem;
    let os = is_os(ecosystem);
    let subject = match place.filter(|_| !os) {
        Some(place) => path(place),
        None => package.record.name.clone(),
    };
    let fixes = &finding.fix.versions;
    let fixed = match fixes.is_empty() {
        true => String::new(),
        false => format!("(fixed in: {})", fixes.join(", ")),
    };
    format!(
        "{} Vulnerability found in {} package type ({}) - {subject} {fixed}{brackets}({} - {})",
        finding.severity.as_str().to_ascii_uppercase(),
        if os { "os" } else { "non-os" },
        package_type(ecosystem),
        finding.id,
        finding.url.as_deref().unwrap_or("None"),
    )
}

fn advice(finding: &Finding, package: &Package) -> Option<String> {
    let version = finding.fix.versions.first()?;
    Some(format!("upgrade {} to {version}", package.record.name))
}

fn stale(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let days = values.number("max_days_since_sync").unwrap_or_default();
    let synced = facts.subject.data.as_ref().map(|data| data.built.as_str());
    // Exactly so many days are not more.
    let is_old = synced.is_none_or(|synced| {
        let now = facts.subject.now.as_second();
        let synced = synced.parse::<jiff::Timestamp>();
        let days = i64::try_from(days).unwrap_or(i64::MAX);
        synced.map_or(true, |at| {
            at.as_second() < now.saturating_sub(days.saturating_mul(86_400))
        })
    });
    if is_old || unknown_distro(facts).is_some() {
        let message = format!(
            "The vulnerability feed for this image distro is older than MAXAGE ({days}) days"
        );
        let fire = fires.add(Evidence::Data, message);
        fire.advice = Some("run `plimsoll data update --from FOLDER_OR_URL`".to_owned());
    }
}

fn data_unavailable(_: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    if let Some(namespace) = unknown_distro(facts) {
        let message = format!(
            "Distro-specific feed data not found for distro namespace: {namespace}. Cannot perform \
             CVE scan OS/distro packages"
        );
        fires.add(Evidence::Data, message);
    }
}

/// The namespace of the distribution, where there is no data for it.
fn unknown_distro(facts: &Facts<'_>) -> Option<String> {
    let subject = facts.subject;
    let distro = subject.inventory.distro.as_ref();
    let version = distro.and_then(|distro| distro.version.as_deref());
    let namespace = match distro {
        Some(distro) => format!("{}:{}", distro.id, version.unwrap_or("0")),
        None => "unknown:0".to_owned(),
    };
    let packages = &subject.inventory.packages;
    let gaps = &subject.inventory.coverage.gaps;
    let has_gap = gaps
        .iter()
        .any(|gap| is_about_distro(gap, subject.inventory));
    let is_nothing = distro.is_none() && !packages.iter().any(|p| p.record.ecosystem.is_os());
    let unknown = subject.data.is_none() || has_gap || is_nothing;
    unknown.then_some(namespace)
}

/// Whether a gap says that there is no data for the distribution.
pub(in crate::anchore) fn is_about_distro(gap: &Gap, inventory: &Inventory) -> bool {
    let id = gap.subject.split(':').next().unwrap_or_default();
    let mut ids = inventory.distro.iter().flat_map(|distro| {
        let own = std::iter::once(&distro.id);
        own.chain(&distro.id_like)
    });
    match gap.kind {
        GapKind::DistroUnknown => true,
        GapKind::NoAdvisoryData => ids.any(|own| own == id),
        _ => false,
    }
}

fn blacklist(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    let mut first = None;
    let found: Vec<String> = values
        .list("vulnerability_ids")
        .iter()
        .filter(|listed| {
            // Under any of its names: one that was renamed is still denied.
            let mut findings = counted(facts, values);
            let hit = findings.find(|(_, finding, _)| {
                let mut ids = std::iter::once(&finding.id).chain(&finding.aliases);
                ids.any(|id| id.eq_ignore_ascii_case(listed))
            });
            if let Some((index, _, _)) = hit {
                first.get_or_insert(index);
            }
            hit.is_some()
        })
        .cloned()
        .collect();
    if let Some(index) = first {
        let message = format!(
            "Blacklisted vulnerabilities detected: {}",
            python_list(&found)
        );
        fires.add(Evidence::Finding(index), message);
    }
}

fn kev_list(values: &Values, facts: &Facts<'_>, fires: &mut Fires) {
    for (index, finding, package) in counted(facts, values) {
        let Some(known) = &finding.known_exploited else {
            continue;
        };
        let name = &package.record.name;
        let message = format!(
            "{} in {name} is in CISA's catalogue of known exploited vulnerabilities since {}",
            finding.id, known.added
        );
        let fire = fires.add(Evidence::Finding(index), message);
        let ids = std::iter::once(&finding.id).chain(&finding.aliases);
        fire.ids.extend(ids.map(|id| format!("{id}+{name}")));
        fire.advice = advice(finding, package);
    }
}
