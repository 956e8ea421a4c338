//! `traps.tsv`: mistakes of earlier scanners, each restated as input and right
//! answer. Those that the advisories of the corpus can show are matched here;
//! every other one must have a test, which `crates/advisory/traps.md` names.

use super::{Score, table};
use anyhow::{Context, Result};
use plimsoll_advisory::{Store, UpdateOptions, find, update};
use plimsoll_types::{
    Confidence, Distro, Ecosystem, Inventory, Location, Package, PackageRecord, SourcePackage,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the suite needs of the advisories beside it.
const FEEDS: &[&str] = &[
    "osv/Go",
    "osv/PyPI",
    "osv/crates.io",
    "osv/AlmaLinux",
    "osv/Bitnami",
    "alpine-secdb/v3.11",
    "debian/tracker-data-derived.json.gz",
    "debian/security-tracker-lists.tar.zst",
    "ruby-advisory-db",
    "samples/oracle-oval.tar.zst",
];

struct Case {
    trap: u32,
    /// `os-release` id and version; empty for none.
    distro: (&'static str, &'static str),
    ecosystem: Ecosystem,
    name: &'static str,
    version: &'static str,
    /// Source package, rpm module label and architecture; empty for none.
    more: (&'static str, &'static str, &'static str),
    id: &'static str,
    affected: bool,
}

const fn case(
    trap: u32,
    ecosystem: Ecosystem,
    package: (&'static str, &'static str),
    id: &'static str,
    affected: bool,
) -> Case {
    Case {
        trap,
        distro: ("", ""),
        ecosystem,
        name: package.0,
        version: package.1,
        more: ("", "", ""),
        id,
        affected,
    }
}

const fn go(
    trap: u32,
    name: &'static str,
    version: &'static str,
    id: &'static str,
    affected: bool,
) -> Case {
    case(trap, Ecosystem::Golang, (name, version), id, affected)
}

const fn rpm(
    trap: u32,
    distro: (&'static str, &'static str),
    package: (&'static str, &'static str),
    more: (&'static str, &'static str, &'static str),
    id: &'static str,
    affected: bool,
) -> Case {
    Case {
        distro,
        more,
        ..case(trap, Ecosystem::Rpm, package, id, affected)
    }
}

const fn apk(
    trap: u32,
    name: &'static str,
    version: &'static str,
    id: &'static str,
    affected: bool,
) -> Case {
    Case {
        distro: ("alpine", "3.11.6"),
        ..case(trap, Ecosystem::Apk, (name, version), id, affected)
    }
}

const ALMA: (&str, &str) = ("almalinux", "8.7");
const OL7: (&str, &str) = ("ol", "7.9");
const PHP: (&str, &str, &str) = ("", "php:7.4:8070020220615:afd00e68", "x86_64");
const ISTIO: &str = "v0.0.0-20220308185742-91533d04e894";
const OLLAMA: &str = "v0.0.0-20240414223325-7027f264fbb3";

#[rustfmt::skip]
const CASES: &[Case] = &[
    rpm(10, OL7, ("rsyslog", "8.24.0-57.0.1.el7_9.3"), ("", "", "x86_64"), "CVE-2022-24903", false),
    rpm(10, OL7, ("rsyslog", "8.24.0-57.0.1.el7_9.3"), ("", "", "aarch64"), "CVE-2022-24903", true),
    rpm(15, ALMA, ("php-fpm", "7.4.30-1.module_el8.7.0+3286+227f3cf0"), PHP, "CVE-2021-21707", false),
    rpm(15, ALMA, ("php-fpm", "7.4.19-1.module_el8.5.0+2577+9e95fe00"), PHP, "CVE-2021-21707", true),
    rpm(14, ALMA, ("php-fpm", "7.3.20-1.module_el8.3.0+2044+12421f43"), ("", "php:7.3:8030020200930:1", "x86_64"), "CVE-2021-21707", false),
    apk(35, "jq", "1.6-r0", "CVE-2016-4074", false),
    apk(35, "jq", "1.6_alpha1-r0", "CVE-2016-4074", true),
    apk(44, "xen", "4.7.0-r4", "CVE-2016-7777", true),
    apk(44, "xen", "4.7.0-r5", "CVE-2016-7777", false),
    case(46, Ecosystem::Npm, ("cookie", "0.6.1"), "RUSTSEC-2017-0005", false),
    case(46, Ecosystem::Cargo, ("cookie", "0.6.1"), "RUSTSEC-2017-0005", true),
    case(47, Ecosystem::Gem, ("http", "5.1.0"), "CVE-2015-1828", false),
    case(49, Ecosystem::Pypi, ("netaddr", "0.8.0"), "CVE-2019-17383", false),
    go(57, "github.com/ollama/ollama", OLLAMA, "GO-2024-2901", false),
    go(58, "istio.io/istio", ISTIO, "GO-2026-5289", false),
    go(59, "github.com/docker/docker", "v20.10.13+incompatible", "GO-2022-0390", true),
    go(59, "github.com/docker/docker", "v20.10.14+incompatible", "GO-2022-0390", false),
    go(60, "stdlib", "go1.22.1 X:nocoverageredesign", "GO-2024-2687", true),
    go(60, "stdlib", "go1.22.2 X:nocoverageredesign", "GO-2024-2687", false),
    go(61, "stdlib", "1.15.2", "CVE-2023-29402", false),
    go(61, "stdlib", "1.15.2", "CVE-2023-29404", false),
    go(61, "stdlib", "1.15.2", "CVE-2023-29405", false),
    go(61, "stdlib", "1.15.2", "CVE-2023-29403", true),
    go(63, "github.com/pubnub/go/v5", "v5.0.4-0.20231016150651-428517fef5b9", "GO-2023-2385", false),
    go(63, "github.com/pubnub/go/v5", "v5.0.3", "GO-2023-2385", true),
    go(64, "github.com/pubnub/go/v7", "v7.2.0", "GO-2023-2385", false),
    go(64, "github.com/pubnub/go/v6", "v6.1.0", "GO-2023-2385", true),
    go(65, "code.gitea.io/gitea", "(devel)", "GO-2022-0310", false),
    go(66, "google.golang.org/protobuf", "v1.28.0", "CVE-2015-5237", false),
    go(66, "google.golang.org/protobuf", "v1.28.0", "CVE-2021-22570", false),
    go(66, "google.golang.org/protobuf", "v1.28.0", "GO-2024-2611", true),
    case(71, Ecosystem::Pypi, ("django", "3.0.10"), "CVE-2019-19844", false),
    case(71, Ecosystem::Pypi, ("django", "2.2.8"), "CVE-2019-19844", true),
    case(74, Ecosystem::Pypi, ("oslo.middleware", "3.8.0"), "PYSEC-2018-104", true),
];

pub(crate) fn run(folder: &Path) -> Result<Score> {
    let advisories = folder.with_file_name("advisories");
    let data = tempfile::tempdir()?;
    let from = FEEDS.iter().map(|feed| advisories.join(feed));
    let from: Vec<_> = from.map(|path| path.display().to_string()).collect();
    update(data.path(), &from, &UpdateOptions::default())?;
    let store = Store::open(data.path())?;
    let mut wrong: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for case in CASES {
        let problems = wrong.entry(case.trap).or_default();
        if is_affected(case, &store) != case.affected {
            let but = if case.affected {
                "should be"
            } else {
                "should not be"
            };
            let Case {
                name, version, id, ..
            } = case;
            problems.push(format!("{name} {version} {but} affected by {id}"));
        }
    }
    let tested = tested()?;
    let mut score = Score::default();
    for row in table::read(&folder.join("traps.tsv"))? {
        let [number, name, ..] = row.as_slice() else {
            continue;
        };
        let trap: u32 = number.parse().with_context(|| format!("trap `{number}`"))?;
        let problem = match wrong.get(&trap) {
            Some(problems) if problems.is_empty() => None,
            Some(problems) => Some(problems.join("; ")),
            None if tested.contains(&trap) => None,
            None => Some("it has no test".to_owned()),
        };
        score.case(number, problem.map(|problem| format!("{name}: {problem}")));
    }
    Ok(score)
}

/// Traps for which `traps.md` names a test.
fn tested() -> Result<BTreeSet<u32>> {
    let rows = include_str!("../../../crates/advisory/traps.md").lines();
    let rows = rows.filter_map(|line| line.strip_prefix("| "));
    let rows = rows.filter(|row| row.starts_with(|c: char| c.is_ascii_digit()));
    let tested = rows.filter(|row| row.contains('`')).map(|row| {
        let number = row.split(" |").next().unwrap_or_default();
        number.trim().parse().with_context(|| row.to_owned())
    });
    tested.collect()
}

fn is_affected(case: &Case, store: &Store) -> bool {
    let (source, label, arch) = case.more;
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut record = PackageRecord::new(
        case.ecosystem,
        case.name,
        given(case.version),
        Confidence::Installed,
    );
    record.modularity = given(label);
    record.arch = given(arch);
    record.source = given(source).map(|name| SourcePackage {
        name,
        version: None,
    });
    let location = Location {
        path: "somewhere".into(),
        nested: Vec::new(),
        layer: 0,
        evidence: String::new(),
    };
    let package = Package {
        record,
        locations: vec![location],
        introduced: 0,
        removed: None,
        owned_by: None,
        license: None,
        depends_on: Vec::new(),
    };
    let (id, version) = case.distro;
    let inventory = Inventory {
        distro: given(id).map(|id| Distro {
            id,
            version: given(version),
            ..Distro::default()
        }),
        packages: vec![package],
        ..Inventory::default()
    };
    let findings = find(&inventory, store).findings;
    let named = |id: &str| id == case.id;
    findings.iter().any(|finding| {
        named(&finding.id)
            || finding.aliases.iter().any(|alias| named(alias))
            || finding.matches.iter().any(|found| named(&found.record))
    })
}
