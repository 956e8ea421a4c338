//! What a document states, and the inventory that it makes.

use crate::component::{Component, Kind, Place};
use crate::properties::{self, Property};
use crate::{Bill, record};
use plimsoll_types::{
    Digest, Distro, Ecosystem, Gap, GapKind, Inventory, Layer, Location, Package, PackageRecord,
    PackageUrl, Platform,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Components and edges that are kept of one document: far more than any has,
/// and no more than memory holds.
const MOST_COMPONENTS: usize = 400_000;
const MOST_EDGES: usize = 4_000_000;
/// Locations that are kept of one package.
const MOST_PLACES: usize = 10_000;
/// Gaps about single components; past them one gap stands for the rest.
const MOST_GAPS: usize = 100;

#[derive(Default)]
pub(crate) struct Draft {
    pub format: &'static str,
    /// Filled by readers whose format has fields for these.
    pub inventory: Inventory,
    /// Of the document as a whole.
    pub properties: Vec<Property>,
    components: Vec<Component>,
    /// The first needs the second.
    edges: Vec<(String, String)>,
    /// The first brought the second's files.
    owners: Vec<(String, String)>,
    /// References of what the document says it describes.
    pub described: BTreeSet<String>,
    /// References of what is part or need of something else.
    pub inner: HashSet<String>,
    /// References of what is named without being installed.
    pub absent: HashSet<String>,
    over: bool,
    /// A package without a package URL has none: it is local.
    pub tells_purls: bool,
}

type Identity = (
    Ecosystem,
    String,
    Option<u32>,
    Option<String>,
    Option<String>,
);

fn identity(record: &PackageRecord) -> Identity {
    let (ecosystem, name, epoch, version, arch) = record.identity();
    let own = |text: Option<&str>| text.map(str::to_owned);
    (ecosystem, name.to_owned(), epoch, own(version), own(arch))
}

impl Draft {
    pub fn new(format: &'static str) -> Self {
        Self {
            format,
            ..Self::default()
        }
    }

    pub fn add(&mut self, component: Component) {
        match self.components.len() < MOST_COMPONENTS {
            true => self.components.push(component),
            false => self.over = true,
        }
    }

    pub fn edge(&mut self, from: &str, to: &str) {
        match self.edges.len() < MOST_EDGES {
            true => self.edges.push((from.to_owned(), to.to_owned())),
            false => self.over = true,
        }
    }

    pub fn owner(&mut self, owner: &str, owned: &str) {
        match self.owners.len() < MOST_EDGES {
            true => self.owners.push((owner.to_owned(), owned.to_owned())),
            false => self.over = true,
        }
    }

    /// The inventory that comes of it.
    pub fn finish(mut self) -> Bill {
        self.document();
        self.group();
        let mut found = self.packages();
        let main = self.main(&found);
        let inventory = &mut self.inventory;
        for (package, number) in found.present.values_mut().zip(0..) {
            found.numbers.insert(package.0, number);
        }
        let edges: Vec<(u32, u32)> = self
            .edges
            .iter()
            .filter_map(|(from, to)| Some((found.number(from)?, found.number(to)?)))
            .filter(|(from, to)| from != to)
            .collect();
        let main = main.and_then(|reference| usize::try_from(found.number(&reference)?).ok());
        let present = std::mem::take(&mut found.present).into_values();
        inventory.packages = present.map(|(_, package)| package).collect();
        for (from, to) in edges {
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            if let Some(package) = inventory.packages.get_mut(from) {
                package.depends_on.push(to);
            }
        }
        for (owner, owned) in &self.owners {
            let index = |reference| usize::try_from(found.number(reference)?).ok();
            let (Some(owner), Some(owned)) = (index(owner), index(owned)) else {
                continue;
            };
            let owner = inventory.packages.get(owner).map(|package| &package.record);
            let owner = owner.filter(|record| record.ecosystem.is_os());
            let owner = owner.map(|record| record.name.clone());
            if let Some(package) = inventory.packages.get_mut(owned)
                && !package.record.ecosystem.is_os()
            {
                package.owned_by = package.owned_by.take().or(owner);
            }
        }
        for package in &mut inventory.packages {
            package.depends_on.sort_unstable();
            package.depends_on.dedup();
            package.locations.sort();
            package.locations.dedup();
            let first = package.locations.first();
            package.record.nested = first.map_or_else(Vec::new, |place| place.nested.clone());
        }
        if inventory.distro.is_none() {
            inventory.distro = distro(&found.distros);
        }
        inventory.removed_packages = found.removed.into_values().collect();
        settle(inventory, found.purls, self.tells_purls);
        if self.over {
            inventory.coverage.gaps.insert(Gap {
                kind: GapKind::LimitExceeded,
                subject: String::new(),
                layer: None,
                detail: format!(
                    "{}: it names more than is kept of one document",
                    self.format
                ),
            });
        }
        if inventory.distro.is_none()
            && inventory
                .packages
                .iter()
                .any(|p| p.record.ecosystem.is_os())
        {
            inventory.coverage.gaps.insert(Gap {
                kind: GapKind::DistroUnknown,
                subject: String::new(),
                layer: None,
                detail: "there are OS packages but the document does not name the distribution"
                    .into(),
            });
        }
        inventory.coverage.looked.insert("sbom".to_owned());
        inventory.image.source = "sbom".to_owned();
        inventory.image.secure_channel = true;
        Bill {
            format: self.format,
            inventory: self.inventory,
            main,
        }
    }

    /// What the document says of the image and the distribution.
    fn document(&mut self) {
        let mut properties = std::mem::take(&mut self.properties);
        for component in &self.components {
            match component.kind {
                Kind::Subject => {
                    subject(component, &mut self.inventory);
                    properties.extend(component.properties.iter().cloned());
                }
                Kind::System => {
                    if self.inventory.distro.is_none() {
                        self.inventory.distro = system(component);
                    }
                    properties.extend(component.properties.iter().cloned());
                }
                _ => {}
            }
        }
        properties::apply_document(&properties, &mut self.inventory);
    }

    /// What lies nowhere and is needed by a lock file lies in that file.
    fn group(&mut self) {
        let groups: HashMap<&str, &str> = self
            .components
            .iter()
            .filter(|component| component.kind == Kind::Group)
            .filter_map(|group| Some((group.reference.as_str(), group.name.as_deref()?)))
            // `Node.js` groups what lies in many places.
            .filter(|(_, name)| name.contains(['/', '.']) && *name != "Node.js")
            .collect();
        let mut places: HashMap<String, Place> = HashMap::new();
        for (from, to) in &self.edges {
            if let Some(name) = groups.get(from.as_str()) {
                places
                    .entry(to.clone())
                    .or_insert_with(|| Place::of(name, None));
            }
        }
        for component in &mut self.components {
            if component.places.is_empty() {
                component.places.extend(places.remove(&component.reference));
            }
        }
    }

    fn packages(&mut self) -> Found {
        let mut found = Found::default();
        let layers = layers(&self.inventory);
        let mut gaps = Vec::new();
        let mut failed = 0;
        for (at, component) in self.components.iter().enumerate() {
            let wanted = match component.kind {
                Kind::Package => true,
                Kind::Thing => component.purl.is_some(),
                Kind::Subject | Kind::System | Kind::Group => false,
            };
            if !wanted || self.absent.contains(&component.reference) {
                continue;
            }
            match record::of(component) {
                Ok((record, purl)) => found.add(at, component, record, purl, &layers),
                Err(reason) => {
                    failed += 1;
                    if failed <= MOST_GAPS {
                        gaps.push(Gap {
                            kind: GapKind::EvidenceUnreadable,
                            subject: component.reference.chars().take(200).collect(),
                            layer: None,
                            detail: format!(
                                "{}: a component is not understood: {reason}",
                                self.format
                            ),
                        });
                    }
                }
            }
        }
        if failed > MOST_GAPS {
            gaps.push(Gap {
                kind: GapKind::EvidenceUnreadable,
                subject: String::new(),
                layer: None,
                detail: format!("{}: {failed} components are not understood", self.format),
            });
        }
        self.inventory.coverage.gaps.extend(gaps);
        found
    }

    /// The reference of the one package that the document is about.
    fn main(&self, found: &Found) -> Option<String> {
        let one = |references: Vec<&String>| match references.as_slice() {
            [one] => Some((*one).clone()),
            _ => None,
        };
        let described = self.described.iter();
        one(described
            .filter(|r| found.references.contains_key(*r))
            .collect())
        .or_else(|| {
            let all = found.references.keys();
            one(all
                .filter(|reference| !self.inner.contains(*reference))
                .collect())
        })
    }
}

/// Packages by identity, with what refers to them.
#[derive(Default)]
struct Found {
    /// With the number of the component that was first.
    present: BTreeMap<Identity, (usize, Package)>,
    removed: BTreeMap<Identity, Package>,
    /// Component of a reference.
    references: HashMap<String, usize>,
    /// Position of a component's package.
    numbers: HashMap<usize, u32>,
    /// Stated package URLs, by identity.
    purls: BTreeMap<Identity, PackageUrl>,
    distros: Named,
}

impl Found {
    fn number(&self, reference: &str) -> Option<u32> {
        self.numbers.get(self.references.get(reference)?).copied()
    }

    fn add(
        &mut self,
        at: usize,
        component: &Component,
        record: PackageRecord,
        purl: Option<PackageUrl>,
        layers: &HashMap<&str, u32>,
    ) {
        let locations: Vec<Location> = component
            .places
            .iter()
            .take(MOST_PLACES)
            .map(|place| Location {
                path: place.path.clone(),
                nested: place.nested.clone(),
                layer: place
                    .layer
                    .as_deref()
                    .and_then(|digest| layers.get(digest).copied())
                    .unwrap_or(0),
                evidence: String::new(),
            })
            .collect();
        let introduced = locations.iter().map(|location| location.layer).min();
        let mut package = Package {
            record,
            locations,
            introduced: introduced.unwrap_or(0),
            removed: None,
            owned_by: None,
            license: None,
            depends_on: Vec::new(),
        };
        package.license = plimsoll_license::expression(&package.record.licenses);
        properties::apply(&component.properties, &mut package);
        if let Some(purl) = &purl
            && let Some(distro) = purl.distro()
        {
            let key = (distro.id.clone(), distro.version.clone());
            self.distros.entry(key).or_insert((0, distro)).0 += 1;
        }
        let identity = identity(&package.record);
        if package.removed.is_some() {
            if let Some(purl) = purl {
                self.purls.entry(identity.clone()).or_insert(purl);
            }
            self.removed.entry(identity).or_insert(package);
            return;
        }
        if let Some(purl) = purl {
            self.purls.entry(identity.clone()).or_insert(purl);
        }
        match self.present.get_mut(&identity) {
            Some((first, same)) => {
                self.references.insert(component.reference.clone(), *first);
                join(same, package);
            }
            None => {
                self.references.insert(component.reference.clone(), at);
                self.present.insert(identity, (at, package));
            }
        }
    }
}

/// How often package URLs name a distribution.
type Named = BTreeMap<(String, Option<String>), (usize, Distro)>;

/// The distribution that most package URLs name, one with a version first.
fn distro(named: &Named) -> Option<Distro> {
    let distros = named.values().rev();
    let best = distros.max_by_key(|(count, distro)| (distro.version.is_some(), *count))?;
    Some(best.1.clone())
}

/// Two entries of one package are one package in several places.
fn join(same: &mut Package, other: Package) {
    let room = MOST_PLACES.saturating_sub(same.locations.len());
    same.locations
        .extend(other.locations.into_iter().take(room));
    same.introduced = same.introduced.min(other.introduced);
    if other.record.confidence < same.record.confidence {
        same.record.confidence = other.record.confidence;
    }
    for (into, from) in [
        (&mut same.record.licenses, other.record.licenses),
        (&mut same.record.cpes, other.record.cpes),
        (&mut same.record.digests, other.record.digests),
    ] {
        if into.is_empty() {
            *into = from;
        }
    }
}

/// Keeps a stated package URL only where it does not follow from the record.
fn settle(inventory: &mut Inventory, mut purls: BTreeMap<Identity, PackageUrl>, tells: bool) {
    let distro = inventory.distro.clone();
    let packages = inventory.packages.iter_mut();
    for package in packages.chain(&mut inventory.removed_packages) {
        let record = &mut package.record;
        let Some(stated) = purls.remove(&identity(record)) else {
            let nameless = tells || record.ecosystem == Ecosystem::Generic;
            record.local |= nameless && record.purl(distro.as_ref()).is_some();
            continue;
        };
        if record.purl(distro.as_ref()).as_ref() != Some(&stated) && !record.local {
            let implied = stated.qualifiers.iter();
            for (key, value) in implied {
                if record.qualifiers.get(key) == Some(value) {
                    record.qualifiers.remove(key);
                }
            }
            record.purl = Some(stated.to_string());
        }
    }
}

/// Index of each layer by its digests.
fn layers(inventory: &Inventory) -> HashMap<&str, u32> {
    let mut by_digest = HashMap::new();
    for (index, layer) in (0..).zip(&inventory.layers) {
        for digest in [&layer.diff_id, &layer.blob] {
            by_digest.entry(digest.as_str()).or_insert(index);
        }
    }
    by_digest
}

/// The image that a document is about: its package URL, and what Trivy writes
/// beside it.
fn subject(component: &Component, inventory: &mut Inventory) {
    let image = &mut inventory.image;
    if let Some(name) = &component.name
        && image.name.is_empty()
    {
        image.name.clone_from(name);
    }
    if let Some(purl) = component
        .purl
        .as_deref()
        .and_then(|purl| purl.parse::<PackageUrl>().ok())
        && matches!(purl.kind.as_str(), "oci" | "docker")
    {
        image.manifest = purl
            .version
            .as_deref()
            .and_then(|digest| digest.parse().ok());
        let tag = purl
            .qualifiers
            .get("tag")
            .map_or(String::new(), |tag| format!(":{tag}"));
        let repository = purl.qualifiers.get("repository_url");
        image.reference = repository.map(|repository| format!("{repository}{tag}"));
        image.platform = purl.qualifiers.get("arch").map(|architecture| Platform {
            os: "linux".to_owned(),
            architecture: architecture.clone(),
            variant: String::new(),
        });
    }
    let digest = |name: &str| {
        let stated = component.property(&format!("aquasecurity:trivy:{name}"))?;
        let digest = stated.rsplit_once('@').map_or(stated, |(_, digest)| digest);
        digest.parse::<Digest>().ok()
    };
    image.config = image.config.take().or_else(|| digest("ImageID"));
    image.resolved = image.resolved.take().or_else(|| digest("RepoDigest"));
    let tag = component.property("aquasecurity:trivy:RepoTag");
    image.reference = image.reference.take().or(tag.map(str::to_owned));
    let diff_ids = component.properties_named("aquasecurity:trivy:DiffID");
    let layers = diff_ids
        .filter_map(|text| text.parse::<Digest>().ok())
        .map(|diff_id| Layer {
            blob: diff_id.clone(),
            diff_id,
            size: 0,
            instruction: None,
        });
    inventory.layers.extend(layers);
}

/// A distribution as a component.
fn system(component: &Component) -> Option<Distro> {
    let syft = |name: &str| {
        component
            .property(&format!("syft:distro:{name}"))
            .map(str::to_owned)
    };
    let name = syft("id").or_else(|| component.name.clone())?;
    let id = Distro::id_of(name.trim());
    if id.is_empty() || id == "none" {
        return None;
    }
    let version = syft("versionID").or_else(|| component.version.clone());
    let version = version.filter(|version| !version.is_empty());
    let pretty = version
        .as_ref()
        .map_or_else(|| id.clone(), |v| format!("{id} {v}"));
    let id_like = component.properties.iter();
    let id_like = id_like.filter(|(name, _)| name.starts_with("syft:distro:idLike"));
    Some(Distro {
        pretty: syft("prettyName").unwrap_or(pretty),
        codename: syft("versionCodename"),
        id_like: id_like.map(|(_, value)| value.clone()).collect(),
        version,
        id,
        ..Distro::default()
    })
}
