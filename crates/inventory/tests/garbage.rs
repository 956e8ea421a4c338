//! A file that is an ecosystem's evidence by its name and of which nothing can
//! be made is a gap that names it, never silence: every kind of path with
//! several kinds of nonsense, and the few where silence is right.

use plimsoll_inventory::Fact;
use plimsoll_inventory::collector::{Collected, File, FileHead, Want};
use plimsoll_inventory::collectors;
use plimsoll_types::Mode;

/// What the files hold.
const NONSENSE: &[(&str, &[u8])] = &[
    (
        "prose",
        b"lorem ipsum\ndolor sit amet, consectetur\n\nadipiscing elit.\n",
    ),
    (
        "page",
        b"<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>404 Not Found</title></head>\n<body>\n<h1>Not Found</h1>\n<p>It is not here: try again.</p>\n</body>\n</html>\n",
    ),
    (
        "json",
        b"{\n  \"error\": {\"code\": 404, \"message\": \"not found\"},\n  \"items\": [1, 2]\n}\n",
    ),
    (
        "binary",
        b"\x00\x01\xfe\xff\x00\x00\x80rubbish\x00\n\x00\x00\x00\x00\x00",
    ),
    ("bytes", b"\x93\xfe\xa0\x81rubbish\xc3\n\x8f\xd0\xee\xee"),
    ("conflict", b"<<<<<<< HEAD\n=======\n>>>>>>> main\n"),
    ("half", b"{\"lockf"),
];

/// A path of every kind that a collector wants; fuzzing takes the same.
fn paths() -> impl Iterator<Item = &'static str> {
    include_str!("paths.txt").lines()
}

const ANY: &[&str] = &[
    "prose", "page", "json", "binary", "bytes", "conflict", "half",
];
const TEXT: &[&str] = &["prose", "page", "json", "bytes", "conflict", "half"];

const BY_MAGIC: &str = "known by its first bytes: another file under that name is none";
const SHARED: &str = "a name that others than this ecosystem give their files, too";
const HINT: &str = "refines what another file says; alone it never said anything";
const PROGRAM: &str = "a program: what it does not state as a string nobody can know";
const FREE: &str = "free text, in which some state fields";
const UNNAMED: &str = "a manifest may have no name: a project's, or the marker of a type";

/// Where silence is right, and why.
const SILENT: &[(&str, &[&str], &str)] = &[
    ("usr/share/doc/x/copyright", ANY, FREE),
    ("srv/x.deb", ANY, BY_MAGIC),
    ("srv/x.rpm", ANY, BY_MAGIC),
    ("usr/lib/python3/site-packages/x-1.egg", ANY, BY_MAGIC),
    ("app/setup.py", TEXT, PROGRAM),
    (
        "app/environment.yml",
        &["prose", "json", "bytes", "conflict"],
        SHARED,
    ),
    ("app/node_modules/x/package.json", &["json"], UNNAMED),
    ("app/package.json", &["json"], UNNAMED),
    ("srv/wp-content/plugins/x/x.php", ANY, PROGRAM),
    ("srv/wp-content/themes/x/style.css", ANY, FREE),
    ("usr/lib/swi-prolog/pack/x/pack.pl", ANY, SHARED),
    ("usr/bin/x", ANY, BY_MAGIC),
    ("usr/bin/mysqld", ANY, BY_MAGIC),
    ("usr/bin/traefik", ANY, BY_MAGIC),
    ("usr/bin/java", ANY, BY_MAGIC),
    ("usr/bin/python3.11", ANY, BY_MAGIC),
    ("usr/lib/jvm/17/release", ANY, SHARED),
    ("usr/lib/modules/6/x.ko", ANY, BY_MAGIC),
    ("usr/lib/modules/6/x.ko.xz", ANY, BY_MAGIC),
    ("boot/vmlinuz-6", ANY, BY_MAGIC),
    ("usr/lib/php/20220829/x.so", ANY, BY_MAGIC),
    ("models/x.gguf", ANY, BY_MAGIC),
    ("app/x.zip", ANY, BY_MAGIC),
    ("app/x.dll", ANY, BY_MAGIC),
    ("src/manifest.toml", TEXT, SHARED),
    (
        "x.bom.xml",
        &["prose", "page", "json", "binary", "bytes", "conflict"],
        SHARED,
    ),
    ("etc/apk/repositories", ANY, HINT),
    ("var/lib/ubuntu-advantage/status.json", ANY, HINT),
    ("etc/yum.repos.d/x.repo", ANY, HINT),
    ("etc/products.d/x.prod", ANY, HINT),
    ("root/buildinfo/content_manifests/x.json", ANY, HINT),
    ("etc/apt/sources.list.d/ubuntu-esm-x.list", ANY, HINT),
    ("bin/busybox", ANY, HINT),
    ("etc/lsb-release", ANY, HINT),
];

fn says(collected: &Collected) -> bool {
    let something = |fact: &Fact| match fact {
        Fact::Packages(packages) => !packages.is_empty(),
        Fact::Owned(owners) | Fact::Listed(owners) => {
            owners.iter().any(|owner| !owner.files.is_empty())
        }
        Fact::Users(users) => !users.is_empty(),
        Fact::Groups(groups) => !groups.is_empty(),
        _ => true,
    };
    !collected.gaps.is_empty() || collected.facts.iter().any(something)
}

/// Whether any collector makes anything of the file, be it an error.
fn is_heard(path: &str, bytes: &[u8]) -> bool {
    let mode = Mode(0o755);
    let head = FileHead::new(path, bytes.len() as u64, mode, bytes);
    let file = File {
        path,
        mode,
        bytes,
        companion: None,
    };
    let mut wanting = collectors::ALL
        .iter()
        .filter(|collector| collector.wants(&head) != Want::No);
    wanting.any(|collector| {
        let collected = collector.collect(&file);
        collected.as_ref().map_or(true, says)
    })
}

#[test]
fn nonsense_is_a_gap_and_not_silence() {
    let mut wrong = Vec::new();
    for path in paths() {
        let exempt = SILENT.iter().find(|(exempt, ..)| *exempt == path);
        let right: Vec<&str> = exempt.map_or(&[][..], |(_, kinds, _)| kinds).to_vec();
        let silent: Vec<&str> = NONSENSE
            .iter()
            .filter(|(_, bytes)| !is_heard(path, bytes))
            .map(|(kind, _)| *kind)
            .collect();
        if silent != right {
            wrong.push(format!("{path}: silent {silent:?}, expected {right:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (path, _, why) in SILENT {
        assert!(
            paths().any(|known| known == *path) && !why.is_empty(),
            "{path}"
        );
    }
}

#[test]
fn a_list_of_nothing_is_no_gap() {
    for (path, text) in [
        ("app/requirements.txt", ""),
        (
            "app/requirements.txt",
            "# none\n\n-r base.txt\n--index-url https://x/simple\nflask\ndjango>=4,<5\n./local[extra]\nx @ file:///y ; python_version < '3'\n",
        ),
        (
            "app/requirements.txt",
            "git+https://h/o/x.git#egg=x\n${WHEELS}/x\nx==${VERSION}\n",
        ),
        ("app/setup.cfg", "[metadata]\nname = x\n"),
        (
            "app/yarn.lock",
            "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n\n",
        ),
        (
            "app/yarn.lock",
            "__metadata:\n  version: 8\n  cacheKey: 10\n",
        ),
        (
            "app/package-lock.json",
            r#"{"name":"x","lockfileVersion":3,"requires":true,"packages":{}}"#,
        ),
        (
            "app/pnpm-lock.yaml",
            "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n",
        ),
        (
            "app/bun.lock",
            r#"{"lockfileVersion":1,"workspaces":{},"packages":{},}"#,
        ),
        ("app/deno.lock", r#"{"version":"4"}"#),
        ("app/Gemfile.lock", ""),
        (
            "app/Gemfile.lock",
            "GEM\n  remote: https://rubygems.org/\n  specs:\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n\nRUBY VERSION\n   ruby 3.2.0p0\n\nBUNDLED WITH\n   2.4.1\n",
        ),
        (
            "app/composer.lock",
            r#"{"_readme":[],"content-hash":"x","packages":[],"packages-dev":[]}"#,
        ),
        ("app/vendor/composer/installed.json", "[]"),
        ("src/go.sum", ""),
        ("src/go.work", "go 1.21\n\nuse (\n\t./a\n\t./b\n)\n"),
        (
            "src/go.mod",
            "module x // y\n\ngo 1.24.0\n\ntoolchain go1.24.1\n\ngodebug default=go1.21\n\ntool x/cmd\n\nignore ./z\n\nrequire(\n\ta/b v1.0.0 // indirect\n) // end\n\nretract [v1.0.0, v1.1.0]\nexclude a/b v0.9.0\nreplace a/b => ../b\n",
        ),
        ("src/vendor/modules.txt", "## workspace\n"),
        (
            "src/gradle.lockfile",
            "# This is a Gradle generated file for dependency locking.\n# Manual edits can break the build and are not advised.\n# This file is expected to be part of source control.\nempty=classpath\n",
        ),
        (
            "src/Podfile.lock",
            "PODFILE CHECKSUM: 1a2b\n\nCOCOAPODS: 1.12.0\n",
        ),
        ("src/Package.resolved", r#"{"pins":[],"version":2}"#),
        (
            "src/.terraform.lock.hcl",
            "# This file is maintained automatically by \"terraform init\".\n",
        ),
        (
            "src/pubspec.lock",
            "packages: {}\nsdks:\n  dart: '>=3.0.0'\n",
        ),
        ("src/rebar.lock", "[].\n"),
        (
            "src/packages.config",
            "<?xml version=\"1.0\"?>\n<packages>\n</packages>\n",
        ),
        ("var/lib/dpkg/status", ""),
        ("var/lib/dpkg/info/x.md5sums", ""),
        ("etc/debian_version", "12.4\n"),
        ("etc/debian_version", "trixie/sid\n"),
        ("etc/group", ""),
        ("app/node_modules/x/package.json", r#"{"type":"module"}"#),
    ] {
        let bytes = text.as_bytes();
        let head = FileHead::new(path, bytes.len() as u64, Mode(0o644), bytes);
        let file = File {
            path,
            mode: Mode(0o644),
            bytes,
            companion: None,
        };
        for collector in collectors::ALL
            .iter()
            .filter(|collector| collector.wants(&head) != Want::No)
        {
            let gaps = collector.collect(&file).map(|collected| collected.gaps);
            assert_eq!(gaps, Ok(Vec::new()), "{path}: {text}");
        }
    }
}

#[test]
fn a_line_that_is_not_understood_costs_itself_and_is_told() {
    for (path, text, lines) in [
        (
            "app/requirements.txt",
            "flask==1.0\nthis is not a requirement\nnumpy=1.2=py_0\n",
            2,
        ),
        (
            "src/go.mod",
            "module x\ngo 1.21\n<<<<<<< HEAD\nrequire a/b v1.0.0\n",
            1,
        ),
        (
            "src/go.sum",
            "a/b v1.0.0 h1:x=\na/b v1.0.0/go.mod h1:x=\na/c v1.0\n=======\n",
            2,
        ),
        ("src/gradle.lockfile", "g:a:1=classpath\ng:b\nempty=\n", 1),
        (
            "app/yarn.lock",
            "a@^1:\n  version \"1.0.0\"\n\n<<<<<<< HEAD\n",
            1,
        ),
        (
            "app/Gemfile.lock",
            "GEM\n  specs:\n    a (1.0)\n<<<<<<< HEAD\n    b (1.0)\n",
            1,
        ),
    ] {
        let bytes = text.as_bytes();
        let file = File {
            path,
            mode: Mode(0o644),
            bytes,
            companion: None,
        };
        let head = FileHead::new(path, bytes.len() as u64, Mode(0o644), bytes);
        let mut wanting = collectors::ALL
            .iter()
            .filter(|collector| collector.wants(&head) != Want::No);
        let collected = wanting.find_map(|collector| collector.collect(&file).ok());
        let collected = collected.unwrap_or_default();
        assert!(!collected.facts.is_empty(), "{path}");
        let [gap] = collected.gaps.as_slice() else {
            panic!("{path}: {:?}", collected.gaps)
        };
        assert!(
            gap.detail.ends_with(&format!("understood: {lines}")),
            "{path}: {}",
            gap.detail
        );
    }
}
