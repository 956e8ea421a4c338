//! Applications published as a single file: the program that starts them
//! knows where the files lie that were appended to it.

use memchr::memmem;

/// Stands behind the position of the header.
const SIGNATURE: &[u8] = &[
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
    0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];

/// The starting program stands first, and is no longer than this.
const HOST: usize = 256 << 20;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host<'a> {
    /// It starts the assembly that lies beside it.
    Beside,
    /// It holds the application, and this `deps.json`.
    Bundle(&'a [u8]),
}

/// What the executable starts, if it is made for starting .NET applications.
/// Tools that write such programs hold the signature as well, so it counts
/// only where what stands before it makes sense.
pub(super) fn host(bytes: &[u8]) -> Option<Host<'_>> {
    let part = bytes.get(..HOST).unwrap_or(bytes);
    memmem::find_iter(part, SIGNATURE).find_map(|at| {
        let offset = i64_at(bytes, at.checked_sub(8)?)?;
        match offset {
            0 => Some(Host::Beside),
            offset => deps_json(bytes, offset).map(Host::Bundle),
        }
    })
}

/// The `deps.json` that a header at `offset` points to.
fn deps_json(bytes: &[u8], offset: usize) -> Option<&[u8]> {
    let header = bytes.get(offset..)?;
    let major = u32::from_le_bytes(header.get(..4)?.try_into().ok()?);
    // Major and minor version, number of files, name of the bundle.
    let (name, read) = length(header.get(12..)?)?;
    let at = offset.checked_add(12 + read)?.checked_add(name)?;
    match major {
        2..=99 => {
            let (start, size) = (i64_at(bytes, at)?, i64_at(bytes, at.checked_add(8)?)?);
            let deps = bytes.get(start..start.checked_add(size)?)?;
            (!deps.is_empty()).then_some(deps)
        }
        _ => None,
    }
}

/// A number in groups of seven bits, and how many bytes it takes.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

fn i64_at(bytes: &[u8], at: usize) -> Option<usize> {
    let raw = bytes.get(at..at.checked_add(8)?)?;
    usize::try_from(i64::from_le_bytes(raw.try_into().ok()?)).ok()
}

#[cfg(test)]
pub(super) mod build {
    use super::SIGNATURE;

    /// A program that starts what is appended to it, or with none the
    /// assembly beside it.
    pub(crate) fn host(start: &[u8], deps: Option<&str>) -> Vec<u8> {
        let mut file = start.to_vec();
        file.resize(file.len().next_multiple_of(16), 0);
        let at = file.len();
        file.extend([0; 8]);
        file.extend(SIGNATURE);
        if let Some(deps) = deps {
            let start = file.len() as i64;
            file.extend(deps.as_bytes());
            let header = file.len() as i64;
            file[at..at + 8].copy_from_slice(&header.to_le_bytes());
            file.extend(6_u32.to_le_bytes());
            file.extend(0_u32.to_le_bytes());
            file.extend(1_u32.to_le_bytes());
            file.extend(b"\x04name");
            file.extend(start.to_le_bytes());
            file.extend((deps.len() as i64).to_le_bytes());
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_leads_to_the_dependencies() {
        let file = build::host(b"\x7fELF", Some("{}"));
        assert_eq!(host(&file), Some(Host::Bundle(b"{}")));
        assert_eq!(host(&build::host(b"MZ", None)), Some(Host::Beside));
        assert_eq!(host(b"\x7fELF"), None);
    }

    #[test]
    fn a_program_that_knows_the_signature_is_none() {
        let mut file = vec![0xff; 16];
        file.extend(SIGNATURE);
        assert_eq!(host(&file), None);
        let whole = build::host(b"\x7fELF", Some("{}"));
        for end in 0..whole.len() {
            let _ = host(&whole[..end]);
        }
    }
}
