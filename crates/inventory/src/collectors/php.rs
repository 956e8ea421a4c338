//! PHP as data: array literals of scripts, and serialised values
//! (`serialize()` of the PHP manual).

use serde_json::{Map, Value};

/// A piece of a script that matters in array literals.
#[derive(Debug, PartialEq)]
pub(super) enum Token {
    /// `array(` or `[`; any other round bracket, too.
    Open,
    /// Its end.
    Close,
    /// `=>`
    Arrow,
    /// A string.
    Text(String),
    /// A number, a constant, a name.
    Word(String),
}

/// Tokens of a script, without comments, operators and commas.
pub(super) fn tokens(script: &str) -> impl Iterator<Item = Token> {
    let mut characters = script.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = characters.next()?;
            match c {
                '(' | '[' => return Some(Token::Open),
                ')' | ']' => return Some(Token::Close),
                '=' if characters.peek() == Some(&'>') => {
                    characters.next();
                    return Some(Token::Arrow);
                }
                '\'' | '"' => {
                    let mut text = String::new();
                    while let Some(next) = characters.next() {
                        match next {
                            '\\' => text.extend(characters.next()),
                            next if next == c => break,
                            next => text.push(next),
                        }
                    }
                    return Some(Token::Text(text));
                }
                '#' => {
                    characters.by_ref().find(|&c| c == '\n');
                }
                '/' if characters.peek() == Some(&'/') => {
                    characters.by_ref().find(|&c| c == '\n');
                }
                '/' if characters.peek() == Some(&'*') => {
                    let mut last = ' ';
                    characters
                        .by_ref()
                        .find(|&c| std::mem::replace(&mut last, c) == '*' && c == '/');
                }
                c if c.is_alphanumeric() || c == '_' || c == '$' => {
                    let mut word = String::from(c);
                    while let Some(next) =
                        characters.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\'))
                    {
                        word.push(next);
                    }
                    // The bracket behind it opens the array.
                    if word != "array" {
                        return Some(Token::Word(word));
                    }
                }
                _ => {}
            }
        }
    })
}

/// Arrays in arrays of a serialised value that are followed.
const DEPTH: usize = 64;

/// A serialised value; arrays become objects. Lengths that hand-made files
/// state wrongly are made good by looking for the end of the string.
pub(super) fn unserialize(bytes: &[u8]) -> Option<Value> {
    value(&mut { bytes }, DEPTH)
}

fn value(rest: &mut &[u8], depth: usize) -> Option<Value> {
    let kind = *rest.first()?;
    match kind {
        b'N' => {
            until(rest, b';')?;
            Some(Value::Null)
        }
        b'b' | b'i' | b'd' => {
            let text = until(rest, b';')?;
            Some(Value::String(text.get(2..)?.to_owned()))
        }
        b's' => string(rest).map(Value::String),
        b'a' => {
            let head = until(rest, b'{')?;
            let depth = depth.checked_sub(1)?;
            let count: usize = head.get(2..)?.trim_end_matches(':').parse().ok()?;
            let mut map = Map::new();
            for _ in 0..count {
                if rest.first() == Some(&b'}') {
                    break;
                }
                let key = value(rest, depth)?;
                map.insert(key.as_str()?.to_owned(), value(rest, depth)?);
            }
            until(rest, b'}')?;
            Some(Value::Object(map))
        }
        _ => None,
    }
}

/// `s:LENGTH:"…";`
fn string(rest: &mut &[u8]) -> Option<String> {
    let head = until(rest, b'"')?;
    let length: usize = head.get(2..)?.trim_end_matches(':').parse().ok()?;
    let stated = rest
        .get(length..)
        .is_some_and(|end| end.starts_with(b"\";"));
    let length = if stated {
        length
    } else {
        memchr::memmem::find(rest, b"\";")?
    };
    let text = String::from_utf8_lossy(rest.get(..length)?).into_owned();
    *rest = rest.get(length + 2..)?;
    Some(text)
}

/// What stands before `end`, which is passed.
fn until<'a>(rest: &mut &'a [u8], end: u8) -> Option<&'a str> {
    let at = memchr::memchr(end, rest)?;
    let (text, more) = rest.split_at_checked(at)?;
    *rest = more.get(1..)?;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wrong_lengths_do_not_lose_the_rest() {
        let text = b"a:4:{s:4:\"name\";s:99:\"memcached\";s:1:\"n\";N;i:0;b:1;s:3:\"sub\";a:1:{s:1:\"k\";d:0.5;}}";
        let expected = json!({"name": "memcached", "n": null, "0": "1", "sub": {"k": "0.5"}});
        assert_eq!(unserialize(text), Some(expected));
        assert_eq!(unserialize(b"a:99:{}"), Some(json!({})));
        assert_eq!(unserialize(b"O:1:{"), None);
        assert_eq!(unserialize("a:1:{i:0;".repeat(1000).as_bytes()), None);
    }

    #[test]
    fn scripts_become_tokens() {
        let found: Vec<_> =
            tokens("<?php return array('a\\'b' => [1.5, true], /* 'x' */); // 'y'").collect();
        assert!(found.contains(&Token::Text("a'b".into())));
        assert!(found.contains(&Token::Word("1.5".into())));
        assert!(!found.contains(&Token::Text("x".into())));
        assert!(!found.contains(&Token::Text("y".into())));
        assert_eq!(found.iter().filter(|t| **t == Token::Open).count(), 2);
    }
}
