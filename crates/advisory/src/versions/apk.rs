//! apk-tools: `digits(.digits)*[letter](_suffix[n])*[~hash][-rN]`.

use super::number::{compare, take};
use std::cmp::Ordering;

/// Suffixes before and after the release they qualify, in order.
const BEFORE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const AFTER: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

#[derive(Clone, Debug)]
enum Token {
    First(Box<str>),
    Digits(Box<str>),
    Letter(u8),
    Suffix(i8),
    SuffixNumber(Box<str>),
    Hash(Box<str>),
    Revision(Box<str>),
    End,
}

impl Token {
    /// Kinds in the order in which they may follow each other. A version that
    /// goes on with an earlier kind is newer.
    fn kind(&self) -> u8 {
        match self {
            Token::First(_) => 0,
            Token::Digits(_) => 1,
            Token::Letter(_) => 2,
            Token::Suffix(_) => 3,
            Token::SuffixNumber(_) => 4,
            Token::Hash(_) => 5,
            Token::Revision(_) => 6,
            Token::End => 7,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Version(Vec<Token>);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let digit = |c: char| c.is_ascii_digit();
        let (first, mut rest) = take(text, digit);
        if first.is_empty() {
            return None;
        }
        let mut tokens = vec![Token::First(first.into())];
        while let Some(tail) = rest.strip_prefix('.') {
            let (digits, tail) = take(tail, digit);
            if digits.is_empty() {
                return None;
            }
            tokens.push(Token::Digits(digits.into()));
            rest = tail;
        }
        if let Some(letter) = rest.bytes().next().filter(u8::is_ascii_lowercase) {
            tokens.push(Token::Letter(letter));
            rest = &rest[1..];
        }
        while let Some(tail) = rest.strip_prefix('_') {
            let (word, tail) = take(tail, |c| c.is_ascii_lowercase());
            let before = BEFORE
                .iter()
                .position(|s| *s == word)
                .map(|i| i as i8 - BEFORE.len() as i8);
            let after = AFTER.iter().position(|s| *s == word).map(|i| i as i8 + 1);
            tokens.push(Token::Suffix(before.or(after)?));
            let (number, tail) = take(tail, digit);
            if !number.is_empty() {
                tokens.push(Token::SuffixNumber(number.into()));
            }
            rest = tail;
        }
        if let Some(tail) = rest.strip_prefix('~') {
            let (hash, tail) = take(tail, |c| c.is_ascii_hexdigit());
            tokens.push(Token::Hash(hash.into()));
            rest = tail;
        }
        if let Some(tail) = rest.strip_prefix("-r") {
            let (number, tail) = take(tail, digit);
            if number.is_empty() {
                return None;
            }
            tokens.push(Token::Revision(number.into()));
            rest = tail;
        }
        rest.is_empty().then_some(Self(tokens))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        for i in 0.. {
            let a = self.0.get(i).unwrap_or(&Token::End);
            let b = other.0.get(i).unwrap_or(&Token::End);
            let order = match (a, b) {
                (Token::End, Token::End) => return Ordering::Equal,
                (Token::First(a), Token::First(b)) => compare(a, b),
                // A leading zero makes it a decimal fraction.
                (Token::Digits(a), Token::Digits(b))
                    if a.starts_with('0') || b.starts_with('0') =>
                {
                    a.cmp(b)
                }
                (Token::Digits(a), Token::Digits(b))
                | (Token::SuffixNumber(a), Token::SuffixNumber(b))
                | (Token::Revision(a), Token::Revision(b)) => compare(a, b),
                (Token::Letter(a), Token::Letter(b)) => a.cmp(b),
                (Token::Suffix(a), Token::Suffix(b)) => a.cmp(b),
                (Token::Hash(a), Token::Hash(b)) => a.cmp(b),
                (Token::Suffix(a), _) if *a < 0 => Ordering::Less,
                (_, Token::Suffix(b)) if *b < 0 => Ordering::Greater,
                (a, b) => b.kind().cmp(&a.kind()),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

super::number::order_by_cmp!(Version);
