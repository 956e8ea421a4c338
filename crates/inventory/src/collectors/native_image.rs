//! Java artifacts in GraalVM native images: the bill of materials that the
//! compiler embeds as gzip of CycloneDX JSON, found by its symbols.

use super::executable::{at, objects, wanted};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use memchr::memmem;
use object::read::{ExportTarget, NameOrOrdinal};
use object::{File as ObjectFile, Object, ObjectSymbol};
use plimsoll_types::{Confidence, PackageRecord, PackageUrl};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::io::Read;

const MARK: &str = "__svm_version_info";
/// Bytes of the document as stored and as inflated.
const STORED_LIMIT: u64 = 64 << 20;
const DOCUMENT_LIMIT: u64 = 256 << 20;

pub(crate) struct NativeImage;

impl Collector for NativeImage {
    fn name(&self) -> &'static str {
        "native-image"
    }

    fn about(&self) -> &'static str {
        "Java artifacts in GraalVM native images: embedded bills of materials"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        wanted(file)
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        if memmem::find(file.bytes, MARK.as_bytes()).is_none() {
            return Ok(Collected::default());
        }
        let mut records = BTreeSet::new();
        // Whoever reads build information of Go says what is broken.
        for object in objects(file.bytes).unwrap_or_default() {
            if let Some(document) = document(&object) {
                records.extend(components(document)?);
            }
        }
        if records.is_empty() {
            return Ok(Collected::default());
        }
        Ok(vec![Fact::Packages(records.into_iter().collect())].into())
    }
}

/// The compressed document. Other programs may have a symbol of the same
/// name, so all three are needed.
fn document<'a>(object: &ObjectFile<'a>) -> Option<&'a [u8]> {
    let places = places(object);
    places.get(MARK)?;
    let length: [u8; 8] = at(object, *places.get("sbom_length")?, 8)?
        .try_into()
        .ok()?;
    let length = u64::from_le_bytes(length);
    at(object, *places.get("sbom")?, length.min(STORED_LIMIT))
}

/// Addresses of the three symbols.
fn places(object: &ObjectFile<'_>) -> HashMap<&'static str, u64> {
    // Names of Mach-O have one `_` more.
    let known = |name: &str| {
        let mut wanted = ["sbom", "sbom_length", MARK].into_iter();
        wanted.find(|wanted| name == *wanted || name.strip_prefix('_') == Some(wanted))
    };
    let mut places = HashMap::new();
    for symbol in object.symbols().chain(object.dynamic_symbols()) {
        if let Some(name) = symbol.name().ok().and_then(known) {
            places.insert(name, symbol.address());
        }
    }
    // Programs for Windows have no symbols, but exports.
    for export in object.exports().into_iter().flatten().flatten() {
        let (NameOrOrdinal::Name(name), ExportTarget::Address { address }) =
            (export.name(), export.target())
        else {
            continue;
        };
        if let Some(name) = std::str::from_utf8(name).ok().and_then(known) {
            places.entry(name).or_insert(address);
        }
    }
    places
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    purl: Option<String>,
}

fn components(compressed: &[u8]) -> Result<Vec<PackageRecord>, CollectError> {
    let failed =
        |error: &dyn std::fmt::Display| CollectError(format!("its bill of materials: {error}"));
    let mut json = Vec::new();
    let inflated = flate2::read::GzDecoder::new(compressed)
        .take(DOCUMENT_LIMIT)
        .read_to_end(&mut json);
    inflated.map_err(|error| failed(&error))?;
    let document: Document = serde_json::from_slice(&json).map_err(|error| failed(&error))?;
    let purls = document.components.into_iter();
    let purls = purls.filter_map(|component| component.purl?.parse::<PackageUrl>().ok());
    Ok(purls
        .filter_map(|purl| {
            let mut record = purl.record()?;
            record.confidence = Confidence::Embedded;
            Some(record)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Section, elf, found, records};
    use std::io::Write;

    fn image(document: &[u8], names: &[&str]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(document).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut data = (gzip.len() as u64).to_le_bytes().to_vec();
        data.extend(&gzip);
        let (mut strings, mut symbols) = (vec![0], vec![0; 24]);
        for name in names {
            symbols.extend(u32::try_from(strings.len()).unwrap().to_le_bytes());
            // A global object in the first section.
            symbols.extend([0x11, 0, 1, 0]);
            let address = 0x1000_u64 + if *name == "sbom" { 8 } else { 0 };
            symbols.extend(address.to_le_bytes());
            symbols.extend(8_u64.to_le_bytes());
            strings.extend(name.as_bytes());
            strings.push(0);
        }
        elf(&[
            Section {
                name: ".data",
                kind: 1,
                address: 0x1000,
                link: 0,
                data: &data,
            },
            Section {
                name: ".symtab",
                kind: 2,
                address: 0,
                link: 3,
                data: &symbols,
            },
            Section {
                name: ".strtab",
                kind: 3,
                address: 0,
                link: 0,
                data: &strings,
            },
        ])
    }

    const ALL: [&str; 3] = [MARK, "sbom_length", "sbom"];

    #[test]
    fn the_embedded_document_names_artifacts() {
        let document = br#"{"components":[{"purl":"pkg:maven/io.micronaut/micronaut-core@4.2.0"},{"name":"x"}]}"#;
        let expected = ["io.micronaut:micronaut-core@4.2.0"];
        assert_eq!(
            found(&NativeImage, "app/server", &image(document, &ALL)),
            expected
        );
        assert!(found(&NativeImage, "app/server", &image(document, &ALL[..2])).is_empty());
    }

    #[test]
    fn a_broken_document_is_said() {
        assert!(records(&NativeImage, "app/server", &image(b"{", &ALL)).is_err());
    }
}
