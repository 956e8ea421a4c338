//! What `docker save` and its relatives write: `manifest.json` names the
//! configuration and the layers of each image.

use crate::digester::Digester;
use crate::files::Files;
use crate::image::FileLayers;
use crate::{Image, ImageError, LayerRef, Options, limits, reference};
use plimsoll_types::{Digest, ImageIdentity};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

impl Entry {
    fn tags(&self) -> impl Iterator<Item = &str> {
        self.repo_tags.iter().flatten().map(String::as_str)
    }
}

pub(crate) fn open(
    mut identity: ImageIdentity,
    files: Arc<dyn Files>,
    selector: Option<&str>,
    options: &Options,
) -> Result<Image, ImageError> {
    let input = files.input().to_owned();
    let bytes = files.read("manifest.json", limits::MANIFEST_BYTES)?;
    let entries: Vec<Entry> = serde_json::from_slice(&bytes)
        .map_err(|e| ImageError::malformed(format!("{input}!/manifest.json"), e))?;
    let entry = select(&input, entries, selector)?;
    let called = |tag: &&str| match selector {
        Some(text) if !text.starts_with('@') => reference::is_called(tag, text),
        _ => true,
    };
    let names = entry.tags().filter(called);
    identity.reference = reference::only(names.filter_map(|tag| tag.parse().ok()));
    let config = files.read(&entry.config, limits::CONFIG_BYTES)?;
    if let Some(named) = digest_in(&entry.config) {
        let actual = Digester::of(&config, Some(&named));
        if actual != named {
            return Err(ImageError::DigestMismatch {
                input: format!("{input}!/{}", entry.config),
                expected: named.to_string(),
                actual: actual.to_string(),
            });
        }
    }
    let names = entry.layers.unwrap_or_default();
    let mut layers = Vec::new();
    for name in &names {
        let size = files
            .size(name)
            .ok_or_else(|| ImageError::not_found(&input, format!("layer entry `{name}`")))?;
        let blob = name
            .starts_with("blobs/")
            .then(|| digest_in(name))
            .flatten();
        let media_type = String::from("application/vnd.docker.image.rootfs.diff.tar");
        layers.push(LayerRef {
            blob,
            diff_id: None,
            size: Some(size),
            media_type,
        });
    }
    let source = FileLayers { files, names };
    Image::from_docker(identity, &config, layers, options, Box::new(source))
}

/// The digest in `<hex>.json`, `sha256:<hex>` or `blobs/sha256/<hex>`.
fn digest_in(name: &str) -> Option<Digest> {
    let last = name.rsplit('/').next()?;
    let hex = last.strip_prefix("sha256:").unwrap_or(last);
    let hex = hex.split('.').next()?;
    format!("sha256:{hex}").parse().ok()
}

/// The entry that is meant. Engines give a name that several images carry to
/// one of them, and not all to the same.
fn select(
    input: &str,
    mut entries: Vec<Entry>,
    selector: Option<&str>,
) -> Result<Entry, ImageError> {
    let listed = entries
        .iter()
        .enumerate()
        .map(|(at, e)| {
            let tags = e.repo_tags.as_ref().filter(|t| !t.is_empty());
            format!("@{at} {}", tags.map_or("-".into(), |t| t.join(" ")))
        })
        .collect::<Vec<_>>()
        .join(", ");
    let is_called = |e: &Entry, text: &str| e.tags().any(|tag| reference::is_called(tag, text));
    let meant = reference::meant(&entries, selector, is_called);
    match (meant.as_slice(), selector) {
        ([at], _) => Ok(entries.swap_remove(*at)),
        ([], Some(text)) => Err(ImageError::not_found(
            input,
            format!("image `{text}`; there is {listed}"),
        )),
        ([], None) => Err(ImageError::not_found(input, "image in it")),
        _ => Err(ImageError::Several {
            input: input.into(),
            names: listed,
        }),
    }
}
