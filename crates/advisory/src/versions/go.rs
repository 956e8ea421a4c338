//! Go: semantic versions of modules (`v1.2.3`, pseudo-versions) and of
//! toolchains (`go1.21rc2`).

use super::semver;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(semver::Version);

impl Version {
    pub fn parse(text: &str) -> Option<Self> {
        match text
            .strip_prefix("go")
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            Some(toolchain) => semver::Version::parse(&toolchain_version(toolchain)).map(Self),
            None => semver::Version::parse(&bare_candidate(text)).map(Self),
        }
    }
}

/// `1.21rc2` is `1.21-rc.2`; other tails are the builder's own and say
/// nothing about the order.
fn toolchain_version(text: &str) -> String {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (numbers, tail) = text.split_at(end);
    for word in ["rc", "beta"] {
        if let Some(number) = tail.strip_prefix(word) {
            let (number, _) = super::number::take(number, |c| c.is_ascii_digit());
            return format!("{numbers}-{word}.{number}");
        }
    }
    numbers.to_owned()
}

/// Toolchain versions also come without their prefix: `1.21rc2`.
fn bare_candidate(text: &str) -> String {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let tail = &text[end..];
    if end > 0 && (tail.starts_with("rc") || tail.starts_with("beta")) {
        return toolchain_version(text);
    }
    text.to_owned()
}
