//! Declared licences as one SPDX expression (SPDX specification 2.3, annex D).

use crate::names;
use std::collections::BTreeSet;

/// Longest text that is read as licences rather than as a licence's text.
const LONGEST: usize = 2_000;
/// Parts of one declaration.
const MOST: usize = 256;
/// Brackets within brackets.
const DEEPEST: usize = 16;

/// What a package declares as an SPDX expression: several declarations all
/// apply. `None` where nothing is declared. Names that are no SPDX licence
/// become `LicenseRef-NAME`.
pub fn expression<S: AsRef<str>>(declared: &[S]) -> Option<String> {
    let mut parts: Vec<Term> = Vec::new();
    for text in declared.iter().take(MOST) {
        let Some(term) = declaration(text.as_ref()) else {
            continue;
        };
        if !parts.contains(&term) {
            parts.push(term);
        }
    }
    match parts.len() {
        0 => None,
        1 => Some(parts.remove(0).to_string()),
        _ => Some(Term::Join("AND", parts).to_string()),
    }
}

/// One declaration: a name, an id, an expression, a trove classifier.
fn declaration(text: &str) -> Option<Term> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let text = text
        .strip_prefix("License ::")
        .map_or(text, |classifier| {
            classifier.rsplit("::").next().unwrap_or(classifier)
        })
        .trim();
    let lower = text.to_ascii_lowercase();
    let silent = [
        "",
        "unknown",
        "noassertion",
        "none",
        "n/a",
        "osi approved",
        "other",
        "see license",
    ];
    if silent.contains(&lower.as_str()) || lower.starts_with("see license in") {
        return None;
    }
    if text.len() > LONGEST || text.lines().count() > 8 {
        return crate::classify(text).map(|id| Term::Id(id.to_owned()));
    }
    if let Some(term) = leaf(text) {
        return Some(term);
    }
    let tokens = tokens(text);
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
    };
    match parser.any(0).filter(|_| parser.at == tokens.len()) {
        Some(term) => Some(term),
        None => Some(Term::unknown(text)),
    }
}

/// A whole text that is one licence.
fn leaf(text: &str) -> Option<Term> {
    let single = !text.contains(char::is_whitespace);
    let id = if single { names::id(text) } else { None };
    id.map(Term::Id)
        .or_else(|| (single && is_reference(text)).then(|| Term::Id(text.to_owned())))
        .or_else(|| {
            let named = names::named(text)?;
            Some(match named.split_once(" OR ") {
                Some((a, b)) => Term::Join("OR", vec![Term::Id(a.into()), Term::Id(b.into())]),
                None => Term::Id(named),
            })
        })
}

/// `LicenseRef-x`, or one of another document: `DocumentRef-x:LicenseRef-y`.
fn is_reference(text: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    };
    let own = match text.strip_prefix("DocumentRef-") {
        Some(rest) => match rest.split_once(':') {
            Some((document, own)) if word(document) => own,
            _ => return false,
        },
        None => text,
    };
    own.strip_prefix("LicenseRef-").is_some_and(word)
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Id(String),
    With(String, String),
    Join(&'static str, Vec<Term>),
}

impl Term {
    fn unknown(text: &str) -> Self {
        let mut name = String::new();
        for c in text.trim().chars() {
            match c {
                c if c.is_ascii_alphanumeric() || c == '.' => name.push(c),
                _ if name.ends_with('-') => {}
                _ => name.push('-'),
            }
            if name.len() == 80 {
                break;
            }
        }
        let name = name.trim_matches('-');
        let name = if name.is_empty() { "unknown" } else { name };
        Self::Id(format!("LicenseRef-{name}"))
    }
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::With(id, exception) => write!(f, "{id} WITH {exception}"),
            Self::Join(word, terms) => {
                for (number, term) in terms.iter().enumerate() {
                    if number > 0 {
                        write!(f, " {word} ")?;
                    }
                    match term {
                        // AND binds closer; brackets wherever the words differ.
                        Self::Join(other, _) if other != word => write!(f, "({term})")?,
                        term => write!(f, "{term}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Open,
    Close,
    And,
    Or,
    With,
    Word(&'a str),
}

/// Words between operators stay together: `Public Domain and MIT`.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut name: Option<usize> = None;
    let mut at = 0;
    while at < text.len() && tokens.len() < MOST {
        let rest = &text[at..];
        let length = match rest.find(|c: char| c.is_whitespace() || "()|&;,/".contains(c)) {
            Some(0) => rest.chars().next().map_or(1, char::len_utf8),
            Some(length) => length,
            None => rest.len(),
        };
        let (word, rest) = rest.split_at(length);
        let operator = match word.to_ascii_lowercase().as_str() {
            "(" => Some(Token::Open),
            ")" => Some(Token::Close),
            "|" | "/" => Some(Token::Or),
            "&" | ";" | "," | "and" => Some(Token::And),
            "or" if !later(rest) => Some(Token::Or),
            "with" => Some(Token::With),
            _ => None,
        };
        if let Some(operator) = operator {
            push(&mut tokens, name.take().map(|from| &text[from..at]));
            if matches!(operator, Token::And | Token::Or)
                && matches!(tokens.last(), Some(Token::And | Token::Or))
            {
                // `||` and `, or` are one operator.
                tokens.pop();
            }
            tokens.push(operator);
        } else if !word.trim().is_empty() {
            name.get_or_insert(at);
        }
        at += length;
    }
    push(&mut tokens, name.map(|from| &text[from..at]));
    tokens
}

fn push<'a>(tokens: &mut Vec<Token<'a>>, name: Option<&'a str>) {
    tokens.extend(name.map(|name| Token::Word(name.trim())));
}

/// `or later` belongs to the licence before it.
fn later(rest: &str) -> bool {
    let next = rest.trim_start().to_ascii_lowercase();
    ["later", "newer", "any later", "(at your option)"]
        .iter()
        .any(|word| next.starts_with(word))
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
}

impl Parser<'_> {
    fn take(&mut self, token: Token<'_>) -> bool {
        let found = self.tokens.get(self.at) == Some(&token);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self, depth: usize) -> Option<Term> {
        let mut terms = vec![self.all(depth)?];
        while self.take(Token::Or) {
            terms.push(self.all(depth)?);
        }
        Some(join("OR", terms))
    }

    fn all(&mut self, depth: usize) -> Option<Term> {
        let mut terms = vec![self.one(depth)?];
        while self.take(Token::And) {
            terms.push(self.one(depth)?);
        }
        Some(join("AND", terms))
    }

    fn one(&mut self, depth: usize) -> Option<Term> {
        if self.take(Token::Open) {
            if depth == DEEPEST {
                return None;
            }
            let inner = self.any(depth + 1)?;
            return self.take(Token::Close).then_some(inner);
        }
        let Some(Token::Word(word)) = self.tokens.get(self.at) else {
            return None;
        };
        self.at += 1;
        let term = leaf(word.trim()).unwrap_or_else(|| Term::unknown(word));
        if !self.take(Token::With) {
            return Some(term);
        }
        let Some(Token::Word(exception)) = self.tokens.get(self.at) else {
            return None;
        };
        self.at += 1;
        let known = spdx::identifiers::EXCEPTIONS
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(exception.trim()));
        Some(match (term, known) {
            (Term::Id(id), Some(known)) if !id.starts_with("LicenseRef-") => {
                Term::With(id, known.name.to_owned())
            }
            (term, _) => Term::unknown(&format!("{term}-with-{exception}")),
        })
    }
}

fn join(word: &'static str, terms: Vec<Term>) -> Term {
    let mut flat: Vec<Term> = Vec::new();
    for term in terms {
        let inner = match term {
            Term::Join(other, inner) if other == word => inner,
            term => vec![term],
        };
        for term in inner {
            if !flat.contains(&term) {
                flat.push(term);
            }
        }
    }
    if flat.len() == 1 {
        return flat.remove(0);
    }
    Term::Join(word, flat)
}

/// An SPDX expression that can be asked whether a choice of licences satisfies
/// it.
#[derive(Clone, Debug)]
pub struct Licenses(spdx::Expression);

impl Licenses {
    /// Reads an expression as [`expression`] writes them; `None` for anything
    /// else.
    pub fn parse(text: &str) -> Option<Self> {
        spdx::Expression::parse(text).ok().map(Self)
    }

    /// Whether the licences for which `accepted` is true are enough: of
    /// alternatives one, of joint ones all.
    pub fn satisfied(&self, mut accepted: impl FnMut(&str) -> bool) -> bool {
        self.0.evaluate(|requirement| accepted(&name(requirement)))
    }

    /// Every licence named, sorted. An exception stands behind its licence.
    pub fn ids(&self) -> BTreeSet<String> {
        let requirements = self.0.requirements();
        requirements.map(|found| name(&found.req)).collect()
    }
}

fn name(requirement: &spdx::LicenseReq) -> String {
    requirement.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn declarations_become_expressions() {
        for (declared, expected) in [
            ("MIT", "MIT"),
            ("(MIT OR Apache-2.0)", "MIT OR Apache-2.0"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            (
                "GPLv2+ and (MIT or Artistic)",
                "GPL-2.0-or-later AND (MIT OR Artistic-1.0)",
            ),
            ("GPLv2 or later", "GPL-2.0-or-later"),
            ("GPL-2+ or Artistic", "GPL-2.0-or-later OR Artistic-1.0"),
            ("ASL 2.0 and BSD", "Apache-2.0 AND LicenseRef-BSD"),
            ("Public Domain", "LicenseRef-Public-Domain"),
            (
                "GPL-2.0-only WITH Classpath-exception-2.0",
                "GPL-2.0-only WITH Classpath-exception-2.0",
            ),
            (
                "GPLv2+ with exceptions",
                "LicenseRef-GPL-2.0-or-later-with-exceptions",
            ),
            (
                "License :: OSI Approved :: BSD License",
                "LicenseRef-BSD-License",
            ),
            ("License :: OSI Approved :: MIT License", "MIT"),
            ("The Apache License, Version 2.0", "Apache-2.0"),
            (
                "LicenseRef-Fedora-UltraPermissive",
                "LicenseRef-Fedora-UltraPermissive",
            ),
            ("MIT, ISC, and Zlib", "MIT AND ISC AND Zlib"),
            ("(broken", "LicenseRef-broken"),
            ("DocumentRef-x", "LicenseRef-DocumentRef-x"),
        ] {
            assert_eq!(
                expression(&[declared]).as_deref(),
                Some(expected),
                "{declared}"
            );
        }
        for silent in [
            "",
            "UNKNOWN",
            "SEE LICENSE IN LICENSE.txt",
            "License :: OSI Approved",
        ] {
            assert_eq!(expression(&[silent]), None, "{silent}");
        }
    }

    #[test]
    fn several_declarations_all_apply() {
        assert_eq!(
            expression(&["MIT", "Apache-2.0 OR ISC", "MIT"]).as_deref(),
            Some("MIT AND (Apache-2.0 OR ISC)")
        );
        assert_eq!(expression::<&str>(&[]), None);
    }

    #[test]
    fn of_alternatives_one_is_enough() {
        let dual = Licenses::parse("GPL-2.0-or-later AND (MIT OR Artistic-1.0)").unwrap();
        assert!(dual.satisfied(|id| id != "MIT"));
        assert!(!dual.satisfied(|id| !id.starts_with("GPL-")));
        let ids: Vec<_> = dual.ids().into_iter().collect();
        assert_eq!(ids, ["Artistic-1.0", "GPL-2.0-or-later", "MIT"]);
    }

    proptest! {
        #[test]
        fn whatever_is_declared_can_be_asked(text in "[ -~]{0,60}") {
            if let Some(expression) = expression(&[text.as_str()]) {
                prop_assert!(Licenses::parse(&expression).is_some(), "{text} -> {expression}");
            }
        }

        #[test]
        fn an_expression_stays_as_it_is(
            ids in proptest::collection::vec(prop_oneof!["MIT", "ISC", "GPL-2[.]0-or-later", "LicenseRef-x"], 1..5),
            words in proptest::collection::vec(prop_oneof![" AND ", " OR "], 5),
        ) {
            let mut text = ids[0].clone();
            for (id, word) in ids[1..].iter().zip(&words) {
                text = format!("({text}){word}{id}");
            }
            let once = expression(&[text.as_str()]).unwrap();
            prop_assert_eq!(expression(&[once.as_str()]), Some(once.clone()));
        }
    }
}
