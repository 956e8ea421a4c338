//! A tar archive indexed once, its entries then read by offset.

use crate::files::Files;
use crate::inflate::Inflate;
use crate::tar_header::{BLOCK, Header, read_block};
use crate::{ImageError, limits};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

enum Place {
    Bytes { offset: u64, size: u64 },
    Link(String),
}

/// An archive on disk, or its decompressed copy in an unlinked file.
pub(crate) struct Archive {
    input: String,
    file: Arc<File>,
    places: BTreeMap<String, Place>,
}

impl Archive {
    pub(crate) fn open(path: &Path) -> Result<Self, ImageError> {
        let input = path.display().to_string();
        let fail = |e: io::Error| ImageError::io(&input, &e);
        let mut file = File::open(path).map_err(fail)?;
        let mut magic = [0; 4];
        let have = file.read(&mut magic).map_err(fail)?;
        file.rewind().map_err(fail)?;
        if have >= 2 && (magic[..2] == [0x1f, 0x8b] || magic == [0x28, 0xb5, 0x2f, 0xfd]) {
            file = spool(file, &input)?;
        }
        let places = index(&file, &input)?;
        Ok(Self {
            input,
            file: Arc::new(file),
            places,
        })
    }

    fn locate(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = clean("", name)?;
        for _ in 0..=limits::LINK_DEPTH {
            match self.places.get(&name)? {
                Place::Bytes { offset, size } => return Some((*offset, *size)),
                Place::Link(target) => name.clone_from(target),
            }
        }
        None
    }
}

impl Files for Archive {
    fn input(&self) -> &str {
        &self.input
    }

    fn size(&self, name: &str) -> Option<u64> {
        self.locate(name).map(|(_, size)| size)
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, ImageError> {
        let (offset, left) = self
            .locate(name)
            .ok_or_else(|| ImageError::not_found(&self.input, format!("entry `{name}`")))?;
        Ok(Box::new(Slice {
            file: Arc::clone(&self.file),
            offset,
            left,
        }))
    }
}

struct Slice {
    file: Arc<File>,
    offset: u64,
    left: u64,
}

impl Read for Slice {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(out.len());
        let read = self.file.read_at(&mut out[..want], self.offset)?;
        if read == 0 && want > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.offset += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Decompresses into a file without a name, so no exit path leaves it behind.
fn spool(file: File, input: &str) -> Result<File, ImageError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let fail = |e: io::Error| ImageError::io(input, &e);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!(".plimsoll-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut copy = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|e| ImageError::io(path.display(), &e))?;
    std::fs::remove_file(&path).map_err(|e| ImageError::io(path.display(), &e))?;
    let stored = file.metadata().map_err(fail)?.len();
    let mut inflate = Inflate::new(file).map_err(fail)?;
    let mut buffer = vec![0; 256 << 10];
    let mut total = 0u64;
    loop {
        let read = inflate.read(&mut buffer).map_err(fail)?;
        if read == 0 {
            break;
        }
        total = total.saturating_add(read as u64);
        let bomb =
            total > limits::EXPANSION_FREE && total / stored.max(1) > limits::EXPANSION_RATIO;
        if bomb || total > limits::ARCHIVE_BYTES {
            return Err(ImageError::limit(
                input,
                "the compressed archive expands beyond reason",
            ));
        }
        copy.write_all(&buffer[..read]).map_err(fail)?;
    }
    if inflate.truncated {
        return Err(ImageError::malformed(
            input,
            "the compressed archive is cut off",
        ));
    }
    copy.rewind().map_err(fail)?;
    Ok(copy)
}

fn index(file: &File, input: &str) -> Result<BTreeMap<String, Place>, ImageError> {
    let fail = |e: io::Error| match e.kind() {
        io::ErrorKind::UnexpectedEof => ImageError::malformed(input, "the archive is cut off"),
        _ => ImageError::io(input, &e),
    };
    let length = file.metadata().map_err(fail)?.len();
    let mut reader = BufReader::with_capacity(8 << 10, file);
    let mut places = BTreeMap::new();
    let mut at = 0u64;
    let (mut long_name, mut long_link, mut long_size) = (None, None, None);
    let mut count = 0usize;
    while let Some(block) = read_block(&mut reader).map_err(fail)? {
        at += BLOCK;
        let header = Header::parse(&block).map_err(|why| ImageError::malformed(input, why))?;
        let Some(header) = header else { break };
        count += 1;
        if count > limits::ARCHIVE_ENTRIES {
            return Err(ImageError::limit(
                input,
                "too many entries for an image archive",
            ));
        }
        let special = matches!(header.kind, b'L' | b'K' | b'x' | b'g');
        let size = if special {
            header.size
        } else {
            long_size.take().unwrap_or(header.size)
        };
        let shown = String::from_utf8_lossy(&header.name).into_owned();
        let end = at
            .checked_add(size)
            .filter(|end| *end <= length)
            .ok_or_else(|| {
                ImageError::malformed(input, format!("the archive is cut off inside `{shown}`"))
            })?;
        let next = end.next_multiple_of(BLOCK);
        if special {
            if size > limits::LONG_NAME_BYTES {
                return Err(ImageError::limit(input, "an extended header is over 1 MiB"));
            }
            let mut bytes = Vec::new();
            (&mut reader)
                .take(size)
                .read_to_end(&mut bytes)
                .map_err(fail)?;
            at += bytes.len() as u64;
            let text = |b: &[u8]| {
                let end = b.iter().position(|b| *b == 0).unwrap_or(b.len());
                String::from_utf8_lossy(&b[..end]).into_owned()
            };
            match header.kind {
                b'L' => long_name = Some(text(&bytes)),
                b'K' => long_link = Some(text(&bytes)),
                b'x' => {
                    for (key, value) in pax(&bytes) {
                        match key {
                            b"path" => long_name = Some(text(value)),
                            b"linkpath" => long_link = Some(text(value)),
                            b"size" => long_size = text(value).parse().ok(),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        } else {
            let raw = long_name.take().unwrap_or(shown);
            let link = long_link
                .take()
                .unwrap_or_else(|| String::from_utf8_lossy(&header.link).into_owned());
            if let Some(name) = clean("", &raw) {
                let place = match header.kind {
                    b'0' | 0 | b'7' => Some(Place::Bytes { offset: at, size }),
                    b'1' => clean("", &link).map(Place::Link),
                    b'2' => {
                        let parent = name.rsplit_once('/').map_or("", |(parent, _)| parent);
                        clean(parent, &link).map(Place::Link)
                    }
                    _ => None,
                };
                if let Some(place) = place {
                    places.insert(name, place);
                }
            }
        }
        reader
            .seek_relative(
                i64::try_from(next - at).map_err(|_| ImageError::malformed(input, "too large"))?,
            )
            .map_err(fail)?;
        at = next;
        if at >= length {
            break;
        }
    }
    reader.seek(SeekFrom::Start(0)).map_err(fail)?;
    Ok(places)
}

/// Records of a PAX header: `length key=value\n`.
fn pax(mut bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut records = Vec::new();
    while let Some(space) = bytes.iter().position(|b| *b == b' ') {
        let length = std::str::from_utf8(&bytes[..space])
            .ok()
            .and_then(|t| t.parse().ok());
        let Some(length) = length.filter(|l: &usize| *l > space + 1 && *l <= bytes.len()) else {
            break;
        };
        let record = &bytes[space + 1..length - 1];
        if let Some(equals) = record.iter().position(|b| *b == b'=') {
            records.push((&record[..equals], &record[equals + 1..]));
        }
        bytes = &bytes[length..];
    }
    records
}

/// A name inside the archive; `None` when it leads out of it or nowhere.
fn clean(parent: &str, name: &str) -> Option<String> {
    if name.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in parent.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}
