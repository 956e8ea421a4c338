//! Archives in archives, within bounds that hold for all of them together.

use super::identity::Contents;
use super::metadata::{Coordinates, Manifest};
use super::tarball;
use super::{is_archive_name, is_container_name, is_jar, is_tarball_name};
use crate::collector::CollectGap;
use crate::collectors::lock::hex;
use crate::collectors::zip::{Archive, Entry, ZipError};
use crate::content::Content;
use crate::tar::{EntryKind, Header};
use plimsoll_types::{GapKind, PackageRecord};
use sha1::{Digest, Sha1};
use std::collections::BTreeSet;

/// Real applications nest three or four deep.
const DEPTH: usize = 16;
const GAPS: usize = 1000;
const ENTRIES: usize = 1_000_000;
const TOTAL: u64 = 4 << 30;
/// Content of archives in archives at one time, and how much of it is in
/// memory.
const LIVE: u64 = 1 << 30;
const MEMORY: u64 = 8 << 20;
/// Expansion of the outermost archive, for those that are not tiny.
const RATIO: u64 = 200;
const TINY: u64 = 64 << 20;
/// Manifests and property files.
const TEXT: u64 = 4 << 20;
/// What an archive costs at least: its end is searched for.
const SEARCH: u64 = 64 << 10;

pub(super) struct Walk {
    pub records: BTreeSet<PackageRecord>,
    pub gaps: Vec<CollectGap>,
    entries: usize,
    bytes: u64,
    live: u64,
    memory: u64,
}

impl Walk {
    pub fn new(length: usize) -> Self {
        Self {
            records: BTreeSet::new(),
            gaps: Vec::new(),
            entries: ENTRIES,
            bytes: TOTAL.min(TINY.max((length as u64).saturating_mul(RATIO))),
            live: LIVE,
            memory: MEMORY,
        }
    }

    /// Reads the archive `name`, which lies in the archives of `chain`.
    pub fn archive(&mut self, bytes: &[u8], name: &str, chain: &[String]) -> Result<(), ZipError> {
        let archive = Archive::open(bytes, self.entries)?;
        self.entries -= archive.entries.len();
        if archive.cut {
            self.gap(chain, ZipError::Broken("its directory is damaged"));
        }
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        let mut contents = Contents {
            stem,
            extension,
            ..Contents::default()
        };
        let mut nested = false;
        for entry in &archive.entries {
            contents.note(&entry.name);
            let inside = |name: &str| [chain, &[name.to_owned()]].concat();
            let packed = is_archive_name(&entry.name)
                || is_container_name(&entry.name)
                || is_tarball_name(&entry.name);
            let result = if packed {
                nested = true;
                self.nested(&archive, entry, chain)
            } else {
                self.metadata(&archive, entry, &mut contents)
            };
            // Of what is no archive of Java it is not known what it should be.
            let result = match result {
                Err(ZipError::Broken(_)) if packed && !is_archive_name(&entry.name) => Ok(()),
                result => result,
            };
            if let Err(error) = result {
                self.gap(&inside(&entry.name), error);
            }
        }
        if is_container_name(name) && !is_jar(bytes) {
            return Ok(());
        }
        let records = contents.records();
        let digest = format!("sha1:{}", hex(&Sha1::digest(bytes)));
        if records.is_empty() && !nested && !contents.manifest.is_weaver() {
            self.gap(
                chain,
                ZipError::Broken("neither it nor its name says which package it is"),
            );
        }
        for (mut record, inside) in records {
            if inside.is_none() {
                record.digests = vec![digest.clone()];
            }
            record.nested = chain.iter().cloned().chain(inside).collect();
            self.records.insert(record);
        }
        Ok(())
    }

    /// Reads the archives in a tar archive; what is no such archive holds
    /// none.
    pub fn tarball(&mut self, bytes: &[u8], chain: &[String]) -> Result<(), ZipError> {
        let Some(mut tarball) = tarball::open(bytes, self.bytes) else {
            return Ok(());
        };
        while let Ok(Some(header)) = tarball.next() {
            let name = String::from_utf8_lossy(&header.path).into_owned();
            if header.kind != EntryKind::File || !is_archive_name(&name) {
                continue;
            }
            let chain = [chain, &[name.trim_start_matches("./").to_owned()]].concat();
            let result = self.spend(header.size.max(SEARCH)).and_then(|()| {
                let content = content(&mut tarball, &header, self.live, self.memory)?;
                self.inside(&content, header.size, &chain)
            });
            if let Err(error) = result {
                self.gap(&chain, error);
            }
        }
        if tarball::is_spent(tarball) {
            self.gap(chain, ZipError::TooLarge);
        }
        Ok(())
    }

    /// Reads an archive whose content was unpacked.
    fn inside(&mut self, content: &Content, size: u64, chain: &[String]) -> Result<(), ZipError> {
        let in_memory = content.in_memory();
        self.live = self.live.saturating_sub(size);
        self.memory = self.memory.saturating_sub(in_memory);
        let name = chain.last().map_or("", String::as_str);
        let opened = content.open().map_err(|_| NO_ROOM);
        let result = opened.and_then(|bytes| self.archive(&bytes, name, chain));
        self.live += size;
        self.memory += in_memory;
        result
    }

    fn metadata(
        &mut self,
        archive: &Archive<'_>,
        entry: &Entry<'_>,
        contents: &mut Contents<'_>,
    ) -> Result<(), ZipError> {
        let name = entry.name.as_ref();
        if name.eq_ignore_ascii_case("META-INF/MANIFEST.MF") {
            self.spend(entry.size)?;
            contents.manifest = Manifest::read(&archive.content(entry, TEXT)?);
        } else if name == "pom.properties" || name.ends_with("/pom.properties") {
            self.spend(entry.size)?;
            let pom = Coordinates::read(&archive.content(entry, TEXT)?);
            contents.poms.extend(pom.map(|pom| (name.to_owned(), pom)));
        } else if name.starts_with("META-INF/maven/") && name.ends_with("/pom.xml") {
            self.spend(entry.size)?;
            let text = archive.content(entry, TEXT)?;
            contents.project(name, &String::from_utf8_lossy(&text));
        }
        Ok(())
    }

    fn nested(
        &mut self,
        archive: &Archive<'_>,
        entry: &Entry<'_>,
        chain: &[String],
    ) -> Result<(), ZipError> {
        if chain.len() >= DEPTH {
            return Err(ZipError::TooLarge);
        }
        self.spend(entry.size.max(SEARCH))?;
        let content = archive.unpack(entry, self.live, self.memory)?;
        let held = if entry.is_stored() { 0 } else { entry.size };
        let in_memory = content.in_memory();
        self.live -= held;
        self.memory -= in_memory;
        let chain = [chain, &[entry.name.as_ref().to_owned()]].concat();
        let bytes = content.open()?;
        let result = match is_tarball_name(&entry.name) {
            true => self.tarball(&bytes, &chain),
            false => self.archive(&bytes, &entry.name, &chain),
        };
        self.live += held;
        self.memory += in_memory;
        result
    }

    /// Counts content before it is read, stored content as well: entries may
    /// share it.
    fn spend(&mut self, bytes: u64) -> Result<(), ZipError> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(ZipError::TooLarge)?;
        Ok(())
    }

    fn gap(&mut self, nested: &[String], error: ZipError) {
        if self.gaps.len() >= GAPS {
            return;
        }
        if self.gaps.len() + 1 == GAPS {
            self.gaps.push(CollectGap {
                kind: GapKind::LimitExceeded,
                nested: Vec::new(),
                detail: "java: more than is listed here could not be read".to_owned(),
            });
            return;
        }
        let (kind, detail) = match error {
            ZipError::Broken(why) => (GapKind::EvidenceUnreadable, format!("java: {why}")),
            ZipError::TooLarge => (
                GapKind::LimitExceeded,
                "java: it is nested too deep or expands too far; it was not read".to_owned(),
            ),
        };
        self.gaps.push(CollectGap {
            kind,
            nested: nested.to_vec(),
            detail,
        });
    }
}

const NO_ROOM: ZipError = ZipError::Broken("its content cannot be kept in a temporary file");

/// The content of the entry that a tar archive stands at.
fn content(
    tarball: &mut tarball::Tarball<'_>,
    header: &Header,
    most: u64,
    memory: u64,
) -> Result<Content, ZipError> {
    if header.size > most {
        return Err(ZipError::TooLarge);
    }
    let mut content = Content::new(header.size, memory);
    loop {
        let chunk = tarball
            .chunk()
            .map_err(|_| ZipError::Broken("it is cut off"))?;
        if chunk.is_empty() {
            return Ok(content);
        }
        let length = chunk.len();
        content.write(chunk).map_err(|_| NO_ROOM)?;
        tarball.consume(length);
    }
}
