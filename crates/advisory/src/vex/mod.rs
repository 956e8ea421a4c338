//! VEX: what producers say of vulnerabilities in their own products. OpenVEX
//! 0.2, CSAF 2.0 and 2.1 (profile VEX), CycloneDX (`analysis`) and SPDX 3.0
//! (profile Security), told apart by content.
//!
//! Each reader states [`Statement`]s as its format has them; whom they are
//! about and which of several counts is decided in one place ([`apply`]).
//! Only documents that the user names are read: what lies in a scanned image
//! was put there by whoever is being judged.

mod apply;
mod csaf;
mod cyclonedx;
mod graph;
mod json;
mod open;
mod openvex;
mod product;
mod said;
mod spdx3;

pub use apply::Applied;
pub use open::VexError;
pub use said::{Said, SaidImage, SaidProduct, Stated};

use jiff::Timestamp;
use plimsoll_types::{Justification, VexStatus};
use product::Product;

/// Statements of many documents.
#[derive(Clone, Debug, Default)]
pub struct Vex {
    documents: Vec<Document>,
    /// Files of folders that are something else.
    passed_over: usize,
}

/// A document, as far as it could be understood.
#[derive(Clone, Debug, Default)]
struct Document {
    /// What it is called where people read of it.
    name: String,
    /// Empty where it has none.
    id: String,
    author: String,
    /// The numbers of its version.
    version: Vec<u64>,
    time: Option<Timestamp>,
    statements: Vec<Statement>,
    /// What is wrong with statements that are left out.
    faults: Vec<String>,
}

/// What is said of one vulnerability in some products.
#[derive(Clone, Debug)]
struct Statement {
    /// Its ids, in upper case.
    ids: Vec<String>,
    products: Vec<Product>,
    status: VexStatus,
    justification: Option<Justification>,
    /// One line.
    words: String,
    /// `None` where only the document tells.
    time: Option<Timestamp>,
    /// It should say why, and does not.
    unjustified: bool,
}

impl Statement {
    /// A statement without a time of its own.
    fn new(
        ids: Vec<String>,
        products: Vec<Product>,
        status: VexStatus,
        justification: Option<Justification>,
        impact: &str,
    ) -> Self {
        Self {
            ids,
            products,
            status,
            justification,
            words: one_line(impact),
            time: None,
            unjustified: status == VexStatus::NotAffected
                && justification.is_none()
                && impact.trim().is_empty(),
        }
    }

    /// Adds further words to its own.
    fn note(&mut self, words: &str) {
        let words = one_line(words);
        if words.is_empty() || self.words == words {
            return;
        }
        if !self.words.is_empty() {
            self.words.push_str("; ");
        }
        self.words.push_str(&words);
    }
}

/// Longest text of a statement that is kept, in characters.
const MAX_WORDS: usize = 1000;

/// Text folded to one line.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * MAX_WORDS {
            break;
        }
    }
    line.chars().take(MAX_WORDS).collect()
}

/// Ids as they are compared, each once.
fn ids<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let texts = texts.into_iter().map(str::trim);
    let ids = texts.filter(|text| !text.is_empty());
    let mut ids: Vec<_> = ids.map(str::to_ascii_uppercase).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// A time as formats write it; nothing where it is none.
fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
