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
    mode: u64,
    uid: u64,
    gid: u64,
    mtime: u64,
    device: (u64, u64),
}

pub(crate) fn open(path: &str) -> Result<Image, ImageError> {
    let root = PathBuf::from(path);
    if !root.is_dir() {
        return Err(ImageError::not_found(path, "such directory"));
    }
    let (mut entries, mut notes) =
        list(&root, limits::TREE_ENTRIES).map_err(|e| ImageError::io(path, &e))?;
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

/// Everything below a directory, at most `bound` entries, and what of it
/// cannot be looked at. Only a root that cannot be listed is an error.
fn list(root: &Path, bound: usize) -> io::Result<(Vec<Item>, Vec<Gap>)> {
    let (mut entries, mut notes) = (Vec::new(), Vec::new());
    let mut open = vec![PathBuf::new()];
    let mut seen = 0usize;
    'walk: while let Some(directory) = open.pop() {
        let children = match fs::read_dir(root.join(&directory)) {
            Ok(children) => children,
            Err(e) if directory.as_os_str().is_empty() => return Err(e),
            Err(e) => {
                notes.push(unreadable(&directory, &e));
                continue;
            }
        };
        for child in children {
            seen += 1;
            if seen > bound {
                let detail = format!("more than {bound} files; the rest was not read");
                notes.push(note(GapKind::LimitExceeded, &directory, &detail));
                break 'walk;
            }
            let child = match child {
                Ok(child) => child,
                Err(e) if directory.as_os_str().is_empty() => return Err(e),
                Err(e) => {
                    notes.push(unreadable(&directory, &e));
                    break;
                }
            };
            let inside = directory.join(child.file_name());
            let readable = fs::symlink_metadata(child.path()).and_then(|metadata| {
                if metadata.is_file() {
                    File::open(child.path())?;
                }
                Ok(metadata)
            });
            match readable {
                Ok(metadata) => {
                    if metadata.is_dir() {
                        open.push(inside.clone());
                    }
                    entries.push(Item::new(inside, &metadata));
                }
                Err(e) => notes.push(unreadable(&inside, &e)),
            }
        }
    }
    Ok((entries, notes))
}

/// Any file or directory can be the package database, or hold it, so one that
/// cannot be read leaves the whole in doubt. What went away meanwhile is not
/// part of the image.
fn unreadable(path: &Path, error: &io::Error) -> Gap {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => GapKind::EvidenceUnreadable,
        _ => GapKind::LayerUnreadable,
    };
    note(kind, path, &error.to_string())
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
            padding: 0,
        }))
    }
}

/// The tar of a tree: header, content padded to blocks, two zero blocks.
///
/// A file that cannot be read as its header says is an error that names it:
/// there is nothing true to put in its place.
struct Walk {
    root: PathBuf,
    entries: Arc<[Item]>,
    next: usize,
    pending: io::Cursor<Vec<u8>>,
    /// The file being read, with its path.
    file: Option<(PathBuf, Box<dyn Read + Send>)>,
    /// Bytes of it to come.
    left: u64,
    /// Zeros after it.
    padding: u64,
}

impl Walk {
    fn begin(&mut self, item: &Item) -> Result<(), ImageError> {
        let path = self.root.join(&item.path);
        let fail = |e: io::Error| ImageError::io(path.display(), &e);
        let link = match item.kind {
            b'2' => fs::read_link(&path).map_err(fail)?,
            _ => PathBuf::new(),
        };
        let mut size = 0;
        if item.kind == b'0' {
            let file = open_regular(&path)?;
            // What the file holds now counts, not what it held when listed.
            size = file.metadata().map_err(fail)?.len();
            self.file = Some((path, Box::new(file)));
        }
        let mut name = item.path.as_os_str().as_bytes().to_vec();
        if item.kind == b'5' {
            name.push(b'/');
        }
        let header = Entry {
            name: &name,
            link: link.as_os_str().as_bytes(),
            kind: item.kind,
            size,
            mode: item.mode,
            uid: item.uid,
            gid: item.gid,
            mtime: item.mtime,
            device: item.device,
        };
        self.pending = io::Cursor::new(header.write());
        self.left = size;
        self.padding = (512 - size % 512) % 512;
        Ok(())
    }

    /// File bytes up to the size in the header.
    fn content(&mut self, out: &mut [u8]) -> Result<usize, ImageError> {
        let Some((path, file)) = &mut self.file else {
            return Err(ImageError::malformed(
                self.root.display(),
                "no file is open",
            ));
        };
        let count = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(out.len());
        let read = loop {
            match file.read(&mut out[..count]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        match read {
            Ok(0) => Err(changed(path)),
            Ok(read) => {
                self.left -= read as u64;
                Ok(read)
            }
            Err(e) => Err(ImageError::io(path.display(), &e)),
        }
    }
}

/// Opens what is still a regular file; a link put in its place since the
/// listing must not be followed out of the tree.
fn open_regular(path: &Path) -> Result<File, ImageError> {
    let fail = |e: io::Error| ImageError::io(path.display(), &e);
    let seen = fs::symlink_metadata(path).map_err(fail)?;
    if !seen.is_file() {
        return Err(changed(path));
    }
    let file = File::open(path).map_err(fail)?;
    let opened = file.metadata().map_err(fail)?;
    match (seen.dev(), seen.ino()) == (opened.dev(), opened.ino()) {
        true => Ok(file),
        false => Err(changed(path)),
    }
}

fn changed(path: &Path) -> ImageError {
    ImageError::malformed(
        path.display(),
        "changed while it was read; scan a copy that nothing writes to",
    )
}

impl Read for Walk {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.pending.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            if self.left > 0 {
                return self.content(out).map_err(io::Error::other);
            }
            self.file = None;
            if self.padding > 0 {
                let zeros = usize::try_from(std::mem::take(&mut self.padding)).unwrap_or(0);
                self.pending = io::Cursor::new(vec![0; zeros]);
                continue;
            }
            let entries = Arc::clone(&self.entries);
            match entries.get(self.next) {
                Some(item) => self.begin(item).map_err(io::Error::other)?,
                None if self.next == entries.len() => {
                    self.pending = io::Cursor::new(vec![0; 1024]);
                }
                None => return Ok(0),
            }
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LayerStream;
    use std::os::unix::fs::PermissionsExt;

    fn tree(files: &[(&str, usize)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, size) in files {
            fs::write(folder.path().join(name), vec![b'x'; *size]).unwrap();
        }
        folder
    }

    fn layer(folder: &tempfile::TempDir) -> LayerStream {
        let image = open(&folder.path().display().to_string()).unwrap();
        image.layer(0).unwrap()
    }

    /// The error of reading the tree's tar after `change` was done to it, when
    /// its first header had been read.
    fn failure(files: &[(&str, usize)], change: impl Fn(&Path)) -> String {
        let folder = tree(files);
        let entries = list(folder.path(), 10).unwrap().0;
        let tree = Tree {
            root: folder.path().into(),
            entries: entries.into(),
        };
        let mut walk = Layers::open(&tree, 0).unwrap();
        walk.read_exact(&mut [0; 600]).unwrap();
        change(folder.path());
        let error = walk.read_to_end(&mut Vec::new()).unwrap_err();
        ImageError::io("layer", &error).to_string()
    }

    #[test]
    fn a_file_that_shrinks_is_no_file_of_zeros() {
        let cut = |folder: &Path| fs::write(folder.join("status"), "x").unwrap();
        let error = failure(&[("status", 1 << 20)], cut);
        assert!(
            error.contains("status") && error.contains("changed"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_goes_away_or_becomes_a_link_is_named() {
        let files = [("a", 1000), ("b", 1000)];
        // Whichever of them comes first is being read, the other is not open yet.
        let gone = |folder: &Path| {
            for name in ["a", "b"] {
                fs::remove_file(folder.join(name)).unwrap();
            }
        };
        let error = failure(&files, gone);
        assert!(error.contains("cannot read `"), "{error}");
        let link = |folder: &Path| {
            gone(folder);
            for name in ["a", "b"] {
                std::os::unix::fs::symlink("/etc/passwd", folder.join(name)).unwrap();
            }
        };
        let error = failure(&files, link);
        assert!(error.contains("changed"), "{error}");
    }

    #[test]
    fn a_file_whose_bytes_cannot_be_read_is_named() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("input/output error"))
            }
        }
        let mut walk = Walk {
            root: PathBuf::new(),
            entries: Arc::new([]),
            next: 0,
            pending: io::Cursor::new(Vec::new()),
            file: Some((PathBuf::from("/x/status"), Box::new(Broken))),
            left: 10,
            padding: 502,
        };
        let error = walk.read(&mut [0; 10]).unwrap_err().to_string();
        assert!(
            error.contains("/x/status") && error.contains("input/output"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_grew_is_read_as_it_is() {
        let folder = tree(&[("a", 10)]);
        let image = open(&folder.path().display().to_string()).unwrap();
        fs::write(folder.path().join("a"), vec![b'y'; 1000]).unwrap();
        let mut bytes = Vec::new();
        image.layer(0).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.iter().filter(|b| **b == b'y').count(), 1000);
        assert_eq!(bytes.len(), 512 + 1024 + 1024);
    }

    #[test]
    fn a_flat_directory_is_bounded() {
        let folder = tree(&[("a", 1), ("b", 1), ("c", 1)]);
        let (entries, notes) = list(folder.path(), 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].kind, GapKind::LimitExceeded);
        assert_eq!(list(folder.path(), 3).unwrap().1.len(), 0);
        layer(&folder).finish().unwrap();
    }

    #[test]
    fn what_cannot_be_opened_leaves_the_image_incomplete() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(
            unreadable(Path::new("var/lib/dpkg"), &denied)
                .kind
                .is_incomplete()
        );
        let folder = tree(&[("status", 10)]);
        let path = folder.path().join("status");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
        if File::open(&path).is_ok() {
            println!("skipped: permissions do not bind this user");
            return;
        }
        let notes = list(folder.path(), 10).unwrap().1;
        assert_eq!(notes[0].kind, GapKind::LayerUnreadable);
        assert_eq!(notes[0].subject, "status");
    }
}
