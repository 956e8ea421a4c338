//! Channels of repairs that an image is attached to beyond the usual ones, and
//! extra repositories: from the files that configure yum, dnf, zypper and apt,
//! the products that SUSE's packages install, and the content sets that Red
//! Hat's build system notes in its images.
//!
//! What it finds refines a distribution that another file states.

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::Distro;
use serde::Deserialize;

const LIMIT: u64 = 4 << 20;

pub(crate) struct Repositories;

impl Collector for Repositories {
    fn name(&self) -> &'static str {
        "repositories"
    }

    fn about(&self) -> &'static str {
        "channels of extended support and extras: yum, dnf, zypper and apt repositories, SUSE products, Red Hat content sets"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        match kind(file.path) {
            Some(_) => Want::Whole { limit: LIMIT },
            None => Want::No,
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = String::from_utf8_lossy(file.bytes);
        let found = match kind(file.path) {
            Some(Kind::Rpm) => repositories(&text),
            Some(Kind::Product) => vec![product(&text)],
            Some(Kind::ContentSets) => content_sets(file.bytes),
            Some(Kind::Esm) => vec![esm(&text)],
            None => Vec::new(),
        };
        let found = found.into_iter().flatten();
        Ok(attached(found, file.path).into())
    }
}

/// What kind of file speaks of repositories.
enum Kind {
    /// `.repo` of yum, dnf and zypper.
    Rpm,
    /// A product of SUSE.
    Product,
    /// Names of the repositories that Red Hat built an image from.
    ContentSets,
    /// Sources of Ubuntu's extended maintenance.
    Esm,
}

fn kind(path: &str) -> Option<Kind> {
    let (folder, name) = path.rsplit_once('/')?;
    match folder {
        "etc/yum.repos.d" | "etc/distro.repos.d" | "etc/zypp/repos.d" => {
            name.ends_with(".repo").then_some(Kind::Rpm)
        }
        "etc/products.d" => name.ends_with(".prod").then_some(Kind::Product),
        "root/buildinfo/content_manifests" => name.ends_with(".json").then_some(Kind::ContentSets),
        "usr/share/buildinfo" => (name == "content-sets.json").then_some(Kind::ContentSets),
        "etc/apt/sources.list.d" => name.starts_with("ubuntu-esm-").then_some(Kind::Esm),
        _ => None,
    }
}

/// What a repository or product says of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    /// The distribution, and the channel that its repairs come through.
    Channel(&'static str, &'static str),
    /// A repository beside the usual ones, of Amazon Linux.
    Extra(String),
}

/// Channels of RHEL by the word that names them in repositories, of several the
/// one that goes on longest first.
const RED_HAT: &[(&str, &str)] = &[
    ("aus", "aus"),
    ("e4s", "e4s"),
    ("tus", "tus"),
    ("eus", "eus"),
    ("els", "els"),
];

/// Likewise of SUSE.
const SUSE: &[(&str, &str)] = &[("ltss", "ltss"), ("espos", "espos"), ("bcl", "bcl")];

/// The distribution that the marks of one file refine.
fn attached(marks: impl Iterator<Item = Mark>, path: &str) -> Vec<Fact> {
    let (mut channel, mut extras) = (None, Vec::new());
    for mark in marks {
        match mark {
            Mark::Channel(id, name) => {
                let order = |name: &str| {
                    let mut known = RED_HAT.iter().chain(SUSE);
                    known.position(|(_, known)| *known == name)
                };
                let better = channel.is_none_or(|(_, own)| order(name) < order(own));
                if better {
                    channel = Some((id, name));
                }
            }
            Mark::Extra(name) => extras.push(name),
        }
    }
    extras.sort();
    extras.dedup();
    let id = match (channel, extras.is_empty()) {
        (Some((id, _)), _) => id,
        (None, false) => "amzn",
        (None, true) => return Vec::new(),
    };
    vec![Fact::Distro(Box::new(Distro {
        id: id.to_owned(),
        channel: channel.map(|(_, name)| name.to_owned()),
        extras,
        inferred: true,
        pretty: id.to_owned(),
        source: path.to_owned(),
        ..Distro::default()
    }))]
}

/// The words of a name, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_ascii_lowercase)
}

/// What a repository of Red Hat is by its id: the channel in
/// `rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_4`.
fn red_hat(id: &str) -> Option<Mark> {
    let id = id.split("__").next().unwrap_or_default();
    let words: Vec<String> = words(id).collect();
    if !words.iter().any(|word| word == "rhel") {
        return None;
    }
    let known = RED_HAT
        .iter()
        .find(|(word, _)| words.iter().any(|w| w == word));
    known.map(|(_, channel)| Mark::Channel("rhel", channel))
}

/// What a product or repository of SUSE is by its name: `SLES-LTSS`,
/// `SLE-Product-SLES15-SP3-LTSS-Updates`.
fn suse(name: &str) -> Option<Mark> {
    let words: Vec<String> = words(name).collect();
    let known = SUSE
        .iter()
        .find(|(word, _)| words.iter().any(|w| w == word));
    known.map(|(_, channel)| Mark::Channel("sles", channel))
}

/// `docker` of `amzn2extra-docker`, `livepatch` of `kernel-livepatch`.
fn amazon(id: &str) -> Option<Mark> {
    let name = match id {
        "kernel-livepatch" => "livepatch",
        id => id.strip_prefix("amzn2extra-")?,
    };
    let is_other = name.ends_with("-debuginfo") || name.ends_with("-source");
    (!is_other).then(|| Mark::Extra(name.to_ascii_lowercase()))
}

/// The repositories of a file of sections that are switched on, as all are
/// that do not say otherwise.
fn repositories(text: &str) -> Vec<Option<Mark>> {
    let mut all = Vec::new();
    let (mut id, mut on, mut address) = ("", true, "");
    for line in text.lines().map(str::trim).chain(["[]"]) {
        let section = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
        if let Some(next) = section {
            if on && !id.is_empty() {
                let marks = [red_hat(id), amazon(id), suse(id)];
                all.push(marks.into_iter().flatten().next());
                // An alias is free; SUSE's addresses are not.
                if address.contains("/SUSE/") {
                    all.push(suse(address));
                }
            }
            (id, on, address) = (next.trim(), true, "");
        } else if let Some((key, value)) = line.split_once('=') {
            match (key.trim(), value.trim()) {
                ("enabled", value) => {
                    on = !matches!(
                        value.to_ascii_lowercase().as_str(),
                        "0" | "no" | "false" | "off"
                    );
                }
                ("baseurl", value) => address = value,
                _ => {}
            }
        }
    }
    all
}

/// The name of a product: the first such element of its file.
fn product(text: &str) -> Option<Mark> {
    let (_, rest) = text.split_once("<name>")?;
    let (name, _) = rest.split_once("</name>")?;
    suse(name.trim())
}

fn content_sets(bytes: &[u8]) -> Vec<Option<Mark>> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(default)]
        content_sets: Vec<String>,
    }
    let manifest: Option<Manifest> = serde_json::from_slice(bytes).ok();
    let sets = manifest.map_or_else(Vec::new, |manifest| manifest.content_sets);
    sets.iter().map(|set| red_hat(set)).collect()
}

/// Sources that are not commented out, in either form that apt reads.
fn esm(text: &str) -> Option<Mark> {
    let on = text.lines().map(str::trim).any(|line| {
        let source = line.starts_with("deb ") || line.starts_with("URIs:");
        source && line.contains("//esm.ubuntu.com/")
    });
    on.then_some(Mark::Channel("ubuntu", "esm"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    fn distro(path: &str, text: &str) -> Option<Distro> {
        let mode = Mode(0o644);
        let bytes = text.as_bytes();
        let head = FileHead::new(path, bytes.len() as u64, mode, bytes);
        assert_ne!(Repositories.wants(&head), Want::No, "{path}");
        let file = File {
            path,
            mode,
            bytes,
            companion: None,
        };
        let facts = Repositories.collect(&file).unwrap().facts;
        facts.into_iter().find_map(|fact| match fact {
            Fact::Distro(distro) => Some(*distro),
            _ => None,
        })
    }

    fn channel(path: &str, text: &str) -> Option<String> {
        let distro = distro(path, text)?;
        Some(format!("{} {}", distro.id, distro.channel?))
    }

    #[test]
    fn a_channel_of_extended_support_is_told_by_what_is_switched_on() {
        let yum = "etc/yum.repos.d/redhat.repo";
        let eus = "[rhel-8-for-x86_64-baseos-rpms]\nenabled = 1\n\n[rhel-8-for-x86_64-baseos-eus-rpms]\nname = x\nenabled = ";
        let on = channel(yum, &format!("{eus}1\n"));
        assert_eq!(on.as_deref(), Some("rhel eus"));
        assert_eq!(channel(yum, &format!("{eus}0\n")), None);
        let sap =
            "[rhel-8-for-x86_64-sap-solutions-e4s-rpms]\n[rhel-8-for-x86_64-baseos-eus-rpms]\n";
        assert_eq!(channel(yum, sap).as_deref(), Some("rhel e4s"));
        for (path, text, expected) in [
            (
                "etc/products.d/SLES-LTSS.prod",
                "<?xml version=\"1.0\"?>\n<product schemeversion=\"0\">\n  <vendor>SUSE</vendor>\n  <name>SLES-LTSS</name>\n",
                Some("sles ltss"),
            ),
            (
                "etc/products.d/SLES.prod",
                "<product><name>SLES</name><summary>x</summary></product>",
                None,
            ),
            (
                "etc/zypp/repos.d/hpc.repo",
                "[updates]\nenabled=1\nbaseurl=https://updates.suse.com/SUSE/Updates/SLE-Product-HPC/15-SP3-ESPOS/x86_64/update/\n",
                Some("sles espos"),
            ),
            (
                "etc/apt/sources.list.d/ubuntu-esm-infra.list",
                "# a comment\ndeb https://esm.ubuntu.com/infra/ubuntu bionic-infra-security main\n",
                Some("ubuntu esm"),
            ),
            (
                "etc/apt/sources.list.d/ubuntu-esm-apps.list",
                "# deb https://esm.ubuntu.com/apps/ubuntu bionic-apps-security main\n",
                None,
            ),
        ] {
            assert_eq!(channel(path, text).as_deref(), expected, "{path}");
        }
    }

    /// Trap 19 of matching.
    #[test]
    fn content_sets_are_told_with_and_without_the_release_behind_them() {
        let path = "root/buildinfo/content_manifests/ubi8-container-8.4-206.json";
        let with = |set: &str| {
            let text = format!(
                r#"{{"metadata":{{"icm_version":1}},"content_sets":["rhel-8-for-x86_64-appstream-rpms","{set}"]}}"#
            );
            channel(path, &text)
        };
        assert_eq!(with("rhel-8-for-x86_64-baseos-rpms__8"), None);
        for set in [
            "rhel-9-for-x86_64-baseos-eus-rpms",
            "rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2",
        ] {
            assert_eq!(with(set).as_deref(), Some("rhel eus"), "{set}");
        }
    }

    #[test]
    fn extras_that_are_switched_on_have_the_names_of_their_channels() {
        let text = "[amzn2extra-docker]\nenabled = 1\n[amzn2extra-docker-source]\nenabled = 1\n\
            [amzn2extra-kernel-5.10]\nenabled = 0\n[amzn2extra-nginx1]\nname = x\n";
        let found = distro("etc/yum.repos.d/amzn2-extras.repo", text).unwrap();
        assert_eq!((found.id.as_str(), found.channel), ("amzn", None));
        assert_eq!(found.extras, ["docker", "nginx1"]);
        let text = "[kernel-livepatch]\nenabled=1\n";
        let found = distro("etc/yum.repos.d/kernel-livepatch.repo", text).unwrap();
        assert_eq!(found.extras, ["livepatch"]);
    }
}
