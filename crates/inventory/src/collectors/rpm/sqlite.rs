//! `rpmdb.sqlite`: as much of the SQLite file format as it takes to read one
//! table, with the committed part of the write-ahead log on top
//! (<https://sqlite.org/fileformat2.html>).

use super::Rows;
use super::integers::Order::Big;
use super::wal;
use crate::collector::CollectError;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

const MAGIC: &[u8] = b"SQLite format 3\0";
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;

pub(super) fn rows(bytes: &[u8], log: Option<&[u8]>) -> Result<Rows, CollectError> {
    let database = Database::open(bytes, log)?;
    let mut root = None;
    let mut schema = Rows::new(database.length);
    database.table(1, &mut schema, |_, record| {
        root = root.or_else(|| packages_root(record));
    });
    let root = root.ok_or_else(|| CollectError::new("it has no readable table `Packages`"))?;
    let mut rows = Rows::new(database.length);
    database.table(root, &mut rows, |rows, record| {
        // `hnum` is the row id and stored as NULL; the second column is the header.
        let header = columns(record).and_then(|columns| record.get(columns.get(1)?.clone()));
        match header {
            Some(header) => rows.push(header),
            None => rows.damage("a row is damaged"),
        }
    });
    Ok(rows)
}

/// The root page, if this row of the schema is the one of the package table.
fn packages_root(record: &[u8]) -> Option<u32> {
    let columns = columns(record)?;
    let column = |at: usize| record.get(columns.get(at)?.clone());
    if column(0)? != b"table" || column(1)? != b"Packages" {
        return None;
    }
    let number = column(3)?;
    (number.len() <= 4).then(|| number.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
}

struct Database<'a> {
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
    fn open(bytes: &'a [u8], log: Option<&'a [u8]>) -> Result<Self, CollectError> {
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

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        if let Some(page) = self.newer.get(&number) {
            return page.get(..self.page);
        }
        let start = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = start.checked_mul(self.page)?;
        self.bytes.get(start..start.checked_add(self.page)?)
    }

    /// Hands on the records of a table, and notes in `rows` what is damaged.
    /// A page belongs to one place only, which bounds the walk and everything
    /// it copies.
    fn table(&self, root: u32, rows: &mut Rows, mut record: impl FnMut(&mut Rows, &[u8])) {
        let mut visited = HashSet::new();
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            let page = self.page(number).filter(|_| visited.insert(number));
            let Some(page) = page else {
                rows.damage("a page is missing or in two places");
                continue;
            };
            // The first page begins with the header of the file.
            let start = if number == 1 { 100 } else { 0 };
            let cells = usize::from(Big.u16(page, start + 3).unwrap_or(0));
            if cells == 0 && self.has_cells(page, start) {
                rows.damage("a page has content and no rows");
            }
            match page.get(start) {
                Some(&INTERIOR) => {
                    waiting.extend(Big.u32(page, start + 8));
                    // Reversed, so that rows come in the order of their ids.
                    for cell in (0..cells).rev() {
                        let at = Big.u16(page, start + 12 + 2 * cell).map(usize::from);
                        match at.and_then(|at| Big.u32(page, at)) {
                            Some(child) => waiting.push(child),
                            None => rows.damage("a page is damaged"),
                        }
                    }
                }
                Some(&LEAF) => {
                    for cell in 0..cells {
                        let at = Big.u16(page, start + 8 + 2 * cell).map(usize::from);
                        match at.and_then(|at| self.payload(page, at, &mut visited)) {
                            Some(payload) => record(rows, &payload),
                            None => rows.damage("a row is damaged"),
                        }
                    }
                }
                _ => rows.damage("a page is no part of a table"),
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

    /// What a cell of a leaf page holds, its overflow pages included.
    fn payload(
        &self,
        page: &'a [u8],
        at: usize,
        visited: &mut HashSet<u32>,
    ) -> Option<Cow<'a, [u8]>> {
        let mut cell = page.get(at..self.usable)?;
        let length = usize::try_from(varint(&mut cell)?).ok()?;
        varint(&mut cell)?;
        let most = self.usable - 35;
        if length <= most {
            return cell.get(..length).map(Cow::Borrowed);
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
        Some(Cow::Owned(content))
    }
}

/// Where the columns of a record lie in it.
fn columns(record: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut rest = record;
    let header = usize::try_from(varint(&mut rest)?).ok()?;
    let mut kinds = record.get(record.len() - rest.len()..header)?;
    let mut columns = Vec::new();
    let mut at = header;
    while !kinds.is_empty() {
        let length = match varint(&mut kinds)? {
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
        columns.push(at..end);
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
