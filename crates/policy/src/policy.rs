use crate::allowlist::{Allowlist, Entry};
use crate::anchore::{self, Bundle};
use crate::condition::Condition;
use crate::document::{self, Document, Fetch, PolicyError, Spot};
use crate::hold::Grace;
use crate::image::{DeniedImages, Images, Target};
use crate::packs::Pack;
use crate::verdict::{Action, PolicyIdentity};
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Arc;

/// Rules, the images they judge, and what is accepted.
#[derive(Clone, Debug)]
pub struct Policy {
    identity: PolicyIdentity,
    meaning: Meaning,
    allowlist: Allowlist,
    /// A bundle of Anchore, which judges in place of all else.
    bundle: Option<Arc<Bundle>>,
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
    /// Whether mappings were written, be it none.
    #[serde(skip)]
    pub(crate) is_mapped: bool,
    /// Rule sets that every mapping chooses.
    #[serde(skip)]
    pub(crate) everywhere: Vec<String>,
    pub(crate) allowlist: Vec<Entry>,
    pub(crate) allowed_images: Vec<Entry>,
    pub(crate) denied_images: Vec<DeniedImages>,
    /// What becomes of an image that no mapping is for.
    pub(crate) default_action: Action,
}

impl Default for Meaning {
    /// Nothing is mapped, so every image is stopped.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: None,
            rules: Vec::new(),
            mappings: Vec::new(),
            is_mapped: false,
            everywhere: Vec::new(),
            allowlist: Vec::new(),
            allowed_images: Vec::new(),
            denied_images: Vec::new(),
            default_action: Action::Stop,
        }
    }
}

/// One rule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rule {
    pub(crate) name: String,
    /// The rule set it stands in.
    pub(crate) set: String,
    #[serde(flatten)]
    pub(crate) condition: Condition,
    pub(crate) action: Action,
    /// What to do, in the words of the policy's author.
    pub(crate) advice: Option<String>,
    /// It has its action only where it fires more often than that.
    pub(crate) more_than: Option<u32>,
    pub(crate) grace: Option<Grace>,
    #[serde(skip)]
    pub(crate) spot: Spot,
}

/// Which rule sets judge which images.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Mapping {
    pub(crate) name: String,
    pub(crate) images: Images,
    pub(crate) rule_sets: Vec<String>,
    #[serde(skip)]
    pub(crate) spot: Spot,
}

impl Policy {
    /// Reads a policy document, YAML or JSON. `name` stands for it in errors:
    /// the path it was read from.
    ///
    /// # Errors
    /// Everything that is wrong with it; that it extends another document is,
    /// because nobody fetches that: see [`Policy::read`].
    pub fn parse(text: &str, name: &str) -> Result<Self, PolicyError> {
        let document = Document {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        Self::read(&document, &mut |reference, _| {
            let refused = || Err("a policy cannot extend another here".to_owned());
            Pack::fetch(reference).unwrap_or_else(refused)
        })
    }

    /// Reads a policy document, or a bundle of Anchore, and what it extends, which `fetch` hands
    /// over.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn read(document: &Document, fetch: &mut Fetch<'_>) -> Result<Self, PolicyError> {
        if anchore::is_bundle(&document.text) {
            return anchore::read(&document.text, &document.name).map(Self::of_bundle);
        }
        document::read(document, fetch).map(Self::of)
    }

    /// The built-in policy that judges where no other is given.
    pub fn starter() -> Self {
        match Self::parse(include_str!("packs/starter.yaml"), "starter.yaml") {
            Ok(policy) => policy,
            // A test reads it; and were it broken, no image would be mapped,
            // so every image would be stopped.
            Err(_) => Self::of(Meaning {
                name: "starter".to_owned(),
                ..Meaning::default()
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

    fn of(mut meaning: Meaning) -> Self {
        let identity = PolicyIdentity {
            name: meaning.name.clone(),
            digest: crate::judge::digest(&meaning).to_hex().to_string(),
        };
        let allowlist = Allowlist::of(std::mem::take(&mut meaning.allowlist));
        Self {
            identity,
            meaning,
            allowlist,
            bundle: None,
        }
    }

    fn of_bundle(bundle: Bundle) -> Self {
        let digest = crate::judge::digest(&bundle).to_hex().to_string();
        let mut policy = Self::of(Meaning {
            name: bundle.name.clone(),
            description: bundle.comment.clone(),
            ..Meaning::default()
        });
        policy.identity.digest = digest;
        policy.bundle = Some(Arc::new(bundle));
        policy
    }

    pub(crate) fn bundle(&self) -> Option<&Bundle> {
        self.bundle.as_deref()
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

    pub(crate) fn allowlist(&self) -> &Allowlist {
        &self.allowlist
    }

    pub(crate) fn default_action(&self) -> Action {
        self.meaning.default_action
    }

    pub(crate) fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// Why an image must not ship whatever the rules say.
    pub(crate) fn denial(&self, target: &Target<'_>) -> Option<&DeniedImages> {
        let mut denied = self.meaning.denied_images.iter();
        denied.find(|denied| denied.images.matches(target))
    }

    /// The entry that lets an image through, on that day.
    pub(crate) fn passage(&self, target: &Target<'_>, day: Date) -> Option<&Entry> {
        let mut allowed = self.meaning.allowed_images.iter();
        allowed.find(|entry| !entry.is_over(day) && entry.images.matches(target))
    }
}
