//! A directory as an image of one layer, its tar made while it is read.

use crate::image::{Layers, identity};
use crate::tar_header::Entry;
use crate::{Image, ImageError, limits};
use plimsoll_types::{Gap, GapKind};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Tree {
    root: PathBuf,
    entries: Arc<[Item]>,
}

struct Item {
    path: PathBuf,
    kind: u8,
    size: u64,
    mode: u64,
    uid: u64,
    gid: u64,
    mtime: u64,
    device: (u64, u64),
}

pub(crate) fn open(path: &str) -> Result<Image, ImageError> {
    let root = PathBuf::from(path);
    if !root.is_dir() {
        return Err(ImageError::not_found(path, "a directory"));
    }
    let (mut entries, mut notes) = (Vec::new(), Vec::new());
    let mut open = vec![PathBuf::new()];
    while let Some(directory) = open.pop() {
        if entries.len() >= limits::TREE_ENTRIES {
            notes.push(note(
                GapKind::LimitExceeded,
                &directory,
                "more than 2 million files",
            ));
            break;
        }
        let listing = fs::read_dir(root.join(&directory));
        let children = match listing.and_then(|l| l.collect::<io::Result<Vec<_>>>()) {
            Ok(children) => children,
            Err(e) if directory.as_os_str().is_empty() => return Err(ImageError::io(path, &e)),
            Err(e) => {
                notes.push(note(
                    GapKind::EvidenceUnreadable,
                    &directory,
                    &e.to_string(),
                ));
                continue;
            }
        };
        for child in children {
            let inside = directory.join(child.file_name());
            let metadata = match fs::symlink_metadata(child.path()) {
                Ok(metadata) => metadata,
                Err(e) => {
                    notes.push(note(GapKind::EvidenceUnreadable, &inside, &e.to_string()));
                    continue;
                }
            };
            if metadata.is_dir() {
                open.push(inside.clone());
            } else if metadata.is_file()
                && let Err(e) = File::open(child.path())
            {
                notes.push(note(GapKind::EvidenceUnreadable, &inside, &e.to_string()));
                continue;
            }
            entries.push(Item::new(inside, &metadata));
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    notes.sort();
    let tree = Tree {
        root,
        entries: entries.into(),
    };
    Ok(Image::from_tree(
        identity(path, "dir"),
        notes,
        Box::new(tree),
    ))
}

fn note(kind: GapKind, path: &Path, detail: &str) -> Gap {
    Gap {
        kind,
        subject: path.display().to_string(),
        layer: Some(0),
        detail: detail.into(),
    }
}

impl Item {
    fn new(path: PathBuf, metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        let kind = if kind.is_dir() {
            b'5'
        } else if kind.is_symlink() {
            b'2'
        } else if kind.is_char_device() {
            b'3'
        } else if kind.is_block_device() {
            b'4'
        } else if kind.is_file() {
            b'0'
        } else {
            // Tar has no socket; engines store neither, so both are named pipes.
            b'6'
        };
        let number = metadata.rdev();
        Self {
            path,
            kind,
            size: if kind == b'0' { metadata.len() } else { 0 },
            mode: u64::from(metadata.mode() & 0o7777),
            uid: metadata.uid().into(),
            gid: metadata.gid().into(),
            mtime: u64::try_from(metadata.mtime()).unwrap_or(0),
            device: match kind {
                b'3' | b'4' => (
                    (number >> 8) & 0xfff,
                    (number & 0xff) | ((number >> 12) & 0xfff00),
                ),
                _ => (0, 0),
            },
        }
    }
}

impl Layers for Tree {
    fn open(&self, _: usize) -> Result<Box<dyn Read + Send>, ImageError> {
        Ok(Box::new(Walk {
            root: self.root.clone(),
            entries: Arc::clone(&self.entries),
            next: 0,
            pending: io::Cursor::new(Vec::new()),
            file: None,
            left: 0,
        }))
    }
}

/// The tar of a tree: header, content padded to blocks, two zero blocks.
struct Walk {
    root: PathBuf,
    entries: Arc<[Item]>,
    next: usize,
    pending: io::Cursor<Vec<u8>>,
    file: Option<File>,
    left: u64,
}

impl Walk {
    fn begin(&mut self, item_at: usize) -> io::Result<()> {
        let Some(item) = self.entries.get(item_at) else {
            return Ok(());
        };
        let path = self.root.join(&item.path);
        let link = if item.kind == b'2' {
            fs::read_link(&path)?
        } else {
            PathBuf::new()
        };
        let mut name = item.path.as_os_str().as_bytes().to_vec();
        if item.kind == b'5' {
            name.push(b'/');
        }
        let header = Entry {
            name: &name,
            link: link.as_os_str().as_bytes(),
            kind: item.kind,
            size: item.size,
            mode: item.mode,
            uid: item.uid,
            gid: item.gid,
            mtime: item.mtime,
            device: item.device,
        };
        self.pending = io::Cursor::new(header.write());
        if item.kind == b'0' {
            // A file replaced by a link since the walk must not be followed out.
            let same = fs::symlink_metadata(&path).is_ok_and(|m| m.is_file());
            self.file = if same { File::open(&path).ok() } else { None };
            self.left = item.size.next_multiple_of(512);
        }
        Ok(())
    }
}

impl Read for Walk {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.pending.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            if self.left > 0 {
                return Ok(self.content(out));
            }
            if self.next > self.entries.len() {
                return Ok(0);
            }
            if self.next == self.entries.len() {
                self.pending = io::Cursor::new(vec![0; 1024]);
            } else {
                self.begin(self.next)?;
            }
            self.next += 1;
        }
    }
}

impl Walk {
    /// File bytes up to the size in the header; zeros where the file shrank.
    fn content(&mut self, out: &mut [u8]) -> usize {
        let size = self
            .entries
            .get(self.next.saturating_sub(1))
            .map_or(0, |i| i.size);
        let padding = size.next_multiple_of(512) - size;
        let wanted = self.left.saturating_sub(padding);
        if wanted > 0
            && let Some(file) = &mut self.file
        {
            let count = usize::try_from(wanted).unwrap_or(usize::MAX).min(out.len());
            match file.read(&mut out[..count]) {
                Ok(read) if read > 0 => {
                    self.left -= read as u64;
                    return read;
                }
                _ => self.file = None,
            }
        }
        let count = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(out.len());
        out[..count].fill(0);
        self.left -= count as u64;
        count
    }
}
