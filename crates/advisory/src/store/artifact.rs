//! How a set of data lies in a registry: an artifact manifest (image-spec 1.1,
//! "Guidelines for Artifact Usage") with one layer for the index, for each
//! file, and for each difference to a file of an earlier set.

use super::index::is_file_name;
use plimsoll_types::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The manifest's own media type.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const ARTIFACT: &str = "application/vnd.plimsoll.advisories.v1";
const INDEX: &str = "application/vnd.plimsoll.advisories.index.v1+zstd";
const FILE: &str = "application/vnd.plimsoll.advisories.file.v1+zstd";
const DELTA: &str = "application/vnd.plimsoll.advisories.delta.v1+zstd";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The configuration of what has none.
pub(super) const NOTHING: &[u8] = b"{}";
/// Annotations.
const POSITION: &str = "vnd.plimsoll.position";
const CREATED: &str = "org.opencontainers.image.created";
const SIGNATURE: &str = "vnd.plimsoll.signature";
const NAME: &str = "vnd.plimsoll.file";
const FROM: &str = "vnd.plimsoll.from";

/// A blob of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blob {
    pub digest: Digest,
    /// Bytes, as they are sent.
    pub size: u64,
}

/// What a repository holds of one set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Artifact {
    pub position: String,
    /// When the oldest feed was taken, RFC 3339.
    pub built: String,
    pub config: Blob,
    pub index: Blob,
    /// The signature of the index; empty where there is none.
    pub signature: String,
    /// By file: the whole of it.
    pub files: BTreeMap<String, Blob>,
    /// By file and the file that it is a difference to.
    pub deltas: BTreeMap<(String, String), Blob>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    artifact_type: String,
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: Digest,
    size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Descriptor {
    fn new(media_type: &str, blob: &Blob, annotations: &[(&str, &str)]) -> Self {
        let annotations = annotations.iter().filter(|(_, value)| !value.is_empty());
        Self {
            media_type: media_type.to_owned(),
            digest: blob.digest.clone(),
            size: blob.size,
            annotations: annotations
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }
}

impl Artifact {
    /// The bytes of the manifest.
    pub(super) fn write(&self) -> Vec<u8> {
        let signature = [(SIGNATURE, self.signature.as_str())];
        let mut layers = vec![Descriptor::new(INDEX, &self.index, &signature)];
        let files = self.files.iter();
        layers.extend(files.map(|(name, blob)| Descriptor::new(FILE, blob, &[(NAME, name)])));
        let deltas = self.deltas.iter();
        layers.extend(deltas.map(|((name, from), blob)| {
            Descriptor::new(DELTA, blob, &[(NAME, name), (FROM, from)])
        }));
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            artifact_type: ARTIFACT.to_owned(),
            config: Descriptor::new(EMPTY, &self.config, &[]),
            layers,
            annotations: BTreeMap::from([
                (POSITION.to_owned(), self.position.clone()),
                (CREATED.to_owned(), self.built.clone()),
            ]),
        };
        // Text and numbers cannot fail.
        serde_json::to_vec(&manifest).unwrap_or_default()
    }

    /// Reads a manifest, or says why it is none of ours. Layers of kinds that
    /// are not known are passed over.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut manifest: Manifest =
            serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.artifact_type != ARTIFACT {
            return Err("it holds no advisory data".to_owned());
        }
        let mut index = None;
        let (mut files, mut deltas) = (BTreeMap::new(), BTreeMap::new());
        for layer in manifest.layers {
            let blob = Blob {
                digest: layer.digest,
                size: layer.size,
            };
            let mut annotations = layer.annotations;
            let mut name = |annotation: &str| {
                let name = annotations.remove(annotation).unwrap_or_default();
                match is_file_name(&name) {
                    true => Ok(name),
                    false => Err("a layer does not say which file it is".to_owned()),
                }
            };
            match layer.media_type.as_str() {
                INDEX => {
                    let signature = annotations.remove(SIGNATURE).unwrap_or_default();
                    index = Some((blob, signature));
                }
                FILE => {
                    files.insert(name(NAME)?, blob);
                }
                DELTA => {
                    deltas.insert((name(NAME)?, name(FROM)?), blob);
                }
                _ => {}
            }
        }
        let (index, signature) = index.ok_or("it has no index")?;
        let mut annotation = |name: &str| manifest.annotations.remove(name).unwrap_or_default();
        Ok(Self {
            position: annotation(POSITION),
            built: annotation(CREATED),
            config: Blob {
                digest: manifest.config.digest,
                size: manifest.config.size,
            },
            index,
            signature,
            files,
            deltas,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(byte: u8) -> Blob {
        Blob {
            digest: Digest::sha256([byte; 32]),
            size: u64::from(byte),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let name = |digit: &str| format!("{}.shard", digit.repeat(40));
        let artifact = Artifact {
            position: "ab".into(),
            built: "2026-01-01T00:00:00Z".into(),
            config: blob(1),
            index: blob(2),
            signature: r#"{"key":"x"}"#.into(),
            files: BTreeMap::from([(name("a"), blob(3))]),
            deltas: BTreeMap::from([((name("a"), name("b")), blob(4))]),
        };
        let bytes = artifact.write();
        assert_eq!(Artifact::read(&bytes).unwrap(), artifact);
        let text = String::from_utf8(bytes).unwrap();
        for (from, to, problem) in [
            (ARTIFACT, "application/x", "no advisory data"),
            (INDEX, "application/x", "no index"),
            (&name("a"), "../../etc/passwd", "which file"),
        ] {
            let error = Artifact::read(text.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
