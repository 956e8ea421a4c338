//! Files that are stored without their holes: old GNU (type `S`) and the PAX
//! forms 0.0, 0.1 and 1.0.

use super::pax::{SparseRecords, decimal};
use super::{BLOCK, number};

/// Stored pieces of one file.
pub(super) const MAX_PIECES: usize = 1 << 18;

/// Offset and length of a stored piece in the file.
pub(super) type Piece = (u64, u64);

/// How a file was stored in parts, and how far it was read.
#[derive(Debug)]
pub(super) struct Layout {
    pieces: Vec<Piece>,
    /// Piece that is read or comes next.
    next: usize,
    /// Bytes of the file that were handed out.
    at: u64,
    /// Bytes of the file, holes included.
    size: u64,
}

/// What comes next in a file.
pub(super) enum Part {
    Hole(u64),
    Data(u64),
    End,
}

impl Layout {
    /// `None` unless the pieces stand in order, apart, and inside the file.
    pub fn new(pieces: Vec<Piece>, size: u64) -> Option<Self> {
        let mut before = 0;
        for (offset, length) in &pieces {
            if *offset < before {
                return None;
            }
            before = offset.checked_add(*length).filter(|end| *end <= size)?;
        }
        let mut layout = Self {
            pieces,
            next: 0,
            at: 0,
            size,
        };
        // The first pieces may be empty.
        layout.advance(0);
        Some(layout)
    }

    /// Bytes of the file, holes included.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of the file that are stored nowhere.
    pub fn holes(&self) -> u64 {
        self.size - self.pieces.iter().map(|(_, length)| length).sum::<u64>()
    }

    pub fn part(&self) -> Part {
        match self.pieces.get(self.next) {
            Some((offset, _)) if self.at < *offset => Part::Hole(offset - self.at),
            Some((offset, length)) => Part::Data(offset + length - self.at),
            None if self.at < self.size => Part::Hole(self.size - self.at),
            None => Part::End,
        }
    }

    /// Goes on by `length` bytes of the current part; the empty pieces behind
    /// it are passed over.
    pub fn advance(&mut self, length: u64) {
        self.at += length;
        while self
            .pieces
            .get(self.next)
            .is_some_and(|(offset, length)| offset + length <= self.at)
        {
            self.next += 1;
        }
    }
}

/// Where the map of a PAX sparse file is.
pub(super) enum Form {
    /// In the records themselves (0.0 and 0.1).
    Records(Vec<Piece>),
    /// In front of the content (1.0).
    Content,
}

/// The form that records describe; `None` for a file like any other, which is
/// what unknown versions are to every reader. The outer `None` means that the
/// records contradict themselves.
pub(super) fn form(records: &SparseRecords) -> Option<Option<Form>> {
    let version: (&[u8], &[u8]) = (&records.major, &records.minor);
    match version {
        (b"1", b"0") => return Some(Some(Form::Content)),
        (b"0", b"0" | b"1") => {}
        (b"", b"") if !records.map.is_empty() => {}
        _ => return Some(None),
    }
    let numbers: Vec<u64> = match records.map.as_slice() {
        b"" => Vec::new(),
        map => map
            .split(|&b| b == b',')
            .map(decimal)
            .collect::<Option<_>>()?,
    };
    let blocks = decimal(&records.blocks)?;
    if u64::try_from(numbers.len()).ok()? != blocks.checked_mul(2)? {
        return None;
    }
    Some(Some(Form::Records(pairs(&numbers))))
}

pub(super) fn pairs(numbers: &[u64]) -> Vec<Piece> {
    numbers
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect()
}

/// Adds the pieces of an old GNU header, or of a block that goes on with them,
/// from its 24-byte fields at `range`. `None` for a field that is no number.
pub(super) fn old_pieces(
    block: &[u8; BLOCK],
    range: std::ops::Range<usize>,
    pieces: &mut Vec<Piece>,
) -> Option<()> {
    for field in block[range].chunks_exact(24) {
        if field[0] == 0 {
            break;
        }
        pieces.push((number(&field[..12])?, number(&field[12..])?));
    }
    Some(())
}
