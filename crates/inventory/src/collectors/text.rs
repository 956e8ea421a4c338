//! Text files that people and tools on any system wrote.

use crate::collector::CollectError;
use std::borrow::Cow;

/// The text of a file: UTF-8 or UTF-16 by its byte order mark, else UTF-8.
/// What is neither becomes replacement characters.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).into(),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).into(),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// The same of a file that is a list of lines, in which a reader would pass
/// over whatever it does not know: what is no text at all is an error.
pub(crate) fn written(bytes: &[u8]) -> Result<Cow<'_, str>, CollectError> {
    let text = decode(bytes);
    match text.contains('\0') {
        true => Err(CollectError::new("it is not a text file")),
        false => Ok(text),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let characters = char::decode_utf16(units);
    characters
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The bytes that pairs of hexadecimal digits stand for; `None` for anything
/// else, and for nothing.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_tell_the_encoding() {
        assert_eq!(decode(b"\xef\xbb\xbfa==1"), "a==1");
        assert_eq!(decode(b"\xff\xfea\0=\0"), "a=");
        assert_eq!(decode(b"\xfe\xff\0a\0="), "a=");
        assert_eq!(decode(b"a\xff"), "a\u{fffd}");
    }

    #[test]
    fn what_is_no_text_is_no_list_of_lines() {
        assert_eq!(written(b"\xff\xfea\0=\0").unwrap(), "a=");
        assert!(written(b"\x7fELF\x02\x01\0\0").is_err());
    }
}
