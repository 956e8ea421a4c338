//! The 512-byte tar header, read and written (POSIX ustar with the GNU forms
//! for long names and large numbers).

use std::io::{self, Read};

pub(crate) const BLOCK: u64 = 512;

/// The fields this crate needs of one header.
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) size: u64,
}

impl Header {
    /// `None` for a block of zeros; an error for a wrong checksum.
    pub(crate) fn parse(block: &[u8; 512]) -> Result<Option<Self>, &'static str> {
        if block.iter().all(|b| *b == 0) {
            return Ok(None);
        }
        let stated = octal(&block[148..156]).ok_or("not a tar header")?;
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(i, b)| {
                if (148..156).contains(&i) {
                    32
                } else {
                    u64::from(*b)
                }
            })
            .sum();
        if sum != stated {
            return Err("not a tar header (wrong checksum)");
        }
        let mut name = text(&block[..100]);
        if &block[257..263] == b"ustar\0" && block[345] != 0 {
            let mut whole = text(&block[345..500]);
            whole.push(b'/');
            whole.extend(name);
            name = whole;
        }
        Ok(Some(Self {
            name,
            link: text(&block[157..257]),
            kind: block[156],
            size: octal(&block[124..136]).ok_or("a size is not a number")?,
        }))
    }
}

fn text(field: &[u8]) -> Vec<u8> {
    field.iter().copied().take_while(|b| *b != 0).collect()
}

fn octal(field: &[u8]) -> Option<u64> {
    if field.first().is_some_and(|b| b & 0x80 != 0) {
        return field.iter().enumerate().try_fold(0u64, |n, (i, b)| {
            let b = if i == 0 { b & 0x7f } else { *b };
            n.checked_mul(256)?.checked_add(u64::from(b))
        });
    }
    let digits: Vec<u8> = field
        .iter()
        .copied()
        .skip_while(|b| *b == b' ')
        .take_while(u8::is_ascii_digit)
        .collect();
    digits.iter().try_fold(0u64, |n, b| {
        let digit = b.checked_sub(b'0').filter(|d| *d < 8)?;
        n.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

/// One entry to write.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) link: &'a [u8],
    pub(crate) kind: u8,
    pub(crate) size: u64,
    pub(crate) mode: u64,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    pub(crate) mtime: u64,
    pub(crate) device: (u64, u64),
}

impl Entry<'_> {
    /// The header blocks, with GNU long-name blocks in front where needed.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        for (kind, long) in [(b'L', self.name), (b'K', self.link)] {
            if long.len() > 100 {
                let size = long.len() as u64 + 1;
                out.extend(block(
                    b"././@LongLink",
                    b"",
                    kind,
                    [0, 0, 0, size, 0],
                    (0, 0),
                ));
                out.extend_from_slice(long);
                out.push(0);
                out.resize(out.len().next_multiple_of(512), 0);
            }
        }
        let numbers = [self.mode, self.uid, self.gid, self.size, self.mtime];
        out.extend(block(self.name, self.link, self.kind, numbers, self.device));
        out
    }
}

fn block(
    name: &[u8],
    link: &[u8],
    kind: u8,
    [mode, uid, gid, size, mtime]: [u64; 5],
    device: (u64, u64),
) -> [u8; 512] {
    let mut block = [0u8; 512];
    let mut put = |at: usize, width: usize, bytes: &[u8]| {
        let count = bytes.len().min(width);
        block[at..at + count].copy_from_slice(&bytes[..count]);
    };
    put(0, 100, name);
    for (at, width, value) in [
        (100, 8, mode),
        (108, 8, uid),
        (116, 8, gid),
        (124, 12, size),
        (136, 12, mtime),
        (329, 8, device.0),
        (337, 8, device.1),
    ] {
        put(at, width, &number(value, width));
    }
    put(148, 8, b"        ");
    put(156, 1, &[kind]);
    put(157, 100, link);
    put(257, 8, b"ustar  \0");
    let sum: u64 = block.iter().map(|b| u64::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn number(value: u64, width: usize) -> Vec<u8> {
    let digits = width - 1;
    if value < 1 << (3 * digits).min(63) {
        return format!("{value:0digits$o}\0").into_bytes();
    }
    let mut bytes = vec![0; width];
    let big = value.to_be_bytes();
    let start = width.saturating_sub(big.len());
    let skip = big.len().saturating_sub(width);
    bytes[start..].copy_from_slice(&big[skip..]);
    bytes[0] |= 0x80;
    bytes
}

/// Reads a whole block, or `None` at a clean end.
pub(crate) fn read_block(input: &mut impl Read) -> io::Result<Option<[u8; 512]>> {
    let mut block = [0; 512];
    let mut have = 0;
    while have < block.len() {
        match input.read(&mut block[have..])? {
            0 if have == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => have += n,
        }
    }
    Ok(Some(block))
}
