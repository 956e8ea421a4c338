//! What a policy bundle is.

use super::allowlist::Allowlist;
use super::gates::{Gate, Trigger};
use super::images::Images;
use super::params::Values;
use crate::document::{Place, Spot};
use crate::verdict::Action;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// A form of bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Form {
    /// Of Anchore Engine.
    #[serde(rename = "1_0")]
    One,
    /// Of Anchore Enterprise.
    #[serde(rename = "2")]
    Two,
}

/// A policy bundle. Serialised it is what decides.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bundle {
    pub(super) form: Form,
    pub(super) id: String,
    pub(crate) name: String,
    pub(crate) comment: Option<String>,
    pub(super) rule_sets: Vec<RuleSet>,
    pub(super) allowlists: Vec<Allowlist>,
    pub(super) mappings: Vec<Mapping>,
    pub(super) allowed_images: Vec<ImageRule>,
    pub(super) denied_images: Vec<ImageRule>,
    /// What was understood otherwise than written, or not at all.
    #[serde(skip)]
    pub(crate) notes: Vec<Note>,
    /// The document as it was written.
    #[serde(skip)]
    pub(super) document: Arc<str>,
}

/// Something to know about a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) spot: Spot,
    pub(crate) message: String,
}

/// Rules that are chosen together.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RuleSet {
    pub(super) id: String,
    pub(super) name: String,
    /// Whether it judges images, not repositories of source.
    pub(super) of_images: bool,
    pub(super) rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Rule {
    /// Once in the bundle: what reasons call the rule.
    pub(super) name: String,
    pub(super) id: String,
    #[serde(serialize_with = "named")]
    pub(super) test: Test,
    /// As the document calls them.
    pub(super) gate: String,
    pub(super) trigger: String,
    pub(super) values: Values,
    pub(super) action: Action,
    pub(super) advice: Option<String>,
}

/// What a rule asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    Asks(&'static Gate, &'static Trigger),
    /// Its gate is gone, and nothing took its place.
    Gone,
}

fn named<S: Serializer>(test: &Test, serializer: S) -> Result<S::Ok, S::Error> {
    match test {
        Test::Asks(gate, trigger) => (gate.name, trigger.name()).serialize(serializer),
        Test::Gone => serializer.serialize_none(),
    }
}

/// Which rule sets and allowlists judge which images.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Mapping {
    pub(super) name: String,
    pub(super) images: Images,
    pub(super) rule_sets: Vec<String>,
    pub(super) allowlists: Vec<String>,
    #[serde(skip)]
    pub(super) place: Place,
    pub(super) written: serde_json::Value,
}

/// An image of one of the image lists.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ImageRule {
    pub(super) name: String,
    pub(super) images: Images,
    pub(super) written: serde_json::Value,
}
