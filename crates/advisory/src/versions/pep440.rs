//! Python (PEP 440), with every spelling that normalises.

use super::number::{Number, compare_padded, take};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) epoch: Number,
    pub(super) release: Vec<Number>,
    pub(super) rank: Rank,
    pub(super) local: Vec<Local>,
}

/// Pre-release, post-release and development release, each with the value
/// that sorts right where it is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) pre: Pre,
    pub(super) post: Option<Number>,
    dev: Dev,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pre {
    /// A development release of the final release itself.
    BeforeAll,
    Alpha(Number),
    Beta(Number),
    Candidate(Number),
    Final,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dev {
    Number(Number),
    None,
}

/// Words sort below numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Local {
    Word(Box<str>),
    Number(Number),
}

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let text = lower.strip_prefix('v').unwrap_or(&lower);
        let (text, local) = match text.split_once('+') {
            Some((text, local)) => (text, Some(local)),
            None => (text, None),
        };
        let (epoch, mut rest) = match text.split_once('!') {
            Some((epoch, rest)) => (Number::parse(epoch)?, rest),
            None => (Number::default(), text),
        };
        let mut release = Vec::new();
        loop {
            let (digits, tail) = take(rest, |c| c.is_ascii_digit());
            release.push(Number::parse(digits)?);
            rest = tail;
            match tail.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        let mut pre = None;
        if let Some((word, number, tail)) = labelled(
            rest,
            &["alpha", "a", "beta", "b", "preview", "pre", "rc", "c"],
        ) {
            pre = Some(match word {
                "alpha" | "a" => Pre::Alpha(number),
                "beta" | "b" => Pre::Beta(number),
                _ => Pre::Candidate(number),
            });
            rest = tail;
        }
        let mut post = None;
        if let Some((_, number, tail)) = labelled(rest, &["post", "rev", "r"]) {
            post = Some(number);
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('-') {
            let (digits, tail) = take(tail, |c| c.is_ascii_digit());
            if let Some(number) = Number::parse(digits) {
                post = Some(number);
                rest = tail;
            }
        }
        let mut dev = Dev::None;
        if let Some((_, number, tail)) = labelled(rest, &["dev"]) {
            dev = Dev::Number(number);
            rest = tail;
        }
        if !rest.is_empty() {
            return None;
        }
        let pre = match (pre, &post, &dev) {
            (Some(pre), _, _) => pre,
            (None, None, Dev::Number(_)) => Pre::BeforeAll,
            _ => Pre::Final,
        };
        Some(Self {
            epoch,
            release,
            rank: Rank { pre, post, dev },
            local: local.map_or(Some(Vec::new()), parse_local)?,
        })
    }
}

impl Version {
    /// The version without its local part.
    pub fn public(&self) -> Self {
        Self {
            local: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether it comes before a release, development versions included.
    pub fn is_pre(&self) -> bool {
        self.rank.pre != Pre::Final || self.is_dev()
    }

    pub fn is_dev(&self) -> bool {
        matches!(self.rank.dev, Dev::Number(_))
    }

    pub fn is_post(&self) -> bool {
        self.rank.post.is_some()
    }
}

/// `[-_.]word[-_.]number`, the number being 0 where it is missing.
fn labelled<'a>(text: &'a str, words: &[&'static str]) -> Option<(&'static str, Number, &'a str)> {
    let separator = |c: char| matches!(c, '-' | '_' | '.');
    let bare = text.strip_prefix(separator).unwrap_or(text);
    let word = *words.iter().find(|word| bare.starts_with(**word))?;
    let after = &bare[word.len()..];
    let numbered = after.strip_prefix(separator).unwrap_or(after);
    let (digits, tail) = take(numbered, |c| c.is_ascii_digit());
    match Number::parse(digits) {
        Some(number) => Some((word, number, tail)),
        None => Some((word, Number::default(), after)),
    }
}

fn parse_local(text: &str) -> Option<Vec<Local>> {
    text.split(['.', '-', '_'])
        .map(|part| {
            let word = !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
            Number::parse(part)
                .map(Local::Number)
                .or_else(|| word.then(|| Local::Word(part.into())))
        })
        .collect()
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_padded(&self.release, &other.release))
            .then_with(|| self.rank.cmp(&other.rank))
            .then_with(|| self.local.cmp(&other.local))
    }
}

super::number::order_by_cmp!(Version);
