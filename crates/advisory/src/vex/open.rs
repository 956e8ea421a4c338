//! Documents from files and folders, and what each of them is.

use super::{Document, Vex, csaf, cyclonedx, openvex, spdx3};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes of the largest document that is read.
const MAX_FILE: u64 = 256 << 20;
/// Bytes of all documents together.
const MAX_BYTES: u64 = 4 << 30;
/// Most files in folders.
const MAX_FILES: usize = 200_000;
/// How deep folders are searched.
const MAX_DEPTH: usize = 16;
/// How deep a document may be wrapped in attestations.
const MAX_WRAPPERS: u8 = 3;

/// A VEX document that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VexError {
    /// A file or folder could not be read.
    #[error("VEX `{0}` cannot be read: {1}")]
    Unreadable(String, io::Error),
    /// It is no VEX document, or a broken one.
    #[error("VEX `{0}`: {1}")]
    Broken(String, String),
    /// Applying the statements would take too long.
    #[error("the VEX documents hold too many statements about the same packages")]
    TooMuch,
}

impl Vex {
    /// Reads files, and the `.json` files of folders at any depth; those of
    /// them that are other documents are passed over.
    ///
    /// # Errors
    /// When one cannot be read, or is broken; when a file that was named is no
    /// VEX document.
    pub fn open(paths: &[PathBuf]) -> Result<Self, VexError> {
        let mut vex = Self::default();
        let mut left = MAX_BYTES;
        for path in paths {
            let mut files = Vec::new();
            if path.is_dir() {
                collect(path, 0, &mut files)?;
                files.sort();
            } else {
                files.push(path.clone());
            }
            let named = !path.is_dir();
            for file in files {
                let bytes = content(&file, &mut left)?;
                let name = file.display().to_string();
                if !vex.add(&name, &bytes)? {
                    if named {
                        let reason = "it is not OpenVEX, CSAF, CycloneDX or SPDX 3 in JSON";
                        return Err(VexError::Broken(name, reason.to_owned()));
                    }
                    vex.passed_over += 1;
                }
            }
        }
        Ok(vex)
    }

    /// Reads one document.
    ///
    /// # Errors
    /// When it is no VEX document, or a broken one; `name` is what messages
    /// call it.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, VexError> {
        let mut vex = Self::default();
        match vex.add(name, bytes)? {
            true => Ok(vex),
            false => Err(VexError::Broken(
                name.to_owned(),
                "it is no VEX document".to_owned(),
            )),
        }
    }

    /// Whether it was a VEX document.
    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<bool, VexError> {
        let broken = |reason: String| VexError::Broken(name.to_owned(), reason);
        let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
        let text = text.trim_start_matches('\u{feff}');
        let document = of_json(text, 0).map_err(broken)?;
        let known = document.is_some();
        self.documents.extend(document.map(|document| Document {
            name: name.to_owned(),
            ..document
        }));
        Ok(known)
    }
}

impl Document {
    /// Counts a record that is left out.
    pub(super) fn fault(&mut self, at: usize, reason: &str) {
        let number = at + 1;
        self.faults.push(format!("statement {number}: {reason}"));
    }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), VexError> {
    let unreadable = |error| VexError::Unreadable(folder.display().to_string(), error);
    if depth > MAX_DEPTH {
        return Err(unreadable(io::Error::other("folders are nested too deep")));
    }
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, name) = (entry.path(), entry.file_name());
        // Mounted configuration has its versions there.
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(unreadable)?.is_dir() {
            collect(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|ending| ending == "json") && path.is_file() {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(unreadable(io::Error::other("it holds too many files")));
        }
    }
    Ok(())
}

fn content(path: &Path, left: &mut u64) -> Result<Vec<u8>, VexError> {
    let unreadable = |error| VexError::Unreadable(path.display().to_string(), error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    let most = MAX_FILE.min(*left);
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    let size = bytes.len() as u64;
    if size > most {
        let reason = format!("it is longer than {} MiB", most >> 20);
        return Err(unreadable(io::Error::other(reason)));
    }
    *left -= size;
    Ok(bytes)
}

/// What tells a document, at its top.
#[derive(Deserialize)]
struct Top {
    #[serde(rename = "@context")]
    context: Option<Value>,
    statements: Option<IgnoredAny>,
    document: Option<Value>,
    #[serde(rename = "bomFormat")]
    bom_format: Option<IgnoredAny>,
    vulnerabilities: Option<IgnoredAny>,
    #[serde(rename = "@graph")]
    graph: Option<IgnoredAny>,
    predicate: Option<IgnoredAny>,
}

fn of_json(text: &str, depth: u8) -> Result<Option<Document>, String> {
    let told = |error: serde_json::Error| error.to_string();
    let first = text.trim_start().chars().next();
    if first.is_some_and(|first| first != '{') {
        return Ok(None);
    }
    let top: Top = serde_json::from_str(text).map_err(told)?;
    // Tools that know of no statement write none, or `null`.
    let context = top.context.as_ref().and_then(Value::as_str);
    let is_openvex = context.is_some_and(|context| context.starts_with("https://openvex.dev/"));
    if is_openvex || top.statements.is_some() {
        return openvex::read(text).map(Some).map_err(told);
    }
    if top.bom_format.is_some() && top.vulnerabilities.is_some() {
        return cyclonedx::read(text).map(Some).map_err(told);
    }
    if top
        .document
        .is_some_and(|head| head.get("csaf_version").is_some())
    {
        return csaf::read(text).map(Some);
    }
    if top.graph.is_some() {
        return spdx3::read(text).map(Some).map_err(told);
    }
    if top.predicate.is_some() && depth < MAX_WRAPPERS {
        let mut wrapper: Value = serde_json::from_str(text).map_err(told)?;
        let inner = wrapper
            .get_mut("predicate")
            .map(Value::take)
            .unwrap_or_default();
        return of_json(&inner.to_string(), depth + 1);
    }
    Ok(None)
}
