//! Flags about how an image is judged, and the judging itself; shared by the
//! verbs that judge.

use crate::{Failure, folders, outputs};
use clap::Args;
use plimsoll_advisory::{Matched, Store, StoreError, UpdateOptions, Vex, VexError, find, update};
use plimsoll_policy::{Baseline, DataPosition, Document, Policy, Subject, Verdict, judge};
use plimsoll_report::{Report, plain};
use plimsoll_types::Inventory;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(super) struct Judging {
    /// Policy document (YAML or JSON); the built-in `starter` when not given
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Where advisory data lives [env: PLIMSOLL_DATA_DIR]
    #[arg(long, value_name = "DIR", conflicts_with = "advisories")]
    data_dir: Option<PathBuf>,

    /// Match against the data as it was at a moment (2026-11-24, or any
    /// beginning of RFC 3339) or position (`plimsoll data history`)
    #[arg(long, value_name = "WHEN", conflicts_with = "advisories")]
    data_as_of: Option<String>,

    /// Read feeds for this run only, instead of the stored advisory data; may
    /// be given many times
    #[arg(long, value_name = "DIR|FILE|URL")]
    advisories: Vec<String>,

    /// VEX documents (OpenVEX, CSAF, CycloneDX, SPDX 3; JSON), or folders of
    /// them: findings that they call not affected or fixed do not count; may
    /// be given many times
    #[arg(long, value_name = "FILE|DIR")]
    vex: Vec<PathBuf>,

    /// Judge as on this day (YYYY-MM-DD, UTC) instead of today
    #[arg(long, value_name = "DAY")]
    as_of: Option<jiff::civil::Date>,
}

impl Judging {
    /// Reads policy and advisory data, before any work on an image.
    pub(super) fn open(&self, offline: bool) -> Result<Bench, Failure> {
        let policy = match &self.policy {
            Some(path) => read_policy(path)?,
            None => Policy::starter(),
        };
        let now = match self.as_of {
            Some(day) => jiff::tz::TimeZone::UTC
                .to_timestamp(day.at(0, 0, 0, 0))
                .map_err(Failure::usage)?,
            None => jiff::Timestamp::now(),
        };
        let remote = self.advisories.iter().find(|from| from.contains("://"));
        if let (true, Some(url)) = (offline, remote) {
            return Err(Failure::usage(format!(
                "`--advisories {url}` needs the network, which `--offline` forbids; name a folder or a file"
            )));
        }
        let vex = Vex::open(&self.vex).map_err(unusable)?;
        let mut kept = None;
        let folder = if self.advisories.is_empty() {
            folders::data(self.data_dir.as_ref())?
        } else {
            let scratch = tempfile::tempdir().map_err(Failure::unjudged)?;
            let options = UpdateOptions::default();
            let report = update(scratch.path(), &self.advisories, &options).map_err(|error| {
                if error.is_usage() {
                    Failure::usage(error)
                } else {
                    Failure::unjudged(error)
                }
            })?;
            if !report.is_whole() {
                eprint!("{report}");
                return Err(Failure::unjudged(
                    "some of the advisories could not be read",
                ));
            }
            kept.insert(scratch).path().to_owned()
        };
        let opened = match &self.data_as_of {
            Some(when) => Store::open_at(&folder, when),
            None => Store::open(&folder),
        };
        let store = match opened {
            Ok(store) => Some(store),
            Err(StoreError::Missing { .. }) => None,
            Err(error) => return Err(Failure::unjudged(error)),
        };
        Ok(Bench {
            policy,
            store,
            vex,
            now,
            _scratch: kept,
        })
    }
}

/// What images are judged by: policy, advisory data and day.
pub(super) struct Bench {
    pub(super) policy: Policy,
    pub(super) store: Option<Store>,
    vex: Vex,
    pub(super) now: jiff::Timestamp,
    /// The folder of data that is read for this run only.
    _scratch: Option<tempfile::TempDir>,
}

impl Bench {
    /// What the advisory data and VEX say about the packages.
    pub(super) fn find(&self, inventory: &Inventory) -> Result<Matched, Failure> {
        let (matched, warning) = self.try_find(inventory)?;
        if let Some(warning) = warning {
            eprintln!("plimsoll: {}", plain(&warning));
        }
        Ok(matched)
    }

    /// The same, with what is to be said of it once.
    pub(super) fn try_find(
        &self,
        inventory: &Inventory,
    ) -> Result<(Matched, Option<String>), Failure> {
        let mut matched = match &self.store {
            Some(store) => find(inventory, store),
            None => Matched::default(),
        };
        let applied = self.vex.apply(inventory, &mut matched).map_err(unusable)?;
        Ok((matched, applied.warning()))
    }

    /// The advisory data; `None` where there is none.
    pub(super) fn data(&self) -> Option<DataPosition> {
        self.store.as_ref().map(|store| DataPosition {
            position: store.status().position.clone(),
            built: store.status().built.clone(),
        })
    }

    /// Matches and judges; with a baseline only what is new stops.
    ///
    /// # Errors
    /// When VEX statements take too long to apply.
    pub(super) fn judge(
        &self,
        mut inventory: Inventory,
        baseline: Option<&Baseline>,
    ) -> Result<Judged, Failure> {
        let mut matched = self.find(&inventory)?;
        inventory
            .coverage
            .extend(std::mem::take(&mut matched.coverage));
        let data = self.data();
        let verdict = judge(
            &self.policy,
            &Subject {
                inventory: &inventory,
                findings: &matched.findings,
                suppressed: &matched.suppressed,
                data: data.clone(),
                lifecycle: matched.lifecycle.as_ref(),
                now: self.now,
                baseline,
            },
        );
        Ok(Judged {
            inventory,
            matched,
            verdict,
            data,
            now: self.now,
        })
    }
}

/// An image with all that is known and said about it.
pub(super) struct Judged {
    pub(super) inventory: Inventory,
    pub(super) matched: Matched,
    pub(super) verdict: Verdict,
    pub(super) data: Option<DataPosition>,
    now: jiff::Timestamp,
}

impl Judged {
    /// The same as formats render it, without what was not asked for.
    pub(super) fn report(&self) -> Report<'_> {
        Report {
            inventory: &self.inventory,
            findings: &self.matched.findings,
            suppressed: &self.matched.suppressed,
            upgrades: &self.matched.upgrades,
            verdict: Some(&self.verdict),
            data: self.data.as_ref(),
            lifecycle: self.matched.lifecycle.as_ref(),
            now: self.now,
            source_date: outputs::source_date(),
            all: false,
            all_layers: false,
        }
    }
}

fn unusable(error: VexError) -> Failure {
    match error {
        VexError::Unreadable(..) | VexError::Broken(..) => Failure::usage(error),
        VexError::TooMuch => Failure::unjudged(error),
    }
}

fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let document = read_document(path).map_err(|why| {
        Failure::usage(format!("policy `{}` cannot be read: {why}", path.display()))
    })?;
    // What a document extends lies beside it, whatever the current folder is.
    let mut fetch = |reference: &str, from: &str| {
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        read_document(&folder.join(reference))
    };
    Policy::read(&document, &mut fetch).map_err(Failure::usage)
}

fn read_document(path: &Path) -> Result<Document, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let name = path.display().to_string();
    Ok(Document { name, text })
}
