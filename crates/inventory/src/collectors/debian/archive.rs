//! `*.deb`: a package that is not installed (deb(5)): an `ar` archive whose
//! member `control.tar` describes it. The payload is not read.

use super::control;
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::collectors::deb822::paragraphs;
use crate::facts::Fact;
use crate::tar::TarReader;
use plimsoll_types::{Confidence, Ecosystem};
use std::io::{BufRead, BufReader, Read};

const LIMIT: u64 = 512 << 20;
const MAGIC: &[u8] = b"!<arch>\n";
/// Bytes of `control.tar` that are unpacked, and of the control file in it.
const MOST: u64 = 64 << 20;
const MOST_CONTROL: usize = 1 << 20;

pub(crate) struct Archive;

impl Collector for Archive {
    fn name(&self) -> &'static str {
        "deb-archive"
    }

    fn about(&self) -> &'static str {
        "Debian packages that lie about as *.deb files"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        // Hard links are asked about without their first bytes.
        if file.name().ends_with(".deb") && (file.magic.is_empty() || file.magic.starts_with(MAGIC))
        {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let (name, member) = members(file.bytes)
            .find(|(name, _)| name.starts_with("control.tar"))
            .ok_or_else(|| CollectError::new("it has no member `control.tar`"))?;
        let text = match name.strip_prefix("control.tar").unwrap_or_default() {
            "" => control_file(member),
            ".gz" => control_file(bounded(flate2::read::MultiGzDecoder::new(member))),
            ".xz" => control_file(bounded(lzma_rust2::XzReader::new(member, true))),
            ".zst" => match zstd::Decoder::new(member) {
                Ok(decoder) => control_file(bounded(decoder)),
                Err(_) => None,
            },
            other => return Err(CollectError(format!("`control.tar{other}` is not read"))),
        };
        let record = text.as_deref().and_then(|text| {
            let paragraph = paragraphs(text).next()?;
            let mut record = control::record(&paragraph, Ecosystem::Deb, Confidence::Declared)?;
            record.requires = control::required(&paragraph);
            Some(record)
        });
        match record {
            Some(record) => Ok(vec![Fact::Packages(vec![record])].into()),
            None => Err(CollectError::new(
                "it has no control file with a name and a version",
            )),
        }
    }
}

fn bounded(input: impl Read) -> impl BufRead {
    BufReader::new(input.take(MOST))
}

/// The text of the file `control` in a tar archive.
fn control_file(input: impl BufRead) -> Option<String> {
    let mut tar = TarReader::new(input);
    while let Some(header) = tar.next().ok()? {
        if !matches!(header.path.as_slice(), b"control" | b"./control") {
            continue;
        }
        let mut content = Vec::new();
        loop {
            let chunk = tar.chunk().ok()?;
            let length = chunk.len();
            if length == 0 || content.len() > MOST_CONTROL {
                return Some(String::from_utf8_lossy(&content).into_owned());
            }
            content.extend_from_slice(chunk);
            tar.consume(length);
        }
    }
    None
}

/// Names and contents of the members of an `ar` archive, up to the first that
/// is damaged: 60 bytes of header, content, one byte of padding where odd.
fn members(bytes: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let mut rest = bytes.strip_prefix(MAGIC).unwrap_or_default();
    std::iter::from_fn(move || {
        let (header, after) = rest.split_at_checked(60)?;
        let text = |range| {
            header
                .get(range)
                .and_then(|field| std::str::from_utf8(field).ok())
        };
        let name = text(0..16)?.trim_end().trim_end_matches('/');
        let size: usize = text(48..58)?.trim_end().parse().ok()?;
        let content = after.get(..size)?;
        rest = after
            .get(size.checked_next_multiple_of(2)?..)
            .unwrap_or_default();
        Some((name, content))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn deb(name: &str, control: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for (name, content) in [("debian-binary", b"2.0\n".as_slice()), (name, control)] {
            bytes.extend(format!("{name:<16}{:<32}{:<10}`\n", 0, content.len()).bytes());
            bytes.extend(content);
            if content.len() % 2 == 1 {
                bytes.push(b'\n');
            }
        }
        bytes
    }

    #[test]
    fn a_package_that_lies_about_is_declared() {
        let control = "./control=Package: a\nVersion: 1:2-3\nArchitecture: amd64\nDepends: b\n";
        let tar = fixture::archive(&[control]);
        let packed = zstd::encode_all(tar.as_slice(), 1).unwrap();
        for bytes in [deb("control.tar", &tar), deb("control.tar.zst/", &packed)] {
            let records = fixture::records(&Archive, "srv/a.deb", &bytes).unwrap();
            assert_eq!(records[0].full_version(), "1:2-3");
            assert_eq!(records[0].confidence, Confidence::Declared);
            for end in 8..bytes.len() {
                let _ = fixture::records(&Archive, "srv/a.deb", &bytes[..end]);
            }
        }
        assert!(fixture::records(&Archive, "srv/a.deb", &deb("data.tar", b"x")).is_err());
    }
}
