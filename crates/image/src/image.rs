use crate::archive::Archive;
use crate::digester::Digester;
use crate::files::{Directory, Files};
use crate::manifest::{self, Descriptor, Manifest};
use crate::oci_layout::Found;
use crate::stream::Expected;
use crate::{ImageError, LayerStream, Options, config, directory, docker_archive, oci_layout};
use plimsoll_types::{Digest, Gap, GapKind, ImageConfig, ImageIdentity, Platform};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the stored bytes of a layer by its position.
pub(crate) trait Layers: Send + Sync {
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, ImageError>;

    /// Whether a layer is stored in its stated length; a source that would
    /// have to ask somebody takes it for granted.
    fn is_there(&self, _index: usize, _size: Option<u64>) -> bool {
        true
    }
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

/// Whether a request can only mean a file: no reference looks like it.
fn is_path(request: &str) -> bool {
    let begins = ["/", "./", "../"];
    let ends = [".tar", ".tar.gz", ".tgz", ".tar.zst"];
    begins.iter().any(|start| request.starts_with(start))
        || ends.iter().any(|end| request.ends_with(end))
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
                    return archive(rest, &choice, options, Some(Side::Docker));
                }
                "oci-archive" => {
                    let choice = Choice::of(rest);
                    return archive(rest, &choice, options, Some(Side::Oci));
                }
                "oci-dir" | "oci" => return layout(rest, &Choice::of(rest), options),
                "dir" => return directory::open(rest),
                _ => {}
            }
        }
        let choice = Choice::of(request);
        if !choice.path.exists() {
            if is_path(request) {
                return Err(ImageError::not_found(request, "such file or directory"));
            }
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

    /// Whether a layer that is known already is still there in its stated
    /// length, as far as that can be told without fetching it.
    pub fn has_layer(&self, index: usize) -> bool {
        let stated = self.layers.get(index).map(|layer| layer.size);
        stated.is_some_and(|size| self.source.is_there(index, size))
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
            Err(ImageError::Platform {
                input: identity.name.clone(),
                wanted: wanted.to_string(),
                own: own.to_string(),
            })
        }
        _ => Ok(()),
    }
}

impl<'a> Choice<'a> {
    /// The selector that chooses the same image in the other document of an
    /// archive: numbers and digests mean something in one of them only.
    fn selector_for_both<'s>(&'s self, image: &'s Image) -> Option<&'s str> {
        let is_name = |text: &&str| !text.starts_with('@') && text.parse::<Digest>().is_err();
        match self.selector {
            Some(text) if !is_name(&text) => image.identity.reference.as_deref().or(self.selector),
            selector => selector,
        }
    }

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
    oci_layout::find(identity(name, "oci-dir"), files, choice.selector, options).image()
}

/// Which of its two documents an archive is read by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Docker,
    Oci,
}

fn archive(
    name: &str,
    choice: &Choice<'_>,
    options: &Options,
    side: Option<Side>,
) -> Result<Image, ImageError> {
    let files: Arc<dyn Files> = Arc::new(Archive::open(&choice.path)?);
    let (oci, docker) = (files.has("index.json"), files.has("manifest.json"));
    if !oci && !docker {
        let what = "`manifest.json` or `index.json` in it, so it is no image archive; make one with `docker save`";
        return Err(ImageError::not_found(name, what));
    }
    let source = match side {
        Some(Side::Oci) => "oci-archive",
        None if !docker => "oci-archive",
        _ => "docker-archive",
    };
    let by_docker = |selector| {
        let identity = identity(name, source);
        docker_archive::open(identity, Arc::clone(&files), selector, options)
    };
    let by_oci = |selector, platform: Option<&Platform>| {
        let mut options = options.clone();
        options.platform = options.platform.or(platform.cloned());
        let identity = identity(name, source);
        oci_layout::find(identity, Arc::clone(&files), selector, &options)
    };
    match (side, oci, docker) {
        (Some(Side::Docker), _, false) => {
            let what = "`manifest.json` in it; it is an OCI archive, use `oci-archive:`";
            return Err(ImageError::not_found(name, what));
        }
        (Some(Side::Oci), false, _) => {
            let what = "`index.json` in it; it is a Docker archive, use `docker-archive:`";
            return Err(ImageError::not_found(name, what));
        }
        (_, false, _) => return by_docker(choice.selector),
        (_, _, false) => return by_oci(choice.selector, None).image(),
        _ => {}
    }
    // Both documents are there, and which one counts depends on the engine
    // and its version. The OCI side keeps the registry's digests, but some
    // exports leave out blobs of it (moby#49473).
    let found = by_oci(choice.selector, None);
    let whole = matches!(&found, Found::Image(image) if complete(image, &*files));
    if side == Some(Side::Oci) || side.is_none() && whole {
        let mut image = found.image()?;
        let notes = match by_docker(choice.selector_for_both(&image)) {
            Ok(other) => differences(&image, other),
            // It has the image for another platform than the one asked for.
            Err(ImageError::Platform { .. }) => Vec::new(),
            Err(error) => vec![unreadable("manifest.json", &error)],
        };
        image.notes.extend(notes);
        return Ok(image);
    }
    let mut image = by_docker(choice.selector)?;
    let other = match whole {
        true => found,
        false => by_oci(
            choice.selector_for_both(&image),
            image.identity.platform.as_ref(),
        ),
    };
    let notes = match other {
        Found::Image(other) => differences(&image, *other),
        // No engine can run what is not there.
        Found::Absent(_) => Vec::new(),
        Found::Failed(error) => vec![unreadable("index.json", &error)],
    };
    image.notes.extend(notes);
    Ok(image)
}

/// What the other reading of an archive makes doubtful about the first.
fn differences(one: &Image, other: Image) -> Vec<Gap> {
    let (first, second) = (&one.identity.config, &other.identity.config);
    let differs = |(a, b): (&LayerRef, &LayerRef)| {
        let blobs = a.blob.as_ref().zip(b.blob.as_ref());
        a.diff_id != b.diff_id || blobs.is_some_and(|(a, b)| a != b)
    };
    let layers =
        one.layers.len() != other.layers.len() || one.layers.iter().zip(&other.layers).any(differs);
    let mut notes = other.notes;
    if first != second || layers {
        let show = |config: &Option<Digest>| config.as_ref().map_or("-", Digest::as_str).to_owned();
        notes.push(ambiguous(format!(
            "`index.json` and `manifest.json` name different images, and engines differ in which they load: configuration {} was read, the other is {}{}",
            show(first),
            show(second),
            if layers { ", with other layers" } else { "" }
        )));
    }
    notes
}

fn unreadable(document: &str, error: &ImageError) -> Gap {
    ambiguous(format!(
        "`{document}` of the archive, which some engines load, cannot be read: {error}"
    ))
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

    fn is_there(&self, index: usize, size: Option<u64>) -> bool {
        let stored = self.names.get(index).and_then(|name| self.files.size(name));
        stored.is_some_and(|stored| size.is_none_or(|size| size == stored))
    }
}
