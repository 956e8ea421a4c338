//! Flags about the image, and the inventory behind them; shared by the verbs
//! that take an image.

use crate::{Failure, folders, progress};
use clap::Args;
use plimsoll_advisory::versions::Scheme;
use plimsoll_image::Image;
use plimsoll_inventory::FactCache;
use plimsoll_types::{Inventory, PackageUrl, Platform};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Source {
    /// Image: a reference, or a path; or with a prefix: registry:,
    /// docker-archive:, oci-archive:, oci-dir:, dir:, sbom: (a bill of
    /// materials; `sbom:-` reads standard input), pkg: (a package URL)
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,

    #[command(flatten)]
    pub(crate) access: Access,
}

/// How images are read, whichever.
#[derive(Args)]
pub(crate) struct Access {
    /// Platform to take from a multi-platform image, for example linux/arm64
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<String>,

    #[command(flatten)]
    connection: Connection,

    /// Make any use of the network an error
    #[arg(long)]
    offline: bool,

    /// Where facts of known layers are kept [env: PLIMSOLL_CACHE_DIR]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,

    /// Read every layer, known or not, and keep nothing
    #[arg(long)]
    no_cache: bool,
}

/// How registries are spoken to.
#[derive(Args)]
pub(crate) struct Connection {
    /// Accept any certificate from the registry's host, or plain http if it does not speak TLS
    #[arg(long)]
    insecure: bool,

    /// Certificates of a private authority (PEM), in addition to the built-in ones
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,

    /// Seconds without any answer from a registry before giving up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl Connection {
    pub(super) fn options(&self) -> plimsoll_image::Options {
        plimsoll_image::Options {
            insecure: self.insecure,
            ca_file: self.ca_file.clone(),
            timeout: std::time::Duration::from_secs(self.timeout),
            ..Default::default()
        }
    }
}

impl Source {
    /// Reads the image, the bill of materials or the package URL into an
    /// inventory.
    pub(crate) fn inventory(&self) -> Result<Inventory, Failure> {
        self.access.inventory(&self.image)
    }
}

impl Access {
    /// How registries are spoken to, if at all.
    pub(super) fn options(&self) -> plimsoll_image::Options {
        plimsoll_image::Options {
            offline: self.offline,
            ..self.connection.options()
        }
    }

    /// Reads what `name` names into an inventory.
    pub(crate) fn inventory(&self, name: &str) -> Result<Inventory, Failure> {
        if name.starts_with("pkg:") {
            return package(name);
        }
        if let Some(file) = name.strip_prefix("sbom:") {
            return bill(file);
        }
        if is_bill(Path::new(name)) {
            return bill(name);
        }
        let line = progress::Line::new(name);
        let options = plimsoll_image::Options {
            platform: self.platform.as_deref().map(platform).transpose()?,
            ..self.options()
        };
        let image = Image::open(name, &options).map_err(|error| {
            if error.is_usage() {
                Failure::usage(error)
            } else {
                Failure::unjudged(error)
            }
        })?;
        line.say("reading layers");
        let folder = folders::cache(self.cache_dir.as_ref()).filter(|_| !self.no_cache);
        let cache = folder.map(|folder| FactCache::new(&folder));
        let options = plimsoll_inventory::Options {
            cache,
            ..Default::default()
        };
        plimsoll_inventory::take(&image, &options, &line).map_err(Failure::unjudged)
    }
}

/// Whether a path is that of a bill of materials: archives, the other files
/// that may stand here, begin otherwise.
pub(super) fn is_bill(path: &Path) -> bool {
    let mut start = Vec::new();
    path.is_file()
        && File::open(path).is_ok_and(|file| file.take(256).read_to_end(&mut start).is_ok())
        && plimsoll_sbom::may_be(&start)
}

fn bill(file: &str) -> Result<Inventory, Failure> {
    let bytes = read_bill(file)?;
    let bill = plimsoll_sbom::read(&bytes)
        .map_err(|error| Failure::unjudged(format!("`{file}`: {error}")))?;
    let mut inventory = bill.inventory;
    if inventory.image.name.is_empty() {
        file.clone_into(&mut inventory.image.name);
    }
    Ok(inventory)
}

/// The bytes of a bill of materials, or a few more than any may have.
pub(super) fn read_bill(file: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let input: io::Result<Box<dyn Read>> = match file {
        "" => Err(io::Error::other("it names no file")),
        "-" => Ok(Box::new(io::stdin().lock())),
        path => File::open(path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    input
        .and_then(|input| input.take(plimsoll_sbom::LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::usage(format!("`sbom:{file}` cannot be read: {error}")))?;
    Ok(bytes)
}

fn package(text: &str) -> Result<Inventory, Failure> {
    let purl: PackageUrl = text.parse().map_err(Failure::usage)?;
    let record = purl.record().ok_or_else(|| {
        Failure::usage(format!(
            "`{text}`: packages of type `{}` are not known here",
            purl.kind
        ))
    })?;
    let scheme = Scheme::of(record.ecosystem);
    let version = record.version.as_deref().ok_or_else(|| {
        Failure::usage(format!("`{text}` names no version; write it behind an `@`"))
    })?;
    if scheme.parse(version).is_none() {
        return Err(Failure::usage(format!(
            "`{text}`: `{version}` is no version of that ecosystem ({})",
            scheme.as_str()
        )));
    }
    let mut inventory = plimsoll_inventory::of_packages(text, "pkg", vec![record]);
    inventory.distro = purl.distro();
    Ok(inventory)
}

fn platform(text: &str) -> Result<Platform, Failure> {
    let mut parts = text.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(os), Some(architecture), variant, None)
            if !os.is_empty() && !architecture.is_empty() =>
        {
            Ok(Platform {
                os: os.to_owned(),
                architecture: architecture.to_owned(),
                variant: variant.unwrap_or_default().to_owned(),
            })
        }
        _ => Err(Failure::usage(format!(
            "`{text}` is not a platform; write it as os/architecture, for example linux/arm64"
        ))),
    }
}
