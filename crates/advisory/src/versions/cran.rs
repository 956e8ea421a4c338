//! R's `package_version`: numbers between dots and dashes, the longer list
//! being newer.

use super::number::Number;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(Vec<Number>);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['.', '-']).map(Number::parse);
        numbers.collect::<Option<_>>().map(Self)
    }
}
