//! The documents of one file: itself, inflated where it is compressed, or the
//! members of a zip or tar archive.

use super::tar::Tar;
use super::{Input, InputError, failed};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, Seek};

/// Bytes that one document may have, inflated.
const MAX_DOCUMENT: u64 = 2 << 30;
/// Members that one archive may have.
const MAX_MEMBERS: usize = 4_000_000;
/// Bytes that all documents of one file may have, inflated: so many times its
/// length, and some for short files.
const MAX_RATIO: u64 = 1000;
const MAX_SHORT: u64 = 64 << 20;
/// Whatever its length, no file inflates to more than this.
const MAX_TOTAL: u64 = 256 << 30;

/// Endings of members that feeds may be in, and whole names without one.
const ENDINGS: &[&str] = &["json", "yaml", "yml", "xml", "csv", "txt"];
const NAMES: &[&str] = &["list", "json"];

/// Something that may be a document of a feed.
pub(crate) struct Document {
    /// Path or URL, with the member of an archive.
    pub name: String,
    /// Whether it is one of many in an archive.
    pub is_member: bool,
    /// Its bytes, or why they cannot be read.
    pub content: Result<Vec<u8>, String>,
}

impl Input {
    /// Hands over every document: the file itself, inflated where it is
    /// compressed, or each member of an archive whose name may be a feed's.
    pub(crate) fn documents(
        &mut self,
        mut each: impl FnMut(Document) -> Result<(), InputError>,
    ) -> Result<(), InputError> {
        let broken = |error: io::Error| failed(&self.name, error);
        self.file.rewind().map_err(broken)?;
        let length = self.file.metadata().map_err(broken)?.len();
        let budget = Budget::of(length);
        let mut file = BufReader::with_capacity(1 << 16, &self.file);
        // Every format tells itself by its first six bytes.
        let magic = file.fill_buf().map_err(broken)?;
        let magic = magic.get(..6.min(magic.len())).unwrap_or_default();
        match magic {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => {
                zip(&self.name, file, &budget, &mut each)
            }
            [0x1f, 0x8b, ..] => {
                self.stream(flate2::bufread::MultiGzDecoder::new(file), &budget, each)
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let reader = zstd::stream::read::Decoder::with_buffer(file).map_err(broken)?;
                self.stream(reader, &budget, each)
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0] => {
                self.stream(lzma_rust2::XzReader::new(file, true), &budget, each)
            }
            [b'B', b'Z', b'h', ..] => {
                self.stream(bzip2::bufread::MultiBzDecoder::new(file), &budget, each)
            }
            _ => self.stream(file, &budget, each),
        }
    }

    /// One document, or a tar archive of them.
    fn stream(
        &self,
        reader: impl Read,
        budget: &Budget,
        mut each: impl FnMut(Document) -> Result<(), InputError>,
    ) -> Result<(), InputError> {
        let broken = |error: io::Error| failed(&self.name, error);
        let metered = Metered { reader, budget };
        let mut tar = Tar::new(metered).map_err(broken)?;
        if !tar.is_tar() {
            let content = whole(tar.into_inner()).map_err(broken)?;
            return each(Document {
                name: self.name.clone(),
                is_member: false,
                content: Ok(content),
            });
        }
        let mut members = 0;
        while let Some(member) = tar.next().map_err(broken)? {
            members += 1;
            if members > MAX_MEMBERS {
                return Err(failed(&self.name, too_many()));
            }
            if !may_be_feed(&member) {
                continue;
            }
            let content = tar.content(MAX_DOCUMENT).map_err(broken)?;
            each(Document {
                name: member_name(&self.name, &member),
                is_member: true,
                content: content.ok_or_else(too_long),
            })?;
        }
        // Only at its very end does a compressed file tell that it is whole.
        io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(broken)?;
        Ok(())
    }
}

fn zip(
    name: &str,
    reader: impl Read + Seek,
    budget: &Budget,
    each: &mut impl FnMut(Document) -> Result<(), InputError>,
) -> Result<(), InputError> {
    let mut archive = zip::ZipArchive::new(reader).map_err(|error| failed(name, error))?;
    if archive.len() > MAX_MEMBERS {
        return Err(failed(name, too_many()));
    }
    for index in 0..archive.len() {
        let (member, content) = match archive.by_index(index) {
            Ok(member) => match member.name().map(|name| name.into_owned()) {
                Ok(text) if !member.is_file() || !may_be_feed(&text) => continue,
                Ok(text) => {
                    let metered = Metered {
                        reader: member,
                        budget,
                    };
                    (text, whole(metered).map_err(|error| error.to_string()))
                }
                Err(error) => (format!("member {index}"), Err(error.to_string())),
            },
            Err(error) => (format!("member {index}"), Err(error.to_string())),
        };
        if budget.is_spent() {
            return Err(failed(name, too_dense()));
        }
        each(Document {
            name: member_name(name, &member),
            is_member: true,
            content,
        })?;
    }
    Ok(())
}

/// Members are named by whoever made the archive.
fn member_name(archive: &str, member: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    format!(
        "{archive}!{}",
        member.chars().map(shown).collect::<String>()
    )
}

fn may_be_feed(member: &str) -> bool {
    let file = member.rsplit_once('/').map_or(member, |(_, file)| file);
    match file.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.contains(&ending),
        None => NAMES.contains(&file),
    }
}

fn too_many() -> String {
    format!("it has more than {MAX_MEMBERS} members")
}

fn too_long() -> String {
    "it inflates to more than 2 GiB".to_owned()
}

fn too_dense() -> String {
    format!("it inflates to more than {MAX_RATIO} times its length")
}

fn whole(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(io::Error::other(too_long()));
    }
    Ok(bytes)
}

/// Bytes that a file may still inflate to.
struct Budget(Cell<u64>);

impl Budget {
    fn of(length: u64) -> Self {
        let total = length.saturating_mul(MAX_RATIO).saturating_add(MAX_SHORT);
        Self(Cell::new(total.min(MAX_TOTAL)))
    }

    fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// A reader that ends in an error once the budget is spent.
struct Metered<'a, R> {
    reader: R,
    budget: &'a Budget,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        let left = self.budget.0.get().saturating_sub(length as u64);
        self.budget.0.set(left);
        if left == 0 && length > 0 {
            return Err(io::Error::other(too_dense()));
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::tar::tests::archive;
    use std::io::Write;

    type Told = (String, Result<String, String>);

    fn documents(bytes: &[u8]) -> Result<Vec<Told>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let path = file.path().display().to_string();
        let mut told = Vec::new();
        let mut inputs = super::super::all(
            std::slice::from_ref(&path),
            &crate::fetch::Fetcher::new(None, None),
        )
        .unwrap();
        let read = inputs[0].documents(|document| {
            let name = document.name.replacen(&path, "it", 1);
            let content = document.content;
            told.push((name, content.map(|c| String::from_utf8(c).unwrap())));
            Ok(())
        });
        read.map(|()| told).map_err(|error| error.reason.unwrap())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn an_archive_is_read_alike_however_it_is_packed() {
        let plain = archive(&[
            ("repo/README.md", '0', "no feed"),
            ("repo/a.json", '0', "one"),
            ("repo/link.json", '2', ""),
            ("repo/dev.json", '3', ""),
            ("data/DSA/list", '0', "two"),
            ("gems/x/b.yml", '0', "three"),
        ]);
        let mut xz =
            lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
        xz.write_all(&plain).unwrap();
        let fast = bzip2::Compression::fast();
        let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), fast);
        bz2.write_all(&plain).unwrap();
        let expected: Vec<_> = [
            ("it!repo/a.json", "one"),
            ("it!data/DSA/list", "two"),
            ("it!gems/x/b.yml", "three"),
        ]
        .map(|(name, text)| (name.to_owned(), Ok(text.to_owned())))
        .into();
        for packed in [
            plain.clone(),
            gzip(&plain),
            zstd::bulk::compress(&plain, 3).unwrap(),
            xz.finish().unwrap(),
            bz2.finish().unwrap(),
        ] {
            assert_eq!(documents(&packed).unwrap(), expected);
        }
        assert_eq!(
            documents(&gzip(b"{}")).unwrap(),
            [("it".to_owned(), Ok("{}".to_owned()))]
        );
        assert!(documents(b"BZh91AY").is_err());
    }

    #[test]
    fn an_archive_that_is_cut_is_not_read_as_a_shorter_one() {
        let plain = archive(&[("a.json", '0', "one"), ("b.json", '0', "two")]);
        assert!(documents(&plain[..1024 + 513]).is_err());
        let packed = gzip(&plain);
        assert!(documents(&packed[..packed.len() - 12]).is_err());
    }

    #[test]
    fn a_file_that_inflates_without_end_is_given_up() {
        let zeros = vec![b' '; (MAX_SHORT + (2 << 20)) as usize];
        let packed = zstd::bulk::compress(&zeros, 1).unwrap();
        assert!(packed.len() < 20_000);
        // Its length allows for somewhat more than the floor.
        let more = packed.len() * MAX_RATIO as usize;
        let packed = zstd::bulk::compress(&vec![b' '; zeros.len() + 2 * more], 1).unwrap();
        let error = documents(&packed).unwrap_err();
        assert!(error.contains("1000 times"), "{error}");
    }

    #[test]
    fn a_member_that_is_broken_costs_itself() {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        for name in ["a.json", "b\u{1b}.json"] {
            zip.start_file(name, options).unwrap();
            zip.write_all(b"content").unwrap();
        }
        let mut bytes = zip.finish().unwrap().into_inner();
        let at = bytes.windows(7).position(|w| w == b"content").unwrap();
        bytes[at] = b'X';
        let told = documents(&bytes).unwrap();
        assert!(told[0].1.is_err());
        assert_eq!(told[1], ("it!b\u{fffd}.json".into(), Ok("content".into())));
    }
}
