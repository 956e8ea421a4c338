//! VEX documents: what is said not to be affected, or to be repaired.

use super::entry::{Exception, list, literal, purl_pattern, quoted};
use super::trivyignore_yaml::QUALIFIERS;
use super::{ExceptionFormat, Import};
use crate::document::Problems;
use crate::verdict::Assessment;
use jiff::Timestamp;
use plimsoll_advisory::{Said, SaidImage, SaidProduct, Stated, Vex, VexError};
use plimsoll_types::{PackageUrl, VexStatus};
use std::collections::{BTreeMap, HashMap};

pub(super) const FORMAT: ExceptionFormat = ExceptionFormat {
    id: "vex",
    about: "VEX documents: OpenVEX, CSAF, CycloneDX and SPDX 3",
    is: |_, text| {
        text.trim_start_matches('\u{feff}')
            .trim_start()
            .starts_with('{')
            && SIGNS.iter().any(|sign| text.contains(sign))
    },
    read,
};

const SIGNS: &[&str] = &[
    "https://openvex.dev/",
    "\"csaf_version\"",
    "\"CycloneDX\"",
    "https://spdx.org/rdf/3",
];

/// Most pairs of a vulnerability and a product that are looked at.
const MAX_PAIRS: usize = 500_000;

/// What a statement is about: images as YAML, and a pattern for packages.
type Scope = (Option<String>, Option<String>);

/// Of statements of one vulnerability and one scope the greatest counts: the
/// latest, then the one that says the worse, then the first.
type Rank = (Option<Timestamp>, VexStatus, std::cmp::Reverse<usize>);

fn read(text: &str, import: &mut Import, problems: &mut Problems) {
    let vex = match Vex::read(&import.file, text.as_bytes()) {
        Ok(vex) => vex,
        Err(VexError::Broken(_, why)) => return problems.add_without_place(why),
        Err(error) => return problems.add_without_place(error.to_string()),
    };
    for fault in vex.faults() {
        import.left_out(None, "a statement", fault);
    }
    let statements: Vec<Said<'_>> = vex.statements().collect();
    let mut scopes: Vec<Vec<Scope>> = Vec::new();
    let mut pairs = 0usize;
    for said in &statements {
        let products = said.products.len();
        pairs = pairs.saturating_add(said.ids.len().saturating_mul(products.max(1)));
        if pairs > MAX_PAIRS {
            let message = format!(
                "it says something of more than {MAX_PAIRS} pairs of a vulnerability and a \
                 product; apply it with `--vex`"
            );
            return problems.add_without_place(message);
        }
        scopes.push(of_statement(said, import));
    }
    let mut best: HashMap<(&str, &Scope), Rank> = HashMap::new();
    for (index, (said, scopes)) in statements.iter().zip(&scopes).enumerate() {
        let rank: Rank = (said.time, said.status, std::cmp::Reverse(index));
        for id in said.ids {
            for scope in scopes {
                let known = best.entry((id.as_str(), scope)).or_insert(rank);
                *known = (*known).max(rank);
            }
        }
    }
    for (index, (said, scopes)) in statements.iter().zip(&scopes).enumerate() {
        if !said.status.suppresses() {
            continue;
        }
        for id in said.ids {
            let wins = |scope: &&Scope| {
                let best = best.get(&(id.as_str(), *scope));
                best.is_some_and(|(.., at)| at.0 == index)
            };
            write(said, id, scopes.iter().filter(wins), import);
        }
    }
}

/// Entries for one vulnerability, one for the packages of each set of images.
fn write<'a>(
    said: &Said<'_>,
    id: &str,
    scopes: impl Iterator<Item = &'a Scope>,
    import: &mut Import,
) {
    let mut by_images: BTreeMap<&Option<String>, (bool, Vec<&str>)> = BTreeMap::new();
    for (images, purl) in scopes {
        let (whole, purls) = by_images.entry(images).or_default();
        match purl {
            Some(purl) => purls.push(purl),
            None => *whole = true,
        }
    }
    for (images, (whole, mut purls)) in by_images {
        purls.sort_unstable();
        purls.dedup();
        let when = match whole {
            true => Vec::new(),
            false => {
                import.note(BEHIND);
                vec![format!("purls: {}", list(purls))]
            }
        };
        let words = match (said.words.is_empty(), said.justification) {
            (false, _) => Some(said.words.to_owned()),
            (true, Some(why)) => Some(format!("not affected: {}", why.as_str())),
            (true, None) => None,
        };
        import.add(&Exception {
            id: Some(id.to_owned()),
            images: images.clone(),
            when,
            vex: Some(Assessment {
                status: said.status,
                justification: said
                    .justification
                    .filter(|_| said.status == VexStatus::NotAffected),
            }),
            reason: words,
            by: Some(said.author.to_owned()),
            ..Exception::default()
        });
    }
}

const BEHIND: &str = "a statement on a package also holds for packages that are there because of \
     it, an entry for this package alone; `--vex` applies documents whole";

/// What a statement is about, as far as entries can say it.
fn of_statement(said: &Said<'_>, import: &mut Import) -> Vec<Scope> {
    let is_told = said.status.suppresses();
    let what = format!("the statement on {}", said.ids.join(", "));
    if said.products.is_empty() && is_told {
        import.left_out(None, &what, "it is about no product");
    }
    let mut scopes = Vec::new();
    for product in &said.products {
        match of_product(product, said.status, import) {
            Ok(found) => scopes.extend(found),
            Err(why) if is_told => import.left_out(None, &what, &why),
            Err(_) => {}
        }
    }
    scopes
}

fn of_product(
    product: &SaidProduct,
    status: VexStatus,
    import: &mut Import,
) -> Result<Vec<Scope>, String> {
    let mut groups: Vec<Vec<&Stated>> = Vec::new();
    groups.extend(product.holders.iter().map(|names| names.iter().collect()));
    if !product.parts.is_empty() {
        groups.push(product.parts.iter().flatten().collect());
    }
    if product.holders.is_empty() {
        return Err("it is about no product".to_owned());
    }
    let mut images: Option<Vec<&SaidImage>> = None;
    let mut packages: Option<Vec<&PackageUrl>> = None;
    for group in groups {
        let mut of_images = Vec::new();
        let mut of_packages = Vec::new();
        for name in group {
            match name {
                Stated::Image(image) => of_images.push(image),
                Stated::Package(purl) => of_packages.push(purl),
                Stated::Other => {}
            }
        }
        match (of_images.is_empty(), of_packages.is_empty()) {
            (false, true) if images.is_none() => images = Some(of_images),
            (true, false) if packages.is_none() => packages = Some(of_packages),
            (true, true) => {
                return Err(
                    "entries choose images by reference, and packages by package URL; it \
                            names something otherwise"
                        .to_owned(),
                );
            }
            _ => return Err("entries do not say what is within what".to_owned()),
        }
    }
    if status == VexStatus::Fixed {
        let pinned = |image: &&SaidImage| image.digest.is_some() || image.tag.is_some();
        let by_image = images
            .as_ref()
            .is_some_and(|images| images.iter().all(pinned));
        let by_package = packages
            .as_ref()
            .is_some_and(|purls| purls.iter().all(|purl| purl.version.is_some()));
        if !by_image && !by_package {
            return Err("it says `fixed` and not in which version".to_owned());
        }
    }
    let images: Vec<Option<String>> = match images {
        None => vec![None],
        Some(images) => {
            let images: Result<Vec<String>, String> = images.into_iter().map(selector).collect();
            images?.into_iter().map(Some).collect()
        }
    };
    let packages: Vec<Option<String>> = match packages {
        None => vec![None],
        Some(purls) => {
            let mut patterns = Vec::new();
            for purl in purls {
                if matches!(
                    purl.qualifiers.get("arch").map(String::as_str),
                    Some("source" | "src")
                ) {
                    return Err(format!(
                        "entries do not choose packages by source: `{purl}`"
                    ));
                }
                if !purl.qualifiers.is_empty() {
                    import.note(QUALIFIERS);
                }
                patterns.push(Some(purl_pattern(purl)?));
            }
            patterns
        }
    };
    let pairs = images.iter().flat_map(|images| {
        let packages = packages.iter();
        packages.map(|package| (images.clone(), package.clone()))
    });
    Ok(pairs.collect())
}

/// The selector for an image, as YAML.
fn selector(image: &SaidImage) -> Result<String, String> {
    if let Some(digest) = &image.digest {
        return Ok(format!("{{ digest: {} }}", quoted(&literal(digest))));
    }
    if image.architecture.is_some() {
        return Err("entries do not choose images by architecture".to_owned());
    }
    let mut parts = Vec::new();
    match image.repository.as_deref().map(|full| full.split_once('/')) {
        Some(Some((registry, repository))) => {
            parts.push(format!("registry: {}", quoted(&literal(registry))));
            parts.push(format!("repository: {}", quoted(&literal(repository))));
        }
        _ => {
            let ending = literal(&image.ending);
            let anywhere = format!("**/{ending}");
            parts.push(format!("repository: {}", list([&ending, &anywhere])));
        }
    }
    let tag = image.tag.as_deref().map(literal);
    parts.extend(tag.map(|tag| format!("tag: {}", quoted(&tag))));
    Ok(format!("{{ {} }}", parts.join(", ")))
}
