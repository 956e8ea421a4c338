use crate::Ecosystem;
use serde::{Deserialize, Serialize};

/// The distribution an image is built on, as its own files state it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distro {
    /// `ID` of os-release, lower case; empty where nothing but the version is
    /// known.
    pub id: String,
    /// `VERSION_ID`; `None` for rolling distributions.
    pub version: Option<String>,
    /// `ID_LIKE`, in order.
    pub id_like: Vec<String>,
    /// `VERSION_CODENAME`.
    pub codename: Option<String>,
    /// `VARIANT_ID`.
    pub variant: Option<String>,
    /// `CPE_NAME`.
    pub cpe: Option<String>,
    /// `SUPPORT_END`, the day on which the vendor stops repairing it.
    pub support_end: Option<String>,
    /// The channel of repairs that the image is attached to beyond the usual
    /// one: `esm` of Ubuntu Pro. Of Alpine, the branch that its repositories
    /// are of where that is not the release.
    pub channel: Option<String>,
    /// Repositories beside the usual ones that are switched on, by the names of
    /// their channels: `docker` of Amazon Linux's extras. Sorted.
    pub extras: Vec<String>,
    /// No file states it: it was read off the packages or their sources.
    pub inferred: bool,
    /// `PRETTY_NAME`, else the id and version.
    pub pretty: String,
    /// The file that said so, from the image root.
    pub source: String,
}

/// Until when a release of a distribution is looked after. Days are
/// `YYYY-MM-DD`, the last ones on which it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// For people, for example `Debian 10`.
    pub name: String,
    /// The release as the source names it.
    pub release: String,
    /// Last day of active development.
    pub active_until: Option<String>,
    /// Last day on which everybody gets repairs of security.
    pub security_until: Option<String>,
    /// Last day on which subscribers or volunteers still have some.
    pub extended_until: Option<String>,
    /// Who says so: a catalogue, or the file of the image.
    pub source: String,
}

impl Lifecycle {
    /// The last day on which it is repaired, with the extended support or
    /// without; `None` where that is not known.
    pub fn end(&self, extended: bool) -> Option<&str> {
        let extended = self.extended_until.as_deref().filter(|_| extended);
        extended.max(self.security_until.as_deref())
    }
}

impl Distro {
    /// The os-release id of a distribution that package URLs and scanners also
    /// call otherwise.
    pub fn id_of(name: &str) -> String {
        let name = name.to_ascii_lowercase();
        let id = match name.as_str() {
            "redhat" => "rhel",
            "alma" => "almalinux",
            "amazon" => "amzn",
            "oracle" => "ol",
            "cbl-mariner" => "mariner",
            "opensuse.leap" => "opensuse-leap",
            "opensuse.tumbleweed" => "opensuse-tumbleweed",
            "suse" | "suse linux enterprise server" => "sles",
            "slem" => "sle-micro",
            other => other,
        };
        id.to_owned()
    }

    /// Value of the package URL qualifier `distro`.
    pub fn qualifier(&self) -> String {
        if self.id.is_empty() {
            return String::new();
        }
        match (&self.version, &self.codename) {
            (Some(version), _) => format!("{}-{version}", self.id),
            (None, Some(codename)) => format!("{}-{codename}", self.id),
            (None, None) => self.id.clone(),
        }
    }

    /// Whether packages of `ecosystem` come from somewhere else: a database
    /// that was copied from another image. `false` where it cannot be told.
    pub fn is_foreign(&self, ecosystem: Ecosystem) -> bool {
        let ids = std::iter::once(&self.id).chain(&self.id_like);
        let native = ids.flat_map(|id| {
            let of_row = NATIVE.iter().find(|(_, ids)| ids.contains(&id.as_str()));
            of_row.map(|(ecosystem, _)| *ecosystem)
        });
        ecosystem.is_os() && native.take(1).any(|native| native != ecosystem)
    }

    /// The package URL namespace of this distribution's packages.
    pub fn purl_namespace(&self, ecosystem: Ecosystem) -> String {
        match (ecosystem, self.id.as_str()) {
            (Ecosystem::Rpm, "rhel") => "redhat".into(),
            (Ecosystem::Rpm, id) if id.starts_with("sle") => "suse".into(),
            (Ecosystem::Rpm, id) if id.starts_with("opensuse") => "opensuse".into(),
            (_, id) => id.to_owned(),
        }
    }
}

/// The packages that distributions are made of, by `ID`.
#[rustfmt::skip]
const NATIVE: &[(Ecosystem, &[&str])] = &[
    (Ecosystem::Deb, &["debian", "ubuntu", "raspbian", "kali", "linuxmint", "devuan", "pop", "elementary", "parrot", "deepin", "pureos", "vyos"]),
    (Ecosystem::Apk, &["alpine", "wolfi", "chainguard", "postmarketos"]),
    (Ecosystem::Rpm, &[
        "rhel", "fedora", "centos", "rocky", "almalinux", "ol", "amzn", "scientific", "eurolinux", "virtuozzo", "cloudlinux",
        "suse", "sles", "sles_sap", "sled", "sle-micro", "sle-micro-rancher", "sl-micro", "opensuse", "opensuse-leap", "opensuse-tumbleweed",
        "photon", "mariner", "azurelinux", "openeuler", "anolis", "tencentos", "kylin", "mageia", "bottlerocket",
    ]),
    (Ecosystem::Alpm, &["arch", "archarm", "manjaro", "endeavouros"]),
    (Ecosystem::Portage, &["gentoo"]),
    (Ecosystem::Opkg, &["openwrt"]),
    (Ecosystem::Cos, &["cos"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_another_distribution_is_foreign() {
        let distro = |id: &str, like: &[&str]| Distro {
            id: id.into(),
            id_like: like.iter().map(|&id| id.into()).collect(),
            ..Distro::default()
        };
        assert!(distro("alpine", &[]).is_foreign(Ecosystem::Deb));
        assert!(!distro("alpine", &[]).is_foreign(Ecosystem::Apk));
        assert!(!distro("alpine", &[]).is_foreign(Ecosystem::Npm));
        assert!(distro("newcomer", &["unheard", "debian"]).is_foreign(Ecosystem::Rpm));
        assert!(!distro("newcomer", &[]).is_foreign(Ecosystem::Rpm));
    }
}
