//! Version resources of Windows executables (`VS_VERSIONINFO`), and whether
//! there is code for the common language runtime.

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ImageNtHeaders, PeFile, PeFile32, PeFile64, ResourceNameOrId};
use object::{FileKind, read};
use std::collections::BTreeMap;

const VERSION: u16 = 16;
/// Tables of a version resource are blocks in blocks: resource, `StringFileInfo`,
/// language, string.
const DEPTH: usize = 4;

/// What the headers of an executable say.
#[derive(Debug, Default)]
pub(super) struct Executable {
    /// Whether it holds managed code.
    pub managed: bool,
    /// Strings of the version resource, by key.
    pub strings: BTreeMap<String, String>,
}

impl Executable {
    /// `None` where the file is no such executable.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        match FileKind::parse(bytes).ok()? {
            FileKind::Pe32 => Self::of(&PeFile32::parse(bytes).ok()?),
            FileKind::Pe64 => Self::of(&PeFile64::parse(bytes).ok()?),
            _ => None,
        }
    }

    fn of<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>) -> Option<Self> {
        let managed = file
            .data_directory(pe::IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR)
            .is_some_and(|directory| directory.virtual_address.get(LE) != 0);
        let mut strings = BTreeMap::new();
        if let Ok(Some(resource)) = version(file) {
            read_block(resource, DEPTH, &mut strings);
        }
        Some(Self { managed, strings })
    }

    /// A string without the zeros and spaces that builds pad it with.
    pub fn get(&self, key: &str) -> Option<&str> {
        let value = self
            .strings
            .get(key)?
            .trim_matches(|c: char| c == '\0' || c.is_whitespace());
        Some(value).filter(|value| !value.is_empty())
    }
}

/// The first version resource, of any name and language.
fn version<'a, Pe: ImageNtHeaders>(file: &PeFile<'a, Pe>) -> read::Result<Option<&'a [u8]>> {
    let sections = file.section_table();
    let Some(directory) = file
        .data_directories()
        .resource_directory(file.data(), &sections)?
    else {
        return Ok(None);
    };
    let is_version = |entry: &&pe::ImageResourceDirectoryEntry| {
        matches!(entry.name_or_id(), ResourceNameOrId::Id(VERSION))
    };
    let Some(kind) = directory.root()?.entries.iter().find(is_version) else {
        return Ok(None);
    };
    let names = kind.data(directory)?.table();
    let Some(name) = names.and_then(|names| names.entries.first()) else {
        return Ok(None);
    };
    let languages = name.data(directory)?.table();
    let Some(language) = languages.and_then(|languages| languages.entries.first()) else {
        return Ok(None);
    };
    let Some(entry) = language.data(directory)?.data() else {
        return Ok(None);
    };
    let data = sections.pe_data_at(file.data(), entry.offset_to_data.get(LE));
    Ok(data.and_then(|data| data.get(..entry.size.get(LE) as usize)))
}

/// A block: its length, the length of its value, whether the value is text,
/// a key, the value, and blocks inside, all aligned to four bytes.
fn read_block(bytes: &[u8], depth: usize, strings: &mut BTreeMap<String, String>) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    let word = |at: usize| {
        let raw = bytes.get(at..at + 2)?;
        Some(usize::from(u16::from_le_bytes(raw.try_into().ok()?)))
    };
    let (Some(length), Some(kind)) = (word(2), word(4)) else {
        return;
    };
    let Some((key, key_length)) = text(bytes.get(6..).unwrap_or_default()) else {
        return;
    };
    let value = (6 + key_length).next_multiple_of(4);
    if depth == 0 {
        if let Some((value, _)) = text(bytes.get(value..).unwrap_or_default()) {
            strings.entry(key).or_insert(value);
        }
        return;
    }
    if key == "VarFileInfo" {
        return;
    }
    // The lengths of text count characters, the other ones bytes.
    let value_length = if kind == 1 { length * 2 } else { length };
    let mut at = (value + value_length).next_multiple_of(4);
    while let Some(length) = word(at).filter(|length| *length > 0) {
        let end = (at + length).min(bytes.len());
        read_block(bytes.get(at..end).unwrap_or_default(), depth, strings);
        at = (at + length).next_multiple_of(4);
    }
}

/// Text up to its end or a zero, and how long it is with that zero.
fn text(bytes: &[u8]) -> Option<(String, usize)> {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).take(4096).collect();
    let length = (units.len() + 1) * 2;
    Some((String::from_utf16_lossy(&units), length))
}

#[cfg(test)]
pub(super) mod build {
    /// A block of a version resource.
    fn block(key: &str, value: &[u8], text: bool, inside: &[u8]) -> Vec<u8> {
        let units = |text: &str| -> Vec<u8> {
            let units = text.encode_utf16().chain([0]);
            units.flat_map(u16::to_le_bytes).collect()
        };
        let mut block = vec![0; 6];
        block.extend(units(key));
        block.resize(block.len().next_multiple_of(4), 0);
        block.extend(value);
        block.resize(block.len().next_multiple_of(4), 0);
        block.extend(inside);
        let length = u16::try_from(block.len()).unwrap();
        let value = u16::try_from(value.len() / if text { 2 } else { 1 }).unwrap();
        block[..2].copy_from_slice(&length.to_le_bytes());
        block[2..4].copy_from_slice(&value.to_le_bytes());
        block[4..6].copy_from_slice(&u16::from(text).to_le_bytes());
        block
    }

    fn resource(strings: &[(&str, &str)]) -> Vec<u8> {
        let mut table = Vec::new();
        for (key, value) in strings {
            let value: Vec<u8> = value
                .encode_utf16()
                .chain([0])
                .flat_map(u16::to_le_bytes)
                .collect();
            table.extend(block(key, &value, true, &[]));
            table.resize(table.len().next_multiple_of(4), 0);
        }
        let language = block("000004b0", &[], true, &table);
        let info = block("StringFileInfo", &[], true, &language);
        let other = block(
            "VarFileInfo",
            &[],
            true,
            &block("Translation", &[0; 4], false, &[]),
        );
        block("VS_VERSION_INFO", &[0; 52], false, &[other, info].concat())
    }

    /// A 64-bit library with one section, for its resources.
    pub(crate) fn library(managed: bool, strings: &[(&str, &str)]) -> Vec<u8> {
        const AT: u32 = 0x1000;
        let version = resource(strings);
        let mut section = Vec::new();
        // Kind, name and language of the resource, then where it lies.
        for (id, next) in [(16_u32, 24_u32 | 1 << 31), (1, 48 | 1 << 31), (1033, 72)] {
            section.extend([0; 14]);
            section.extend(1_u16.to_le_bytes());
            section.extend(id.to_le_bytes());
            section.extend(next.to_le_bytes());
        }
        section.extend((AT + 88).to_le_bytes());
        section.extend(u32::try_from(version.len()).unwrap().to_le_bytes());
        section.extend([0; 8]);
        section.extend(version);
        let size = u32::try_from(section.len()).unwrap();

        let mut file = b"MZ".to_vec();
        file.resize(60, 0);
        file.extend(64_u32.to_le_bytes());
        file.extend(b"PE\0\0\x64\x86\x01\0");
        file.extend([0; 12]);
        file.extend(240_u16.to_le_bytes());
        file.extend([0; 2]);
        let header = file.len();
        file.extend(0x20b_u16.to_le_bytes());
        file.resize(header + 108, 0);
        file.extend(16_u32.to_le_bytes());
        for directory in 0..16 {
            let (at, size) = match directory {
                2 => (AT, size),
                14 if managed => (AT, 72),
                _ => (0, 0),
            };
            file.extend([at, size].map(u32::to_le_bytes).concat());
        }
        file.extend(b".rsrc\0\0\0");
        let start = u32::try_from(file.len() + 32).unwrap();
        file.extend([size, AT, size, start].map(u32::to_le_bytes).concat());
        file.extend([0; 16]);
        file.extend(section);
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stand_in_blocks_in_blocks() {
        let file = build::library(true, &[("ProductName", "X"), ("FileVersion", "1.2.3.4")]);
        let executable = Executable::read(&file).unwrap();
        assert!(executable.managed);
        assert_eq!(executable.get("ProductName"), Some("X"));
        assert_eq!(executable.get("FileVersion"), Some("1.2.3.4"));
        assert!(
            !Executable::read(&build::library(false, &[]))
                .unwrap()
                .managed
        );
        for end in 0..file.len() {
            let _ = Executable::read(&file[..end]);
        }
    }
}
