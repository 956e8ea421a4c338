//! A streaming reader of tar archives: ustar, GNU and PAX, one entry at a
//! time, nothing kept.
//!
//! It shows what container engines act on and hides nothing that they refuse:
//! oddities are counted in [`Oddities`] instead of being smoothed over.

mod pax;
mod sparse;
#[cfg(test)]
mod tests;

use pax::Pax;
use plimsoll_types::Capabilities;
use sparse::{Form, Layout, MAX_PIECES, Part};
use std::io::{self, BufRead};

const BLOCK: usize = 512;
/// What a hole is made of, as much of it as is handed out at a time.
static ZEROS: [u8; 16 << 10] = [0; 16 << 10];
/// Largest PAX header or GNU long name that is read.
const MAX_EXTENSION: u64 = 1 << 20;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    HardLink,
    Symlink,
    CharDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// The header of one entry, extensions applied.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// Name as stored, raw bytes.
    pub path: Vec<u8>,
    /// Link target as stored, raw bytes.
    pub link: Vec<u8>,
    pub kind: EntryKind,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Bytes of content, holes included.
    pub size: u64,
    /// Bytes of content that are stored nowhere.
    pub holes: u64,
    /// Major and minor device number.
    pub device: (u64, u64),
    /// Extended attribute `trusted.overlay.opaque=y`.
    pub overlay_opaque: bool,
    /// Extended attribute `security.capability`.
    pub capabilities: Capabilities,
}

/// What was unusual about the archive as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Oddities {
    /// A single zero block stood between entries.
    pub lone_zero_block: bool,
    /// A global header renames or resizes entries.
    pub global_names: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TarError {
    #[error("it is not a tar archive")]
    NotTar,
    #[error("entry {0} has a broken header")]
    BadHeader(u64),
    #[error("entry {0} is stored with holes that do not fit it")]
    BadSparse(u64),
    #[error("the archive ends inside entry {0}")]
    Truncated(u64),
    #[error("entry {0} has an extended header of more than 1 MiB")]
    ExtensionTooLong(u64),
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// Reads entries off a stream.
pub(crate) struct TarReader<R> {
    input: R,
    /// Content bytes of the current entry not read yet.
    remaining: u64,
    /// Padding after the content.
    padding: u64,
    /// How the content of the current entry is put together, if it has holes.
    layout: Option<Layout>,
    entries: u64,
    pub oddities: Oddities,
}

impl<R: BufRead> TarReader<R> {
    pub fn new(input: R) -> Self {
        Self {
            input,
            remaining: 0,
            padding: 0,
            layout: None,
            entries: 0,
            oddities: Oddities::default(),
        }
    }

    /// Gives the stream back.
    pub fn into_inner(self) -> R {
        self.input
    }

    /// The next entry; `None` at the end of the archive. Content of the
    /// previous one that was not read is skipped.
    pub fn next(&mut self) -> Result<Option<Header>, TarError> {
        self.skip_content()?;
        let mut pax = Pax::default();
        let mut long_path = None;
        let mut long_link = None;
        loop {
            let Some(block) = self.header_block()? else {
                return Ok(None);
            };
            self.entries += 1;
            let entry = self.entries;
            if !checksum_holds(&block) {
                let first = entry == 1;
                return Err(if first {
                    TarError::NotTar
                } else {
                    TarError::BadHeader(entry)
                });
            }
            let size = number(&block[124..136]).ok_or(TarError::BadHeader(entry))?;
            let read_pax = |content: Vec<u8>| Pax::read(&content).ok_or(TarError::BadHeader(entry));
            match block[156] {
                b'x' => pax = read_pax(self.extension(size, entry)?)?,
                // POSIX lets a global header speak for all entries after it.
                // The library of the engines skips it, together with what
                // stood before it for the next entry.
                b'g' => {
                    let global = read_pax(self.extension(size, entry)?)?;
                    self.oddities.global_names |= global.moves_content();
                    pax = Pax::default();
                    (long_path, long_link) = (None, None);
                }
                b'L' => long_path = Some(until_nul(&self.extension(size, entry)?)),
                b'K' => long_link = Some(until_nul(&self.extension(size, entry)?)),
                flag => {
                    return self
                        .entry(&block, flag, size, pax, long_path, long_link)
                        .map(Some);
                }
            }
        }
    }

    fn entry(
        &mut self,
        block: &[u8; BLOCK],
        flag: u8,
        size: u64,
        pax: Pax,
        long_path: Option<Vec<u8>>,
        long_link: Option<Vec<u8>>,
    ) -> Result<Header, TarError> {
        let entry = self.entries;
        let given = |name: Option<Vec<u8>>| name.filter(|name| !name.is_empty());
        let mut path = given(long_path)
            .or(pax.path)
            .unwrap_or_else(|| ustar_path(block));
        let kind = match flag {
            b'1' => EntryKind::HardLink,
            b'2' => EntryKind::Symlink,
            b'3' => EntryKind::CharDevice,
            b'4' => EntryKind::BlockDevice,
            b'5' => EntryKind::Directory,
            b'6' => EntryKind::Fifo,
            // The oldest format marks directories by a trailing slash only.
            0 if path.ends_with(b"/") => EntryKind::Directory,
            _ => EntryKind::File,
        };
        let stored = match kind {
            EntryKind::File => pax.size.unwrap_or(size),
            // Content of the others is legal to announce but never follows.
            _ => 0,
        };
        self.expect(stored);
        let layout = if flag == b'S' {
            Some(self.old_layout(block)?)
        } else {
            self.pax_layout(&pax.sparse, stored, &mut path)?
        };
        if layout.is_some() && kind != EntryKind::File {
            return Err(TarError::BadHeader(entry));
        }
        let holes = layout.as_ref().map_or(0, Layout::holes);
        let size = layout.as_ref().map_or(stored, Layout::size);
        self.layout = layout;
        let id = |range: std::ops::Range<usize>| {
            number(&block[range]).map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        Ok(Header {
            path,
            link: given(long_link)
                .or(pax.link)
                .unwrap_or_else(|| until_nul(&block[157..257])),
            kind,
            mode: number(&block[100..108]).map_or(0, |mode| (mode & 0o7777) as u16),
            uid: pax.uid.unwrap_or_else(|| id(108..116)),
            gid: pax.gid.unwrap_or_else(|| id(116..124)),
            size,
            holes,
            device: (
                number(&block[329..337]).unwrap_or(0),
                number(&block[337..345]).unwrap_or(0),
            ),
            overlay_opaque: pax.overlay_opaque,
            capabilities: pax.capabilities,
        })
    }

    /// The map of a type `S` entry: four pieces in its header, more in the
    /// blocks behind it, before the content.
    fn old_layout(&mut self, block: &[u8; BLOCK]) -> Result<Layout, TarError> {
        let entry = self.entries;
        let broken = TarError::BadSparse(entry);
        // Others use the same type for another layout.
        if &block[257..265] != b"ustar  \0" {
            return Err(TarError::BadHeader(entry));
        }
        let Some(size) = number(&block[483..495]) else {
            return Err(broken);
        };
        let mut pieces = Vec::new();
        let mut valid = sparse::old_pieces(block, 386..482, &mut pieces);
        let mut more = block[482] != 0;
        while more && valid.is_some() {
            let block = self.block()?.ok_or(TarError::Truncated(entry))?;
            valid = sparse::old_pieces(&block, 0..504, &mut pieces);
            more = block[504] != 0;
            if pieces.len() > MAX_PIECES {
                return Err(broken);
            }
        }
        valid.and_then(|()| Layout::new(pieces, size)).ok_or(broken)
    }

    fn pax_layout(
        &mut self,
        records: &pax::SparseRecords,
        stored: u64,
        path: &mut Vec<u8>,
    ) -> Result<Option<Layout>, TarError> {
        let broken = TarError::BadSparse(self.entries);
        let Some(form) = sparse::form(records) else {
            return Err(broken);
        };
        let Some(form) = form else { return Ok(None) };
        if !records.name.is_empty() {
            path.clone_from(&records.name);
        }
        let size = match [&records.size, &records.real_size]
            .into_iter()
            .find(|size| !size.is_empty())
        {
            None => Some(stored),
            Some(size) => pax::decimal(size),
        };
        let pieces = match form {
            Form::Records(pieces) => pieces,
            Form::Content => self.map_before_content()?,
        };
        size.and_then(|size| Layout::new(pieces, size))
            .ok_or(broken)
            .map(Some)
    }

    /// The map of form 1.0: decimal numbers, one a line, the first of them how
    /// many pairs follow, in whole blocks.
    fn map_before_content(&mut self) -> Result<Vec<sparse::Piece>, TarError> {
        let entry = self.entries;
        let broken = || TarError::BadSparse(entry);
        let (mut wanted, mut numbers, mut digits) = (None, Vec::new(), Vec::new());
        loop {
            if self.remaining < BLOCK as u64 {
                return Err(broken());
            }
            let block = self.block()?.ok_or(TarError::Truncated(entry))?;
            self.remaining -= BLOCK as u64;
            for byte in block {
                if wanted == Some(numbers.len()) {
                    break;
                }
                if byte != b'\n' {
                    digits.push(byte);
                    if digits.len() > 20 {
                        return Err(broken());
                    }
                    continue;
                }
                let value = pax::decimal(&digits).ok_or_else(broken)?;
                digits.clear();
                if wanted.is_some() {
                    numbers.push(value);
                } else {
                    let pairs = usize::try_from(value).ok().filter(|n| *n <= MAX_PIECES);
                    wanted = Some(pairs.ok_or_else(broken)? * 2);
                }
            }
            if wanted == Some(numbers.len()) {
                return Ok(sparse::pairs(&numbers));
            }
        }
    }

    /// Sets what follows a header.
    fn expect(&mut self, size: u64) {
        self.remaining = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        self.layout = None;
    }

    /// The next piece of the current entry's content; empty at its end.
    pub fn chunk(&mut self) -> Result<&[u8], TarError> {
        let most = match self.layout.as_ref().map(Layout::part) {
            None => self.remaining,
            Some(Part::Hole(length)) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                return Ok(&ZEROS[..length.min(ZEROS.len())]);
            }
            Some(Part::Data(length)) if length <= self.remaining => length,
            // Neither may be left when the other is at its end.
            Some(Part::End) if self.remaining == 0 => 0,
            Some(_) => return Err(TarError::BadSparse(self.entries)),
        };
        if most == 0 {
            return Ok(&[]);
        }
        let buffer = self.input.fill_buf()?;
        if buffer.is_empty() {
            return Err(TarError::Truncated(self.entries));
        }
        let length = usize::try_from(most)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        Ok(&buffer[..length])
    }

    /// Marks `length` bytes of the last chunk as read.
    pub fn consume(&mut self, length: usize) {
        if let Some(layout) = &mut self.layout {
            let hole = matches!(layout.part(), Part::Hole(_));
            layout.advance(length as u64);
            if hole {
                return;
            }
        }
        self.input.consume(length);
        self.remaining -= length as u64;
    }

    fn skip_content(&mut self) -> Result<(), TarError> {
        // Both come from numbers below 2^63.
        let mut left = self.remaining + self.padding;
        let padding = self.padding;
        self.expect(0);
        while left > 0 {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                // An archive may end without the padding of its last entry.
                return if left <= padding {
                    Ok(())
                } else {
                    Err(TarError::Truncated(self.entries))
                };
            }
            let length = usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            self.input.consume(length);
            left -= length as u64;
        }
        Ok(())
    }

    /// The next block that is not part of the end marker.
    fn header_block(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        let mut zeros = 0;
        loop {
            match self.block()? {
                None => return Ok(None),
                Some(block) if block.iter().all(|&b| b == 0) => {
                    zeros += 1;
                    if zeros == 2 {
                        return Ok(None);
                    }
                }
                Some(block) => {
                    self.oddities.lone_zero_block |= zeros > 0;
                    return Ok(Some(block));
                }
            }
        }
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return match (filled, self.entries) {
                    (0, _) => Ok(None),
                    (_, 0) => Err(TarError::NotTar),
                    (_, entries) => Err(TarError::Truncated(entries)),
                };
            }
            let length = buffer.len().min(BLOCK - filled);
            block[filled..filled + length].copy_from_slice(&buffer[..length]);
            self.input.consume(length);
            filled += length;
        }
        Ok(Some(block))
    }

    fn extension(&mut self, size: u64, entry: u64) -> Result<Vec<u8>, TarError> {
        if size > MAX_EXTENSION {
            return Err(TarError::ExtensionTooLong(entry));
        }
        self.expect(size);
        let mut content = Vec::new();
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                break;
            }
            let length = chunk.len();
            content.extend_from_slice(chunk);
            self.consume(length);
        }
        self.skip_content()?;
        Ok(content)
    }
}

fn checksum_holds(block: &[u8; BLOCK]) -> bool {
    let Some(stated) = number(&block[148..156]) else {
        return false;
    };
    let sum = |signed: bool| -> i64 {
        let value = |(i, &b): (usize, &u8)| match (i, signed) {
            (148..156, _) => i64::from(b' '),
            (_, true) => i64::from(b as i8),
            (_, false) => i64::from(b),
        };
        block.iter().enumerate().map(value).sum()
    };
    // Some old writers summed signed bytes.
    i64::try_from(stated).is_ok_and(|stated| stated == sum(false) || stated == sum(true))
}

/// An octal field, or base-256 when its first bit is set, below 2^63. Zero
/// bytes and spaces around the digits do not count; an empty field is 0.
fn number(field: &[u8]) -> Option<u64> {
    let value = if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        if first & 0x40 != 0 {
            return None;
        }
        rest.iter()
            .try_fold(u64::from(first & 0x3f), |value, &byte| {
                value.checked_mul(256)?.checked_add(u64::from(byte))
            })?
    } else {
        let blank = |byte: &u8| matches!(byte, 0 | b' ');
        let start = field.iter().position(|byte| !blank(byte));
        let text = start.map_or(&[][..], |start| &field[start..]);
        let end = text.iter().position(|&b| b == 0).unwrap_or(text.len());
        text[..end]
            .trim_ascii_end()
            .iter()
            .try_fold(0u64, |value, &byte| match byte {
                b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
                _ => None,
            })?
    };
    i64::try_from(value).is_ok().then_some(value)
}

fn until_nul(bytes: &[u8]) -> Vec<u8> {
    bytes.split(|&b| b == 0).next().unwrap_or_default().to_vec()
}

fn ustar_path(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(&block[..100]);
    // GNU headers ("ustar  ") use the prefix bytes for other things.
    if &block[257..263] != b"ustar\0" {
        return name;
    }
    let mut path = until_nul(&block[345..500]);
    if path.is_empty() {
        return name;
    }
    path.push(b'/');
    path.extend_from_slice(&name);
    path
}
