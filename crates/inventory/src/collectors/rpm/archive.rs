//! `*.rpm`: a package that is not installed. Behind a lead of 96 bytes stand
//! two headers, the signature padded to eight bytes; the payload is not read.

use super::header::Header;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::integers::Order::Big;
use crate::facts::Fact;
use plimsoll_types::Confidence;

const LIMIT: u64 = 512 << 20;
const LEAD: &[u8] = &[0xed, 0xab, 0xee, 0xdb];
const HEADER: &[u8] = &[0x8e, 0xad, 0xe8, 0x01];

pub(crate) struct Archive;

impl Collector for Archive {
    fn name(&self) -> &'static str {
        "rpm-archive"
    }

    fn about(&self) -> &'static str {
        "RPM packages that lie about as *.rpm files"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        // Hard links are asked about without their first bytes.
        if file.name().ends_with(".rpm") && (file.magic.is_empty() || file.magic.starts_with(LEAD))
        {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let blob = header(file.bytes).ok_or_else(|| CollectError::new("its header is damaged"))?;
        let header =
            Header::parse(blob).ok_or_else(|| CollectError::new("its header is damaged"))?;
        let Some(mut record) = header.record() else {
            return Err(CollectError::new("it has no name or version"));
        };
        record.confidence = Confidence::Declared;
        if header.is_source() {
            record.arch = Some("src".to_owned());
        }
        Ok(vec![Fact::Packages(vec![record])].into())
    }
}

/// The second header, as a database keeps it.
fn header(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.get(96..)?;
    let signature = length(rest)?.next_multiple_of(8);
    let rest = rest.get(signature..)?;
    rest.get(8..length(rest)?)
}

/// Bytes of a header with its eight bytes of magic.
fn length(bytes: &[u8]) -> Option<usize> {
    bytes.starts_with(HEADER).then_some(())?;
    let index = Big.size(bytes, 8)?.checked_mul(16)?;
    index.checked_add(Big.size(bytes, 12)?)?.checked_add(16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collectors::rpm::tests::blob;
    use crate::fixture::records;

    #[test]
    fn a_package_that_lies_about_is_declared() {
        let with_magic = |blob: &[u8]| [HEADER, &[0; 4], blob].concat();
        let signature = with_magic(&[0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
        let mut bytes = LEAD.to_vec();
        bytes.resize(96, 0);
        bytes.extend(&signature);
        bytes.resize(96 + signature.len().next_multiple_of(8), 0);
        bytes.extend(with_magic(&blob("tool")));
        let found = records(&Archive, "srv/tool.rpm", &bytes).unwrap();
        assert_eq!(found[0].full_version(), "1:1.2-3.el9");
        assert_eq!(found[0].confidence, Confidence::Declared);
        for end in 0..bytes.len() {
            let _ = header(&bytes[..end]).map(Header::parse);
        }
    }
}
