//! A whole set of data in one signed file, for machines without a network.
//!
//! The index comes first and names every file by its content, so a signature
//! of the index is one of everything.

use super::index::{self, Status};
use super::signature::{self, SignatureError};
use super::writer::Lock;
use super::{FOLDER, SHARDS, Store, StoreError, history, sections};
use crate::overlay;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"plmbndl\x01";
/// Bytes of an index or of its signature.
const MAX_HEAD: u64 = 16 << 20;
/// Bytes of one file.
const MAX_FILE: u64 = 2 << 30;
/// Why data could not be exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file cannot be read or written.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is not what was exported.
    #[error("`{}` is not what was exported: {reason}; copy it again", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It would take the place of overlays that it does not hold.
    #[error("`{}` does not hold the overlay `{name}` of this machine; add it where the data is exported, or take it out with `plimsoll data overlay remove {name}`", path.display())]
    Overlay {
        /// The file.
        path: PathBuf,
        /// The overlay.
        name: String,
    },
    /// Some of the data is not here.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not signed as it should be, or cannot be signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Somebody else is at it.
    #[error("an update of `{}` is running; wait for it to end", .0.display())]
    Busy(PathBuf),
}

fn file(path: &Path) -> impl Fn(io::Error) -> BundleError + '_ {
    |error| BundleError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

impl Store {
    /// Writes everything that matching needs into one file, signed with the
    /// private key of `key` (PEM) where one is given.
    ///
    /// # Errors
    /// When the key is none, or a file cannot be read or written.
    pub fn export(&self, to: &Path, key: Option<&Path>) -> Result<(), BundleError> {
        for (_, file) in self.status.named_files() {
            self.fetch(file)?;
        }
        let status = history::bare(&self.status);
        let index = serde_json::to_vec(&status).map_err(|e| file(to)(e.into()))?;
        let signature = key.map(|key| signature::sign(key, &index)).transpose()?;
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        let out = builder.tempfile_in(folder.unwrap_or(Path::new(".")));
        let mut out = BufWriter::new(out.map_err(file(to))?);
        let written = (|| -> io::Result<()> {
            out.write_all(MAGIC)?;
            write_part(&mut out, &index)?;
            write_part(&mut out, &signature.unwrap_or_default())?;
            let mut packed = zstd::stream::write::Encoder::new(&mut out, 9)?;
            for name in status.files() {
                write_part(&mut packed, &fs::read(self.folder.join(SHARDS).join(name))?)?;
            }
            packed.finish()?;
            out.flush()
        })();
        written.map_err(file(to))?;
        let out = out.into_inner().map_err(|e| file(to)(e.into_error()))?;
        out.persist(to).map_err(|e| file(to)(e.error))?;
        Ok(())
    }
}

/// Puts exported data in place of what is in a data folder. It must be signed
/// with one of the `trusted` public keys (PEM), unless `unsigned` is allowed.
///
/// # Errors
/// [`BundleError`]; the old data then stays in place.
pub fn import(
    data: &Path,
    from: &Path,
    trusted: &[PathBuf],
    unsigned: bool,
) -> Result<Status, BundleError> {
    let corrupt = |reason: &str| BundleError::Corrupt {
        path: from.to_owned(),
        reason: reason.to_owned(),
    };
    let mut input = BufReader::new(File::open(from).map_err(file(from))?);
    let mut magic = [0; 8];
    input
        .read_exact(&mut magic)
        .map_err(|_| corrupt("it is cut"))?;
    if magic != *MAGIC {
        return Err(corrupt("it begins otherwise"));
    }
    let index = read_part(&mut input, MAX_HEAD).map_err(|e| corrupt(&e.to_string()))?;
    let signature = read_part(&mut input, MAX_HEAD).map_err(|e| corrupt(&e.to_string()))?;
    let name = from.display().to_string();
    signature::verify(&name, &index, &signature, trusted, unsigned)?;
    let status = Status::foreign(&index).map_err(|reason| corrupt(&reason))?;
    let lock = Lock::take(data).map_err(file(data))?;
    let _lock = lock.ok_or_else(|| BundleError::Busy(data.to_owned()))?;
    let folder = data.join(FOLDER);
    let missing = overlay::missing(&folder, &status).map_err(|error| BundleError::File {
        path: folder.clone(),
        reason: error.to_string(),
    })?;
    if let Some(name) = missing.into_iter().next() {
        let path = from.to_owned();
        return Err(BundleError::Overlay { path, name });
    }
    let mut packed = zstd::stream::read::Decoder::with_buffer(input).map_err(file(from))?;
    for name in status.files() {
        let bytes = read_part(&mut packed, MAX_FILE).map_err(|e| corrupt(&e.to_string()))?;
        if !sections::is_whole(&bytes, name) {
            return Err(corrupt(&format!("its part `{name}` has another content")));
        }
        index::place(&folder.join(SHARDS).join(name), &bytes).map_err(file(&folder))?;
    }
    if let Ok(before) = Status::read(&folder) {
        history::keep(&folder, &before, &status).map_err(file(&folder))?;
    }
    status.write(&folder).map_err(file(&folder))?;
    Ok(status)
}

fn write_part(out: &mut impl Write, part: &[u8]) -> io::Result<()> {
    out.write_all(&(part.len() as u64).to_le_bytes())?;
    out.write_all(part)
}

fn read_part(input: &mut impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > most {
        return Err(io::Error::other("a part of it is too long"));
    }
    let mut part = Vec::new();
    input.take(length).read_to_end(&mut part)?;
    match part.len() as u64 == length {
        true => Ok(part),
        false => Err(io::Error::other("it is cut")),
    }
}

#[cfg(test)]
mod tests;
