//! The digests of a file, all computed while its bytes pass.

use crate::facts::Sums;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// What the digests take in at a time.
const BLOCK: usize = 64;

/// Which digests besides SHA-256 the files of a layer may be asked for. dpkg
/// keeps MD5 and apk SHA-1. Until a layer shows whose it is, MD5 is computed,
/// and SHA-1 only of what comes before `etc/apk` and `lib/apk` in an archive
/// that is sorted, as those of builders are.
#[derive(Default)]
pub(super) struct Worlds {
    dpkg: bool,
    apk: bool,
    other: bool,
}

impl Worlds {
    /// Takes note of a path that only one package manager has.
    pub fn see(&mut self, path: &str) {
        const DPKG: &[&str] = &[
            "etc/apt/",
            "etc/dpkg/",
            "etc/debian_version",
            "var/lib/dpkg/",
            "usr/bin/dpkg",
        ];
        const APK: &[&str] = &["etc/apk/", "etc/alpine-release", "lib/apk/", "usr/lib/apk/"];
        const OTHER: &[&str] = &[
            "etc/yum",
            "etc/rpm/",
            "etc/pacman",
            "var/lib/rpm/",
            "usr/lib/rpm/",
            "usr/lib/sysimage/rpm/",
        ];
        let is = |signs: &[&str]| signs.iter().any(|sign| path.starts_with(sign));
        self.dpkg |= is(DPKG);
        self.apk |= is(APK);
        self.other |= is(OTHER);
    }

    pub fn start(&self, path: &str) -> Checksums {
        let known = self.dpkg || self.apk || self.other;
        let owned = may_be_owned(path);
        Checksums {
            sha256: Sha256::new(),
            md5: (owned && (self.dpkg || !known)).then(Md5::new),
            sha1: (owned && (self.apk || !known && comes_first(path))).then(Sha1::new),
        }
    }
}

/// Whether the files of apk itself come later.
fn comes_first(path: &str) -> bool {
    path.starts_with("bin/") || path.starts_with("etc/")
}

/// Whether distributions install files there.
fn may_be_owned(path: &str) -> bool {
    const TOPS: &[&str] = &[
        "bin", "sbin", "lib", "lib32", "lib64", "usr", "etc", "opt", "boot", "var",
    ];
    let top = path.split('/').next().unwrap_or_default();
    TOPS.contains(&top) && !path.starts_with("usr/local/")
}

pub(super) struct Checksums {
    sha256: Sha256,
    md5: Option<Md5>,
    sha1: Option<Sha1>,
}

impl Checksums {
    pub fn update(&mut self, chunk: &[u8]) {
        match (&mut self.md5, &mut self.sha1) {
            (None, None) => self.sha256.update(chunk),
            // MD5 waits for its own results most of the time. Block by block, a
            // processor fits the other digest in; one after the other they take
            // a sixth longer.
            (Some(md5), None) => {
                for block in chunk.chunks(BLOCK) {
                    self.sha256.update(block);
                    md5.update(block);
                }
            }
            (md5, Some(sha1)) => {
                self.sha256.update(chunk);
                sha1.update(chunk);
                if let Some(md5) = md5 {
                    md5.update(chunk);
                }
            }
        }
    }

    pub fn finish(self) -> Sums {
        Sums {
            sha256: self.sha256.finalize().into(),
            md5: self.md5.map(|md5| md5.finalize().into()),
            sha1: self.sha1.map(|sha1| sha1.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(worlds: &Worlds, path: &str) -> Sums {
        let mut sums = worlds.start(path);
        sums.update(b"ab");
        sums.update(b"c");
        sums.finish()
    }

    #[test]
    fn the_digests_are_those_of_the_whole_content() {
        let sums = sums(&Worlds::default(), "bin/x");
        assert_eq!(sums.sha256[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(sums.md5.unwrap()[..4], [0x90, 0x01, 0x50, 0x98]);
        assert_eq!(sums.sha1.unwrap()[..4], [0xa9, 0x99, 0x3e, 0x36]);
    }

    #[test]
    fn only_what_a_package_manager_may_ask_for_is_computed() {
        let mut worlds = Worlds::default();
        assert_eq!(sums(&worlds, "app/x").md5, None);
        assert_eq!(sums(&worlds, "usr/local/bin/x").sha1, None);
        assert_eq!(sums(&worlds, "usr/bin/x").sha1, None);
        worlds.see("etc/apt/sources.list");
        let debian = sums(&worlds, "usr/bin/x");
        assert!(debian.md5.is_some() && debian.sha1.is_none());
        worlds.see("etc/apk/world");
        let both = sums(&worlds, "usr/bin/x");
        assert!(both.md5.is_some() && both.sha1.is_some());
    }
}
