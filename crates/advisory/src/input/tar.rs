//! Files of a tar archive in order (POSIX.1-2024 pax, ustar, GNU long names);
//! links, devices and folders are passed over.

use std::io::{self, Read};

const BLOCK: usize = 512;
/// Bytes that a long name or an extended header may have.
const MAX_EXTENSION: u64 = 1 << 20;

pub(super) struct Tar<R> {
    reader: R,
    /// A block that was read and not looked at yet.
    ahead: Vec<u8>,
    /// Bytes of the current file that were not read yet, and its padding.
    content: u64,
    padding: u64,
}

impl<R: Read> Tar<R> {
    pub(super) fn new(mut reader: R) -> io::Result<Self> {
        let mut ahead = Vec::with_capacity(BLOCK);
        reader.by_ref().take(BLOCK as u64).read_to_end(&mut ahead)?;
        Ok(Self {
            reader,
            ahead,
            content: 0,
            padding: 0,
        })
    }

    /// Whether what comes is a tar archive.
    pub(super) fn is_tar(&self) -> bool {
        Header::read(&self.ahead).is_some()
    }

    /// Everything, as it was.
    pub(super) fn into_inner(self) -> impl Read {
        io::Cursor::new(self.ahead).chain(self.reader)
    }

    /// Path of the next file; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<String>> {
        let mut name = None;
        let mut size = None;
        loop {
            self.skip()?;
            let Some(block) = self.block()? else {
                return Ok(None);
            };
            let header = Header::read(&block).ok_or_else(|| broken("a header is broken"))?;
            let length = match header.kind {
                b'x' | b'L' => header.size,
                b'1'..=b'6' => 0,
                _ => size.unwrap_or(header.size),
            };
            self.content = length;
            self.padding = length.next_multiple_of(BLOCK as u64) - length;
            match header.kind {
                b'L' => {
                    let long = self.content(MAX_EXTENSION)?.ok_or_else(too_long)?;
                    name = Some(text(until_zero(&long)));
                }
                b'x' => {
                    let records = self.content(MAX_EXTENSION)?.ok_or_else(too_long)?;
                    for (key, value) in pax(&records) {
                        match key {
                            b"path" => name = Some(text(value)),
                            b"size" => size = text(value).parse().ok(),
                            _ => {}
                        }
                    }
                }
                0 | b'0' | b'7' => return Ok(Some(name.unwrap_or(header.name))),
                // Whatever was said in advance was said of this one.
                b'g' | b'K' => {}
                _ => (name, size) = (None, None),
            }
        }
    }

    /// The content of the current file; `None` if it is longer than `limit`.
    pub(super) fn content(&mut self, limit: u64) -> io::Result<Option<Vec<u8>>> {
        if self.content > limit {
            return Ok(None);
        }
        let mut content = Vec::new();
        let length = self
            .reader
            .by_ref()
            .take(self.content)
            .read_to_end(&mut content)?;
        self.content -= length as u64;
        if self.content > 0 {
            return Err(broken("it ends inside a file"));
        }
        Ok(Some(content))
    }

    fn skip(&mut self) -> io::Result<()> {
        let rest = self.content.saturating_add(self.padding);
        let passed = io::copy(&mut self.reader.by_ref().take(rest), &mut io::sink())?;
        (self.content, self.padding) = (0, 0);
        match passed == rest {
            true => Ok(()),
            false => Err(broken("it ends inside a file")),
        }
    }

    /// The next header; `None` at the end.
    fn block(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut block = std::mem::take(&mut self.ahead);
        if block.is_empty() {
            self.reader
                .by_ref()
                .take(BLOCK as u64)
                .read_to_end(&mut block)?;
        }
        Ok((block.iter().any(|byte| *byte != 0)).then_some(block))
    }
}

struct Header {
    name: String,
    size: u64,
    kind: u8,
}

impl Header {
    /// `None` if its checksum is not its own.
    fn read(block: &[u8]) -> Option<Self> {
        let block: &[u8; BLOCK] = block.try_into().ok()?;
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let stated = block.get(148..156)?;
        let own: u64 = stated.iter().map(|byte| u64::from(*byte)).sum();
        if number(stated)? != sum - own + 8 * u64::from(b' ') {
            return None;
        }
        let name = text(until_zero(block.get(..100)?));
        let prefix = match block.get(257..263)? {
            b"ustar\0" => text(until_zero(block.get(345..500)?)),
            _ => String::new(),
        };
        Some(Self {
            name: match prefix.as_str() {
                "" => name,
                prefix => format!("{prefix}/{name}"),
            },
            size: number(block.get(124..136)?)?,
            kind: *block.get(156)?,
        })
    }
}

/// Octal digits between blanks, or GNU's base 256.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first()? {
        (0x80, rest) => rest.iter().try_fold(0u64, |number, byte| {
            number.checked_mul(256)?.checked_add(u64::from(*byte))
        }),
        _ => {
            let field = std::str::from_utf8(field).ok()?;
            let digits = field.trim_matches(['\0', ' ']);
            match digits {
                "" => Some(0),
                digits => u64::from_str_radix(digits, 8).ok(),
            }
        }
    }
}

/// `27 path=a/name\n`, one after the other.
fn pax(mut records: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    while let Some(record) = pax_record(records) {
        let (key, value, rest) = record;
        found.push((key, value));
        records = rest;
    }
    found
}

fn pax_record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = records.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(records.get(..blank)?)
        .ok()?
        .parse()
        .ok()?;
    let rest = records.get(length..)?;
    let record = records.get(blank + 1..length.checked_sub(1)?)?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((record.get(..equals)?, record.get(equals + 1..)?, rest))
}

fn until_zero(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn broken(reason: &str) -> io::Error {
    io::Error::other(format!("the tar archive is broken: {reason}"))
}

fn too_long() -> io::Error {
    broken("a name is longer than 1 MiB")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A ustar archive of name, type and content.
    pub(in crate::input) fn archive(members: &[(&str, char, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, kind, content) in members {
            let mut block = [0u8; BLOCK];
            block[..name.len()].copy_from_slice(name.as_bytes());
            block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            block[156] = *kind as u8;
            block[257..263].copy_from_slice(b"ustar\0");
            block[148..156].copy_from_slice(b"        ");
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            bytes.extend(block);
            bytes.extend(content.as_bytes());
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        }
        bytes.resize(bytes.len() + 2 * BLOCK, 0);
        bytes
    }

    fn files(bytes: &[u8]) -> io::Result<Vec<(String, String)>> {
        let mut tar = Tar::new(bytes)?;
        let mut files = Vec::new();
        while let Some(name) = tar.next()? {
            files.push((name, text(&tar.content(1 << 20)?.unwrap_or_default())));
        }
        Ok(files)
    }

    #[test]
    fn long_names_of_either_kind_belong_to_the_next_file() {
        let bytes = archive(&[
            ("././@LongLink", 'L', "a/long/name\0"),
            ("a/lo", '0', "one"),
            ("PaxHeader", 'x', "19 path=b/l\u{e9}g.yml\n10 size=2\n"),
            ("b", '0', "2.."),
            ("c", '5', ""),
            ("d", '0', "three"),
        ]);
        let mut expected = vec![("a/long/name".to_owned(), "one".to_owned())];
        expected.push(("b/l\u{e9}g.yml".into(), "2.".into()));
        expected.push(("d".into(), "three".into()));
        assert_eq!(files(&bytes).unwrap(), expected);
    }

    #[test]
    fn a_broken_header_ends_in_an_error_and_text_is_no_archive() {
        let mut bytes = archive(&[("a", '0', "one"), ("b", '0', "two")]);
        bytes[1024] = b'X';
        assert!(files(&bytes).is_err());
        assert!(!Tar::new(&[b' '; 600][..]).unwrap().is_tar());
        assert!(!Tar::new(&b"{}"[..]).unwrap().is_tar());
    }
}
