use crate::allowlist::Entry;
use crate::document::{self, PolicyError};
use crate::gates::Check;
use crate::image::{Images, Target};
use crate::verdict::{Action, PolicyIdentity};
use serde::Serialize;
use std::sync::Arc;

/// Rules, the images they judge, and what is accepted.
#[derive(Clone, Debug)]
pub struct Policy {
    identity: PolicyIdentity,
    meaning: Meaning,
}

/// Everything that decides, without layout and comments. Serialised it is what
/// the digest of a policy is taken over.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Meaning {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// In the order of the document.
    pub(crate) rules: Vec<Rule>,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) allowlist: Vec<Entry>,
}

/// One rule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rule {
    pub(crate) name: String,
    /// The rule set it stands in.
    pub(crate) set: String,
    pub(crate) gate: &'static str,
    pub(crate) trigger: &'static str,
    #[serde(serialize_with = "serialize_check")]
    pub(crate) check: Arc<dyn Check>,
    pub(crate) action: Action,
    /// What to do, in the words of the policy's author.
    pub(crate) advice: Option<String>,
}

/// Which rule sets judge which images.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Mapping {
    pub(crate) name: String,
    pub(crate) images: Images,
    pub(crate) rule_sets: Vec<String>,
}

fn serialize_check<S: serde::Serializer>(
    check: &Arc<dyn Check>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    check.parameters().serialize(serializer)
}

impl Policy {
    /// Reads a policy document, YAML or JSON. `name` stands for it in errors:
    /// the path it was read from.
    pub fn parse(text: &str, name: &str) -> Result<Self, PolicyError> {
        document::read(text, name).map(Self::of)
    }

    /// The built-in policy that judges where no other is given.
    pub fn starter() -> Self {
        match Self::parse(include_str!("starter.yaml"), "starter.yaml") {
            Ok(policy) => policy,
            // A test reads it; and were it broken, no image would be mapped,
            // so every image would be stopped.
            Err(_) => Self::of(Meaning {
                name: "starter".to_owned(),
                description: None,
                rules: Vec::new(),
                mappings: Vec::new(),
                allowlist: Vec::new(),
            }),
        }
    }

    /// Its name and digest.
    pub fn identity(&self) -> &PolicyIdentity {
        &self.identity
    }

    /// What it is for, in its author's words.
    pub fn description(&self) -> Option<&str> {
        self.meaning.description.as_deref()
    }

    fn of(meaning: Meaning) -> Self {
        let identity = PolicyIdentity {
            name: meaning.name.clone(),
            digest: crate::judge::digest(&meaning).to_hex().to_string(),
        };
        Self { identity, meaning }
    }

    /// The first mapping that matches.
    pub(crate) fn mapping(&self, target: &Target<'_>) -> Option<&Mapping> {
        let mut mappings = self.meaning.mappings.iter();
        mappings.find(|mapping| mapping.images.matches(target))
    }

    /// The rules that a mapping chooses, in the order of the document.
    pub(crate) fn rules<'a>(&'a self, mapping: &'a Mapping) -> impl Iterator<Item = &'a Rule> {
        let rules = self.meaning.rules.iter();
        rules.filter(|rule| mapping.rule_sets.contains(&rule.set))
    }

    pub(crate) fn allowlist(&self) -> &[Entry] {
        &self.meaning.allowlist
    }
}
