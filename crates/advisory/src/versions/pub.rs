//! Dart pub: semantic versions whose build metadata is ordered too.

use super::semver::{self, Identifier};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(semver::Version, Vec<Identifier>);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        let (version, build) = semver::Version::parse_with_build(text)?;
        let build = build.unwrap_or_default();
        let parts = build.split('.').filter(|part| !part.is_empty());
        Some(Self(version, parts.map(Identifier::parse).collect()))
    }
}
