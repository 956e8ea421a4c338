//! OCI image layouts (image-spec `image-layout.md`), as directory or archive.

use crate::files::Files;
use crate::image::{FileLayers, blob_path};
use crate::manifest::{self, Descriptor, Kind};
use crate::{Image, ImageError, Options, limits};
use plimsoll_types::ImageIdentity;
use serde::Deserialize;
use std::sync::Arc;

const REF_NAME: &str = "org.opencontainers.image.ref.name";
const CONTAINERD_NAME: &str = "io.containerd.image.name";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

pub(crate) fn open(
    mut identity: ImageIdentity,
    files: Arc<dyn Files>,
    selector: Option<&str>,
    options: &Options,
) -> Result<Image, ImageError> {
    let input = files.input().to_owned();
    let marker = files.read("oci-layout", limits::MANIFEST_BYTES)?;
    let marker: Marker = serde_json::from_slice(&marker)
        .map_err(|e| ImageError::malformed(format!("{input}!/oci-layout"), e))?;
    if marker.image_layout_version != "1.0.0" {
        let reason = format!("layout version `{}`", marker.image_layout_version);
        return Err(ImageError::unsupported(input, reason));
    }
    let index = files.read("index.json", limits::MANIFEST_BYTES)?;
    let Kind::Index(entries) = manifest::parse(&format!("{input}!/index.json"), &index)? else {
        return Err(ImageError::malformed(
            format!("{input}!/index.json"),
            "not an index",
        ));
    };
    let root = select(&input, entries, selector)?;
    let fetch = |named: &Descriptor| files.read(&blob_path(&named.digest), limits::MANIFEST_BYTES);
    let manifest = manifest::resolve(&input, &root, options.platform.as_ref(), &fetch)?;
    identity.resolved = Some(root.digest);
    let config = files.read(&blob_path(&manifest.config.digest), limits::CONFIG_BYTES)?;
    let layers = FileLayers::of_blobs(Arc::clone(&files), &manifest.layers);
    Image::from_manifest(identity, manifest, &config, options, Box::new(layers))
}

fn select(
    input: &str,
    mut entries: Vec<Descriptor>,
    selector: Option<&str>,
) -> Result<Descriptor, ImageError> {
    let names = |entry: &Descriptor| -> Vec<String> {
        [REF_NAME, CONTAINERD_NAME]
            .iter()
            .filter_map(|key| entry.annotation(key).map(str::to_owned))
            .collect()
    };
    let listed = entries
        .iter()
        .enumerate()
        .map(|(at, e)| format!("@{at} {}", names(e).first().map_or("-", String::as_str)))
        .collect::<Vec<_>>()
        .join(", ");
    let at = match selector {
        Some(text) => match text.strip_prefix('@').and_then(|n| n.parse::<usize>().ok()) {
            Some(number) => (number < entries.len()).then_some(number),
            None => entries.iter().position(|e| {
                let ends = format!(":{text}");
                e.digest.as_str() == text
                    || names(e).iter().any(|n| n == text || n.ends_with(&ends))
            }),
        }
        .ok_or_else(|| {
            ImageError::not_found(input, format!("image `{text}` (there is: {listed})"))
        })?,
        None if entries.len() == 1 => 0,
        None if entries.is_empty() => return Err(ImageError::not_found(input, "any image")),
        None => {
            return Err(ImageError::Several {
                input: input.into(),
                names: listed,
            });
        }
    };
    Ok(entries.swap_remove(at))
}
