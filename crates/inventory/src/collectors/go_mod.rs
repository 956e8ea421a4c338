//! Go modules that sources declare: `go.mod`, `go.sum`, `go.work` and
//! `vendor/modules.txt` (<https://go.dev/ref/mod>).

use super::format::Format;
use super::lock::{edge, sorted};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use std::collections::{BTreeMap, BTreeSet};

const LIMIT: u64 = 64 << 20;

pub(crate) struct GoMod;

impl Collector for GoMod {
    fn name(&self) -> &'static str {
        "go-mod"
    }

    fn about(&self) -> &'static str {
        "Go modules that sources declare: go.mod, go.sum, go.work, vendor/modules.txt"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let wanted = match file.name() {
            "go.mod" | "go.sum" | "go.work" => true,
            "modules.txt" => file.path_ends_with("vendor/modules.txt"),
            _ => false,
        };
        if wanted && !is_foreign(file.path) {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = std::str::from_utf8(file.bytes).map_err(CollectError::new)?;
        let mut unread = 0;
        let (format, records) = match file.name() {
            "modules.txt" => (VENDORED, vendored(text)),
            "go.sum" => (SUMS, summed(text, &mut unread)),
            // What a workspace declares is the toolchain.
            _ => (MODULE, go_mod(text, &mut unread)),
        };
        let facts = (!records.is_empty()).then_some(Fact::Packages(records));
        let collected = Collected::from(Vec::from_iter(facts));
        format.hold_lines(self.name(), text, collected, unread)
    }
}

const MODULE: Format = Format::of_lines(
    "a module file of Go",
    &["//"],
    &["use ", "replace ", "exclude ", "retract ", "godebug "],
);
const SUMS: Format = Format::of_lines("a list of Go checksums", &[], &[]);
const VENDORED: Format = Format::of_lines("a list of vendored Go modules", &[], &["#"]);

/// Modules in the cache belong to nobody's build, and the go command leaves
/// out test data and what begins with `_`.
fn is_foreign(path: &str) -> bool {
    let mut parts = path.split('/');
    path.contains("/pkg/mod/")
        || parts.any(|part| part.starts_with('_') || matches!(part, "testdata" | "node_modules"))
}

/// Path and version; a directory that stands in for a module has none.
type Module<'a> = (&'a str, Option<&'a str>);

#[derive(Default)]
struct Declared<'a> {
    module: Option<&'a str>,
    go: Option<&'a str>,
    toolchain: Option<&'a str>,
    /// With whether another module asked for it.
    require: Vec<(&'a str, &'a str, bool)>,
    replace: BTreeMap<Module<'a>, Module<'a>>,
    exclude: BTreeSet<(&'a str, &'a str)>,
    /// Lines that are none of these, nor of those that name no module.
    unread: usize,
}

impl<'a> Declared<'a> {
    fn directive(&mut self, verb: &str, rest: &'a str) {
        let (words, comment) = rest.split_once("//").unwrap_or((rest, ""));
        let mut words = words
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '`']));
        match (verb, words.next(), words.next()) {
            ("module", Some(path), _) => self.module = Some(path),
            ("go", Some(version), _) => self.go = Some(version),
            ("toolchain", Some(name), _) => self.toolchain = Some(name),
            ("require", Some(path), Some(version)) => {
                let indirect = comment.trim_start().starts_with("indirect");
                self.require.push((path, version, indirect));
            }
            ("exclude", Some(path), Some(version)) => {
                self.exclude.insert((path, version));
            }
            ("replace", Some(path), Some("=>")) => {
                if let Some(by) = words.next() {
                    self.replace.insert((path, None), (by, words.next()));
                }
            }
            ("replace", Some(path), version) if words.next() == Some("=>") => {
                if let Some(by) = words.next() {
                    self.replace.insert((path, version), (by, words.next()));
                }
            }
            ("retract" | "use" | "godebug" | "tool" | "ignore", Some(_), _) => {}
            _ => self.unread += 1,
        }
    }

    /// Since 1.17 the file lists everything that is built; before, what other
    /// modules ask for stands in it by accident only.
    fn lists_everything(&self) -> bool {
        let mut parts = self.go.unwrap_or("1.17").split('.');
        let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
        (number().unwrap_or(1), number().unwrap_or(17)) >= (1, 17)
    }
}

fn go_mod(text: &str, unread: &mut usize) -> Vec<PackageRecord> {
    let mut declared = Declared::default();
    let mut block = None;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if let Some(verb) = block {
            match line {
                line if line.starts_with(')') => block = None,
                line => declared.directive(verb, line),
            }
            continue;
        }
        let end = line.find(|c: char| c.is_whitespace() || c == '(');
        let (verb, rest) = line
            .split_at_checked(end.unwrap_or(line.len()))
            .unwrap_or((line, ""));
        if rest.trim_start().starts_with('(') {
            block = Some(verb);
        } else {
            declared.directive(verb, rest);
        }
    }
    *unread = declared.unread;
    let everything = declared.lists_everything();
    let mut records = Vec::new();
    let mut needs = Vec::new();
    for (path, version, indirect) in &declared.require {
        if *indirect && !everything || declared.exclude.contains(&(*path, *version)) {
            continue;
        }
        let by = declared
            .replace
            .get(&(*path, Some(*version)))
            .or_else(|| declared.replace.get(&(*path, None)));
        let module = match by {
            None => record(path, Some(version)),
            Some((by, Some(version))) => record(by, Some(version)),
            Some((_, None)) => local(path),
        };
        if !indirect {
            needs.push(edge(&module.name, module.version.as_deref()));
        }
        records.push(module);
    }
    if let Some(path) = declared.module {
        let mut own = local(path);
        own.requires = sorted(needs);
        records.push(own);
    }
    let toolchain = declared.toolchain.and_then(|name| name.strip_prefix("go"));
    let release = toolchain
        .or(declared.go)
        .and_then(|name| name.split('-').next());
    records.extend(release.map(|release| record("stdlib", Some(release))));
    records
}

/// The highest version of each module that was unpacked. Whether that is what
/// is built, the `go.mod` beside it says: the merge decides.
fn summed(text: &str, unread: &mut usize) -> Vec<PackageRecord> {
    let mut highest: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(path) = words.next() else { continue };
        let (version, hash, end) = (words.next(), words.next(), words.next());
        // Versions begin with `v`, hashes with their algorithm.
        let (Some(version), true, None) = (
            version.filter(|version| version.starts_with('v')),
            hash.is_some_and(|hash| hash.contains(':')),
            end,
        ) else {
            *unread += 1;
            continue;
        };
        if version.ends_with("/go.mod") {
            continue;
        }
        let known = highest.entry(path).or_insert(version);
        if order(version) > order(known) {
            *known = version;
        }
    }
    let modules = highest.into_iter();
    modules
        .map(|(path, version)| record(path, Some(version)))
        .collect()
}

/// What versions of one module sort by (semver.org).
fn order(version: &str) -> (Vec<u64>, bool, Vec<Result<u64, &str>>) {
    let version = version
        .trim_start_matches('v')
        .split('+')
        .next()
        .unwrap_or_default();
    let (release, stage) = version.split_once('-').unwrap_or((version, ""));
    let numbers = release.split('.').map(|part| part.parse().unwrap_or(0));
    let stages = stage.split('.').map(|part| part.parse().map_err(|_| part));
    // Numbers sort below names, what has no stage above what has one.
    (numbers.collect(), stage.is_empty(), stages.collect())
}

/// A module counts if the directory holds packages of it.
fn vendored(text: &str) -> Vec<PackageRecord> {
    let mut records = BTreeSet::new();
    let mut module = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with("##") || line.is_empty() {
            continue;
        }
        match line.strip_prefix("# ") {
            Some(header) => module = vendored_module(header),
            None => records.extend(module.take()),
        }
    }
    records.into_iter().collect()
}

/// `PATH VERSION`, `PATH [VERSION] => PATH [VERSION]`. The directory that
/// stands in for a module was copied here under the module's own version.
fn vendored_module(header: &str) -> Option<PackageRecord> {
    let words: Vec<&str> = header.split_whitespace().collect();
    match words.as_slice() {
        [path, version] | [path, version, "=>", _] => Some(record(path, Some(version))),
        [_, "=>", path, version] | [_, _, "=>", path, version] => Some(record(path, Some(version))),
        _ => None,
    }
}

fn record(path: &str, version: Option<&str>) -> PackageRecord {
    let version = version.map(str::to_owned);
    PackageRecord::new(Ecosystem::Golang, path, version, Confidence::Declared)
}

/// The module itself, or one that a directory stands in for.
fn local(path: &str) -> PackageRecord {
    let mut record = record(path, None);
    record.local = true;
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;
    use proptest::prelude::*;

    fn names(path: &str, text: &str) -> Vec<String> {
        let file = File {
            path,
            mode: Mode(0o644),
            bytes: text.as_bytes(),
            companion: None,
        };
        let facts = GoMod.collect(&file).unwrap().facts;
        let packages = facts.iter().flat_map(|fact| match fact {
            Fact::Packages(packages) => packages.clone(),
            _ => Vec::new(),
        });
        packages
            .map(|p| format!("{}@{}", p.name, p.full_version()))
            .collect()
    }

    const MOD: &str = "module example.org/m // x\n\ngo 1.22.1\ntoolchain go1.22.5-corp\n\nrequire example.org/a v1.0.0\nrequire (\n\t\"example.org/b\" v1.0.0\n\texample.org/c v1.0.0 // indirect\n\texample.org/d v1.0.0\n\texample.org/e v1.0.0\n)\nreplace example.org/b v1.0.0 => example.org/fork v2.0.0\nreplace (\n\texample.org/c => ./c\n\texample.org/d v0.9.0 => example.org/never v1.0.0\n)\nexclude example.org/e v1.0.0\n";

    #[test]
    fn what_is_built_is_what_stands_in_after_replacing() {
        assert_eq!(
            names("src/go.mod", MOD),
            [
                "example.org/a@v1.0.0",
                "example.org/fork@v2.0.0",
                "example.org/c@",
                "example.org/d@v1.0.0",
                "example.org/m@",
                "stdlib@1.22.5"
            ]
        );
        assert_eq!(names("go.work", "go 1.22.1\nuse ./a\n"), ["stdlib@1.22.1"]);
        let old = "go 1.16\nrequire a.b/c v1.0.0\nrequire a.b/d v1.0.0 // indirect\n";
        assert_eq!(names("go.mod", old), ["a.b/c@v1.0.0", "stdlib@1.16"]);
    }

    #[test]
    fn sums_tell_the_highest_version_that_was_unpacked() {
        let text = "a.b/c v1.9.0 h1:x=\na.b/c v1.10.0-rc.2 h1:x=\na.b/c v1.10.0 h1:x=\na.b/c v1.11.0/go.mod h1:x=\na.b/d v0.0.0-20200101000000-aaaaaaaaaaaa h1:x=\na.b/d v0.0.0-20210101000000-0aaaaaaaaaaa h1:x=\n";
        assert_eq!(
            names("go.sum", text),
            ["a.b/c@v1.10.0", "a.b/d@v0.0.0-20210101000000-0aaaaaaaaaaa"]
        );
    }

    #[test]
    fn what_lies_in_a_directory_has_no_package_url() {
        let records = go_mod(MOD, &mut 0);
        let of = |name: &str| records.iter().find(|r| r.name == name).unwrap();
        for name in ["example.org/c", "example.org/m"] {
            assert!(of(name).purl(None).is_none(), "{name}");
        }
        assert_eq!(
            of("example.org/m").requires,
            [
                "example.org/a@v1.0.0",
                "example.org/d@v1.0.0",
                "example.org/fork@v2.0.0"
            ]
        );
    }

    #[test]
    fn vendored_modules_have_packages() {
        let text = "# a.b/c v1.0.0\n## explicit\na.b/c/x\n# a.b/none v1.0.0\n## explicit\n# a.b/d v1.0.0 => a.b/fork v1.1.0\na.b/d\n# a.b/e => ./e\na.b/e\n# a.b/f v1.2.0 => ./f\na.b/f\n";
        assert_eq!(
            names("vendor/modules.txt", text),
            ["a.b/c@v1.0.0", "a.b/f@v1.2.0", "a.b/fork@v1.1.0"]
        );
    }

    #[test]
    fn the_module_cache_declares_nothing() {
        let wants = |path| GoMod.wants(&FileHead::new(path, 1, Mode(0o644), b""));
        assert_ne!(wants("src/go.mod"), Want::No);
        assert_eq!(wants("go/pkg/mod/a@v1/go.mod"), Want::No);
        assert_eq!(wants("src/testdata/go.mod"), Want::No);
        assert_eq!(wants("src/x/_asm/go.mod"), Want::No);
        assert_eq!(wants("modules.txt"), Want::No);
    }

    /// Nonsense may be an error, and nothing else.
    fn survive(path: &str, text: &str) {
        let _ = crate::fixture::records(&GoMod, path, text.as_bytes());
    }

    #[test]
    fn every_prefix_is_survived() {
        for end in 0..MOD.len() {
            survive("go.mod", &MOD[..end]);
            survive("vendor/modules.txt", &MOD[..end]);
            survive("go.sum", &MOD[..end]);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(require|replace|exclude|go|[a-z./]+|v1|=>|//|[()#\" \n])*") {
            survive("go.mod", &text);
            survive("vendor/modules.txt", &text);
            survive("go.sum", &text);
        }
    }
}
