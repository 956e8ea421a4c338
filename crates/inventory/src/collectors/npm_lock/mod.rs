//! Node packages that lock files name: npm, yarn, pnpm, bun and deno.
//!
//! Each file is read into [`PackageRecord`]s by a module of its own; what they
//! share is here. The project itself is left out, its workspaces are local.

mod bun;
mod deno;
mod jsonc;
mod package_lock;
mod plug_and_play;
mod pnpm;
mod yarn;

use super::lock::hex;
use super::npm::is_name;
use super::text::{decode, written};
use super::{declared, packages};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::format::Format;
use crate::path::MAX_PATH;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plimsoll_types::{Ecosystem, PackageRecord};
use std::cell::Cell;

const LIMIT: u64 = 64 << 20;
/// `.pnp.cjs` holds the loader, too, and sometimes the packages' content map.
const ARCHIVE: u64 = 512 << 20;

pub(crate) struct NpmLock;

impl Collector for NpmLock {
    fn name(&self) -> &'static str {
        "npm-lock"
    }

    fn about(&self) -> &'static str {
        "Node packages that lock files name: package-lock.json, npm-shrinkwrap.json, yarn.lock, .pnp.cjs, .yarn/cache, pnpm-lock.yaml, bun.lock, deno.lock"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let limit = match kind(file.name()) {
            Some(Kind::Cache) if !in_cache(file.path) => return Want::No,
            Some(Kind::Cache) => ARCHIVE,
            Some(_) => LIMIT,
            None => return Want::No,
        };
        if is_foreign(file.path) {
            return Want::No;
        }
        Want::Whole { limit }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let kind = match kind(file.name()) {
            Some(Kind::Cache) => {
                let records = plug_and_play::cached(file.bytes)?;
                return Ok(packages(self.name(), records));
            }
            Some(Kind::Yarn) => {
                let text = written(file.bytes)?;
                let mut unread = 0;
                let collected = packages(self.name(), yarn::read(&text, &mut unread));
                return YARN.hold_lines(self.name(), &text, collected, unread);
            }
            Some(kind) => kind,
            None => return Ok(Collected::default()),
        };
        let text = decode(file.bytes);
        let (format, records) = match kind {
            Kind::Npm => (NPM, package_lock::read(&text)?),
            Kind::Pnpm => (PNPM, pnpm::read(&text)?),
            Kind::Bun => (BUN, bun::read(&text)?),
            Kind::Deno => (DENO, deno::read(&text)?),
            Kind::PlugAndPlay | Kind::Yarn | Kind::Cache => {
                (PLUG_AND_PLAY, plug_and_play::read(&text)?)
            }
        };
        format.hold(&text, packages(self.name(), records))
    }
}

const NPM: Format = Format::of_keys(
    "a lock file of npm",
    &["lockfileVersion", "packages", "dependencies"],
);
const YARN: Format = Format::of_lines("a lock file of Yarn", &["#"], &["__metadata:"]);
const PNPM: Format = Format::of_keys(
    "a lock file of pnpm",
    &[
        "lockfileVersion",
        "shrinkwrapVersion",
        "importers",
        "packages",
    ],
);
const BUN: Format = Format::of_keys("a lock file of Bun", &["lockfileVersion", "packages"]);
const DENO: Format = Format::of_keys("a lock file of Deno", &["version"]);
const PLUG_AND_PLAY: Format = Format::of_keys(
    "a Plug'n'Play map",
    &["packageRegistryData", "dependencyTreeRoots"],
);

enum Kind {
    Npm,
    Yarn,
    PlugAndPlay,
    Cache,
    Pnpm,
    Bun,
    Deno,
}

fn kind(name: &str) -> Option<Kind> {
    match name {
        "package-lock.json" | "npm-shrinkwrap.json" | ".package-lock.json" => Some(Kind::Npm),
        "yarn.lock" => Some(Kind::Yarn),
        ".pnp.cjs" | ".pnp.data.json" => Some(Kind::PlugAndPlay),
        "pnpm-lock.yaml" => Some(Kind::Pnpm),
        "bun.lock" => Some(Kind::Bun),
        "deno.lock" => Some(Kind::Deno),
        name if name.ends_with(".zip") => Some(Kind::Cache),
        _ => None,
    }
}

fn in_cache(path: &str) -> bool {
    path.contains(".yarn/cache/")
}

/// What a dependency locked for its own development says nothing of this
/// tree. npm itself writes one file into `node_modules`.
fn is_foreign(path: &str) -> bool {
    let folder = path
        .strip_suffix("node_modules/.package-lock.json")
        .unwrap_or(path);
    folder.split('/').any(|part| part == "node_modules")
}

/// A package of a lock file; `None` where that is no name of a package.
fn package(name: &str, version: Option<&str>) -> Option<PackageRecord> {
    is_name(name).then(|| declared(Ecosystem::Npm, name, version))
}

/// Name and the rest of `name@rest`; a scope keeps its `@`.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Marks what `reference` says about where the package comes from: a folder
/// or file of the project, or a repository.
fn mark_origin(record: &mut PackageRecord, reference: &str) {
    const OWN: &[&str] = &["file:", "link:", "portal:", "workspace:", "./", "../", "/"];
    if OWN.iter().any(|prefix| reference.starts_with(prefix)) {
        record.local = true;
    } else {
        mark_repository(record, reference);
    }
}

/// Notes the repository that `reference` names, if it names one.
pub(super) fn mark_repository(record: &mut PackageRecord, reference: &str) {
    if is_repository(reference) {
        let url = reference.strip_prefix("git+").unwrap_or(reference);
        let url = format!("git+{}", without_user(url));
        record.qualifiers.insert("vcs_url".into(), url);
    }
}

fn is_repository(reference: &str) -> bool {
    [
        "git+",
        "git:",
        "git@",
        "ssh:",
        "github:",
        "gitlab:",
        "bitbucket:",
    ]
    .iter()
    .any(|prefix| reference.starts_with(prefix))
        || reference.split_once(".git#").is_some()
}

/// A URL without what may be a password.
pub(super) fn without_user(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit('@').next().unwrap_or(host);
            format!("{scheme}://{host}/{path}")
        }
        None => url.to_owned(),
    }
}

/// Steps that resolving the edges of one lock file may take: several times
/// what the largest need.
struct Steps(Cell<u32>);

impl Steps {
    fn new() -> Self {
        Self(Cell::new(5_000_000))
    }

    /// Whether one more may be taken along a path of this length.
    fn take(&self, path: &str) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0 && path.len() <= MAX_PATH
    }
}

/// `sha512-BASE64`, several with spaces between, as `sha512:hex` (the
/// Subresource Integrity form).
pub(super) fn integrity(text: &str) -> Vec<String> {
    let digest = |one: &str| {
        let (algorithm, value) = one.split_once('-')?;
        let bytes = STANDARD.decode(value.split('?').next()?).ok()?;
        let known = matches!(algorithm, "sha1" | "sha256" | "sha384" | "sha512");
        known.then(|| format!("{algorithm}:{}", hex(&bytes)))
    };
    text.split_whitespace().filter_map(digest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    #[test]
    fn locks_inside_installed_packages_do_not_count() {
        for (path, wanted) in [
            ("app/package-lock.json", true),
            ("app/node_modules/.package-lock.json", true),
            ("app/.yarn/cache/x-npm-1.zip", true),
            ("app/x.zip", false),
            ("app/node_modules/x/package-lock.json", false),
            ("app/node_modules/x/yarn.lock", false),
            ("node_modules/@s/x/pnpm-lock.yaml", false),
            ("node_modules/x/node_modules/.package-lock.json", false),
        ] {
            let want = NpmLock.wants(&FileHead::new(path, 1, Mode(0o644), b""));
            assert_eq!(want != Want::No, wanted, "{path}");
        }
    }

    #[test]
    fn digests_are_hexadecimal_and_urls_have_no_password() {
        assert_eq!(
            integrity("sha1-5QNHYR1+aQlDIIu9r+vLwvuGbUY= md5-x sha512-!"),
            ["sha1:e50347611d7e690943208bbdafebcbc2fb866d46"]
        );
        let mut record = package("x", None).unwrap();
        mark_origin(&mut record, "git+https://token@host/a/b.git#1");
        assert_eq!(record.qualifiers["vcs_url"], "git+https://host/a/b.git#1");
    }
}
