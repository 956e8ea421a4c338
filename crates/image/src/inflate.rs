//! Decompression by magic bytes, with the rules for several members and
//! trailing bytes that container engines follow (reference page "images",
//! section 8.3).

use crate::limits;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

const BUFFER: usize = 128 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Buffered input that can look ahead a few bytes whatever the reads return.
pub(crate) struct Peek<R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<R: Read> Peek<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
        }
    }

    pub(crate) fn get_ref(&self) -> &R {
        &self.inner
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    pub(crate) fn into_inner(self) -> R {
        self.inner
    }

    /// Up to `count` next bytes without taking them; fewer only at the end.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.end - self.start < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < count.min(BUFFER) {
                let read = self.inner.read(&mut self.buffer[self.end..])?;
                if read == 0 {
                    break;
                }
                self.end += read;
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }
}

impl<R: Read> Read for Peek<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && out.len() >= BUFFER {
            return self.inner.read(out);
        }
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Peek<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = self.inner.read(&mut self.buffer)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

enum State<R: Read> {
    Gzip(Box<GzDecoder<Peek<R>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Peek<R>>>),
    Plain(Peek<R>),
    Done(Peek<R>),
    Gone,
}

/// A reader of the uncompressed bytes of gzip, zstd or plain input.
pub(crate) struct Inflate<R: Read> {
    state: State<R>,
    /// Bytes lie behind the last gzip member.
    pub(crate) trailing: bool,
    /// The gzip input ended before its member did.
    pub(crate) truncated: bool,
}

impl<R: Read> Inflate<R> {
    pub(crate) fn new(input: R) -> io::Result<Self> {
        let mut input = Peek::new(input);
        let state = match input.peek(4)? {
            [a, b, ..] if [*a, *b] == GZIP => State::Gzip(Box::new(GzDecoder::new(input))),
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                decoder.window_log_max(limits::ZSTD_WINDOW_LOG)?;
                State::Zstd(Box::new(decoder))
            }
            [0xfd, b'7', b'z', b'X'] | [b'B', b'Z', b'h', _] => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "compressed with xz or bzip2, which container engines do not read in layers",
                ));
            }
            _ => State::Plain(input),
        };
        Ok(Self {
            state,
            trailing: false,
            truncated: false,
        })
    }

    /// The compressed side.
    pub(crate) fn source(&self) -> Option<&R> {
        match &self.state {
            State::Gzip(d) => Some(d.get_ref().get_ref()),
            State::Zstd(d) => Some(d.get_ref().get_ref()),
            State::Plain(p) | State::Done(p) => Some(p.get_ref()),
            State::Gone => None,
        }
    }

    /// The compressed side, to read what decompression left over.
    pub(crate) fn into_source(self) -> Option<Peek<R>> {
        match self.state {
            State::Gzip(d) => Some(d.into_inner()),
            State::Zstd(d) => Some(d.finish()),
            State::Plain(p) | State::Done(p) => Some(p),
            State::Gone => None,
        }
    }

    /// Another member, zeros or junk behind a gzip member.
    fn next_member(&mut self) -> io::Result<()> {
        let State::Gzip(decoder) = std::mem::replace(&mut self.state, State::Gone) else {
            return Ok(());
        };
        let mut input = decoder.into_inner();
        let head = input.peek(2)?;
        self.state = if head == GZIP {
            State::Gzip(Box::new(GzDecoder::new(input)))
        } else {
            self.trailing |= !head.is_empty();
            State::Done(input)
        };
        Ok(())
    }
}

impl<R: Read> Read for Inflate<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.state {
                State::Gzip(decoder) => match decoder.read(out) {
                    Ok(0) => self.next_member()?,
                    Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                        // Docker takes a cut trailer; the diff id decides.
                        self.truncated = true;
                        if let State::Gzip(d) = std::mem::replace(&mut self.state, State::Gone) {
                            self.state = State::Done(d.into_inner());
                        }
                        return Ok(0);
                    }
                    other => return other,
                },
                State::Zstd(decoder) => return decoder.read(out),
                State::Plain(input) => return input.read(out),
                State::Done(_) | State::Gone => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(bytes: &[u8]) -> (io::Result<Vec<u8>>, bool, bool) {
        let mut reader = Inflate::new(bytes).unwrap();
        let mut out = Vec::new();
        let result = reader.read_to_end(&mut out).map(|_| out);
        (result, reader.trailing, reader.truncated)
    }

    #[test]
    fn gzip_members_zeros_junk_and_cuts() {
        let two = [gzip(b"one "), gzip(b"two")].concat();
        let (out, trailing, _) = inflate(&two);
        assert_eq!(
            (out.unwrap().as_slice(), trailing),
            (&b"one two"[..], false)
        );
        for tail in [&[0u8; 512][..], b"junk"] {
            let (out, trailing, _) = inflate(&[&gzip(b"one"), tail].concat());
            assert_eq!((out.unwrap().as_slice(), trailing), (&b"one"[..], true));
        }
        let whole = gzip(b"one");
        let (out, _, truncated) = inflate(&whole[..whole.len() - 4]);
        assert_eq!((out.unwrap().as_slice(), truncated), (&b"one"[..], true));
    }

    #[test]
    fn zstd_frames_and_skippable_frames() {
        let frame = |b: &[u8]| zstd::encode_all(b, 1).unwrap();
        let skip = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
        let all = [&skip[..], &frame(b"one "), &skip, &frame(b"two")].concat();
        assert_eq!(inflate(&all).0.unwrap(), b"one two");
        assert_eq!(inflate(b"plain").0.unwrap(), b"plain");
        assert_eq!(inflate(b"").0.unwrap(), b"");
        assert!(inflate(&frame(b"one")[..8]).0.is_err());
    }

    #[test]
    fn a_hundred_thousand_empty_members_need_no_stack() {
        let many = gzip(b"").repeat(100_000);
        assert_eq!(inflate(&many).0.unwrap(), b"");
    }
}
