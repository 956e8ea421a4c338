//! SUSE's CSAF VEX documents: one for each CVE, with what has no fix yet.

use super::csaf::rows::{Place, Publisher, Subject};
use super::csaf::{Document, Product, Statement, Status};
use super::{Changes, Feed, Upstream, json};
use crate::advisory::architecture;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::PackageUrl;

pub(crate) struct SuseVex;

const PUBLISHER: Publisher = Publisher {
    feed: "suse-vex",
    source: "suse",
    page: "https://www.suse.com/security/cve/",
    tells_modules: false,
    place,
};

/// Architectures that names of products may end in.
const ARCHITECTURES: &[&str] = &[
    "aarch64", "armv6hl", "armv7hl", "i586", "i686", "noarch", "ppc64", "ppc64le", "riscv64",
    "s390x", "src", "x86_64",
];

impl Feed for SuseVex {
    fn name(&self) -> &'static str {
        PUBLISHER.feed
    }

    fn about(&self) -> &'static str {
        "SUSE CSAF VEX, one document for each CVE, with what has no fix"
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{') && head.contains("\"csaf_vex\"") && head.contains("www.suse.com")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let folder = "https://ftp.suse.com/pub/projects/security/csaf-vex";
        vec![Upstream {
            changes: Some(Changes::csaf(folder, false)),
            ..Upstream::one(self.name(), &[&format!("{folder}.tar.bz2")])
        }]
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: Document = json(document)?;
        PUBLISHER.read(&document, intake);
        Ok(())
    }
}

fn place(statement: &Statement<'_>) -> Place {
    let [component, platform] = statement.products.as_slice() else {
        return Place::Elsewhere("a product without a platform");
    };
    let Some(namespace) = Namespace::of_suse(&platform.name) else {
        return Place::Elsewhere("a SUSE product other than SLES and openSUSE");
    };
    let Some((package, version, arch)) = rpm(component) else {
        return Place::Elsewhere("a container image or another thing that is no rpm");
    };
    if version.is_none() && statement.status == Status::Fixed {
        return Place::Elsewhere("fixed in a version that is not told");
    }
    Place::Here {
        subject: Subject {
            namespace,
            package,
            source: arch.as_deref() == Some("src"),
            module: None,
        },
        version,
        architecture: arch
            .filter(|arch| !matches!(arch.as_str(), "src" | "noarch"))
            .map(|arch| architecture(&arch).to_owned()),
    }
}

/// Name, version and architecture by the purl, else by the name:
/// `libcurl4-8.0.1-150400.5.41.1.x86_64` or `libcurl4` alone.
fn rpm(component: &Product) -> Option<(String, Option<String>, Option<String>)> {
    if let Some(purl) = &component.product_identification_helper.purl {
        let mut purl: PackageUrl = purl.parse().ok()?;
        let epoch = purl.qualifiers.remove("epoch");
        let version = purl.version.map(|version| match epoch {
            Some(epoch) => format!("{epoch}:{version}"),
            None => version,
        });
        let arch = purl.qualifiers.remove("arch");
        return (purl.kind == "rpm").then_some((purl.name, version, arch));
    }
    if component.name.is_empty() || component.name.contains([':', '/']) {
        return None;
    }
    let (rest, arch) = match component.name.rsplit_once('.') {
        Some((rest, arch)) if ARCHITECTURES.contains(&arch) => (rest, Some(arch.to_owned())),
        _ => (component.name.as_str(), None),
    };
    let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let whole = rest.rsplit_once('-').and_then(|(rest, release)| {
        let (name, version) = rest.rsplit_once('-')?;
        (starts(version) && starts(release)).then(|| (name, format!("{version}-{release}")))
    });
    Some(match whole {
        Some((name, version)) => (name.to_owned(), Some(version), arch),
        None => (rest.to_owned(), None, arch),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisory::{Verdict, Window};
    use crate::feeds;
    use plimsoll_types::{FixState, Severity};

    #[test]
    fn what_is_recommended_is_fixed_and_the_rest_keeps_its_state() {
        let product = |category: &str, name: &str| {
            format!(
                r#"{{"category":"{category}","name":"{name}","product":{{"name":"{name}","product_id":"{name}"}}}}"#
            )
        };
        let sles = "SUSE Linux Enterprise Server 15 SP5";
        let relation = |component: &str| {
            format!(
                r#"{{"category":"default_component_of","full_product_name":{{"name":"x","product_id":"{sles}:{component}"}},"product_reference":"{component}","relates_to_product_reference":"{sles}"}}"#
            )
        };
        let names = [
            "libcurl4-8.0.1-150400.5.41.1.x86_64",
            "curl",
            "java-1_8_0-openjdk",
            "suse/sle15:15.5",
        ];
        let branches: Vec<_> = names.map(|name| product("product_version", name)).to_vec();
        let relations: Vec<_> = names.map(relation).to_vec();
        let document = format!(
            r#"{{"document":{{"aggregate_severity":{{"namespace":"https://www.suse.com/support/security/rating/","text":"important"}},"category":"csaf_vex",
            "publisher":{{"namespace":"https://www.suse.com/"}},"tracking":{{"id":"CVE-2024-1","status":"interim","current_release_date":"2024-06-01T00:00:00Z"}}}},
            "product_tree":{{"branches":[{},{}],"relationships":[{}]}},
            "vulnerabilities":[{{"cve":"CVE-2024-1","product_status":{{"recommended":["{sles}:{}"],"known_affected":["{sles}:{}","{sles}:{}"],"known_not_affected":["{sles}:{}"]}},
            "remediations":[{{"category":"no_fix_planned","details":"x","product_ids":["{sles}:curl"]}}]}}]}}"#,
            product("product_name", sles),
            branches.join(","),
            relations.join(","),
            names[0],
            names[1],
            names[3],
            names[2],
        );
        assert_eq!(feeds::of(document.as_bytes()).unwrap().name(), "suse-vex");
        let mut intake = Intake::default();
        SuseVex.read(document.as_bytes(), &mut intake).unwrap();
        let [advisory] = &intake.advisories().collect::<Vec<_>>()[..] else {
            panic!()
        };
        assert_eq!(advisory.severities[0].severity, Severity::High);
        let told: Vec<_> = advisory
            .affected
            .iter()
            .map(|row| (row.package.as_str(), row.verdict, row.fix, &row.windows[0]))
            .collect();
        let fixed = Window::before("8.0.1-150400.5.41.1");
        assert_eq!(
            told,
            [
                ("curl", Verdict::Affected, FixState::WontFix, &Window::ALL),
                (
                    "java-1_8_0-openjdk",
                    Verdict::NotAffected,
                    FixState::NotFixed,
                    &Window::ALL
                ),
                ("libcurl4", Verdict::Affected, FixState::NotFixed, &fixed),
            ]
        );
        assert_eq!(advisory.affected[0].namespace.to_string(), "sles:15.5");
        assert_eq!(intake.tallies["suse-vex"].skipped.len(), 1);
    }
}
