//! Flags about how an image is judged, and the judging itself; shared by the
//! verbs that judge.

use super::policies::{Chosen, Documents, Read};
use super::set;
use super::source::Access;
use crate::{Failure, folders, outputs};
use clap::Args;
use plimsoll_advisory::{Matched, Store, StoreError, UpdateOptions, Vex, VexError, find, update};
use plimsoll_policy::{Baseline, DataPosition, Policy, Subject, Verdict, judge};
use plimsoll_report::{Report, plain};
use plimsoll_types::Inventory;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Judging {
    #[command(flatten)]
    policy: Chosen,

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
    /// Whether a policy was named.
    pub(super) fn names_policy(&self) -> bool {
        self.policy.is_given()
    }

    /// The policy alone.
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        self.policy.read().map(|read| read.policy)
    }

    /// Reads policy and advisory data, before any work on an image.
    pub(super) fn open(&self, access: &Access) -> Result<Bench, Failure> {
        let now = match self.as_of {
            Some(day) => jiff::tz::TimeZone::UTC
                .to_timestamp(day.at(0, 0, 0, 0))
                .map_err(Failure::usage)?,
            None => jiff::Timestamp::now(),
        };
        self.open_at(access, now)
    }

    /// The same at a given moment.
    pub(super) fn open_at(&self, access: &Access, now: jiff::Timestamp) -> Result<Bench, Failure> {
        let options = access.options();
        let Read { policy, documents } = self.policy.read()?;
        let remote = self.advisories.iter().find(|from| from.contains("://"));
        if let (true, Some(url)) = (options.offline, remote) {
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
                outputs::say(report.to_string().trim_end());
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
            Ok(store) => Some(store.fetching(set::supplier(options))),
            Err(StoreError::Missing { .. }) => None,
            Err(error) => return Err(Failure::unjudged(error)),
        };
        Ok(Bench {
            policy,
            documents,
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
    /// What the policy was read from.
    pub(super) documents: Documents,
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
            outputs::say(&format!("plimsoll: {}", plain(&warning)));
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
        Ok(Judged::of(
            &self.policy,
            inventory,
            matched,
            data,
            self.now,
            baseline,
        ))
    }
}

/// An image with all that is known and said about it.
pub(super) struct Judged {
    pub(super) inventory: Inventory,
    pub(super) matched: Matched,
    pub(super) verdict: Verdict,
    pub(super) data: Option<DataPosition>,
    pub(super) now: jiff::Timestamp,
}

impl Judged {
    /// What `policy` says of all that is known.
    pub(super) fn of(
        policy: &Policy,
        inventory: Inventory,
        matched: Matched,
        data: Option<DataPosition>,
        now: jiff::Timestamp,
        baseline: Option<&Baseline>,
    ) -> Self {
        let subject = subject(&inventory, &matched, data.as_ref(), now, baseline);
        let verdict = judge(policy, &subject);
        Self {
            inventory,
            matched,
            verdict,
            data,
            now,
        }
    }

    /// What was judged.
    pub(super) fn subject<'a>(&'a self, baseline: Option<&'a Baseline>) -> Subject<'a> {
        subject(
            &self.inventory,
            &self.matched,
            self.data.as_ref(),
            self.now,
            baseline,
        )
    }

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

fn subject<'a>(
    inventory: &'a Inventory,
    matched: &'a Matched,
    data: Option<&DataPosition>,
    now: jiff::Timestamp,
    baseline: Option<&'a Baseline>,
) -> Subject<'a> {
    Subject {
        inventory,
        findings: &matched.findings,
        suppressed: &matched.suppressed,
        data: data.cloned(),
        lifecycle: matched.lifecycle.as_ref(),
        now,
        baseline,
    }
}

fn unusable(error: VexError) -> Failure {
    match error {
        VexError::Unreadable(..) | VexError::Broken(..) => Failure::usage(error),
        VexError::TooMuch => Failure::unjudged(error),
    }
}
