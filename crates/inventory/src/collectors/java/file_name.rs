//! `ARTIFACT-VERSION[-CLASSIFIER].EXTENSION`, as repositories name files.

/// Words that follow a number inside a version.
const QUALIFIERS: &[&str] = &[
    "alpha",
    "beta",
    "milestone",
    "m",
    "rc",
    "cr",
    "snapshot",
    "sp",
    "ga",
    "final",
    "release",
    "pre",
    "preview",
    "ea",
    "b",
    "build",
    "jre",
    "android",
    "jdk",
    "java",
    "redhat",
    "patch",
    "p",
    "rev",
    "r",
    "incubating",
    "hotfix",
    "dev",
    "empty",
    "fuse",
    "cdh",
    "hadoop",
    "spark",
    "scala",
];

/// Ends of names that tell apart files of one artifact and version.
const CLASSIFIERS: &[&str] = &[
    "sources",
    "javadoc",
    "tests",
    "test",
    "test-sources",
    "shaded",
    "all",
    "nodep",
    "jar-with-dependencies",
    "uber",
    "standalone",
    "bin",
    "dist",
    "exec",
    "noaop",
    "no_aop",
];

/// Systems that native code is built for, as classifiers begin.
const SYSTEMS: &[&str] = &[
    "linux", "osx", "macos", "windows", "win", "natives", "freebsd",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    pub artifact: &'a str,
    pub version: Option<&'a str>,
}

/// Splits the stem of a file name. `stated` are versions that the archive
/// itself names: where one of them follows the artifact, it is the version.
pub(super) fn split<'a>(stem: &'a str, stated: &[&str]) -> FileName<'a> {
    // No file system has longer names; archives in archives may.
    if stem.len() > 255 {
        return FileName {
            artifact: stem,
            version: None,
        };
    }
    for version in stated {
        let found = stem.match_indices(version).find_map(|(at, version)| {
            let artifact = stem.get(..at)?.strip_suffix(['-', '_'])?;
            let rest = stem.get(at + version.len()..)?;
            let whole = rest.is_empty() || is_classifier(rest.strip_prefix('-')?);
            (whole && !artifact.is_empty()).then(|| FileName {
                artifact,
                version: stem.get(at..at + version.len()),
            })
        });
        if let Some(found) = found {
            return found;
        }
    }
    let starts = stem.match_indices('-').filter_map(|(at, _)| {
        let artifact = stem.get(..at)?;
        let version = stem.get(at + 1..)?;
        let sane = artifact.contains(|c: char| c.is_ascii_alphabetic())
            && version.starts_with(|c: char| c.is_ascii_digit());
        sane.then_some(FileName {
            artifact,
            version: Some(without_classifier(version)),
        })
    });
    // `log4j-1.2-api-2.17.1`: a number that a name follows belongs to the name.
    starts
        .filter(|split| split.version.is_some_and(is_one_version))
        .min_by_key(|split| split.artifact.len())
        .unwrap_or(FileName {
            artifact: stem,
            version: None,
        })
}

fn is_one_version(version: &str) -> bool {
    let mut parts = version.split('-').skip(1).peekable();
    while let Some(part) = parts.next() {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let name = word.chars().all(|c| c.is_ascii_alphabetic()) && !word.is_empty();
        let known = QUALIFIERS.contains(&word.to_ascii_lowercase().as_str());
        let number_follows = parts
            .peek()
            .is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        if name && !known && number_follows {
            return false;
        }
    }
    true
}

fn without_classifier(version: &str) -> &str {
    version
        .match_indices('-')
        .find(|(at, _)| version.get(at + 1..).is_some_and(is_classifier))
        .and_then(|(at, _)| version.get(..at))
        .unwrap_or(version)
}

/// What follows the version in the name of a file, if it tells apart files
/// of one artifact.
pub(super) fn classifier<'a>(stem: &'a str, version: &str) -> Option<&'a str> {
    let (before, rest) = stem.rsplit_once(version)?;
    let classifier = rest.strip_prefix('-')?;
    (before.ends_with('-') && !version.is_empty() && is_classifier(classifier))
        .then_some(classifier)
}

fn is_classifier(text: &str) -> bool {
    let first = text.split(['-', '_']).next().unwrap_or_default();
    CLASSIFIERS.contains(&text) || SYSTEMS.contains(&first)
}
