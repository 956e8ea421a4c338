//! The gates of Anchore: one file and one row in [`ALL`] each, one row per
//! trigger. Messages are worded as Anchore words them, because its allowlists
//! call a finding by the hash of its message.

mod always;
mod ancestry;
mod distro;
mod dockerfile;
mod facts;
mod files;
mod licenses;
mod metadata;
mod packages;
mod passwd_file;
mod registries;
mod unlooked;
mod vulnerabilities;

pub(super) use facts::Facts;
pub(super) use vulnerabilities::is_about_distro;

use super::params::{Parameter, Values};
use crate::verdict::Evidence;
use md5::{Digest, Md5};

/// Every gate.
pub(super) const ALL: &[&Gate] = &[
    &always::GATE,
    &ancestry::GATE,
    &distro::GATE,
    &dockerfile::GATE,
    &files::GATE,
    &licenses::GATE,
    &metadata::GATE,
    &packages::GATE,
    &passwd_file::GATE,
    &registries::NPMS,
    &registries::RUBY_GEMS,
    &unlooked::IMAGE_SOURCE_DRIFT,
    &unlooked::MALWARE,
    &unlooked::RETRIEVED_FILES,
    &unlooked::SECRET_SCANS,
    &unlooked::STIG,
    &unlooked::TAG_DRIFT,
    &vulnerabilities::GATE,
];

/// The name of the gate that needs advisory data.
pub(super) const VULNERABILITIES: &str = vulnerabilities::GATE.name;
/// The trigger that says how old advisory data may be.
pub(super) const STALE: &str = "stale_feed_data";
/// The trigger that says that there is no advisory data for the distribution.
pub(super) const UNAVAILABLE: &str = "vulnerability_data_unavailable";

/// The name of a trigger whose gate Anchore does not document: any will do.
pub(super) const ANY: &str = "*";

/// A kind of fact that is judged.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) name: &'static str,
    pub(super) triggers: &'static [Trigger],
}

/// What can fire.
#[derive(Debug)]
pub(super) struct Trigger {
    /// Its name in Anchore Engine, which ids are made of, then later ones.
    pub(super) names: &'static [&'static str],
    pub(super) parameters: &'static [Parameter],
    pub(super) check: Check,
}

/// Reports everything that the parameters fire on.
pub(super) type Check = fn(&Values, &Facts<'_>, &mut Fires);

impl Gate {
    pub(super) fn named(name: &str) -> Option<&'static Gate> {
        let mut gates = ALL.iter().copied();
        gates.find(|gate| gate.name.eq_ignore_ascii_case(name))
    }

    /// The trigger of that name, in any of its spellings.
    pub(super) fn trigger(&self, name: &str) -> Option<&'static Trigger> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        let mut triggers = self.triggers.iter();
        triggers.find(|trigger| trigger.names.iter().any(|known| is(known) || *known == ANY))
    }
}

impl Trigger {
    /// Its name in Anchore Engine.
    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

/// What a trigger found.
#[derive(Clone, Debug)]
pub(super) struct Fire {
    pub(super) evidence: Evidence,
    pub(super) message: String,
    /// How Anchore might have worded it too.
    pub(super) also: Vec<String>,
    /// Ids that it has instead of those made of its messages; the first is
    /// shown.
    pub(super) ids: Vec<String>,
    pub(super) advice: Option<String>,
}

impl Fire {
    /// The ids by which an allowlist may call it, of a trigger of that gate.
    pub(super) fn ids(&self, gate: &Gate, trigger: &Trigger) -> Vec<String> {
        if !self.ids.is_empty() {
            return self.ids.clone();
        }
        let messages = std::iter::once(&self.message).chain(&self.also);
        let ids = messages.flat_map(|message| {
            let names = trigger.names.iter();
            names.map(move |name| hashed(gate.name, name, message))
        });
        ids.collect()
    }
}

/// The id of a finding that has none of its own.
pub(super) fn hashed(gate: &str, trigger: &str, message: &str) -> String {
    let hash = Md5::digest(format!("{gate}{trigger}{message}").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Collects what a trigger finds.
#[derive(Debug, Default)]
pub(super) struct Fires {
    pub(super) list: Vec<Fire>,
}

impl Fires {
    pub(super) fn add(&mut self, evidence: Evidence, message: impl Into<String>) -> &mut Fire {
        self.push(Fire {
            evidence,
            message: message.into(),
            also: Vec::new(),
            ids: Vec::new(),
            advice: None,
        })
    }

    /// The rule cannot be judged for want of `facts`.
    pub(super) fn missing(&mut self, facts: &str) {
        self.add(
            Evidence::Unknown,
            format!("this rule cannot be judged: {facts}"),
        );
    }

    fn push(&mut self, fire: Fire) -> &mut Fire {
        self.list.push(fire);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }
}

/// Words for comparisons.
pub(super) const COMPARISONS: &[&str] = &["=", "!=", "<", ">", "<=", ">="];
/// Ways to take a list of what is named.
pub(super) const LIST_TYPES: &[&str] = &["whitelist", "blacklist", "allowlist", "denylist"];

/// Whether `order` is what a comparison asks for.
pub(super) fn holds(comparison: &str, order: std::cmp::Ordering) -> bool {
    match comparison {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        _ => false,
    }
}

/// Texts as Python shows a list of them.
pub(super) fn python_list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
    format!("[{}]", quoted.join(", "))
}
