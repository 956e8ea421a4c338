//! The version of the main module, which the toolchain often does not know.

use std::collections::{BTreeMap, BTreeSet};

/// Packages in which projects keep their version.
const USUAL_PACKAGES: &[&str] = &["main", "common", "version", "cmd"];
const VERSION_NAMES: &[&str] = &["version", "ver"];
/// Names that mean a version only inside the module itself.
const OWN_VERSION_NAMES: &[&str] = &[
    "version",
    "ver",
    "tag",
    "gitversion",
    "gittag",
    "appversion",
    "buildversion",
    "releaseversion",
    "gitdescribe",
];

/// Whether a variable may hold the version of the program that it is in.
pub(super) fn names_a_version(variable: &str) -> bool {
    variable
        .rsplit('.')
        .next()
        .is_some_and(|name| OWN_VERSION_NAMES.contains(&name.to_ascii_lowercase().as_str()))
}

/// What the toolchain stamped, unless it is only a commit; what the linker
/// was told; the commit.
pub(super) fn of(
    path: &str,
    stamped: Option<&str>,
    settings: &BTreeMap<&str, String>,
    variables: &[(String, String)],
) -> Option<String> {
    let stamped = stamped.filter(|version| !version.is_empty());
    if let Some(version) = stamped.filter(|version| !is_pseudo(version)) {
        return Some(version.to_owned());
    }
    let flags = settings.get("-ldflags").map_or("", String::as_str);
    linked(path, pairs(flags))
        .or_else(|| linked(path, variables.to_vec()))
        .or_else(|| stamped.map(str::to_owned))
        .or_else(|| commit(settings))
}

/// `…-YYYYMMDDhhmmss-COMMIT`, with an optional `+dirty`.
fn is_pseudo(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or_default();
    let mut parts = version.rsplit('-');
    let commit = parts.next().is_some_and(|commit| {
        commit.len() == 12 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let time = parts.next().and_then(|time| time.rsplit('.').next());
    commit && time.is_some_and(|time| time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit()))
}

fn commit(settings: &BTreeMap<&str, String>) -> Option<String> {
    let time: String = settings
        .get("vcs.time")?
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect();
    let revision = settings.get("vcs.revision")?.get(..12)?;
    (time.len() == 14).then(|| format!("v0.0.0-{time}-{revision}"))
}

/// The version among the `-X variable=value` pairs. Of the three kinds of
/// variable the best that occurs decides, and only if it is of one mind.
fn linked(module: &str, pairs: Vec<(String, String)>) -> Option<String> {
    let mut tiers: [BTreeSet<String>; 3] = Default::default();
    for (variable, value) in pairs {
        let Some((package, name)) = variable.rsplit_once('.') else {
            continue;
        };
        let name = name.to_ascii_lowercase();
        let Some(version) = semantic(&value) else {
            continue;
        };
        let within = package
            .strip_prefix(module)
            .is_some_and(|rest| !module.is_empty() && (rest.is_empty() || rest.starts_with('/')));
        let last = package.rsplit('/').next().unwrap_or(package);
        let tier = if within && OWN_VERSION_NAMES.contains(&name.as_str()) {
            0
        } else if !VERSION_NAMES.contains(&name.as_str()) {
            continue;
        } else if USUAL_PACKAGES.contains(&last) {
            1
        } else {
            2
        };
        if let Some(tier) = tiers.get_mut(tier) {
            tier.insert(version);
        }
    }
    let best = tiers.into_iter().find(|tier| !tier.is_empty())?;
    let mut versions = best.into_iter();
    versions.next().filter(|_| versions.next().is_none())
}

/// With the `v` that versions of modules have.
fn semantic(value: &str) -> Option<String> {
    let bare = value.strip_prefix('v').unwrap_or(value);
    let numbers = bare.split(['-', '+']).next().unwrap_or_default();
    let mut parts = numbers.split('.');
    let sane = parts.clone().count() >= 2
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        && bare.bytes().all(|b| b.is_ascii_graphic());
    sane.then(|| format!("v{bare}"))
}

fn pairs(flags: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut words = words(flags).into_iter();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            continue;
        };
        let pair = match flag.strip_prefix('X') {
            Some("") => words.next(),
            // `-X=pair`, or both in one pair of quotes.
            Some(rest) => Some(rest.strip_prefix('=').unwrap_or(rest).trim().to_owned()),
            None => None,
        };
        let pair = pair.as_deref().and_then(|pair| pair.split_once('='));
        pairs.extend(pair.map(|(variable, value)| {
            let value = value.trim_matches(['\'', '"']);
            (variable.to_owned(), value.trim().to_owned())
        }));
    }
    pairs
}

/// Words as the go command splits them: a quote reaches to its like.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut quote, mut begun) = (None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                begun = true;
            }
            (None, c) if c.is_whitespace() => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (_, c) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// A value of a setting, which Go quotes where it has to.
pub(super) fn unquote(value: &str) -> String {
    if let Some(raw) = value.strip_prefix('`') {
        return raw.strip_suffix('`').unwrap_or(raw).to_owned();
    }
    let Some(quoted) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let quoted = quoted.strip_suffix('"').unwrap_or(quoted);
    let mut text = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'r' | 't') => text.push(' '),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}
