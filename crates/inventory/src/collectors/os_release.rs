//! The distribution, from the files that state it (os-release(5) and what
//! older releases had instead), and from those that give it away.

use super::format::Format;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::Distro;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Files that name the distribution, most trusted first.
const PRECEDENCE: &[&str] = &[
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
    BOTTLEROCKET,
    UBUNTU_PRO,
    APK_REPOSITORIES,
    "bin/busybox",
    "usr/bin/busybox",
];

/// End of the path, below a folder named after the architecture.
const BOTTLEROCKET: &str = "-bottlerocket-linux-gnu/sys-root/usr/lib/os-release";
const UBUNTU_PRO: &str = "var/lib/ubuntu-advantage/status.json";
const APK_REPOSITORIES: &str = "etc/apk/repositories";

/// How much a file is trusted, the less the higher.
pub(crate) fn rank(path: &str) -> usize {
    let place = PRECEDENCE.iter().position(|known| match *known {
        BOTTLEROCKET => path.ends_with(BOTTLEROCKET),
        known => path == known,
    });
    place.unwrap_or(usize::MAX)
}

const LIMIT: u64 = 5 << 20;
const BUSYBOX: u64 = 8 << 20;

pub(crate) struct OsRelease;

impl Collector for OsRelease {
    fn name(&self) -> &'static str {
        "os-release"
    }

    fn about(&self) -> &'static str {
        "the distribution: os-release and the release files of older systems"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if !PRECEDENCE.contains(&file.path) && !file.path.ends_with(BOTTLEROCKET) {
            return Want::No;
        }
        // What is larger is no busybox, and no loss.
        match file.name() == "busybox" && file.size > BUSYBOX {
            true => Want::No,
            false => Want::Whole {
                limit: LIMIT.max(BUSYBOX),
            },
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = match file.name() {
            "busybox" => Cow::Borrowed(""),
            _ => String::from_utf8_lossy(file.bytes),
        };
        let distro = match file.path {
            "bin/busybox" | "usr/bin/busybox" => busybox(file.bytes),
            UBUNTU_PRO => ubuntu_pro(file.bytes),
            APK_REPOSITORIES => apk_repositories(&text),
            _ if file.name() == "os-release" => os_release(&text),
            "etc/system-release-cpe" => cpe(&text),
            "etc/alpine-release" => version_of("alpine", "Alpine Linux", text.trim()),
            "etc/debian_version" => debian_version(text.trim()),
            "etc/lsb-release" => lsb_release(&text),
            "etc/arch-release" => Some(named("arch", None, "Arch Linux")),
            _ => release_sentence(&text),
        };
        if distro.is_none() {
            match file.name() {
                "os-release" => return OS_RELEASE.hold(&text, Collected::default()),
                "debian_version" => return DEBIAN.hold(&text, Collected::default()),
                _ => {}
            }
        }
        let Some(mut distro) = distro else {
            // Derivatives leave some of these files empty.
            return Ok(Collected::default());
        };
        distro.source = file.path.to_owned();
        Ok(vec![Fact::Distro(Box::new(distro))].into())
    }
}

fn os_release(text: &str) -> Option<Distro> {
    let values = assignments(text);
    let value = |key: &str| values.get(key).filter(|value| !value.is_empty()).cloned();
    let id = value("ID").unwrap_or_default().to_ascii_lowercase();
    let version = value("VERSION_ID").or_else(|| value("BUILD_ID"));
    if id.is_empty() && version.is_none() {
        return None;
    }
    let stream = id == "centos" && value("NAME").is_some_and(|name| name.contains("Stream"));
    let pretty = value("PRETTY_NAME").unwrap_or_else(|| {
        let name = value("NAME").filter(|_| id.is_empty());
        let name = name.unwrap_or_else(|| id.clone());
        format!("{name} {}", version.as_deref().unwrap_or_default())
            .trim_end()
            .to_owned()
    });
    let mut id_like: Vec<String> = value("ID_LIKE").map_or_else(Vec::new, |like| {
        like.split_whitespace().map(str::to_owned).collect()
    });
    if stream {
        id_like.insert(0, STREAM.to_owned());
    }
    Some(Distro {
        id,
        version,
        id_like,
        codename: value("VERSION_CODENAME"),
        variant: value("VARIANT_ID"),
        cpe: value("CPE_NAME"),
        support_end: value("SUPPORT_END"),
        pretty,
        ..Distro::default()
    })
}

/// What CentOS Stream is told from CentOS by, which has the same `ID`.
const STREAM: &str = "centos-stream";

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
    if matches!(id, "centos" | "rocky" | "almalinux" | "ol" | "scientific") {
        distro.id_like.push("rhel".into());
    }
    if lower.contains("stream") {
        distro.id_like.insert(0, STREAM.into());
    }
    Some(distro)
}

const DEBIAN: Format = Format::of_lines("the version of a Debian", &[], &[]);
const OS_RELEASE: Format = Format::of_keys("an os-release", &["ID", "NAME", "PRETTY_NAME"]);

/// One line: a number, or a name.
fn debian_version(text: &str) -> Option<Distro> {
    if text.contains(|c: char| c.is_control() || "<{".contains(c)) {
        return None;
    }
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

/// The banner of the program: what an image is that has nothing else.
fn busybox(bytes: &[u8]) -> Option<Distro> {
    let mark = b"BusyBox v";
    let at = memchr::memmem::find(bytes, mark)?;
    let rest = bytes.get(at + mark.len()..)?;
    let end = rest
        .iter()
        .position(|byte| !(byte.is_ascii_digit() || *byte == b'.'))?;
    let version = std::str::from_utf8(rest.get(..end)?).ok()?;
    let distro = version_of("busybox", "BusyBox", version)?;
    Some(Distro {
        inferred: true,
        ..distro
    })
}

/// The repositories of an Alpine image lie below `v3.19` or `edge`.
fn apk_repositories(text: &str) -> Option<Distro> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let distros: Vec<Distro> = lines
        .filter_map(|line| {
            if line.contains("packages.wolfi.dev/") {
                return Some(named("wolfi", None, "Wolfi"));
            }
            if line.contains("apk.cgr.dev/") || line.contains("packages.cgr.dev/") {
                return Some(named("chainguard", None, "Chainguard"));
            }
            let mut parts = line.split('/').skip_while(|part| *part != "alpine").skip(1);
            let branch = parts.next()?;
            let version = branch.strip_prefix('v').unwrap_or(branch);
            let known = version == "edge" || version.starts_with(|c: char| c.is_ascii_digit());
            known.then(|| named("alpine", Some(version), &format!("Alpine Linux {branch}")))
        })
        .collect();
    let mut branches: Vec<String> = distros.iter().filter_map(|d| d.version.clone()).collect();
    branches.sort();
    branches.dedup();
    distros
        .into_iter()
        .max_by(|a, b| a.version.cmp(&b.version))
        .map(|distro| Distro {
            inferred: true,
            extras: branches,
            ..distro
        })
}

/// The status of an image that is attached to Ubuntu Pro.
fn ubuntu_pro(bytes: &[u8]) -> Option<Distro> {
    #[derive(Deserialize)]
    struct Status {
        #[serde(default)]
        services: Vec<Service>,
    }
    #[derive(Deserialize)]
    struct Service {
        name: String,
        #[serde(default)]
        status: String,
    }
    let status: Status = serde_json::from_slice(bytes).ok()?;
    let enabled = status.services.iter().any(|service| {
        matches!(service.name.as_str(), "esm-infra" | "esm-apps") && service.status == "enabled"
    });
    enabled.then(|| Distro {
        channel: Some("esm".into()),
        inferred: true,
        ..named("ubuntu", None, "Ubuntu")
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
            Fact::Distro(distro) => Some(*distro),
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
            (
                "x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release",
                "ID=bottlerocket\nVERSION_ID=1.20.0\n",
                "bottlerocket@1.20.0",
            ),
            (
                "etc/apk/repositories",
                "# x\nhttps://dl-cdn.alpinelinux.org/alpine/v3.19/main\n",
                "alpine@3.19",
            ),
            (
                "bin/busybox",
                "\0BusyBox v1.36.1 (2024)\0",
                "busybox@1.36.1",
            ),
            (
                "usr/lib/os-release",
                "NAME=X\nVERSION_ID=8\nID_LIKE=debian\n",
                "@8",
            ),
            (
                "etc/redhat-release",
                "Scientific Linux release 7.9 (Nitrogen)\n",
                "scientific@7.9",
            ),
            (
                "etc/os-release",
                "ID=alpine\nVERSION_ID=3.15.0_alpha20210804\n",
                "alpine@3.15.0_alpha20210804",
            ),
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

    /// Trap 55.
    #[test]
    fn centos_stream_is_a_family_of_its_own() {
        let like = |path, text| distro(path, text).unwrap().id_like;
        let text = "ID=centos\nNAME=\"CentOS Stream\"\nVERSION_ID=9\nID_LIKE=\"rhel fedora\"\n";
        assert_eq!(
            like("etc/os-release", text),
            ["centos-stream", "rhel", "fedora"]
        );
        assert_eq!(
            like("etc/centos-release", "CentOS Stream release 9\n"),
            ["centos-stream", "rhel"]
        );
    }

    /// Trap 57.
    #[test]
    fn an_image_that_is_attached_to_ubuntu_pro_has_its_channel() {
        let status = |state| {
            format!(
                r#"{{"services":[{{"name":"livepatch"}},{{"name":"esm-infra","status":"{state}"}}]}}"#
            )
        };
        let channel = |state| distro(UBUNTU_PRO, &status(state)).and_then(|distro| distro.channel);
        assert_eq!(channel("enabled").as_deref(), Some("esm"));
        assert_eq!(channel("disabled"), None);
    }

    #[test]
    fn a_file_without_an_id_claims_nothing() {
        assert_eq!(distro("etc/os-release", "ID=\"\"\nNAME=x\n"), None);
        assert_eq!(distro("etc/redhat-release", ""), None);
    }
}
