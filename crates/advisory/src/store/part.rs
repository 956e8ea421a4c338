//! What one feed says in one namespace, in common form, as it is kept so that
//! a feed can be replaced without reading the others again.

use super::sections::Corrupt;
use crate::advisory::Advisory;

const MAGIC: &[u8; 8] = b"plmpart\x01";
/// Advisories that are compressed together.
const BLOCK: usize = 256;
/// Bytes that one block may inflate to.
const MAX_BLOCK: usize = 1 << 30;

/// The bytes of a part.
pub(super) fn write(advisories: &[Advisory]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for block in advisories.chunks(BLOCK) {
        // Plain values to memory cannot fail.
        let plain = postcard::to_allocvec(block).unwrap_or_default();
        let packed = zstd::bulk::compress(&plain, 9).unwrap_or_default();
        out.extend_from_slice(&(plain.len() as u64).to_le_bytes());
        out.extend_from_slice(&(packed.len() as u64).to_le_bytes());
        out.extend_from_slice(&packed);
    }
    out
}

/// The advisories of a part.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Advisory>, Corrupt> {
    let mut rest = bytes.strip_prefix(MAGIC).ok_or(Corrupt)?;
    let mut advisories = Vec::new();
    while !rest.is_empty() {
        let (plain, packed);
        (plain, rest) = number(rest).ok_or(Corrupt)?;
        (packed, rest) = number(rest).ok_or(Corrupt)?;
        let (block, behind) = rest.split_at_checked(packed).ok_or(Corrupt)?;
        rest = behind;
        let block = zstd::bulk::decompress(block, plain.min(MAX_BLOCK)).map_err(|_| Corrupt)?;
        let block: Vec<Advisory> = postcard::from_bytes(&block).map_err(|_| Corrupt)?;
        advisories.extend(block);
    }
    Ok(advisories)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    Some((usize::try_from(u64::from_le_bytes(*number)).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_part_is_no_part() {
        let advisories: Vec<_> = (0..300)
            .map(|number| Advisory {
                record: format!("CVE-2024-{number}"),
                ..Advisory::default()
            })
            .collect();
        let bytes = write(&advisories);
        assert_eq!(read(&bytes), Ok(advisories));
        for length in [0, 7, 12, 40, bytes.len() - 1] {
            assert_eq!(read(&bytes[..length]), Err(Corrupt), "{length}");
        }
    }
}
