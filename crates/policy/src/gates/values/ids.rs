use crate::document::{Node, Problems, Value, scalar, wrong};
use serde::{Serialize, Serializer};
use std::fmt;

/// Numeric ids of users or groups: one, or from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdRange {
    first: u32,
    last: u32,
}

impl IdRange {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let id = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| digits)
        };
        let (first, last) = text.trim().split_once('-').unwrap_or((text, text));
        let range = Self {
            first: id(first.trim())?,
            last: id(last.trim())?,
        };
        (range.first <= range.last).then_some(range)
    }

    pub(crate) fn contains(self, id: u32) -> bool {
        (self.first..=self.last).contains(&id)
    }
}

impl fmt::Display for IdRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl Serialize for IdRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Value for IdRange {
    fn expected() -> String {
        "a number such as `0`, or `100-999`".into()
    }

    fn read(node: &Node, field: &str, problems: &mut Problems) -> Option<Self> {
        let range = Self::parse(scalar::<Self>(node, field, problems)?);
        if range.is_none() {
            wrong::<Self>(node, field, "", problems);
        }
        range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_as_numbers() {
        assert!(IdRange::parse("0").unwrap().contains(0));
        let range = IdRange::parse("100 - 999").unwrap();
        assert!(range.contains(100) && range.contains(999) && !range.contains(1000));
        for text in ["", "-1", "9-1", "root", "4294967296"] {
            assert_eq!(IdRange::parse(text), None, "{text}");
        }
    }
}
