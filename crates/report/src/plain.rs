//! Text as a terminal may show it. Names, paths and instructions come from
//! images and may hold anything; what leaves here moves no cursor and hides
//! nothing.

use std::fmt::Write;
use unicode_width::UnicodeWidthChar;

/// The inventory writes byte `b` that is not UTF-8 as this plus `b`.
const BYTE: u32 = 0x10_ff00;

/// Invisible, reordering and unassigned-by-design characters besides controls.
const HIDDEN: &[(u32, u32)] = &[
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x061c, 0x061c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xe000, 0xf8ff),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0x1_bca0, 0x1_bca3),
    (0x1_d173, 0x1_d17a),
    (0xe_0000, 0x10_ffff),
];

/// Whether a character must not reach a terminal as it is.
pub(crate) fn is_hidden(c: char) -> bool {
    let code = u32::from(c);
    c.is_control() || HIDDEN.iter().any(|&(from, to)| (from..=to).contains(&code))
}

/// `text` with escapes for all that must not reach a terminal.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let code = u32::from(c);
        let _ = match c {
            c if !is_hidden(c) => out.write_char(c),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            _ if code < 0x80 => write!(out, "\\x{code:02x}"),
            _ if code >= BYTE => write!(out, "\\x{:02x}", code - BYTE),
            _ => write!(out, "\\u{{{code:x}}}"),
        };
    }
    out
}

/// [`plain`] on one line: white space runs become one space first.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    plain(&words.join(" "))
}

/// Terminal columns of plain text.
pub(crate) fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// At most `max` columns of plain text, with `..` where the rest is cut off.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut out = head(text, max.saturating_sub(2)).to_owned();
    out.truncate(out.trim_end().len());
    out.push_str("..");
    out
}

/// At most `max` columns of plain text, with `..` for a piece of its middle:
/// both ends of a path say something.
pub(crate) fn shorten_middle(text: &str, max: usize) -> String {
    if width(text) <= max || max < 16 {
        return shorten(text, max);
    }
    let kept = max - 2;
    let start = head(text, kept / 3);
    let mut end = text.len();
    let mut columns = 0;
    for (at, c) in text.char_indices().rev() {
        columns += c.width().unwrap_or(0);
        if columns > kept - width(start) {
            break;
        }
        end = at;
    }
    format!("{start}..{}", &text[end..])
}

fn head(text: &str, max: usize) -> &str {
    let mut columns = 0;
    for (at, c) in text.char_indices() {
        columns += c.width().unwrap_or(0);
        if columns > max {
            return &text[..at];
        }
    }
    text
}

/// Plain text filled up with spaces to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// `1 rule`, `2 rules`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// As many of `items` as fit in `columns`, at least one, then how many more.
pub(crate) fn fit(items: &[String], separator: &str, columns: usize) -> String {
    let mut best = String::new();
    let mut text = String::new();
    for (number, item) in (1..).zip(items) {
        if number > 1 {
            text.push_str(separator);
        }
        text.push_str(item);
        let told = match items.len() - number {
            0 => text.clone(),
            rest => format!("{text} and {rest} more"),
        };
        if number == 1 || width(&told) <= columns {
            best = told;
        } else if width(&text) > columns {
            break;
        }
    }
    best
}

/// Plain text broken between words into lines of at most `columns`; a longer
/// word has a line of its own, for identifiers are never broken.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_moves_or_hides_is_spelt_out() {
        for (text, shown) in [
            ("naïve 漢字", "naïve 漢字"),
            ("a\x1b[31mb\r\n", r"a\x1b[31mb\r\n"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("evil\u{202e}gpj.exe", r"evil\u{202e}gpj.exe"),
            ("a\u{200b}b\u{feff}", r"a\u{200b}b\u{feff}"),
            ("caf\u{10ffe9}", r"caf\xe9"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn cuts_keep_what_identifies() {
        assert_eq!(shorten("COPY a /b", 20), "COPY a /b");
        assert_eq!(shorten("COPY target/shop.jar /app", 14), "COPY target/..");
        assert_eq!(
            shorten_middle("/app/shop.jar!/BOOT-INF/lib/log4j-core-2.14.1.jar", 35),
            "/app/shop.j../log4j-core-2.14.1.jar"
        );
    }

    #[test]
    fn lists_say_what_they_leave_out() {
        let items: Vec<String> = ["one", "two", "three"].map(String::from).to_vec();
        assert_eq!(fit(&items, ", ", 80), "one, two, three");
        assert_eq!(fit(&items, ", ", 15), "one, two, three");
        assert_eq!(fit(&items, ", ", 14), "one and 2 more");
        assert_eq!(fit(&items, ", ", 1), "one and 2 more");
    }

    proptest! {
        #[test]
        fn plain_text_is_plain_and_stays_as_it_is(text in any::<String>()) {
            let shown = plain(&text);
            prop_assert!(!shown.chars().any(is_hidden));
            prop_assert_eq!(&plain(&shown), &shown);
        }

        #[test]
        fn cuts_hold_their_width(text in "\\PC{0,60}", max in 2_usize..40) {
            let text = plain(&text);
            prop_assert!(width(&shorten(&text, max)) <= max);
            prop_assert!(width(&shorten_middle(&text, max)) <= max);
        }
    }
}
