//! Red Hat's CSAF documents: which products they are about, and what they say
//! of them.

mod advisories;
mod vex;

pub(crate) use advisories::RhelAdvisories;
pub(crate) use vex::RhelVex;

use super::csaf::rows::{Place, Publisher, Subject};
use super::csaf::{Product, Statement, Status};
use crate::advisory::architecture;
use crate::namespace::Namespace;
use plimsoll_types::PackageUrl;

/// Whether a document is one of Red Hat's of that category.
fn recognises(head: &str, category: &str) -> bool {
    head.starts_with('{') && head.contains(category) && head.contains("redhat.com")
}

/// Red Hat, with one kind of its documents.
const fn publisher(feed: &'static str, page: &'static str) -> Publisher {
    Publisher {
        feed,
        source: "redhat",
        page,
        tells_modules: true,
        place,
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
