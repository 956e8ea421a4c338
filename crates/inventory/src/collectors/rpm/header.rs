//! The header blob that each row of an rpm database holds: an index of tags and
//! a store of their values, both big-endian whatever the machine.

use crate::collectors::MOST_FILES;
use crate::collectors::integers::Order;
use crate::collectors::needs::Needs;
use crate::collectors::text::hex;
use crate::facts::{Algorithm, FileDigest, OwnedFile, Ownership};
use plimsoll_types::{Confidence, Ecosystem, Mode, PackageRecord, SourcePackage};
use std::collections::HashMap;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const VENDOR: u32 = 1011;
const LICENSE: u32 = 1014;
const ARCH: u32 = 1022;
const OLD_FILE_NAMES: u32 = 1027;
const FILE_SIZES: u32 = 1028;
const FILE_STATES: u32 = 1029;
const FILE_MODES: u32 = 1030;
const FILE_DIGESTS: u32 = 1035;
const FILE_LINKS: u32 = 1036;
const FILE_FLAGS: u32 = 1037;
const SOURCE_RPM: u32 = 1044;
const PROVIDE_NAME: u32 = 1047;
const REQUIRE_NAME: u32 = 1049;
const SOURCE_PACKAGE: u32 = 1106;
const DIR_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIR_NAMES: u32 = 1118;
const FILE_DIGEST_ALGORITHM: u32 = 5011;
const MODULARITY_LABEL: u32 = 5096;

/// The name of the public keys that rpm keeps beside packages.
pub(super) const KEY: &str = "gpg-pubkey";

const CONFIG: u32 = 1;
const GHOST: u32 = 64;

/// Type, offset into the store, count.
type Index = (u32, usize, usize);

pub(super) struct Header<'a> {
    entries: HashMap<u32, Index>,
    store: &'a [u8],
}

impl<'a> Header<'a> {
    pub fn parse(blob: &'a [u8]) -> Option<Self> {
        let count = Order::Big.size(blob, 0)?;
        let length = Order::Big.size(blob, 4)?;
        let index = blob.get(8..8_usize.checked_add(count.checked_mul(16)?)?)?;
        let rest = blob.get(8 + index.len()..)?;
        let store = rest.get(..length)?;
        let mut entries = HashMap::new();
        for entry in index.chunks_exact(16) {
            let tag = Order::Big.u32(entry, 0)?;
            let kind = Order::Big.u32(entry, 4)?;
            let (offset, count) = (Order::Big.size(entry, 8)?, Order::Big.size(entry, 12)?);
            // Entries after the immutable region were added on installation
            // and override what the package was built with.
            entries.insert(tag, (kind, offset, count));
        }
        Some(Self { entries, store })
    }

    fn value(&self, tag: u32) -> Option<(u32, &'a [u8], usize)> {
        let &(kind, offset, count) = self.entries.get(&tag)?;
        Some((kind, self.store.get(offset..)?, count))
    }

    fn strings(&self, tag: u32) -> Vec<&'a [u8]> {
        match self.value(tag) {
            Some((6, bytes, _)) => bytes.split(|b| *b == 0).take(1).collect(),
            Some((8 | 9, bytes, count)) => bytes.split(|b| *b == 0).take(count).collect(),
            _ => Vec::new(),
        }
    }

    fn string(&self, tag: u32) -> Option<String> {
        let text = String::from_utf8_lossy(self.strings(tag).first()?).into_owned();
        (!text.is_empty() && text != "(none)").then_some(text)
    }

    fn numbers(&self, tag: u32) -> Vec<u32> {
        let (width, bytes, count) = match self.value(tag) {
            Some((1 | 2, bytes, count)) => (1, bytes, count),
            Some((3, bytes, count)) => (2, bytes, count),
            Some((4, bytes, count)) => (4, bytes, count),
            _ => return Vec::new(),
        };
        let chunks = bytes.chunks_exact(width).take(count);
        chunks
            .map(|chunk| chunk.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
            .collect()
    }

    fn number(&self, tag: u32) -> Option<u32> {
        self.numbers(tag).first().copied()
    }

    /// The package; `None` for what has no name or version.
    pub fn record(&self) -> Option<PackageRecord> {
        let name = self.string(NAME)?;
        let mut version = self.string(VERSION)?;
        if let Some(release) = self.string(RELEASE) {
            version = format!("{version}-{release}");
        }
        let source = self.string(SOURCE_RPM);
        let source = source.and_then(|file| source_package(&file, &name, &version));
        let mut record =
            PackageRecord::new(Ecosystem::Rpm, name, Some(version), Confidence::Installed);
        record.epoch = self.number(EPOCH);
        record.arch = self.string(ARCH);
        record.source = source;
        record.vendor = self.string(VENDOR);
        record.licenses = self.string(LICENSE).into_iter().collect();
        record.modularity = self.string(MODULARITY_LABEL);
        // Keys stand beside packages; their version is the number of the key.
        record.local = record.name == KEY;
        Some(record)
    }

    /// Whether it is the header of a source package.
    pub fn is_source(&self) -> bool {
        self.entries.contains_key(&SOURCE_PACKAGE) && !self.entries.contains_key(&SOURCE_RPM)
    }

    /// What the package at position `package` gives and needs.
    pub fn relate(&self, package: usize, needs: &mut Needs) {
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
        for name in self.strings(PROVIDE_NAME) {
            needs.give(package, text(name));
        }
        for name in self.strings(REQUIRE_NAME) {
            let name = text(name);
            // Features of rpm itself; conditions on other packages.
            if !name.starts_with("rpmlib(") && !name.starts_with('(') {
                needs.need(package, [name]);
            }
        }
    }

    /// The files of `record` that are on disk.
    pub fn ownership(&self, record: &PackageRecord) -> Ownership {
        let states = self.numbers(FILE_STATES);
        let modes = self.numbers(FILE_MODES);
        let flags = self.numbers(FILE_FLAGS);
        let digests = self.strings(FILE_DIGESTS);
        let sizes = self.numbers(FILE_SIZES);
        let links = self.strings(FILE_LINKS);
        let algorithm = algorithm(self.number(FILE_DIGEST_ALGORITHM));
        let mut files = Vec::new();
        for (at, path) in self.paths().into_iter().enumerate() {
            // Only state 0 is there: others were replaced, left out by choice
            // of languages, or belong to another architecture.
            let absent = states.get(at).is_some_and(|state| *state != 0);
            let mode = modes.get(at).copied();
            let is = |kind| mode.is_some_and(|mode| mode & 0o170_000 == kind);
            let directory = is(0o040_000);
            if absent || directory || path.is_empty() {
                continue;
            }
            let hash = digests.get(at).and_then(|digest| hex(digest));
            let link = links.get(at).filter(|link| !link.is_empty());
            let config = flags
                .get(at)
                .is_some_and(|flags| flags & (CONFIG | GHOST) != 0);
            files.push(OwnedFile {
                path,
                digest: algorithm
                    .zip(hash)
                    .map(|(algorithm, hash)| FileDigest { algorithm, hash }),
                config,
                mode: mode
                    .and_then(|mode| u16::try_from(mode & 0o7777).ok())
                    .map(Mode),
                size: is(0o100_000)
                    .then(|| sizes.get(at).copied())
                    .flatten()
                    .map(u64::from),
                link: link.map(|link| String::from_utf8_lossy(link).into_owned()),
            });
        }
        Ownership {
            ecosystem: Ecosystem::Rpm,
            package: record.name.clone(),
            arch: record.arch.clone(),
            files,
        }
    }

    fn paths(&self) -> Vec<String> {
        let readable = |path: &[u8]| {
            let path = String::from_utf8_lossy(path);
            path.trim_start_matches('/').to_owned()
        };
        let names = self.strings(BASE_NAMES);
        if names.is_empty() {
            let names = self.strings(OLD_FILE_NAMES);
            return names.into_iter().take(MOST_FILES).map(readable).collect();
        }
        let directories: Vec<_> = self.strings(DIR_NAMES).into_iter().map(readable).collect();
        let indexes = self.numbers(DIR_INDEXES);
        let mut length = 0;
        let mut paths = Vec::with_capacity(names.len().min(MOST_FILES));
        for (name, index) in names.into_iter().zip(indexes).take(MOST_FILES) {
            let directory = directories.get(index as usize).map_or("", String::as_str);
            // One long directory shared by many names must not multiply the
            // blob; real paths are no longer than PATH_MAX.
            length += directory.len();
            if directory.len() > 4096 || length > 64 * self.store.len() {
                break;
            }
            paths.push(format!("{directory}{}", String::from_utf8_lossy(name)));
        }
        paths
    }
}

/// `NAME-VERSION-RELEASE.src.rpm`; `None` where it says nothing new.
pub(super) fn source_package(file: &str, name: &str, version: &str) -> Option<SourcePackage> {
    let stem = file.strip_suffix(".rpm").unwrap_or(file);
    let stem = ["src", "nosrc"]
        .iter()
        .find_map(|kind| stem.strip_suffix(kind)?.strip_suffix('.'))?;
    let (rest, release) = stem.rsplit_once('-')?;
    let (source, upstream) = rest.rsplit_once('-')?;
    let stated = format!("{upstream}-{release}");
    (source != name || stated != version).then(|| SourcePackage {
        name: source.to_owned(),
        version: Some(stated),
    })
}

/// Algorithm numbers of OpenPGP; old packages state none and mean MD5.
fn algorithm(number: Option<u32>) -> Option<Algorithm> {
    match number {
        None | Some(1) => Some(Algorithm::Md5),
        Some(2) => Some(Algorithm::Sha1),
        Some(8) => Some(Algorithm::Sha256),
        Some(9) => Some(Algorithm::Sha384),
        Some(10) => Some(Algorithm::Sha512),
        Some(_) => None,
    }
}
