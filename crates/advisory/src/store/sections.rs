//! The container of every file of the store: a magic number, a table of
//! sections, the sections. Numbers are little-endian. Every read is checked
//! against the bounds of the file, since a file may be cut or altered.

use std::fs::File;
use std::io;
use std::path::Path;

const MAGIC: &[u8; 8] = b"plmsld\x00\x01";

/// A file that contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

/// Puts sections together into the bytes of a file.
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
    out
}

/// A mapped file.
pub(crate) struct Sections<const N: usize> {
    map: memmap2::Mmap,
    places: [(usize, usize); N],
}

impl<const N: usize> Sections<N> {
    /// Maps a file; only its table of sections is looked at.
    pub(crate) fn open(path: &Path) -> io::Result<Result<Self, Corrupt>> {
        let file = File::open(path)?;
        // SAFETY: files of the store are written under a name that is not
        // used yet, renamed into place and never changed afterwards.
        #[allow(unsafe_code)]
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self::read(map).ok_or(Corrupt))
    }

    fn read(map: memmap2::Mmap) -> Option<Self> {
        let number = |at: usize| -> Option<usize> {
            let bytes = map.get(at..at.checked_add(8)?)?;
            usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        if map.get(..8)? != MAGIC || number(8)? != N {
            return None;
        }
        let mut places = [(0, 0); N];
        for (i, place) in places.iter_mut().enumerate() {
            let start = number(16 + 16 * i)?;
            let end = start.checked_add(number(24 + 16 * i)?)?;
            map.get(start..end)?;
            *place = (start, end);
        }
        Some(Self { map, places })
    }

    /// The whole file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The bytes of a section.
    pub(crate) fn section(&self, index: usize) -> &[u8] {
        let (start, end) = self.places.get(index).copied().unwrap_or_default();
        self.map.get(start..end).unwrap_or_default()
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
        let bytes = self.section(section).get(start..end).ok_or(Corrupt)?;
        let mut row = [0; W];
        for (value, bytes) in row.iter_mut().zip(bytes.chunks_exact(4)) {
            *value = u32::from_le_bytes(bytes.try_into().map_err(|_| Corrupt)?);
        }
        Ok(row)
    }

    /// How many rows of `W` numbers a section has.
    pub(crate) fn rows<const W: usize>(&self, section: usize) -> u32 {
        u32::try_from(self.section(section).len() / (4 * W)).unwrap_or(u32::MAX)
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
        self.section(items)
            .get(start as usize..end as usize)
            .ok_or(Corrupt)
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
                std::cmp::Ordering::Equal => return Ok(Ok(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
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
