//! Layers built by code that says what they contain.

use crate::collector::{CollectError, Collector, File, FileHead, Want};
use crate::facts::{Fact, LayerFacts};
use crate::pass::{Limits, read_layer};
use plimsoll_types::{Digest, Gap, GapKind, Mode, PackageRecord};

/// The packages that a collector finds in a file, which it must want.
pub(crate) fn records(
    collector: &dyn Collector,
    path: &str,
    bytes: &[u8],
) -> Result<Vec<PackageRecord>, CollectError> {
    let mode = Mode(0o755);
    let magic = &bytes[..bytes.len().min(512)];
    let want = collector.wants(&FileHead::new(path, bytes.len() as u64, mode, magic));
    assert_ne!(want, Want::No, "{path}");
    let file = File {
        path,
        mode,
        bytes,
        companion: None,
    };
    let facts = collector.collect(&file)?.facts.into_iter();
    Ok(facts
        .flat_map(|fact| match fact {
            Fact::Packages(packages) => packages,
            _ => Vec::new(),
        })
        .collect())
}

/// Those packages as `name@version`, in the order found.
pub(crate) fn found(collector: &dyn Collector, path: &str, bytes: &[u8]) -> Vec<String> {
    records(collector, path, bytes)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .iter()
        .map(|record| format!("{}@{}", record.name, record.full_version()))
        .collect()
}

/// A section of a program.
pub(crate) struct Section<'a> {
    pub name: &'a str,
    pub kind: u32,
    pub address: u64,
    /// Number of the section that this one refers to, from one.
    pub link: u32,
    pub data: &'a [u8],
}

/// A program that consists of sections.
pub(crate) fn elf(sections: &[Section<'_>]) -> Vec<u8> {
    let mut names = vec![0];
    let mut headers = vec![0; 64];
    let mut content = vec![0; 64];
    let mut header = |name: &str, section: &Section<'_>, names: &mut Vec<u8>, at: usize| {
        let word = |value: usize| (value as u64).to_le_bytes();
        headers.extend(u32::try_from(names.len()).unwrap().to_le_bytes());
        names.extend(name.as_bytes());
        names.push(0);
        headers.extend(section.kind.to_le_bytes());
        headers.extend([3, 0, 0, 0, 0, 0, 0, 0]);
        headers.extend(section.address.to_le_bytes());
        headers.extend(word(at));
        headers.extend(word(section.data.len()));
        headers.extend(section.link.to_le_bytes());
        headers.extend(1_u32.to_le_bytes());
        headers.extend(word(8));
        // Of tables of symbols and relocations.
        let is_table = matches!(section.kind, 2 | 4 | 11);
        headers.extend(word(if is_table { 24 } else { 0 }));
    };
    for section in sections {
        header(section.name, section, &mut names, content.len());
        content.extend(section.data);
        content.resize(content.len().next_multiple_of(16), 0);
    }
    let table = [names.as_slice(), b".shstrtab\0"].concat();
    let strings = Section {
        name: ".shstrtab",
        kind: 3,
        address: 0,
        link: 0,
        data: &table,
    };
    header(strings.name, &strings, &mut names, content.len());
    content.extend(&table);
    content.resize(content.len().next_multiple_of(16), 0);
    let count = u16::try_from(sections.len() + 2).unwrap();
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    file.resize(40, 0);
    file.extend((content.len() as u64).to_le_bytes());
    file.resize(52, 0);
    for half in [64, 56, 0, 64, count, count - 1] {
        file.extend(half.to_le_bytes());
    }
    content[..64].copy_from_slice(&file[..64]);
    content.extend(headers);
    content
}

/// A program with one section.
pub(crate) fn elf_with(name: &str, data: &[u8]) -> Vec<u8> {
    elf(&[Section {
        name,
        kind: 1,
        address: 0x1000,
        link: 0,
        data,
    }])
}

/// A header block in the old format, without its content.
pub(crate) fn header(path: &[u8], flag: u8, link: &[u8], size: u64) -> [u8; 512] {
    let mut block = [0u8; 512];
    block[..path.len()].copy_from_slice(path);
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = flag;
    block[157..157 + link.len()].copy_from_slice(link);
    sum(&mut block);
    block
}

/// Writes the checksum of a header block.
pub(crate) fn sum(block: &mut [u8; 512]) {
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
}

/// An entry with its content, padded.
pub(crate) fn file(path: &str, flag: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let size = content.len() as u64;
    let mut out = header(path.as_bytes(), flag, link.as_bytes(), size).to_vec();
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

/// An extended header, type `x` or `g`.
pub(crate) fn pax(flag: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let mut content = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len();
        while length != rest.len() + length.to_string().len() {
            length = rest.len() + length.to_string().len();
        }
        content += &format!("{length}{rest}");
    }
    file("pax", flag, "", content.as_bytes())
}

/// One archive entry: `p/` a directory, `p=content` a file, `p->t` a symbolic
/// link, `p=>t` a hard link, `p@` a 0:0 character device.
pub(crate) fn entry(spec: &str) -> Vec<u8> {
    if let Some((path, link)) = spec.split_once("->") {
        file(path, b'2', link, b"")
    } else if let Some((path, link)) = spec.split_once("=>") {
        file(path, b'1', link, b"")
    } else if let Some((path, content)) = spec.split_once('=') {
        file(path, b'0', "", content.as_bytes())
    } else if let Some(path) = spec.strip_suffix('@') {
        file(path, b'3', "", b"")
    } else if spec.ends_with('/') {
        file(spec, b'5', "", b"")
    } else {
        file(spec, b'0', "", b"")
    }
}

/// A whole archive of such entries.
pub(crate) fn archive(entries: &[&str]) -> Vec<u8> {
    ended(entries.iter().flat_map(|spec| entry(spec)).collect())
}

/// Entries with the end of an archive behind them.
pub(crate) fn ended(mut entries: Vec<u8>) -> Vec<u8> {
    entries.resize(entries.len() + 1024, 0);
    entries
}

/// What a pass says of an archive.
pub(crate) fn facts(archive: &[u8]) -> LayerFacts {
    facts_within(archive, &Limits::default())
}

pub(crate) fn facts_within(archive: &[u8], limits: &Limits) -> LayerFacts {
    let (seen, _) = read_layer(archive, limits).unwrap();
    LayerFacts {
        blob: Digest::sha256([0; 32]),
        diff_id: Digest::sha256([0; 32]),
        size: archive.len() as u64,
        entries: seen.entries,
        whiteouts: seen.whiteouts,
        opaque: seen.opaque,
        evidence: seen.evidence,
        gaps: seen.gaps,
    }
}

impl LayerFacts {
    /// Kind and subject of each gap.
    pub(crate) fn gap_list(&self) -> Vec<(GapKind, &str)> {
        self.gaps
            .iter()
            .map(|gap| (gap.kind, gap.subject.as_str()))
            .collect()
    }

    /// Paths that gave evidence.
    pub(crate) fn evident(&self) -> Vec<&str> {
        self.evidence
            .iter()
            .map(|evidence| evidence.path.as_str())
            .collect()
    }
}

/// Whether one of the gaps is of this kind and about this subject.
pub(crate) fn has_gap<'a>(
    gaps: impl IntoIterator<Item = &'a Gap>,
    kind: GapKind,
    subject: &str,
) -> bool {
    gaps.into_iter()
        .any(|gap| gap.kind == kind && gap.subject == subject)
}

/// A dpkg database of one package.
pub(crate) const STATUS: &str =
    "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n";
