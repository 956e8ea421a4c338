//! Red Hat's CSAF documents: which products they are about, and what they say
//! of them.

use super::csaf::rows::{Place, Publisher, Subject};
use super::csaf::{Document, Product, Statement, Status};
use super::{Changes, Feed, Place as Address, Upstream, json};
use crate::advisory::architecture;
use crate::intake::Intake;
use crate::namespace::Namespace;
use plimsoll_types::PackageUrl;

/// One kind of Red Hat's documents.
pub(crate) struct RedHat {
    about: &'static str,
    /// The folder that its documents lie in.
    folder: &'static str,
    /// How CSAF calls the kind.
    category: &'static str,
    publisher: Publisher,
}

/// One document for each CVE, with every state.
pub(crate) static VEX: RedHat = RedHat {
    about: "Red Hat CSAF VEX, one document for each CVE, with what is not affected and what will not be fixed",
    folder: "https://security.access.redhat.com/data/csaf/v2/vex",
    category: "\"csaf_vex\"",
    publisher: publisher("rhel-vex", "https://access.redhat.com/security/cve/"),
};

/// One document for each RHSA, with what it fixes.
pub(crate) static ADVISORIES: RedHat = RedHat {
    about: "Red Hat CSAF advisories (RHSA), one document each, with the builds of every stream",
    folder: "https://security.access.redhat.com/data/csaf/v2/advisories",
    category: "\"csaf_security_advisory\"",
    publisher: publisher("rhel-advisories", "https://access.redhat.com/errata/"),
};

const fn publisher(feed: &'static str, page: &'static str) -> Publisher {
    Publisher {
        feed,
        source: "redhat",
        page,
        tells_modules: true,
        place,
    }
}

impl Feed for RedHat {
    fn name(&self) -> &'static str {
        self.publisher.feed
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('{') && head.contains(self.category) && head.contains("redhat.com")
    }

    fn upstreams(&self) -> Vec<Upstream> {
        let archive = Address::Named(format!("{}/archive_latest.txt", self.folder));
        vec![Upstream {
            changes: Some(Changes::csaf(self.folder, true)),
            ..Upstream::at(self.name(), [archive])
        }]
    }

    fn is_per_record(&self) -> bool {
        true
    }

    fn read(&self, document: &[u8], intake: &mut Intake) -> Result<(), String> {
        let document: Document = json(document)?;
        self.publisher.read(&document, intake);
        Ok(())
    }
}

fn place(statement: &Statement<'_>) -> Place {
    let products = &statement.products;
    let cpe = |product: &&&Product| product.product_identification_helper.cpe.is_some();
    let Some(platform) = products.iter().rev().find(cpe) else {
        return Place::Elsewhere("a product without a platform");
    };
    let cpe = platform.product_identification_helper.cpe.as_deref();
    let Some(namespace) = cpe.and_then(Namespace::of_red_hat) else {
        return Place::Elsewhere("a Red Hat product other than RHEL");
    };
    let (mut package, mut module) = (None, None);
    for product in products {
        let text = product.product_identification_helper.purl.as_deref();
        let Some(purl) = text.and_then(|text| text.parse::<PackageUrl>().ok()) else {
            continue;
        };
        match purl.kind.as_str() {
            "rpm" => package = package.or(Some(purl)),
            // Of documents before 2025, which name the module as a product.
            "rpmmod" => module = module.or(purl.version.map(|v| format!("{}:{v}", purl.name))),
            _ => {}
        }
    }
    let Some(mut purl) = package else {
        return Place::Elsewhere("a container image or another thing that is no rpm");
    };
    let mut qualifier = |name: &str| purl.qualifiers.remove(name);
    let (arch, epoch) = (qualifier("arch"), qualifier("epoch"));
    let module = qualifier("rpmmod").or(module);
    let version = purl.version.map(|version| match epoch {
        Some(epoch) => format!("{epoch}:{version}"),
        None => version,
    });
    if version.is_none() && statement.status == Status::Fixed {
        return Place::Elsewhere("fixed in a version that is not told");
    }
    Place::Here {
        subject: Subject {
            namespace,
            package: purl.name,
            source: arch.as_deref() == Some("src"),
            module: module.map(|module| stream(&module)),
        },
        version,
        architecture: arch
            .filter(|arch| !matches!(arch.as_str(), "src" | "noarch"))
            .map(|arch| architecture(&arch).to_owned()),
    }
}

/// `perl-FCGI:0.78` of `perl-FCGI:0.78:8080020250603232512:bef19048`.
fn stream(module: &str) -> String {
    let parts: Vec<_> = module.split(':').take(2).collect();
    parts.join(":")
}

#[cfg(test)]
mod tests;
