//! Any file given as an image.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_image::Image;
use plimsoll_inventory::{Options, Silent, take};

fuzz_target!(|data: &[u8]| {
    let Ok(file) = tempfile::NamedTempFile::new() else {
        return;
    };
    if std::fs::write(file.path(), data).is_err() {
        return;
    }
    for kind in ["docker-archive", "oci-archive"] {
        let request = format!("{kind}:{}", file.path().display());
        if let Ok(image) = Image::open(&request, &plimsoll_image::Options::default()) {
            let _ = take(&image, &Options::default(), &Silent);
        }
    }
});
