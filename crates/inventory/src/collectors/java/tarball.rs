//! Archives of files in one stream, packed or not: distributions of Java
//! programs are handed out as such.

use crate::tar::TarReader;
use flate2::read::MultiGzDecoder;
use std::io::{BufReader, Read, Take};

const BUFFER: usize = 64 << 10;
/// Where every tar archive since 1988 says that it is one.
const MAGIC_AT: usize = 257;
const MAGIC: &[u8] = b"ustar";

pub(super) type Tarball<'a> = TarReader<BufReader<Take<Box<dyn Read + 'a>>>>;

/// Whether the first bytes may be those of such an archive.
pub(super) fn is_tarball(magic: &[u8]) -> bool {
    is_gzip(magic) || is_zstd(magic) || is_tar(magic)
}

fn is_gzip(magic: &[u8]) -> bool {
    magic.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(magic: &[u8]) -> bool {
    magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

fn is_tar(magic: &[u8]) -> bool {
    magic
        .get(MAGIC_AT..)
        .is_some_and(|rest| rest.starts_with(MAGIC))
}

/// The entries of the archive, as far as `most` bytes of them reach.
pub(super) fn open(bytes: &[u8], most: u64) -> Option<Tarball<'_>> {
    let plain: Box<dyn Read + '_> = if is_gzip(bytes) {
        Box::new(MultiGzDecoder::new(bytes))
    } else if is_zstd(bytes) {
        Box::new(zstd::stream::read::Decoder::new(bytes).ok()?)
    } else if is_tar(bytes) {
        Box::new(bytes)
    } else {
        return None;
    };
    let input = BufReader::with_capacity(BUFFER, plain.take(most));
    Some(TarReader::new(input))
}

/// Whether all that was allowed was read.
pub(super) fn is_spent(tarball: Tarball<'_>) -> bool {
    tarball.into_inner().into_inner().limit() == 0
}
