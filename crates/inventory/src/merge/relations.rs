//! Which package needs which: names in records become edges.

use super::Visible;
use crate::facts::Fact;
use plimsoll_types::{Ecosystem, Package, canonical};
use std::borrow::Cow;
use std::collections::HashMap;

/// Edges that are kept of one package.
const MOST: usize = 10_000;

/// Places of either package that are compared.
const MOST_FROM: usize = 8;
const MOST_TO: usize = 64;

/// Packages by the name that requirements mean.
type Names<'a> = HashMap<(Ecosystem, Cow<'a, str>), Vec<usize>>;

/// Packages by ecosystem and what they answer to besides their names.
type Provided<'a> = HashMap<(Ecosystem, &'a str), &'a str>;

/// What packages with a file of their own say that they provide.
pub(super) fn provided<'a>(visible: &Visible<'a>) -> Provided<'a> {
    let mut provided = Provided::new();
    for (_, evidence) in visible.evidence() {
        for fact in &evidence.facts {
            if let Fact::Provides {
                ecosystem,
                package,
                names,
            } = fact
            {
                for name in names {
                    provided.entry((*ecosystem, name)).or_insert(package);
                }
            }
        }
    }
    provided
}

/// Fills in `depends_on`. A name means the package of the same file (a lock
/// file, a database) where that has one, else the one whose evidence lies
/// nearest: that is how module loaders look, from the inside out. A name that no
/// package has means the one that provides it. Where several packages have a
/// name, `left` pairs of places are compared; answers whether that was enough.
pub(super) fn link(packages: &mut [Package], provided: &Provided<'_>, mut left: usize) -> bool {
    let mut by_name = Names::new();
    for (index, package) in packages.iter().enumerate() {
        let record = &package.record;
        by_name
            .entry((record.ecosystem, record.canonical_name()))
            .or_default()
            .push(index);
    }
    let edges: Vec<Vec<u32>> = packages
        .iter()
        .map(|package| {
            let mut edges: Vec<u32> = package
                .record
                .requires
                .iter()
                .take(MOST)
                .filter_map(|wanted| {
                    let ecosystem = package.record.ecosystem;
                    target(packages, &by_name, package, wanted, &mut left).or_else(|| {
                        let provider = provided.get(&(ecosystem, wanted.as_str()))?;
                        target(packages, &by_name, package, provider, &mut left)
                    })
                })
                .chain(kernel(packages, &by_name, package))
                .filter_map(|index| u32::try_from(index).ok())
                .collect();
            edges.sort_unstable();
            edges.dedup();
            edges
        })
        .collect();
    for (package, edges) in packages.iter_mut().zip(edges) {
        package.depends_on = edges;
    }
    left > 0
}

/// The kernel that a module was built for.
fn kernel(packages: &[Package], by_name: &Names<'_>, module: &Package) -> Option<usize> {
    let record = &module.record;
    let release = record.qualifiers.get("kernel");
    let release = release.filter(|_| record.ecosystem == Ecosystem::KernelModule)?;
    let kernels = by_name.get(&(Ecosystem::Kernel, "linux-kernel".into()))?;
    let is_meant = |index: &&usize| packages[**index].record.version.as_ref() == Some(release);
    kernels.iter().find(is_meant).copied()
}

fn target(
    packages: &[Package],
    by_name: &Names<'_>,
    from: &Package,
    wanted: &str,
    left: &mut usize,
) -> Option<usize> {
    let ecosystem = from.record.ecosystem;
    let named = |name| by_name.get(&(ecosystem, canonical(ecosystem, name)));
    let (candidates, version) = match named(wanted) {
        Some(candidates) => (candidates, None),
        None => {
            let (name, version) = wanted.rsplit_once('@')?;
            (named(name)?, Some(version))
        }
    };
    if let [only] = candidates.as_slice()
        && version.is_none()
    {
        return Some(*only);
    }
    // A wrong edge would be worse than none.
    if *left == 0 {
        return None;
    }
    let places = |index: &usize| packages[*index].locations.len().clamp(1, MOST_TO);
    let pairs: usize = candidates.iter().map(places).sum();
    let pairs = pairs.saturating_mul(from.locations.len().clamp(1, MOST_FROM));
    *left = left.saturating_sub(pairs);
    if *left == 0 {
        return None;
    }
    candidates
        .iter()
        .copied()
        .filter(|&index| {
            version.is_none_or(|version| packages[index].record.full_version() == version)
        })
        // The first of the best, so that equal candidates give equal answers.
        .rev()
        .max_by_key(|&index| nearness(from, &packages[index]))
}

/// Whether the evidence of both lies in one file, and the bytes of path, in
/// whole components, that it shares besides: of two versions in one lock file
/// those that were installed tell where they are needed.
fn nearness(from: &Package, to: &Package) -> (bool, usize) {
    let from = || from.locations.iter().take(MOST_FROM);
    let (mut together, mut near) = (false, 0);
    for b in to.locations.iter().take(MOST_TO) {
        // A file that names both says nothing of where either is.
        if from().any(|a| a.path == b.path) {
            together = true;
            continue;
        }
        for a in from() {
            // Of two copies below a shared folder the upper one is in reach.
            let shared = shared(&a.path, &b.path);
            let beyond = b.path[shared..].matches('/').count();
            near = near.max((shared << 16).saturating_sub(beyond));
        }
    }
    (together, near)
}

fn shared(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    a.as_bytes()[..same]
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::{Confidence, Location, PackageRecord};

    fn package(name: &str, version: &str, path: &str, requires: &[&str]) -> Package {
        let version = Some(version.to_owned());
        let mut record = PackageRecord::new(Ecosystem::Npm, name, version, Confidence::Installed);
        record.requires = requires.iter().map(|&name| name.to_owned()).collect();
        Package {
            record,
            locations: vec![Location {
                path: path.to_owned(),
                nested: Vec::new(),
                layer: 0,
                evidence: "test".into(),
            }],
            introduced: 0,
            removed: None,
            owned_by: None,
            license: None,
            depends_on: Vec::new(),
        }
    }

    #[test]
    fn the_nearest_copy_is_the_one_that_is_meant() {
        let mut packages = [
            package("a", "1", "app/node_modules/a/package.json", &["b", "gone"]),
            package("b", "1", "app/node_modules/b/package.json", &[]),
            package(
                "b",
                "2",
                "app/node_modules/a/node_modules/b/package.json",
                &[],
            ),
            package("c", "1", "app/node_modules/c/package.json", &["b", "c"]),
        ];
        link(&mut packages, &Provided::new(), 1000);
        assert_eq!(packages[0].depends_on, [2]);
        assert_eq!(packages[3].depends_on, [1, 3]);
    }

    #[test]
    fn a_module_needs_its_kernel() {
        let mut packages = [
            package("linux-kernel", "6.1.0", "boot/vmlinuz-6.1.0", &[]),
            package("linux-kernel", "6.5.0", "boot/vmlinuz-6.5.0", &[]),
            package("video", "1", "lib/modules/6.5.0/video.ko", &[]),
        ];
        packages[0].record.ecosystem = Ecosystem::Kernel;
        packages[1].record.ecosystem = Ecosystem::Kernel;
        packages[2].record.ecosystem = Ecosystem::KernelModule;
        let qualifiers = &mut packages[2].record.qualifiers;
        qualifiers.insert("kernel".to_owned(), "6.5.0".to_owned());
        link(&mut packages, &Provided::new(), 1000);
        assert_eq!(packages[2].depends_on, [1]);
    }

    #[test]
    fn a_lock_file_says_which_of_two_versions() {
        let mut packages = [
            package("a", "1", "Cargo.lock", &["b@2"]),
            package("@s/b", "2", "Cargo.lock", &["b"]),
            package("b", "1", "Cargo.lock", &[]),
            package("b", "2", "Cargo.lock", &["@s/b"]),
        ];
        link(&mut packages, &Provided::new(), 1000);
        assert_eq!(packages[0].depends_on, [3]);
        assert_eq!(packages[1].depends_on, [2]);
        assert_eq!(packages[3].depends_on, [1]);
    }

    #[test]
    fn of_two_versions_in_a_lock_file_the_installed_place_decides() {
        let locked = |name: &str, version: &str, folder: &str, requires: &[&str]| {
            let path = format!("{folder}/package.json");
            let mut package = package(name, version, &path, requires);
            for lock in ["package-lock.json", "node_modules/.package-lock.json"] {
                let mut place = package.locations[0].clone();
                place.path = format!("app/{lock}");
                package.locations.push(place);
            }
            package
        };
        let mut packages = [
            locked("debug", "2", "app/node_modules/debug", &["ms"]),
            locked(
                "debug",
                "4",
                "app/node_modules/x/node_modules/debug",
                &["ms"],
            ),
            locked("ms", "1", "app/node_modules/ms", &[]),
            locked("ms", "2", "app/node_modules/x/node_modules/ms", &[]),
            locked("x", "1", "app/node_modules/x", &["debug", "y"]),
            locked("y", "1", "app/node_modules/z/node_modules/y", &[]),
            locked("y", "2", "app/node_modules/y", &[]),
        ];
        link(&mut packages, &Provided::new(), 1000);
        let edges: Vec<_> = packages.iter().map(|p| p.depends_on.as_slice()).collect();
        let expected: [&[u32]; 7] = [&[2], &[3], &[], &[], &[1, 6], &[], &[]];
        assert_eq!(edges, expected);
    }

    #[test]
    fn many_packages_of_one_name_do_not_take_forever() {
        let mut packages: Vec<_> = (0..100)
            .map(|n| package("p", &n.to_string(), &format!("{n}/a"), &["p", "q"]))
            .collect();
        packages.push(package("q", "1", "q", &[]));
        assert!(!link(&mut packages, &Provided::new(), 1000));
        // What needs no comparison is still found.
        assert_eq!(packages[99].depends_on, [100]);
    }
}
