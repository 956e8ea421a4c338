//! Machine learning models: what the head of a GGUF or safetensors file says
//! (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>,
//! <https://huggingface.co/docs/safetensors>), and where the cache of a hub
//! keeps it.

use crate::collector::{CollectError, Collected, Collector, File, FileHead, Want};
use crate::facts::Fact;
use plimsoll_types::{Confidence, Ecosystem, PackageRecord, PackageUrl};
use serde_json::Value;
use std::collections::BTreeMap;

/// What describes a model comes first; tensors and vocabularies follow.
const HEAD: u64 = 1 << 20;
/// Pairs of one GGUF file that are looked at.
const MOST_PAIRS: u64 = 4096;

pub(crate) struct Model;

impl Collector for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    fn about(&self) -> &'static str {
        "Machine learning models: GGUF, safetensors"
    }

    fn wants(&self, file: &FileHead<'_>) -> Want {
        let name = file.name();
        if name.ends_with(".safetensors") || file.magic.starts_with(b"GGUF") {
            Want::Head { bytes: HEAD }
        } else {
            Want::No
        }
    }

    fn collect(&self, file: &File<'_>) -> Result<Collected, CollectError> {
        let stated = if file.bytes.starts_with(b"GGUF") {
            gguf(file.bytes).ok_or_else(|| CollectError("its head is cut off".into()))?
        } else {
            safetensors(file.bytes)?
        };
        let mut model = record(&stated, file);
        model.licenses = ["general.license", "license", "modelspec.license"]
            .iter()
            .filter_map(|key| stated.get(*key).cloned())
            .take(1)
            .collect();
        model.vendor = ["general.author", "general.organization", "modelspec.author"]
            .iter()
            .find_map(|key| stated.get(*key).cloned());
        Ok(vec![Fact::Packages(vec![model])].into())
    }
}

type Stated = BTreeMap<String, String>;

/// The package by where the cache of the hub keeps it, else by what the file
/// says, else by its name.
fn record(stated: &Stated, file: &File<'_>) -> PackageRecord {
    let first = |keys: &[&str]| keys.iter().find_map(|key| stated.get(*key).cloned());
    let (name, version, is_of_hub) = match hub(file.path) {
        Some((repository, revision)) => (repository, Some(revision.to_owned()), true),
        None => match first(&["general.repo_url", "general.source.huggingface.repository"])
            .and_then(|url| repository(&url))
        {
            Some(repository) => (repository, first(&["general.version"]), true),
            None => {
                let title = first(&["general.name", "modelspec.title", "name", "ss_output_name"]);
                let name = title.unwrap_or_else(|| own_name(file.path).to_owned());
                (name, first(&["general.version"]), false)
            }
        },
    };
    let mut record = PackageRecord::new(Ecosystem::Model, name, version, Confidence::Embedded);
    if !is_of_hub {
        let purl = PackageUrl {
            kind: Ecosystem::Generic.purl_type().to_owned(),
            name: record.name.clone(),
            version: record.version.clone(),
            ..PackageUrl::default()
        };
        record.purl = Some(purl.to_string());
    }
    record
}

/// `owner/name` and revision of `models--owner--name/snapshots/REVISION/…`.
fn hub(path: &str) -> Option<(String, &str)> {
    let mut parts = path.split('/');
    let folder = parts.find_map(|part| part.strip_prefix("models--"))?;
    let (owner, name) = folder.split_once("--")?;
    (parts.next() == Some("snapshots")).then_some(())?;
    Some((format!("{owner}/{name}"), parts.next()?))
}

/// `owner/name` of the address of a repository.
fn repository(url: &str) -> Option<String> {
    let path = url.strip_prefix("https://huggingface.co/").unwrap_or(url);
    let mut parts = path.split('/');
    let (owner, name) = (parts.next()?, parts.next()?);
    let sane =
        parts.next().is_none() && !owner.is_empty() && !name.is_empty() && !owner.contains(':');
    sane.then(|| format!("{owner}/{name}"))
}

/// The name of the file, or of its folder where every model has that name.
fn own_name(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let usual = [
        "model",
        "pytorch_model",
        "adapter_model",
        "diffusion_pytorch_model",
    ];
    let plain = stem.split("-0").next().unwrap_or(stem);
    match folder.rsplit('/').next() {
        Some(folder) if !folder.is_empty() && usual.contains(&plain) => folder,
        _ => stem,
    }
}

/// Texts of the `__metadata__` of a header: a length, then JSON. Headers that
/// are longer than the head say nothing.
fn safetensors(bytes: &[u8]) -> Result<Stated, CollectError> {
    let length = bytes.get(..8).and_then(|length| length.try_into().ok());
    let length = length
        .map(u64::from_le_bytes)
        .and_then(|length| usize::try_from(length).ok());
    let Some(length) = length else {
        return Err(CollectError("its head is cut off".into()));
    };
    let Some(json) = length.checked_add(8).and_then(|end| bytes.get(8..end)) else {
        return Ok(Stated::new());
    };
    let header: Value = serde_json::from_slice(json).map_err(CollectError::new)?;
    let metadata = header.get("__metadata__").and_then(Value::as_object);
    let texts = metadata.into_iter().flatten();
    Ok(texts
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect())
}

/// Texts of the `general` pairs of a file, as far as the head goes.
fn gguf(bytes: &[u8]) -> Option<Stated> {
    let mut reader = Reader(bytes.get(4..)?);
    let version = reader.number(4)?;
    // The first version counted in 32 bits.
    let width = if version == 1 { 4 } else { 8 };
    reader.number(width)?;
    let pairs = reader.number(width)?;
    let mut stated = Stated::new();
    for _ in 0..pairs.min(MOST_PAIRS) {
        let Some((key, value)) = reader.pair(width) else {
            break;
        };
        if let Some(text) = value
            && key.starts_with("general.")
        {
            stated.insert(key, text);
        }
    }
    Some(stated)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, length: u64) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, width: u64) -> Option<u64> {
        let bytes = self.take(width)?.iter().rev();
        Some(bytes.fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn text(&mut self, width: u64) -> Option<String> {
        let length = self.number(width)?;
        Some(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    /// A key, and its value where that is text.
    fn pair(&mut self, width: u64) -> Option<(String, Option<String>)> {
        let key = self.text(width)?;
        let kind = self.number(4)?;
        let value = match kind {
            8 => Some(self.text(width)?),
            9 => {
                let kind = self.number(4)?;
                let count = self.number(width)?;
                self.skip(kind, count, width)?;
                None
            }
            kind => {
                self.skip(kind, 1, width)?;
                None
            }
        };
        Some((key, value))
    }

    fn skip(&mut self, kind: u64, count: u64, width: u64) -> Option<()> {
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                for _ in 0..count {
                    self.text(width)?;
                }
                return Some(());
            }
            _ => return None,
        };
        self.take(count.checked_mul(size)?)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{found, records};

    fn model(pairs: &[(&str, &str)]) -> Vec<u8> {
        let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        let mut file = b"GGUF\x03\0\0\0".to_vec();
        file.extend(7_u64.to_le_bytes());
        file.extend((pairs.len() as u64 + 2).to_le_bytes());
        file.extend(text("general.alignment"));
        file.extend([4, 0, 0, 0, 32, 0, 0, 0]);
        file.extend(text("general.tags"));
        file.extend([9, 0, 0, 0, 8, 0, 0, 0]);
        file.extend(1_u64.to_le_bytes());
        file.extend(text("chat"));
        for (key, value) in pairs {
            file.extend(text(key));
            file.extend(8_u32.to_le_bytes());
            file.extend(text(value));
        }
        file
    }

    #[test]
    fn gguf_says_what_it_is() {
        let pairs = [
            ("general.name", "Tiny Llama"),
            ("general.version", "v1"),
            ("general.license", "mit"),
        ];
        let records = records(&Model, "models/x.bin", &model(&pairs)).unwrap();
        let record = &records[0];
        assert_eq!(record.purl.as_deref(), Some("pkg:generic/Tiny%20Llama@v1"));
        assert_eq!(record.licenses, ["mit"]);
        let pairs = [("general.repo_url", "https://huggingface.co/acme/tiny")];
        assert_eq!(
            found(&Model, "models/x.gguf", &model(&pairs)),
            ["acme/tiny@"]
        );
    }

    #[test]
    fn the_cache_of_a_hub_names_repository_and_revision() {
        let json = br#"{"__metadata__":{"format":"pt","name":"Other"},"w":{}}"#;
        let mut file = (json.len() as u64).to_le_bytes().to_vec();
        file.extend(json);
        let path =
            "root/.cache/huggingface/hub/models--acme--tiny/snapshots/0123abcd/model.safetensors";
        let records = records(&Model, path, &file).unwrap();
        let purl = records[0].purl(None).unwrap().to_string();
        assert_eq!(purl, "pkg:huggingface/acme/tiny@0123abcd");
        assert_eq!(found(&Model, "srv/model.safetensors", &file), ["Other@"]);
    }

    #[test]
    fn a_model_may_say_nothing_of_itself() {
        let long = u64::MAX.to_le_bytes();
        assert_eq!(
            found(&Model, "srv/tiny/model-00001-of-00002.safetensors", &long),
            ["tiny@"]
        );
        assert_eq!(found(&Model, "srv/flux.safetensors", &long), ["flux@"]);
    }

    #[test]
    fn every_prefix_is_survived() {
        let file = model(&[("general.name", "x")]);
        for end in 4..file.len() {
            let _ = records(&Model, "x.gguf", &file[..end]);
        }
        assert!(records(&Model, "x.safetensors", b"\0").is_err());
    }
}
