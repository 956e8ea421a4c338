//! Zip archives in memory, read by their central directory (APPNOTE 6.3).
//!
//! What precedes the archive (the start script of an executable jar) does not
//! matter: positions are counted from where the directory really is.

use crate::content::{Bytes, Content};
use flate2::read::DeflateDecoder;
use std::borrow::Cow;
use std::io::Read;

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const END_64: &[u8] = b"PK\x06\x06";
const END_64_LENGTH: usize = 56;
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const LOCATOR_64_LENGTH: usize = 20;
const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_LENGTH: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LENGTH: usize = 30;

/// Why an archive or an entry cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ZipError {
    /// It is not one, or damaged.
    #[error("{0}")]
    Broken(&'static str),
    /// It is larger than allowed.
    #[error("it has or is more than is read")]
    TooLarge,
}

pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    /// Bytes in front of the archive.
    prefix: usize,
    pub entries: Vec<Entry<'a>>,
    /// Whether the directory ends in nonsense.
    pub cut: bool,
}

pub(crate) struct Entry<'a> {
    pub name: Cow<'a, str>,
    method: u16,
    encrypted: bool,
    stored: u64,
    pub size: u64,
    offset: u64,
}

impl Entry<'_> {
    /// Whether the content lies in the archive as it is.
    pub fn is_stored(&self) -> bool {
        self.method == 0
    }
}

impl<'a> Archive<'a> {
    pub fn open(bytes: &'a [u8], most: usize) -> Result<Self, ZipError> {
        let (start, end, offset) =
            directory(bytes).ok_or(ZipError::Broken("it is not a zip archive"))?;
        let mut rest = bytes.get(start..end).unwrap_or_default();
        let mut entries = Vec::new();
        while rest.starts_with(CENTRAL) {
            if entries.len() >= most {
                return Err(ZipError::TooLarge);
            }
            let Some((entry, length)) = Entry::read(rest) else {
                break;
            };
            entries.push(entry);
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(Self {
            bytes,
            prefix: start.saturating_sub(offset),
            entries,
            cut: !rest.is_empty(),
        })
    }

    /// The content of an entry, unless it is longer than `most` bytes.
    pub fn content(&self, entry: &Entry<'_>, most: u64) -> Result<Cow<'a, [u8]>, ZipError> {
        let raw = self.checked(entry, most)?;
        if entry.is_stored() {
            return Ok(Cow::Borrowed(raw));
        }
        let mut content = Vec::new();
        inflate(entry, raw, |chunk| {
            content.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(Cow::Owned(content))
    }

    /// Like [`Archive::content`], for what may be large: past `memory` bytes
    /// it goes to a file.
    pub fn unpack(
        &self,
        entry: &Entry<'_>,
        most: u64,
        memory: u64,
    ) -> Result<Unpacked<'a>, ZipError> {
        let raw = self.checked(entry, most)?;
        if entry.is_stored() {
            return Ok(Unpacked::Stored(raw));
        }
        let mut content = Content::new(entry.size, memory);
        inflate(entry, raw, |chunk| content.write(chunk))?;
        Ok(Unpacked::Inflated(content))
    }

    /// The stored bytes of an entry that can be unpacked.
    fn checked(&self, entry: &Entry<'_>, most: u64) -> Result<&'a [u8], ZipError> {
        if entry.encrypted {
            return Err(ZipError::Broken("it is encrypted"));
        }
        if entry.size > most {
            return Err(ZipError::TooLarge);
        }
        let raw = self
            .raw(entry)
            .ok_or(ZipError::Broken("its content lies outside the archive"))?;
        match entry.method {
            0 | 8 => Ok(raw),
            _ => Err(ZipError::Broken("its compression is unknown")),
        }
    }

    fn raw(&self, entry: &Entry<'_>) -> Option<&'a [u8]> {
        let start = self.prefix.checked_add(size(entry.offset)?)?;
        let local = self.bytes.get(start..)?;
        if !local.starts_with(LOCAL) {
            return None;
        }
        let names = usize::from(u16_at(local, 26)?) + usize::from(u16_at(local, 28)?);
        local
            .get(LOCAL_LENGTH + names..)?
            .get(..size(entry.stored)?)
    }
}

/// What an entry holds.
pub(crate) enum Unpacked<'a> {
    Stored(&'a [u8]),
    Inflated(Content),
}

impl Unpacked<'_> {
    pub fn open(&self) -> Result<Bytes<'_>, ZipError> {
        match self {
            Unpacked::Stored(bytes) => Ok(Bytes::Memory(bytes)),
            Unpacked::Inflated(content) => content.open().map_err(|_| NO_ROOM),
        }
    }

    /// Bytes of memory that it takes.
    pub fn in_memory(&self) -> u64 {
        match self {
            Unpacked::Stored(_) => 0,
            Unpacked::Inflated(content) => content.in_memory(),
        }
    }
}

const NO_ROOM: ZipError = ZipError::Broken("its content cannot be kept in a temporary file");

/// Hands the inflated content of an entry on, piece by piece.
fn inflate(
    entry: &Entry<'_>,
    raw: &[u8],
    mut out: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), ZipError> {
    // The stated size is a claim; one byte more shows a false one.
    let mut input = DeflateDecoder::new(raw).take(entry.size.saturating_add(1));
    let mut chunk = [0; 16 << 10];
    let mut length = 0;
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                out(&chunk[..read]).map_err(|_| NO_ROOM)?;
                length += read as u64;
            }
            Err(_) => return Err(ZipError::Broken("its content does not inflate")),
        }
    }
    if length == entry.size {
        Ok(())
    } else {
        Err(ZipError::Broken("its size is not what the archive says"))
    }
}

impl<'a> Entry<'a> {
    /// The entry at the start of `bytes`, and how long its record is.
    fn read(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let name = usize::from(u16_at(bytes, 28)?);
        let extra = usize::from(u16_at(bytes, 30)?);
        let comment = usize::from(u16_at(bytes, 32)?);
        let mut entry = Self {
            name: String::from_utf8_lossy(bytes.get(CENTRAL_LENGTH..CENTRAL_LENGTH + name)?),
            method: u16_at(bytes, 10)?,
            encrypted: u16_at(bytes, 8)? & 1 != 0,
            stored: u32_at(bytes, 20)?.into(),
            size: u32_at(bytes, 24)?.into(),
            offset: u32_at(bytes, 42)?.into(),
        };
        let extra = bytes.get(CENTRAL_LENGTH + name..CENTRAL_LENGTH + name + extra)?;
        entry.widen(extra);
        let length = CENTRAL_LENGTH + name + extra.len() + comment;
        bytes.get(..length)?;
        Some((entry, length))
    }

    /// Fields that are all ones stand in the zip64 record, in this order.
    fn widen(&mut self, mut extra: &[u8]) {
        while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let Some(record) = extra.get(4..4 + usize::from(length)) else {
                return;
            };
            if id == 1 {
                let mut at = 0;
                for field in [&mut self.size, &mut self.stored, &mut self.offset] {
                    if *field == u64::from(u32::MAX)
                        && let Some(wide) = u64_at(record, at)
                    {
                        *field = wide;
                        at += 8;
                    }
                }
                return;
            }
            extra = extra.get(4 + usize::from(length)..).unwrap_or_default();
        }
    }
}

/// Where the central directory begins and ends, and where it says it begins.
fn directory(bytes: &[u8]) -> Option<(usize, usize, usize)> {
    let from = bytes.len().saturating_sub(END_LENGTH + 0xffff);
    let tail = bytes.get(from..)?;
    memchr::memmem::rfind_iter(tail, END).find_map(|at| {
        let end = from + at;
        let record = bytes.get(end..end + END_LENGTH)?;
        wide_directory(bytes, end).or_else(|| {
            let length = usize::try_from(u32_at(record, 12)?).ok()?;
            let offset = usize::try_from(u32_at(record, 16)?).ok()?;
            let start = end.checked_sub(length)?;
            let sane = length == 0 || bytes.get(start..)?.starts_with(CENTRAL);
            sane.then_some((start, end, offset))
        })
    })
}

fn wide_directory(bytes: &[u8], end: usize) -> Option<(usize, usize, usize)> {
    let locator = end.checked_sub(LOCATOR_64_LENGTH)?;
    let record = bytes.get(locator..end)?;
    if !record.starts_with(LOCATOR_64) {
        return None;
    }
    // Bytes in front of the archive make the stated position wrong; the
    // record then stands right before its locator.
    let stated = size(u64_at(record, 8)?);
    let at = [stated, locator.checked_sub(END_64_LENGTH)]
        .into_iter()
        .flatten()
        .find(|at| {
            bytes
                .get(*at..)
                .is_some_and(|rest| rest.starts_with(END_64))
        })?;
    let record = bytes.get(at..)?;
    let start = at.checked_sub(size(u64_at(record, 40)?)?)?;
    Some((start, at, size(u64_at(record, 48)?)?))
}

fn size(value: u64) -> Option<usize> {
    usize::try_from(value).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let raw = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(raw.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let raw = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(raw.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let raw = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(raw.try_into().ok()?))
}

#[cfg(test)]
pub(crate) mod build {
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    /// An archive of `(name, content)`, every second entry deflated.
    pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut file, mut directory) = (Vec::new(), Vec::new());
        for (at, (name, content)) in entries.iter().enumerate() {
            let mut stored = content.to_vec();
            let method = u16::try_from(at % 2).unwrap() * 8;
            if method == 8 {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(content).unwrap();
                stored = encoder.finish().unwrap();
            }
            let sizes =
                [stored.len(), content.len()].map(|n| u32::try_from(n).unwrap().to_le_bytes());
            let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
            let offset = u32::try_from(file.len()).unwrap().to_le_bytes();
            file.extend(b"PK\x03\x04\x14\0\0\0");
            file.extend(method.to_le_bytes());
            file.extend([0; 8]);
            file.extend(sizes.concat());
            file.extend(name_length);
            file.extend([0; 2]);
            file.extend(name.bytes());
            file.extend(stored);
            directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0");
            directory.extend(method.to_le_bytes());
            directory.extend([0; 8]);
            directory.extend(sizes.concat());
            directory.extend(name_length);
            directory.extend([0; 12]);
            directory.extend(offset);
            directory.extend(name.bytes());
        }
        let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
        let offset = u32::try_from(file.len()).unwrap().to_le_bytes();
        let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
        file.extend(directory);
        file.extend(b"PK\x05\x06\0\0\0\0");
        file.extend([count, count].concat());
        file.extend(length);
        file.extend(offset);
        file.extend([0; 2]);
        file
    }
}
