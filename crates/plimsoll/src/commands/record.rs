//! Everything that a verdict rests on, in one file, so that it can be given
//! again: zstd over JSON.

use super::judging::{Bench, Judged};
use super::policies::Documents;
use crate::{Failure, outputs};
use plimsoll_advisory::Matched;
use plimsoll_policy::{Baseline, DataPosition, Policy};
use plimsoll_types::Inventory;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Ending of records in a folder.
const ENDING: &str = "plimsoll";
/// The form of records that this build writes and reads.
const FORM: u32 = 1;
/// Largest record that is read, in bytes of JSON.
const LIMIT: u64 = 2 << 30;

#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    form: u32,
    /// The program that wrote it.
    program: String,
    /// Id of the verdict.
    pub(super) verdict: String,
    now: jiff::Timestamp,
    policy: Documents,
    data: Option<DataPosition>,
    baseline: Option<(String, Baseline)>,
    inventory: Inventory,
    matched: Matched,
}

impl Record {
    pub(super) fn of(judged: &Judged, bench: &Bench, baseline: Option<&Baseline>) -> Self {
        Self {
            form: FORM,
            program: concat!("plimsoll ", env!("CARGO_PKG_VERSION")).to_owned(),
            verdict: judged.verdict.id.clone(),
            now: judged.now,
            policy: bench.documents.clone(),
            data: judged.data.clone(),
            baseline: baseline.map(|baseline| (baseline.name().to_owned(), baseline.clone())),
            inventory: judged.inventory.clone(),
            matched: judged.matched.clone(),
        }
    }

    /// Writes it to `path`, or under the verdict's id into the folder `path`.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let path = match path.is_dir() {
            true => path.join(format!("{}.{ENDING}", self.verdict.replace(':', "-"))),
            false => path.to_owned(),
        };
        let failed = |error: String| {
            Failure::unjudged(format!("`{}` cannot be written: {error}", path.display()))
        };
        let json = serde_json::to_vec(self).map_err(|error| failed(error.to_string()))?;
        let bytes = zstd::encode_all(json.as_slice(), 3).map_err(|e| failed(e.to_string()))?;
        outputs::place(&path, &bytes).map_err(|error| failed(error.to_string()))
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |why: String| Failure::usage(format!("record `{}` {why}", path.display()));
        let unreadable = |error: std::io::Error| failed(format!("cannot be read: {error}"));
        let file = File::open(path).map_err(unreadable)?;
        let mut json = Vec::new();
        zstd::Decoder::new(file)
            .and_then(|decoder| decoder.take(LIMIT + 1).read_to_end(&mut json))
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::Other | std::io::ErrorKind::UnexpectedEof => {
                    failed("is none; `plimsoll scan --record` writes them".to_owned())
                }
                _ => unreadable(error),
            })?;
        if json.len() as u64 > LIMIT {
            return Err(failed(format!("has more than {LIMIT} bytes")));
        }
        let form = serde_json::from_slice::<Form>(&json).map(|form| form.form);
        match form {
            Ok(FORM) => {}
            Ok(form) => {
                return Err(failed(format!(
                    "has form {form}; this build reads form {FORM}"
                )));
            }
            Err(error) => return Err(failed(format!("is none: {error}"))),
        }
        serde_json::from_slice(&json).map_err(|error| failed(format!("is broken: {error}")))
    }

    /// The policy that judged.
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        self.policy.policy()
    }

    /// What `policy` says of what was recorded.
    pub(super) fn judge(&self, policy: &Policy) -> Judged {
        let named = self.baseline.as_ref();
        let baseline = named.map(|(name, baseline)| baseline.clone().called(name));
        Judged::of(
            policy,
            self.inventory.clone(),
            self.matched.clone(),
            self.data.clone(),
            self.now,
            baseline.as_ref(),
        )
    }
}

/// Finds a folder that is not there before any work is done.
pub(super) fn check_place(path: &Path) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(Failure::usage(format!(
            "`--record {}`: there is no folder `{}`; make it first",
            path.display(),
            folder.display()
        ))),
        _ => Ok(()),
    }
}

/// What is known of every form.
#[derive(Deserialize)]
struct Form {
    form: u32,
}

/// The records that `names` names: files, and those of folders by name.
pub(super) fn find(names: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for name in names {
        if !name.is_dir() {
            found.push(name.clone());
            continue;
        }
        let unreadable =
            |error| Failure::usage(format!("`{}` cannot be read: {error}", name.display()));
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(name).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                inside.push(path);
            }
        }
        if inside.is_empty() {
            return Err(Failure::usage(format!(
                "there is no record in `{}`; write some with `plimsoll scan --record {0}`",
                name.display()
            )));
        }
        inside.sort();
        found.append(&mut inside);
    }
    Ok(found)
}
