//! Advisories that wait on disk until everything was read: an unlinked file of
//! compressed blocks, one feed and one namespace in each.

use super::Piece;
use crate::namespace::Namespace;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// What one feed says in one namespace.
pub(crate) type PartKey = (String, Namespace);

#[derive(Default)]
pub(super) struct Spill {
    file: Option<File>,
    end: u64,
    /// Where the blocks of each part lie, in the order in which they came.
    blocks: BTreeMap<PartKey, Vec<(u64, usize)>>,
}

impl Spill {
    pub fn keys(&self) -> impl Iterator<Item = &PartKey> {
        self.blocks.keys()
    }

    pub fn push(&mut self, key: PartKey, pieces: &[Piece]) -> io::Result<()> {
        let plain = postcard::to_allocvec(pieces).map_err(io::Error::other)?;
        let packed = zstd::bulk::compress(&plain, 1)?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(&packed)?;
        self.blocks
            .entry(key)
            .or_default()
            .push((self.end, packed.len()));
        self.end += packed.len() as u64;
        Ok(())
    }

    /// Hands over the blocks of one part.
    pub fn read(&mut self, key: &PartKey, mut each: impl FnMut(Vec<Piece>)) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        for (start, length) in self.blocks.get(key).into_iter().flatten() {
            let mut packed = vec![0; *length];
            file.seek(SeekFrom::Start(*start))?;
            file.read_exact(&mut packed)?;
            let plain = zstd::stream::decode_all(packed.as_slice())?;
            each(postcard::from_bytes(&plain).map_err(io::Error::other)?);
        }
        Ok(())
    }
}
