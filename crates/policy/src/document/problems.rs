use crate::document::node::Place;
use std::fmt;

/// Everything that is wrong with a policy document.
///
/// Displays one line for each problem: file, line and column, the wrong value
/// and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    name: String,
    problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    place: Option<Place>,
    message: String,
}

impl PolicyError {
    /// How many problems there are.
    pub fn count(&self) -> usize {
        self.problems.len()
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:", self.name)?;
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
    list: Vec<Problem>,
    wildcards: usize,
}

/// Compiled patterns cost far more memory than their text.
const MAX_WILDCARDS: usize = 10_000;
/// Nobody reads further, and a hostile document must not fill the terminal.
const MAX_PROBLEMS: usize = 100;

impl Problems {
    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>) {
        self.push(Some(place), message.into());
    }

    pub(crate) fn add_without_place(&mut self, message: impl Into<String>) {
        self.push(None, message.into());
    }

    fn push(&mut self, place: Option<Place>, message: String) {
        if self.list.len() < MAX_PROBLEMS {
            let message = crate::text::one_line(&message);
            self.list.push(Problem { place, message });
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

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The error that reports everything collected, in the order of the text.
    pub(crate) fn into_error(mut self, name: &str) -> PolicyError {
        self.list.sort();
        self.list.dedup();
        PolicyError {
            name: crate::text::one_line(name),
            problems: self.list,
        }
    }
}
