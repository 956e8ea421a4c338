use crate::document::node::{Place, Spot};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Everything that is wrong with a policy document.
///
/// Displays one line for each problem: file, line and column, the wrong value
/// and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// The document it is in.
    name: Arc<str>,
    place: Option<Place>,
    message: String,
}

impl PolicyError {
    /// How many problems there are.
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// What is wrong, without places.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &str> {
        let problems = self.problems.iter();
        problems.map(|problem| problem.message.as_str())
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:", problem.name)?;
            if let Some(place) = problem.place {
                write!(f, "{}:{}:", place.line, place.column)?;
            }
            write!(f, " {}", problem.message)?;
        }
        Ok(())
    }
}

/// Collects problems while a document is read, and counts what a document may
/// hold only so many of.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    /// The document that is read.
    name: Arc<str>,
    list: Vec<Problem>,
    /// Of documents that this one extends.
    inherited: Vec<Problem>,
    wildcards: usize,
}

/// Compiled patterns cost far more memory than their text.
const MAX_WILDCARDS: usize = 10_000;
/// Nobody reads further, and a hostile document must not fill the terminal.
const MAX_PROBLEMS: usize = 100;

impl Problems {
    /// Problems of the document of that name.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            name: crate::text::one_line(name).into(),
            ..Self::default()
        }
    }

    /// A place in the document that is read.
    pub(crate) fn spot(&self, place: Place) -> Spot {
        Spot {
            document: Arc::clone(&self.name),
            place,
        }
    }

    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>) {
        self.push(Some(place), message.into());
    }

    pub(crate) fn add_without_place(&mut self, message: impl Into<String>) {
        self.push(None, message.into());
    }

    fn push(&mut self, place: Option<Place>, message: String) {
        if self.list.len() < MAX_PROBLEMS {
            self.list.push(Problem {
                name: Arc::clone(&self.name),
                place,
                message: crate::text::one_line(&message),
            });
        }
    }

    /// Counts one more pattern with wildcards; `false` when there are too many.
    pub(crate) fn admit_wildcard(&mut self, place: Place) -> bool {
        self.wildcards += 1;
        if self.wildcards == MAX_WILDCARDS + 1 {
            self.add(
                place,
                format!(
                    "the document has more than {MAX_WILDCARDS} patterns with wildcards; join some with `{{a,b}}`"
                ),
            );
        }
        self.wildcards <= MAX_WILDCARDS
    }

    /// Takes over what is wrong with a document that this one extends.
    pub(crate) fn inherit(&mut self, error: PolicyError) {
        self.inherited.extend(error.problems);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty() && self.inherited.is_empty()
    }

    /// The error that reports everything collected, in the order of the text,
    /// documents that are extended first.
    pub(crate) fn into_error(mut self) -> PolicyError {
        self.list.sort();
        let mut problems = self.inherited;
        problems.append(&mut self.list);
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        PolicyError { problems }
    }
}
