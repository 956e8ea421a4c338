//! The JSON of Syft, schema version 16, which Grype and others read.
//!
//! <https://github.com/anchore/syft/tree/main/schema/json>
//!
//! What Syft has no field for stands in a member `plimsoll` of packages, of
//! the source and of the configuration, which its readers skip.

use super::reference::{References, short};
use super::write_json;
use crate::Report;
use plimsoll_sbom::properties::{Property, of_coverage, of_distro, of_image, of_package};
use plimsoll_types::{Distro, Ecosystem, Inventory, Location, Package, PackageRecord};
use serde_json::{Map, Value, json};
use std::io;

const SCHEMA: &str = "16.1.13";

pub(super) fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write_json(&document(report), out)
}

fn document(report: &Report<'_>) -> Value {
    let inventory = report.inventory;
    let mut refs = References::default();
    let packages = inventory.packages.iter().chain(report.removed());
    let artifacts: Vec<Value> = packages
        .map(|package| artifact(report, package, &mut refs))
        .collect();
    let id = |index: usize| artifacts.get(index).map(|artifact| artifact["id"].clone());
    let mut relationships: Vec<Value> = Vec::new();
    for (index, package) in inventory.packages.iter().enumerate() {
        for &to in &package.depends_on {
            let needed = usize::try_from(to).ok().and_then(id);
            relationships.extend(needed.zip(id(index)).map(|(needed, needing)| {
                json!({ "parent": needed, "child": needing, "type": "dependency-of" })
            }));
        }
    }
    let mut configuration = of_coverage(&inventory.coverage);
    configuration.extend(inventory.distro.iter().flat_map(of_distro));
    json!({
        "artifacts": artifacts,
        "artifactRelationships": relationships,
        "source": source(inventory),
        "distro": inventory.distro.as_ref().map_or_else(|| json!({}), distro),
        "descriptor": {
            "name": "plimsoll",
            "version": env!("CARGO_PKG_VERSION"),
            "configuration": { "plimsoll": object(&configuration) },
        },
        "schema": {
            "version": SCHEMA,
            "url": format!("https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-{SCHEMA}.json"),
        },
    })
}

fn artifact(report: &Report<'_>, package: &Package, refs: &mut References) -> Value {
    let inventory = report.inventory;
    let record = &package.record;
    let purl = record
        .purl(inventory.distro.as_ref())
        .map(|purl| purl.to_string());
    let id = short(&refs.of_package(package, purl.as_deref()));
    let mut properties = of_package(inventory, package);
    let vendor = record.vendor.iter();
    properties.extend(vendor.map(|vendor| ("plimsoll:vendor".to_owned(), vendor.clone())));
    let digests = record.digests.iter();
    properties.extend(digests.map(|digest| ("plimsoll:digest".to_owned(), digest.clone())));
    let (name, ours) = match (record.ecosystem, record.name.rsplit_once(':')) {
        (Ecosystem::Maven, Some((_, artifact))) => (artifact, true),
        _ => (record.name.as_str(), false),
    };
    if ours {
        properties.push(("plimsoll:name".to_owned(), record.name.clone()));
    }
    let (kind, language) = kind(record.ecosystem);
    let mut out = json!({
        "id": id,
        "name": name,
        "version": record.full_version(),
        "type": kind,
        "foundBy": "plimsoll",
        "locations": package.locations.iter().map(|l| location(inventory, l)).collect::<Vec<_>>(),
        "licenses": record.licenses.iter().map(|l| license(l)).collect::<Vec<_>>(),
        "language": language,
        "cpes": record.cpes.iter().map(|cpe| json!({ "cpe": cpe })).collect::<Vec<_>>(),
        "purl": purl.unwrap_or_default(),
        "plimsoll": object(&properties),
    });
    if let Some((kind, metadata)) = metadata(record) {
        out["metadataType"] = kind.into();
        out["metadata"] = metadata;
    }
    out
}

fn license(text: &str) -> Value {
    let spdx = plimsoll_license::expression(&[text]).unwrap_or_default();
    let spdx = if spdx.contains("LicenseRef-") {
        ""
    } else {
        &spdx
    };
    json!({
        "value": text,
        "spdxExpression": spdx,
        "type": "declared",
        "urls": [],
        "locations": [],
    })
}

fn location(inventory: &Inventory, location: &Location) -> Value {
    let path = format!("/{}", location.path);
    let layer = usize::try_from(location.layer).ok();
    let layer = layer.and_then(|index| inventory.layers.get(index));
    let full = location.to_string();
    let mut out = json!({
        "path": path,
        "accessPath": full,
        "annotations": { "evidence": "primary" },
    });
    if let Some(layer) = layer {
        out["layerID"] = layer.diff_id.as_str().into();
    }
    if !location.nested.is_empty() {
        out["fullPath"] = full.into();
    }
    out
}

/// What matchers read of a package besides its package URL.
fn metadata(record: &PackageRecord) -> Option<(&'static str, Value)> {
    let arch = record.arch.as_deref().unwrap_or_default();
    let vendor = record.vendor.as_deref().unwrap_or_default();
    let version = record.version.as_deref().unwrap_or_default();
    let source = record.source.as_ref();
    let source_version = source.and_then(|source| source.version.as_deref());
    match record.ecosystem {
        Ecosystem::Deb => Some((
            "dpkg-db-entry",
            json!({
                "package": record.name,
                "source": source.map_or("", |source| &source.name),
                "version": version,
                "sourceVersion": source_version.unwrap_or_default(),
                "architecture": arch,
                "maintainer": vendor,
                "installedSize": 0,
                "files": [],
            }),
        )),
        Ecosystem::Apk => Some((
            "apk-db-entry",
            json!({
                "package": record.name,
                "originPackage": record.source_name(),
                "maintainer": vendor,
                "version": version,
                "architecture": arch,
                "url": "",
                "description": "",
                "size": 0,
                "installedSize": 0,
                "pullDependencies": [],
                "provides": [],
                "pullChecksum": "",
                "gitCommitOfApkPort": "",
                "files": [],
            }),
        )),
        Ecosystem::Rpm => {
            let (bare, release) = version.rsplit_once('-').unwrap_or((version, ""));
            let built_from = source_version.unwrap_or(version);
            Some((
                "rpm-db-entry",
                json!({
                    "name": record.name,
                    "version": bare,
                    "epoch": record.epoch,
                    "architecture": arch,
                    "release": release,
                    "sourceRpm": format!("{}-{built_from}.src.rpm", record.source_name()),
                    "size": 0,
                    "vendor": vendor,
                    "modularityLabel": record.modularity.as_deref().unwrap_or_default(),
                    "files": [],
                }),
            ))
        }
        Ecosystem::Maven => {
            let (group, artifact) = record.name.split_once(':')?;
            Some((
                "java-archive",
                json!({
                    "virtualPath": "",
                    "pomProperties": {
                        "path": "",
                        "name": "",
                        "groupId": group,
                        "artifactId": artifact,
                        "version": version,
                    },
                    "digest": sha1(record),
                }),
            ))
        }
        _ => None,
    }
}

fn sha1(record: &PackageRecord) -> Vec<Value> {
    let digests = record.digests.iter();
    digests
        .filter_map(|digest| digest.strip_prefix("sha1:"))
        .map(|hash| json!({ "algorithm": "sha1", "value": hash }))
        .collect()
}

/// Type and language in Syft's words.
fn kind(ecosystem: Ecosystem) -> (&'static str, &'static str) {
    match ecosystem {
        Ecosystem::Pypi => ("python", "python"),
        Ecosystem::Npm => ("npm", "javascript"),
        Ecosystem::Golang => ("go-module", "go"),
        Ecosystem::Maven => ("java-archive", "java"),
        Ecosystem::Gem => ("gem", "ruby"),
        Ecosystem::Cargo => ("rust-crate", "rust"),
        Ecosystem::Nuget => ("dotnet", "dotnet"),
        Ecosystem::Composer => ("php-composer", "php"),
        Ecosystem::Pear => ("php-pear", "php"),
        Ecosystem::Pecl => ("php-pecl", "php"),
        Ecosystem::Hex => ("hex", "erlang"),
        Ecosystem::Otp => ("erlang-otp", "erlang"),
        Ecosystem::Pub => ("dart-pub", "dart"),
        Ecosystem::Cran => ("R-package", "R"),
        Ecosystem::Hackage => ("hackage", "haskell"),
        Ecosystem::Swift => ("swift", "swift"),
        Ecosystem::Cocoapods => ("pod", "swift"),
        Ecosystem::Luarocks => ("lua-rocks", "lua"),
        Ecosystem::Opam => ("opam", "ocaml"),
        Ecosystem::Conan => ("conan", "c++"),
        Ecosystem::Vcpkg => ("vcpkg", "c++"),
        Ecosystem::Wordpress => ("wordpress-plugin", "php"),
        Ecosystem::Swiplpack => ("swiplpack", "swipl"),
        Ecosystem::Brew => ("homebrew", ""),
        Ecosystem::Opkg => ("deb", ""),
        Ecosystem::Jvm => ("binary", ""),
        Ecosystem::Spack
        | Ecosystem::Flatpak
        | Ecosystem::Cos
        | Ecosystem::Julia
        | Ecosystem::EditorExtension
        | Ecosystem::Generic => ("UnknownPackage", ""),
        other => (other.as_str(), ""),
    }
}

fn distro(distro: &Distro) -> Value {
    let mut out = json!({ "prettyName": distro.pretty, "id": distro.id });
    if !distro.id_like.is_empty() {
        out["idLike"] = json!(distro.id_like);
    }
    if let Some(version) = &distro.version {
        out["versionID"] = json!(version);
    }
    for (key, value) in [
        ("versionCodename", &distro.codename),
        ("variantID", &distro.variant),
        ("cpeName", &distro.cpe),
        ("supportEnd", &distro.support_end),
    ] {
        if let Some(value) = value {
            out[key] = json!(value);
        }
    }
    out
}

fn source(inventory: &Inventory) -> Value {
    let image = &inventory.image;
    let digest = [&image.manifest, &image.config, &image.resolved];
    let digest = digest.into_iter().flatten().next();
    let text = |digest: &Option<plimsoll_types::Digest>| {
        digest.as_ref().map_or(String::new(), ToString::to_string)
    };
    let layers = inventory.layers.iter().map(|layer| {
        json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": layer.diff_id,
            "size": layer.size,
        })
    });
    let repository = image.reference.as_deref().map(repository);
    let repo_digests = repository.zip(image.resolved.as_ref());
    let mut metadata = json!({
        "userInput": image.name,
        "imageID": text(&image.config),
        "manifestDigest": text(&image.manifest),
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "tags": image.reference.iter().collect::<Vec<_>>(),
        "imageSize": inventory.layers.iter().map(|layer| layer.size).sum::<u64>(),
        "layers": layers.collect::<Vec<_>>(),
        "manifest": Value::Null,
        "config": Value::Null,
        "repoDigests": repo_digests.iter().map(|(r, d)| format!("{r}@{d}")).collect::<Vec<_>>(),
    });
    if let Some(platform) = &image.platform {
        metadata["os"] = json!(platform.os);
        metadata["architecture"] = json!(platform.architecture);
        metadata["architectureVariant"] = json!(platform.variant);
    }
    json!({
        "id": digest.map_or("", |digest| digest.hex()),
        "name": image.reference.as_ref().unwrap_or(&image.name),
        "version": digest.map_or(String::new(), ToString::to_string),
        "type": "image",
        "metadata": metadata,
        "plimsoll": object(&of_image(inventory)),
    })
}

/// A reference without tag and digest.
fn repository(reference: &str) -> &str {
    let reference = reference
        .split_once('@')
        .map_or(reference, |(name, _)| name);
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => reference,
    }
}

/// Properties as an object; a name that occurs many times has a list.
fn object(properties: &[Property]) -> Value {
    let mut members: Map<String, Value> = Map::new();
    for (name, value) in properties {
        match members.get_mut(name) {
            None => {
                members.insert(name.clone(), value.as_str().into());
            }
            Some(Value::Array(many)) => many.push(value.as_str().into()),
            Some(one) => *one = json!([one.take(), value]),
        }
    }
    Value::Object(members)
}
