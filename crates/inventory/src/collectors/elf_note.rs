//! Packages that say in their programs which package they are: the section
//! `.note.package` (<https://systemd.io/ELF_PACKAGE_METADATA/>).

use super::executable::{LIMIT, is_linked, objects, section};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use object::Object;
use plimsoll_types::{Confidence, Distro, Ecosystem, PackageRecord, PackageUrl};
use serde::Deserialize;

/// Type of the note.
const KIND: u32 = 0xcafe_1a7e;
const OWNER: &[u8] = b"FDO\0";

pub(crate) struct ElfNote;

impl Collector for ElfNote {
    fn name(&self) -> &'static str {
        "elf-note"
    }

    fn about(&self) -> &'static str {
        "Packages that programs say they are part of: .note.package"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if file.magic.starts_with(b"\x7fELF") && is_linked(file.magic) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        // Whoever reads build information of Go says what is broken.
        let objects = objects(file.bytes).unwrap_or_default();
        let Some((note, big)) = objects.first().and_then(|object| {
            let (note, _) = section(object, &[".note.package"])?;
            Some((note, !object.is_little_endian()))
        }) else {
            return Ok(Collected::default());
        };
        let Some(json) = text(note, big) else {
            return Err(CollectError("its package note has no known form".into()));
        };
        let note: Note = serde_json::from_slice(json)
            .map_err(|error| CollectError(format!("its package note: {error}")))?;
        if note.name.is_empty() {
            return Err(CollectError("its package note names no package".into()));
        }
        Ok(vec![Fact::Packages(vec![note.record()])].into())
    }
}

/// The JSON in a note, or in a section that some tools write without the
/// header of a note.
fn text(section: &[u8], big: bool) -> Option<&[u8]> {
    let json = if section.starts_with(b"{") {
        section
    } else {
        described(section, big)?
    };
    let end = json.iter().position(|byte| *byte == 0);
    json.get(..end.unwrap_or(json.len()))
}

fn described(mut notes: &[u8], big: bool) -> Option<&[u8]> {
    loop {
        let word = |at: usize| {
            let bytes: [u8; 4] = notes.get(at..at + 4)?.try_into().ok()?;
            Some(if big {
                u32::from_be_bytes(bytes)
            } else {
                u32::from_le_bytes(bytes)
            })
        };
        let name_length = usize::try_from(word(0)?).ok()?;
        let length = usize::try_from(word(4)?).ok()?;
        let (kind, rest) = (word(8)?, notes.get(12..)?);
        let name = rest.get(..name_length)?;
        let rest = rest.get(name_length.checked_next_multiple_of(4)?..)?;
        let description = rest.get(..length)?;
        if kind == KIND && name == OWNER {
            return Some(description);
        }
        notes = rest.get(length.checked_next_multiple_of(4)?..)?;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
    version: Option<String>,
    architecture: Option<String>,
    os: Option<String>,
    os_version: Option<String>,
    os_cpe: Option<String>,
    maintainer: Option<String>,
}

impl Note {
    fn record(self) -> PackageRecord {
        let ecosystem = Ecosystem::from_purl_type(&self.kind).unwrap_or(Ecosystem::Generic);
        let distro = self.distro();
        let mut record =
            PackageRecord::new(ecosystem, self.name, self.version, Confidence::Embedded);
        record.arch = self.architecture.filter(|arch| !arch.is_empty());
        record.vendor = self.maintainer;
        let mut purl = PackageUrl {
            kind: ecosystem.purl_type().to_owned(),
            name: record.name.clone(),
            version: record.version.clone(),
            ..PackageUrl::default()
        };
        if let Some(arch) = &record.arch {
            purl.qualifiers.insert("arch".into(), arch.clone());
        }
        if let Some(distro) = distro {
            purl.namespace = distro.purl_namespace(ecosystem);
            purl.qualifiers.insert("distro".into(), distro.qualifier());
        }
        // Of the distribution that the note names, whatever image it is in.
        record.purl = Some(purl.to_string());
        record
    }

    /// Fedora names its release only as a CPE: `cpe:/o:fedoraproject:fedora:41`.
    fn distro(&self) -> Option<Distro> {
        let mut cpe = self
            .os_cpe
            .as_deref()
            .unwrap_or_default()
            .split(':')
            .skip(3);
        let (product, release) = (cpe.next(), cpe.next());
        let known = |text: &&str| !text.is_empty();
        let id = self.os.as_deref().filter(known).or(product.filter(known))?;
        let version = self
            .os_version
            .as_deref()
            .filter(known)
            .or(release.filter(known));
        Some(Distro {
            id: id.to_lowercase(),
            version: version.map(str::to_owned),
            ..Distro::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{elf_with, records};

    fn noted(json: &str) -> Vec<u8> {
        let mut note = Vec::new();
        // Another note before it.
        for (kind, name, text) in [(1_u32, b"GNU\0", "x"), (KIND, b"FDO\0", json)] {
            note.extend(4_u32.to_le_bytes());
            note.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            note.extend(kind.to_le_bytes());
            note.extend(name);
            note.extend(text.as_bytes());
            note.resize(note.len().next_multiple_of(4), 0);
        }
        note
    }

    fn purl(section: &[u8]) -> String {
        let file = elf_with(".note.package", section);
        let records = records(&ElfNote, "usr/lib/libx.so.1", &file).unwrap();
        records[0].purl.clone().unwrap()
    }

    #[test]
    fn notes_with_and_without_a_header_are_read() {
        let json = r#"{"type":"rpm","name":"coreutils","version":"9.5-8.fc41","architecture":"x86_64","osCpe":"cpe:/o:fedoraproject:fedora:41"}"#;
        let expected = "pkg:rpm/fedora/coreutils@9.5-8.fc41?arch=x86_64&distro=fedora-41";
        assert_eq!(purl(&noted(json)), expected);
        let bare = format!("{json}\0\0");
        assert_eq!(purl(bare.as_bytes()), expected);
    }

    #[test]
    fn a_note_may_say_little() {
        assert_eq!(purl(br#"{"type":"other","name":"x"}"#), "pkg:generic/x");
        let apk = br#"{"type":"apk","os":"wolfi","name":"cilium-cli","version":"0.16.9-r2"}"#;
        assert_eq!(purl(apk), "pkg:apk/wolfi/cilium-cli@0.16.9-r2?distro=wolfi");
    }

    #[test]
    fn a_broken_note_is_said() {
        for section in [&b"\x01"[..], b"{", b"{\"type\":\"deb\"}", &noted("{")] {
            let file = elf_with(".note.package", section);
            assert!(records(&ElfNote, "usr/bin/x", &file).is_err());
        }
    }
}
