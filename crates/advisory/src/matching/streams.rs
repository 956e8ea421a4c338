//! Builds of RHEL and of what is rebuilt from it: minor releases each have
//! fixes of their own, whose numbers do not compare with each other's.

use super::lookup::{End, Hit};
use plimsoll_types::FixState;
use std::collections::BTreeSet;

/// The minor release that a build is made for: 4 of `9.11.26-4.el8_4.1`, 8 of
/// `0.78-11.module+el8.8.0+23188+11a20ed6.1`; `None` where it does not say.
pub(super) fn minor(version: &str) -> Option<u32> {
    let tag = |mark: &str, after: char| -> Option<u32> {
        let (_, rest) = version.split_once(mark)?;
        let (major, rest) = rest.split_once(after)?;
        major.parse::<u32>().ok()?;
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
    };
    let modular = || tag(".module+el", '.').or_else(|| tag(".module_el", '.'));
    tag(".el", '_').or_else(modular)
}

/// Whether an installed build that is not older than `fixed` has the fix: both
/// are of one minor release, or of none and of one upstream version.
pub(super) fn repairs(fixed: &str, installed: &str) -> bool {
    match (minor(fixed), minor(installed)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => upstream(fixed) == upstream(installed),
        _ => false,
    }
}

/// Without epoch and release.
fn upstream(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    version
        .rsplit_once('-')
        .map_or(version, |(upstream, _)| upstream)
}

/// A module's build without the counter of its build system, which no other
/// builder shares.
pub(super) fn without_counter(version: &str) -> &str {
    let end = version
        .find(".module+")
        .or_else(|| version.find(".module_"));
    end.and_then(|end| version.get(..end)).unwrap_or(version)
}

/// Who builds modules: `+` is Red Hat's and Rocky's mark, `_` everybody else's.
pub(super) fn built_alike(a: &str, b: &str) -> bool {
    a.contains(".module_") == b.contains(".module_")
}

/// The host whose packages are judged.
#[derive(Clone, Copy, Default)]
pub(super) struct Host {
    /// Its minor release.
    pub minor: Option<u32>,
    /// It stays on that minor release.
    pub stays: bool,
}

impl Host {
    /// Of `VERSION_ID`.
    pub(super) fn of(version: Option<&str>, stays: bool) -> Self {
        let minor = version.and_then(|version| version.split('.').nth(1));
        Self {
            minor: minor.and_then(|minor| minor.parse().ok()),
            stays,
        }
    }
}

/// Settles which of the fixes of several minor releases count. `repaired` are
/// the vulnerabilities that the installed build has a fix of its own release
/// for.
pub(super) fn settle(hits: &mut Vec<Hit>, repaired: &BTreeSet<String>, host: Host) {
    let stream = |hit: &Hit| hit.fixed().map(|fixed| minor(fixed).unwrap_or(0));
    let of_build: BTreeSet<String> = hits
        .iter()
        .filter(|hit| {
            hit.fixed()
                .is_some_and(|fixed| repairs(fixed, &hit.version))
        })
        .map(|hit| hit.head.id.clone())
        .collect();
    hits.retain(|hit| {
        let id = &hit.head.id;
        hit.is_overlaid() || !repaired.contains(id) || of_build.contains(id)
    });
    let Some(own) = host.minor else {
        return;
    };
    let key = |hit: &Hit| (hit.head.id.clone(), hit.subject.clone());
    let with = |counts: &dyn Fn(u32) -> bool, hits: &[Hit]| -> BTreeSet<(String, String)> {
        let counting = hits.iter().filter(|hit| stream(hit).is_some_and(counts));
        counting.map(key).collect()
    };
    let (exact, within) = (
        with(&|minor| minor == own, hits),
        with(&|minor| minor <= own, hits),
    );
    hits.retain(|hit| match stream(hit).filter(|_| !hit.is_overlaid()) {
        Some(minor) if exact.contains(&key(hit)) => minor == own,
        Some(minor) if host.stays && within.contains(&key(hit)) => minor <= own,
        _ => true,
    });
    if host.stays {
        for hit in hits {
            if !hit.is_overlaid() && stream(hit).is_some_and(|minor| minor > own) {
                hit.lose_fix();
            }
        }
    }
}

impl Hit {
    /// The version that repairs it, where it is known.
    fn fixed(&self) -> Option<&str> {
        self.spans
            .iter()
            .find_map(|span| span.fix())
            .map(|(_, text)| text)
    }

    /// Notes that the fix is not one for this host; the range still names it.
    pub(super) fn lose_fix(&mut self) {
        for span in &mut self.spans {
            if span.fix().is_some() {
                span.to = End::Open;
            }
        }
        if self.fix == FixState::Fixed {
            self.fix = FixState::NotFixed;
        }
        self.extra.fixed_on = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_tells_the_minor_release_it_is_made_for() {
        for (version, expected) in [
            ("32:9.11.26-4.el8_4.1", Some(4)),
            ("1.0.6-4.el8_10", Some(10)),
            ("1.0-1.el9_2.alma.1", Some(2)),
            ("1:0.78-11.module+el8.8.0+23188+11a20ed6.1", Some(8)),
            ("7.4.30-1.module_el8.7.0+1190+d11b935a", Some(7)),
            ("3.0.7-27.el9", None),
            ("8.3.1-5.el8.4", None),
            ("1.0-1.amzn2", None),
        ] {
            assert_eq!(minor(version), expected, "{version}");
        }
    }

    #[test]
    fn the_counter_of_a_build_system_is_cut_off() {
        let cut = without_counter("7.4.30-1.module_el8.7.0+1190+d11b935a");
        assert_eq!(cut, "7.4.30-1");
        assert_eq!(without_counter("3.0.7-27.el9"), "3.0.7-27.el9");
    }
}
