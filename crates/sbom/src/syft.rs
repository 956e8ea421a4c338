//! Syft's own JSON, every schema version.
//!
//! <https://github.com/anchore/syft/tree/main/schema/json>

use crate::component::{Component, Place};
use crate::draft::Draft;
use crate::properties::Property;
use crate::{Bill, ReadError, hashes, json as parsing, list_of, text_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plimsoll_types::{Digest, Distro, Ecosystem, ImageIdentity, Inventory, Layer, Platform};
use serde::Deserialize;
use serde_json::Value;

const FORMAT: &str = "Syft JSON";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    artifacts: Vec<Value>,
    artifact_relationships: Value,
    source: Value,
    distro: Value,
    descriptor: Value,
}

pub(crate) fn read(text: &str) -> Result<Bill, ReadError> {
    let document: Document = parsing::parse(text, FORMAT)?;
    let mut draft = Draft::new(FORMAT);
    source(&document.source, &mut draft.inventory);
    draft.inventory.distro = distro(&document.distro);
    draft.properties = own(&document.source);
    let configuration = document.descriptor.get("configuration");
    draft
        .properties
        .extend(configuration.map(own).unwrap_or_default());
    for relationship in document
        .artifact_relationships
        .as_array()
        .into_iter()
        .flatten()
    {
        let get = |key: &str| text_of(relationship, key);
        let (Some(parent), Some(child)) = (get("parent"), get("child")) else {
            continue;
        };
        match get("type") {
            Some("dependency-of") => {
                draft.edge(child, parent);
                draft.inner.insert(parent.to_owned());
            }
            // The files of one are all the other's.
            Some("ownership-by-file-overlap") => draft.owner(parent, child),
            _ => {}
        }
    }
    for artifact in &document.artifacts {
        draft.add(component(artifact));
    }
    Ok(draft.finish())
}

/// What this program adds to the form.
fn own(value: &Value) -> Vec<Property> {
    let members = value.get("plimsoll").and_then(Value::as_object);
    let members = members.into_iter().flatten();
    members
        .flat_map(|(name, value)| {
            let values = parsing::texts(Some(value)).into_iter();
            values
                .map(|text| (name.clone(), text.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn component(artifact: &Value) -> Component {
    let get = |key: &str| text_of(artifact, key).map(str::to_owned);
    let kind = text_of(artifact, "type").unwrap_or_default();
    let ecosystem = ecosystem(kind, text_of(artifact, "purl"));
    let metadata = artifact.get("metadata").unwrap_or(&Value::Null);
    // What only a Maven package URL tells is the group.
    let exact = ecosystem.is_some_and(|e| e != Ecosystem::Maven);
    let mut component = Component {
        reference: get("id").unwrap_or_default(),
        ecosystem,
        exact,
        name: get("name"),
        version: get("version"),
        purl: get("purl"),
        cpes: list_of(artifact, "cpes")
            .iter()
            .filter_map(|cpe| cpe.as_str().or_else(|| text_of(cpe, "cpe")))
            .map(str::to_owned)
            .collect(),
        licenses: licenses(artifact),
        vendor: vendor(kind, metadata),
        digests: digests(metadata),
        places: places(artifact, metadata),
        properties: own(artifact),
        ..Component::default()
    };
    describe(&mut component, metadata);
    component
}

/// Fields that Syft's CycloneDX has as properties under these names.
fn describe(component: &mut Component, metadata: &Value) {
    for name in [
        "architecture",
        "basePackage",
        "epoch",
        "modularityLabel",
        "originPackage",
        "source",
        "sourceRpm",
        "sourceVersion",
    ] {
        let value = match metadata.get(name) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        let name = match name {
            "basepackage" => "basePackage",
            name => name,
        };
        component
            .properties
            .push((format!("syft:metadata:{name}"), value));
    }
    if let Some(base) = text_of(metadata, "basepackage") {
        let name = "syft:metadata:basePackage".to_owned();
        component.properties.push((name, base.to_owned()));
    }
}

pub(crate) fn ecosystem(kind: &str, purl: Option<&str>) -> Option<Ecosystem> {
    Some(match kind {
        "alpm" => Ecosystem::Alpm,
        "apk" => Ecosystem::Apk,
        // OpenWrt's packages have the form of Debian's.
        "deb" if purl.is_some_and(|purl| purl.starts_with("pkg:opkg/")) => Ecosystem::Opkg,
        "deb" => Ecosystem::Deb,
        "rpm" => Ecosystem::Rpm,
        "portage" => Ecosystem::Portage,
        "nix" => Ecosystem::Nix,
        "snap" => Ecosystem::Snap,
        "homebrew" => Ecosystem::Brew,
        "python" => Ecosystem::Pypi,
        "npm" => Ecosystem::Npm,
        "go-module" => Ecosystem::Golang,
        "java-archive" | "jenkins-plugin" | "graalvm-native-image" => Ecosystem::Maven,
        "gem" => Ecosystem::Gem,
        "rust-crate" => Ecosystem::Cargo,
        "dotnet" => Ecosystem::Nuget,
        "php-composer" => Ecosystem::Composer,
        "php-pear" => Ecosystem::Pear,
        "php-pecl" => Ecosystem::Pecl,
        "hex" => Ecosystem::Hex,
        "erlang-otp" => Ecosystem::Otp,
        "dart-pub" => Ecosystem::Pub,
        "R-package" => Ecosystem::Cran,
        "hackage" => Ecosystem::Hackage,
        "bitnami" => Ecosystem::Bitnami,
        "conda" => Ecosystem::Conda,
        "swift" => Ecosystem::Swift,
        "pod" | "cocoapods" => Ecosystem::Cocoapods,
        "lua-rocks" => Ecosystem::Luarocks,
        "opam" => Ecosystem::Opam,
        "cpan" => Ecosystem::Cpan,
        "conan" => Ecosystem::Conan,
        "vcpkg" => Ecosystem::Vcpkg,
        "wordpress-plugin" => Ecosystem::Wordpress,
        "terraform" => Ecosystem::Terraform,
        "swiplpack" => Ecosystem::Swiplpack,
        "linux-kernel" => Ecosystem::Kernel,
        "linux-kernel-module" => Ecosystem::KernelModule,
        "model" => Ecosystem::Model,
        "binary"
            if purl.is_some_and(|p| {
                ["/jdk@", "/openjdk@", "/jre@"]
                    .iter()
                    .any(|j| p.contains(j))
            }) =>
        {
            Ecosystem::Jvm
        }
        "binary" => Ecosystem::Binary,
        _ => return None,
    })
}

/// Strings before schema 11, objects since.
fn licenses(artifact: &Value) -> Vec<String> {
    let licenses = list_of(artifact, "licenses").iter();
    licenses
        .filter_map(|license| {
            let stated = license.as_str().or_else(|| text_of(license, "value"));
            stated.or_else(|| text_of(license, "spdxExpression"))
        })
        .map(str::to_owned)
        .collect()
}

fn vendor(kind: &str, metadata: &Value) -> Option<String> {
    let field = match kind {
        "rpm" => "vendor",
        "deb" | "apk" => "maintainer",
        "alpm" => "packager",
        "npm" | "python" | "conda" => "author",
        _ => return None,
    };
    text_of(metadata, field).map(str::to_owned)
}

fn digests(metadata: &Value) -> Vec<String> {
    let digests = list_of(metadata, "digest").iter();
    digests
        .filter_map(|digest| {
            hashes::digest(text_of(digest, "algorithm")?, text_of(digest, "value")?)
        })
        .collect()
}

/// The places that show the package; what merely supports them only where
/// there is nothing else.
fn places(artifact: &Value, metadata: &Value) -> Vec<Place> {
    let role = |location: &Value| {
        let annotations = location.get("annotations");
        annotations
            .and_then(|a| text_of(a, "evidence"))
            .map(str::to_owned)
    };
    let locations = list_of(artifact, "locations");
    let primary: Vec<&Value> = locations
        .iter()
        .filter(|location| role(location).as_deref() != Some("supporting"))
        .collect();
    let chosen = match primary.is_empty() {
        true => locations.iter().collect(),
        false => primary,
    };
    let mut places: Vec<Place> = chosen
        .into_iter()
        .filter_map(|location| {
            let layer = text_of(location, "layerID");
            let full = text_of(location, "fullPath");
            let mut place = Place::of(full.or_else(|| text_of(location, "path"))?, layer);
            // Syft goes on to the file inside the innermost archive.
            if place
                .nested
                .last()
                .is_some_and(|inner| inner.ends_with("META-INF/MANIFEST.MF"))
            {
                place.nested.pop();
            }
            Some(place)
        })
        .collect();
    // `/app.war:WEB-INF/lib/x.jar` of versions without `fullPath`.
    if let (Some(path), [place]) = (text_of(metadata, "virtualPath"), places.as_mut_slice())
        && place.nested.is_empty()
        && let Some(inner) = path.strip_prefix(&format!("/{}:", place.path))
    {
        place.nested = inner.split(':').map(str::to_owned).collect();
    }
    places
}

fn distro(value: &Value) -> Option<Distro> {
    let get = |key: &str| text_of(value, key).map(str::to_owned);
    // Before schema 3.1 the id was called `name`.
    let id = get("id").or_else(|| get("name"))?.to_ascii_lowercase();
    let version = get("versionID").or_else(|| get("version"));
    let pretty = get("prettyName").or_else(|| version.as_ref().map(|v| format!("{id} {v}")));
    Some(Distro {
        pretty: pretty.unwrap_or_else(|| id.clone()),
        codename: get("versionCodename"),
        variant: get("variantID"),
        cpe: get("cpeName"),
        support_end: get("supportEnd"),
        id_like: parsing::texts(value.get("idLike"))
            .into_iter()
            .map(str::to_owned)
            .collect(),
        version,
        id,
        ..Distro::default()
    })
}

fn source(value: &Value, inventory: &mut Inventory) {
    let Some(target) = value.get("metadata").or_else(|| value.get("target")) else {
        return;
    };
    let image = &mut inventory.image;
    let folder = text_of(target, "path").or_else(|| target.as_str());
    let name = text_of(target, "userInput")
        .or_else(|| text_of(value, "name"))
        .or(folder);
    image.name = name.unwrap_or_default().to_owned();
    let digest = |key: &str| text_of(target, key)?.parse::<Digest>().ok();
    image.manifest = digest("manifestDigest");
    image.config = digest("imageID");
    image.reference = parsing::texts(target.get("tags"))
        .first()
        .map(|&tag| tag.to_owned());
    resolved(target, image);
    if let (Some(os), Some(architecture)) = (text_of(target, "os"), text_of(target, "architecture"))
    {
        image.platform = Some(Platform {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: text_of(target, "variant").unwrap_or_default().to_owned(),
        });
    }
    let blobs = blobs(target);
    let layers = list_of(target, "layers").iter().enumerate();
    inventory.layers = layers
        .filter_map(|(index, layer)| {
            let diff_id: Digest = text_of(layer, "digest")?.parse().ok()?;
            Some(Layer {
                blob: blobs
                    .get(index)
                    .cloned()
                    .flatten()
                    .unwrap_or_else(|| diff_id.clone()),
                diff_id,
                size: layer.get("size").and_then(Value::as_u64).unwrap_or(0),
                instruction: None,
            })
        })
        .collect();
}

fn resolved(target: &Value, image: &mut ImageIdentity) {
    let digests = parsing::texts(target.get("repoDigests"));
    let digest = digests.first().and_then(|text| text.rsplit_once('@'));
    image.resolved = digest.and_then(|(_, digest)| digest.parse().ok());
}

/// Digests of the layers as stored, from the manifest that Syft keeps.
fn blobs(target: &Value) -> Vec<Option<Digest>> {
    let manifest = text_of(target, "manifest").and_then(|text| STANDARD.decode(text).ok());
    let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let Some(manifest) = manifest else {
        return Vec::new();
    };
    let layers = list_of(&manifest, "layers").iter();
    layers
        .map(|layer| text_of(layer, "digest")?.parse().ok())
        .collect()
}
