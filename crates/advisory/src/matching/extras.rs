//! Which repositories of Amazon Linux a package may have come from. Extras are
//! repaired by advisories of their own, and ship packages under names that the
//! core and other extras have as well; nothing in a package says whose it is.
//!
//! A topic goes along a line of versions, and its packages are on that line or
//! on one that the topic has left for the next.

use crate::namespace::Namespace;
use std::collections::BTreeSet;

/// The first two numbers of an upstream version.
type Line = (u64, u64);

/// A repository that repaired a package of some name.
pub(super) struct Candidate {
    pub namespace: Namespace,
    /// The versions that repaired it.
    pub fixed: BTreeSet<String>,
}

/// Where a package may have come from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Origins {
    pub namespaces: Vec<Namespace>,
    /// Others that may have shipped it as well, of which nothing can be said.
    pub undecided: Vec<Namespace>,
}

/// Chooses among the repositories that repaired a package of that name.
/// `switched_on` are the extras that the image has switched on, where it says.
pub(super) fn origins(
    candidates: Vec<Candidate>,
    installed: &str,
    switched_on: &[String],
) -> Origins {
    let own = line(installed);
    let lines: Vec<(Namespace, BTreeSet<Line>)> = candidates
        .into_iter()
        .map(|candidate| {
            let lines = candidate.fixed.iter().map(|fixed| line(fixed)).collect();
            (candidate.namespace, lines)
        })
        .collect();
    let of = |counts: &dyn Fn(&BTreeSet<Line>) -> bool| -> Vec<Namespace> {
        let counting = lines.iter().filter(|(_, lines)| counts(lines));
        counting.map(|(namespace, _)| namespace.clone()).collect()
    };
    let is_on = |namespace: &Namespace| {
        let channel = namespace.channel();
        channel.is_empty() || switched_on.iter().any(|on| on == channel)
    };
    // What is switched on tells among those that fit; a package may stay when
    // its repository is switched off.
    let narrowed = |mut fitting: Vec<Namespace>| {
        if !switched_on.is_empty() && fitting.iter().any(is_on) {
            fitting.retain(is_on);
        }
        fitting
    };
    let exact = of(&|lines| lines.contains(&own));
    if !exact.is_empty() {
        return Origins {
            namespaces: narrowed(exact),
            undecided: Vec::new(),
        };
    }
    let next = |lines: &BTreeSet<Line>| lines.iter().copied().find(|line| *line > own);
    let mut ahead = narrowed(of(&|lines| next(lines).is_some()));
    let nearest = lines
        .iter()
        .filter(|(namespace, _)| ahead.contains(namespace))
        .filter_map(|(_, lines)| next(lines))
        .min();
    let near = of(&|lines| next(lines) == nearest);
    ahead.retain(|namespace| !near.contains(namespace));
    match nearest {
        // Whoever shipped it, it is beyond every repair.
        None => Origins {
            namespaces: of(&|_| true),
            undecided: Vec::new(),
        },
        Some(_) => Origins {
            namespaces: narrowed(near),
            undecided: ahead,
        },
    }
}

/// `(5, 10)` of `0:5.10.82-83.359.amzn2`; numbers that are missing are 0.
fn line(version: &str) -> Line {
    let upstream = version.split_once(':').map_or(version, |(_, rest)| rest);
    let upstream = upstream.split('-').next().unwrap_or_default();
    let mut numbers = upstream.split('.').map(|part| {
        let end = part.find(|c: char| !c.is_ascii_digit());
        let digits = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
        digits.parse().unwrap_or(0)
    });
    let mut number = || numbers.next().unwrap_or(0);
    (number(), number())
}

#[cfg(test)]
mod tests {
    use crate::matching::find;
    use crate::matching::tests::ids;
    use crate::testing::{inventory, package, store};
    use plimsoll_types::{Ecosystem, GapKind, Inventory};

    /// An advisory of a repository, with the build that repairs a CVE.
    fn alas(id: &str, cve: &str, name: &str, version: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><updates><update type="security"><id>{id}</id><title>t</title>
            <issued date="2022-01-18 20:09:00"/><updated date="2022-01-20 20:09:00"/><severity>medium</severity>
            <references><reference id="{cve}" type="cve"/></references><pkglist><collection>
            <package name="{name}" version="{version}" release="1.amzn2" epoch="0" arch="x86_64"/>
            </collection></pkglist></update></updates>"#
        )
    }

    fn kernels() -> Vec<String> {
        vec![
            alas("ALAS2-2022-1", "CVE-2022-1", "kernel", "4.14.200"),
            alas("ALASKERNEL-5.4-2022-1", "CVE-2022-1", "kernel", "5.4.170"),
            alas("ALASKERNEL-5.10-2022-1", "CVE-2022-1", "kernel", "5.10.80"),
            alas("ALASKERNEL-5.15-2022-1", "CVE-2022-2", "kernel", "5.15.20"),
        ]
    }

    fn image(name: &str, version: &str, extras: &[&str]) -> Inventory {
        let package = package(Ecosystem::Rpm, name, &format!("{version}-1.amzn2"));
        let mut image = inventory(Some(("amzn", "2")), vec![package]);
        let extras = extras.iter().map(|name| (*name).to_owned());
        image.distro.as_mut().unwrap().extras = extras.collect();
        image
    }

    fn found(documents: &[String], image: &Inventory) -> (Vec<String>, Vec<(GapKind, String)>) {
        let documents: Vec<_> = documents.iter().map(String::as_str).collect();
        let (_folder, store) = store(&documents);
        let matched = find(image, &store);
        let gaps = matched.coverage.gaps.iter();
        let gaps = gaps.map(|gap| (gap.kind, gap.subject.clone())).collect();
        (ids(&matched).into_iter().map(str::to_owned).collect(), gaps)
    }

    #[test]
    fn a_package_is_told_by_the_extra_on_whose_line_it_is() {
        for (version, expected) in [
            ("4.14.100", ["CVE-2022-1"].as_slice()),
            ("4.14.200", &[]),
            ("5.4.169", &["CVE-2022-1"]),
            ("5.4.170", &[]),
            ("5.10.79", &["CVE-2022-1"]),
            ("5.10.80", &[]),
            ("5.15.10", &["CVE-2022-2"]),
            ("6.1.1", &[]),
        ] {
            let (ids, gaps) = found(&kernels(), &image("kernel", version, &[]));
            assert_eq!(ids, expected, "{version}");
            assert!(gaps.is_empty(), "{version}: {gaps:?}");
        }
    }

    #[test]
    fn what_only_an_extra_ships_is_told_by_it_on_whatever_line() {
        let documents = [
            alas("ALAS2-2022-1", "CVE-2022-9", "bash", "4.2.50"),
            alas("ALASDOCKER-2022-1", "CVE-2022-1", "docker", "20.10.7"),
        ];
        for version in ["18.09.1", "20.10.6"] {
            let (ids, gaps) = found(&documents, &image("docker", version, &[]));
            assert_eq!(ids, ["CVE-2022-1"], "{version}");
            assert!(gaps.is_empty(), "{gaps:?}");
        }
    }

    #[test]
    fn a_line_that_nobody_repaired_is_the_nearest_ones_and_the_doubt_is_said() {
        let old = |extras| found(&kernels(), &image("kernel", "4.9.1", extras));
        let (ids, gaps) = old(&[]);
        assert_eq!(ids, ["CVE-2022-1"]);
        assert_eq!(gaps, [(GapKind::VersionUnparsable, "kernel".to_owned())]);
        // The image says which extras it has: none of those that have kernels.
        let mut documents = kernels();
        documents.push(alas("ALASDOCKER-2022-1", "CVE-2022-3", "docker", "20.10.7"));
        let (_, gaps) = found(&documents, &image("kernel", "4.9.1", &["docker"]));
        assert!(gaps.is_empty(), "{gaps:?}");
    }

    #[test]
    fn of_two_extras_on_one_line_the_one_that_is_switched_on_counts() {
        let documents = [
            alas("ALAS2-2022-1", "CVE-2022-9", "bash", "4.2.50"),
            alas("ALASDOCKER-2022-1", "CVE-2022-1", "docker", "20.10.7"),
            alas("ALASECS-2022-1", "CVE-2022-2", "docker", "20.10.9"),
        ];
        let with = |extras| found(&documents, &image("docker", "20.10.5", extras)).0;
        assert_eq!(with(&[]), ["CVE-2022-1", "CVE-2022-2"]);
        assert_eq!(with(&["docker"]), ["CVE-2022-1"]);
    }

    #[test]
    fn an_extra_that_is_switched_on_and_has_no_data_is_a_gap() {
        let documents = [alas("ALAS2-2022-1", "CVE-2022-9", "bash", "4.2.50")];
        let (_, gaps) = found(&documents, &image("docker", "20.10.5", &["docker"]));
        assert_eq!(
            gaps,
            [(GapKind::NoAdvisoryData, "amzn:2:docker".to_owned())]
        );
    }
}
