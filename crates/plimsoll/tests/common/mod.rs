//! The command as a user runs it, and images made by code.
#![allow(dead_code, missing_docs)]

pub mod registry;

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Runs the command in the repository, away from the user's data and logins.
pub fn plimsoll(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A tar archive of regular files.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, content) in files {
        let mut block = [0u8; 512];
        block[..path.len()].copy_from_slice(path.as_bytes());
        block[100..108].copy_from_slice(b"0000644\0");
        block[108..124].copy_from_slice(b"0000000\x000000000\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[148..156].fill(b' ');
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend_from_slice(&block);
        out.extend_from_slice(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A `docker save` archive of the given layers; `config` replaces the
/// configuration that would fit them.
pub fn docker_archive(layers: &[Vec<u8>], config: Option<&str>) -> Vec<u8> {
    let fitting = self::config(layers);
    let config = config.unwrap_or(&fitting).as_bytes();
    let config_name = format!("{}.json", sha256(config));
    let names: Vec<_> = (0..layers.len())
        .map(|index| format!("{index}/layer.tar"))
        .collect();
    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let manifest = format!(
        r#"[{{"Config":"{config_name}","RepoTags":["test:1"],"Layers":[{}]}}]"#,
        quoted.join(",")
    );
    let mut files: Vec<(&str, &[u8])> = vec![(&config_name, config)];
    files.extend(
        names
            .iter()
            .zip(layers)
            .map(|(name, layer)| (name.as_str(), layer.as_slice())),
    );
    files.push(("manifest.json", manifest.as_bytes()));
    tar(&files)
}

/// A layer with an operating system and nothing in it.
pub fn plain_layer() -> Vec<u8> {
    tar(&[(
        "etc/os-release",
        b"ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n",
    )])
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The configuration that fits plain layers.
pub fn config(layers: &[Vec<u8>]) -> String {
    let diff_ids: Vec<_> = layers
        .iter()
        .map(|layer| format!("\"sha256:{}\"", sha256(layer)))
        .collect();
    format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[{}]}},"history":[]}}"#,
        diff_ids.join(",")
    )
}

/// Writes an OCI layout of gzip layers made from plain ones.
pub fn oci_layout(folder: &Path, layers: &[Vec<u8>]) {
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let store = |media_type: &str, bytes: &[u8]| {
        let name = sha256(bytes);
        std::fs::write(blobs.join(&name), bytes).unwrap();
        let size = bytes.len();
        format!(r#"{{"mediaType":"{media_type}","digest":"sha256:{name}","size":{size}}}"#)
    };
    let config = store(
        "application/vnd.oci.image.config.v1+json",
        config(layers).as_bytes(),
    );
    let layers: Vec<_> = layers
        .iter()
        .map(|layer| store("application/vnd.oci.image.layer.v1.tar+gzip", &gzip(layer)))
        .collect();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{config},"layers":[{}]}}"#,
        layers.join(",")
    );
    let manifest = store(
        "application/vnd.oci.image.manifest.v1+json",
        manifest.as_bytes(),
    );
    std::fs::write(
        folder.join("index.json"),
        format!(r#"{{"schemaVersion":2,"manifests":[{manifest}]}}"#),
    )
    .unwrap();
    std::fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
    .unwrap();
}
