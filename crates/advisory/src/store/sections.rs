//! The container of every file of the store: a magic number, a table of
//! sections, the sections. Numbers are little-endian. Every read is checked
//! against the bounds of the file and the hash of its block, since a file may
//! be cut or altered.

use std::cmp;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

const MAGIC: &[u8; 8] = b"plmsld\x00\x02";
/// Bytes that are checked together.
const BLOCK: usize = 16 << 10;
/// Bytes of a BLAKE3 hash.
const HASH: usize = 32;

/// A file that contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

/// Puts sections together into the bytes of a file, sealed block by block.
pub(crate) fn join(sections: &[Vec<u8>]) -> Vec<u8> {
    let head = 16 + 16 * sections.len();
    let mut out = Vec::with_capacity(head + sections.iter().map(|s| s.len() + 8).sum::<usize>());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&(sections.len() as u64).to_le_bytes());
    let mut offset = head;
    for section in sections {
        out.extend_from_slice(&(offset as u64).to_le_bytes());
        out.extend_from_slice(&(section.len() as u64).to_le_bytes());
        offset += section.len().next_multiple_of(8);
    }
    for section in sections {
        out.extend_from_slice(section);
        out.resize(out.len().next_multiple_of(8), 0);
    }
    seal(&mut out);
    out
}

/// Appends the hash of each block, and how long the file was before.
fn seal(out: &mut Vec<u8>) {
    let length = out.len();
    let hashes: Vec<u8> = out
        .chunks(BLOCK)
        .flat_map(|block| *blake3::hash(block).as_bytes())
        .collect();
    out.extend_from_slice(&hashes);
    out.extend_from_slice(&(length as u64).to_le_bytes());
}

/// What a sealed file is called: the first 160 bits of the BLAKE3 of its seal,
/// in hex. `None` for what carries none.
pub(crate) fn name_of(file: &[u8]) -> Option<String> {
    Some(blake3::hash(seal_of(file)?.1).to_hex()[..40].to_owned())
}

/// The content of a sealed file and its seal.
fn seal_of(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, length) = file.split_last_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (content, seal) = file.split_at_checked(length)?;
    let blocks = content.len().div_ceil(BLOCK);
    (seal.len() == blocks.checked_mul(HASH)?.checked_add(8)?).then_some((content, seal))
}

/// Whether a file that came from elsewhere is, to its last byte, the one that
/// is called so.
pub(crate) fn is_whole(file: &[u8], name: &str) -> bool {
    let content = name.split('.').next().unwrap_or_default();
    let Some((bytes, seal)) = seal_of(file) else {
        return false;
    };
    let hashes = bytes.chunks(BLOCK).zip(seal.chunks(HASH));
    name_of(file).as_deref() == Some(content)
        && hashes
            .into_iter()
            .all(|(block, hash)| blake3::hash(block).as_bytes() == hash)
}

/// A mapped file. Its seal is checked when it is opened, each block when it is
/// first read, so that opening costs next to nothing and no byte is trusted.
pub(crate) struct Sections<const N: usize> {
    map: memmap2::Mmap,
    /// Bytes of content; the seal follows.
    length: usize,
    /// One bit for each block that was found to be what was sealed.
    checked: Vec<AtomicU64>,
    places: [(usize, usize); N],
}

impl<const N: usize> Sections<N> {
    /// Maps the file that was called `name` when it was written.
    pub(crate) fn open(path: &Path, name: &str) -> io::Result<Result<Self, Corrupt>> {
        let file = File::open(path)?;
        // SAFETY: files of the store are written under a name that is not
        // used yet, renamed into place and never changed afterwards.
        #[allow(unsafe_code)]
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self::read(map, name).ok_or(Corrupt))
    }

    fn read(map: memmap2::Mmap, name: &str) -> Option<Self> {
        if name_of(&map)? != name {
            return None;
        }
        let length = seal_of(&map)?.0.len();
        let blocks = length.div_ceil(BLOCK);
        let mut sections = Self {
            map,
            length,
            checked: (0..blocks.div_ceil(64))
                .map(|_| AtomicU64::new(0))
                .collect(),
            places: [(0, 0); N],
        };
        let number = |at: usize| -> Option<usize> {
            let bytes = sections.get(at, at.checked_add(8)?).ok()?;
            usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        if sections.get(0, 8).ok()? != MAGIC || number(8)? != N {
            return None;
        }
        let mut places = [(0, 0); N];
        for (i, place) in places.iter_mut().enumerate() {
            let start = number(16 + 16 * i)?;
            let end = start.checked_add(number(24 + 16 * i)?)?;
            if end > length {
                return None;
            }
            *place = (start, end);
        }
        sections.places = places;
        Some(sections)
    }

    /// Bytes of the file, blocks checked.
    fn get(&self, start: usize, end: usize) -> Result<&[u8], Corrupt> {
        if start > end || end > self.length {
            return Err(Corrupt);
        }
        for block in start / BLOCK..end.div_ceil(BLOCK) {
            let seen = self.checked.get(block / 64).ok_or(Corrupt)?;
            let bit = 1 << (block % 64);
            if seen.load(Ordering::Relaxed) & bit == 0 {
                let from = block * BLOCK;
                let bytes = self.map.get(from..self.length.min(from + BLOCK));
                let at = self.length + block * HASH;
                let sealed = self.map.get(at..at + HASH).ok_or(Corrupt)?;
                if blake3::hash(bytes.ok_or(Corrupt)?).as_bytes() != sealed {
                    return Err(Corrupt);
                }
                seen.fetch_or(bit, Ordering::Relaxed);
            }
        }
        self.map.get(start..end).ok_or(Corrupt)
    }

    /// Bytes of a section.
    fn slice(&self, section: usize, start: usize, end: usize) -> Result<&[u8], Corrupt> {
        let (first, last) = *self.places.get(section).ok_or(Corrupt)?;
        let (start, end) = (first.checked_add(start), first.checked_add(end));
        let (start, end) = (start.ok_or(Corrupt)?, end.ok_or(Corrupt)?);
        if end > last {
            return Err(Corrupt);
        }
        self.get(start, end)
    }

    /// A row of a section of rows of `W` numbers.
    pub(crate) fn row<const W: usize>(
        &self,
        section: usize,
        index: u32,
    ) -> Result<[u32; W], Corrupt> {
        let width = 4 * W;
        let start = (index as usize).checked_mul(width).ok_or(Corrupt)?;
        let end = start.checked_add(width).ok_or(Corrupt)?;
        let bytes = self.slice(section, start, end)?;
        let mut row = [0; W];
        for (value, bytes) in row.iter_mut().zip(bytes.chunks_exact(4)) {
            *value = u32::from_le_bytes(bytes.try_into().map_err(|_| Corrupt)?);
        }
        Ok(row)
    }

    /// How many rows of `W` numbers a section has.
    pub(crate) fn rows<const W: usize>(&self, section: usize) -> u32 {
        let (start, end) = self.places.get(section).copied().unwrap_or_default();
        u32::try_from((end - start) / (4 * W)).unwrap_or(u32::MAX)
    }

    /// The item `index` of a list: `ends` is a section of rows of `W` numbers
    /// whose first is where the item ends in `items`.
    pub(crate) fn item<const W: usize>(
        &self,
        ends: usize,
        items: usize,
        index: u32,
    ) -> Result<&[u8], Corrupt> {
        let start = match index.checked_sub(1) {
            Some(before) => self.row::<W>(ends, before)?[0],
            None => 0,
        };
        let end = self.row::<W>(ends, index)?[0];
        self.slice(items, start as usize, end as usize)
    }

    /// Like [`Self::item`], as text.
    pub(crate) fn text<const W: usize>(
        &self,
        ends: usize,
        items: usize,
        index: u32,
    ) -> Result<&str, Corrupt> {
        std::str::from_utf8(self.item::<W>(ends, items, index)?).map_err(|_| Corrupt)
    }

    /// The index of a key in a sorted list, or of the first greater one.
    pub(crate) fn search<const W: usize>(
        &self,
        ends: usize,
        items: usize,
        key: &[u8],
    ) -> Result<Result<u32, u32>, Corrupt> {
        let (mut low, mut high) = (0, self.rows::<W>(ends));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.item::<W>(ends, items, middle)?.cmp(key) {
                cmp::Ordering::Equal => return Ok(Ok(middle)),
                cmp::Ordering::Less => low = middle + 1,
                cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(Err(low))
    }
}

/// A list under construction: items one behind the other, and where each ends.
#[derive(Default)]
pub(crate) struct Items {
    pub bytes: Vec<u8>,
    pub ends: Vec<u8>,
}

impl Items {
    /// Adds an item, with more numbers for its row.
    pub(crate) fn push(&mut self, item: &[u8], more: &[u32]) {
        self.bytes.extend_from_slice(item);
        self.ends
            .extend_from_slice(&(self.bytes.len() as u32).to_le_bytes());
        for number in more {
            self.ends.extend_from_slice(&number.to_le_bytes());
        }
    }
}
