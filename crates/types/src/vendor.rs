//! Who made an OS package. The advisories of a distribution speak of its own
//! packages only, and it patches only those.

use crate::{Distro, Ecosystem, PackageRecord};

/// What vendors call themselves in the packages of a distribution, by `ID`:
/// beginnings of the field.
#[rustfmt::skip]
const RPM: &[(&[&str], &[&str])] = &[
    (&["rhel"], &["Red Hat"]),
    (&["centos"], &["CentOS", "Red Hat"]),
    (&["rocky"], &["Rocky"]),
    (&["almalinux"], &["AlmaLinux", "CloudLinux"]),
    (&["ol"], &["Oracle America"]),
    (&["scientific"], &["Scientific Linux"]),
    (&["fedora"], &["Fedora Project"]),
    (&["amzn"], &["Amazon"]),
    (&["sles", "sles_sap", "sled", "sle-micro", "sle-micro-rancher", "sl-micro", "opensuse", "opensuse-leap", "opensuse-tumbleweed"], &["SUSE", "openSUSE"]),
    (&["photon"], &["VMware", "Broadcom"]),
    (&["mariner", "azurelinux"], &["Microsoft Corporation", "Azure Linux"]),
    (&["openeuler"], &["openEuler", "http://openeuler.org", "Huawei"]),
    (&["anolis"], &["Anolis", "OpenAnolis"]),
    (&["kylin"], &["Kylin", "KylinSoft"]),
    (&["bottlerocket"], &["Bottlerocket"]),
];

/// Mail domains of those who maintain the packages of Debian and Ubuntu.
const DEB: &[&str] = &[
    "debian.org",
    "ubuntu.com",
    "canonical.com",
    "debian.net",
    "raspbian.org",
];

/// Mail domains of those who publish packages for Debian and Ubuntu themselves.
#[rustfmt::skip]
const DEB_OTHERS: &[&str] = &[
    "amazon.com", "chromium.org", "cloudflare.com", "confluent.io", "datadoghq.com", "docker.com", "elastic.co", "github.com",
    "gitlab.com", "google.com", "grafana.com", "hashicorp.com", "influxdata.com", "jenkins-ci.org", "kubernetes.io", "launchpad.net",
    "mariadb.com", "microsoft.com", "mongodb.com", "nginx.com", "nginx.org", "nodesource.com", "nvidia.com", "oracle.com",
    "percona.com", "puppet.com", "rabbitmq.com", "redis.com", "redis.io", "redhat.com", "tailscale.com", "varnish-software.com",
];

/// Those of them who give no address of their own.
const DEB_NAMES: &[&str] = &["Google Cloud CLI", "Kubernetes Authors"];

impl PackageRecord {
    /// Whether somebody else than the distribution made this OS package. One
    /// that names nobody, or somebody unheard of, is taken for its own.
    pub fn is_third_party(&self, distro: Option<&Distro>) -> bool {
        let Some(distro) = distro else { return false };
        match (self.ecosystem, self.vendor.as_deref()) {
            (Ecosystem::Rpm, Some(vendor)) => {
                let known = RPM
                    .iter()
                    .find(|(ids, _)| ids.contains(&distro.id.as_str()));
                known.is_some_and(|(_, vendors)| !vendors.iter().any(|v| vendor.starts_with(v)))
            }
            // Rebuilds that are sold as patched come without a vendor.
            (Ecosystem::Rpm, None) => self.name.starts_with("seal-"),
            (Ecosystem::Deb, Some(maintainer)) => {
                let named = DEB_NAMES.iter().any(|name| maintainer.starts_with(name));
                named || is_among(maintainer, DEB_OTHERS)
            }
            _ => false,
        }
    }

    /// Whether the distribution can be taken to repair what this OS package
    /// installs. People maintain packages of Debian and Ubuntu under any
    /// address, so one that nobody there is known to maintain must at least
    /// have a revision, as all have that were packaged there.
    pub fn is_repaired_by(&self, distro: Option<&Distro>) -> bool {
        let doubtful = self.ecosystem == Ecosystem::Deb
            && self
                .vendor
                .as_ref()
                .is_some_and(|maintainer| !is_among(maintainer, DEB))
            && !self
                .version
                .as_ref()
                .is_some_and(|version| version.contains('-'));
        self.ecosystem.is_os() && !self.is_third_party(distro) && !doubtful
    }
}

/// Whether the mail address of a maintainer lies below one of `domains`.
fn is_among(maintainer: &str, domains: &[&str]) -> bool {
    let Some((_, domain)) = maintainer.rsplit_once('@') else {
        return false;
    };
    let domain = domain.trim_end_matches('>').trim().to_ascii_lowercase();
    domains.iter().any(|known| {
        let rest = domain.strip_suffix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Confidence;

    fn third(ecosystem: Ecosystem, distro: &str, vendor: &str, version: &str) -> bool {
        let version = Some(version.to_owned());
        let mut record = PackageRecord::new(ecosystem, "a", version, Confidence::Installed);
        record.vendor = Some(vendor.to_owned()).filter(|vendor| !vendor.is_empty());
        let distro = Distro {
            id: distro.to_owned(),
            ..Distro::default()
        };
        record.is_third_party(Some(&distro))
    }

    /// Traps 8, 9 and 10.
    #[test]
    fn an_rpm_is_of_the_distribution_that_its_vendor_names() {
        let rpm = |distro, vendor| third(Ecosystem::Rpm, distro, vendor, "1-1.el9");
        assert!(!rpm("rhel", "Red Hat, Inc."));
        assert!(!rpm("rocky", "Rocky Enterprise Software Foundation"));
        assert!(!rpm("sles", "SUSE LLC <https://www.suse.com/>"));
        assert!(rpm("rhel", "Fedora Project"));
        assert!(!rpm("fedora", "Fedora Project"));
        assert!(rpm(
            "rocky",
            "Remi's RPM repository <https://rpms.remirepo.net/>"
        ));
        assert!(!third(Ecosystem::Rpm, "amzn", "", "1-1.amzn2"));
        assert!(!rpm("newcomer", "Newcomer Ltd"));
        let version = Some("1-1".to_owned());
        let seal = PackageRecord::new(Ecosystem::Rpm, "seal-bash", version, Confidence::Installed);
        assert!(seal.is_third_party(Some(&Distro::default())));
    }

    /// Trap 7.
    #[test]
    fn a_deb_is_of_the_distribution_unless_another_publishes_it() {
        let deb = |distro, maintainer| third(Ecosystem::Deb, distro, maintainer, "1.2-3");
        let libc = "GNU Libc Maintainers <debian-glibc@lists.debian.org>";
        assert!(!deb("debian", libc));
        assert!(!deb("ubuntu", "Gerrit Pape <pape@smarden.org>"));
        assert!(deb("debian", "Docker <support@docker.com>"));
        assert!(deb(
            "debian",
            "Kubernetes Authors <kubernetes-dev@googlegroups.com>"
        ));
        assert!(deb("ubuntu", "cudatools <cudatools@nvidia.com>"));
        assert!(!deb("debian", ""));
    }

    #[test]
    fn the_distribution_repairs_what_was_packaged_there() {
        let repaired = |maintainer: &str, version: &str| {
            let version = Some(version.to_owned());
            let mut record =
                PackageRecord::new(Ecosystem::Deb, "a", version, Confidence::Installed);
            record.vendor = Some(maintainer.to_owned());
            record.is_repaired_by(None)
        };
        assert!(repaired("Somebody <somebody@example.net>", "1.2-3"));
        assert!(repaired("Team <a@lists.debian.org>", "12"));
        assert!(!repaired("A Company <dev@example.com>", "1.2.3"));
    }
}
