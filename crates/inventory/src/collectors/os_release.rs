//! The distribution, from the files that state it (os-release(5) and what
//! older releases had instead).

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::Distro;
use std::collections::BTreeMap;

/// Files that name the distribution, most trusted first.
pub(crate) const PRECEDENCE: &[&str] = &[
    "etc/os-release",
    "usr/lib/os-release",
    "etc/system-release-cpe",
    "etc/centos-release",
    "etc/rocky-release",
    "etc/almalinux-release",
    "etc/oracle-release",
    "etc/fedora-release",
    "etc/redhat-release",
    "etc/system-release",
    "etc/alpine-release",
    "etc/debian_version",
    "etc/lsb-release",
    "etc/SuSE-release",
    "etc/photon-release",
    "etc/arch-release",
    "etc/gentoo-release",
    "etc/slackware-version",
];

const LIMIT: u64 = 5 << 20;

pub(crate) struct OsRelease;

impl Collector for OsRelease {
    fn name(&self) -> &'static str {
        "os-release"
    }

    fn about(&self) -> &'static str {
        "the distribution: os-release and the release files of older systems"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let bottlerocket = file
            .path
            .ends_with("-bottlerocket-linux-gnu/sys-root/usr/lib/os-release");
        if bottlerocket || PRECEDENCE.contains(&file.path) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        let distro = match file.path {
            path if path.ends_with("os-release") => os_release(&text),
            "etc/system-release-cpe" => cpe(&text),
            "etc/alpine-release" => version_of("alpine", "Alpine Linux", text.trim()),
            "etc/debian_version" => debian_version(text.trim()),
            "etc/lsb-release" => lsb_release(&text),
            "etc/arch-release" => Some(named("arch", None, "Arch Linux")),
            _ => release_sentence(&text),
        };
        let Some(mut distro) = distro else {
            // Derivatives leave some of these files empty.
            return Ok(Collected::default());
        };
        distro.source = file.path.to_owned();
        Ok(vec![Fact::Distro(distro)].into())
    }
}

fn os_release(text: &str) -> Option<Distro> {
    let values = assignments(text);
    let value = |key: &str| values.get(key).filter(|value| !value.is_empty()).cloned();
    let id = value("ID")?.to_ascii_lowercase();
    let version = value("VERSION_ID").or_else(|| value("BUILD_ID"));
    let stream = id == "centos" && value("NAME").is_some_and(|name| name.contains("Stream"));
    let pretty = value("PRETTY_NAME").unwrap_or_else(|| match &version {
        Some(version) => format!("{id} {version}"),
        None => id.clone(),
    });
    let mut id_like: Vec<String> = value("ID_LIKE").map_or_else(Vec::new, |like| {
        like.split_whitespace().map(str::to_owned).collect()
    });
    if stream {
        id_like.insert(0, "centos-stream".to_owned());
    }
    Some(Distro {
        id,
        version,
        id_like,
        codename: value("VERSION_CODENAME"),
        pretty,
        source: String::new(),
    })
}

/// Shell-style assignments: quotes, backslash escapes, comments.
fn assignments(text: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if let Some((key, value)) = line.split_once('=') {
            values.insert(key.trim().to_owned(), unquote(value.trim()));
        }
    }
    values
}

fn unquote(value: &str) -> String {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        return value.to_owned();
    };
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().skip(1);
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => break,
            '\\' if quote == '"' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// `cpe:/o:vendor:product:version…` of CentOS 6 and Amazon Linux.
fn cpe(text: &str) -> Option<Distro> {
    let parts: Vec<&str> = text.trim().strip_prefix("cpe:")?.split(':').collect();
    // URI form: /o:vendor:product:version; formatted form: 2.3:o:vendor:….
    let parts = match parts.first()? {
        &"2.3" => parts.get(2..)?,
        _ => parts.get(1..)?,
    };
    let (vendor, product, version) = (parts.first()?, parts.get(1)?, parts.get(2).copied());
    let id = match (*vendor, *product) {
        ("redhat", _) => "rhel",
        ("amazon", _) => "amzn",
        ("oracle", _) => "ol",
        ("fedoraproject", _) => "fedora",
        (vendor, _) => vendor,
    };
    let version = version.filter(|v| v.starts_with(|c: char| c.is_ascii_digit()));
    Some(named(id, version, id))
}

/// `CentOS Stream release 9 (…)`, `Red Hat Enterprise Linux release 8.10 (Ootpa)`.
fn release_sentence(text: &str) -> Option<Distro> {
    let line = text.lines().find(|line| !line.trim().is_empty())?.trim();
    let (name, rest) = line.split_once(" release ").unwrap_or((line, line));
    let version = rest
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit()));
    let lower = name.to_ascii_lowercase();
    let id = [
        ("red hat", "rhel"),
        ("centos", "centos"),
        ("rocky", "rocky"),
        ("almalinux", "almalinux"),
        ("oracle", "ol"),
        ("fedora", "fedora"),
        ("amazon", "amzn"),
        ("scientific", "scientific"),
        ("photon", "photon"),
        ("vmware photon", "photon"),
        ("opensuse", "opensuse"),
        ("suse", "sles"),
        ("gentoo", "gentoo"),
        ("slackware", "slackware"),
    ]
    .iter()
    .find(|(words, _)| lower.starts_with(words))
    .map(|(_, id)| *id)?;
    let mut distro = named(id, version, line);
    if lower.contains("stream") {
        distro.id_like.push("centos-stream".into());
    }
    Some(distro)
}

fn debian_version(text: &str) -> Option<Distro> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return version_of("debian", "Debian GNU/Linux", text);
    }
    let codename = text.split('/').next().filter(|name| !name.is_empty())?;
    Some(Distro {
        codename: Some(codename.to_owned()),
        ..named("debian", None, &format!("Debian GNU/Linux {text}"))
    })
}

fn lsb_release(text: &str) -> Option<Distro> {
    let values = assignments(text);
    let id = values
        .get("DISTRIB_ID")
        .filter(|id| !id.is_empty())?
        .to_ascii_lowercase();
    let version = values
        .get("DISTRIB_RELEASE")
        .map(String::as_str)
        .filter(|v| !v.is_empty());
    let pretty = values
        .get("DISTRIB_DESCRIPTION")
        .cloned()
        .unwrap_or_else(|| id.clone());
    let codename = values
        .get("DISTRIB_CODENAME")
        .filter(|v| !v.is_empty())
        .cloned();
    Some(Distro {
        codename,
        ..named(&id, version, &pretty)
    })
}

fn version_of(id: &str, name: &str, version: &str) -> Option<Distro> {
    let version = Some(version).filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(named(id, Some(version), &format!("{name} {version}")))
}

fn named(id: &str, version: Option<&str>, pretty: &str) -> Distro {
    Distro {
        id: id.to_owned(),
        version: version.map(str::to_owned),
        pretty: pretty.to_owned(),
        ..Distro::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    fn distro(path: &str, text: &str) -> Option<Distro> {
        let file = File {
            path,
            mode: Mode(0o644),
            bytes: text.as_bytes(),
            companion: None,
        };
        let collected = OsRelease.collect(&file).unwrap();
        collected.facts.into_iter().find_map(|fact| match fact {
            Fact::Distro(distro) => Some(distro),
            _ => None,
        })
    }

    fn short(path: &str, text: &str) -> Option<String> {
        distro(path, text).map(|d| format!("{}@{}", d.id, d.version.as_deref().unwrap_or("?")))
    }

    #[test]
    fn each_form_is_read() {
        for (path, text, expected) in [
            (
                "etc/os-release",
                "ID=\"rhel\"\nVERSION_ID='9.4'\n",
                "rhel@9.4",
            ),
            (
                "usr/lib/os-release",
                "# x\nID=arch\nBUILD_ID=rolling\n",
                "arch@rolling",
            ),
            (
                "etc/system-release-cpe",
                "cpe:/o:centos:linux:6:GA\n",
                "centos@6",
            ),
            (
                "etc/redhat-release",
                "Rocky Linux release 9.3 (Blue Onyx)\n",
                "rocky@9.3",
            ),
            (
                "etc/redhat-release",
                "CentOS Stream release 9\n",
                "centos@9",
            ),
            (
                "etc/redhat-release",
                "AlmaLinux release 10.0 (Purple Lion)\n",
                "almalinux@10.0",
            ),
            ("etc/alpine-release", "3.19.1\n", "alpine@3.19.1"),
            ("etc/debian_version", "12.5\n", "debian@12.5"),
            ("etc/debian_version", "trixie/sid\n", "debian@?"),
            (
                "etc/lsb-release",
                "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\n",
                "ubuntu@22.04",
            ),
        ] {
            assert_eq!(short(path, text).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_file_without_an_id_claims_nothing() {
        assert_eq!(distro("etc/os-release", "ID=\"\"\nNAME=x\n"), None);
        assert_eq!(distro("etc/redhat-release", ""), None);
    }
}
