//! Linux kernels and their modules: the banner of a kernel (boot protocol of
//! x86, and `Linux version` anywhere), and the `.modinfo` section of a module.

use super::cpe::os_cpe;
use super::executable::{objects, section};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use memchr::memmem;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, PackageUrl};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

const LIMIT: u64 = 256 << 20;
/// Bytes of a module or kernel when it is inflated.
const INFLATED_LIMIT: u64 = 512 << 20;
/// Fields of one module.
const MOST_FIELDS: usize = 10_000;

/// Name of the package that a kernel is, whatever its file is called.
const KERNEL: &str = "linux-kernel";

pub(crate) struct Kernel;

impl Collector for Kernel {
    fn name(&self) -> &'static str {
        "kernel"
    }

    fn about(&self) -> &'static str {
        "Linux kernels and their modules: banners, .modinfo"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let is_wanted = if is_kernel(file.name()) {
            // Boot sector, ELF, UEFI program or a compressed image.
            file.magic.get(510..512) == Some(&[0x55, 0xaa])
                || [&b"\x7fELF"[..], b"MZ", b"\x1f\x8b"]
                    .iter()
                    .any(|start| file.magic.starts_with(start))
        } else {
            // Korean texts have the same ending.
            module_name(file.name()).is_some()
                && [
                    &b"\x7fELF"[..],
                    b"\x1f\x8b",
                    b"\xfd7zXZ",
                    b"\x28\xb5\x2f\xfd",
                ]
                .iter()
                .any(|start| file.magic.starts_with(start))
        };
        if is_wanted {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let bytes = inflated(file.name(), file.bytes).map_err(CollectError::new)?;
        let record = match module_name(file.name()) {
            Some(name) => module(name, &bytes)?,
            None => release(&bytes).map(|release| kernel(&release)),
        };
        match record {
            Some(record) => Ok(vec![Fact::Packages(vec![record])].into()),
            None => Ok(Collected::default()),
        }
    }
}

fn is_kernel(name: &str) -> bool {
    matches!(name, "kernel" | "bzImage" | "zImage" | "Image" | "Image.gz")
        || name.starts_with("vmlinuz")
        || name.starts_with("vmlinux")
}

/// File name of a module, without what tells its compression.
fn module_name(name: &str) -> Option<&str> {
    let endings = [".ko", ".ko.gz", ".ko.xz", ".ko.zst"];
    let mut stems = endings
        .iter()
        .filter_map(|ending| name.strip_suffix(ending));
    stems.next().filter(|stem| !stem.is_empty())
}

fn inflated<'a>(name: &str, bytes: &'a [u8]) -> std::io::Result<Cow<'a, [u8]>> {
    let reader: Box<dyn Read + 'a> = match bytes {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Box::new(lzma_rust2::XzReader::new(bytes, true)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::new(bytes)?),
        _ => return Ok(bytes.into()),
    };
    let mut plain = Vec::new();
    let read = reader.take(INFLATED_LIMIT).read_to_end(&mut plain);
    match read {
        // What stands behind the image of a kernel is no part of it.
        Err(error) if !is_kernel(name) || plain.is_empty() => Err(error),
        _ => Ok(plain.into()),
    }
}

/// `6.5.0-45-generic` of a kernel.
fn release(bytes: &[u8]) -> Option<String> {
    let text = |at: usize| {
        let text = bytes.get(at..)?;
        let end = text
            .iter()
            .take(200)
            .position(|byte| matches!(byte, b' ' | 0))?;
        let text = std::str::from_utf8(text.get(..end)?).ok()?;
        let numbers = text.split(['-', '+', '_']).next()?;
        let mut parts = numbers.split('.');
        let sane = parts.clone().count() >= 2
            && parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        sane.then(|| text.to_owned())
    };
    if bytes.get(0x202..0x206) == Some(b"HdrS") {
        let pointer: [u8; 2] = bytes.get(0x20e..0x210)?.try_into().ok()?;
        let banner = usize::from(u16::from_le_bytes(pointer));
        if banner != 0
            && let Some(release) = text(banner + 0x200)
        {
            return Some(release);
        }
    }
    let banner = b"Linux version ";
    memmem::find_iter(bytes, banner)
        .take(1000)
        .find_map(|at| text(at + banner.len()))
}

fn kernel(release: &str) -> PackageRecord {
    let mut record = PackageRecord::new(
        Ecosystem::Kernel,
        KERNEL,
        Some(release.to_owned()),
        Confidence::Embedded,
    );
    let end = release.find(|c: char| !c.is_ascii_digit() && c != '.');
    let number = release
        .get(..end.unwrap_or(release.len()))
        .unwrap_or(release);
    record.cpes = vec![os_cpe("linux:linux_kernel", number)];
    record
}

/// A module by what its makers wrote into it; most of those in the tree of the
/// kernel have no version of their own.
fn module(file_name: &str, bytes: &[u8]) -> Result<Option<PackageRecord>, CollectError> {
    let objects = objects(bytes)?;
    let Some((info, _)) = objects
        .first()
        .and_then(|object| section(object, &[".modinfo"]))
    else {
        return Ok(None);
    };
    let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
    for field in info.split(|byte| *byte == 0).take(MOST_FIELDS) {
        let field = std::str::from_utf8(field).unwrap_or_default();
        if let Some((key, value)) = field.split_once('=') {
            fields.entry(key).or_insert(value);
        }
    }
    let get = |key| fields.get(key).copied().filter(|value| !value.is_empty());
    // The kernel writes `_` where file names may have `-`.
    let name = get("name").map_or_else(|| file_name.replace('-', "_"), str::to_owned);
    let version = get("version").map(str::to_owned);
    let mut record =
        PackageRecord::new(Ecosystem::KernelModule, name, version, Confidence::Embedded);
    record.vendor = get("author").map(str::to_owned);
    record.licenses = get("license").map(str::to_owned).into_iter().collect();
    let needed = get("depends").unwrap_or_default().split(',');
    record.requires = needed
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    record.requires.sort();
    record.requires.dedup();
    // `6.5.0-45-generic SMP preempt mod_unload`
    if let Some(kernel) = get("vermagic").and_then(|magic| magic.split(' ').next()) {
        record.qualifiers.insert("kernel".into(), kernel.to_owned());
    }
    let purl = PackageUrl {
        kind: Ecosystem::KernelModule.purl_type().to_owned(),
        namespace: "linux-kernel-module".to_owned(),
        name: record.name.clone(),
        version: record.version.clone(),
        qualifiers: record.qualifiers.clone(),
        ..PackageUrl::default()
    };
    record.purl = Some(purl.to_string());
    Ok(Some(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{elf_with, found, records};
    use std::io::Write;

    const INFO: &[u8] = b"license=GPL\0version=0.4ac1\0depends=video,backlight\0name=intel_oaktrail\0vermagic=6.5.0-45-generic SMP preempt\0";

    fn module_path(ending: &str) -> String {
        format!("lib/modules/6.5.0-45-generic/kernel/drivers/intel-oaktrail.ko{ending}")
    }

    #[test]
    fn modules_are_read_however_they_are_compressed() {
        let plain = elf_with(".modinfo", INFO);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        let mut xz =
            lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
        xz.write_all(&plain).unwrap();
        for (ending, bytes) in [
            ("", plain.clone()),
            (".gz", gzip.finish().unwrap()),
            (".xz", xz.finish().unwrap()),
            (".zst", zstd::encode_all(&*plain, 1).unwrap()),
        ] {
            let path = module_path(ending);
            assert_eq!(
                found(&Kernel, &path, &bytes),
                ["intel_oaktrail@0.4ac1"],
                "{ending}"
            );
        }
        assert!(records(&Kernel, &module_path(".xz"), b"\xfd7zXZ\0").is_err());
        let text = FileHead::new(
            "usr/share/vim/tutor.ko",
            9,
            plimsoll_types::Mode(0o644),
            b"= v i m =",
        );
        assert_eq!(Kernel.wants(&text), Want::No);
    }

    #[test]
    fn a_module_says_what_it_needs_and_for_which_kernel() {
        let records = records(&Kernel, &module_path(""), &elf_with(".modinfo", INFO)).unwrap();
        let record = &records[0];
        assert_eq!(record.requires, ["backlight", "video"]);
        assert_eq!(
            record.purl.as_deref(),
            Some("pkg:generic/linux-kernel-module/intel_oaktrail@0.4ac1?kernel=6.5.0-45-generic")
        );
        let nameless = elf_with(".modinfo", b"license=GPL\0");
        assert_eq!(
            found(&Kernel, &module_path(""), &nameless),
            ["intel_oaktrail@"]
        );
    }

    #[test]
    fn kernels_are_named_by_their_banner() {
        let mut image = vec![0; 0x400];
        image[0x1fe..0x200].copy_from_slice(&[0x55, 0xaa]);
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
        image[0x300..0x326].copy_from_slice(b"6.5.0-45-generic (buildd@lcy02) #45-x\0");
        let records = records(&Kernel, "boot/vmlinuz-6.5", &image).unwrap();
        let record = &records[0];
        assert_eq!(
            record.purl(None).unwrap().to_string(),
            "pkg:generic/linux-kernel@6.5.0-45-generic"
        );
        assert_eq!(
            record.cpes,
            ["cpe:2.3:o:linux:linux_kernel:6.5.0:*:*:*:*:*:*:*"]
        );
        let text = b"\x7fELF Linux version %s\0Linux version 6.1.0+ (me@here)\0";
        assert_eq!(
            found(&Kernel, "usr/lib/kernel", text),
            ["linux-kernel@6.1.0+"]
        );
    }

    #[test]
    fn other_files_of_those_names_are_left_alone() {
        for (path, magic) in [
            ("etc/kernel", &b"text"[..]),
            ("boot/vmlinuz.txt", b"text"),
            ("a/.ko", b"\x7fELF"),
        ] {
            let mode = plimsoll_types::Mode(0o644);
            assert_eq!(
                Kernel.wants(&FileHead::new(path, 4, mode, magic)),
                Want::No,
                "{path}"
            );
        }
    }
}
