//! Images from a registry (distribution-spec 1.1).

use crate::{Image, ImageError, Options, Reference};

pub(crate) fn open(text: &str, options: &Options) -> Result<Image, ImageError> {
    let reference: Reference = text.parse()?;
    if options.offline {
        return Err(ImageError::Offline {
            input: reference.to_string(),
        });
    }
    Err(ImageError::unsupported(
        reference.host(),
        "registries cannot be read yet",
    ))
}
