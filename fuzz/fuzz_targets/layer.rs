//! Any bytes as the one layer of an image that is otherwise in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_image::Image;
use plimsoll_inventory::{Options, Silent, take};

fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    block[148..156].fill(b' ');
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend_from_slice(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fuzz_target!(|data: &[u8]| {
    let manifest = br#"[{"Config":"c.json","RepoTags":null,"Layers":["l.tar"]}]"#;
    let config = br#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#;
    let mut archive = entry("manifest.json", manifest);
    archive.extend(entry("c.json", config));
    archive.extend(entry("l.tar", data));
    archive.resize(archive.len() + 1024, 0);
    let Ok(file) = tempfile::NamedTempFile::new() else {
        return;
    };
    if std::fs::write(file.path(), archive).is_err() {
        return;
    }
    let request = format!("docker-archive:{}", file.path().display());
    if let Ok(image) = Image::open(&request, &plimsoll_image::Options::default()) {
        let _ = take(&image, &Options::default(), &Silent);
    }
});
