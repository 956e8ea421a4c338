//! Records of extended headers (POSIX pax, "Extended Header"), with the
//! strictness and the gaps of the archive library that engines use.

use plimsoll_types::Capabilities;

/// What the records of one extended header say about the next entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Pax {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub overlay_opaque: bool,
    pub capabilities: Capabilities,
    pub sparse: SparseRecords,
}

/// The `GNU.sparse.` records that mean something, as text.
#[derive(Clone, Debug, Default)]
pub(super) struct SparseRecords {
    pub major: Vec<u8>,
    pub minor: Vec<u8>,
    pub name: Vec<u8>,
    pub size: Vec<u8>,
    pub real_size: Vec<u8>,
    pub blocks: Vec<u8>,
    /// Offsets and lengths in turn, with commas between them.
    pub map: Vec<u8>,
}

impl Pax {
    /// Reads `length key=value\n` records; `None` if one of them is broken. An
    /// empty value leaves what the plain header says.
    pub fn read(mut content: &[u8]) -> Option<Self> {
        let mut pax = Self::default();
        let mut pieces = 0;
        let mut map = Vec::new();
        while !content.is_empty() {
            let space = content.iter().position(|&b| b == b' ')?;
            let length = usize::try_from(decimal(&content[..space])?).ok()?;
            let record = content.get(space + 1..length)?.strip_suffix(b"\n")?;
            content = &content[length..];
            let equals = record
                .iter()
                .position(|&b| b == b'=')
                .filter(|at| *at > 0)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => pax.path = name(value)?,
                b"linkpath" => pax.link = name(value)?,
                b"size" if value.is_empty() => pax.size = None,
                b"size" => pax.size = Some(decimal(value)?),
                b"uid" => pax.uid = decimal(value).and_then(|id| u32::try_from(id).ok()),
                b"gid" => pax.gid = decimal(value).and_then(|id| u32::try_from(id).ok()),
                b"SCHILY.xattr.security.capability" => {
                    pax.capabilities = Capabilities::of_attribute(value);
                }
                b"SCHILY.xattr.trusted.overlay.opaque" => pax.overlay_opaque = value == b"y",
                b"GNU.sparse.major" => pax.sparse.major = value.to_vec(),
                b"GNU.sparse.minor" => pax.sparse.minor = value.to_vec(),
                b"GNU.sparse.name" => pax.sparse.name = name(value)?.unwrap_or_default(),
                b"GNU.sparse.size" => pax.sparse.size = value.to_vec(),
                b"GNU.sparse.realsize" => pax.sparse.real_size = value.to_vec(),
                b"GNU.sparse.numblocks" => pax.sparse.blocks = value.to_vec(),
                b"GNU.sparse.map" => pax.sparse.map = value.to_vec(),
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                    let expected: &[u8] = match pieces % 2 {
                        0 => b"GNU.sparse.offset",
                        _ => b"GNU.sparse.numbytes",
                    };
                    if key != expected || value.contains(&b',') {
                        return None;
                    }
                    if pieces > 0 {
                        map.push(b',');
                    }
                    map.extend_from_slice(value);
                    pieces += 1;
                }
                _ if key.contains(&0) => return None,
                _ => {}
            }
        }
        if pieces > 0 {
            pax.sparse.map = map;
        }
        Some(pax)
    }

    /// Whether it says where content lies, what it is called or how much of it
    /// there is.
    pub fn moves_content(&self) -> bool {
        self.path.is_some() || self.link.is_some() || self.size.is_some() || self.sparse.is_used()
    }
}

impl SparseRecords {
    fn is_used(&self) -> bool {
        !self.map.is_empty() || !self.major.is_empty() || !self.minor.is_empty()
    }
}

/// A name; the inner `None` for an empty one.
fn name(value: &[u8]) -> Option<Option<Vec<u8>>> {
    if value.contains(&0) {
        return None;
    }
    Some(Some(value.to_vec()).filter(|name| !name.is_empty()))
}

/// A number that fits a signed 64-bit integer, as it must for engines.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let value = text.iter().try_fold(0_u64, |value, &byte| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })?;
    i64::try_from(value).is_ok().then_some(value)
}
