//! Configurations of NVD as rows: which versions of which products, and what
//! must be there besides.

use crate::advisory::{Affected, Condition, Product, Scope, Upper, Window};
use crate::cpe::Cpe;
use crate::namespace::Namespace;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
pub(super) struct Configuration {
    #[serde(default)]
    operator: String,
    #[serde(default)]
    negate: bool,
    #[serde(default)]
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    #[serde(default)]
    operator: String,
    #[serde(default)]
    negate: bool,
    #[serde(default)]
    cpe_match: Vec<Match>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    #[serde(default)]
    vulnerable: bool,
    #[serde(default)]
    criteria: String,
    version_start_including: Option<String>,
    version_start_excluding: Option<String>,
    version_end_including: Option<String>,
    version_end_excluding: Option<String>,
}

const PLATFORM: &str = "only with hardware or on a system that no container is";
const UNBOUNDED: &str = "a product without a version";
const ADDITION: &str = "an addition to another program";

/// Operating systems by CPE, in the words of OCI.
const SYSTEMS: &[(&str, &str)] = &[
    ("apple:ipados", "ios"),
    ("apple:iphone_os", "ios"),
    ("apple:mac_os", "darwin"),
    ("apple:mac_os_x", "darwin"),
    ("apple:macos", "darwin"),
    ("freebsd:freebsd", "freebsd"),
    ("google:android", "android"),
    ("linux:linux_kernel", "linux"),
    ("netbsd:netbsd", "netbsd"),
    ("openbsd:openbsd", "openbsd"),
    ("oracle:solaris", "solaris"),
];

/// Distributions by CPE, and their os-release ids.
const DISTRIBUTIONS: &[(&str, &str)] = &[
    ("almalinux:almalinux", "almalinux"),
    ("alpinelinux:alpine_linux", "alpine"),
    ("amazon:amazon_linux", "amzn"),
    ("amazon:linux", "amzn"),
    ("canonical:ubuntu_linux", "ubuntu"),
    ("centos:centos", "centos"),
    ("debian:debian_linux", "debian"),
    ("fedoraproject:fedora", "fedora"),
    ("opensuse:leap", "opensuse-leap"),
    ("oracle:linux", "ol"),
    ("redhat:enterprise_linux", "rhel"),
    ("rockylinux:rocky", "rocky"),
    ("suse:linux_enterprise_server", "sles"),
];

/// What a CPE names as the software that the product is made for, where that
/// is an operating system.
const TARGETS: &[(&str, &str)] = &[
    ("android", "android"),
    ("freebsd", "freebsd"),
    ("ipad_os", "ios"),
    ("ipados", "ios"),
    ("iphone_os", "ios"),
    ("linux", "linux"),
    ("linux_kernel", "linux"),
    ("mac_os", "darwin"),
    ("mac_os_x", "darwin"),
    ("macos", "darwin"),
    ("unix", "linux"),
    ("windows", "windows"),
];

/// Names under which Java runtimes are filed, whoever makes them.
const RUNTIMES: &[&str] = &[
    "corretto",
    "graalvm",
    "graalvm_for_jdk",
    "java",
    "java_se",
    "jdk",
    "jre",
    "openj9",
    "openjdk",
    "semeru_runtime",
    "temurin",
    "zulu",
];

/// What tells rows of one record apart: product, edition, systems, conditions.
type Key = (String, Option<String>, Vec<String>, Vec<Condition>);

/// Product, edition, systems and versions of one entry.
type Subject = (String, Option<String>, Vec<String>, Window);

/// The rows of a record, and why others are left out.
pub(super) fn rows(configurations: &[Configuration]) -> (Vec<Affected>, BTreeSet<&'static str>) {
    let mut windows: BTreeMap<Key, Vec<Window>> = BTreeMap::new();
    let mut left_out = BTreeSet::new();
    for configuration in configurations {
        if configuration.negate || configuration.nodes.iter().any(|node| node.negate) {
            left_out.insert("a configuration of what is not there");
            continue;
        }
        let groups = groups(configuration);
        for (own, group) in groups.iter().enumerate() {
            let mut subjects = group.iter().filter(|entry| entry.vulnerable).peekable();
            if subjects.peek().is_none() {
                continue;
            }
            let others = groups.iter().enumerate().filter(|(index, _)| *index != own);
            let is_joint = configuration.operator == "AND" || configuration.is_joint_node();
            let conditions: Option<Vec<Condition>> = match is_joint {
                true => others.map(|(_, group)| condition(group)).collect(),
                false => Some(Vec::new()),
            };
            let Some(conditions) = conditions else {
                left_out.insert(PLATFORM);
                continue;
            };
            for entry in subjects {
                match subject(entry) {
                    Ok(Some((product, edition, systems, window))) => {
                        let key = (product, edition, systems, conditions.clone());
                        windows.entry(key).or_default().push(window);
                    }
                    Ok(None) => {}
                    Err(reason) => {
                        left_out.insert(reason);
                    }
                }
            }
        }
    }
    let rows = windows.into_iter().map(|(key, windows)| {
        let (product, edition, systems, conditions) = key;
        let namespace = match is_runtime(&product) {
            true => Namespace::runtimes(),
            false => Namespace::products(),
        };
        Affected {
            scope: Scope {
                edition,
                systems,
                conditions,
                ..Scope::default()
            },
            ..Affected::new(namespace, &product, windows)
        }
    });
    (rows.collect(), left_out)
}

impl Configuration {
    /// One node whose entries must all be there.
    fn is_joint_node(&self) -> bool {
        matches!(self.nodes.as_slice(), [node] if node.operator == "AND")
    }
}

/// What must be there together: the entries of each node, or each entry of a
/// node that joins them.
fn groups(configuration: &Configuration) -> Vec<&[Match]> {
    match configuration.nodes.as_slice() {
        [node] if configuration.is_joint_node() => {
            node.cpe_match.iter().map(std::slice::from_ref).collect()
        }
        nodes => nodes.iter().map(|node| node.cpe_match.as_slice()).collect(),
    }
}

/// What an entry is about; `None` for what no package is.
fn subject(entry: &Match) -> Result<Option<Subject>, &'static str> {
    let Some(cpe) = Cpe::parse(&entry.criteria) else {
        return Err("a product that is no CPE");
    };
    let product = cpe.product();
    if cpe.part != "a" && product != "linux:linux_kernel" {
        return Ok(None);
    }
    let systems = match cpe.target_software.as_str() {
        "*" | "-" => Vec::new(),
        target => match TARGETS.iter().find(|(name, _)| *name == target) {
            Some((_, system)) => vec![(*system).to_owned()],
            None => return Err(ADDITION),
        },
    };
    let edition = Some(cpe.edition.clone()).filter(|edition| !matches!(edition.as_str(), "*"));
    let window = window(entry, &cpe).ok_or(UNBOUNDED)?;
    Ok(Some((product, edition, systems, window)))
}

/// One of the entries of a group, as something to be there besides; `None`
/// where none of them can be.
fn condition(group: &[Match]) -> Option<Condition> {
    let mut condition = Condition::default();
    for entry in group {
        let Some(cpe) = Cpe::parse(&entry.criteria) else {
            continue;
        };
        let name = cpe.product();
        let known = |table: &[(&str, &str)]| {
            let row = table.iter().find(|(product, _)| *product == name);
            row.map(|(_, word)| (*word).to_owned())
        };
        match cpe.part.as_str() {
            "a" => {
                let windows = window(entry, &cpe).into_iter().collect();
                condition.products.push(Product { name, windows });
            }
            "o" if name.starts_with("microsoft:windows") => {
                condition.systems.push("windows".to_owned());
            }
            "o" => {
                condition.systems.extend(known(SYSTEMS));
                condition.distributions.extend(known(DISTRIBUTIONS));
            }
            _ => {}
        }
    }
    condition.systems.sort();
    condition.systems.dedup();
    condition.distributions.sort();
    condition.distributions.dedup();
    (condition != Condition::default()).then_some(condition)
}

/// The versions of an entry; `None` where it names neither one nor a bound.
fn window(entry: &Match, cpe: &Cpe) -> Option<Window> {
    let including = entry.version_start_including.clone();
    let past = including.is_none() && entry.version_start_excluding.is_some();
    let from = including.or_else(|| entry.version_start_excluding.clone());
    let to = match (&entry.version_end_excluding, &entry.version_end_including) {
        (Some(version), _) => Upper::Fixed(version.clone()),
        (None, Some(version)) => Upper::Through(version.clone()),
        (None, None) => Upper::Open,
    };
    let window = Window { from, past, to };
    if window != Window::ALL {
        return Some(window);
    }
    match cpe.version.as_str() {
        "*" | "-" => None,
        version => Some(Window::only(&release(cpe, version))),
    }
}

/// Version and update in one, as the program itself would say it: `1.9.5` and
/// `p2`, `3.12.0` and `rc1`, `1.8.0` and `update_412`.
fn release(cpe: &Cpe, version: &str) -> String {
    let update = match cpe.update.as_str() {
        "*" | "-" | "" => return version.to_owned(),
        update => update,
    };
    if is_runtime(&cpe.product()) {
        let number = update.trim_start_matches(|c: char| !c.is_ascii_digit());
        let release = version.strip_prefix("1.").unwrap_or(version);
        let zero = if release.contains('.') { "" } else { ".0" };
        return format!("{version}{zero}_{number}");
    }
    let patch = update.strip_prefix('p').unwrap_or_default();
    match patch.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("{version}{update}"),
        false => format!("{version}-{update}"),
    }
}

fn is_runtime(product: &str) -> bool {
    let name = product.split_once(':').map(|(_, name)| name);
    name.is_some_and(|name| RUNTIMES.contains(&name))
}
