//! Where Go build information lies and how it is encoded
//! (`debug/buildinfo` of Go).

use super::main_version;
use crate::collector::CollectError;
use crate::collectors::executable::{at, objects, section};
use memchr::memmem;
use object::{File, Object, ObjectSection, ObjectSegment, ObjectSymbol, SectionKind};

const MAGIC: &[u8] = b"\xff Go buildinf:";
const INLINE_AT: usize = 32;
/// The linker aligns the information to this.
const ALIGN: u64 = 16;

/// What the linker recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BuildInfo {
    /// `runtime.Version()` of the toolchain.
    pub go: String,
    /// Lines of modules and settings; may be empty.
    pub modules: String,
    /// Variables that name a version and were set by the linker, with their
    /// values.
    pub variables: Vec<(String, String)>,
}

/// The build information of an executable, one for each architecture of a
/// universal one; none where Go had no part in it.
pub(super) fn find(bytes: &[u8]) -> Result<Vec<BuildInfo>, CollectError> {
    let mut found: Vec<BuildInfo> = Vec::new();
    for file in objects(bytes)? {
        if let Some(mut info) = in_object(&file) {
            info.variables = variables(&file);
            if !found.contains(&info) {
                found.push(info);
            }
        }
    }
    Ok(found)
}

fn in_object(file: &File<'_>) -> Option<BuildInfo> {
    if let Some((data, address)) = section(file, &[".go.buildinfo", "__go_buildinfo"]) {
        return in_data(file, data, address);
    }
    let in_segments = file
        .segments()
        .filter(|segment| segment.permissions().writable())
        .find_map(|segment| in_data(file, segment.data().ok()?, segment.address()));
    in_segments.or_else(|| {
        file.sections()
            .filter(|section| section.kind() == SectionKind::Data)
            .find_map(|section| in_data(file, section.data().ok()?, section.address()))
    })
}

/// What `-X` set. The linker keeps the flags to itself where paths are
/// trimmed, but names the text of each variable after it, with `.str` behind.
fn variables(file: &File<'_>) -> Vec<(String, String)> {
    let variables = file.symbols().filter_map(|symbol| {
        let name = symbol.name().ok()?.strip_suffix(".str")?;
        if !main_version::names_a_version(name) || symbol.size() > 256 {
            return None;
        }
        let text = at(file, symbol.address(), symbol.size())?;
        let text = text.split(|byte| *byte == 0).next()?;
        Some((name.to_owned(), std::str::from_utf8(text).ok()?.to_owned()))
    });
    variables.take(64).collect()
}

/// Programs that read build information hold the magic too, so a place
/// counts only if the rest makes sense.
fn in_data(file: &File<'_>, data: &[u8], address: u64) -> Option<BuildInfo> {
    memmem::find_iter(data, MAGIC)
        .filter(|at| address.wrapping_add(*at as u64).is_multiple_of(ALIGN))
        .find_map(|at| decode(file, data.get(at..)?))
}

fn decode(file: &File<'_>, data: &[u8]) -> Option<BuildInfo> {
    let flags = *data.get(15)?;
    let (go, modules) = if flags & 2 != 0 {
        let mut rest = data.get(INLINE_AT..)?;
        (counted(&mut rest)?, counted(&mut rest)?)
    } else {
        let width = usize::from(*data.get(14)?);
        let memory = Memory {
            file,
            width,
            big: flags & 1 != 0,
        };
        let go = memory.string(memory.pointer(data.get(16..)?)?)?;
        // Without module support there is no second string.
        let modules = memory
            .pointer(data.get(16 + width..)?)
            .and_then(|at| memory.string(at));
        (go, modules.unwrap_or_default())
    };
    // Checked first: a hostile file has a long string at each of many places.
    if go.len() > 256 || !(go.starts_with(b"go") || go.starts_with(b"devel")) {
        return None;
    }
    let go = std::str::from_utf8(go).ok()?;
    Some(BuildInfo {
        go: go.to_owned(),
        modules: String::from_utf8_lossy(unframed(modules)).into_owned(),
        variables: Vec::new(),
    })
}

/// The module text stands between two marks of 16 bytes.
fn unframed(modules: &[u8]) -> &[u8] {
    let framed = modules.len() >= 33 && modules.get(modules.len() - 17) == Some(&b'\n');
    let inner = modules.get(16..modules.len().saturating_sub(16));
    inner.filter(|_| framed).unwrap_or_default()
}

/// A string with its length in base 128 before it.
fn counted<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut length = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let (string, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
            *bytes = rest;
            return Some(string);
        }
    }
    None
}

/// The image of a program in memory.
struct Memory<'a, 'data> {
    file: &'a File<'data>,
    width: usize,
    big: bool,
}

impl<'data> Memory<'_, 'data> {
    fn pointer(&self, bytes: &[u8]) -> Option<u64> {
        let bytes = bytes.get(..self.width)?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match (self.width, self.big) {
            (4 | 8, true) => Some(bytes.iter().fold(0, fold)),
            (4 | 8, false) => Some(bytes.iter().rev().fold(0, fold)),
            _ => None,
        }
    }

    /// The string whose header (address and length) lies at `address`.
    fn string(&self, address: u64) -> Option<&'data [u8]> {
        let header = at(self.file, address, 2 * self.width as u64)?;
        let (start, length) = header.split_at_checked(self.width)?;
        at(self.file, self.pointer(start)?, self.pointer(length)?)
    }
}
