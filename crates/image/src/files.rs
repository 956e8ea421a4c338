//! Named files of a layout, whether it is a directory or an archive.

use crate::{ImageError, limits};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Read access to the files of an image layout by their name inside it.
pub(crate) trait Files: Send + Sync {
    /// What the user called the layout.
    fn input(&self) -> &str;
    /// Stored bytes of a file, `None` where there is none.
    fn size(&self, name: &str) -> Option<u64>;
    /// Opens a file for reading from its start.
    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, ImageError>;

    /// Reads a small file whole.
    fn read(&self, name: &str, bound: u64) -> Result<Vec<u8>, ImageError> {
        let input = format!("{}!/{name}", self.input());
        let mut bytes = Vec::new();
        self.open(name)?
            .take(bound + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| ImageError::io(&input, &e))?;
        if bytes.len() as u64 > bound {
            return Err(ImageError::limit(input, format!("more than {bound} bytes")));
        }
        Ok(bytes)
    }

    /// Whether there is such a file.
    fn has(&self, name: &str) -> bool {
        self.size(name).is_some()
    }
}

/// A layout as a directory; links may not lead out of it.
pub(crate) struct Directory {
    input: String,
    root: PathBuf,
}

impl Directory {
    pub(crate) fn new(path: &Path) -> Result<Self, ImageError> {
        let input = path.display().to_string();
        let root = path
            .canonicalize()
            .map_err(|e| ImageError::io(&input, &e))?;
        Ok(Self { input, root })
    }

    fn locate(&self, name: &str) -> Option<PathBuf> {
        let path = self.root.join(name).canonicalize().ok()?;
        (path.starts_with(&self.root) && path.is_file()).then_some(path)
    }
}

impl Files for Directory {
    fn input(&self) -> &str {
        &self.input
    }

    fn size(&self, name: &str) -> Option<u64> {
        Some(self.locate(name)?.metadata().ok()?.len())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, ImageError> {
        let path = self
            .locate(name)
            .ok_or_else(|| ImageError::not_found(&self.input, format!("`{name}`")))?;
        let file = File::open(&path).map_err(|e| ImageError::io(path.display(), &e))?;
        Ok(Box::new(file.take(limits::ARCHIVE_BYTES)))
    }
}
