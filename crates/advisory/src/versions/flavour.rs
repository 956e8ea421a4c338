//! What a version says about the platform it was built for, which plays no
//! part in whether it has a vulnerability.

use super::{Scheme, number::Number};

/// The version without its flavour.
pub(super) fn without(scheme: Scheme, text: &str) -> &str {
    match scheme {
        Scheme::Maven => without_runtime(text),
        Scheme::Gem => without_platform(text),
        _ => text,
    }
}

/// `12.10.2.jre11` names the Java that it was built for.
fn without_runtime(text: &str) -> &str {
    let Some((rest, tail)) = text.rsplit_once('.') else {
        return text;
    };
    let number = tail
        .strip_prefix("jre")
        .or_else(|| tail.strip_prefix("jdk"));
    let runtime = number.is_some_and(|number| Number::parse(number).is_some());
    if runtime && !rest.is_empty() {
        rest
    } else {
        text
    }
}

/// `1.19.3-x86_64-linux-musl`: a gem with native code.
fn without_platform(text: &str) -> &str {
    const PLATFORMS: &[&str] = &[
        "aarch64",
        "arm",
        "arm64",
        "armv5",
        "armv6",
        "armv7",
        "java",
        "jruby",
        "mswin32",
        "mswin64",
        "mingw32",
        "universal",
        "x64",
        "x86",
        "x86_64",
        "amd64",
        "i386",
        "i686",
        "powerpc64",
        "ppc64le",
        "riscv64",
        "s390x",
    ];
    match text.split_once('-') {
        Some((version, platform)) => {
            let cpu = platform.split('-').next().unwrap_or_default();
            if PLATFORMS.contains(&cpu) {
                version
            } else {
                text
            }
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_go_and_everything_else_stays() {
        for (scheme, text, expected) in [
            (Scheme::Maven, "12.10.2.jre11", "12.10.2"),
            (Scheme::Maven, "1.0.jrex", "1.0.jrex"),
            (Scheme::Gem, "1.19.3-aarch64-linux-musl", "1.19.3"),
            (Scheme::Gem, "1.0.0-rc1", "1.0.0-rc1"),
            (Scheme::Semver, "1.0.0-x86", "1.0.0-x86"),
        ] {
            assert_eq!(without(scheme, text), expected);
        }
    }
}
