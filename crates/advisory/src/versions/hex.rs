//! Hex: semantic versions with exactly three numbers.

use super::semver;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(semver::Version);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let version = semver::Version::parse(text)?;
        (version.numbers().len() == 3).then_some(Self(version))
    }
}
