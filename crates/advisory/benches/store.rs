//! How long the advisory store takes to build, to open and to match against,
//! and what it weighs.
//!
//! `cargo bench -p plimsoll-advisory` makes up a million claims;
//! `PLIMSOLL_FEEDS=DIR` loads real feeds instead.
#![allow(clippy::expect_used)]

use plimsoll_advisory::{Store, UpdateOptions, find, update};
use plimsoll_types::{
    Confidence, Distro, Ecosystem, Inventory, Location, Package, PackageRecord, SourcePackage,
};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Rows that are made up: records times rows of each.
const RECORDS: usize = 25_000;
const ROWS: usize = 40;
/// Names that the rows are about.
const NAMES: usize = 8_000;

fn main() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let feeds = std::env::var_os("PLIMSOLL_FEEDS").map(PathBuf::from);
    let from = feeds.unwrap_or_else(|| {
        let folder = scratch.path().join("feeds");
        fs::create_dir(&folder).expect("a folder");
        make_up(&folder);
        folder
    });
    let from = [from.display().to_string()];
    let (one, two) = (scratch.path().join("one"), scratch.path().join("two"));
    let start = Instant::now();
    update(&one, &from, &UpdateOptions::default()).expect("feeds that load");
    println!("build        {:.1} s", start.elapsed().as_secs_f64());
    println!("peak memory  {} MB", peak() >> 10);
    update(&two, &from, &UpdateOptions::default()).expect("feeds that load");
    println!(
        "two builds   {}",
        if same(&one, &two) {
            "identical"
        } else {
            "DIFFERENT"
        }
    );
    let start = Instant::now();
    update(&one, &from, &UpdateOptions::default()).expect("feeds that load");
    println!("same again   {:.1} s", start.elapsed().as_secs_f64());

    let store = Store::open(&one).expect("a store");
    let claims: usize = store.status().shards.iter().map(|shard| shard.claims).sum();
    let records: usize = store.status().feeds.iter().map(|feed| feed.records).sum();
    let shards = size(&one.join("advisories/shards"));
    let parts = size(&one.join("advisories/parts"));
    println!("holds        {records} records, {claims} claims");
    println!(
        "on disk      {:.1} MB for scans ({} bytes a claim, {} a record), {:.1} MB more for updates",
        shards as f64 / 1e6,
        shards / claims.max(1) as u64,
        shards / records.max(1) as u64,
        parts as f64 / 1e6
    );
    println!(
        "open         {:.2} ms",
        millis(best(20, || drop(Store::open(&one))))
    );
    for image in images() {
        let matched = find(&image, &store);
        let name = image
            .distro
            .as_ref()
            .map_or("no distribution", |d| d.id.as_str());
        let time = best(20, || {
            let store = Store::open(&one).expect("a store");
            drop(find(&image, &store));
        });
        println!(
            "match        {:.2} ms with opening, {} packages on {name}, {} findings",
            millis(time),
            image.packages.len(),
            matched.findings.len()
        );
    }
}

/// OSV records about packages of three releases, as AlmaLinux publishes them.
fn make_up(folder: &Path) {
    let file = fs::File::create(folder.join("all.zip")).expect("a file");
    let mut zip = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default();
    let mut random = 1u64;
    let mut next = |bound: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % bound
    };
    for record in 0..RECORDS {
        let mut rows = String::new();
        for row in 0..ROWS {
            let comma = if row == 0 { "" } else { "," };
            let (release, name) = (8 + next(3), next(NAMES));
            let (major, minor, build) = (1 + next(9), next(60), 1 + next(40));
            let _ = write!(
                rows,
                r#"{comma}{{"package":{{"ecosystem":"AlmaLinux:{release}","name":"package-{name}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{major}.{minor}-{build}.el{release}"}}]}}]}}"#
            );
        }
        let details =
            "A flaw was found in how lengths are checked, by which memory is written. ".repeat(4);
        let year = 2000 + record % 25;
        let text = format!(
            r#"{{"id":"ALSA-{year}:{record}","modified":"{year}-01-01T00:00:00Z","summary":"security update {record}","details":"{details}","related":["CVE-{year}-{record}"],"affected":[{rows}]}}"#
        );
        zip.start_file(format!("{record}.json"), options)
            .expect("a member");
        zip.write_all(text.as_bytes()).expect("a member");
    }
    zip.finish().expect("an archive");
}

/// 500 packages each, some of them known to the made-up feed or to real ones,
/// once kept up to date and once neglected.
fn images() -> Vec<Inventory> {
    let alma = |version: &'static str| {
        let packages = (0..500).map(|n| {
            let mut package = package(Ecosystem::Rpm, &format!("package-{}", n * 16), version);
            package.record.epoch = Some(0);
            package
        });
        image(Some(("almalinux", "9.4")), packages.collect())
    };
    let debian = (0..500).map(|n| {
        const SOURCES: &[&str] = &[
            "openssl", "curl", "glibc", "linux", "libxml2", "perl", "systemd", "zlib",
        ];
        let mut package = package(Ecosystem::Deb, &format!("library{n}"), "1.0-1");
        package.record.source = Some(SourcePackage {
            name: SOURCES[n % SOURCES.len()].into(),
            version: None,
        });
        package
    });
    let python = (0..500).map(|n| {
        const NAMES: &[&str] = &[
            "django",
            "jinja2",
            "pillow",
            "requests",
            "cryptography",
            "numpy",
        ];
        package(Ecosystem::Pypi, NAMES[n % NAMES.len()], &format!("1.{n}"))
    });
    vec![
        alma("9.30-20.el9"),
        alma("5.30-20.el9"),
        image(Some(("debian", "10")), debian.collect()),
        image(None, python.collect()),
    ]
}

fn package(ecosystem: Ecosystem, name: &str, version: &str) -> Package {
    Package {
        record: PackageRecord::new(ecosystem, name, Some(version.into()), Confidence::Installed),
        locations: vec![Location {
            path: "somewhere".into(),
            nested: Vec::new(),
            layer: 0,
            evidence: "bench".into(),
        }],
        introduced: 0,
        removed: None,
        owned_by: None,
        license: None,
        depends_on: Vec::new(),
    }
}

fn image(distro: Option<(&str, &str)>, packages: Vec<Package>) -> Inventory {
    Inventory {
        distro: distro.map(|(id, version)| Distro {
            id: id.into(),
            version: Some(version.into()),
            ..Distro::default()
        }),
        packages,
        ..Inventory::default()
    }
}

fn best(rounds: u32, mut step: impl FnMut()) -> Duration {
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        step();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The most memory that was resident so far, in kilobytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for part in ["advisories", "advisories/shards", "advisories/parts"] {
        for entry in fs::read_dir(folder.join(part)).expect("a folder").flatten() {
            if entry.path().is_file() {
                let name = PathBuf::from(part).join(entry.file_name());
                files.push((name, fs::read(entry.path()).expect("a file")));
            }
        }
    }
    files.sort();
    files
}

fn same(a: &Path, b: &Path) -> bool {
    files(a) == files(b)
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum()
}
