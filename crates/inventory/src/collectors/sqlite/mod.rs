//! As much of the SQLite file format as it takes to read tables, with the
//! committed part of the write-ahead log on top
//! (<https://sqlite.org/fileformat2.html>). Not a collector itself.

mod wal;

use super::integers::Order::Big;
use crate::collector::CollectError;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

const MAGIC: &[u8] = b"SQLite format 3\0";
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;

/// A row of a table.
pub(super) struct Row<'r> {
    /// Its id; a column declared as `INTEGER PRIMARY KEY` is this number, and
    /// stored as NULL.
    pub id: u64,
    record: &'r [u8],
    columns: Vec<Column>,
}

/// The serial type of a value, and where it lies in its record.
type Column = (u64, Range<usize>);

impl<'r> Row<'r> {
    /// The bytes of a text or blob; empty for NULL.
    pub fn bytes(&self, column: usize) -> Option<&'r [u8]> {
        let (_, range) = self.columns.get(column)?;
        self.record.get(range.clone())
    }

    /// An integer, as far as it is positive.
    pub fn number(&self, column: usize) -> Option<u64> {
        let (kind, range) = self.columns.get(column)?;
        let bytes = self.record.get(range.clone())?;
        match kind {
            1..=6 => Some(bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))),
            // The two integers that take no bytes.
            8 => Some(0),
            9 => Some(1),
            _ => None,
        }
    }
}

pub(super) struct Database<'a> {
    bytes: &'a [u8],
    /// Newer versions of pages, from the log.
    newer: HashMap<u32, &'a [u8]>,
    page: usize,
    /// Bytes of the database and its log.
    length: usize,
    /// Bytes of a page that are used.
    usable: usize,
}

impl<'a> Database<'a> {
    pub fn open(bytes: &'a [u8], log: Option<&'a [u8]>) -> Result<Self, CollectError> {
        let newer = log.map(wal::committed).unwrap_or_default();
        let header = newer.get(&1).copied().unwrap_or(bytes);
        if !header.starts_with(MAGIC) {
            return Err(CollectError::new("it is not an SQLite database"));
        }
        let page = match Big.u16(header, 16) {
            Some(1) => 65536,
            Some(size) if size >= 512 && size.is_power_of_two() => usize::from(size),
            _ => return Err(CollectError::new("its page size makes no sense")),
        };
        let reserved = header.get(20).copied().map_or(0, usize::from);
        let usable = page - reserved;
        // The format allows no less (section 1.3.4), and it takes this much
        // for the payload of a cell to have room for its beginning.
        if usable < 480 {
            return Err(CollectError::new("its pages have too much reserved space"));
        }
        Ok(Self {
            bytes,
            newer,
            page,
            length: bytes.len() + log.map_or(0, <[u8]>::len),
            usable,
        })
    }

    /// Bytes of the database and its log.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Hands on the rows of a table in the order of their ids, and in between
    /// what is damaged.
    ///
    /// # Errors
    /// When there is no such table.
    pub fn rows(
        &self,
        table: &str,
        mut each: impl FnMut(Result<Row<'_>, &'static str>),
    ) -> Result<(), CollectError> {
        let mut root = None;
        self.walk(1, |row| {
            if root.is_none()
                && let Ok(row) = row
            {
                root = row.root_of(table);
            }
        });
        let root =
            root.ok_or_else(|| CollectError(format!("it has no readable table `{table}`")))?;
        self.walk(root, &mut each);
        Ok(())
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        if let Some(page) = self.newer.get(&number) {
            return page.get(..self.page);
        }
        let start = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = start.checked_mul(self.page)?;
        self.bytes.get(start..start.checked_add(self.page)?)
    }

    /// Hands on the rows of a table and what is damaged. A page belongs to one
    /// place only, which bounds the walk and everything it copies.
    fn walk(&self, root: u32, mut each: impl FnMut(Result<Row<'_>, &'static str>)) {
        let mut visited = HashSet::new();
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            let page = self.page(number).filter(|_| visited.insert(number));
            let Some(page) = page else {
                each(Err("a page is missing or in two places"));
                continue;
            };
            // The first page begins with the header of the file.
            let start = if number == 1 { 100 } else { 0 };
            let cells = usize::from(Big.u16(page, start + 3).unwrap_or(0));
            if cells == 0 && self.has_cells(page, start) {
                each(Err("a page has content and no rows"));
            }
            match page.get(start) {
                Some(&INTERIOR) => {
                    waiting.extend(Big.u32(page, start + 8));
                    // Reversed, so that rows come in the order of their ids.
                    for cell in (0..cells).rev() {
                        let at = Big.u16(page, start + 12 + 2 * cell).map(usize::from);
                        match at.and_then(|at| Big.u32(page, at)) {
                            Some(child) => waiting.push(child),
                            None => each(Err("a page is damaged")),
                        }
                    }
                }
                Some(&LEAF) => {
                    for cell in 0..cells {
                        let at = Big.u16(page, start + 8 + 2 * cell).map(usize::from);
                        match at.and_then(|at| self.payload(page, at, &mut visited)) {
                            Some((id, payload)) => each(row(id, &payload)),
                            None => each(Err("a row is damaged")),
                        }
                    }
                }
                _ => each(Err("a page is no part of a table")),
            }
        }
    }

    /// Whether cells begin before the end of a page; 0 stands for 65536.
    fn has_cells(&self, page: &[u8], start: usize) -> bool {
        let begin = match Big.u16(page, start + 5) {
            Some(0) if self.page == 65536 => 65536,
            begin => begin.map_or(0, usize::from),
        };
        begin < self.usable
    }

    /// What a cell of a leaf page holds, its overflow pages included, and the
    /// id of the row.
    fn payload(
        &self,
        page: &'a [u8],
        at: usize,
        visited: &mut HashSet<u32>,
    ) -> Option<(u64, Cow<'a, [u8]>)> {
        let mut cell = page.get(at..self.usable)?;
        let length = usize::try_from(varint(&mut cell)?).ok()?;
        let id = varint(&mut cell)?;
        let most = self.usable - 35;
        if length <= most {
            return Some((id, Cow::Borrowed(cell.get(..length)?)));
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let wanted = least + (length - least) % (self.usable - 4);
        let local = if wanted <= most { wanted } else { least };
        let mut content = cell.get(..local)?.to_vec();
        let mut next = Big.u32(cell, local)?;
        while content.len() < length {
            if next == 0 || !visited.insert(next) {
                return None;
            }
            let page = self.page(next)?;
            let part = page.get(4..self.usable)?;
            let rest = length - content.len();
            content.extend_from_slice(part.get(..rest).unwrap_or(part));
            next = Big.u32(page, 0)?;
        }
        Some((id, Cow::Owned(content)))
    }
}

fn row(id: u64, record: &[u8]) -> Result<Row<'_>, &'static str> {
    let columns = columns(record).ok_or("a row is damaged")?;
    Ok(Row {
        id,
        record,
        columns,
    })
}

impl Row<'_> {
    /// The root page, if this row of the schema is the one of `table`.
    fn root_of(&self, table: &str) -> Option<u32> {
        if self.bytes(0)? != b"table" || self.bytes(1)? != table.as_bytes() {
            return None;
        }
        u32::try_from(self.number(3)?).ok()
    }
}

/// Where the columns of a record lie in it.
fn columns(record: &[u8]) -> Option<Vec<Column>> {
    let mut rest = record;
    let header = usize::try_from(varint(&mut rest)?).ok()?;
    let mut kinds = record.get(record.len() - rest.len()..header)?;
    let mut columns = Vec::new();
    let mut at = header;
    while !kinds.is_empty() {
        let kind = varint(&mut kinds)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            kind @ 1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            kind => (kind - 12) / 2,
        };
        let end = at.checked_add(usize::try_from(length).ok()?)?;
        if end > record.len() {
            return None;
        }
        columns.push((kind, at..end));
        at = end;
    }
    Some(columns)
}

/// Big-endian base 128, at most nine bytes; the ninth counts in full.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for at in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if at == 8 {
            return Some(value << 8 | u64::from(*byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}
