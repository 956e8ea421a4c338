//! OCI image layouts (image-spec `image-layout.md`), as directory or archive.

use crate::files::Files;
use crate::image::{FileLayers, blob_path};
use crate::manifest::{self, Descriptor, Kind};
use crate::{Image, ImageError, Options, Reference, limits, reference};
use plimsoll_types::{Digest, ImageIdentity};
use serde::Deserialize;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

const REF_NAME: &str = "org.opencontainers.image.ref.name";
const CONTAINERD_NAME: &str = "io.containerd.image.name";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

/// What looking for an image in a layout led to.
pub(crate) enum Found {
    Image(Box<Image>),
    /// The layout names blobs of it that it does not hold.
    Absent(ImageError),
    Failed(ImageError),
}

impl Found {
    pub(crate) fn image(self) -> Result<Image, ImageError> {
        match self {
            Self::Image(image) => Ok(*image),
            Self::Absent(error) | Self::Failed(error) => Err(error),
        }
    }
}

pub(crate) fn find(
    identity: ImageIdentity,
    files: Arc<dyn Files>,
    selector: Option<&str>,
    options: &Options,
) -> Found {
    let absent = Cell::new(false);
    match open(identity, files, selector, options, &absent) {
        Ok(image) => Found::Image(Box::new(image)),
        Err(error) if absent.get() => Found::Absent(error),
        Err(error) => Found::Failed(error),
    }
}

fn open(
    mut identity: ImageIdentity,
    files: Arc<dyn Files>,
    selector: Option<&str>,
    options: &Options,
    absent: &Cell<bool>,
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
    let blob = |digest: &Digest, bound| {
        let name = blob_path(digest);
        absent.set(!files.has(&name));
        files.read(&name, bound)
    };
    let (root, reference) = select(&input, entries, selector)?;
    let fetch = |named: &Descriptor| blob(&named.digest, limits::MANIFEST_BYTES);
    let manifest = manifest::resolve(&input, &root, options.platform.as_ref(), &fetch)?;
    let config = blob(&manifest.config.digest, limits::CONFIG_BYTES)?;
    identity.reference = reference;
    identity.resolved = Some(root.digest);
    let layers = FileLayers::of_blobs(Arc::clone(&files), &manifest.layers);
    Image::from_manifest(identity, manifest, &config, options, Box::new(layers))
}

/// The entry that is meant, and the reference that names it if one alone does.
fn select(
    input: &str,
    mut entries: Vec<Descriptor>,
    selector: Option<&str>,
) -> Result<(Descriptor, Option<String>), ImageError> {
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
    let is_called = |e: &Descriptor, text: &str| {
        e.digest.as_str() == text || names(e).iter().any(|n| reference::is_called(n, text))
    };
    let meant = reference::meant(&entries, selector, is_called);
    // One image with two names is written as two entries.
    let digests: BTreeSet<_> = meant
        .iter()
        .filter_map(|at| Some(&entries.get(*at)?.digest))
        .collect();
    match (meant.first(), selector) {
        (Some(_), _) if digests.len() > 1 => Err(ImageError::Several {
            input: input.into(),
            names: listed,
        }),
        (Some(at), _) => {
            let named = meant.iter().filter_map(|at| full_name(entries.get(*at)?));
            let named = reference::only(named);
            Ok((entries.swap_remove(*at), named))
        }
        (None, Some(text)) => Err(ImageError::not_found(
            input,
            format!("image `{text}`; there is {listed}"),
        )),
        (None, None) => Err(ImageError::not_found(input, "image in it")),
    }
}

/// The full name of an entry. The standard annotation holds a tag alone as
/// often as a name.
fn full_name(entry: &Descriptor) -> Option<Reference> {
    let name = entry.annotation(REF_NAME);
    let name = name.filter(|name| name.contains(['/', ':']));
    let containerd = entry.annotation(CONTAINERD_NAME);
    containerd.or(name)?.parse().ok()
}
