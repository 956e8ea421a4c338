//! Image in, inventory out.

use crate::cache::FactCache;
use crate::facts::{LayerFacts, LayerGap};
use crate::pass::{Limits, drain, read_layer};
use crate::{history, merge};
use plimsoll_image::{Image, ImageError, LayerRef};
use plimsoll_types::{Digest, Gap, GapKind, Inventory, Layer, Package, PackageRecord};
use std::io::BufReader;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Layers that are read at one time, at most.
const WORKERS: usize = 16;
/// Bytes of content that all of them together have in memory.
const MEMORY: u64 = 48 << 20;

/// Told what is going on; must be quick.
pub trait Progress: Sync {
    /// Layer `index` of `total` is known, read or from the cache.
    fn layer_done(&self, index: usize, total: usize, cached: bool);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn layer_done(&self, _: usize, _: usize, _: bool) {}
}

/// How to read an image.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where facts of known layers are kept; `None` reads every layer.
    pub cache: Option<FactCache>,
    /// Bounds against hostile input.
    pub limits: Limits,
}

/// An image that could not be read as a whole.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The source failed or its bytes are not what they claim to be.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A layer is not a tar archive.
    #[error("`{image}`: layer {number} ({media_type}) {problem}; rebuild or re-pull the image")]
    Layer {
        /// What the user asked for.
        image: String,
        /// Position from the bottom, 1 being the first.
        number: usize,
        /// As the manifest states it.
        media_type: String,
        /// What is wrong.
        problem: String,
    },
}

/// Reads every layer that is not cached, side by side, and merges them.
///
/// # Errors
/// When a layer cannot be fetched, fails its digest, or is not a tar archive.
/// Problems inside a layer are gaps of the inventory instead.
pub fn take(
    image: &Image,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Inventory, InventoryError> {
    let total = image.layers.len();
    let next = AtomicUsize::new(0);
    let slots: Mutex<Vec<Option<Result<LayerFacts, InventoryError>>>> =
        Mutex::new((0..total).map(|_| None).collect());
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(total.max(1))
        .min(WORKERS);
    let mut options = options.clone();
    options.limits.memory = options.limits.memory.min(MEMORY / workers as u64);
    let options = &options;
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= total {
                        return;
                    }
                    if first_of(image, index) != index {
                        continue;
                    }
                    let (result, cached) = match known(image, index, options) {
                        Some(facts) => (Ok(facts), true),
                        None => (read(image, index, options), false),
                    };
                    let failed = result.is_err();
                    if let Ok(mut slots) = slots.lock() {
                        slots[index] = Some(result);
                    }
                    progress.layer_done(index, total, cached);
                    if failed {
                        next.store(total, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let slots = slots
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    // Layers are begun in order, so all below a failed one have a result: the
    // failure that is told is the lowest, whoever was first.
    let mut read = Vec::with_capacity(total);
    for result in slots {
        read.push(result.transpose()?);
    }
    // From the top down, so that repetitions copy before the first one gives
    // its facts away.
    let mut layers: Vec<LayerFacts> = Vec::with_capacity(total);
    for index in (0..total).rev() {
        let first = first_of(image, index);
        let facts = if first == index {
            read[first].take()
        } else {
            read[first].clone()
        };
        layers.extend(facts);
    }
    layers.reverse();
    Ok(assemble(image, &layers))
}

/// The first layer of the image that claims the same digests: it is read for
/// all of them, however often an image lists it.
fn first_of(image: &Image, index: usize) -> usize {
    let layer = &image.layers[index];
    let same = |other: &LayerRef| {
        layer.blob.is_some() && (&other.blob, &other.diff_id) == (&layer.blob, &layer.diff_id)
    };
    image.layers[..index].iter().position(same).unwrap_or(index)
}

fn known(image: &Image, index: usize, options: &Options) -> Option<LayerFacts> {
    let cache = options.cache.as_ref()?;
    let layer = &image.layers[index];
    // What is damaged or gone here is nobody's image, known or not.
    if !image.has_layer(index) {
        return None;
    }
    let facts = cache.get(layer.blob.as_ref()?)?;
    // The configuration must name what was computed, cached or not.
    layer
        .diff_id
        .as_ref()
        .is_none_or(|claimed| *claimed == facts.diff_id)
        .then_some(facts)
}

fn read(image: &Image, index: usize, options: &Options) -> Result<LayerFacts, InventoryError> {
    let layer = &image.layers[index];
    let stream = image.layer(index)?;
    let input = BufReader::with_capacity(256 << 10, stream);
    let Ok((mut seen, mut rest)) = read_layer(input, &options.limits) else {
        return Err(InventoryError::Layer {
            image: image.identity.name.clone(),
            number: index + 1,
            media_type: layer.media_type.clone(),
            problem: "is not a tar archive".into(),
        });
    };
    if seen.failure.is_none() {
        seen.failure = drain(&mut rest).err();
    }
    let (blob, diff_id, size) = match seen.failure {
        None => {
            let verified = rest.into_inner().finish()?;
            if verified.trailing_data {
                seen.gaps.push(LayerGap {
                    kind: GapKind::LayerTrailingData,
                    subject: String::new(),
                    detail: "bytes follow its compressed stream or its trailer is cut; some engines refuse it".into(),
                });
            }
            (verified.blob, verified.diff_id, verified.size)
        }
        Some(error) => {
            // Past a bound nothing more is read, so no digest can hold: what
            // was seen is kept under the names that the manifest claims.
            let detail = bound(error)?;
            seen.gaps.push(LayerGap {
                kind: GapKind::LimitExceeded,
                subject: String::new(),
                detail,
            });
            let unknown = || Digest::sha256([0; 32]);
            let claimed = layer.diff_id.clone().unwrap_or_else(unknown);
            (
                layer.blob.clone().unwrap_or_else(|| claimed.clone()),
                claimed,
                0,
            )
        }
    };
    let complete = !seen
        .gaps
        .iter()
        .any(|gap| gap.kind == GapKind::LimitExceeded);
    let facts = LayerFacts {
        blob,
        diff_id,
        size,
        entries: seen.entries,
        whiteouts: seen.whiteouts,
        opaque: seen.opaque,
        evidence: seen.evidence,
        gaps: seen.gaps,
    };
    // What no manifest names, such as a folder, is never looked up.
    if let Some(cache) = &options.cache
        && complete
        && layer.blob.is_some()
    {
        cache.put(&facts);
    }
    Ok(facts)
}

/// What a bound that ended the stream says; any other failure is an error.
fn bound(error: std::io::Error) -> Result<String, ImageError> {
    let source = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ImageError>());
    match source {
        Some(ImageError::Limit { reason, .. }) => {
            Ok(format!("{reason}; what follows was not read"))
        }
        Some(other) => Err(other.clone()),
        None => Err(ImageError::Io {
            input: "layer".into(),
            reason: error.to_string(),
        }),
    }
}

fn assemble(image: &Image, layers: &[LayerFacts]) -> Inventory {
    let mut inventory = merge::merge(layers);
    inventory.image = image.identity.clone();
    inventory.config = image.config.clone();
    inventory.coverage.gaps.extend(image.notes.iter().cloned());
    let steps = image
        .config
        .as_ref()
        .map_or(&[][..], |config| &config.history);
    let (instructions, gap) = history::by_layer(steps, layers.len());
    inventory.coverage.gaps.extend(gap);
    inventory.layers = layers
        .iter()
        .zip(instructions)
        .map(|(facts, instruction)| Layer {
            diff_id: facts.diff_id.clone(),
            blob: facts.blob.clone(),
            size: facts.size,
            instruction,
        })
        .collect();
    inventory
}

/// An inventory of nothing but these packages, for package URLs: they lie
/// nowhere.
pub fn of_packages(name: &str, source: &str, records: Vec<PackageRecord>) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.image.name = name.to_owned();
    inventory.image.source = source.to_owned();
    inventory.image.secure_channel = true;
    for record in records {
        if record.version.is_none() {
            inventory.coverage.gaps.insert(Gap {
                kind: GapKind::VersionUnknown,
                subject: record.name.clone(),
                layer: None,
                detail: "the package URL names no version, so nothing can be matched".into(),
            });
        }
        inventory.packages.push(Package {
            record,
            locations: Vec::new(),
            introduced: 0,
            removed: None,
            owned_by: None,
            license: None,
            depends_on: Vec::new(),
        });
    }
    inventory.packages.sort_by(|a, b| a.record.cmp(&b.record));
    inventory
}

#[cfg(test)]
mod tests;
