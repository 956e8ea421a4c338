//! Erlang terms as files hold them, and the part of Elixir that lock files
//! use: tuples, lists, maps, text, atoms and numbers.

use crate::collector::CollectError;

/// Terms in terms.
const DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    /// A string or binary.
    Text(String),
    /// An atom, number or what else is one word.
    Word(String),
    Tuple(Vec<Term>),
    List(Vec<Term>),
    /// Key and value in a map or keyword list.
    Pair(String, Box<Term>),
}

impl Term {
    pub fn text(&self) -> Option<&str> {
        match self {
            Term::Text(text) | Term::Word(text) => Some(text),
            _ => None,
        }
    }

    pub fn items(&self) -> &[Term] {
        match self {
            Term::Tuple(items) | Term::List(items) => items,
            _ => &[],
        }
    }

    /// `key => value`, `key: value` or `{key, value}`.
    pub fn pair(&self) -> Option<(&str, &Term)> {
        match self {
            Term::Pair(key, value) => Some((key, value)),
            Term::Tuple(items) => match items.as_slice() {
                [key, value] => Some((key.text()?, value)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Every term of a text; each ends with a dot or the text.
pub(super) fn read(text: &str) -> Result<Vec<Term>, CollectError> {
    let mut reader = Reader { rest: text };
    let mut terms = Vec::new();
    loop {
        reader.skip();
        if reader.eat(".") {
            continue;
        }
        if reader.rest.is_empty() {
            return Ok(terms);
        }
        terms.push(reader.term(DEPTH)?);
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Spaces and comments. A `%` before a brace is a map of Elixir.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let comment = self.rest.starts_with('%') && !self.rest.starts_with("%{")
                || self.rest.starts_with("# ");
            if !comment {
                return;
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn term(&mut self, depth: usize) -> Result<Term, CollectError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(CollectError::new("its terms are nested too deep"));
        };
        self.skip();
        let term = if self.eat("%{") || self.eat("#{") {
            Term::List(self.items("}", depth)?)
        } else if self.eat("{") {
            Term::Tuple(self.items("}", depth)?)
        } else if self.eat("[") {
            Term::List(self.items("]", depth)?)
        } else if self.eat("<<") {
            let mut items = self.items(">>", depth)?.into_iter();
            match (items.next(), items.next()) {
                (Some(text @ Term::Text(_)), None) => text,
                _ => Term::Text(String::new()),
            }
        } else if self.eat("\"") {
            Term::Text(self.quoted('"')?)
        } else if self.eat(":\"") {
            Term::Word(self.quoted('"')?)
        } else if self.eat("'") {
            Term::Word(self.quoted('\'')?)
        } else {
            self.word()?
        };
        // `key: value` has no space before its colon, and one behind it.
        let key = term.text().map(str::to_owned);
        if let Some(key) = key.clone()
            && self
                .rest
                .strip_prefix(':')
                .is_some_and(|rest| rest.starts_with(char::is_whitespace))
        {
            self.eat(":");
            return Ok(Term::Pair(key, Box::new(self.term(depth)?)));
        }
        self.skip();
        if self.eat("=>") {
            let value = self.term(depth)?;
            return Ok(Term::Pair(key.unwrap_or_default(), Box::new(value)));
        }
        Ok(term)
    }

    fn items(&mut self, end: &str, depth: usize) -> Result<Vec<Term>, CollectError> {
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.eat(end) {
                return Ok(items);
            }
            // `|` joins a list with its tail, words follow `fun`.
            if self.eat(",") || self.eat("|") {
                continue;
            }
            items.push(self.term(depth)?);
        }
    }

    /// Text up to the quote, with escapes resolved.
    fn quoted(&mut self, quote: char) -> Result<String, CollectError> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(text);
            }
            if character != '\\' {
                text.push(character);
                continue;
            }
            match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, other)) => text.push(other),
                None => break,
            }
        }
        Err(CollectError::new("a text in it does not end"))
    }

    /// An atom, a number, a character (`$x`), a name with a slash.
    fn word(&mut self) -> Result<Term, CollectError> {
        if self.eat("$") {
            self.eat("\\");
            let mut characters = self.rest.chars();
            let character = characters.next();
            self.rest = characters.as_str();
            return Ok(Term::Word(character.into_iter().collect()));
        }
        let rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
        let part = |c: char| c.is_alphanumeric() || "_@-+/#?!:.".contains(c);
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (word, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        // A dot or colon at the end belongs to what comes.
        let kept = word.trim_end_matches(['.', ':']);
        let back = word.len() - kept.len();
        if kept.is_empty() {
            return Err(CollectError::new("it holds something that is no term"));
        }
        let from = self.rest.len() - rest.len() - back;
        self.rest = self.rest.get(from..).unwrap_or_default();
        Ok(Term::Word(kept.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn terms_of_both_languages_are_read() {
        let word = |text: &str| Term::Word(text.to_owned());
        let text = |text: &str| Term::Text(text.to_owned());
        assert_eq!(
            read("{a, \"b\", <<\"c\">>, 'D e', 1.5}. % x\n[x|y].").unwrap(),
            [
                Term::Tuple(vec![
                    word("a"),
                    text("b"),
                    text("c"),
                    word("D e"),
                    word("1.5")
                ]),
                Term::List(vec![word("x"), word("y")]),
            ]
        );
        assert_eq!(
            read("%{\"a\": :b, c: nil, \"d\" => :\"e f\"}").unwrap(),
            [Term::List(vec![
                Term::Pair("a".into(), Box::new(word("b"))),
                Term::Pair("c".into(), Box::new(word("nil"))),
                Term::Pair("d".into(), Box::new(word("e f"))),
            ])]
        );
    }

    #[test]
    fn what_does_not_end_is_refused() {
        for bad in ["{a", "[", "\"x", "<<", "{a, }}", "%{a: "] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "([a-z{}<>,.:%#$'\"\\\\=| \n]|\\[|\\])*") {
            let _ = read(&text);
        }
    }
}
