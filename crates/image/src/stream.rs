use crate::digester::Digester;
use crate::inflate::Inflate;
use crate::{ImageError, limits};
use plimsoll_types::Digest;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

const BUFFER: usize = 256 << 10;
const IN_FLIGHT: usize = 6;

/// What a layer is expected to be; each `None` is not checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) blob: Option<Digest>,
    pub(crate) size: Option<u64>,
    pub(crate) diff_id: Option<Digest>,
}

/// What a layer turned out to be, after everything was read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLayer {
    /// Digest of the stored bytes.
    pub blob: Digest,
    /// Digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Stored bytes.
    pub stored_size: u64,
    /// Uncompressed bytes.
    pub size: u64,
    /// The compressed stream had bytes behind its end or lacked its trailer:
    /// engines disagree whether such a layer is valid.
    pub trailing_data: bool,
}

/// A reader of the uncompressed tar of one layer.
///
/// Fetching, the digest of the stored bytes and decompression run on one thread,
/// the diff id on the next, and both hand the same few buffers on to the reader.
/// What was read is provisional until [`LayerStream::finish`] succeeds. An error from `read` carries an
/// [`ImageError`] as its source, which [`LayerStream::failure`] also shows.
pub struct LayerStream {
    expected: Expected,
    full: Option<Receiver<Message<(Stored, Digest)>>>,
    empty: Option<Sender<Vec<u8>>>,
    workers: Vec<JoinHandle<()>>,
    current: Vec<u8>,
    position: usize,
    size: u64,
    end: Option<(Stored, Digest)>,
    failure: Option<ImageError>,
}

struct Stored {
    blob: Digest,
    size: u64,
    trailing: bool,
    truncated: bool,
}

/// What one thread hands to the next; the end says what is known by then.
enum Message<T> {
    Bytes(Vec<u8>),
    End(Result<T, ImageError>),
}

/// Counts and hashes the stored bytes, and stops behind the stated size.
struct Hashed<R> {
    inner: R,
    digester: Digester,
    count: u64,
    limit: u64,
    name: String,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.digester.update(&out[..read]);
        self.count = self.count.saturating_add(read as u64);
        if self.count > self.limit {
            return Err(io::Error::other(ImageError::DigestMismatch {
                input: self.name.clone(),
                expected: format!("{} bytes", self.limit),
                actual: "more".into(),
            }));
        }
        Ok(read)
    }
}

impl LayerStream {
    pub(crate) fn start(
        input: Box<dyn Read + Send>,
        expected: Expected,
    ) -> Result<Self, ImageError> {
        let (inflated_tx, inflated) = sync_channel(IN_FLIGHT);
        let (full_tx, full) = sync_channel(IN_FLIGHT);
        let (empty, empty_rx) = channel();
        for _ in 0..IN_FLIGHT {
            let _ = empty.send(Vec::new());
        }
        let thread = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.into())
                .spawn(work)
                .map_err(|e| ImageError::io(&expected.name, &e))
        };
        let job = expected.clone();
        let inflate = move || {
            let end = produce(input, &job, &inflated_tx, &empty_rx);
            let _ = inflated_tx.send(Message::End(end));
        };
        let diff_id = Digester::like(expected.diff_id.as_ref());
        let hash = move || hash(diff_id, &inflated, &full_tx);
        let workers = vec![
            thread("inflate", Box::new(inflate))?,
            thread("diff-id", Box::new(hash))?,
        ];
        Ok(Self {
            expected,
            full: Some(full),
            empty: Some(empty),
            workers,
            current: Vec::new(),
            position: 0,
            size: 0,
            end: None,
            failure: None,
        })
    }

    /// Why reading failed, if it did.
    pub fn failure(&self) -> Option<&ImageError> {
        self.failure.as_ref()
    }

    /// Reads the rest and checks digest and size of the stored bytes and the
    /// diff id.
    ///
    /// # Errors
    /// [`ImageError::DigestMismatch`] names what was expected and what came;
    /// otherwise the first failure of reading.
    pub fn finish(mut self) -> Result<VerifiedLayer, ImageError> {
        while self.failure.is_none() && self.advance() {}
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let Some((stored, diff_id)) = self.end.take() else {
            return Err(ImageError::malformed(&self.expected.name, "ended early"));
        };
        if let Some(size) = self.expected.size.filter(|size| *size != stored.size) {
            return Err(ImageError::DigestMismatch {
                input: self.expected.name.clone(),
                expected: format!("{size} bytes"),
                actual: format!("{} bytes", stored.size),
            });
        }
        self.check("", self.expected.blob.as_ref(), &stored.blob)?;
        if stored.truncated && self.expected.diff_id.as_ref() != Some(&diff_id) {
            return Err(ImageError::malformed(
                &self.expected.name,
                "gzip stream is cut off",
            ));
        }
        self.check("diff id ", self.expected.diff_id.as_ref(), &diff_id)?;
        Ok(VerifiedLayer {
            blob: stored.blob,
            diff_id,
            stored_size: stored.size,
            size: self.size,
            trailing_data: stored.trailing || stored.truncated,
        })
    }

    fn check(&self, kind: &str, want: Option<&Digest>, got: &Digest) -> Result<(), ImageError> {
        match want {
            Some(want) if want != got => Err(ImageError::DigestMismatch {
                input: self.expected.name.clone(),
                expected: format!("{kind}{want}"),
                actual: got.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Takes the next buffer; `false` at the end or on failure.
    fn advance(&mut self) -> bool {
        if self.end.is_some() || self.failure.is_some() {
            return false;
        }
        if let Some(empty) = &self.empty {
            let _ = empty.send(std::mem::take(&mut self.current));
        }
        self.position = 0;
        match self.full.as_ref().map(Receiver::recv) {
            Some(Ok(Message::Bytes(bytes))) => {
                self.size = self.size.saturating_add(bytes.len() as u64);
                self.current = bytes;
                return true;
            }
            Some(Ok(Message::End(Ok(end)))) => self.end = Some(end),
            Some(Ok(Message::End(Err(error)))) => self.failure = Some(error),
            Some(Err(_)) | None => {
                let name = &self.expected.name;
                self.failure = Some(ImageError::malformed(name, "reading stopped early"));
            }
        }
        false
    }
}

impl Read for LayerStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.position >= self.current.len() {
            if !self.advance() {
                return match &self.failure {
                    Some(error) => Err(io::Error::other(error.clone())),
                    None => Ok(0),
                };
            }
        }
        let rest = &self.current[self.position..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
}

impl Drop for LayerStream {
    fn drop(&mut self) {
        // The workers end at their next send or receive once both ends are gone.
        self.full = None;
        self.empty = None;
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

/// Hashes what passes.
fn hash(
    mut diff_id: Digester,
    inflated: &Receiver<Message<Stored>>,
    full: &SyncSender<Message<(Stored, Digest)>>,
) {
    loop {
        match inflated.recv() {
            Ok(Message::Bytes(bytes)) => {
                diff_id.update(&bytes);
                if full.send(Message::Bytes(bytes)).is_err() {
                    return;
                }
            }
            Ok(Message::End(end)) => {
                let end = end.map(|stored| (stored, diff_id.finish()));
                let _ = full.send(Message::End(end));
                return;
            }
            Err(_) => return,
        }
    }
}

fn produce(
    input: Box<dyn Read + Send>,
    expected: &Expected,
    inflated: &SyncSender<Message<Stored>>,
    empty: &Receiver<Vec<u8>>,
) -> Result<Stored, ImageError> {
    let name = &expected.name;
    let fail = |e: io::Error| match e.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            ImageError::malformed(name, e)
        }
        _ => ImageError::io(name, &e),
    };
    let hashed = Hashed {
        inner: input,
        digester: Digester::like(expected.blob.as_ref()),
        count: 0,
        limit: expected.size.unwrap_or(limits::LAYER_BYTES),
        name: name.clone(),
    };
    let mut inflate = Inflate::new(hashed).map_err(fail)?;
    let mut output = 0u64;
    while let Ok(mut buffer) = empty.recv() {
        buffer.clear();
        let room = BUFFER as u64;
        let read = (&mut inflate)
            .take(room)
            .read_to_end(&mut buffer)
            .map_err(fail)?;
        if read == 0 {
            return finish_stored(inflate).map_err(fail);
        }
        output = output.saturating_add(read as u64);
        let stored = inflate.source().map_or(0, |s| s.count);
        check_budget(name, output, stored)?;
        if inflated.send(Message::Bytes(buffer)).is_err() {
            break;
        }
    }
    Err(ImageError::malformed(name, "reading was given up"))
}

/// Stops a stream that expands beyond reason or beyond the size of a layer.
pub(crate) fn check_budget(name: &str, output: u64, input: u64) -> Result<(), ImageError> {
    if output > limits::LAYER_BYTES {
        return Err(ImageError::limit(name, "more than 64 GiB uncompressed"));
    }
    let ratio = output / input.max(1);
    if output > limits::EXPANSION_FREE && ratio > limits::EXPANSION_RATIO {
        return Err(ImageError::limit(
            name,
            format!("expands {ratio} times, more than allowed"),
        ));
    }
    Ok(())
}

fn finish_stored<R: Read>(inflate: Inflate<Hashed<R>>) -> io::Result<Stored> {
    let (trailing, truncated) = (inflate.trailing, inflate.truncated);
    let mut rest = inflate
        .into_source()
        .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    io::copy(rest.get_mut(), &mut io::sink())?;
    let hashed = rest.into_inner();
    Ok(Stored {
        blob: hashed.digester.finish(),
        size: hashed.count,
        trailing,
        truncated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn expected(bytes: &[u8], tar: &[u8]) -> Expected {
        Expected {
            name: "layer 1".into(),
            blob: Some(Digester::of(bytes, None)),
            size: Some(bytes.len() as u64),
            diff_id: Some(Digester::of(tar, None)),
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        e.write_all(bytes).unwrap();
        e.finish().unwrap()
    }

    fn start(bytes: &[u8], expected: Expected) -> LayerStream {
        LayerStream::start(Box::new(io::Cursor::new(bytes.to_vec())), expected).unwrap()
    }

    #[test]
    fn a_layer_is_read_and_verified() {
        let tar: Vec<u8> = (0..3_000_000u32).map(|i| (i * 7 % 251) as u8).collect();
        let stored = gzip(&tar);
        let mut stream = start(&stored, expected(&stored, &tar));
        let mut some = vec![0; 1000];
        stream.read_exact(&mut some).unwrap();
        assert_eq!(some, tar[..1000]);
        let verified = stream.finish().unwrap();
        assert_eq!(verified.size, 3_000_000);
        assert_eq!(verified.stored_size, stored.len() as u64);
    }

    #[test]
    fn a_wrong_digest_names_both() {
        let stored = gzip(b"tar");
        let wrong = Expected {
            diff_id: Some(Digest::sha256([1; 32])),
            ..expected(&stored, b"tar")
        };
        let message = start(&stored, wrong).finish().unwrap_err().to_string();
        assert!(message.contains(&"01".repeat(32)), "{message}");
        assert!(
            message.contains(Digester::of(b"tar", None).as_str()),
            "{message}"
        );
        let short = Expected {
            size: Some(3),
            ..expected(&stored, b"tar")
        };
        assert!(start(&stored, short).finish().is_err());
    }

    #[test]
    fn dropping_early_ends_the_thread() {
        let stored = vec![7; 20 << 20];
        let mut stream = start(&stored, expected(&stored, &stored));
        stream.read_exact(&mut [0; 10]).unwrap();
        drop(stream);
    }

    #[test]
    fn a_bomb_is_a_limit() {
        let stored = zstd::encode_all(io::repeat(0).take(128 << 20), 1).unwrap();
        let plain = Expected {
            name: "bomb".into(),
            ..Expected::default()
        };
        let error = start(&stored, plain).finish().unwrap_err();
        assert!(matches!(error, ImageError::Limit { .. }), "{error}");
    }
}
