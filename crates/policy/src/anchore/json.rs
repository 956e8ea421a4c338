//! JSON as nodes with their places. The YAML reader of native policies would
//! do, but a bundle may be ten times as long as those.

use crate::document::{Content, Entry, Node, Place, Problems};

/// Largest document that is read, in bytes.
const MAX_BYTES: usize = 10 << 20;
/// Largest number of values in it.
const MAX_NODES: usize = 1_000_000;
/// How deep values may lie in each other; bundles need eight.
const MAX_DEPTH: usize = 32;
/// Fields of one object; bundles need a dozen.
const MAX_FIELDS: usize = 256;

/// Reads a whole document; `None` after a problem was added.
pub(super) fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > MAX_BYTES {
        problems.add_without_place(format!(
            "the document has {} bytes; at most {MAX_BYTES} are read",
            text.len()
        ));
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        start: 0,
        wide: 0,
        nodes: 0,
    };
    let node = reader.value(0).and_then(|node| {
        reader.blank();
        match reader.peek() {
            None => Ok(node),
            Some(_) => Err("something follows the document".to_owned()),
        }
    });
    match node {
        Ok(node) => Some(node),
        Err(why) => {
            problems.add(reader.place(), format!("this is no JSON: {why}"));
            None
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// Where the line begins.
    start: usize,
    /// Bytes of the line that continue a character.
    wide: usize,
    nodes: usize,
}

type Result<T> = std::result::Result<T, String>;

impl Reader<'_> {
    fn place(&self) -> Place {
        let column = self.at.saturating_sub(self.start + self.wide) + 1;
        Place {
            line: self.line,
            column: u64::try_from(column).unwrap_or(u64::MAX),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.start = self.at;
                    self.wide = 0;
                }
                _ => break,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node> {
        self.blank();
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(format!("it has more than {MAX_NODES} values"));
        }
        if depth > MAX_DEPTH {
            return Err(format!("values lie more than {MAX_DEPTH} deep"));
        }
        let place = self.place();
        let content = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Content::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
            None => return Err("it ends early".to_owned()),
        };
        Ok(Node { place, content })
    }

    fn map(&mut self, depth: usize) -> Result<Content> {
        let mut entries: Vec<Entry> = Vec::new();
        self.at += 1;
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Content::Map(entries));
        }
        loop {
            self.blank();
            let place = self.place();
            if self.peek() != Some(b'"') {
                return Err("a field name is expected".to_owned());
            }
            let name = self.string()?;
            if entries.iter().any(|entry| entry.name == name) {
                return Err(format!("the field `{name}` stands twice"));
            }
            if entries.len() == MAX_FIELDS {
                return Err(format!("an object has more than {MAX_FIELDS} fields"));
            }
            self.blank();
            if self.peek() != Some(b':') {
                return Err(format!("`:` is expected after `{name}`"));
            }
            self.at += 1;
            let node = self.value(depth + 1)?;
            entries.push(Entry { place, name, node });
            if self.ends(b'}')? {
                return Ok(Content::Map(entries));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Content> {
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Content::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.ends(b']')? {
                return Ok(Content::List(items));
            }
        }
    }

    /// Whether the collection ends here; else a comma was read.
    fn ends(&mut self, end: u8) -> Result<bool> {
        self.blank();
        let is_end = self.peek() == Some(end);
        if !is_end && self.peek() != Some(b',') {
            return Err(format!("`,` or `{}` is expected", char::from(end)));
        }
        self.at += 1;
        Ok(is_end)
    }

    fn string(&mut self) -> Result<String> {
        let from = self.at;
        let mut escaped = false;
        let mut end = None;
        for (offset, byte) in self.text.bytes().enumerate().skip(from + 1) {
            self.wide += usize::from(byte & 0xc0 == 0x80);
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    end = Some(offset + 1);
                    break;
                }
                b'\n' => return Err("a text is not closed".to_owned()),
                _ => {}
            }
        }
        let end = end.ok_or("a text is not closed")?;
        let token = self.text.get(from..end).ok_or("a text is not closed")?;
        let value = serde_json::from_str(token).map_err(|_| "a text has a wrong escape")?;
        self.at = end;
        Ok(value)
    }

    fn number(&mut self) -> Result<Content> {
        let token = token(self.text.get(self.at..).unwrap_or_default());
        let number: serde_json::Number =
            serde_json::from_str(token).map_err(|_| "a number is expected".to_owned())?;
        let text = match number.is_f64() {
            // Kept as written: `1.10` may be a version.
            true => token.to_owned(),
            false => number.to_string(),
        };
        self.at += token.len();
        Ok(Content::Number(text))
    }

    fn word(&mut self) -> Result<Content> {
        let token = token(self.text.get(self.at..).unwrap_or_default());
        let content = match token {
            "true" => Content::Bool(true),
            "false" => Content::Bool(false),
            "null" => Content::Null,
            _ => return Err("a value is expected".to_owned()),
        };
        self.at += token.len();
        Ok(content)
    }
}

/// A word or number at the beginning of `rest`.
fn token(rest: &str) -> &str {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// A value as `serde_json` has it.
pub(super) fn value(node: &Node) -> serde_json::Value {
    use serde_json::Value;
    match &node.content {
        Content::Null => Value::Null,
        Content::Bool(value) => Value::Bool(*value),
        Content::Number(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        Content::Text(text) => Value::String(text.clone()),
        Content::List(items) => items.iter().map(value).collect(),
        Content::Map(entries) => entries
            .iter()
            .map(|entry| (entry.name.clone(), value(&entry.node)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node> {
        let mut problems = Problems::of("b");
        parse(text, &mut problems).ok_or_else(|| problems.into_error().to_string())
    }

    #[test]
    fn values_keep_their_places_and_numbers_their_spelling() {
        let node = read("{\"\u{e9}\\n\": [1.10, -2, true,\n null], \"x\": {}}").unwrap();
        let Content::Map(entries) = &node.content else {
            panic!("no object")
        };
        assert_eq!(entries[0].name, "\u{e9}\n");
        let Content::List(items) = &entries[0].node.content else {
            panic!("no list")
        };
        assert_eq!(items[0].scalar(), Some("1.10"));
        assert_eq!(
            items[0].place,
            Place {
                line: 1,
                column: 10
            }
        );
        assert_eq!(items[3].place, Place { line: 2, column: 2 });
        assert_eq!(entries[1].place, Place { line: 2, column: 9 });
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_breaks() {
        for (text, why) in [
            ("{", "1:2: this is no JSON: a field name is expected"),
            ("{\"a\":1,\"a\":2}", "the field `a` stands twice"),
            ("[1 2]", "`,` or `]` is expected"),
            ("[1,]", "a value is expected"),
            ("\"a", "a text is not closed"),
            ("01", "a number is expected"),
            ("{} {}", "something follows"),
            ("", "it ends early"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        let deep = "[".repeat(100_000);
        assert!(read(&deep).unwrap_err().contains("more than 32 deep"));
        let many = format!("[{}1]", "1,".repeat(MAX_NODES));
        assert!(
            read(&many)
                .unwrap_err()
                .contains("more than 1000000 values")
        );
        let long = " ".repeat(MAX_BYTES + 1);
        assert!(read(&long).unwrap_err().contains("at most"));
    }
}
