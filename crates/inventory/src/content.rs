//! Content of one file in one piece: in memory while small, in an unlinked
//! temporary file that is mapped when large.

use std::fs::File;
use std::io::{self, Write};

/// Files up to this size stay in memory.
const IN_MEMORY: u64 = 16 << 20;

pub(crate) enum Content {
    Memory(Vec<u8>),
    Spilling(File),
    Mapped(memmap2::Mmap),
}

impl Content {
    pub fn new(size: u64) -> Self {
        // The size is a claim: reserve little, grow with what really comes.
        let reserve = usize::try_from(size.min(1 << 20)).unwrap_or(0);
        Content::Memory(Vec::with_capacity(reserve))
    }

    pub fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Content::Memory(bytes) if (bytes.len() + chunk.len()) as u64 <= IN_MEMORY => {
                bytes.extend_from_slice(chunk);
                Ok(())
            }
            Content::Memory(bytes) => {
                let mut file = tempfile::tempfile()?;
                file.write_all(bytes)?;
                file.write_all(chunk)?;
                *self = Content::Spilling(file);
                Ok(())
            }
            Content::Spilling(file) => file.write_all(chunk),
            Content::Mapped(_) => Err(io::Error::other("content is complete")),
        }
    }

    /// Ends writing.
    #[allow(unsafe_code)]
    pub fn finish(self) -> io::Result<Self> {
        match self {
            // SAFETY: the file has no name, so nobody else can change it
            // while it is mapped.
            Content::Spilling(file) => Ok(Content::Mapped(unsafe { memmap2::Mmap::map(&file)? })),
            other => Ok(other),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Content::Memory(bytes) => bytes,
            Content::Mapped(map) => map,
            Content::Spilling(_) => &[],
        }
    }
}
