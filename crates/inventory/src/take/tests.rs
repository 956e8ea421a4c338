use super::*;
use crate::fixture::archive;
use sha2::Digest as _;
use std::fs;
use std::path::Path;

/// Writes an OCI layout whose layers are these bytes, uncompressed.
fn layout(folder: &Path, layers: &[Vec<u8>]) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let hex = |bytes: &[u8]| {
        let hash = sha2::Sha256::digest(bytes);
        hash.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let store = |kind: &str, bytes: &[u8]| {
        fs::write(blobs.join(hex(bytes)), bytes).unwrap();
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"sha256:{}","size":{}}}"#,
            hex(bytes),
            bytes.len()
        )
    };
    let list = |items: Vec<String>| items.join(",");
    let stored = list(layers.iter().map(|l| store("layer.v1.tar", l)).collect());
    let ids = list(
        layers
            .iter()
            .map(|l| format!(r#""sha256:{}""#, hex(l)))
            .collect(),
    );
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[{ids}]}},"history":[]}}"#
    );
    let config = store("config.v1+json", config.as_bytes());
    let manifest = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{stored}]}}"#);
    let manifest = store("manifest.v1+json", manifest.as_bytes());
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{manifest}]}}"#);
    fs::write(folder.join("index.json"), index).unwrap();
    fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
    .unwrap();
}

fn open(name: &str, folder: &Path) -> Image {
    let name = format!("{name}:{}", folder.display());
    Image::open(&name, &plimsoll_image::Options::default()).unwrap()
}

#[test]
fn the_lowest_broken_layer_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // The lower one takes longer to turn out broken.
    let mut slow = vec![b'x'; 512];
    slow.resize(8 << 20, b'x');
    let whole = archive(&["a"]);
    layout(
        folder.path(),
        &[whole.clone(), slow, b"broken".repeat(100), whole],
    );
    let image = open("oci-dir", folder.path());
    for _ in 0..50 {
        match take(&image, &Options::default(), &Silent) {
            Err(InventoryError::Layer { number, .. }) => assert_eq!(number, 2),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn only_what_a_manifest_names_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |name: &str, from: &Path| {
        let cache = folder.path().join(name);
        let options = Options {
            cache: Some(FactCache::new(&cache)),
            ..Options::default()
        };
        take(&open(name, from), &options, &Silent).unwrap();
        fs::read_dir(&cache).map_or(0, Iterator::count)
    };
    let plain = folder.path().join("plain");
    fs::create_dir(&plain).unwrap();
    fs::write(plain.join("a"), "a").unwrap();
    assert_eq!(kept("dir", &plain), 0);
    let image = folder.path().join("image");
    layout(&image, &[archive(&["a"])]);
    assert_eq!(kept("oci-dir", &image), 1);
}
