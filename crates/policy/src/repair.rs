//! The smallest set of upgrades that takes away every stop, as far as upgrades
//! can.
//!
//! Nothing is assumed of a version: it counts as a cure when the image with
//! that version is matched and judged anew and does not stop for it.

use crate::{Action, Evidence, Policy, Subject, Verdict, judge};
use plimsoll_types::{Ecosystem, Finding, Inventory, Package, PackageRecord, Suppressed};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The vulnerabilities of an image, and those that do not count.
pub type Found = (Vec<Finding>, Vec<Suppressed>);

/// What repairing needs of other rooms.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// What is known of the packages of an image.
    pub find: &'a dyn Fn(&Inventory) -> Found,
    /// Compares two versions of an ecosystem; `None` where they cannot be.
    pub order: &'a dyn Fn(Ecosystem, &str, &str) -> Option<Ordering>,
}

/// A version change of one package, or of the binaries of one source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The packages, which move together: indices into
    /// [`Inventory::packages`], ascending.
    pub packages: Vec<usize>,
    /// The lowest version that cures whatever can be cured.
    pub target: String,
    /// Findings that stop without it and are gone with it: indices, ascending.
    pub cures: Vec<usize>,
    /// Findings that are gone with it, whether they stop or not.
    pub gone: usize,
    /// Findings that only the new version has.
    pub new: usize,
}

/// What an image would be.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The image with the new versions; packages stand where they stood.
    pub inventory: Inventory,
    /// Its vulnerabilities.
    pub findings: Vec<Finding>,
    /// What the policy would say.
    pub verdict: Verdict,
}

/// The upgrades that a policy asks for, the most cures first.
pub fn repair(
    policy: &Policy,
    subject: &Subject<'_>,
    verdict: &Verdict,
    means: Means<'_>,
) -> Vec<Upgrade> {
    let stopping = stopping(verdict);
    let mut units = units(subject, &stopping, means);
    // All units try their next version at once, so that there are as many
    // rounds as the longest list has versions and not as there are packages.
    loop {
        let pending: Vec<&Unit> = units.iter().filter(|unit| unit.next().is_some()).collect();
        if pending.is_empty() {
            break;
        }
        let mut trial = Trial::default();
        for unit in pending {
            trial.add(subject.inventory, unit);
        }
        let inventory = trial.inventory(subject.inventory);
        let (findings, suppressed) = (means.find)(&inventory);
        let verdict = judge(
            policy,
            &Subject {
                inventory: &inventory,
                findings: &findings,
                suppressed: &suppressed,
                ..subject.clone()
            },
        );
        let mut left: BTreeMap<usize, usize> = BTreeMap::new();
        for index in self::stopping(&verdict) {
            if let Some(package) = findings.get(index).and_then(|f| trial.origin(f.package)) {
                *left.entry(package).or_default() += 1;
            }
        }
        for unit in units.iter_mut().filter(|unit| unit.next().is_some()) {
            let packages = unit.packages.iter();
            unit.learn(packages.filter_map(|package| left.get(package)).sum());
        }
    }
    units.retain(|unit| unit.choice().is_some());
    let chosen: Vec<Upgrade> = units
        .into_iter()
        .filter_map(|unit| {
            Some(Upgrade {
                target: unit.choice()?.to_owned(),
                packages: unit.packages,
                cures: Vec::new(),
                gone: 0,
                new: 0,
            })
        })
        .collect();
    counted(policy, subject, &stopping, chosen, means)
}

/// The image with some upgrades, matched and judged anew.
pub fn outlook<'a>(
    policy: &Policy,
    subject: &Subject<'_>,
    upgrades: impl IntoIterator<Item = &'a Upgrade>,
    means: Means<'_>,
) -> Outlook {
    let mut inventory = subject.inventory.clone();
    for upgrade in upgrades {
        for index in &upgrade.packages {
            if let Some(package) = inventory.packages.get_mut(*index) {
                set_version(&mut package.record, &upgrade.target);
            }
        }
    }
    let (findings, suppressed) = (means.find)(&inventory);
    let verdict = judge(
        policy,
        &Subject {
            inventory: &inventory,
            findings: &findings,
            suppressed: &suppressed,
            ..subject.clone()
        },
    );
    Outlook {
        inventory,
        findings,
        verdict,
    }
}

/// Findings that stop.
fn stopping(verdict: &Verdict) -> BTreeSet<usize> {
    let reasons = verdict.reasons.iter();
    reasons
        .filter(|reason| reason.counts() && reason.effect() == Action::Stop)
        .filter_map(|reason| match reason.evidence {
            Evidence::Finding(index) => Some(index),
            _ => None,
        })
        .collect()
}

/// Packages that move together, and the versions they may go to.
struct Unit {
    packages: Vec<usize>,
    /// Stops that it is the reason of as it is.
    stops: usize,
    /// Ascending.
    versions: Vec<String>,
    /// Stops that each version leaves, as far as they were tried.
    tried: Vec<usize>,
}

impl Unit {
    /// The version to try next: none once one leaves nothing.
    fn next(&self) -> Option<&str> {
        match self.tried.last() {
            Some(0) => None,
            _ => self.versions.get(self.tried.len()).map(String::as_str),
        }
    }

    fn learn(&mut self, stops: usize) {
        self.tried.push(stops);
    }

    /// The lowest of the versions that leave the least, if that is less than
    /// there is.
    fn choice(&self) -> Option<&str> {
        let least = *self.tried.iter().min()?;
        let at = self.tried.iter().position(|&stops| stops == least)?;
        (least < self.stops)
            .then(|| self.versions.get(at).map(String::as_str))
            .flatten()
    }
}

fn units(subject: &Subject<'_>, stopping: &BTreeSet<usize>, means: Means<'_>) -> Vec<Unit> {
    let packages = &subject.inventory.packages;
    let mut stops: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for finding in stopping.iter().filter_map(|at| subject.findings.get(*at)) {
        stops.entry(finding.package).or_default().push(finding);
    }
    let mut siblings: BTreeMap<(Ecosystem, &str, String), Vec<usize>> = BTreeMap::new();
    for (index, package) in packages.iter().enumerate() {
        let record = &package.record;
        if record.ecosystem.is_os() {
            let key = (
                record.ecosystem,
                record.source_name(),
                record.full_version(),
            );
            siblings.entry(key).or_default().push(index);
        }
    }
    let mut units = Vec::new();
    let mut done = BTreeSet::new();
    for index in stops.keys() {
        let Some(package) = packages.get(*index) else {
            continue;
        };
        if done.contains(index) {
            continue;
        }
        let record = &package.record;
        let key = (
            record.ecosystem,
            record.source_name(),
            record.full_version(),
        );
        let members = siblings.get(&key).cloned();
        let members = members.unwrap_or_else(|| vec![*index]);
        done.extend(members.iter().copied());
        let findings: Vec<&Finding> = members
            .iter()
            .filter_map(|member| stops.get(member))
            .flatten()
            .copied()
            .collect();
        let versions = findings.iter().flat_map(|finding| &finding.fix.versions);
        let mut versions: Vec<String> = versions.cloned().collect();
        versions.sort_by(|one, other| {
            let order = (means.order)(record.ecosystem, one, other);
            order.unwrap_or_else(|| one.cmp(other))
        });
        versions.dedup();
        units.push(Unit {
            packages: members,
            stops: findings.len(),
            versions,
            tried: Vec::new(),
        });
    }
    units
}

/// Only the packages that are tried.
#[derive(Default)]
struct Trial {
    packages: Vec<Package>,
    origins: Vec<usize>,
}

impl Trial {
    fn add(&mut self, inventory: &Inventory, unit: &Unit) {
        let Some(version) = unit.next() else { return };
        for index in &unit.packages {
            if let Some(package) = inventory.packages.get(*index) {
                let mut package = package.clone();
                set_version(&mut package.record, version);
                package.depends_on.clear();
                self.packages.push(package);
                self.origins.push(*index);
            }
        }
    }

    fn inventory(&mut self, whole: &Inventory) -> Inventory {
        Inventory {
            image: whole.image.clone(),
            config: whole.config.clone(),
            layers: whole.layers.clone(),
            distro: whole.distro.clone(),
            packages: std::mem::take(&mut self.packages),
            ..Inventory::default()
        }
    }

    fn origin(&self, package: usize) -> Option<usize> {
        self.origins.get(package).copied()
    }
}

/// The same package in another version, as distributions and registries write
/// it: with the epoch in front where there is one.
fn set_version(record: &mut PackageRecord, target: &str) {
    let mut version = target.to_owned();
    if record.ecosystem == Ecosystem::Rpm {
        record.epoch = None;
        if let Some((epoch, rest)) = target.split_once(':') {
            record.epoch = epoch.parse().ok().filter(|epoch| *epoch > 0);
            version = rest.to_owned();
        }
    }
    if let Some(source) = &mut record.source
        && source.version.is_some()
    {
        source.version = Some(version.clone());
    }
    record.version = Some(version);
    record.purl = None;
}

/// The upgrades with what each of them does, the most cures first.
fn counted(
    policy: &Policy,
    subject: &Subject<'_>,
    stopping: &BTreeSet<usize>,
    mut upgrades: Vec<Upgrade>,
    means: Means<'_>,
) -> Vec<Upgrade> {
    let after = outlook(policy, subject, &upgrades, means);
    let known = |findings: &[Finding], packages: &[usize]| -> BTreeSet<(usize, String)> {
        let of = findings
            .iter()
            .filter(|finding| packages.contains(&finding.package));
        of.map(|finding| (finding.package, finding.id.clone()))
            .collect()
    };
    for upgrade in &mut upgrades {
        let old = known(subject.findings, &upgrade.packages);
        let new = known(&after.findings, &upgrade.packages);
        upgrade.gone = old.difference(&new).count();
        upgrade.new = new.difference(&old).count();
        let cured = stopping.iter().copied().filter(|index| {
            subject.findings.get(*index).is_some_and(|finding| {
                upgrade.packages.contains(&finding.package)
                    && !new.contains(&(finding.package, finding.id.clone()))
            })
        });
        upgrade.cures = cured.collect();
    }
    upgrades.sort_by_key(|upgrade| {
        (
            std::cmp::Reverse(upgrade.cures.len()),
            upgrade.packages.clone(),
        )
    });
    upgrades
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, finding};
    use plimsoll_types::{Fix, FixState, GapKind, Severity, SourcePackage};

    /// A vulnerability of a package name in these versions, and its fixes.
    struct Flaw(
        &'static str,
        &'static str,
        &'static [u32],
        &'static [&'static str],
    );

    fn number(text: &str) -> u32 {
        text.parse().unwrap()
    }

    /// Versions are whole numbers here.
    fn order(_: Ecosystem, one: &str, other: &str) -> Option<Ordering> {
        Some(number(one).cmp(&number(other)))
    }

    fn found(inventory: &Inventory, flaws: &[Flaw]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, package) in inventory.packages.iter().enumerate() {
            let installed = number(package.record.version.as_deref().unwrap());
            for Flaw(id, name, versions, fixes) in flaws {
                if package.record.source_name() == *name && versions.contains(&installed) {
                    let versions = fixes.iter().filter(|fix| number(fix) > installed);
                    findings.push(Finding {
                        fix: Fix {
                            state: FixState::Fixed,
                            versions: versions.map(|&fix| fix.to_owned()).collect(),
                            ..Fix::default()
                        },
                        ..finding(id, index, Severity::Critical)
                    });
                }
            }
        }
        findings
    }

    const POLICY: &str = "
version: 1
name: test
rules:
  - {name: critical, gate: vulnerabilities, trigger: package, when: {severity_at_least: critical}}
";

    fn repaired(scene: &Scene, flaws: &[Flaw]) -> (Vec<Upgrade>, Outlook) {
        let policy = Policy::parse(POLICY, "test").unwrap();
        let find = |inventory: &Inventory| (found(inventory, flaws), Vec::new());
        let means = Means {
            find: &find,
            order: &order,
        };
        let (findings, _) = find(&scene.inventory);
        let subject = Subject {
            findings: &findings,
            ..scene.subject()
        };
        let verdict = judge(&policy, &subject);
        let upgrades = repair(&policy, &subject, &verdict, means);
        let after = outlook(&policy, &subject, &upgrades, means);
        (upgrades, after)
    }

    fn one(version: &str) -> Scene {
        Scene::default().with_package(Ecosystem::Npm, "a", version)
    }

    #[test]
    fn the_lowest_version_that_cures_everything_that_stops_is_taken() {
        let flaws = [
            Flaw("CVE-1", "a", &[1, 2], &["3", "7"]),
            Flaw("CVE-2", "a", &[1, 2, 3, 4], &["5"]),
        ];
        let (upgrades, after) = repaired(&one("1"), &flaws);
        assert_eq!(upgrades.len(), 1);
        assert_eq!(upgrades[0].target, "5");
        assert_eq!((&upgrades[0].cures[..], upgrades[0].gone), (&[0, 1][..], 2));
        assert_eq!(after.verdict.outcome, crate::Outcome::Pass);
        assert!(after.findings.is_empty());
    }

    #[test]
    fn a_version_with_a_flaw_of_its_own_is_no_cure() {
        let flaws = [
            Flaw("CVE-1", "a", &[1], &["2", "4"]),
            Flaw("CVE-2", "a", &[2], &["3"]),
        ];
        let (upgrades, after) = repaired(&one("1"), &flaws);
        assert_eq!(upgrades[0].target, "4");
        assert_eq!(after.verdict.outcome, crate::Outcome::Pass);
    }

    #[test]
    fn what_has_no_fix_stays_and_the_outcome_says_so() {
        let flaws = [
            Flaw("CVE-1", "a", &[1], &["2"]),
            Flaw("CVE-2", "a", &[1, 2, 3], &[]),
            Flaw("CVE-3", "b", &[1], &[]),
        ];
        let scene = one("1").with_package(Ecosystem::Npm, "b", "1");
        let (upgrades, after) = repaired(&scene, &flaws);
        assert_eq!(upgrades.len(), 1);
        assert_eq!(
            (&*upgrades[0].target, &upgrades[0].cures[..]),
            ("2", &[0][..])
        );
        assert_eq!(after.verdict.outcome, crate::Outcome::Fail);
        let ids: Vec<_> = after.findings.iter().map(|f| &*f.id).collect();
        assert_eq!(ids, ["CVE-2", "CVE-3"]);
    }

    #[test]
    fn binaries_of_one_source_package_move_together() {
        let mut scene = Scene::default();
        for name in ["libssl3", "openssl", "zlib"] {
            scene = scene.with_package(Ecosystem::Deb, name, "1");
        }
        scene.inventory.packages[0].record.source = Some(SourcePackage {
            name: "openssl".into(),
            version: None,
        });
        let flaws = [Flaw("CVE-1", "openssl", &[1], &["2"])];
        let (upgrades, _) = repaired(&scene, &flaws);
        assert_eq!(upgrades.len(), 1);
        assert_eq!(upgrades[0].packages, [0, 1]);
        assert_eq!(upgrades[0].gone, 2);
    }

    #[test]
    fn other_reasons_to_stop_are_not_upgraded_away() {
        let scene = one("1").with_gap(GapKind::LayerUnreadable, "");
        let (upgrades, after) = repaired(&scene, &[Flaw("CVE-1", "a", &[1], &["2"])]);
        assert_eq!(upgrades.len(), 1);
        assert_eq!(after.verdict.outcome, crate::Outcome::CannotTell);
        let (none, _) = repaired(&scene, &[]);
        assert!(none.is_empty());
    }

    #[test]
    fn an_epoch_is_no_part_of_an_rpm_version() {
        let mut record = one("1").inventory.packages[0].record.clone();
        record.ecosystem = Ecosystem::Rpm;
        for (target, epoch, version) in [
            ("1:3.0-2", Some(1), "3.0-2"),
            ("0:3.0-2", None, "3.0-2"),
            ("3.0-2", None, "3.0-2"),
        ] {
            set_version(&mut record, target);
            assert_eq!(
                (record.epoch, record.version.as_deref()),
                (epoch, Some(version))
            );
        }
    }
}
