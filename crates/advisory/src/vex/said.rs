//! Statements as values, for those who say the same in another form.

use super::Vex;
use jiff::Timestamp;
use plimsoll_types::{Justification, PackageUrl, VexStatus};

/// What a document says of one vulnerability in some products.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    /// Its ids, in upper case.
    pub ids: &'a [String],
    /// What is said.
    pub status: VexStatus,
    /// Why something is not affected.
    pub justification: Option<Justification>,
    /// The statement's own words, on one line; may be empty.
    pub words: &'a str,
    /// Who says it; may be empty.
    pub author: &'a str,
    /// The statement's time, else the document's.
    pub time: Option<Timestamp>,
    /// Whom it is about; nobody where there are none.
    pub products: Vec<SaidProduct>,
}

/// A product, or a part of products. Each component is any one of its names.
#[derive(Clone, Debug)]
pub struct SaidProduct {
    /// What it is, outermost first; a package has to be within all of them.
    pub holders: Vec<Vec<Stated>>,
    /// The parts that are meant, any of them; all of it where there are none.
    pub parts: Vec<Vec<Stated>>,
}

/// A name of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// A package.
    Package(PackageUrl),
    /// An image.
    Image(SaidImage),
    /// A distribution or a hash.
    Other,
}

/// An image as far as it is named. Where there is a digest, nothing else of
/// the name counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaidImage {
    /// `sha256:…`
    pub digest: Option<String>,
    /// Registry and repository in canonical spelling.
    pub repository: Option<String>,
    /// Last parts of the repository, where the registry is not told.
    pub ending: String,
    /// Tag.
    pub tag: Option<String>,
    /// Architecture, as the document spells it.
    pub architecture: Option<String>,
}

impl Vex {
    /// Every statement, in the order of the documents.
    pub fn statements(&self) -> impl Iterator<Item = Said<'_>> {
        self.documents.iter().flat_map(|document| {
            let statements = document.statements.iter();
            statements.map(move |statement| Said {
                ids: &statement.ids,
                status: statement.status,
                justification: statement.justification,
                words: &statement.words,
                author: &document.author,
                time: statement.time.or(document.time),
                products: statement
                    .products
                    .iter()
                    .map(|product| SaidProduct {
                        holders: product
                            .holders
                            .iter()
                            .map(|c| c.stated().collect())
                            .collect(),
                        parts: product
                            .subcomponents
                            .iter()
                            .map(|c| c.stated().collect())
                            .collect(),
                    })
                    .collect(),
            })
        })
    }

    /// What is wrong with statements that are left out, one line each.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        let documents = self.documents.iter();
        documents.flat_map(|document| document.faults.iter().map(String::as_str))
    }
}
