//! A streaming reader of tar archives: ustar, GNU and PAX, one entry at a
//! time, nothing kept.
//!
//! It shows what container engines act on and hides nothing that they refuse:
//! oddities are counted in [`Oddities`] instead of being smoothed over.

use std::io::{self, BufRead};

const BLOCK: usize = 512;
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
    /// Stored with holes; its bytes are not its content.
    Sparse,
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
    /// Bytes that follow the header.
    pub size: u64,
    /// Major and minor device number.
    pub device: (u64, u64),
    /// Extended attribute `trusted.overlay.opaque=y`.
    pub overlay_opaque: bool,
}

/// What was unusual about the archive as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Oddities {
    /// A single zero block stood between entries.
    pub lone_zero_block: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TarError {
    #[error("it is not a tar archive")]
    NotTar,
    #[error("entry {0} has a broken header")]
    BadHeader(u64),
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
    entries: u64,
    global: Pax,
    pub oddities: Oddities,
}

#[derive(Clone, Debug, Default)]
struct Pax {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u32>,
    gid: Option<u32>,
    overlay_opaque: bool,
    sparse: bool,
}

impl<R: BufRead> TarReader<R> {
    pub fn new(input: R) -> Self {
        Self {
            input,
            remaining: 0,
            padding: 0,
            entries: 0,
            global: Pax::default(),
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
        let mut pax = self.global.clone();
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
            match block[156] {
                b'x' => read_pax(&self.extension(size, entry)?, &mut pax),
                b'g' => {
                    let content = self.extension(size, entry)?;
                    read_pax(&content, &mut self.global);
                    read_pax(&content, &mut pax);
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
        let path = pax.path.or(long_path).unwrap_or_else(|| ustar_path(block));
        let kind = match flag {
            b'1' => EntryKind::HardLink,
            b'2' => EntryKind::Symlink,
            b'3' => EntryKind::CharDevice,
            b'4' => EntryKind::BlockDevice,
            b'5' => EntryKind::Directory,
            b'6' => EntryKind::Fifo,
            b'S' => EntryKind::Sparse,
            // The oldest format marks directories by a trailing slash only.
            0 if path.ends_with(b"/") => EntryKind::Directory,
            _ if pax.sparse => EntryKind::Sparse,
            _ => EntryKind::File,
        };
        let size = match kind {
            EntryKind::File | EntryKind::Sparse => pax.size.unwrap_or(size),
            // Content of the others is legal to announce but never follows.
            _ => 0,
        };
        if flag == b'S' && block[482] == 1 {
            loop {
                let more = self.block()?.ok_or(TarError::Truncated(entry))?;
                if more[504] != 1 {
                    break;
                }
            }
        }
        self.remaining = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        let id = |range: std::ops::Range<usize>| {
            number(&block[range]).map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        Ok(Header {
            path,
            link: pax
                .link
                .or(long_link)
                .unwrap_or_else(|| until_nul(&block[157..257])),
            kind,
            mode: number(&block[100..108]).map_or(0, |mode| (mode & 0o7777) as u16),
            uid: pax.uid.unwrap_or_else(|| id(108..116)),
            gid: pax.gid.unwrap_or_else(|| id(116..124)),
            size,
            device: (
                number(&block[329..337]).unwrap_or(0),
                number(&block[337..345]).unwrap_or(0),
            ),
            overlay_opaque: pax.overlay_opaque,
        })
    }

    /// The next piece of the current entry's content; empty at its end.
    pub fn chunk(&mut self) -> Result<&[u8], TarError> {
        if self.remaining == 0 {
            return Ok(&[]);
        }
        let buffer = self.input.fill_buf()?;
        if buffer.is_empty() {
            return Err(TarError::Truncated(self.entries));
        }
        let length = usize::try_from(self.remaining)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        Ok(&buffer[..length])
    }

    /// Marks `length` bytes of the last chunk as read.
    pub fn consume(&mut self, length: usize) {
        self.input.consume(length);
        self.remaining -= length as u64;
    }

    fn skip_content(&mut self) -> Result<(), TarError> {
        let mut left = self.remaining + self.padding;
        let padding = self.padding;
        (self.remaining, self.padding) = (0, 0);
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
        self.remaining = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
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

/// An octal field, or base-256 when its first bit is set. An empty field is 0.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        if first & 0x40 != 0 {
            return None;
        }
        return rest
            .iter()
            .try_fold(u64::from(first & 0x3f), |value, &byte| {
                value.checked_mul(256)?.checked_add(u64::from(byte))
            });
    }
    let text = field
        .split(|&b| b == 0)
        .next()
        .unwrap_or_default()
        .trim_ascii();
    text.iter().try_fold(0u64, |value, &byte| match byte {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
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

/// Reads `length key=value\n` records; a broken record ends the reading.
fn read_pax(mut content: &[u8], pax: &mut Pax) {
    while let Some(space) = content.iter().position(|&b| b == b' ') {
        let Some(length) = decimal(&content[..space]) else {
            return;
        };
        let Ok(length) = usize::try_from(length) else {
            return;
        };
        if length <= space + 1 || length > content.len() {
            return;
        }
        let record = &content[space + 1..length];
        content = &content[length..];
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let Some(equals) = record.iter().position(|&b| b == b'=') else {
            return;
        };
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" | b"GNU.sparse.name" => pax.path = Some(value.to_vec()),
            b"linkpath" => pax.link = Some(value.to_vec()),
            b"size" => pax.size = decimal(value),
            b"uid" => pax.uid = decimal(value).and_then(|id| u32::try_from(id).ok()),
            b"gid" => pax.gid = decimal(value).and_then(|id| u32::try_from(id).ok()),
            b"SCHILY.xattr.trusted.overlay.opaque" => pax.overlay_opaque = value == b"y",
            _ if key.starts_with(b"GNU.sparse.") => pax.sparse = true,
            _ => {}
        }
    }
}

fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}
