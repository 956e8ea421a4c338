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
    /// `None` for a block of zeros; an error for what engines refuse.
    pub(crate) fn parse(block: &[u8; 512]) -> Result<Option<Self>, &'static str> {
        if block.iter().all(|b| *b == 0) {
            return Ok(None);
        }
        if !checksum_holds(block) {
            return Err("not a tar header (wrong checksum)");
        }
        let mut name = text(&block[..100]);
        // GNU headers ("ustar  ") use the prefix bytes for other things, and
        // star ends the prefix early.
        let prefix = match (&block[257..263], &block[508..]) {
            (b"ustar\0", b"tar\0") => text(&block[345..476]),
            (b"ustar\0", _) => text(&block[345..500]),
            _ => Vec::new(),
        };
        if !prefix.is_empty() {
            name = [prefix, name].join(&b'/');
        }
        Ok(Some(Self {
            name,
            link: text(&block[157..257]),
            kind: block[156],
            size: read_number(&block[124..136]).ok_or("a size is not a number")?,
        }))
    }
}

fn text(field: &[u8]) -> Vec<u8> {
    field.iter().copied().take_while(|b| *b != 0).collect()
}

fn checksum_holds(block: &[u8; 512]) -> bool {
    let sum = |value: fn(u8) -> i64| -> i64 {
        let byte = |(at, b): (usize, &u8)| match at {
            148..156 => i64::from(b' '),
            _ => value(*b),
        };
        block.iter().enumerate().map(byte).sum()
    };
    // Some old writers summed signed bytes.
    read_number(&block[148..156])
        .and_then(|stated| i64::try_from(stated).ok())
        .is_some_and(|stated| {
            stated == sum(i64::from) || stated == sum(|b| i64::from(b.cast_signed()))
        })
}

/// A numeric field as engines (Go's archive/tar) read it: base-256 when the
/// first bit is set, else octal among spaces and NULs, an empty field being 0.
/// `None` for anything else, negative numbers and what 63 bits do not hold.
fn read_number(field: &[u8]) -> Option<u64> {
    let fits = |n: u64| i64::try_from(n).is_ok().then_some(n);
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        if first & 0x40 != 0 {
            return None;
        }
        let start = u64::from(first & 0x3f);
        return rest
            .iter()
            .try_fold(start, |n, b| n.checked_mul(256)?.checked_add(u64::from(*b)))
            .and_then(fits);
    }
    let around = |b: &u8| matches!(b, b' ' | 0);
    let digits = field.iter().skip_while(|b| around(b));
    let mut digits: Vec<u8> = digits.copied().take_while(|b| *b != 0).collect();
    while digits.last().is_some_and(around) {
        digits.pop();
    }
    digits
        .iter()
        .try_fold(0u64, |n, b| {
            let digit = b.checked_sub(b'0').filter(|d| *d < 8)?;
            n.checked_mul(8)?.checked_add(u64::from(digit))
        })
        .and_then(fits)
}

/// What the records of a PAX header change about the entry behind it.
#[derive(Default)]
pub(crate) struct Pax {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
    /// The entry is stored with holes; its bytes are not its content.
    pub(crate) sparse: bool,
}

impl Pax {
    /// Parses `length key=value\n` records. Engines refuse the archive for a
    /// record that is none, so that is an error here too.
    pub(crate) fn parse(mut bytes: &[u8]) -> Result<Self, &'static str> {
        const BROKEN: &str = "an extended header is broken";
        let mut pax = Self::default();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|b| *b == b' ').ok_or(BROKEN)?;
            let length = decimal(&bytes[..space]).ok_or(BROKEN)?;
            let length = usize::try_from(length).map_err(|_| BROKEN)?;
            let record = bytes.get(space + 1..length).ok_or(BROKEN)?;
            let record = record.strip_suffix(b"\n").ok_or(BROKEN)?;
            bytes = &bytes[length..];
            let equals = record.iter().position(|b| *b == b'=').ok_or(BROKEN)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            let names = matches!(key, b"path" | b"linkpath");
            if key.is_empty() || key.contains(&0) || names && value.contains(&0) {
                return Err(BROKEN);
            }
            pax.sparse |= key.starts_with(b"GNU.sparse.");
            // An empty value takes the record back.
            let given = (!value.is_empty()).then_some(value);
            match key {
                b"path" => pax.path = given.map(<[u8]>::to_vec),
                b"linkpath" => pax.link = given.map(<[u8]>::to_vec),
                b"size" => {
                    let size = |v| decimal(v).ok_or("a size in an extended header is no size");
                    pax.size = given.map(size).transpose()?;
                }
                _ => {}
            }
        }
        Ok(pax)
    }
}

/// Decimal digits and nothing else, within 63 bits.
fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = Some(digits).filter(|d| !d.is_empty() && d.iter().all(u8::is_ascii_digit))?;
    let number: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    u64::try_from(number).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn header(change: impl Fn(&mut [u8; 512]), signed: bool) -> Option<Header> {
        let mut block = block(b"caf\xe9", b"", b'0', [0o644, 0, 0, 5, 0], (0, 0));
        change(&mut block);
        block[148..156].fill(b' ');
        let sum: i64 = block
            .iter()
            .map(|b| match signed {
                true => i64::from(b.cast_signed()),
                false => i64::from(*b),
            })
            .sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        Header::parse(&block).ok().flatten()
    }

    #[test]
    fn both_forms_of_the_checksum_hold() {
        for signed in [false, true] {
            assert_eq!(header(|_| (), signed).unwrap().name, b"caf\xe9");
        }
        let mut wrong = block(b"a", b"", b'0', [0; 5], (0, 0));
        wrong[0] = b'b';
        assert!(Header::parse(&wrong).is_err());
    }

    #[test]
    fn numbers_are_read_as_engines_read_them() {
        for (field, value) in [
            (&b"00000000017\0"[..], Some(15)),
            (b"        17 \0", Some(15)),
            (b"\0 17\0 \0\0\0\0\0\0", Some(15)),
            (b"17\0junk\0\0\0\0\0", Some(15)),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", Some(0)),
            (b"000000000018", None),
            (b"1 7\0\0\0\0\0\0\0\0\0", None),
            (b"17x\0\0\0\0\0\0\0\0\0", None),
            (b"\x80\0\0\0\0\0\0\0\0\0\x01\x02", Some(258)),
            (b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", None),
        ] {
            assert_eq!(read_number(field), value, "{field:?}");
        }
    }

    #[test]
    fn pax_sizes_are_bounded_and_broken_records_refused() {
        assert_eq!(Pax::parse(b"9 size=7\n").unwrap().size, Some(7));
        assert_eq!(Pax::parse(b"9 size=7\n8 size=\n").unwrap().size, None);
        assert_eq!(Pax::parse(b"12 path=a/b\n").unwrap().path.unwrap(), b"a/b");
        for broken in [
            &b"29 size=18446744073709551615\n"[..],
            b"11 size=-1\n",
            b"11 size=+1\n",
            b"99999999999999999999 size=1\n",
            b"9 size=7",
            b"90 size=7\n",
            b"2 \n",
            b"0 size=7\n",
            b"no record",
            b"12 path=a\0b\n",
        ] {
            assert!(Pax::parse(broken).is_err(), "{broken:?}");
        }
        assert!(Pax::parse(b"22 GNU.sparse.major=1\n").unwrap().sparse);
    }
}
