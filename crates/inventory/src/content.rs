//! Content of one file in one piece: in memory while small, in an unlinked
//! temporary file when large, which is mapped only while somebody looks.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Deref;

pub(crate) struct Content {
    place: Place,
    length: u64,
    /// Bytes up to which it stays in memory.
    memory: u64,
}

enum Place {
    Memory(Vec<u8>),
    Spilled(File),
}

/// Content that can be read.
pub(crate) enum Bytes<'a> {
    Memory(&'a [u8]),
    Mapped(memmap2::Mmap),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Memory(bytes) => bytes,
            Bytes::Mapped(map) => map,
        }
    }
}

impl Content {
    /// Content that is said to be `size` bytes long and goes to a file when it
    /// is longer than `memory`.
    pub fn new(size: u64, memory: u64) -> Self {
        // The size is a claim: reserve little, grow with what really comes.
        let reserve = usize::try_from(size.min(1 << 20).min(memory)).unwrap_or(0);
        Self {
            place: Place::Memory(Vec::with_capacity(reserve)),
            length: 0,
            memory,
        }
    }

    pub fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.length += chunk.len() as u64;
        if self.length > self.memory {
            self.spill()?;
        }
        match &mut self.place {
            Place::Memory(bytes) => {
                bytes.extend_from_slice(chunk);
                Ok(())
            }
            Place::Spilled(file) => file.write_all(chunk),
        }
    }

    /// Moves it out of memory.
    pub fn spill(&mut self) -> io::Result<()> {
        if let Place::Memory(bytes) = &self.place {
            let mut file = tempfile::tempfile()?;
            file.write_all(bytes)?;
            self.place = Place::Spilled(file);
        }
        Ok(())
    }

    /// Bytes of memory that it takes while nobody looks.
    pub fn in_memory(&self) -> u64 {
        match &self.place {
            Place::Memory(_) => self.length,
            Place::Spilled(_) => 0,
        }
    }

    #[allow(unsafe_code)]
    pub fn open(&self) -> io::Result<Bytes<'_>> {
        match &self.place {
            Place::Memory(bytes) => Ok(Bytes::Memory(bytes)),
            // SAFETY: the file has no name, and nobody writes to it while its
            // content is borrowed, so it cannot change while it is mapped.
            Place::Spilled(file) => Ok(Bytes::Mapped(unsafe { memmap2::Mmap::map(file)? })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_the_same_in_memory_and_in_a_file() {
        for memory in [0, 3, 4, 5, 6, 100] {
            let mut content = Content::new(6, memory);
            content.write(b"abc").unwrap();
            content.write(b"def").unwrap();
            assert_eq!(&*content.open().unwrap(), b"abcdef");
            assert_eq!(content.in_memory(), if memory < 6 { 0 } else { 6 });
            content.spill().unwrap();
            assert_eq!(&*content.open().unwrap(), b"abcdef");
            assert_eq!(content.in_memory(), 0);
        }
    }
}
