//! Conda packages: the records that conda keeps of what it installed, and
//! environment files.

use super::python_lock::requirement;
use super::yaml::documents;
use super::{MOST_FILES, declared, packages, too_many};
use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::{Algorithm, Fact, FileDigest, OwnedFile, Ownership};
use crate::path::{join, parent};
use plimsoll_types::{Confidence, Ecosystem, PackageRecord};
use serde_json::Value;

const LIMIT: u64 = 64 << 20;

pub(crate) struct Conda;

impl Collector for Conda {
    fn name(&self) -> &'static str {
        "conda"
    }

    fn about(&self) -> &'static str {
        "Conda packages: conda-meta/*.json, environment.yml"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        if is_environment(file.name()) || prefix(file.path).is_some() {
            Want::Whole { limit: LIMIT }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let text = super::text::decode(file.bytes);
        match prefix(file.path) {
            Some(prefix) => installed(&text, prefix),
            None => Ok(packages(self.name(), environment(&text)?)),
        }
    }
}

fn is_environment(name: &str) -> bool {
    matches!(name, "environment.yml" | "environment.yaml")
}

/// The environment whose record this is.
fn prefix(path: &str) -> Option<&str> {
    let folder = path.strip_suffix(".json").map(parent)?;
    let prefix = folder.strip_suffix("conda-meta")?;
    (prefix.is_empty() || prefix.ends_with('/')).then_some(prefix)
}

fn installed(text: &str, prefix: &str) -> Result<Collected, CollectError> {
    let json: Value = serde_json::from_str(text).map_err(CollectError::new)?;
    let text = |key: &str| {
        let text = json.get(key).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    let name = text("name").ok_or_else(|| CollectError::new("it names no package"))?;
    let version = text("version").map(str::to_owned);
    let mut record = PackageRecord::new(Ecosystem::Conda, name, version, Confidence::Installed);
    record.licenses = text("license").map(str::to_owned).into_iter().collect();
    record.arch = text("arch").map(str::to_owned);
    for algorithm in ["sha256", "md5"] {
        let digest = text(algorithm).map(|hex| format!("{algorithm}:{hex}"));
        record.digests.extend(digest);
    }
    let kind = text("fn").and_then(|name| {
        [".conda", ".tar.bz2"]
            .into_iter()
            .find(|end| name.ends_with(end))
    });
    let qualifiers = [
        ("build", text("build")),
        ("channel", text("channel").map(channel)),
        ("subdir", text("subdir")),
        ("type", kind.map(|kind| kind.trim_start_matches('.'))),
    ];
    for (key, value) in qualifiers {
        let value = value.map(|value| (key.to_owned(), value.to_owned()));
        record.qualifiers.extend(value);
    }
    let depends = json.get("depends").and_then(Value::as_array);
    let depends = depends.into_iter().flatten().filter_map(Value::as_str);
    record.requires = depends
        .filter_map(|spec| spec.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    record.requires.sort();
    record.requires.dedup();
    let (files, full) = files(&json, prefix);
    let mut collected = Collected::default();
    if !files.is_empty() {
        collected.facts.push(Fact::Owned(vec![Ownership {
            ecosystem: Ecosystem::Conda,
            package: name.to_owned(),
            arch: None,
            files,
        }]));
    }
    collected.facts.push(Fact::Packages(vec![record]));
    collected.gaps.extend(full.then(|| too_many("conda")));
    Ok(collected)
}

/// The last part of `https://repo.anaconda.com/pkgs/main/linux-64` that is not
/// a platform.
fn channel(url: &str) -> &str {
    const PLATFORMS: &[&str] = &["noarch", "linux-", "osx-", "win-"];
    let platform = |part: &&str| PLATFORMS.iter().any(|kind| part.starts_with(kind));
    let mut parts = url.trim_end_matches('/').rsplit('/');
    parts.by_ref().find(|part| !platform(part)).unwrap_or(url)
}

/// Digests where it states them; files that conda rewrote for their place
/// have another.
fn files(json: &Value, prefix: &str) -> (Vec<OwnedFile>, bool) {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let detailed = list(json.get("paths_data").and_then(|data| data.get("paths")));
    let plain = if detailed.is_empty() {
        list(json.get("files"))
    } else {
        Vec::new()
    };
    let full = detailed.len().max(plain.len()) > MOST_FILES;
    let entries = detailed.iter().chain(&plain).take(MOST_FILES);
    let files = entries.filter_map(|entry| {
        let path = entry.as_str().or_else(|| entry.get("_path")?.as_str())?;
        // Bytecode changes whenever another interpreter runs.
        if path.ends_with(".pyc") {
            return None;
        }
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        // Of a link it states the digest of what it leads to.
        let linked = text("path_type").is_some_and(|kind| kind != "hardlink");
        let digest = text("sha256_in_prefix").or(text("sha256"));
        Some(OwnedFile {
            digest: digest.filter(|_| !linked).and_then(sha256),
            ..OwnedFile::new(join(prefix, path))
        })
    });
    (files.collect(), full)
}

fn sha256(hex: &str) -> Option<FileDigest> {
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let hash: Option<Vec<u8>> = (0..64).step_by(2).map(byte).collect();
    Some(FileDigest {
        algorithm: Algorithm::Sha256,
        hash: hash?,
    })
}

/// What `environment.yml` pins, for conda and for pip.
fn environment(text: &str) -> Result<Vec<PackageRecord>, CollectError> {
    let documents = documents(text)?;
    let entries = documents
        .iter()
        .filter_map(|document| document.get("dependencies")?.as_array());
    let mut records = Vec::new();
    for entry in entries.flatten() {
        if let Some(spec) = entry.as_str() {
            records.extend(pinned(spec));
        }
        let pip = entry.get("pip").and_then(Value::as_array);
        let pip = pip.into_iter().flatten().filter_map(Value::as_str);
        records.extend(pip.filter_map(requirement));
    }
    Ok(records)
}

/// `[channel::]name=version[=build]`, or the same with blanks between.
fn pinned(spec: &str) -> Option<PackageRecord> {
    let spec = spec.rsplit("::").next()?;
    let end = spec
        .find(['=', ' ', '<', '>', '!', '~', '['])
        .unwrap_or(spec.len());
    let (name, rest) = spec.split_at_checked(end)?;
    let rest = rest.trim_start().trim_start_matches('=');
    let mut parts = rest.trim_start().split(['=', ' ']);
    let (version, build) = (parts.next()?, parts.next());
    let exact = version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !version.contains(['*', '|', ',', '<', '>', '!', '~'])
        && !rest.contains(['<', '>']);
    if name.is_empty() || !exact {
        return None;
    }
    let mut record = declared(Ecosystem::Conda, name, Some(version));
    let build = build.map(|build| ("build".to_owned(), build.to_owned()));
    record.qualifiers.extend(build);
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};
    use plimsoll_types::Mode;

    const META: &str = r#"{"name":"libgomp","version":"11.2.0","build":"h1234567_1","channel":"https://repo.anaconda.com/pkgs/main/linux-64","subdir":"linux-64",
        "fn":"libgomp-11.2.0-h1234567_1.conda","license":"GPL-3.0-only","depends":["_libgcc_mutex 0.1 main"],"files":["lib/libgomp.so"],"sha256":"00"}"#;

    #[test]
    fn a_record_says_what_and_where_from() {
        let path = "opt/conda/conda-meta/libgomp-11.2.0-h1234567_1.json";
        let record = records(&Conda, path, META.as_bytes()).unwrap().remove(0);
        assert_eq!(
            record.purl(None).unwrap().to_string(),
            "pkg:conda/libgomp@11.2.0?build=h1234567_1&channel=main&subdir=linux-64&type=conda"
        );
        assert_eq!(record.requires, ["_libgcc_mutex"]);
        assert_eq!(record.digests, ["sha256:00"]);
        let file = File {
            path,
            mode: Mode(0),
            bytes: META.as_bytes(),
            companion: None,
        };
        let facts = Conda.collect(&file).unwrap().facts;
        let Some(Fact::Owned(owners)) = facts.first() else {
            panic!()
        };
        assert_eq!(owners[0].files[0].path, "opt/conda/lib/libgomp.so");
        assert_eq!(prefix("opt/conda/conda-meta/history"), None);
    }

    #[test]
    fn channels_have_names() {
        assert_eq!(
            channel("https://conda.anaconda.org/conda-forge/noarch"),
            "conda-forge"
        );
        assert_eq!(channel("conda-forge"), "conda-forge");
    }

    #[test]
    fn an_environment_names_what_it_pins() {
        let text = "dependencies:
  - '='
  - blas=1.0=openblas
  - python
  - libblas>=3.9
  - libcblas<=3.9.0=22
  - libgcc-ng 13.2|13.3
  - libgomp 13.2.0 hf8544c7_5
  - conda-forge::libexpat==2.6.2
  - x=2.40.*
  - pip:
    - asgiref==3.8.1
    - -r other.txt
";
        let found = found(&Conda, "app/environment.yml", text.as_bytes());
        assert_eq!(
            found,
            [
                "blas@1.0",
                "libgomp@13.2.0",
                "libexpat@2.6.2",
                "asgiref@3.8.1"
            ]
        );
    }
}
