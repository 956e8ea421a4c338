//! Which of two versions is the later one, as far as rules ask for it: by the
//! algorithms of dpkg (also for what has none of its own) and of rpm.

use plimsoll_types::Ecosystem;
use std::cmp::Ordering;

/// Compares two versions of a package.
pub(super) fn compare(ecosystem: Ecosystem, one: &str, other: &str) -> Ordering {
    match ecosystem {
        Ecosystem::Rpm => with_epoch(one, other, rpm),
        Ecosystem::Apk => debian(&apk(one), &apk(other)),
        Ecosystem::Deb => debian(one, other),
        _ => debian(&prerelease(one), &prerelease(other)),
    }
}

/// Compares two releases of a distribution: `9` is before `10`.
pub(super) fn releases(one: &str, other: &str) -> Ordering {
    part(one, other)
}

fn with_epoch(one: &str, other: &str, rest: fn(&str, &str) -> Ordering) -> Ordering {
    let split = |text: &str| match text.split_once(':') {
        Some((epoch, rest)) => (epoch.parse::<u64>().unwrap_or(0), rest.to_owned()),
        None => (0, text.to_owned()),
    };
    let ((epoch, one), (against, other)) = (split(one), split(other));
    epoch.cmp(&against).then_with(|| rest(&one, &other))
}

fn debian(one: &str, other: &str) -> Ordering {
    with_epoch(one, other, |one, other| {
        let split = |text: &str| match text.rsplit_once('-') {
            Some((version, revision)) => (version.to_owned(), revision.to_owned()),
            None => (text.to_owned(), String::new()),
        };
        let ((one, revision), (other, against)) = (split(one), split(other));
        part(&one, &other).then_with(|| part(&revision, &against))
    })
}

/// Runs of other characters and runs of digits in turn (deb-version(7)).
fn part(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let (text, against) = (run(&mut one, false), run(&mut other, false));
        let length = text.len().max(against.len()) + 1;
        let weight = |text: &str, at: usize| match text.as_bytes().get(at) {
            Some(b'~') => -1,
            None => 0,
            Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
            Some(byte) => i32::from(*byte) + 256,
        };
        for at in 0..length {
            let order = weight(text, at).cmp(&weight(against, at));
            if order != Ordering::Equal {
                return order;
            }
        }
        let order = digits(run(&mut one, true), run(&mut other, true));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes what is (or is not) digits off the beginning.
fn run<'a>(text: &mut &'a str, of_digits: bool) -> &'a str {
    let end = text.find(|c: char| c.is_ascii_digit() != of_digits);
    let (run, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    run
}

fn digits(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// `rpmvercmp` on version and release.
fn rpm(one: &str, other: &str) -> Ordering {
    let split = |text: &str| match text.rsplit_once('-') {
        Some((version, release)) => (version.to_owned(), Some(release.to_owned())),
        None => (text.to_owned(), None),
    };
    let ((one, release), (other, against)) = (split(one), split(other));
    // A version that names no release means any.
    let rest = release.zip(against);
    let rest = || rest.map_or(Ordering::Equal, |(a, b)| segments(&a, &b));
    segments(&one, &other).then_with(rest)
}

fn segments(mut one: &str, mut other: &str) -> Ordering {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '~' || c == '^';
    loop {
        one = one.trim_start_matches(|c| !is_part(c));
        other = other.trim_start_matches(|c| !is_part(c));
        match (one.starts_with('~'), other.starts_with('~')) {
            (true, true) => {
                (one, other) = (one.get(1..).unwrap_or(""), other.get(1..).unwrap_or(""));
                continue;
            }
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        match (one.starts_with('^'), other.starts_with('^')) {
            (true, true) => {
                (one, other) = (one.get(1..).unwrap_or(""), other.get(1..).unwrap_or(""));
                continue;
            }
            (true, false) if other.is_empty() => return Ordering::Greater,
            (true, false) => return Ordering::Less,
            (false, true) if one.is_empty() => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        if one.is_empty() || other.is_empty() {
            return one.len().cmp(&other.len());
        }
        let number = one.starts_with(|c: char| c.is_ascii_digit());
        if number != other.starts_with(|c: char| c.is_ascii_digit()) {
            return if number {
                Ordering::Greater
            } else {
                Ordering::Less
            };
        }
        let (a, b) = (segment(&mut one, number), segment(&mut other, number));
        let order = if number { digits(a, b) } else { a.cmp(b) };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn segment<'a>(text: &mut &'a str, number: bool) -> &'a str {
    let is = |c: char| match number {
        true => c.is_ascii_digit(),
        false => c.is_ascii_alphabetic(),
    };
    let end = text.find(|c| !is(c)).unwrap_or(text.len());
    let (segment, rest) = text.split_at(end);
    *text = rest;
    segment
}

/// Alpine's suffixes before a release sort as dpkg's `~`.
fn apk(version: &str) -> String {
    let mut version = version.to_owned();
    for before in ["_alpha", "_beta", "_pre", "_rc"] {
        version = version.replace(before, &format!("~{}", &before[1..]));
    }
    version.replace('_', ".")
}

/// `1.0-rc1` is before `1.0`, as where `-` begins a pre-release.
fn prerelease(version: &str) -> String {
    match version.split_once('-') {
        Some((release, rest)) if rest.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!("{release}~{rest}")
        }
        _ => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_package_managers() {
        for (ecosystem, ascending) in [
            (
                Ecosystem::Deb,
                &[
                    "1.0~rc1-1",
                    "1.0-1",
                    "1.0-1+b1",
                    "1.0.1-1",
                    "1.10-1",
                    "1:0.5",
                ][..],
            ),
            (
                Ecosystem::Rpm,
                &[
                    "1.0~rc1-1",
                    "1.0-1.el9",
                    "1.0-1.el9_2",
                    "1.0^git1-1",
                    "1.0.1-1",
                    "1:0.1-1",
                ],
            ),
            (
                Ecosystem::Apk,
                &["1.0_rc1-r0", "1.0-r0", "1.0-r1", "1.0_p1-r0", "1.1-r0"],
            ),
            (Ecosystem::Npm, &["1.0.0-beta", "1.0.0", "1.2.0", "1.10.0"]),
        ] {
            for pair in ascending.windows(2) {
                let (one, other) = (pair[0], pair[1]);
                assert_eq!(compare(ecosystem, one, other), Ordering::Less, "{pair:?}");
                assert_eq!(
                    compare(ecosystem, other, one),
                    Ordering::Greater,
                    "{pair:?}"
                );
                assert_eq!(compare(ecosystem, one, one), Ordering::Equal);
            }
        }
        assert_eq!(releases("9", "10"), Ordering::Less);
        assert_eq!(releases("3.9", "3.18.4"), Ordering::Less);
    }
}
