//! Names in layers: cleaned, clamped at the root, and readable without loss.

/// First of the private-use characters that stand for bytes that are not
/// UTF-8; `U+10FF00 + byte`.
const ESCAPE: u32 = 0x10_ff00;

/// Longest path, link target and component that container engines accept, in
/// bytes.
pub(crate) const MAX_PATH: usize = 4096;
const MAX_COMPONENT: usize = 255;
/// Components of one name; each may be a directory that only the name implies.
const MAX_DEPTH: usize = 512;

/// A name that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameError {
    /// No engine can unpack it.
    Long,
    /// It has more components than are followed.
    Deep,
}

/// Cleans an entry name as container engines do: no leading slash, `.` and
/// empty components dropped, `..` clamped at the root. Empty for the root.
pub(crate) fn clean(raw: &[u8]) -> Result<String, NameError> {
    if raw.len() > MAX_PATH {
        return Err(NameError::Long);
    }
    let mut out: Vec<&[u8]> = Vec::new();
    for component in raw.split(|&b| b == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                out.pop();
            }
            component if component.len() > MAX_COMPONENT => return Err(NameError::Long),
            component => out.push(component),
        }
    }
    if out.len() > MAX_DEPTH {
        return Err(NameError::Deep);
    }
    Ok(readable(&out.join(&b'/')))
}

/// Text for raw bytes: UTF-8 as it is, other bytes as private-use characters.
/// Different bytes give different text.
pub(crate) fn readable(raw: &[u8]) -> String {
    let reserved = |c: char| c as u32 >= ESCAPE;
    if let Ok(text) = std::str::from_utf8(raw)
        && !text.contains(reserved)
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(raw.len() + 16);
    for chunk in raw.utf8_chunks() {
        for c in chunk.valid().chars() {
            if reserved(c) {
                escape(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut out);
            } else {
                out.push(c);
            }
        }
        escape(chunk.invalid(), &mut out);
    }
    out
}

fn escape(bytes: &[u8], out: &mut String) {
    out.extend(
        bytes
            .iter()
            .filter_map(|&byte| char::from_u32(ESCAPE + u32::from(byte))),
    );
}

/// Directory part; empty for a name at the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Last component.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether collectors of databases see two names as names of the same thing.
pub(crate) fn read_alike(one: &str, other: &str) -> bool {
    let tail = |path: &str| {
        let mut parts = path.rsplit('/').map(str::to_owned);
        (parts.next(), parts.next())
    };
    let extension = |path: &str| name(path).rsplit_once('.').map(|(_, end)| end.to_owned());
    tail(one) == tail(other) || (parent(one) == parent(other) && extension(one) == extension(other))
}

/// Joins a link target to the directory that holds the link.
pub(crate) fn join(directory: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        directory
            .split('/')
            .filter(|part| !part.is_empty())
            .collect()
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_clamped() {
        assert_eq!(clean(b"./a//b/../c/").as_deref(), Ok("a/c"));
        assert_eq!(clean(b"/../../esc").as_deref(), Ok("esc"));
        assert_eq!(clean(b"./").as_deref(), Ok(""));
        assert_eq!(clean(&[b'x'; 300]), Err(NameError::Long));
        assert_eq!(clean(&b"a/".repeat(3000)), Err(NameError::Long));
        assert_eq!(clean(&b"a/".repeat(2000)), Err(NameError::Deep));
        assert_eq!(clean(&b"a/../".repeat(800)).as_deref(), Ok(""));
    }

    #[test]
    fn odd_bytes_stay_distinct() {
        let odd: [&[u8]; 4] = [b"\xff", "\u{10ffff}".as_bytes(), b"\xfe", "ÿ".as_bytes()];
        let texts: std::collections::BTreeSet<_> = odd.iter().map(|raw| readable(raw)).collect();
        assert_eq!(texts.len(), odd.len());
        assert_eq!(readable("naïve".as_bytes()), "naïve");
    }

    #[test]
    fn links_stay_inside() {
        assert_eq!(join("usr/lib", "../../../etc"), "etc");
        assert_eq!(join("usr/lib", "/bin"), "bin");
        assert_eq!(join("", "usr/lib"), "usr/lib");
    }
}
