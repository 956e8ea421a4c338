//! Which distribution the image is: what its files state, else what its
//! packages give away.

use super::Visible;
use crate::collectors::os_release::rank;
use crate::facts::Fact;
use plimsoll_types::{Distro, Ecosystem, Package};
use std::collections::BTreeMap;

/// The distribution, by the order in which its files are trusted; the others
/// fill in what the first leaves out.
pub(super) fn of(visible: &Visible<'_>, packages: &[Package]) -> Option<Distro> {
    let mut found: Vec<_> = visible
        .evidence()
        .filter_map(|(_, evidence)| {
            let distro = evidence.facts.iter().find_map(|fact| match fact {
                Fact::Distro(distro) => Some(distro.as_ref()),
                _ => None,
            })?;
            Some((
                distro.id.is_empty(),
                rank(&evidence.path),
                &evidence.path,
                distro,
            ))
        })
        .collect();
    found.sort_by_key(|(nameless, rank, path, _)| (*nameless, *rank, *path));
    let found = found.into_iter().map(|(_, _, _, distro)| distro);
    // What only names a channel refines what others state.
    let (hints, found): (Vec<_>, Vec<_>) = found.partition(|distro| is_hint(distro));
    let mut found = found.into_iter();
    let first = found.next().cloned();
    let stated = first
        .as_ref()
        .filter(|distro| distro.id != "busybox" && !distro.id.is_empty());
    let Some(stated) = stated else {
        // Every Alpine image has a busybox: it says nothing beside packages.
        let has_packages = packages
            .iter()
            .any(|package| package.record.ecosystem.is_os());
        let first = first.filter(|distro| distro.id.is_empty() || !has_packages);
        let mut distro = infer(packages).or(first)?;
        branches(&mut distro);
        refine(&mut distro, &hints, packages);
        return Some(distro);
    };
    let mut distro = stated.clone();
    for other in found.filter(|other| other.id == stated.id) {
        fill(&mut distro, other);
    }
    branches(&mut distro);
    refine(&mut distro, &hints, packages);
    Some(distro)
}

/// Packages of Alpine come from the branch that its repositories are of, if
/// that is one; others are extras.
fn branches(distro: &mut Distro) {
    if distro.id != "alpine" {
        return;
    }
    let version = distro.version.as_deref().unwrap_or_default();
    let own = match version.contains("_alpha") {
        true => "edge".to_owned(),
        false => version.split('.').take(2).collect::<Vec<_>>().join("."),
    };
    match distro.extras.as_slice() {
        [branch] if *branch != own => distro.channel = distro.extras.pop(),
        _ => distro.extras.retain(|branch| *branch != own),
    }
}

fn is_hint(distro: &Distro) -> bool {
    let attached = distro.channel.is_some() || !distro.extras.is_empty();
    attached && distro.inferred && distro.version.is_none()
}

/// Adds the channels and extras that it is attached to.
fn refine(distro: &mut Distro, hints: &[&Distro], packages: &[Package]) {
    for hint in hints {
        // The products of SUSE are repaired through the same channels.
        let suse = hint.id == "sles" && distro.id.starts_with("sle");
        if hint.id == distro.id || suse {
            distro.extras.extend(hint.extras.iter().cloned());
            if distro.channel.is_none() {
                distro.channel.clone_from(&hint.channel);
            }
        }
    }
    distro.extras.sort();
    distro.extras.dedup();
    // Who has a repair was attached when it came, whatever is left of that.
    let repaired = |package: &Package| {
        let version = package.record.version.as_deref();
        version.is_some_and(|version| version.contains("+esm"))
    };
    if distro.id == "ubuntu" && distro.channel.is_none() && packages.iter().any(repaired) {
        distro.channel = Some("esm".to_owned());
    }
}

fn fill(distro: &mut Distro, other: &Distro) {
    let finer = match (&distro.version, &other.version) {
        (None, Some(_)) => true,
        // Debian names its point release in a file of its own.
        (Some(version), Some(point)) => {
            distro.id == "debian" && point.split('.').next() == Some(version)
        }
        _ => false,
    };
    if finer {
        distro.version.clone_from(&other.version);
    }
    if distro.extras.is_empty() {
        distro.extras.clone_from(&other.extras);
    }
    for (own, other) in [
        (&mut distro.codename, &other.codename),
        (&mut distro.variant, &other.variant),
        (&mut distro.cpe, &other.cpe),
        (&mut distro.support_end, &other.support_end),
        (&mut distro.channel, &other.channel),
    ] {
        if own.is_none() {
            own.clone_from(other);
        }
    }
}

/// What most packages say of where they come from: distributions write it into
/// versions and vendors.
fn infer(packages: &[Package]) -> Option<Distro> {
    let mut votes: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for package in packages {
        let record = &package.record;
        let version = record.version.as_deref().unwrap_or_default();
        let vote = match record.ecosystem {
            Ecosystem::Rpm => rpm(version, record.vendor.as_deref().unwrap_or_default()),
            Ecosystem::Deb => deb(version),
            _ => None,
        };
        if let Some((id, release)) = vote {
            *votes.entry((id, release)).or_default() += 1;
        }
    }
    // Packages of Ubuntu that came from Debian unchanged say so.
    let ubuntu = votes.keys().any(|(id, _)| *id == "ubuntu");
    votes.retain(|(id, release), _| !ubuntu || (*id == "ubuntu" && !release.is_empty()));
    let best = votes
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(vote, _)| vote);
    let (id, release) = best.or_else(|| ubuntu.then(|| ("ubuntu", String::new())))?;
    let first = packages
        .iter()
        .find(|package| package.record.ecosystem.is_os())?;
    Some(Distro {
        id: id.to_owned(),
        pretty: format!("{id} {release}").trim_end().to_owned(),
        version: Some(release).filter(|release| !release.is_empty()),
        source: first
            .locations
            .first()
            .map_or_else(String::new, |place| place.path.clone()),
        inferred: true,
        ..Distro::default()
    })
}

/// `2.36-9+deb12u4` and `1.2~deb12u1` of Debian 12, `1-2ubuntu0.22.04.1` and
/// `1~22.04` of Ubuntu 22.04.
fn deb(version: &str) -> Option<(&'static str, String)> {
    if let Some((_, after)) = version.split_once("ubuntu") {
        let mut releases = after.split(['~', '+', '-']).filter_map(|part| {
            let mut numbers = part.split('.').filter(|n| n.len() == 2);
            let (year, month) = (numbers.next()?, numbers.next()?);
            let plausible = matches!(month, "04" | "10") && year.parse::<u8>().is_ok();
            plausible.then(|| format!("{year}.{month}"))
        });
        return Some(("ubuntu", releases.next_back().unwrap_or_default()));
    }
    let (_, after) = version.rsplit_once("deb")?;
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    let (release, rest) = after.split_at(end);
    (!release.is_empty() && rest.starts_with('u')).then(|| ("debian", release.to_owned()))
}

/// The distribution tag at the end of a release: `3.el9_4`, `1.fc40`.
fn rpm(version: &str, vendor: &str) -> Option<(&'static str, String)> {
    let (_, release) = version.rsplit_once('-')?;
    let digits = |text: &str| {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        Some(text[..end].to_owned()).filter(|digits| !digits.is_empty())
    };
    for part in release.split(['.', '_']) {
        for (tag, id) in [
            ("el", "rhel"),
            ("fc", "fedora"),
            ("amzn", "amzn"),
            ("azl", "azurelinux"),
            ("cm", "mariner"),
            ("ph", "photon"),
        ] {
            let Some(number) = part.strip_prefix(tag).and_then(digits) else {
                continue;
            };
            return match id {
                "rhel" => Some((rebuilder(vendor)?, number)),
                "azurelinux" | "mariner" | "photon" => Some((id, format!("{number}.0"))),
                id => Some((id, number)),
            };
        }
    }
    None
}

/// Who rebuilt Red Hat Enterprise Linux.
fn rebuilder(vendor: &str) -> Option<&'static str> {
    [
        ("CentOS", "centos"),
        ("Rocky", "rocky"),
        ("AlmaLinux", "almalinux"),
        ("Oracle", "ol"),
        ("Red Hat", "rhel"),
        ("Scientific", "scientific"),
    ]
    .iter()
    .find(|(name, _)| vendor.starts_with(name))
    .map(|(_, id)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap 56.
    #[test]
    fn packages_give_their_distribution_away() {
        let known =
            |found: Option<(&str, String)>| found.map(|(id, release)| format!("{id}@{release}"));
        for (version, expected) in [
            ("2.36-9+deb12u4", Some("debian@12")),
            ("1.2-1~deb11u2", Some("debian@11")),
            ("3.0.2-0ubuntu1", Some("ubuntu@")),
            ("3.0.2-0ubuntu0.22.04.1", Some("ubuntu@22.04")),
            ("12.3.0-1ubuntu1~22.04", Some("ubuntu@22.04")),
            ("1.2-3", None),
            ("1.0+debian-1", None),
        ] {
            assert_eq!(known(deb(version)).as_deref(), expected, "{version}");
        }
        for (version, vendor, expected) in [
            ("1.2-3.el9_4", "Red Hat, Inc.", Some("rhel@9")),
            (
                "1.2-3.el8",
                "Rocky Enterprise Software Foundation",
                Some("rocky@8"),
            ),
            ("1.2-3.el8", "Fedora Project", None),
            ("1.2-3.fc40", "Fedora Project", Some("fedora@40")),
            ("1.2-3.amzn2023.0.1", "", Some("amzn@2023")),
            (
                "1.2-3.azl3",
                "Microsoft Corporation",
                Some("azurelinux@3.0"),
            ),
            ("1.2-3", "x", None),
        ] {
            assert_eq!(
                known(rpm(version, vendor)).as_deref(),
                expected,
                "{version}"
            );
        }
    }
}
