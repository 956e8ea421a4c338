//! Haskell's package versioning policy: numbers, the longer list being newer.

use super::number::Number;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(Vec<Number>);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        text.split('.')
            .map(Number::parse)
            .collect::<Option<_>>()
            .map(Self)
    }
}
