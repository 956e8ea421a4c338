//! The catalogue of endoflife.date (API v1, `products/full`): until when each
//! release of a distribution is looked after.

use super::{Feed, Upstream, json};
use crate::intake::Intake;
use plimsoll_types::Lifecycle;
use serde::Deserialize;

pub(crate) struct EndOfLife;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    generated_at: String,
    result: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    name: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    releases: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    name: String,
    eoas_from: Option<String>,
    eol_from: Option<String>,
    eoes_from: Option<String>,
}

/// Products that are distributions, and their os-release ids.
const DISTRIBUTIONS: &[(&str, &[&str])] = &[
    ("almalinux", &["almalinux"]),
    ("alpine-linux", &["alpine"]),
    ("amazon-linux", &["amzn"]),
    ("centos", &["centos"]),
    ("centos-stream", &["centos-stream"]),
    ("debian", &["debian", "raspbian"]),
    ("devuan", &["devuan"]),
    ("eurolinux", &["eurolinux"]),
    ("fedora", &["fedora"]),
    ("linuxmint", &["linuxmint"]),
    ("mageia", &["mageia"]),
    ("nixos", &["nixos"]),
    ("opensuse", &["opensuse-leap", "opensuse"]),
    ("openwrt", &["openwrt"]),
    ("oracle-linux", &["ol"]),
    ("postmarketos", &["postmarketos"]),
    ("rhel", &["rhel"]),
    ("rocky-linux", &["rocky"]),
    ("sles", &["sles", "sles_sap", "sled"]),
    ("slackware", &["slackware"]),
    ("suse-linux-micro", &["sl-micro", "sle-micro"]),
    ("ubuntu", &["ubuntu"]),
    ("vmware-photon", &["photon"]),
];

impl Feed for EndOfLife {
    fn name(&self) -> &'static str {
        "endoflife"
    }

    fn about(&self) -> &'static str {
        "endoflife.date: until when releases of distributions are looked after"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{')
            && head.contains("\"eolFrom\"")
            && head.contains("\"releases\"")
            && head.contains("\"result\"")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        vec![Upstream::one(
            self.name(),
            &["https://endoflife.date/api/v1/products/full"],
        )]
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: Document = json(document)?;
        intake.newest(self.name(), &document.generated_at);
        for product in document.result {
            let mut known = DISTRIBUTIONS.iter();
            let Some((_, ids)) = known.find(|(name, _)| *name == product.name) else {
                for _ in &product.releases {
                    intake.skipped(self.name(), "a release of what is no Linux distribution");
                }
                continue;
            };
            for release in product.releases {
                let lifecycle = Lifecycle {
                    name: format!("{} {}", product.label, release.name),
                    release: release.name,
                    active_until: release.eoas_from,
                    security_until: release.eol_from,
                    extended_until: release.eoes_from,
                    source: "endoflife.date".to_owned(),
                };
                let keys = ids.iter().map(|id| format!("{id}:{}", lifecycle.release));
                intake.lives(self.name(), keys.collect(), lifecycle);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::feeds;
    use crate::matching::find;
    use crate::testing::{inventory, store};

    const CATALOGUE: &str = r#"{"schema_version":"1.2.0","generated_at":"2026-08-22T08:52:34Z","total":3,"result":[
        {"name":"debian","label":"Debian","category":"os","releases":[
            {"name":"10","codename":"Buster","isEol":true,"eolFrom":"2022-09-10","isEoes":true,"eoesFrom":"2024-06-30"}]},
        {"name":"alpine-linux","label":"Alpine Linux","releases":[{"name":"3.19","isEol":true,"eolFrom":"2025-11-01"}]},
        {"name":"centos-stream","label":"CentOS Stream","releases":[{"name":"9","eolFrom":"2027-05-31"}]},
        {"name":"nodejs","label":"Node.js","releases":[{"name":"20","isEol":true,"eolFrom":"2026-04-30"}]}]}"#;

    #[test]
    fn a_release_is_found_by_as_much_of_the_version_as_names_it() {
        let document = CATALOGUE.as_bytes();
        assert_eq!(feeds::of(document).unwrap().name(), "endoflife");
        let (_folder, store) = store(&[CATALOGUE]);
        let of = |distro| find(&inventory(distro, Vec::new()), &store).lifecycle;
        let buster = of(Some(("debian", "10"))).unwrap();
        assert_eq!(buster.name, "Debian 10");
        assert_eq!(buster.end(false), Some("2022-09-10"));
        assert_eq!(buster.end(true), Some("2024-06-30"));
        let alpine = of(Some(("alpine", "3.19.4"))).unwrap();
        assert_eq!(alpine.end(true), Some("2025-11-01"));
        assert_eq!(of(Some(("alpine", "3.20.1"))), None);
        assert_eq!(of(Some(("centos", "9"))), None);
        assert_eq!(of(None), None);
    }

    #[test]
    fn streams_of_centos_live_longer_than_its_releases() {
        let (_folder, store) = store(&[CATALOGUE]);
        let mut image = inventory(Some(("centos", "9")), Vec::new());
        image.distro.as_mut().unwrap().pretty = "CentOS Stream 9".into();
        let lifecycle = find(&image, &store).lifecycle.unwrap();
        assert_eq!(lifecycle.end(false), Some("2027-05-31"));
    }

    #[test]
    fn what_the_image_states_itself_counts_where_nothing_else_is_known() {
        let (_folder, store) = store(&[CATALOGUE]);
        let mut image = inventory(Some(("fedora", "41")), Vec::new());
        let distro = image.distro.as_mut().unwrap();
        distro.support_end = Some("2025-12-15".into());
        distro.source = "usr/lib/os-release".into();
        let lifecycle = find(&image, &store).lifecycle.unwrap();
        assert_eq!(lifecycle.end(true), Some("2025-12-15"));
        assert_eq!(lifecycle.source, "usr/lib/os-release");
    }
}
