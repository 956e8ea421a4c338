//! How long a version takes to read and two take to compare, scheme by scheme.
#![allow(clippy::expect_used)]

use plimsoll_advisory::versions::Scheme;

fn main() {
    for (scheme, a, b) in [
        (Scheme::Deb, "1:2.4.52-1ubuntu4.1", "1:2.4.52-1ubuntu4.10"),
        (Scheme::Rpm, "0:4.18.0-477.el8", "0:4.18.0-477.10.1.el8_8"),
        (Scheme::Apk, "1.2.3_git20230101-r0", "1.2.3_git20230101-r1"),
        (Scheme::Semver, "16.13.0-beta.10", "16.13.0-beta.11"),
        (Scheme::Pep440, "1.26.0rc1", "1.26.0rc2"),
        (Scheme::Maven, "5.3.0.RELEASE", "5.3.1.RELEASE"),
        (Scheme::Gem, "7.0.8.1", "7.0.8.2"),
    ] {
        const ROUNDS: u32 = 200_000;
        let started = std::time::Instant::now();
        for _ in 0..ROUNDS {
            let _ = std::hint::black_box(scheme.parse(std::hint::black_box(a)));
        }
        let read = started.elapsed() / ROUNDS;
        let (a, b) = (
            scheme.parse(a).expect("a version"),
            scheme.parse(b).expect("a version"),
        );
        let started = std::time::Instant::now();
        for _ in 0..ROUNDS {
            let _ = std::hint::black_box(std::hint::black_box(&a).cmp(std::hint::black_box(&b)));
        }
        println!(
            "{}: read {read:?}, compare {:?}",
            scheme.as_str(),
            started.elapsed() / ROUNDS
        );
    }
}
