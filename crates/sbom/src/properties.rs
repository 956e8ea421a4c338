//! What an inventory knows and bills of materials have no field for, as names
//! and values: CycloneDX properties, SPDX annotations and extensions.
//!
//! Writers add these to what their format has fields for; readers take them
//! back. Names begin with `plimsoll:` and are documented in docs/sbom.md.

use plimsoll_types::{
    Confidence, Coverage, Digest, Distro, Ecosystem, Gap, GapKind, Inventory, Layer, Location,
    Package, PackageRecord, Platform, SourcePackage,
};
use std::collections::BTreeMap;

/// A name and a value.
pub type Property = (String, String);

const PREFIX: &str = "plimsoll:";

fn property(name: impl std::fmt::Display, value: impl ToString) -> Property {
    (format!("{PREFIX}{name}"), value.to_string())
}

/// Everything about a package but name, version, package URL, licences, CPEs,
/// digests and vendor, for which every format has a field.
pub fn of_package(inventory: &Inventory, package: &Package) -> Vec<Property> {
    let record = &package.record;
    let mut out = vec![
        property("type", record.ecosystem),
        property("confidence", confidence(record.confidence)),
        property("layer:index", package.introduced),
    ];
    if let Some(layer) = layer(inventory, package.introduced) {
        out.push(property("layer:diffId", &layer.diff_id));
        let instruction = layer.instruction.as_ref();
        out.extend(instruction.map(|text| property("layer:instruction", text)));
    }
    let removed = package.removed;
    out.extend(removed.map(|layer| property("removed:layer:index", layer)));
    for (number, location) in package.locations.iter().enumerate() {
        let name = format!("location:{number}");
        out.push(property(&name, location));
        out.push(property(format!("{name}:layer"), location.layer));
        if !location.evidence.is_empty() {
            out.push(property(format!("{name}:evidence"), &location.evidence));
        }
        if place(&location.to_string()) != (location.path.clone(), location.nested.clone()) {
            out.push(property(format!("{name}:path"), &location.path));
            for (depth, inner) in location.nested.iter().enumerate() {
                out.push(property(format!("{name}:nested:{depth}"), inner));
            }
        }
    }
    if let Some(source) = &record.source {
        out.push(property("source:name", &source.name));
        let version = source.version.as_ref();
        out.extend(version.map(|version| property("source:version", version)));
    }
    let owner = package.owned_by.as_ref();
    out.extend(owner.map(|owner| property("ownedBy", owner)));
    if package.license != plimsoll_license::expression(&record.licenses) {
        let license = package.license.as_ref();
        out.extend(license.map(|license| property("licenseExpression", license)));
    }
    let modularity = record.modularity.as_ref();
    out.extend(modularity.map(|label| property("modularity", label)));
    for (name, holds) in [("local", record.local), ("development", record.development)] {
        out.extend(holds.then(|| property(name, true)));
    }
    let purl = record.purl(inventory.distro.as_ref());
    if !(record.ecosystem.is_os() && purl.is_some() && record.purl.is_none()) {
        out.extend(record.arch.as_ref().map(|arch| property("arch", arch)));
    }
    if purl.is_none() || record.purl.is_some() {
        let qualifiers = record.qualifiers.iter();
        out.extend(qualifiers.map(|(key, value)| property(format!("qualifier:{key}"), value)));
    }
    out
}

fn layer(inventory: &Inventory, index: u32) -> Option<&Layer> {
    inventory.layers.get(usize::try_from(index).ok()?)
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Installed => "installed",
        Confidence::Embedded => "embedded",
        Confidence::Declared => "declared",
        Confidence::Guessed => "guessed",
    }
}

/// Digests, names and layers of the image.
pub fn of_image(inventory: &Inventory) -> Vec<Property> {
    let image = &inventory.image;
    let mut out = vec![property("image:name", &image.name)];
    let reference = image.reference.as_ref();
    out.extend(reference.map(|text| property("image:reference", text)));
    for (name, digest) in [
        ("resolved", &image.resolved),
        ("manifest", &image.manifest),
        ("config", &image.config),
    ] {
        let digest = digest.as_ref();
        out.extend(digest.map(|digest| property(format!("image:{name}"), digest)));
    }
    let platform = image.platform.as_ref();
    out.extend(platform.map(|platform| property("image:platform", platform)));
    for (index, layer) in inventory.layers.iter().enumerate() {
        let name = |what| format!("image:layer:{index}:{what}");
        out.push(property(name("diffId"), &layer.diff_id));
        if layer.blob != layer.diff_id {
            out.push(property(name("blob"), &layer.blob));
        }
        out.push(property(name("size"), layer.size));
        let instruction = layer.instruction.as_ref();
        out.extend(instruction.map(|text| property(name("instruction"), text)));
    }
    out
}

/// What a name and a version do not say of a distribution.
pub fn of_distro(distro: &Distro) -> Vec<Property> {
    let mut out = vec![property("distro:id", &distro.id)];
    let version = distro.version.as_ref();
    out.extend(version.map(|version| property("distro:version", version)));
    let like = distro.id_like.iter();
    out.extend(like.map(|id| property("distro:idLike", id)));
    let codename = distro.codename.as_ref();
    out.extend(codename.map(|name| property("distro:codename", name)));
    out.push(property("distro:pretty", &distro.pretty));
    out.push(property("distro:source", &distro.source));
    for (name, value) in [
        ("variant", &distro.variant),
        ("cpe", &distro.cpe),
        ("supportEnd", &distro.support_end),
        ("channel", &distro.channel),
    ] {
        let value = value.as_ref();
        out.extend(value.map(|value| property(format!("distro:{name}"), value)));
    }
    let extras = distro.extras.iter();
    out.extend(extras.map(|name| property("distro:extra", name)));
    out.extend(distro.inferred.then(|| property("distro:inferred", true)));
    out
}

/// What was looked for and what could not be looked at.
pub fn of_coverage(coverage: &Coverage) -> Vec<Property> {
    let looked = coverage.looked.iter();
    let looked = looked.map(|name| property("looked", name));
    let gaps = coverage.gaps.iter().map(|gap| property("gap", gap));
    looked.chain(gaps).collect()
}

/// Whether a package was told by this program, whose fields are to be taken
/// as they stand.
pub(crate) fn ecosystem(properties: &[Property]) -> Option<Ecosystem> {
    let (_, value) = properties
        .iter()
        .find(|(name, _)| name == "plimsoll:type")?;
    Ecosystem::ALL.iter().copied().find(|e| e.as_str() == value)
}

/// What [`of_package`] says, taken back. Locations replace those there.
pub(crate) fn apply(properties: &[Property], package: &mut Package) {
    let mut places: BTreeMap<usize, Told> = BTreeMap::new();
    for (name, value) in properties {
        let Some(name) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let record = &mut package.record;
        match name {
            "confidence" => {
                if let Some(stated) = confidence_of(value) {
                    record.confidence = stated;
                }
            }
            "layer:index" => package.introduced = value.parse().unwrap_or(0),
            "removed:layer:index" => package.removed = value.parse().ok(),
            "source:name" => {
                record.source = Some(SourcePackage {
                    name: value.clone(),
                    version: None,
                });
            }
            "source:version" => {
                if let Some(source) = &mut record.source {
                    source.version = Some(value.clone());
                }
            }
            "licenseExpression" => package.license = Some(value.clone()),
            "ownedBy" => package.owned_by = Some(value.clone()),
            "modularity" => record.modularity = Some(value.clone()),
            "local" => record.local = value == "true",
            "development" => record.development = value == "true",
            "arch" => record.arch = Some(value.clone()),
            "version" => {
                record.version = Some(value.clone());
                split_epoch(record);
            }
            "vendor" => record.vendor = Some(value.clone()),
            "cpe" if !record.cpes.contains(value) => record.cpes.push(value.clone()),
            "digest" if !record.digests.contains(value) => record.digests.push(value.clone()),
            _ => {
                if let Some(key) = name.strip_prefix("qualifier:") {
                    record.qualifiers.insert(key.to_owned(), value.clone());
                } else if let Some(rest) = name.strip_prefix("location:") {
                    Told::note(&mut places, rest, value);
                }
            }
        }
    }
    if !places.is_empty() {
        package.locations = places.into_values().map(Told::location).collect();
    }
}

fn confidence_of(text: &str) -> Option<Confidence> {
    use Confidence::{Declared, Embedded, Guessed, Installed};
    let all = [Installed, Embedded, Declared, Guessed];
    all.into_iter().find(|known| confidence(*known) == text)
}

/// A location as its properties tell it, in any order.
#[derive(Default)]
struct Told {
    shown: String,
    layer: u32,
    evidence: String,
    path: Option<String>,
    nested: BTreeMap<usize, String>,
}

impl Told {
    /// `N`, `N:layer`, `N:evidence`, `N:path` or `N:nested:K`.
    fn note(places: &mut BTreeMap<usize, Self>, name: &str, value: &str) {
        let (number, what) = name.split_once(':').unwrap_or((name, ""));
        let Ok(number) = number.parse() else {
            return;
        };
        let told = places.entry(number).or_default();
        match what {
            "" => value.clone_into(&mut told.shown),
            "layer" => told.layer = value.parse().unwrap_or(0),
            "evidence" => value.clone_into(&mut told.evidence),
            "path" => told.path = Some(value.to_owned()),
            _ => {
                let depth = what.strip_prefix("nested:").and_then(|n| n.parse().ok());
                told.nested
                    .extend(depth.map(|depth| (depth, value.to_owned())));
            }
        }
    }

    fn location(self) -> Location {
        let (path, nested) = match self.path {
            Some(path) => (path, self.nested.into_values().collect()),
            None => place(&self.shown),
        };
        Location {
            path,
            nested,
            layer: self.layer,
            evidence: self.evidence,
        }
    }
}

/// Path and nesting of a place as people write it: `/a.jar!/b.jar`.
pub(crate) fn place(text: &str) -> (String, Vec<String>) {
    let text = text.strip_prefix('/').unwrap_or(text);
    let mut parts = text.split("!/").map(str::to_owned);
    (parts.next().unwrap_or_default(), parts.collect())
}

/// What [`of_image`], [`of_distro`] and [`of_coverage`] say, taken back.
pub(crate) fn apply_document(properties: &[Property], inventory: &mut Inventory) {
    let mut layers: BTreeMap<usize, Stated<'_>> = BTreeMap::new();
    let mut distro: Option<Distro> = None;
    for (name, value) in properties {
        let Some(name) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let image = &mut inventory.image;
        match name {
            "image:name" => image.name.clone_from(value),
            "image:reference" => image.reference = Some(value.clone()),
            "image:resolved" => image.resolved = value.parse().ok(),
            "image:manifest" => image.manifest = value.parse().ok(),
            "image:config" => image.config = value.parse().ok(),
            "image:platform" => image.platform = platform(value),
            "looked" => {
                inventory.coverage.looked.insert(value.clone());
            }
            "gap" => inventory.coverage.gaps.extend(gap(value)),
            _ => {
                if let Some(what) = name.strip_prefix("distro:") {
                    let distro = distro.get_or_insert_default();
                    match what {
                        "id" => distro.id.clone_from(value),
                        "version" => distro.version = Some(value.clone()),
                        "idLike" => distro.id_like.push(value.clone()),
                        "codename" => distro.codename = Some(value.clone()),
                        "pretty" => distro.pretty.clone_from(value),
                        "source" => distro.source.clone_from(value),
                        "variant" => distro.variant = Some(value.clone()),
                        "cpe" => distro.cpe = Some(value.clone()),
                        "supportEnd" => distro.support_end = Some(value.clone()),
                        "channel" => distro.channel = Some(value.clone()),
                        "extra" => distro.extras.push(value.clone()),
                        "inferred" => distro.inferred = value == "true",
                        _ => {}
                    }
                } else if let Some(rest) = name.strip_prefix("image:layer:") {
                    Stated::note(&mut layers, rest, value);
                }
            }
        }
    }
    if let Some(distro) = distro.filter(|distro| !distro.id.is_empty()) {
        inventory.distro = Some(distro);
    }
    let layers: Vec<Layer> = layers.values().filter_map(Stated::layer).collect();
    if !layers.is_empty() {
        inventory.layers = layers;
    }
}

/// A layer as its properties state it, in any order.
#[derive(Default)]
struct Stated<'a> {
    diff_id: Option<Digest>,
    blob: Option<Digest>,
    size: u64,
    instruction: Option<&'a str>,
}

impl<'a> Stated<'a> {
    fn note(layers: &mut BTreeMap<usize, Self>, name: &'a str, value: &'a str) {
        let Some((number, what)) = name.split_once(':') else {
            return;
        };
        let Ok(number) = number.parse() else {
            return;
        };
        let layer = layers.entry(number).or_default();
        match what {
            "diffId" => layer.diff_id = value.parse().ok(),
            "blob" => layer.blob = value.parse().ok(),
            "size" => layer.size = value.parse().unwrap_or(0),
            "instruction" => layer.instruction = Some(value),
            _ => {}
        }
    }

    fn layer(&self) -> Option<Layer> {
        let diff_id = self.diff_id.clone()?;
        Some(Layer {
            blob: self.blob.clone().unwrap_or_else(|| diff_id.clone()),
            diff_id,
            size: self.size,
            instruction: self.instruction.map(str::to_owned),
        })
    }
}

/// `os/architecture[/variant]`.
pub(crate) fn platform(text: &str) -> Option<Platform> {
    let mut parts = text.splitn(3, '/');
    Some(Platform {
        os: parts.next()?.to_owned(),
        architecture: parts.next()?.to_owned(),
        variant: parts.next().unwrap_or_default().to_owned(),
    })
}

/// A gap as people read it: `kind subject (layer N): detail`.
fn gap(text: &str) -> Option<Gap> {
    let end = text.find([' ', ':'])?;
    let (kind, rest) = text.split_at(end);
    let kind = GapKind::ALL.iter().copied().find(|k| k.as_str() == kind)?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let layered = rest.split_once("(layer ").and_then(|(subject, rest)| {
        let (number, detail) = rest.split_once("): ")?;
        Some((subject, number.parse::<u32>().ok()?.checked_sub(1), detail))
    });
    let (subject, layer, detail) = match layered {
        Some(told) => told,
        None => {
            let (subject, detail) = rest.split_once(": ").unwrap_or(("", rest));
            (subject, None, detail)
        }
    };
    Some(Gap {
        kind,
        subject: subject.trim_end().to_owned(),
        layer,
        detail: detail.to_owned(),
    })
}

/// A record's version with its epoch taken off, where the ecosystem keeps the
/// epoch apart.
pub(crate) fn split_epoch(record: &mut PackageRecord) {
    if record.ecosystem != Ecosystem::Rpm {
        return;
    }
    let split = record.version.as_deref().and_then(|version| {
        let (epoch, rest) = version.split_once(':')?;
        Some((epoch.parse::<u32>().ok()?, rest.to_owned()))
    });
    if let Some((epoch, version)) = split {
        record.epoch = Some(epoch);
        record.version = Some(version).filter(|version| !version.is_empty());
    }
}
