//! Which policy judges, and the documents that it is read from.

use crate::Failure;
use clap::Args;
use plimsoll_policy::{Document, PACKS, Pack, Policy};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

#[derive(Args)]
pub(super) struct Chosen {
    /// Policy document (YAML or JSON), or a built-in one: builtin:NAME
    /// (`plimsoll policy init --list`); `builtin:starter` when not given
    #[arg(long, value_name = "FILE")]
    policy: Option<String>,
}

impl Chosen {
    pub(super) fn read(&self) -> Result<Read, Failure> {
        match &self.policy {
            Some(name) => read(name),
            None => read(&format!(
                "builtin:{}",
                PACKS.first().map_or("", |pack| pack.name)
            )),
        }
    }

    pub(super) fn is_given(&self) -> bool {
        self.policy.is_some()
    }
}

/// A policy and what it was read from.
pub(super) struct Read {
    pub(super) policy: Policy,
    pub(super) documents: Documents,
}

/// A policy document with those that it extends, so that it can be read again
/// where none of them is.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Documents {
    root: Document,
    extended: Vec<Extended>,
}

/// A document that another extends.
#[derive(Clone, Serialize, Deserialize)]
struct Extended {
    /// As it is written there.
    reference: String,
    /// The document in which it is written.
    from: String,
    document: Document,
}

impl Documents {
    /// Reads the policy from what was kept.
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        let mut fetch = |reference: &str, from: &str| {
            let mut extended = self.extended.iter();
            extended
                .find(|known| known.reference == reference && known.from == from)
                .map(|known| known.document.clone())
                .ok_or_else(|| "it was not kept".to_owned())
        };
        Policy::read(&self.root, &mut fetch).map_err(Failure::usage)
    }
}

/// Reads the policy in the file of that name, or the built-in one.
pub(super) fn read(name: &str) -> Result<Read, Failure> {
    let unreadable = |why: String| Failure::usage(format!("policy `{name}` cannot be read: {why}"));
    let root = document(name, "").map_err(unreadable)?;
    let mut extended = Vec::new();
    let policy = Policy::read(&root, &mut |reference, from| {
        let document = document(reference, from)?;
        extended.push(Extended {
            reference: reference.to_owned(),
            from: from.to_owned(),
            document: document.clone(),
        });
        Ok(document)
    });
    Ok(Read {
        policy: policy.map_err(Failure::usage)?,
        documents: Documents { root, extended },
    })
}

/// More than any document may have, in bytes.
const MAX_DOCUMENT: u64 = 64 << 20;

/// What a document extends lies beside it, whatever the current folder is.
fn document(reference: &str, from: &str) -> Result<Document, String> {
    if let Some(built_in) = Pack::fetch(reference) {
        return built_in;
    }
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    let path = folder.join(reference);
    let mut text = String::new();
    File::open(&path)
        .and_then(|file| file.take(MAX_DOCUMENT + 1).read_to_string(&mut text))
        .map_err(|error| error.to_string())?;
    Ok(Document {
        name: path.display().to_string(),
        text,
    })
}
