//! Any document as a feed, and whatever comes of it as advisory data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_advisory::{Store, UpdateOptions, explain, find, update};
use plimsoll_types::PackageUrl;

fuzz_target!(|data: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let feed = folder.path().join("feed.json");
    if std::fs::write(&feed, data).is_err() {
        return;
    }
    let from = [feed.display().to_string()];
    if update(folder.path(), &from, &UpdateOptions::default()).is_err() {
        return;
    }
    let Ok(store) = Store::open(folder.path()) else {
        return;
    };
    for purl in ["pkg:pypi/x@1.0", "pkg:npm/x@1.0", "pkg:maven/g/x@1.0", "pkg:golang/x@v1.0.0"] {
        let record = purl.parse::<PackageUrl>().ok().and_then(|purl| purl.record());
        let inventory = plimsoll_inventory::of_packages(purl, "pkg", record.into_iter().collect());
        let _ = find(&inventory, &store);
        let _ = explain(&inventory, &store, "CVE-2024-1");
    }
});
