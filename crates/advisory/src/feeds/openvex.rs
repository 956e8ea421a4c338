//! OpenVEX documents (0.2.0), which several vendors publish as feeds.

use crate::advisory::{Affected, Upper, Verdict, Window};
use crate::namespace::Namespace;
use plimsoll_types::FixState;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(default)]
    pub timestamp: String,
    #[serde(default)]
    pub statements: Vec<Statement>,
}

#[derive(Deserialize)]
pub(super) struct Statement {
    pub vulnerability: Vulnerability,
    #[serde(default)]
    pub products: Vec<Product>,
    #[serde(default)]
    status: String,
    justification: Option<String>,
    status_notes: Option<String>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub description: String,
}

#[derive(Deserialize)]
pub(super) struct Product {
    /// A package URL.
    #[serde(rename = "@id", default)]
    pub id: String,
}

/// Whether a document is OpenVEX of an author.
pub(super) fn is_by(head: &str, author: &str) -> bool {
    let mut parts = head.split("\"author\"");
    let context = parts.next().unwrap_or_default();
    head.starts_with('{')
        && context.contains("openvex.dev/ns")
        && parts.next().is_some_and(|rest| {
            let said = rest.split('"').nth(1).unwrap_or_default();
            said.contains(author)
        })
}

impl Statement {
    /// What it says of a package, whose `version` repairs it if one does;
    /// `None` for a status that is not known.
    pub(super) fn row(
        &self,
        namespace: Namespace,
        name: &str,
        version: Option<&str>,
    ) -> Option<Affected> {
        let row = Affected::new(namespace, name, vec![Window::ALL]);
        Some(match self.status.as_str() {
            "affected" => Affected {
                fix: self.plan(),
                ..row
            },
            "fixed" => Affected {
                windows: vec![Window {
                    to: Upper::Fixed(version?.to_owned()),
                    ..Window::ALL
                }],
                ..row
            },
            "not_affected" => Affected {
                verdict: Verdict::NotAffected,
                because: self.because(),
                ..row
            },
            "under_investigation" => Affected {
                verdict: Verdict::UnderInvestigation,
                ..row
            },
            _ => return None,
        })
    }

    /// What the vendor means to do, which only free text tells.
    fn plan(&self) -> FixState {
        let text = self.action_statement.as_deref().unwrap_or_default();
        let says = |words: &str| text.contains(words);
        if says("decided to not fix") || says("no longer supported") {
            FixState::WontFix
        } else if says("deferred") || says("postponed") {
            FixState::Deferred
        } else {
            FixState::NotFixed
        }
    }

    /// The reason in the words of the vendor, else in those of the format.
    fn because(&self) -> Option<String> {
        let notes = self
            .status_notes
            .as_ref()
            .or(self.impact_statement.as_ref());
        let notes = notes.and_then(|text| text.lines().next());
        let justification = self.justification.as_deref();
        let words: Vec<&str> = justification.into_iter().chain(notes).collect();
        (!words.is_empty()).then(|| words.join(": "))
    }
}
