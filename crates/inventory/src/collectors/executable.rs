//! Linked programs and libraries (ELF, PE, Mach-O, XCOFF): which files they
//! are, and what lies where in them.

use crate::collector::{CollectError, FileHead, Want};
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::{File, FileKind, Object, ObjectSection, ObjectSegment};

/// Executables are large; what is above this is hardly one.
pub(super) const LIMIT: u64 = 512 << 20;

/// Whether the first bytes are those of a linked program or library; not of
/// an object file, a kernel module or a core dump.
pub(crate) fn is_linked(magic: &[u8]) -> bool {
    match magic {
        [0x7f, b'E', b'L', b'F', ..] => {
            let kind = match magic.get(5) {
                Some(2) => magic.get(17),
                _ => magic.get(16),
            };
            // What is cut off before that is asked for, so that it is said.
            matches!(kind, Some(2 | 3) | None)
        }
        [b'M', b'Z', ..] => true,
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => true,
        // Class files of Java have the same magic, and a version of at least
        // 45 where universal binaries have a small count.
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, count, ..] => *count < 45,
        // XCOFF, which has a short magic: a few sections, a second header of
        // a known size, and flags for what is executable or shared.
        [0x01, 0xdf | 0xf7, 0, 1..64, ..] => match magic.get(16..20) {
            Some([0, 1..=0x78, high, low]) => u16::from_be_bytes([*high, *low]) & 0x2002 != 0,
            _ => false,
        },
        _ => false,
    }
}

/// Asks for every linked program.
pub(super) fn wanted(file: &FileHead<'_>) -> Want {
    if is_linked(file.magic) {
        Want::Whole { limit: LIMIT }
    } else {
        Want::No
    }
}

/// The object in a file, one for each architecture of a universal one; none in
/// a program for DOS, which begins like those for Windows.
pub(super) fn objects(bytes: &[u8]) -> Result<Vec<File<'_>>, CollectError> {
    let kind = match FileKind::parse(bytes) {
        Ok(kind) => kind,
        Err(_) if bytes.starts_with(b"MZ") => return Ok(Vec::new()),
        Err(error) => return Err(CollectError::new(error)),
    };
    let slices = match kind {
        FileKind::MachOFat32 => {
            let file = MachOFatFile32::parse(bytes).map_err(CollectError::new)?;
            slices(file.arches(), bytes)
        }
        FileKind::MachOFat64 => {
            let file = MachOFatFile64::parse(bytes).map_err(CollectError::new)?;
            slices(file.arches(), bytes)
        }
        _ => vec![bytes],
    };
    let files = slices.into_iter().map(File::parse);
    files.collect::<Result<_, _>>().map_err(CollectError::new)
}

fn slices<'a, Arch: FatArch>(arches: &[Arch], bytes: &'a [u8]) -> Vec<&'a [u8]> {
    arches
        .iter()
        .filter_map(|arch| arch.data(bytes).ok())
        .collect()
}

/// Content of the first section with one of these names, and its address.
pub(super) fn section<'a>(file: &File<'a>, names: &[&str]) -> Option<(&'a [u8], u64)> {
    let section = file
        .sections()
        .find(|section| section.name().is_ok_and(|name| names.contains(&name)))?;
    Some((section.data().ok()?, section.address()))
}

/// Bytes at an address of the running program.
pub(super) fn at<'a>(file: &File<'a>, address: u64, size: u64) -> Option<&'a [u8]> {
    let segment = file
        .segments()
        .find_map(|segment| segment.data_range(address, size).ok().flatten());
    // Files without a table of segments, as XCOFF, still have sections.
    segment.or_else(|| {
        file.sections()
            .find_map(|section| section.data_range(address, size).ok().flatten())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_linked_programs_are_asked_for() {
        let elf = |kind: u8, big: bool| {
            let mut magic = b"\x7fELF\x02\x01\x01".to_vec();
            magic.resize(20, 0);
            magic[5] = 1 + u8::from(big);
            magic[16 + usize::from(big)] = kind;
            magic
        };
        assert!(is_linked(&elf(2, false)) && is_linked(&elf(3, true)));
        assert!(!is_linked(&elf(1, false)) && !is_linked(&elf(4, true)));
        assert!(is_linked(b"\x7fELF\n"));
        assert!(!is_linked(b"\xca\xfe\xba\xbe\0\0\0\x34"));
        assert!(is_linked(b"\xca\xfe\xba\xbe\0\0\0\x02"));
        assert!(is_linked(
            b"\x01\xf7\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\x78\x10\x02"
        ));
        assert!(!is_linked(b"\x01\xf7\0\x05 any data that begins so"));
        assert!(!is_linked(b"#!/bin/sh\n"));
    }
}
