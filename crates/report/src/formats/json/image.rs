use crate::Report;
use plimsoll_types::{
    Distro, ImageConfig, ImageIdentity, Layer, Lifecycle, Password, Platform, Severity, User,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
pub(super) struct Image<'a> {
    name: &'a str,
    source: &'a str,
    reference: Option<&'a str>,
    resolved: Option<&'a str>,
    manifest: Option<&'a str>,
    config: Option<&'a str>,
    platform: Option<PlatformEntry<'a>>,
    secure_channel: bool,
    blobs: Vec<&'a str>,
}

#[derive(Serialize)]
struct PlatformEntry<'a> {
    os: &'a str,
    architecture: &'a str,
    variant: &'a str,
}

impl<'a> Image<'a> {
    pub(super) fn of(image: &'a ImageIdentity, layers: &'a [Layer]) -> Self {
        let platform = |platform: &'a Platform| PlatformEntry {
            os: &platform.os,
            architecture: &platform.architecture,
            variant: &platform.variant,
        };
        Self {
            name: &image.name,
            source: &image.source,
            reference: image.reference.as_deref(),
            resolved: image.resolved.as_ref().map(|digest| digest.as_str()),
            manifest: image.manifest.as_ref().map(|digest| digest.as_str()),
            config: image.config.as_ref().map(|digest| digest.as_str()),
            platform: image.platform.as_ref().map(platform),
            secure_channel: image.secure_channel,
            blobs: layers.iter().map(|layer| layer.blob.as_str()).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct LayerEntry<'a> {
    index: u32,
    diff_id: &'a str,
    size: u64,
    instruction: Option<&'a str>,
}

impl<'a> LayerEntry<'a> {
    pub(super) fn of(index: u32, layer: &'a Layer) -> Self {
        Self {
            index,
            diff_id: layer.diff_id.as_str(),
            size: layer.size,
            instruction: layer.instruction.as_deref(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct LifecycleEntry<'a> {
    name: &'a str,
    release: &'a str,
    active_until: Option<&'a str>,
    security_until: Option<&'a str>,
    extended_until: Option<&'a str>,
    source: &'a str,
}

impl<'a> LifecycleEntry<'a> {
    pub(super) fn of(lifecycle: &'a Lifecycle) -> Self {
        Self {
            name: &lifecycle.name,
            release: &lifecycle.release,
            active_until: lifecycle.active_until.as_deref(),
            security_until: lifecycle.security_until.as_deref(),
            extended_until: lifecycle.extended_until.as_deref(),
            source: &lifecycle.source,
        }
    }
}

#[derive(Serialize)]
pub(super) struct DistroEntry<'a> {
    id: &'a str,
    version: Option<&'a str>,
    id_like: &'a [String],
    codename: Option<&'a str>,
    support_end: Option<&'a str>,
    channel: Option<&'a str>,
    extras: &'a [String],
    inferred: bool,
    pretty: &'a str,
    source: &'a str,
}

impl<'a> DistroEntry<'a> {
    pub(super) fn of(distro: &'a Distro) -> Self {
        Self {
            id: &distro.id,
            version: distro.version.as_deref(),
            id_like: &distro.id_like,
            codename: distro.codename.as_deref(),
            support_end: distro.support_end.as_deref(),
            channel: distro.channel.as_deref(),
            extras: &distro.extras,
            inferred: distro.inferred,
            pretty: &distro.pretty,
            source: &distro.source,
        }
    }
}

/// Environment values are left out: they hold secrets too often.
#[derive(Serialize)]
pub(super) struct Config<'a> {
    user: &'a str,
    exposed_ports: &'a [String],
    env_names: Vec<&'a str>,
    entrypoint: &'a [String],
    cmd: &'a [String],
    volumes: &'a [String],
    working_dir: &'a str,
    labels: &'a BTreeMap<String, String>,
    healthcheck: Option<&'a [String]>,
    on_build: &'a [String],
    created: Option<&'a str>,
    author: Option<&'a str>,
}

impl<'a> Config<'a> {
    pub(super) fn of(config: &'a ImageConfig) -> Self {
        let name = |variable: &'a String| variable.split_once('=').map_or(&**variable, |(n, _)| n);
        let healthcheck = config.healthcheck.as_ref();
        Self {
            user: &config.user,
            exposed_ports: &config.exposed_ports,
            env_names: config.env.iter().map(name).collect(),
            entrypoint: &config.entrypoint,
            cmd: &config.cmd,
            volumes: &config.volumes,
            working_dir: &config.working_dir,
            labels: &config.labels,
            healthcheck: healthcheck.map(|healthcheck| &*healthcheck.test),
            on_build: &config.on_build,
            created: config.created.as_deref(),
            author: config.author.as_deref(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct UserEntry<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
    shell: &'a str,
    password: Password,
}

impl<'a> UserEntry<'a> {
    pub(super) fn of(user: &'a User) -> Self {
        Self {
            name: &user.name,
            uid: user.uid,
            gid: user.gid,
            home: &user.home,
            shell: &user.shell,
            password: user.password,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Counts {
    files: usize,
    packages: usize,
    removed_packages: usize,
    /// Null where no advisory data was matched, so that nobody reads a zero.
    findings: Option<FindingCounts>,
}

#[derive(Serialize)]
struct FindingCounts {
    total: usize,
    ids: usize,
    packages: usize,
    fixable: usize,
    exploited: usize,
    severities: BTreeMap<&'static str, usize>,
}

impl Counts {
    pub(super) fn of(report: &Report<'_>) -> Self {
        let inventory = report.inventory;
        Self {
            files: inventory.files.len(),
            packages: inventory.packages.len(),
            removed_packages: inventory.removed_packages.len(),
            findings: report.data.map(|_| FindingCounts::of(report)),
        }
    }
}

impl FindingCounts {
    fn of(report: &Report<'_>) -> Self {
        let mut counted = crate::group::Counts::default();
        let mut severities: BTreeMap<_, _> = Severity::WORST_FIRST
            .map(|severity| (severity.as_str(), 0))
            .into();
        for finding in report.findings {
            counted.add(finding);
            *severities.entry(finding.severity.as_str()).or_default() += 1;
        }
        let ids: BTreeSet<_> = report.findings.iter().map(|finding| &finding.id).collect();
        let packages: BTreeSet<_> = report.findings.iter().map(|f| f.package).collect();
        Self {
            total: report.findings.len(),
            ids: ids.len(),
            packages: packages.len(),
            fixable: counted.fixable,
            exploited: counted.exploited,
            severities,
        }
    }
}
