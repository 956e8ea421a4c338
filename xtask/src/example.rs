//! Writes `examples/shop`: an image of made-up content that exercises every
//! collector of the scan road, as an OCI layout. The same bytes every time.

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Writes the layout below `folder`, replacing what is there.
pub(crate) fn run(folder: &Path) -> Result<bool> {
    let blobs = folder.join("blobs/sha256");
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(&blobs)?;
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    let mut history = Vec::new();
    for (instruction, archive) in layers_of_the_shop() {
        let tar = archive.finish();
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&tar)?;
        let gzip = packer.finish()?;
        diff_ids.push(digest(&tar));
        layers.push(descriptor(
            "application/vnd.oci.image.layer.v1.tar+gzip",
            &gzip,
        ));
        store(&blobs, &gzip)?;
        history.push(json!({"created": CREATED, "created_by": instruction}));
    }
    for step in [
        "ENV PATH=/usr/local/bin:/usr/bin:/bin",
        "EXPOSE map[22/tcp:{} 8080/tcp:{}]",
        "CMD [\"java\" \"-jar\" \"/app/shop.jar\"]",
    ] {
        history.push(json!({"created": CREATED, "created_by": step, "empty_layer": true}));
    }
    let config = serde_json::to_vec(&json!({
        "architecture": "amd64",
        "os": "linux",
        "created": CREATED,
        "config": {
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
            "ExposedPorts": {"22/tcp": {}, "8080/tcp": {}},
            "Cmd": ["java", "-jar", "/app/shop.jar"],
            "Labels": {"org.opencontainers.image.title": "shop"},
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    }))?;
    store(&blobs, &config)?;
    let manifest = serde_json::to_vec(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": layers,
    }))?;
    store(&blobs, &manifest)?;
    let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "1.4.2"});
    fs::write(
        folder.join("index.json"),
        serde_json::to_vec(&json!({"schemaVersion": 2, "manifests": [entry]}))?,
    )?;
    fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    Ok(true)
}

const CREATED: &str = "2026-11-01T00:00:00Z";

fn layers_of_the_shop() -> Vec<(&'static str, Archive)> {
    let mut base = Archive::default();
    base.file("etc/os-release", OS_RELEASE, 0o644);
    base.file(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nshop:x:10001:10001::/home/shop:/usr/sbin/nologin\n",
        0o644,
    );
    base.file("etc/group", "root:x:0:\nshop:x:10001:\n", 0o644);
    base.file("var/lib/dpkg/status", DPKG_STATUS, 0o644);
    base.file("usr/bin/su", "not a real program\n", 0o4755);
    base.file("opt/backdoor/rootshell", "not a real program\n", 0o4755);

    let mut python = Archive::default();
    for (name, version, license) in [
        ("Jinja2", "2.10", "BSD"),
        ("requests", "2.32.4", "Apache-2.0"),
    ] {
        let directory =
            format!("usr/local/lib/python3.11/site-packages/{name}-{version}.dist-info");
        let metadata = format!(
            "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: {license}\n\n"
        );
        python.file(&format!("{directory}/METADATA"), &metadata, 0o644);
        python.file(&format!("{directory}/INSTALLER"), "pip\n", 0o644);
    }
    let old = "usr/local/lib/python3.11/site-packages/Flask-0.12.2.dist-info";
    python.file(
        &format!("{old}/METADATA"),
        "Metadata-Version: 2.1\nName: Flask\nVersion: 0.12.2\n\n",
        0o644,
    );

    let mut node = Archive::default();
    for (name, version) in [("lodash", "4.17.20"), ("express", "4.21.2")] {
        let package =
            format!("{{\"name\":\"{name}\",\"version\":\"{version}\",\"license\":\"MIT\"}}\n");
        node.file(
            &format!("app/node_modules/{name}/package.json"),
            &package,
            0o644,
        );
    }

    let mut java = Archive::default();
    java.bytes("app/shop.jar", &shop_jar(), 0o644);

    let mut removal = Archive::default();
    removal.file(
        "usr/local/lib/python3.11/site-packages/.wh.Flask-0.12.2.dist-info",
        "",
        0o644,
    );

    vec![
        ("/bin/sh -c #(nop) ADD file:debian-12.tar in / ", base),
        (
            "RUN /bin/sh -c pip install Jinja2==2.10 requests Flask==0.12.2 # buildkit",
            python,
        ),
        ("RUN /bin/sh -c npm ci # buildkit", node),
        ("COPY target/shop.jar /app/shop.jar # buildkit", java),
        ("RUN /bin/sh -c pip uninstall -y Flask # buildkit", removal),
    ]
}

const OS_RELEASE: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n";

const DPKG_STATUS: &str = "\
Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.11-1~deb12u1
Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>

Package: openssl
Status: install ok installed
Architecture: amd64
Version: 3.0.11-1~deb12u1
Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>

Package: zlib1g
Status: install ok installed
Architecture: amd64
Source: zlib
Version: 1:1.2.13.dfsg-1
Maintainer: Mark Brown <broonie@debian.org>

Package: base-files
Status: install ok installed
Architecture: amd64
Version: 12.4+deb12u5
Maintainer: Santiago Vila <sanvila@debian.org>

";

fn shop_jar() -> Vec<u8> {
    let log4j = zip(&[
        ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\nImplementation-Title: Apache Log4j Core\r\nImplementation-Version: 2.14.1\r\n\r\n"),
        ("META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties", b"groupId=org.apache.logging.log4j\nartifactId=log4j-core\nversion=2.14.1\n"),
    ]);
    zip(&[
        (
            "META-INF/MANIFEST.MF",
            b"Manifest-Version: 1.0\r\nMain-Class: shop.Main\r\n\r\n",
        ),
        (
            "META-INF/maven/org.example/shop/pom.properties",
            b"groupId=org.example\nartifactId=shop\nversion=1.4.2\n",
        ),
        ("BOOT-INF/lib/log4j-core-2.14.1.jar", &log4j),
    ])
}

/// A zip archive of stored entries.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let size = (content.len() as u32).to_le_bytes();
        let mut common = Vec::new();
        common.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0x21, 0x5b]);
        common.extend_from_slice(&crc.sum().to_le_bytes());
        common.extend_from_slice(&size);
        common.extend_from_slice(&size);
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        let offset = out.len() as u32;
        out.extend_from_slice(b"PK\x03\x04\x14\0");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(content);
        directory.extend_from_slice(b"PK\x01\x02\x14\0\x14\0");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let start = out.len() as u32;
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// A tar archive under construction.
#[derive(Default)]
struct Archive(Vec<u8>);

impl Archive {
    fn file(&mut self, path: &str, content: &str, mode: u32) {
        self.bytes(path, content.as_bytes(), mode);
    }

    fn bytes(&mut self, path: &str, content: &[u8], mode: u32) {
        let mut block = [0u8; 512];
        // The ustar prefix takes the directory where the name is long.
        let (prefix, name) = if path.len() < 100 {
            ("", path)
        } else {
            path.rsplit_once('/').unwrap_or(("", path))
        };
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..108].copy_from_slice(format!("{mode:07o}\0").as_bytes());
        block[108..124].copy_from_slice(b"0000000\x000000000\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        block[136..148].copy_from_slice(b"15103441600\0");
        block[148..156].fill(b' ');
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[345..345 + prefix.len()].copy_from_slice(prefix.as_bytes());
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&block);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len()})
}

fn store(blobs: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(
        blobs.join(digest(bytes).trim_start_matches("sha256:")),
        bytes,
    )?;
    Ok(())
}
