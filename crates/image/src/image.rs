use crate::archive::Archive;
use crate::digester::Digester;
use crate::files::{Directory, Files};
use crate::manifest::{self, Descriptor, Manifest};
use crate::stream::Expected;
use crate::{ImageError, LayerStream, Options, config, directory, docker_archive, oci_layout};
use plimsoll_types::{Digest, Gap, GapKind, ImageConfig, ImageIdentity};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the stored bytes of a layer by its position.
pub(crate) trait Layers: Send + Sync {
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, ImageError>;
}

/// One layer as the manifest and the configuration describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRef {
    /// Digest that the manifest names for the stored bytes.
    pub blob: Option<Digest>,
    /// Digest of the uncompressed tar that the configuration claims.
    pub diff_id: Option<Digest>,
    /// Stored bytes.
    pub size: Option<u64>,
    /// Media type as stated; what decides is the magic of the bytes.
    pub media_type: String,
}

/// An image that was found: who it is, and its layers to be read.
pub struct Image {
    /// Names and digests.
    pub identity: ImageIdentity,
    /// The configuration; `None` for a directory.
    pub config: Option<ImageConfig>,
    /// The layers, lowest first.
    pub layers: Vec<LayerRef>,
    /// What is wrong with the image without making it unreadable.
    pub notes: Vec<Gap>,
    source: Box<dyn Layers>,
}

/// A file path and the image chosen inside it.
struct Choice<'a> {
    path: PathBuf,
    selector: Option<&'a str>,
}

impl Image {
    /// Finds an image. The prefixes `docker-archive:`, `oci-archive:`,
    /// `oci-dir:` (`oci:`), `dir:` and `registry:` (`docker://`) name the
    /// source; without one an existing path is taken for what it holds and
    /// everything else for a reference.
    ///
    /// # Errors
    /// Any [`ImageError`]; it names the input and what to do.
    pub fn open(request: &str, options: &Options) -> Result<Image, ImageError> {
        if let Some(rest) = request.strip_prefix("docker://") {
            return crate::registry::open(rest, options);
        }
        if let Some((scheme, rest)) = request.split_once(':') {
            match scheme {
                "registry" => return crate::registry::open(rest, options),
                "docker-archive" => {
                    let choice = Choice::of(rest);
                    return archive(rest, &choice, options, Some("docker-archive"));
                }
                "oci-archive" => {
                    let choice = Choice::of(rest);
                    return archive(rest, &choice, options, Some("oci-archive"));
                }
                "oci-dir" | "oci" => return layout(rest, &Choice::of(rest), options),
                "dir" => return directory::open(rest),
                _ => {}
            }
        }
        let choice = Choice::of(request);
        if !choice.path.exists() {
            return crate::registry::open(request, options);
        }
        if choice.path.join("oci-layout").is_file() {
            return layout(request, &choice, options);
        }
        if choice.path.is_dir() {
            return directory::open(request);
        }
        archive(request, &choice, options, None)
    }

    /// Starts reading a layer; several may be read at once.
    ///
    /// # Errors
    /// [`ImageError::NotFound`] for an index out of range, and what the source
    /// says when it cannot open the layer.
    pub fn layer(&self, index: usize) -> Result<LayerStream, ImageError> {
        let name = format!("{} layer {}", self.identity.name, index.saturating_add(1));
        let Some(layer) = self.layers.get(index) else {
            return Err(ImageError::not_found(&self.identity.name, name));
        };
        let expected = Expected {
            name,
            blob: layer.blob.clone(),
            size: layer.size,
            diff_id: layer.diff_id.clone(),
        };
        LayerStream::start(self.source.open(index)?, expected)
    }

    pub(crate) fn from_tree(
        identity: ImageIdentity,
        notes: Vec<Gap>,
        source: Box<dyn Layers>,
    ) -> Self {
        let layer = LayerRef {
            blob: None,
            diff_id: None,
            size: None,
            media_type: "application/vnd.oci.image.layer.v1.tar".into(),
        };
        Self {
            identity,
            config: None,
            layers: vec![layer],
            notes,
            source,
        }
    }

    /// Puts an image together from its manifest and configuration.
    pub(crate) fn from_manifest(
        mut identity: ImageIdentity,
        manifest: Manifest,
        config_bytes: &[u8],
        options: &Options,
        source: Box<dyn Layers>,
    ) -> Result<Self, ImageError> {
        let name = identity.name.clone();
        manifest::verify(
            &format!("{name} configuration"),
            config_bytes,
            &manifest.config,
        )?;
        let parsed = config::parse(&name, config_bytes, manifest.layers.len())?;
        let mut notes = Vec::new();
        if !manifest.rivals.is_empty() {
            let others: Vec<_> = manifest.rivals.iter().map(Digest::as_str).collect();
            let detail = format!(
                "the index has several images for one platform; engines may choose {} instead of {}",
                others.join(" or "),
                manifest.digest
            );
            notes.push(ambiguous(detail));
        }
        identity.manifest = Some(manifest.digest);
        identity.config = Some(manifest.config.digest);
        if let (Some(index), Some(own)) = (&manifest.platform, &parsed.platform)
            && manifest::fits(index, own) != Some(0)
        {
            notes.push(ambiguous(format!(
                "the index says {index}, the configuration says {own}"
            )));
        }
        identity.platform = manifest.platform.or(parsed.platform);
        require_platform(&identity, options)?;
        let layers = manifest
            .layers
            .into_iter()
            .zip(parsed.diff_ids)
            .map(|(layer, diff_id)| LayerRef {
                blob: Some(layer.digest),
                diff_id: Some(diff_id),
                size: layer.size,
                media_type: layer.media_type.unwrap_or_default(),
            })
            .collect();
        Ok(Self {
            identity,
            config: Some(parsed.config),
            layers,
            notes,
            source,
        })
    }

    /// Puts an image together from the entries of a Docker archive.
    pub(crate) fn from_docker(
        mut identity: ImageIdentity,
        config_bytes: &[u8],
        layers: Vec<LayerRef>,
        options: &Options,
        source: Box<dyn Layers>,
    ) -> Result<Self, ImageError> {
        let parsed = config::parse(&identity.name, config_bytes, layers.len())?;
        identity.config = Some(Digester::of(config_bytes, None));
        identity.platform = parsed.platform;
        require_platform(&identity, options)?;
        let layers = layers
            .into_iter()
            .zip(parsed.diff_ids)
            .map(|(layer, diff_id)| LayerRef {
                diff_id: Some(diff_id),
                ..layer
            })
            .collect();
        Ok(Self {
            identity,
            config: Some(parsed.config),
            layers,
            notes: Vec::new(),
            source,
        })
    }
}

fn ambiguous(detail: String) -> Gap {
    Gap {
        kind: GapKind::ImageAmbiguous,
        subject: String::new(),
        layer: None,
        detail,
    }
}

fn require_platform(identity: &ImageIdentity, options: &Options) -> Result<(), ImageError> {
    match (&options.platform, &identity.platform) {
        (Some(wanted), Some(own)) if manifest::fits(wanted, own).is_none() => {
            Err(ImageError::not_found(
                &identity.name,
                format!("platform {wanted} (the image is {own})"),
            ))
        }
        _ => Ok(()),
    }
}

impl<'a> Choice<'a> {
    /// The whole text if it is a path, else the shortest path before a `:`.
    fn of(text: &'a str) -> Self {
        let whole = Self {
            path: PathBuf::from(text),
            selector: None,
        };
        if whole.path.exists() {
            return whole;
        }
        text.match_indices(':')
            .filter_map(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?)))
            .find(|(path, _)| Path::new(path).exists())
            .map_or(whole, |(path, selector)| Self {
                path: path.into(),
                selector: Some(selector),
            })
    }
}

pub(crate) fn identity(name: &str, source: &str) -> ImageIdentity {
    ImageIdentity {
        name: name.into(),
        source: source.into(),
        reference: None,
        resolved: None,
        manifest: None,
        config: None,
        platform: None,
        secure_channel: true,
    }
}

fn layout(name: &str, choice: &Choice<'_>, options: &Options) -> Result<Image, ImageError> {
    let files: Arc<dyn Files> = Arc::new(Directory::new(&choice.path)?);
    oci_layout::open(identity(name, "oci-dir"), files, choice.selector, options)
}

fn archive(
    name: &str,
    choice: &Choice<'_>,
    options: &Options,
    scheme: Option<&str>,
) -> Result<Image, ImageError> {
    let files: Arc<dyn Files> = Arc::new(Archive::open(&choice.path)?);
    let (oci, docker) = (files.has("index.json"), files.has("manifest.json"));
    let source = scheme.unwrap_or(if docker {
        "docker-archive"
    } else {
        "oci-archive"
    });
    let identity = identity(name, source);
    if oci {
        // The OCI side keeps the registry's digests, but some exports leave
        // out blobs of it (moby#49473).
        let image = oci_layout::open(
            identity.clone(),
            Arc::clone(&files),
            choice.selector,
            options,
        );
        if !docker
            || scheme == Some("oci-archive")
            || image.as_ref().is_ok_and(|i| complete(i, &*files))
        {
            return image;
        }
    }
    if docker && scheme != Some("oci-archive") {
        return docker_archive::open(identity, files, choice.selector, options);
    }
    let what = "neither `manifest.json` nor `index.json`; not an image archive, entry";
    Err(ImageError::not_found(name, what))
}

fn complete(image: &Image, files: &dyn Files) -> bool {
    image
        .layers
        .iter()
        .filter_map(|l| l.blob.as_ref())
        .all(|b| files.has(&blob_path(b)))
}

pub(crate) fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}

/// Layers as named files of a layout.
pub(crate) struct FileLayers {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) names: Vec<String>,
}

impl FileLayers {
    pub(crate) fn of_blobs(files: Arc<dyn Files>, layers: &[Descriptor]) -> Self {
        Self {
            files,
            names: layers.iter().map(|l| blob_path(&l.digest)).collect(),
        }
    }
}

impl Layers for FileLayers {
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, ImageError> {
        let missing = || ImageError::not_found(self.files.input(), format!("layer {index}"));
        self.files.open(self.names.get(index).ok_or_else(missing)?)
    }
}
