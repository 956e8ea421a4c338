//! What statements are about, and which packages of an image that is.
//!
//! Images go by digest, else by repository and tag (`pkg:oci`, `pkg:docker`);
//! packages by the parts of a package URL that are stated; distributions by
//! their CPE.

use super::said::{SaidImage, Stated};
use crate::advisory::architecture;
use plimsoll_types::{Distro, Ecosystem, Inventory, Package, PackageRecord, PackageUrl, canonical};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A product, or a part of products.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Product {
    /// What it is, outermost first: a package that has to be part of another
    /// is behind all of them.
    pub(super) holders: Vec<Arc<Component>>,
    /// The parts that are meant; all of it where there are none.
    pub(super) subcomponents: Vec<Arc<Component>>,
}

/// Something by its names, each of which is enough.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Component {
    names: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq)]
enum Name {
    Package(PackageUrl),
    Image(ImageName),
    Distro {
        id: &'static str,
        version: String,
    },
    /// Of an image or a package, in lower-case hex.
    Hash(String),
}

/// An image as far as it is named.
#[derive(Clone, Debug, Default, PartialEq)]
struct ImageName {
    digest: Option<String>,
    /// Registry and repository in canonical spelling.
    repository: Option<String>,
    /// Last parts of the repository, where the registry is not told.
    ending: String,
    tag: Option<String>,
    architecture: Option<String>,
}

/// Distributions by vendor and product of their CPE.
const CPES: &[(&str, &str, &str)] = &[
    ("redhat", "enterprise_linux", "rhel"),
    ("suse", "sles", "sles"),
    ("suse", "linux_enterprise_server", "sles"),
    ("opensuse", "leap", "opensuse-leap"),
    ("debian", "debian_linux", "debian"),
    ("canonical", "ubuntu_linux", "ubuntu"),
    ("oracle", "linux", "ol"),
    ("rocky", "rocky", "rocky"),
    ("almalinux", "almalinux", "almalinux"),
    ("amazon", "amazon_linux", "amzn"),
    ("fedoraproject", "fedora", "fedora"),
    ("alpinelinux", "alpine_linux", "alpine"),
];

impl Component {
    /// By identifiers of any kind, and by hashes as `(algorithm, hex)`, which
    /// count where there is no package URL. What is not understood is left
    /// out.
    pub(super) fn new<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        hashes: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut names: Vec<Name> = Vec::new();
        for name in texts.into_iter().filter_map(name) {
            if !names.contains(&name) && names.len() < 16 {
                names.push(name);
            }
        }
        if names.is_empty() {
            let strong = hashes.into_iter().filter(|(algorithm, _)| {
                let algorithm = algorithm.to_ascii_lowercase().replace('-', "");
                matches!(algorithm.as_str(), "sha256" | "sha384" | "sha512")
            });
            names.extend(strong.map(|(_, hex)| Name::Hash(hex.to_ascii_lowercase())));
        }
        Self { names }
    }

    pub(super) fn of_purl(purl: PackageUrl) -> Self {
        Self {
            names: vec![of_purl(purl)],
        }
    }

    /// Its names, for those who say the same elsewhere.
    pub(super) fn stated(&self) -> impl Iterator<Item = Stated> {
        self.names.iter().map(|name| match name {
            Name::Package(purl) => Stated::Package(purl.clone()),
            Name::Image(image) => Stated::Image(SaidImage {
                digest: image.digest.clone(),
                repository: image.repository.clone(),
                ending: image.ending.clone(),
                tag: image.tag.clone(),
                architecture: image.architecture.clone(),
            }),
            Name::Distro { .. } | Name::Hash(_) => Stated::Other,
        })
    }

    /// Whether nothing can be recognised by it.
    pub(super) fn is_nameless(&self) -> bool {
        self.names.is_empty()
    }

    /// Its package URL, if that is its only name and has no version.
    pub(super) fn unversioned(&self) -> Option<&PackageUrl> {
        match self.names.as_slice() {
            [Name::Package(purl)] if purl.version.is_none() => Some(purl),
            _ => None,
        }
    }
}

fn name(text: &str) -> Option<Name> {
    if text.starts_with("pkg:") {
        return text.parse().ok().map(of_purl);
    }
    if text.starts_with("cpe:") {
        return of_cpe(text);
    }
    // Web addresses are names too, and mean nothing here.
    if let Some(reference) = text.strip_prefix("docker://") {
        return of_reference(reference).map(Name::Image);
    }
    let image = text.contains("@sha256:").then(|| of_reference(text));
    image.flatten().map(Name::Image)
}

/// `cpe:/o:redhat:enterprise_linux:9`, `cpe:2.3:o:…`.
fn of_cpe(text: &str) -> Option<Name> {
    let rest = text
        .strip_prefix("cpe:2.3:")
        .or_else(|| text.strip_prefix("cpe:/"))?;
    let mut parts = rest.split(':');
    let (_, vendor, product) = (parts.next()?, parts.next()?, parts.next()?);
    let version = parts
        .next()
        .filter(|version| !matches!(*version, "" | "*" | "-"))?;
    let row = CPES
        .iter()
        .find(|row| (row.0, row.1) == (vendor, product))?;
    Some(Name::Distro {
        id: row.2,
        version: version.to_owned(),
    })
}

fn of_purl(purl: PackageUrl) -> Name {
    if !matches!(purl.kind.as_str(), "oci" | "docker") {
        return Name::Package(purl);
    }
    let qualifier = |key: &str| purl.qualifiers.get(key).cloned();
    let is_digest = |text: &String| text.contains(':');
    let digest = purl.version.clone().filter(is_digest);
    let name = match purl.namespace.as_str() {
        "" => purl.name.to_ascii_lowercase(),
        namespace => format!("{namespace}/{}", purl.name).to_ascii_lowercase(),
    };
    let (repository, tag) = if purl.kind == "docker" {
        let registry = qualifier("repository_url");
        let full = match &registry {
            Some(registry) => format!("{}/{name}", registry.trim_end_matches('/')),
            None => name.clone(),
        };
        let tag = purl.version.clone().filter(|version| !is_digest(version));
        (Some(repository(&full)), tag.or_else(|| qualifier("tag")))
    } else {
        let full = qualifier("repository_url").map(|url| {
            let url = url.trim_end_matches('/').to_ascii_lowercase();
            match url == name || url.ends_with(&format!("/{name}")) {
                true => url,
                // Some write where the repository lies.
                false => format!("{url}/{name}"),
            }
        });
        let full = full.map(|full| repository(&full));
        (full, qualifier("tag"))
    };
    Name::Image(ImageName {
        digest,
        repository,
        ending: name,
        tag,
        architecture: qualifier("arch"),
    })
}

fn of_reference(text: &str) -> Option<ImageName> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest.to_owned())),
        None => (text, None),
    };
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag.to_owned())),
        _ => (rest, None),
    };
    let fits = !path.is_empty()
        && path.len() < 1000
        && !path.starts_with('/')
        && digest.as_ref().is_none_or(|digest| digest.contains(':'));
    fits.then(|| ImageName {
        digest,
        repository: Some(repository(path)),
        tag,
        ..ImageName::default()
    })
}

/// A repository in the spelling of canonical references
/// (`docker.io/library/nginx`).
fn repository(text: &str) -> String {
    let text = text
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let text = text.trim_matches('/').to_ascii_lowercase();
    let is_domain = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let (domain, path) = match text.split_once('/') {
        Some((domain, path)) if is_domain(domain) => (domain, path),
        _ => ("docker.io", text.as_str()),
    };
    match domain {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com" => {
            let path = path.trim_start_matches("v1/").trim_start_matches("v2/");
            let official = if path.contains('/') { "" } else { "library/" };
            format!("docker.io/{official}{path}")
        }
        domain => format!("{domain}/{path}"),
    }
}

/// Which packages of an image a component is.
#[derive(Clone, Debug, Default)]
pub(super) struct Matched {
    /// It is the image.
    pub(super) image: bool,
    /// It is the image's distribution.
    pub(super) distro: bool,
    /// Indexes of packages, ascending.
    pub(super) packages: Vec<usize>,
    /// It names the very version that is there.
    pub(super) pinned: bool,
    /// How much of what is there it names.
    pub(super) weight: usize,
}

impl Matched {
    pub(super) fn is_nothing(&self) -> bool {
        !self.image && !self.distro && self.packages.is_empty()
    }

    /// Adds another component, either of which may be meant.
    pub(super) fn join(&mut self, other: Matched) {
        if other.is_nothing() {
            return;
        }
        self.pinned = other.pinned && (self.pinned || self.is_nothing());
        self.image |= other.image;
        self.distro |= other.distro;
        self.weight = self.weight.max(other.weight);
        self.packages.extend(other.packages);
        self.packages.sort_unstable();
        self.packages.dedup();
    }
}

/// What an image has that statements may be about.
pub(super) struct Scene<'a> {
    inventory: &'a Inventory,
    digests: Vec<&'a str>,
    /// Registry and repository, and the tag.
    repository: Option<(&'a str, Option<&'a str>)>,
    purls: Vec<Option<PackageUrl>>,
    /// Packages by type and name, those of a distribution also by the names of
    /// their sources.
    by_name: HashMap<(String, String), BTreeSet<usize>>,
}

impl<'a> Scene<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let image = &inventory.image;
        let digests = [&image.resolved, &image.manifest, &image.config];
        let reference = image.reference.as_deref().map(|reference| {
            reference
                .split_once('@')
                .map_or(reference, |(name, _)| name)
        });
        let packages = inventory.packages.iter();
        let distro = inventory.distro.as_ref();
        let purls: Vec<_> = packages
            .map(|package| package.record.purl(distro))
            .collect();
        let mut by_name: HashMap<_, BTreeSet<usize>> = HashMap::new();
        for (index, (package, purl)) in inventory.packages.iter().zip(&purls).enumerate() {
            let Some(purl) = purl else { continue };
            let names = [purl.name.as_str(), package.record.source_name()];
            for name in names
                .into_iter()
                .take(1 + usize::from(package.record.ecosystem.is_os()))
            {
                let key = (purl.kind.clone(), name.to_ascii_lowercase());
                by_name.entry(key).or_default().insert(index);
            }
        }
        Self {
            inventory,
            digests: digests
                .into_iter()
                .flatten()
                .map(|digest| digest.as_str())
                .collect(),
            repository: reference.map(|reference| match reference.rsplit_once(':') {
                Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
                _ => (reference, None),
            }),
            purls,
            by_name,
        }
    }

    pub(super) fn find(&self, component: &Component) -> Matched {
        let mut matched = Matched::default();
        for name in &component.names {
            matched.join(match name {
                Name::Image(image) => self.image(image),
                Name::Package(purl) => self.package(purl),
                Name::Distro { id, version } => self.distro(id, version),
                Name::Hash(hex) => self.hash(hex),
            });
        }
        matched
    }

    fn image(&self, name: &ImageName) -> Matched {
        let platform = self.inventory.image.platform.as_ref();
        let fits = name.architecture.as_deref().is_none_or(|stated| {
            platform.is_some_and(|own| architecture(stated) == architecture(&own.architecture))
        });
        let weight = match &name.digest {
            Some(digest) => self.digests.contains(&digest.as_str()).then_some(4),
            None => self.repository.and_then(|(own, own_tag)| {
                let named = match &name.repository {
                    Some(repository) => repository == own,
                    None => own.ends_with(&format!("/{}", name.ending)),
                };
                let tagged = name.tag.is_none() || name.tag.as_deref() == own_tag;
                (named && tagged).then_some(if name.tag.is_some() { 3 } else { 1 })
            }),
        };
        match weight.filter(|_| fits) {
            Some(weight) => Matched {
                image: true,
                pinned: weight > 1,
                weight: weight + usize::from(name.architecture.is_some()),
                ..Matched::default()
            },
            None => Matched::default(),
        }
    }

    fn package(&self, stated: &PackageUrl) -> Matched {
        let key = (stated.kind.clone(), stated.name.to_ascii_lowercase());
        let candidates = self.by_name.get(&key).into_iter().flatten().copied();
        let distro = self.inventory.distro.as_ref();
        let packages = candidates.filter(|&index| {
            let package = self.inventory.packages.get(index);
            let own = self.purls.get(index).and_then(Option::as_ref);
            package.zip(own).is_some_and(|(package, own)| {
                names(stated, own, package)
                    && has_version(stated, own, package)
                    && has_qualifiers(stated, own, &package.record, distro)
                    && (stated.subpath.is_empty() || stated.subpath == own.subpath)
            })
        });
        let stated_parts = usize::from(stated.version.is_some()) + stated.qualifiers.len();
        Matched {
            packages: packages.collect(),
            pinned: stated.version.is_some(),
            weight: 2 + stated_parts,
            ..Matched::default()
        }
    }

    fn distro(&self, id: &str, version: &str) -> Matched {
        let own = self.inventory.distro.as_ref();
        let is_it = own.is_some_and(|own| own.id == id && is_release(own, version));
        Matched {
            distro: is_it,
            weight: 1,
            ..Matched::default()
        }
    }

    fn hash(&self, hex: &str) -> Matched {
        let is = |digest: &str| digest.split_once(':').is_some_and(|(_, own)| own == hex);
        let packages = self.inventory.packages.iter().enumerate();
        let packages = packages
            .filter(|(_, package)| package.record.digests.iter().any(|digest| is(digest)))
            .map(|(index, _)| index);
        Matched {
            image: self.digests.iter().any(|digest| is(digest)),
            packages: packages.collect(),
            pinned: true,
            weight: 4,
            ..Matched::default()
        }
    }

    /// Packages that a search by name or hash may compare.
    pub(super) fn effort(&self, component: &Component) -> usize {
        let each = component.names.iter().map(|name| match name {
            Name::Package(purl) => {
                let key = (purl.kind.clone(), purl.name.to_ascii_lowercase());
                1 + self.by_name.get(&key).map_or(0, BTreeSet::len)
            }
            Name::Hash(_) => 1 + self.inventory.packages.len(),
            Name::Image(_) | Name::Distro { .. } => 1,
        });
        1 + each.sum::<usize>()
    }
}

/// Whether a distribution is of a release, as far as both tell: 9.4 is of 9.
fn is_release(distro: &Distro, version: &str) -> bool {
    let own = distro.version.as_deref().unwrap_or_default();
    let rest = own.strip_prefix(version);
    let is_within = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    // `9.4.0` says no more than 9.4.
    is_within
        || version
            .strip_prefix(own)
            .is_some_and(|rest| rest == ".0" && !own.is_empty())
}

/// Whether a package URL means a source package.
fn is_source(stated: &PackageUrl) -> bool {
    let architecture = stated.qualifiers.get("arch").map(String::as_str);
    matches!(architecture, Some("source" | "src"))
}

fn names(stated: &PackageUrl, own: &PackageUrl, package: &Package) -> bool {
    let record = &package.record;
    if record.ecosystem.is_os() {
        let name = match is_source(stated) {
            true => record.source_name(),
            false => own.name.as_str(),
        };
        let unsaid = stated.namespace.is_empty();
        return name == stated.name && (unsaid || stated.namespace == own.namespace);
    }
    let folds = matches!(
        record.ecosystem,
        Ecosystem::Nuget | Ecosystem::Composer | Ecosystem::Golang
    );
    let name = |purl: &PackageUrl| {
        let name = match purl.namespace.as_str() {
            "" => purl.name.clone(),
            namespace => format!("{namespace}/{}", purl.name),
        };
        match folds {
            true => name.to_ascii_lowercase(),
            false => canonical(record.ecosystem, &name).into_owned(),
        }
    };
    name(stated) == name(own)
}

fn has_version(stated: &PackageUrl, own: &PackageUrl, package: &Package) -> bool {
    let Some(version) = stated.version.as_deref() else {
        return true;
    };
    let record = &package.record;
    if is_source(stated)
        && let Some(source) = record
            .source
            .as_ref()
            .and_then(|source| source.version.as_deref())
    {
        return version == source;
    }
    let own = own.version.as_deref().unwrap_or_default();
    let bare = |version| match record.ecosystem {
        Ecosystem::Golang => str::strip_prefix(version, "v").unwrap_or(version),
        _ => version,
    };
    bare(version) == bare(own) || version == record.full_version()
}

fn has_qualifiers(
    stated: &PackageUrl,
    own: &PackageUrl,
    record: &PackageRecord,
    distro: Option<&Distro>,
) -> bool {
    let has = |(key, value): (&String, &String)| match key.as_str() {
        "arch" if is_source(stated) => true,
        "arch" => record.arch.as_deref().is_some_and(|own| {
            matches!(own, "all" | "noarch") || architecture(own) == architecture(value)
        }),
        "distro" => distro.is_some_and(|distro| is_called(distro, stated, value)),
        // As Docker Scout tells the distribution.
        "os_name" => distro.is_some_and(|distro| distro.id == Distro::id_of(value)),
        "os_version" => distro.is_some_and(|distro| is_release(distro, value)),
        "os_distro" => distro.is_some_and(|distro| distro.codename.as_ref() == Some(value)),
        "epoch" => value.parse().ok() == Some(record.epoch.unwrap_or(0)),
        "rpmmod" => record.modularity.as_deref().is_some_and(|label| {
            let rest = label.strip_prefix(value.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        }),
        // What it is when nothing is said.
        "type" if value == "jar" => own.qualifiers.get(key).is_none_or(|own| own == value),
        _ => own.qualifiers.get(key) == Some(value),
    };
    stated.qualifiers.iter().all(has)
}

/// Whether the qualifier `distro` names a distribution: `debian-12`,
/// `bookworm`, `ubuntu-jammy`.
fn is_called(distro: &Distro, stated: &PackageUrl, value: &str) -> bool {
    let codename = distro.codename.as_deref().unwrap_or_default();
    let by_codename = !codename.is_empty()
        && (value == codename
            || value
                .strip_prefix(distro.id.as_str())
                .and_then(|v| v.strip_prefix('-'))
                == Some(codename));
    by_codename
        || value == distro.qualifier()
        || stated.distro().is_some_and(|named| {
            let version = named.version.as_deref();
            named.id == distro.id && version.is_some_and(|version| is_release(distro, version))
        })
}
