//! Lists of the files of a distribution: `RECORD` (the specification of
//! recorded projects) and setuptools' `installed-files.txt`.

use super::{split, stem};
use crate::collector::{Collected, File};
use crate::collectors::text::decode;
use crate::collectors::{MOST_FILES, too_many};
use crate::facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
use crate::path::{join, parent};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plimsoll_types::Ecosystem;

/// A list of the files of a package.
pub(super) struct List<'a> {
    /// The package that the directory names.
    package: &'a str,
    /// What paths in it start from.
    base: &'a str,
}

/// `RECORD` counts from the folder of all packages, the older
/// `installed-files.txt` from its own.
pub(super) fn list(path: &str) -> Option<List<'_>> {
    let (folder, file) = path.rsplit_once('/')?;
    let own = folder.rsplit('/').next()?;
    let (directory, base) = match file {
        "RECORD" => (stem(own, "dist-info")?, parent(folder)),
        "installed-files.txt" => (stem(own, "egg-info")?, folder),
        _ => return None,
    };
    let package = split(directory).0;
    (!package.is_empty()).then_some(List { package, base })
}

impl List<'_> {
    /// Lines of `path,sha256=…,size`, or of paths alone.
    pub(super) fn read(&self, file: &File<'_>) -> Collected {
        let text = decode(file.bytes);
        let mut collected = Collected::default();
        let mut files = Vec::new();
        for line in text.lines() {
            // Only the path may hold commas, and then it is quoted.
            let mut fields = line.rsplitn(3, ',');
            let (size, digest, path) = (fields.next(), fields.next(), fields.next());
            let (path, digest) = match (path, digest) {
                (Some(path), digest) => (path, digest),
                _ => (size.unwrap_or_default(), None),
            };
            let path = path.trim().trim_matches('"');
            // Bytecode changes whenever another interpreter runs.
            if path.is_empty() || path.ends_with(".pyc") {
                continue;
            }
            // Scripts name the interpreter, which moves with the environment.
            let script = path.starts_with("..");
            let path = join(self.base, path);
            if files.len() >= MOST_FILES {
                collected.gaps.push(too_many("python"));
                break;
            }
            let digest = digest.and_then(sha256);
            files.push(OwnedFile {
                digest,
                config: script,
                ..OwnedFile::new(path)
            });
        }
        if !files.is_empty() {
            collected.facts.push(Fact::Owned(vec![Ownership {
                ecosystem: Ecosystem::Pypi,
                package: self.package.to_owned(),
                arch: None,
                files,
            }]));
        }
        collected
    }
}

fn sha256(stated: &str) -> Option<FileDigest> {
    let hash = URL_SAFE_NO_PAD
        .decode(stated.strip_prefix("sha256=")?)
        .ok()?;
    Some(FileDigest {
        algorithm: Algorithm::Sha256,
        hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_types::Mode;

    #[test]
    fn a_record_lists_files_with_their_digests() {
        let files = |path: &str, text: &str| {
            let file = File {
                path,
                mode: Mode(0o644),
                bytes: text.as_bytes(),
                companion: None,
            };
            let facts = list(path).unwrap().read(&file).facts;
            let Some(Fact::Owned(owners)) = facts.into_iter().next() else {
                panic!("{path}");
            };
            assert_eq!(owners[0].package, "flask");
            let name = |f: &OwnedFile| (f.path.clone(), f.digest.is_some());
            owners[0].files.iter().map(name).collect::<Vec<_>>()
        };
        let record = "<<<<<<< HEAD\nflask/tag.py,sha256=9ehzrmt5k7hxf7ZEK0NOs3swvQyU9fWNe-pnYe69N60,8223\n\"a,b.py\",,\n../../../bin/flask,sha256=x!,2\n../../../../../../x,,\nflask/tag.pyc,,\n";
        let found = files("usr/lib/python3/flask-1.0.dist-info/RECORD", record);
        let expected = [
            ("usr/lib/python3/<<<<<<< HEAD", false),
            ("usr/lib/python3/flask/tag.py", true),
            ("usr/lib/python3/a,b.py", false),
            ("bin/flask", false),
            ("x", false),
        ];
        assert_eq!(
            found,
            expected.map(|(path, digest)| (path.to_owned(), digest))
        );
        let found = files(
            "lib/flask-1.0.egg-info/installed-files.txt",
            "../flask/x.py\n",
        );
        assert_eq!(found, [("lib/flask/x.py".to_owned(), false)]);
    }
}
