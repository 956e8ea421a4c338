//! A tar archive indexed once, its entries then read by offset.

use crate::files::Files;
use crate::inflate::Inflate;
use crate::tar_header::{BLOCK, Header, Pax, read_block};
use crate::{ImageError, limits};
use std::collections::{BTreeMap, BTreeSet};
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

/// What comes before an entry and belongs to it.
#[derive(Default)]
struct Before {
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    pax: Option<Pax>,
}

impl Before {
    /// Takes an extension; readers disagree about which of two counts.
    fn add(&mut self, kind: u8, bytes: &[u8]) -> Result<(), &'static str> {
        let text = || bytes.iter().copied().take_while(|b| *b != 0).collect();
        let doubled = match kind {
            b'L' => self.long_name.replace(text()).is_some(),
            b'K' => self.long_link.replace(text()).is_some(),
            b'x' => self.pax.replace(Pax::parse(bytes)?).is_some(),
            // A global header; engines apply none of its records to entries,
            // and forget what stands before it.
            _ => {
                Pax::parse(bytes)?;
                self.long_name.is_some() || self.long_link.is_some() || self.pax.is_some()
            }
        };
        let pax = self.pax.as_ref();
        let doubled = doubled
            || self.long_name.is_some() && pax.is_some_and(|p| p.path.is_some())
            || self.long_link.is_some() && pax.is_some_and(|p| p.link.is_some());
        match doubled {
            true => Err("an entry has two extended headers"),
            false => Ok(()),
        }
    }

    /// The entry with its extensions applied.
    fn apply(self, header: Header) -> Result<Header, &'static str> {
        let pax = self.pax.unwrap_or_default();
        if pax.sparse || header.kind == b'S' {
            return Err("an entry is stored with holes, which an image archive never is");
        }
        let name = pax.path.or(self.long_name).unwrap_or(header.name);
        let kind = match header.kind {
            // The oldest format marks directories by a trailing slash only.
            0 if name.ends_with(b"/") => b'5',
            0 => b'0',
            kind => kind,
        };
        Ok(Header {
            name,
            link: pax.link.or(self.long_link).unwrap_or(header.link),
            // Links, devices and directories may announce content, but none
            // follows.
            size: match kind {
                b'1'..=b'6' => 0,
                _ => pax.size.unwrap_or(header.size),
            },
            kind,
        })
    }
}

fn index(file: &File, input: &str) -> Result<BTreeMap<String, Place>, ImageError> {
    let fail = |e: io::Error| match e.kind() {
        io::ErrorKind::UnexpectedEof => ImageError::malformed(input, "the archive is cut off"),
        _ => ImageError::io(input, &e),
    };
    let wrong = |why: &str| ImageError::malformed(input, why);
    let length = file.metadata().map_err(fail)?.len();
    let mut reader = BufReader::with_capacity(8 << 10, file);
    let mut places = BTreeMap::new();
    let mut documents = BTreeSet::new();
    let mut before = Before::default();
    let mut at = 0u64;
    let mut count = 0usize;
    while let Some(block) = read_block(&mut reader).map_err(fail)? {
        at += BLOCK;
        let Some(mut header) = Header::parse(&block).map_err(wrong)? else {
            match read_block(&mut reader).map_err(fail)? {
                Some(block) if block.iter().any(|b| *b != 0) => {
                    return Err(wrong("a single block of zeros stands between entries"));
                }
                _ => break,
            }
        };
        count += 1;
        if count > limits::ARCHIVE_ENTRIES {
            return Err(ImageError::limit(
                input,
                "too many entries for an image archive",
            ));
        }
        let extension = matches!(header.kind, b'L' | b'K' | b'x' | b'g');
        if !extension {
            header = std::mem::take(&mut before).apply(header).map_err(wrong)?;
        }
        let shown = String::from_utf8_lossy(&header.name).into_owned();
        let size = header.size;
        let end = at
            .checked_add(size)
            .filter(|end| *end <= length)
            .ok_or_else(|| wrong(&format!("the archive is cut off inside `{shown}`")))?;
        let next = end
            .checked_next_multiple_of(BLOCK)
            .ok_or_else(|| wrong("too large"))?;
        if extension {
            if size > limits::LONG_NAME_BYTES {
                return Err(ImageError::limit(input, "an extended header is over 1 MiB"));
            }
            let mut bytes = Vec::new();
            (&mut reader)
                .take(size)
                .read_to_end(&mut bytes)
                .map_err(fail)?;
            before.add(header.kind, &bytes).map_err(wrong)?;
            at += bytes.len() as u64;
        } else if let Some(name) = clean("", shown.trim_start_matches('/')) {
            // No digest protects these, and readers disagree which one counts.
            let document = matches!(&*name, "manifest.json" | "index.json" | "oci-layout");
            if document && !documents.insert(name.clone()) {
                return Err(wrong(&format!("two entries are named `{name}`")));
            }
            let link = String::from_utf8_lossy(&header.link);
            let place = match header.kind {
                b'0' | b'7' => Some(Place::Bytes { offset: at, size }),
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
        let skip = next.checked_sub(at).and_then(|n| i64::try_from(n).ok());
        reader
            .seek_relative(skip.ok_or_else(|| wrong("too large"))?)
            .map_err(fail)?;
        at = next;
        if at >= length {
            break;
        }
    }
    reader.seek(SeekFrom::Start(0)).map_err(fail)?;
    Ok(places)
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
