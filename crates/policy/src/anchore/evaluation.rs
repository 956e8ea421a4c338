use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a bundle says beside the verdict, for the result forms of Anchore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Id of the bundle.
    pub bundle: String,
    /// The image with registry and tag, as mappings see it.
    pub tag: String,
    /// The mapping that chose the policies, as it was written; `None` where
    /// none did.
    pub mapping: Option<serde_json::Value>,
    /// The entry that lets the image through whatever its findings are.
    pub allowed_image: Option<serde_json::Value>,
    /// The entry that stops the image whatever its findings are.
    pub denied_image: Option<serde_json::Value>,
    /// Where rules come from, by what reasons call them. Reasons of other
    /// rules are no findings: guards, and notes on the bundle.
    pub rules: BTreeMap<String, Origin>,
    /// The bundle as it was written.
    #[serde(skip)]
    pub document: Option<Arc<str>>,
}

/// Where a rule of a bundle comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Id of its policy or rule set.
    pub policy: String,
    /// Its own id.
    pub rule: String,
}

/// The item of a bundle's allowlist that covers a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListItem {
    /// Id of the list.
    pub list: String,
    /// Name of the list.
    pub name: String,
    /// Id of the item; empty where it has none.
    pub item: String,
}
