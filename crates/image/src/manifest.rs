//! Manifests and indexes, and the way from one to the platform's manifest.

use crate::digester::Digester;
use crate::{ImageError, limits};
use plimsoll_types::{Digest, Platform};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A reference to bytes by digest and size.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: Option<String>,
    pub(crate) digest: Digest,
    #[serde(default)]
    pub(crate) size: Option<u64>,
    #[serde(default)]
    pub(crate) platform: Option<Target>,
    #[serde(default)]
    pub(crate) artifact_type: Option<String>,
    #[serde(default)]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    schema_version: Option<u64>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
    #[serde(default, rename = "fsLayers")]
    fs_layers: Option<serde_json::Value>,
}

/// The manifest of one image for one platform.
pub(crate) struct Manifest {
    pub(crate) digest: Digest,
    pub(crate) platform: Option<Platform>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    /// Entries of the index that another engine may take instead of this one.
    pub(crate) rivals: Vec<Digest>,
}

/// Reads the bytes of a manifest by its descriptor.
pub(crate) type Fetch<'a> = dyn Fn(&Descriptor) -> Result<Vec<u8>, ImageError> + 'a;

pub(crate) enum Kind {
    Image {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
    Index(Vec<Descriptor>),
}

/// Parses a manifest or an index; a document that is both is refused
/// (CVE-2021-41190).
pub(crate) fn parse(input: &str, bytes: &[u8]) -> Result<Kind, ImageError> {
    let document: Document = serde_json::from_slice(bytes)
        .map_err(|e| ImageError::malformed(input, format!("manifest: {e}")))?;
    if document.schema_version == Some(1) || document.fs_layers.is_some() {
        return Err(ImageError::unsupported(
            input,
            "a schema 1 manifest has no verifiable layers; push the image again with a current tool",
        ));
    }
    match (document.config, document.layers, document.manifests) {
        (None, None, Some(entries)) => {
            if entries.len() > limits::INDEX_ENTRIES {
                return Err(ImageError::limit(
                    input,
                    "an index has more than 256 entries",
                ));
            }
            Ok(Kind::Index(entries))
        }
        (Some(config), Some(layers), None) => {
            if layers.len() > limits::LAYERS {
                return Err(ImageError::limit(input, "more than 512 layers"));
            }
            let kind = config.media_type.as_deref().unwrap_or_default();
            let known = [
                "",
                "application/vnd.oci.image.config.v1+json",
                "application/vnd.docker.container.image.v1+json",
                "application/octet-stream",
            ];
            if !known.contains(&kind) {
                let reason = format!("it is an artifact of type `{kind}`, not a container image");
                return Err(ImageError::unsupported(input, reason));
            }
            Ok(Kind::Image { config, layers })
        }
        (None, None, None) => Err(ImageError::malformed(
            input,
            "neither a manifest nor an index",
        )),
        _ => Err(ImageError::malformed(
            input,
            "a manifest and an index at once",
        )),
    }
}

/// Checks bytes against the descriptor that names them.
pub(crate) fn verify(input: &str, bytes: &[u8], named: &Descriptor) -> Result<(), ImageError> {
    let actual = Digester::of(bytes, Some(&named.digest));
    if actual != named.digest {
        return Err(ImageError::DigestMismatch {
            input: input.into(),
            expected: named.digest.to_string(),
            actual: actual.to_string(),
        });
    }
    match named.size {
        Some(size) if size != bytes.len() as u64 => Err(ImageError::DigestMismatch {
            input: input.into(),
            expected: format!("{size} bytes"),
            actual: format!("{} bytes", bytes.len()),
        }),
        _ => Ok(()),
    }
}

/// Follows a descriptor to the manifest for the wanted platform.
pub(crate) fn resolve(
    input: &str,
    root: &Descriptor,
    wanted: Option<&Platform>,
    fetch: &Fetch<'_>,
) -> Result<Manifest, ImageError> {
    let bytes = fetch(root)?;
    verify(input, &bytes, root)?;
    let entries = match parse(input, &bytes)? {
        Kind::Image { config, layers } => {
            let platform = root.platform.as_ref().map(Target::platform);
            return Ok(Manifest {
                digest: root.digest.clone(),
                platform,
                config,
                layers,
                rivals: Vec::new(),
            });
        }
        Kind::Index(entries) => entries,
    };
    let mut leaves = Vec::new();
    let mut seen = BTreeSet::new();
    flatten(input, entries, 1, fetch, &mut seen, &mut leaves)?;
    let (chosen, rivals) = choose(input, leaves, wanted)?;
    let bytes = fetch(&chosen)?;
    verify(input, &bytes, &chosen)?;
    match parse(input, &bytes)? {
        Kind::Image { config, layers } => Ok(Manifest {
            digest: chosen.digest,
            platform: chosen.platform.as_ref().map(Target::platform),
            config,
            layers,
            rivals,
        }),
        Kind::Index(_) => Err(ImageError::malformed(
            input,
            "an index where a manifest belongs",
        )),
    }
}

fn flatten(
    input: &str,
    entries: Vec<Descriptor>,
    depth: usize,
    fetch: &Fetch<'_>,
    seen: &mut BTreeSet<Digest>,
    leaves: &mut Vec<Descriptor>,
) -> Result<(), ImageError> {
    if depth > limits::INDEX_DEPTH {
        return Err(ImageError::limit(
            input,
            "indexes are nested more than 4 deep",
        ));
    }
    for entry in entries {
        if entry.is_attestation() || !seen.insert(entry.digest.clone()) {
            continue;
        }
        if seen.len() > limits::INDEX_ENTRIES {
            return Err(ImageError::limit(
                input,
                "indexes have more than 256 entries",
            ));
        }
        if !entry
            .media_type
            .as_deref()
            .unwrap_or_default()
            .contains("index")
            && !entry
                .media_type
                .as_deref()
                .unwrap_or_default()
                .contains("manifest.list")
        {
            leaves.push(entry);
            continue;
        }
        let bytes = fetch(&entry)?;
        verify(input, &bytes, &entry)?;
        match parse(input, &bytes)? {
            Kind::Index(inner) => flatten(input, inner, depth + 1, fetch, seen, leaves)?,
            Kind::Image { .. } => leaves.push(entry),
        }
    }
    Ok(())
}

/// The first of the entries that suit the platform best, and the others of
/// the same rank: Docker takes the first, Podman may prefer another
/// compression, and newer engines read annotations.
fn choose(
    input: &str,
    mut leaves: Vec<Descriptor>,
    wanted: Option<&Platform>,
) -> Result<(Descriptor, Vec<Digest>), ImageError> {
    let target = wanted.cloned().unwrap_or_else(host);
    let rank = |leaf: &Descriptor| {
        leaf.platform
            .as_ref()
            .and_then(|p| fits(&target, &p.platform()))
    };
    // An entry that calls itself something else than an image is not chosen,
    // but some engines look at its platform only.
    let is_image = |leaf: &&Descriptor| !leaf.is_labelled();
    if let Some(best) = leaves.iter().filter(is_image).filter_map(rank).min() {
        let at = |leaf: &Descriptor| !leaf.is_labelled() && rank(leaf) == Some(best);
        let rivals = leaves
            .iter()
            .filter(|leaf| rank(leaf).is_some_and(|r| r <= best))
            .map(|leaf| leaf.digest.clone());
        let rivals: Vec<_> = rivals.collect();
        if let Some(at) = leaves.iter().position(at) {
            let chosen = leaves.swap_remove(at);
            let others = rivals.into_iter().filter(|d| *d != chosen.digest);
            let others = others.collect();
            return Ok((chosen, others));
        }
    }
    leaves.retain(|leaf| !leaf.is_labelled());
    if leaves.len() == 1 && leaves.iter().all(|leaf| leaf.platform.is_none()) {
        return Ok((leaves.swap_remove(0), Vec::new()));
    }
    let mut offered: Vec<String> = leaves
        .iter()
        .map(|l| {
            l.platform
                .as_ref()
                .map_or("unnamed".into(), |p| p.platform().to_string())
        })
        .collect();
    offered.sort();
    let offered = match offered.is_empty() {
        true => "nothing".to_owned(),
        false => offered.join(", "),
    };
    let what = format!("image for {target}; there is {offered}, choose with `--platform`");
    Err(ImageError::not_found(input, what))
}

/// How well an image suits a request: 0 is exact, `None` not at all.
pub(crate) fn fits(wanted: &Platform, offered: &Platform) -> Option<u32> {
    let (wanted, offered) = (normal(wanted), normal(offered));
    if wanted.os != offered.os || wanted.architecture != offered.architecture {
        return None;
    }
    if wanted.variant == offered.variant {
        return Some(0);
    }
    let number = |v: &str| v.strip_prefix('v').unwrap_or("1").parse::<u32>().ok();
    let base = |v: &str| if v.is_empty() { Some(1) } else { number(v) };
    let (w, o) = (base(&wanted.variant)?, base(&offered.variant)?);
    w.checked_sub(o)
}

fn normal(platform: &Platform) -> Platform {
    let variant = platform.variant.as_str();
    let (architecture, variant) = match (platform.architecture.as_str(), variant) {
        ("x86_64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64", v) => ("amd64", v),
        ("aarch64" | "arm64", "v8" | "") => ("arm64", ""),
        ("aarch64", v) => ("arm64", v),
        ("armhf" | "arm", "") => ("arm", "v7"),
        ("armel", "") => ("arm", "v6"),
        ("i386", v) => ("386", v),
        other => other,
    };
    Platform {
        os: platform.os.clone(),
        architecture: architecture.into(),
        variant: variant.into(),
    }
}

fn host() -> Platform {
    normal(&Platform {
        os: "linux".into(),
        architecture: std::env::consts::ARCH.into(),
        variant: String::new(),
    })
}

impl Descriptor {
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Whether an entry of an index is of no platform that could run, as
    /// builders mark attestations.
    fn is_attestation(&self) -> bool {
        match &self.platform {
            Some(p) => p.os == "unknown" || p.architecture == "unknown",
            None => self.is_labelled(),
        }
    }

    /// Whether an entry of an index says that it is something else than an
    /// image.
    fn is_labelled(&self) -> bool {
        self.artifact_type.is_some() || self.annotation("vnd.docker.reference.type").is_some()
    }
}

impl Target {
    fn platform(&self) -> Platform {
        Platform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone().unwrap_or_default(),
        }
    }
}

impl Descriptor {
    /// A descriptor of bytes that were fetched by name.
    pub(crate) fn named(digest: Digest, size: u64) -> Self {
        Self {
            media_type: None,
            digest,
            size: Some(size),
            platform: None,
            artifact_type: None,
            annotations: None,
        }
    }
}
