use crate::anchore::{Evaluation, ListItem};
use plimsoll_types::{Gap, Justification, VexStatus};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the policy says about the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing speaks against it.
    Pass,
    /// It may ship; something should be mended.
    Warn,
    /// It must not ship because too little is known to judge it.
    CannotTell,
    /// It must not ship.
    Fail,
}

impl Outcome {
    /// The exit code that stands for it.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Pass | Outcome::Warn => 0,
            Outcome::Fail => 1,
            Outcome::CannotTell => 3,
        }
    }

    /// Every outcome, the best first.
    pub const ALL: [Self; 4] = [Self::Pass, Self::Warn, Self::CannotTell, Self::Fail];

    /// The outcome of that name, as reports write it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
    }

    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Warn => "warn",
            Outcome::CannotTell => "cannot-tell",
            Outcome::Fail => "fail",
        }
    }

    /// The word that people read first.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "PASS",
            Outcome::Warn => "WARN",
            Outcome::CannotTell => "CAN'T TELL",
            Outcome::Fail => "FAIL",
        }
    }
}

/// What a rule does when it fires, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Says so, without any effect on the verdict.
    Info,
    /// Notes that the image was looked at and is fine in this respect.
    Go,
    /// Lets the image ship with a warning.
    Warn,
    /// Does not let the image ship.
    Stop,
}

impl Action {
    /// The lower-case word used in output and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Info => "info",
            Action::Go => "go",
            Action::Warn => "warn",
            Action::Stop => "stop",
        }
    }
}

/// The judgement of one image by one policy, a pure function of its inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// `plv1:` and the hash of every input; equal inputs give equal ids.
    pub id: String,
    /// The answer.
    pub outcome: Outcome,
    /// The policy that judged.
    pub policy: PolicyIdentity,
    /// Name of the mapping that chose the rule sets; `None` where none did.
    pub mapping: Option<String>,
    /// Day for which it was judged, `YYYY-MM-DD` in UTC.
    pub day: String,
    /// Which advisory data was used; `None` where there was none.
    pub data: Option<DataPosition>,
    /// What it was compared with; `None` where everything counted.
    pub against: Option<Against>,
    /// Every trigger that fired, allowed ones included: the strongest action
    /// first, then in the order of the rules, then by evidence.
    pub reasons: Vec<Reason>,
    /// What Anchore would say beside; `None` where no bundle of Anchore judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Box<Evaluation>>,
}

/// The comparison behind a verdict that stops only for what is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Against {
    /// What was compared with, as it was asked for.
    pub name: String,
    /// Findings that it has not got, or not as bad: indices, ascending.
    pub new: Vec<usize>,
    /// How many findings it has too.
    pub known: usize,
}

/// Which policy it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyIdentity {
    /// Its own name.
    pub name: String,
    /// BLAKE3 of its meaning, 64 hex digits: equal for documents that differ
    /// in layout and comments only.
    pub digest: String,
}

/// Which advisory data findings came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataPosition {
    /// Hash over the set of shards.
    pub position: String,
    /// When the oldest feed in it was taken, RFC 3339.
    pub built: String,
}

/// One trigger that fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Name of the rule, or of the built-in guard (`mapping`, `coverage`,
    /// `advisory-data`, `allowlist`, `denied-images`).
    pub rule: String,
    /// The gate.
    pub gate: String,
    /// The trigger within the gate.
    pub trigger: String,
    /// What it does to the verdict unless it is allowed.
    pub action: Action,
    /// What it is about.
    pub evidence: Evidence,
    /// One line for people: what is wrong, with the values that decided.
    pub message: String,
    /// One line for people: what to do about it; `None` where nothing can be
    /// said.
    pub advice: Option<String>,
    /// Stable name of this reason, independent of version, tag and layer; what
    /// an allowlist entry may quote.
    pub fingerprint: String,
    /// The allowlist entry that takes away its effect.
    pub allowed: Option<Allowance>,
    /// The finding is in the image that was compared with, too.
    pub known: bool,
    /// What keeps it from having its action yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// What allowlists of Anchore call it; `None` where no bundle judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legacy_id: Option<String>,
}

/// What keeps a reason from having its action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Time was granted: it only warns.
    Grace {
        /// The last day, `YYYY-MM-DD`.
        until: String,
    },
    /// The rule is about more things than there are: it only says so.
    Threshold {
        /// How many there are.
        found: usize,
        /// How many there may be.
        more_than: u32,
    },
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grace { until } => write!(f, "stops after {until}"),
            Self::Threshold { found, more_than } => {
                write!(f, "{found} of at most {more_than}")
            }
        }
    }
}

impl Reason {
    /// Whether it counts: it is not allowed.
    pub fn counts(&self) -> bool {
        self.allowed.is_none()
    }

    /// What it does where it counts: what is known already or has time left
    /// only warns.
    pub fn effect(&self) -> Action {
        match (self.action, &self.hold) {
            (_, Some(Hold::Threshold { .. })) => Action::Info,
            (Action::Stop, Some(Hold::Grace { .. })) => Action::Warn,
            (Action::Stop, None) if self.known => Action::Warn,
            (action, _) => action,
        }
    }
}

/// What a reason is about. Indices point into the judged values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The image as a whole.
    Image,
    /// The image configuration, with the layer-less instruction that set it
    /// where history tells.
    Config(Option<String>),
    /// A vulnerability: index into the findings.
    Finding(usize),
    /// A package: index into `Inventory::packages`.
    Package(usize),
    /// A file: index into `Inventory::files`.
    File(usize),
    /// Something that could not be looked at; such a stop is `CannotTell`.
    Gap(Gap),
    /// Missing or stale advisory data as a whole; such a stop is `CannotTell`.
    Data,
    /// Something that neither the image nor the call tells; such a stop is
    /// `CannotTell`.
    Unknown,
}

impl Evidence {
    /// Whether it says that too little is known, rather than that something is
    /// wrong.
    pub fn is_ignorance(&self) -> bool {
        matches!(self, Evidence::Gap(_) | Evidence::Data | Evidence::Unknown)
    }
}

/// The allowlist entry that covers a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it.
    pub by: Option<String>,
    /// Last day on which it holds, `YYYY-MM-DD`; `None` for an entry without
    /// end.
    pub until: Option<String>,
    /// What VEX documents say of it, where the entry tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vex: Option<Assessment>,
    /// The item of a bundle's allowlist that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ListItem>,
}

/// Whether what an allowlist entry accepts is a danger at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The answer.
    pub status: VexStatus,
    /// Why it is not affected.
    pub justification: Option<Justification>,
}
